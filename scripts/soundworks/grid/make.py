"""Corners and grids of a trained GAN, as the workflow and the command line make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.files import atomic_members
from soundworks.gan.trained import TrainedGan
from soundworks.grid.corners import Corners, corners_of_files, read_corners, spanning_four
from soundworks.grid.latents import Latents
from soundworks.grid.options import GridOptions
from soundworks.grid.surface import Interpolation, Surface, grid_positions, surface_between
from soundworks.grid.write import GRID, MEMBERS, GridLatents, write_grid

#: Stream of the seed for the random sounds among which corners are chosen.
_CANDIDATE_STREAM = 40
#: Key of `gan.json` and `corners.json` that tells one generator from another.
WEIGHTS_SHA256 = "weights_sha256"


def find_corners(gan: TrainedGan, options: GridOptions) -> Corners:
    """Return the corners that the options name, or four random sounds that span the most; see `spanning_four`."""
    if not options.corners:
        return _spanning(gan, options.candidates, options.seed)
    if len(options.corners) > 1:
        corners = corners_of_files(options.corners, gan.latent_dim)
    else:
        corners = read_corners(options.corners[0], gan.latent_dim)
        refuse_other_gan(corners, gan, options.corners[0])
    return Corners(corners.latents, corners.sources, origin_of(gan))


def refuse_other_gan(corners: Corners, gan: TrainedGan, path: Path) -> None:
    """Raise a `UserError` if corners say that they are of another generator."""
    found, expected = corners.origin.get(WEIGHTS_SHA256), gan.description[WEIGHTS_SHA256]
    if found is not None and found != expected:
        raise UserError(
            f"{path}: origin.{WEIGHTS_SHA256}: found corners of a generator {str(found)[:12]}…, expected "
            f"{expected[:12]}…, the one in {gan.folder}; choose them again on its audition page"
        )


def origin_of(gan: TrainedGan) -> dict[str, Any]:
    """Return what `corners.json` says of the generator."""
    return {WEIGHTS_SHA256: gan.description[WEIGHTS_SHA256], "latent_dim": gan.latent_dim}


def _spanning(gan: TrainedGan, count: int, seed: int) -> Corners:
    sequence = np.random.SeedSequence(seed, spawn_key=(_CANDIDATE_STREAM,))
    latents = gan.draw_latents(count, int(sequence.generate_state(1, np.uint32)[0]))
    chosen = spanning_four(gan.transform.decibels(gan.spectrograms(latents)))
    return Corners(latents[list(chosen)], tuple(f"random sound {index} of {count}" for index in chosen), origin_of(gan))


@dataclass(frozen=True)
class Frame:
    """Four corners of a generator's latent space, and what is between them."""

    corners: Corners
    interpolation: Interpolation
    gan: TrainedGan

    @property
    def n_noise(self) -> int:
        """Length of the noise in the generator's latents; what follows are attributes."""
        return self.gan.options.latent_dim

    @property
    def surface(self) -> Surface:
        """The surface between the corners."""
        return surface_between(self.corners.latents, self.interpolation, self.n_noise)

    def grid(self, d0: int, d1: int) -> GridLatents:
        """Return the even grid on the surface."""
        return self.at(grid_positions(d0, d1))

    def at(self, positions: NDArray[np.float64]) -> GridLatents:
        """Return the grid at given positions on the surface, shape (d1, d0, 2)."""
        latents: Latents = self.surface(positions.reshape(-1, 2))
        return GridLatents(latents.reshape(*positions.shape[:2], -1), positions)

    def describe(self) -> dict[str, Any]:
        """Return what `grid.json` says of corners and interpolation."""
        return {"corners": list(self.corners.sources), "interpolation": self.interpolation, **origin_of(self.gan)}


def read_frame(gan: TrainedGan, path: Path, interpolation: Interpolation) -> Frame:
    """Return what is between the corners in a file; raise a `UserError` unless they are of this generator."""
    corners = read_corners(path, gan.latent_dim)
    refuse_other_gan(corners, gan, path)
    return Frame(corners, interpolation, gan)


def make_grid(
    folder: Path, grid: GridLatents, frame: Frame, provenance: dict[str, Any], *, params: bool = True
) -> None:
    """Make the files of a grid in a folder, beside what else is there; see `write_grid`."""
    with atomic_members(folder, GRID, MEMBERS) as members:
        write_grid(members, grid, frame.gan, {**frame.describe(), **provenance}, params=params)


def line_or_grid(paths: Sequence[Path | None], d1: int) -> list[Path]:
    """Return the files of two corners, or of four; a grid of several rows needs four."""
    given = [path for path in paths if path is not None]
    if len(given) == 4 or (len(given) == 2 and paths[0] is not None and paths[1] is not None and d1 == 1):
        return given
    missing = ", ".join(f"--z{index}" for index, path in enumerate(paths) if path is None)
    raise UserError(f"found no {missing}, expected --z0 to --z3, or --z0 and --z1 alone with --d1 1, for a line")
