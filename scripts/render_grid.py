"""Render the grid of sounds between four corners.

Inputs: the config, the folder of the GAN, corners.json. Output: a folder with chunks/, chunks.csv, latents.npz and
grid.json; other files in it are left as they are.
"""

from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.gan.trained import TrainedGan
from soundworks.grid.make import make_grid, read_frame
from soundworks.grid.options import grid_options
from soundworks.training.provenance import provenance

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--gan", required=True, type=PATH, help="Folder of the trained GAN.")
@click.option("--corners", required=True, type=PATH, help="Corners of the grid, corners.json.")
@click.option("--output", required=True, type=PATH, help="Folder of the grid.")
def main(config: Path, gan: Path, corners: Path, output: Path) -> None:
    """Render the grid."""
    with sentences_for_users():
        experiment = load_experiment(config)
        options = grid_options(experiment.sections["grid"], config.parent, experiment.seed)
        trained = TrainedGan.load(gan)
        frame = read_frame(trained, corners, options.interpolation)
        make_grid(output, frame.grid(options.d0, options.d1), frame, provenance(experiment))


if __name__ == "__main__":
    main()
