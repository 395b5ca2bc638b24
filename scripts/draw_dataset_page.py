"""Draw the page that plays a data set with two parameters that vary.

Inputs: the config, dataset.yaml with chunks.csv and chunks/ beside it. Output: index.html.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.grid.page.of_dataset import write_dataset_page

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--output", required=True, type=PATH, help="Page to write.")
def main(config: Path, dataset: Path, output: Path) -> None:
    """Draw the page of the data set."""
    with sentences_for_users():
        options = load_experiment(config).sections["page"]
        write_dataset_page(dataset.parent, output, **options)


if __name__ == "__main__":
    main()
