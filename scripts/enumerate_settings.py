"""Enumerate the settings of a data set.

Input: the experiment's config file. Outputs: the data set's definition (dataset.yaml) and its settings (settings.csv).
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.dataset.define import define_dataset
from soundworks.dataset.settings import write_settings
from soundworks.errors import sentences_for_users

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--output-dataset", required=True, type=PATH, help="Definition to write, as YAML.")
@click.option("--output-settings", required=True, type=PATH, help="Table of settings to write, as CSV.")
def main(config: Path, output_dataset: Path, output_settings: Path) -> None:
    """Write the definition and the settings of a data set."""
    with sentences_for_users():
        dataset = define_dataset(load_experiment(config))
        dataset.write(output_dataset)
        write_settings(dataset, output_settings)


if __name__ == "__main__":
    main()
