"""The surface between four corners in a latent space, and the grid of points on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from soundworks.grid.latents import Latents

Floats = NDArray[np.float64]
#: From positions, shape (n, 2), column 0 along z0–z1 and column 1 along z0–z2, in [0, 1], to latents (n, latent_dim).
Surface = Callable[[NDArray[Any]], Latents]
Interpolation = Literal["bilinear", "spherical"]
#: Sines of angles below this are those of parallel vectors: a line does as well, and an opposite one has no circle.
_PARALLEL = 1e-6


def surface_between(corners: Latents, interpolation: Interpolation = "bilinear", n_noise: int | None = None) -> Surface:
    """Return the surface between four corners; it passes through each of them exactly.

    Parameters
    ----------
    corners : ndarray, shape (4, latent_dim)
        z0, z1, z2, z3, at the positions (0, 0), (1, 0), (0, 1), (1, 1).
    interpolation : {"bilinear", "spherical"}
        Spherical (Shoemake 1985) turns directions evenly along great circles, and lengths along a line: vectors between
        two of normal length keep it.
    n_noise : int, optional
        Length of the noise at the front of the vectors; what follows are attributes, and always bilinear. All by
        default.
    """
    z0, z1, z2, z3 = np.asarray(corners, np.float64)
    n_noise = len(z0) if n_noise is None else n_noise

    def surface(positions: NDArray[Any]) -> Latents:
        u, v = np.asarray(positions, np.float64).T[:, :, None]
        latents = _lerp(_lerp(z0, z1, u), _lerp(z2, z3, u), v)
        if interpolation == "spherical":
            first, last = (_slerp(a[:n_noise], b[:n_noise], u) for a, b in ((z0, z1), (z2, z3)))
            latents[:, :n_noise] = _slerp(first, last, v)
        return latents.astype(np.float32)

    return surface


def _lerp(a: Floats, b: Floats, t: Floats) -> Floats:
    mixed: Floats = (1.0 - t) * a + t * b
    return mixed


def _slerp(a: Floats, b: Floats, t: Floats) -> Floats:
    length_a, length_b = (np.linalg.norm(part, axis=-1, keepdims=True) for part in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        unit_a, unit_b = a / length_a, b / length_b
        angle = np.arccos(np.clip(np.sum(unit_a * unit_b, axis=-1, keepdims=True), -1.0, 1.0))
        along = (np.sin((1.0 - t) * angle) * unit_a + np.sin(t * angle) * unit_b) / np.sin(angle)
    turned = along * _lerp(length_a, length_b, t)
    is_line = np.broadcast_to((np.abs(np.sin(angle)) < _PARALLEL) | (length_a == 0) | (length_b == 0), turned.shape)
    ends = np.where(t == 0.0, a, b)  # exactly, not up to rounding
    return np.where((t == 0.0) | (t == 1.0), ends, np.where(is_line, _lerp(a, b, t), turned))


def grid_positions(d0: int, d1: int) -> Floats:
    """Return the positions of an even grid, shape (d1, d0, 2); a side of one point is at 0."""
    u, v = (np.arange(d) / max(d - 1, 1) for d in (d0, d1))
    return np.stack(np.broadcast_arrays(u[None, :], v[:, None]), axis=-1)
