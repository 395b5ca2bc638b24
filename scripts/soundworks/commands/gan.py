"""Commands of the GAN and its grids: gan train, evaluate, random, corners, 2D4pt, linearize."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from soundworks.commands.experiments import find_experiment
from soundworks.commands.options import with_others
from soundworks.errors import UserError, sentences_for_users

PATH = click.Path(path_type=Path)
SEED = click.IntRange(0, 2**63 - 1)
GAN_DIR = click.option(
    "-d", "--dir", "folder", required=True, type=PATH,
    help="Folder of an experiment, results/<experiment>, with its gan/; or the folder of a GAN itself.",
)  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def gan() -> None:
    """Train a GAN, make sounds and grids with it, and even the grids out."""


@gan.command(short_help="Train a GAN on a data set.")
@click.option("--experiment", help="Name of an experiment in config/experiments.")
@click.option("-c", "--configfile", type=PATH, help="Config file of the experiment, in place of its name.")
@click.option("-d", "--data-path", type=PATH, help="Folder of the data set.  [default: results/<experiment>]")
@click.option("-o", "--out-dir", type=PATH, help="Folder of the GAN.  [default: <data-path>/gan]")
@click.option("--seed", type=SEED, help="Seed of weights, latents, and the order of the sounds.")
@click.option("--set", "others", multiple=True, metavar="KEY=VALUE", help="Any option of the config's section gan.")
def train(
    experiment: str | None, configfile: Path | None, data_path: Path | None, out_dir: Path | None, seed: int | None,
    others: tuple[str, ...],
) -> None:  # fmt: skip
    """Train a GAN, byte for byte as `snakemake results/<experiment>/gan` does.

    A training that was stopped goes on where it was; one with other options starts anew.
    """
    with sentences_for_users():
        found = find_experiment(experiment, configfile)
        data_path = data_path or Path("results") / found.name
        from soundworks.gan.options import gan_options
        from soundworks.gan.train import GanTraining, train_gan
        from soundworks.programmer.patches import read_dataset
        from soundworks.spectrogram.options import spectrogram_options

        options = gan_options(found.sections["gan"], **with_others({}, others))
        rate = read_dataset(data_path).config.sample_rate
        spectrogram = spectrogram_options(found.sections["spectrogram"], rate)
        output = out_dir or data_path / "gan"
        train_gan(GanTraining(data_path, output, options, spectrogram, found.seed if seed is None else seed))
        print(f"done: {output}")


@gan.command(short_help="Measure a GAN against its data set.")
@click.option("--experiment", help="Name of an experiment in config/experiments.")
@click.option("-c", "--configfile", type=PATH, help="Config file of the experiment, in place of its name.")
@click.option("-d", "--data-path", type=PATH, help="Folder of the data set.  [default: results/<experiment>]")
@click.option("-g", "--gan-dir", type=PATH, help="Folder of the GAN.  [default: <data-path>/gan]")
@click.option("-o", "--out", type=PATH, help="File to write.  [default: <gan-dir>/metrics.json]")
def evaluate(
    experiment: str | None, configfile: Path | None, data_path: Path | None, gan_dir: Path | None, out: Path | None
) -> None:
    """Measure how near made sounds are to real ones, whether they are copies, and which controls they reach."""
    with sentences_for_users():
        found = find_experiment(experiment, configfile)
        data_path = data_path or Path("results") / found.name
        gan_dir = gan_dir or data_path / "gan"
        from soundworks.gan.evaluate import evaluate_experiment

        output = out or gan_dir / "metrics.json"
        evaluate_experiment(found, data_path, gan_dir, output)
        print(f"done: {output}")


@gan.command(short_help="Make random sounds, and a page to choose corners.")
@GAN_DIR
@click.option("-n", "--count", default=100, show_default=True, type=click.IntRange(1, 100_000), help="How many.")
@click.option("--seed", default=0, show_default=True, type=SEED, help="Seed of the latent vectors.")
@click.option("-o", "--out-dir", type=PATH, help="Folder to make.  [default: the GAN's folder/random]")
def random(folder: Path, count: int, seed: int, out_dir: Path | None) -> None:
    """Make random sounds with their latent vectors, and a page to listen to them and choose corners."""
    with sentences_for_users():
        from soundworks.grid.random import PAGE, make_random

        trained = _load(folder)
        output = out_dir or trained.folder / "random"
        make_random(output, trained, count, seed)
        print(f"done: {output / PAGE}")


def _corner_options(command: Any) -> Any:
    """Give a command the options that name corners and what is between them."""
    places = (
        "at d0 = d1 = 0",
        "at the end of the first row",
        "at the start of the last row",
        "at the end of the last row",
    )
    options = [click.option(f"--z{index}", type=PATH, help=f"Latent vector of the corner {place}, a .pt file.")
               for index, place in enumerate(places)]  # fmt: skip
    options += [
        click.option("--corners", type=PATH, help="All four, as one file.  [default: beside the GAN, corners.json]"),
        click.option("--interpolation", type=click.Choice(["bilinear", "spherical"]), default="bilinear",
                     show_default=True, help="Along straight lines, or along great circles."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _finite(_context: click.Context, _parameter: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise click.BadParameter("expected a finite number")
    return value


@gan.command(short_help="Choose four corners that span the most.")
@GAN_DIR
@click.option(
    "-n",
    "--candidates",
    default=256,
    show_default=True,
    type=click.IntRange(4, 100_000),
    help="Random sounds among which they are chosen.",
)
@click.option("--seed", default=0, show_default=True, type=SEED, help="Seed of those random sounds.")
@click.option("-o", "--out", type=PATH, help="File to write.  [default: beside the GAN's folder, corners.json]")
def corners(folder: Path, candidates: int, seed: int, out: Path | None) -> None:
    """Choose the corners of a grid: the four of some random sounds that span the most."""
    with sentences_for_users():
        from soundworks.files import atomic_text
        from soundworks.grid.make import find_corners
        from soundworks.grid.options import grid_options

        trained = _load(folder)
        output = out or trained.folder.parent / "corners.json"
        options = grid_options({"candidates": candidates}, Path(), seed)
        with atomic_text(output) as stream:
            stream.write(find_corners(trained, options).to_json())
        print(f"done: {output}")


@gan.command(name="2D4pt", short_help="Render a grid between four latent vectors.")
@GAN_DIR
@_corner_options
@click.option("--d0", default=1, show_default=True, type=click.IntRange(1, 1000), help="Sounds in a row, z0 to z1.")
@click.option("--d1", default=1, show_default=True, type=click.IntRange(1, 1000), help="Rows, z0 to z2.")
@click.option("--d1nvar", default=1, show_default=True, type=click.IntRange(1, 1000), help="Variations of each sound.")
@click.option(
    "--d1var",
    default=0.03,
    show_default=True,
    type=click.FloatRange(0, 100),
    callback=_finite,
    help="Standard deviation of variations.",
)
@click.option(
    "--pm",
    type=bool,
    is_flag=False,
    flag_value=True,
    default=False,
    show_default=True,
    help="Whether to write .params files; --pm alone, or --pm True.",
)
@click.option("--seed", default=0, show_default=True, type=SEED, help="Seed of the variations.")
@click.option("-o", "--out-dir", type=PATH, help="Folder to make.  [default: beside the GAN's folder, grid]")
def grid_of_four(folder: Path, d0: int, d1: int, out_dir: Path | None, pm: bool, **given: Any) -> None:
    """Render a grid of sounds between four latent vectors, or a line between two."""
    with sentences_for_users():
        from dataclasses import replace

        from soundworks.grid.make import make_grid

        frame = _frame(_load(folder), d1, given)
        output = out_dir or frame.gan.folder.parent / "grid"
        grid = replace(frame.grid(d0, d1), n_variations=given["d1nvar"], deviation=given["d1var"], seed=given["seed"])
        make_grid(output, grid, frame, {}, params=pm)
        print(f"done: {output}")


@gan.command(short_help="Make neighbours in a grid sound equally far apart.")
@GAN_DIR
@_corner_options
@click.option("--d0", default=21, show_default=True, type=click.IntRange(1, 1000), help="Sounds in a row, z0 to z1.")
@click.option("--d1", default=21, show_default=True, type=click.IntRange(1, 1000), help="Rows, z0 to z2.")
@click.option(
    "--set", "others", multiple=True, metavar="KEY=VALUE", help="Any option of the config's section linearize."
)
@click.option("--seed", default=0, show_default=True, type=SEED, help="Seed of directions and random sounds.")
@click.option("-o", "--out-dir", type=PATH, help="Folder to make.  [default: beside the GAN's folder, linearized]")
def linearize(
    folder: Path, d0: int, d1: int, others: tuple[str, ...], seed: int, out_dir: Path | None, **given: Any
) -> None:
    """Move the points of a grid until neighbours sound equally far apart."""
    with sentences_for_users():
        from soundworks.grid.linearize.options import linearize_options
        from soundworks.grid.make_linearized import describe_uniformity, make_linearized

        options = linearize_options({}, **with_others({}, others))
        frame = _frame(_load(folder), d1, given)
        output = out_dir or frame.gan.folder.parent / "linearized"
        uniformity = make_linearized(output, frame, (d0, d1), options, seed=seed, provenance={"seed": seed})
        print(*describe_uniformity(uniformity), f"done: {output}", sep="\n")


def _frame(trained: Any, d1: int, given: dict[str, Any]) -> Any:
    """Return what is between the corners that the options name."""
    from soundworks.grid.corners import corners_of_files
    from soundworks.grid.make import Frame, line_or_grid, read_frame

    paths = [given[f"z{index}"] for index in range(4)]
    if given["corners"] is not None and any(paths):
        raise UserError("found both --corners and --z0 to --z3, expected one of the two")
    if any(paths):
        corners = corners_of_files(line_or_grid(paths, d1), trained.latent_dim)
        return Frame(corners, given["interpolation"], trained)
    path = given["corners"] or trained.folder.parent / "corners.json"
    if given["corners"] is None and not path.is_file():
        raise UserError(
            f"{path}: no such file, expected corners: make them with `soundworks gan corners`, or name --z0 to --z3"
        )
    return read_frame(trained, path, given["interpolation"])


def _load(folder: Path) -> Any:
    """Return the GAN in a folder, or in its folder `gan`."""
    from soundworks.gan.trained import TrainedGan

    inside = folder / "gan"
    return TrainedGan.load(inside if inside.is_dir() else folder)
