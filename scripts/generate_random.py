"""Make random sounds with a trained GAN, to listen to and to choose corners from.

Inputs: the config, the folder of the GAN. Output: a folder of sounds, their latent vectors, and index.html.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.gan.trained import TrainedGan
from soundworks.grid.random import make_random

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--gan", required=True, type=PATH, help="Folder of the trained GAN.")
@click.option("--output", required=True, type=PATH, help="Folder to make.")
def main(config: Path, gan: Path, output: Path) -> None:
    """Make random sounds."""
    with sentences_for_users():
        experiment = load_experiment(config)
        options = experiment.sections["gan"]["random"]
        seed = experiment.seed if options["seed"] is None else options["seed"]
        embed = experiment.sections["page"]["embed"]
        make_random(output, TrainedGan.load(gan), options["count"], seed, embed=embed)


if __name__ == "__main__":
    main()
