"""Compare all ways to find the patch of a sound: plain guesses, trained models, and searches.

Inputs: the config, dataset.yaml with the data set, its features and models beside it. Output: a folder with
metrics.json, timings.json, table.csv, table.md and targets.csv.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.programmer.evaluation import evaluate_experiment

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(config: Path, dataset: Path, output: Path) -> None:
    """Compare all methods."""
    with sentences_for_users():
        evaluate_experiment(load_experiment(config), dataset.parent, output)


if __name__ == "__main__":
    main()
