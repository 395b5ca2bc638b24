"""The original's rule, for comparison: each point is pulled towards its eight neighbours, by a fixed step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.grid.latents import Latents
from soundworks.grid.linearize.mesh import Mesh, lengths, variation
from soundworks.grid.linearize.space import Features, Generate, sound_features
from soundworks.grid.surface import Floats

_DIRECTIONS = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0))
#: Decades of the step that are tried, down from one at which points overshoot their neighbours.
_DECADES = 3
#: Share of the budget that each run of the sweep has before the best goes on with all of it.
_TRIAL = 1 / 6
#: How far beyond the range of the grid's latents, as a share of it, a run may lead before it has failed.
_BEYOND = 1e-3


@dataclass(frozen=True)
class OriginalRun:
    """What the original's rule reached.

    Attributes
    ----------
    latents : ndarray of float32, shape (d1, d0, latent_dim)
        Of the iteration with the smallest coefficient of variation.
    step : float
        The best of the sweep.
    variations : tuple of float
        Coefficient of variation of the neighbours' distances, by iteration, with the best step.
    clamped : bool
        Whether the edges were clamped in the best run.
    tried : dict
        Smallest coefficient of variation by step, in the sweep, with edges clamped or not.
    evaluations : float
        Of the whole grid, with the best step.
    seconds : float
        With the best step.
    """

    latents: Latents
    step: float
    clamped: bool
    variations: tuple[float, ...]
    tried: dict[float, float]
    evaluations: float
    seconds: float


def original_rule(
    latents: Latents, generate: Generate, features: Features, *, evaluations: int, clamp_edges: bool = False
) -> OriginalRun:
    """Run the original's rule with a few fixed steps, a decade apart, and the best of them to the end of the budget.

    Unlike the original, it compares features without padding them, and moves a clamped edge's points no further than
    they should; both only help it. So does that edges are clamped in half of the runs, and that the best iteration
    counts, not the last. A step at which points overshoot their neighbours scatters them, and scattered sounds are
    evenly far apart: a run ends where it leaves the range of the latents, which no smaller step can.

    Parameters
    ----------
    latents : ndarray, shape (d1, d0, latent_dim)
    generate, features : callable
    evaluations : int
        Of the whole grid, for the best run; each run of the sweep has a sixth.
    clamp_edges : bool
        Whether points on the edges move along the straight lines between corners only, in all runs.
    """
    start = np.asarray(latents, np.float64)
    found = sound_features(latents, generate, features)
    edges = Mesh(*start.shape[:2]).edges
    mean = float(lengths(found, edges).mean()) if len(edges) else 0.0
    if mean <= 0:
        return OriginalRun(np.asarray(latents, np.float32), 0.0, clamp_edges, (0.0,), {}, 1.0, 0.0)
    highest = math.ceil(math.log10(1.0 / (len(_DIRECTIONS) * mean)))
    runs = [
        _Run(start, found, 10.0 ** (highest - decade), generate, features, clamped)
        for clamped in ((True,) if clamp_edges else (False, True))
        for decade in range(_DECADES)
    ]
    for run in runs:
        run.go_on_to(max(round(_TRIAL * evaluations), 2))
    tried: dict[float, float] = {}
    for run in runs:
        tried[run.step] = min(tried.get(run.step, math.inf), *run.variations)
    best = min(runs, key=lambda run: min(run.variations))
    best.go_on_to(evaluations)
    reached = best.best.astype(np.float32)
    return OriginalRun(
        reached, best.step, best.clamped, tuple(best.variations), tried, float(len(best.variations)), best.seconds
    )


class _Run:
    """The rule with one step; it can be gone on with."""

    def __init__(
        self, start: Floats, found: NDArray[Any], step: float, generate: Generate, features: Features, clamped: bool
    ) -> None:
        self.step, self.clamped, self.best, self.seconds = step, clamped, start, 0.0
        self._latents, self._found = start, found
        low, high = start.min(axis=(0, 1)), start.max(axis=(0, 1))
        self._range = low - _BEYOND * (high - low) - 1e-9, high + _BEYOND * (high - low) + 1e-9
        self._evaluate: Callable[[Floats], NDArray[Any]] = lambda latents: sound_features(
            latents.astype(np.float32), generate, features
        )
        self._edges = Mesh(*start.shape[:2]).edges
        self.variations = [variation(lengths(found, self._edges))]
        self._diverged = False

    def go_on_to(self, evaluations: int) -> None:
        """Go on until so many evaluations are used up, or the run diverges."""
        started = time.monotonic()
        while len(self.variations) < evaluations and not self._diverged:
            self._iterate()
        self.seconds += time.monotonic() - started

    def _iterate(self) -> None:
        grid = self._found.reshape(*self._latents.shape[:2], -1)
        self._latents = self._latents + self.step * pull(self._latents, grid, self.clamped)
        low, high = self._range
        if not ((self._latents >= low) & (self._latents <= high)).all():
            self._diverged = True
            return
        self._found = self._evaluate(self._latents)
        reached = variation(lengths(self._found, self._edges))
        if reached < min(self.variations):
            self.best = self._latents
        self.variations.append(reached)


def pull(latents: Floats, features: NDArray[Any], clamp_edges: bool = False) -> Floats:
    """Return the sum over a point's eight neighbours of distance times (neighbour's latent - its own); 0 at corners.

    At the border of the grid, the neighbours that are missing are the border's points again, as the original has it:
    straight outwards the point itself, at no distance, and diagonally outwards the one beside it.

    Parameters
    ----------
    latents : ndarray, shape (d1, d0, latent_dim)
    features : ndarray, shape (d1, d0, n_features)
    clamp_edges : bool
        Whether points on the edges are pulled along the straight lines between corners only.
    """
    d1, d0 = latents.shape[:2]
    rows, columns = np.arange(d1), np.arange(d0)
    total = np.zeros_like(latents)
    for down, right in _DIRECTIONS:
        neighbour = np.ix_(np.clip(rows + down, 0, d1 - 1), np.clip(columns + right, 0, d0 - 1))
        distance = np.linalg.norm(features[neighbour].astype(np.float64) - features, axis=-1)
        total += distance[..., np.newaxis] * (latents[neighbour] - latents)
    if clamp_edges:
        _clamp(total, latents)
    total[[0, 0, -1, -1], [0, -1, 0, -1]] = 0.0
    return total


def _clamp(total: Floats, latents: Floats) -> None:
    """Keep of the edges' moves, in place, what is along the straight lines between the corners."""
    for edge, move in (
        (latents[0], total[0]), (latents[-1], total[-1]), (latents[:, 0], total[:, 0]), (latents[:, -1], total[:, -1])
    ):  # fmt: skip
        line = edge[-1] - edge[0]
        squared = float(line @ line)
        if squared > 0:
            move[:] = np.outer(move @ line, line) / squared
