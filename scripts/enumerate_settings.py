"""Enumerate the settings of a data set.

Input: the experiment's config file. Outputs: the data set's definition (dataset.yaml) and its settings (settings.csv).
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.dataset.define import define_dataset, enumerate_settings
from soundworks.dataset.settings import write_settings
from soundworks.errors import sentences_for_users

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--output-dataset", required=True, type=PATH, help="Definition to write, as YAML.")
@click.option("--output-settings", required=True, type=PATH, help="Table of settings to write, as CSV.")
@click.option("--jobs", default=1, type=click.IntRange(min=1), help="Processes, where settings need to be heard.")
def main(config: Path, output_dataset: Path, output_settings: Path, jobs: int) -> None:
    """Write the definition and the settings of a data set."""
    with sentences_for_users():
        experiment = load_experiment(config)
        dataset = define_dataset(experiment)
        dataset.write(output_dataset)
        write_settings(dataset, enumerate_settings(experiment, dataset, jobs), output_settings)


if __name__ == "__main__":
    main()
