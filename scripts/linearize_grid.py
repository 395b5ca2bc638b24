"""Linearise the grid between four corners: neighbours are to sound equally far apart.

Inputs: the config, the folder of the GAN, corners.json. Output: a folder with the files of a grid, uniformity.json and
pictures/; other files in it are left as they are.
"""

import sys
from dataclasses import replace
from pathlib import Path

import click

from soundworks.config.experiment import load_experiment
from soundworks.errors import sentences_for_users
from soundworks.gan.trained import TrainedGan
from soundworks.grid.linearize.options import linearize_options
from soundworks.grid.make import read_frame
from soundworks.grid.make_linearized import describe_uniformity, make_linearized
from soundworks.grid.options import grid_options
from soundworks.training.provenance import provenance

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", required=True, type=PATH, help="Config file of the experiment.")
@click.option("--gan", required=True, type=PATH, help="Folder of the trained GAN.")
@click.option("--corners", required=True, type=PATH, help="Corners of the grid, corners.json.")
@click.option("--output", required=True, type=PATH, help="Folder of the linearised grid.")
def main(config: Path, gan: Path, corners: Path, output: Path) -> None:
    """Linearise the grid."""
    with sentences_for_users():
        experiment = load_experiment(config)
        grid = grid_options(experiment.sections["grid"], config.parent, experiment.seed)
        options = linearize_options(experiment.sections["linearize"])
        if options.distance.endswith(".py"):
            options = replace(options, distance=str(config.parent / options.distance))
        trained = TrainedGan.load(gan)
        frame = read_frame(trained, corners, grid.interpolation)
        sizes, origin = (grid.d0, grid.d1), provenance(experiment)
        uniformity = make_linearized(output, frame, sizes, options, seed=experiment.seed, provenance=origin)
        print(*describe_uniformity(uniformity), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
