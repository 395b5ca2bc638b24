"""Measure whether a trained network follows its parameters: controls re-estimated from its sounds, jumps, and ramps.

Inputs: the config, the folder of what it was trained on with its chunks.csv, the folder of the network.
Output: metrics.json.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.rnn.evaluate import evaluate_experiment

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--dataset", required=True, type=PATH, help="What it was trained on: folder, dataset.yaml or chunks.csv.")
@click.option("--rnn", required=True, type=PATH, help="Folder of the trained network.")
@click.option("--output", required=True, type=PATH, help="File to write, metrics.json.")
def main(config: Path, dataset: Path, rnn: Path, output: Path) -> None:
    """Measure a trained network."""
    with sentences_for_users():
        folder = dataset if dataset.is_dir() else dataset.parent
        evaluate_experiment(load_experiment(config), folder, rnn, output)


if __name__ == "__main__":
    main()
