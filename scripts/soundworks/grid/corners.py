"""The four corners of a grid: given as files, chosen by ear on an audition page, or those that span the most."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.grid.latents import Latents, check_latent, read_latent
from soundworks.json_file import read_json

FORMAT = "soundworks corners 1"
NAMES = ("z0", "z1", "z2", "z3")


@dataclass(frozen=True)
class Corners:
    """Four latent vectors: z0, z1 at the end of the first row, z2 at the start of the last, z3.

    Attributes
    ----------
    latents : ndarray of float32, shape (4, latent_dim)
    sources : tuple of str
        Where each is from, for people.
    origin : dict
        What tells the GAN that they belong to, such as `weights_sha256`; empty if unknown.
    """

    latents: Latents
    sources: tuple[str, ...]
    origin: dict[str, Any]

    def to_json(self) -> str:
        """Return the text of `corners.json`, as the audition page saves it too."""
        corners = {
            name: {"file": source, "latent": [float(value) for value in latent]}
            for name, source, latent in zip(NAMES, self.sources, self.latents, strict=True)
        }
        return json.dumps({"format": FORMAT, "origin": self.origin, "corners": corners}, indent=1) + "\n"


def read_corners(path: Path, latent_dim: int | None = None) -> Corners:
    """Read a `corners.json`; raise a `UserError` for one that is missing, damaged or of another size."""
    document = read_json(path, "corners of a grid, as an audition page saves them")
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UserError(f"{path}: this says nothing of corners, expected the format {FORMAT!r}")
    corners = document.get("corners")
    corners = corners if isinstance(corners, dict) else {}
    origin = document.get("origin")
    latents, sources = [], []
    for name in NAMES:
        corner = corners.get(name)
        if not isinstance(corner, dict) or "latent" not in corner:
            raise UserError(f"{path}: corners: found no {name}, expected {', '.join(NAMES)} with a latent each")
        try:
            latents.append(check_latent(corner["latent"], latent_dim))
        except UserError as error:
            raise UserError(f"{path}: corners.{name}: {error}") from None
        sources.append(str(corner.get("file", "")))
    if len({latent.size for latent in latents}) > 1:
        raise UserError(f"{path}: corners: found vectors of different lengths, expected those of one GAN")
    return Corners(np.stack(latents), tuple(sources), origin if isinstance(origin, dict) else {})


def corners_of_files(paths: Sequence[Path], latent_dim: int | None = None) -> Corners:
    """Return corners from two files, z0 and z1 (the ends of a line), or from four."""
    latents = [read_latent(path, latent_dim) for path in paths]
    for path, latent in zip(paths, latents, strict=True):
        if latent.size != latents[0].size:
            raise UserError(
                f"{path}: found a latent vector of {latent.size} numbers, expected {latents[0].size} as in {paths[0]}"
            )
    if len(paths) == 2:
        latents, paths = latents * 2, list(paths) * 2
    if len(paths) != 4:
        raise UserError(f"corners: found {len(paths)} files, expected four, z0 to z3, or two, the ends of a line")
    return Corners(np.stack(latents), tuple(path.name for path in paths), {})


def spanning_four(features: NDArray[Any]) -> tuple[int, int, int, int]:
    """Choose the four sounds that span the most: the smallest of their six distances is as large as can be found.

    The farthest two come first, then twice the one that is farthest from all chosen; then any of the four is exchanged
    as long as that makes the smallest distance larger. Corners that are side by side in the grid are the nearer ones.

    Parameters
    ----------
    features : ndarray, shape (n_sounds, n_features)
        At least four sounds; their Euclidean distance is the distance. Ties go to the sound that comes first.

    Returns
    -------
    indices : tuple of int
        For z0, z1, z2 and z3; z0 is the smallest of them.
    """
    distances = _distances(features)
    first, second = np.unravel_index(int(np.argmax(distances)), distances.shape)
    chosen = [int(first), int(second)] if first != second else [0, 1]
    while len(chosen) < 4:
        nearest = distances[chosen].min(axis=0)
        nearest[chosen] = -1.0
        chosen.append(int(np.argmax(nearest)))
    return _arranged(_exchanged(chosen, distances), distances)


def _distances(features: NDArray[Any]) -> NDArray[np.float64]:
    rows = np.asarray(features, np.float64).reshape(len(features), -1)
    squares = np.sum(rows**2, axis=1)
    squared = squares[:, None] + squares[None, :] - 2.0 * rows @ rows.T
    np.fill_diagonal(squared, 0.0)
    return np.sqrt(np.maximum(squared, 0.0))


def _exchanged(chosen: list[int], distances: NDArray[np.float64]) -> list[int]:
    """Exchange one of the chosen for another sound as long as the smallest distance grows; each time by the best."""
    while True:
        best, position, reached = -1, -1, _smallest(chosen, distances) * (1 + 1e-9)
        for leaving in range(4):
            others = [index for place, index in enumerate(chosen) if place != leaving]
            reach = np.minimum(distances[others].min(axis=0), _smallest(others, distances))
            reach[chosen] = -1.0
            if reach.max() > reached:
                best, position, reached = int(np.argmax(reach)), leaving, float(reach.max())
        if best < 0:
            return chosen
        chosen = [best if place == position else index for place, index in enumerate(chosen)]


def _smallest(chosen: Sequence[int], distances: NDArray[np.float64]) -> float:
    return min(float(distances[a, b]) for a, b in itertools.combinations(chosen, 2))


def _arranged(chosen: list[int], distances: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """Return the corners in the order with the shortest way around, the smallest index first."""
    z0, *others = sorted(chosen)
    orders = [(z0, a, b, c) for a, b, c in itertools.permutations(others) if a < b]
    return min(orders, key=lambda z: (distances[z[0], z[1]] + distances[z[1], z[3]]
                                      + distances[z[3], z[2]] + distances[z[2], z[0]], z))  # fmt: skip
