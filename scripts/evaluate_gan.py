"""Measure a trained GAN: distances from real sounds, copies, and the controls that its sounds reach.

Inputs: the config, dataset.yaml with the data set beside it, the folder of the GAN. Output: metrics.json.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.gan.evaluate import evaluate_experiment

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--dataset", required=True, type=PATH, help="Definition of the data set, dataset.yaml.")
@click.option("--gan", required=True, type=PATH, help="Folder of the trained GAN.")
@click.option("--output", required=True, type=PATH, help="File to write, metrics.json.")
def main(config: Path, dataset: Path, gan: Path, output: Path) -> None:
    """Measure a trained GAN."""
    with sentences_for_users():
        evaluate_experiment(load_experiment(config), dataset.parent, gan, output)


if __name__ == "__main__":
    main()
