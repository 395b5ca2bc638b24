"""Choose the four corners of a grid: those that the config names, or four random sounds that span the most.

Inputs: the config, the folder of the GAN. Output: corners.json.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.files import atomic_text
from soundworks.gan.trained import TrainedGan
from soundworks.grid.make import find_corners
from soundworks.grid.options import grid_options

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--gan", required=True, type=PATH, help="Folder of the trained GAN.")
@click.option("--output", required=True, type=PATH, help="File to write, corners.json.")
def main(config: Path, gan: Path, output: Path) -> None:
    """Choose the corners."""
    with sentences_for_users():
        experiment = load_experiment(config)
        options = grid_options(experiment.sections["grid"], config.parent, experiment.seed)
        corners = find_corners(TrainedGan.load(gan), options)
        with atomic_text(output) as stream:
            stream.write(corners.to_json())


if __name__ == "__main__":
    main()
