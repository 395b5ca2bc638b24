"""What the points of a grid can reach: the surface between the corners, and directions off it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.grid.latents import Latents
from soundworks.grid.surface import Floats, Surface

#: From latents, shape (n, latent_dim), to spectrograms, shape (n, n_frequencies, n_times), in [-1, 1].
Generate = Callable[[Latents], NDArray[Any]]
#: From such spectrograms to features, shape (n, n_features), whose Euclidean distance is the distance of two sounds.
Features = Callable[[NDArray[Any]], NDArray[Any]]

#: Stream of the random numbers, among those of an experiment's seed.
_STREAM = 41
#: A twist below this share of the sides is none: the corners form a parallelogram.
_FLAT = 1e-6


def lift_directions(corners: Latents, n: int, seed: int, n_noise: int | None = None) -> Floats:
    """Return directions in which points may leave the surface between four corners, shape (≤ n, latent_dim).

    The first is the bilinear surface's own twist, z0 - z1 - z2 + z3: along it, latents stay mixtures of the corners.
    The others are random, at right angles to each other and to all differences of corners. Each is as long as the sides
    are on the average. A parallelogram has no twist, and few dimensions have room for few directions.

    Parameters
    ----------
    corners : ndarray, shape (4, latent_dim)
    n : int
    seed : int
    n_noise : int, optional
        Length of the noise at the front of the latents; attributes that follow are not changed. All by default.
    """
    noise = np.array(corners, np.float64)[:, :n_noise]
    z0, z1, z2, z3 = noise
    length = float(np.linalg.norm([z1 - z0, z3 - z2, z2 - z0, z3 - z1], axis=1).mean())
    twist = z0 - z1 - z2 + z3
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM,)))
    spanned = np.stack([z1 - z0, z2 - z0, twist])
    basis = np.linalg.qr(np.concatenate([spanned, rng.standard_normal((n, noise.shape[1]))]).T)[0].T
    twist_length = float(np.linalg.norm(twist))
    own = twist[np.newaxis] / twist_length if twist_length > _FLAT * length else basis[:0]
    directions = np.zeros((min(n, len(own) + len(basis[3:])), len(corners[0])))
    directions[:, : noise.shape[1]] = length * np.concatenate([own, basis[3:]])[: len(directions)]
    return directions


class Space:
    """The sounds at coordinates, and how many of them were asked for.

    A point has 2 + n_directions coordinates: its position on the surface, and how far it is lifted in each direction.

    Parameters
    ----------
    surface : callable
        From positions, shape (n, 2), to latents, shape (n, latent_dim).
    directions : ndarray, shape (n_directions, latent_dim)
    generate, features : callable
    """

    def __init__(self, surface: Surface, directions: Floats, generate: Generate, features: Features) -> None:
        self._surface, self._directions = surface, directions
        self._generate, self._features = generate, features
        self.n_coordinates = 2 + len(directions)
        self.n_sounds = 0

    def latents(self, coordinates: Floats) -> Latents:
        """Return latents, shape (…, latent_dim), of coordinates, shape (…, n_coordinates)."""
        flat = coordinates.reshape(-1, self.n_coordinates)
        latents = self._surface(flat[:, :2])
        if len(self._directions):
            latents = latents + (flat[:, 2:] @ self._directions).astype(np.float32)
        return latents.reshape(*coordinates.shape[:-1], latents.shape[-1])

    def features(self, coordinates: Floats) -> NDArray[Any]:
        """Return features of all points of a grid, shape (n_nodes, n_features); see `sound_features`."""
        latents = self.latents(coordinates)
        self.n_sounds += coordinates[..., 0].size
        return sound_features(latents, self._generate, self._features)


def sound_features(latents: Latents, generate: Generate, features: Features) -> NDArray[Any]:
    """Return the features of latents' sounds, shape (n, n_features), for latents of shape (…, latent_dim).

    Raises
    ------
    UserError
        If there is a NaN or infinity among them.
    """
    rows = latents.reshape(-1, latents.shape[-1])
    found = np.asarray(features(generate(rows))).reshape(len(rows), -1)
    if not np.isfinite(found).all():
        raise UserError(
            f"linearize.distance: found NaN or infinity in the features of {np.sum(~np.isfinite(found).all(axis=1))} "
            f"of {len(rows)} sounds, expected finite numbers"
        )
    return found
