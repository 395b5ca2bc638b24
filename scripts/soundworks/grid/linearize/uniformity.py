"""How even a grid sounds: measures of its neighbours' distances, as `uniformity.json` has them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.grid.linearize.mesh import Mesh, Pairs, lengths, variation
from soundworks.grid.surface import Floats

Measures = dict[str, Any]


def measure(features: NDArray[Any], d1: int, d0: int) -> Measures:
    """Return how even a grid is, from features of shape (d1 · d0, n_features), row by row.

    Returns
    -------
    measures : dict
        `neighbours` (along rows and columns, the four around each point) and `diagonals`: see `spread_of`; None where
        there are none. `rows` and `columns`: how far the places of their points along the way, as shares of its length,
        are from even ones, each one's `largest_deviation`, their `mean` and `max`; 0 is even, and a way of no length
        has None. `straightness`: the distance of points two steps apart, as a share of the two steps, its `mean` and
        5th percentile `p5`; 1 is straight on, 0 is back again. All numbers are finite or None.
    """
    mesh = Mesh(d1, d0)
    grid = features.reshape(d1, d0, -1)
    return {
        "neighbours": spread_of(lengths(features, mesh.edges)),
        "diagonals": spread_of(lengths(features, mesh.diagonals)),
        "rows": _arc_lengths(grid),
        "columns": _arc_lengths(grid.swapaxes(0, 1)),
        "straightness": _straightness(features, mesh),
    }


def spread_of(distances: Floats) -> Measures | None:
    """Return mean, median, smallest and largest of distances, their coefficient of variation, and two ratios.

    `cv` is standard deviation / mean; `max_over_median` and `max_over_min` are None where they are divided by 0.
    """
    if not distances.size:
        return None
    smallest, median, largest = (float(found(distances)) for found in (np.min, np.median, np.max))
    return {
        "cv": variation(distances),
        "max_over_median": largest / median if median > 0 else None,
        "max_over_min": largest / smallest if smallest > 0 else None,
        "mean": float(distances.mean()),
        "median": median,
        "min": smallest,
        "max": largest,
    }


def _arc_lengths(grid: NDArray[Any]) -> Measures | None:
    """Return how even the points of each row are along the row, for features of shape (rows, columns, n_features)."""
    if grid.shape[1] < 3:
        return None
    deviations = [_deviation(lengths(row, Mesh(1, len(row)).rows)) for row in grid]
    known = [deviation for deviation in deviations if deviation is not None]
    return {
        "largest_deviation": deviations,
        "mean": math.fsum(known) / len(known) if known else None,
        "max": max(known, default=None),
    }


def _deviation(steps: Floats) -> float | None:
    total = float(steps.sum())
    if total <= 0:
        return None
    places = np.cumsum(steps) / total
    return float(np.abs(places - np.arange(1, len(steps) + 1) / len(steps)).max())


def _straightness(features: NDArray[Any], mesh: Mesh) -> Measures | None:
    way = _way(mesh)
    single = lengths(features, way[:, :2]) + lengths(features, way[:, 1:])
    double = lengths(features, way[:, [0, 2]])[single > 0]
    if not double.size:
        return None
    shares = np.minimum(double / single[single > 0], 1.0)
    return {"mean": float(shares.mean()), "p5": float(np.percentile(shares, 5))}


def _way(mesh: Mesh) -> Pairs:
    """Return all three points in turn along rows and columns, shape (n, 3)."""
    nodes = mesh.nodes
    rows = np.stack([nodes[:, :-2].ravel(), nodes[:, 1:-1].ravel(), nodes[:, 2:].ravel()], axis=1)
    columns = np.stack([nodes[:-2].ravel(), nodes[1:-1].ravel(), nodes[2:].ravel()], axis=1)
    return np.concatenate([rows, columns])


def node_means(features: NDArray[Any], d1: int, d0: int) -> Floats:
    """Return each point's mean distance to its neighbours along rows and columns, shape (d1, d0)."""
    mesh = Mesh(d1, d0)
    distances = lengths(features, mesh.edges)
    total, count = np.zeros(mesh.n_nodes), np.zeros(mesh.n_nodes)
    for side in (0, 1):
        np.add.at(total, mesh.edges[:, side], distances)
        np.add.at(count, mesh.edges[:, side], 1.0)
    return (total / np.maximum(count, 1.0)).reshape(d1, d0)
