"""Toy generators whose even grids are known: a latent is a position (u, v), its sound a few numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.grid.linearize.options import LinearizeOptions, linearize_options
from soundworks.grid.linearize.relaxation import Linearized, linearize_grid
from soundworks.grid.surface import grid_positions

Floats = NDArray[np.float64]
#: From positions, shapes (n,) and (n,), to numbers, shape (n_numbers, n).
Warp = Callable[[Floats, Floats], Any]


def generator(warp: Warp) -> Callable[[NDArray[Any]], Floats]:
    """Return the generator of a warp, from latents (n, ≥ 2), whose first two are u and v, to (n, 1, n_numbers)."""

    def generate(latents: NDArray[Any]) -> Floats:
        u, v, *others = np.asarray(latents, np.float64).T
        numbers = np.stack([np.broadcast_to(number, u.shape) for number in (*warp(u, v), *others)], axis=1)
        return numbers[:, np.newaxis, :]

    return generate


def as_they_are(sounds: NDArray[Any]) -> NDArray[Any]:
    """Features that are the sounds' numbers."""
    return sounds.reshape(len(sounds), -1)


def square(d0: int, d1: int) -> NDArray[np.float32]:
    """The even grid of latents over the unit square."""
    return grid_positions(d0, d1).astype(np.float32)


def options(**replaced: Any) -> LinearizeOptions:
    """Options for quick tests."""
    return linearize_options({"max_iterations": 40, "tolerance": 1e-3, **replaced})


def linearized(warp: Warp, d0: int, d1: int, **replaced: Any) -> Linearized:
    """Return the linearised grid of a warp."""
    return linearize_grid(square(d0, d1), generator(warp), as_they_are, options(**replaced))


def bump(u: Floats, v: Floats) -> tuple[Any, ...]:
    """A plane with a steep hill off its middle."""
    return u, v, 0.8 * np.exp(-((u - 0.4) ** 2 + (v - 0.6) ** 2) / 0.03)
