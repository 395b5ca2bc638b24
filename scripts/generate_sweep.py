"""Make the sounds of a sweep with the recurrent network of an experiment.

Inputs: the config, the folder of the network.
Output: a folder with chunks/, chunks.csv and sweep.json, a data set of its own.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.rnn.control.generate import generate_of_experiment

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--gesture", required=True, help="Name of the sweep in the config's section gestures.")
@click.option("--rnn", required=True, type=PATH, help="Folder of the network.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(config: Path, gesture: str, rnn: Path, output: Path) -> None:
    """Make the sounds of a sweep."""
    with sentences_for_users():
        generate_of_experiment(load_experiment(config), gesture, rnn, output)


if __name__ == "__main__":
    main()
