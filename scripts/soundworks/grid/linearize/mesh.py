"""The grid as a mesh in the plane: which points are neighbours, which may move, and whether it is folded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from soundworks.grid.surface import Floats

Pairs = NDArray[np.int64]


@dataclass(frozen=True)
class Mesh:
    """A grid of d1 rows and d0 columns; its points are counted row by row.

    Positions in the plane are of shape (d1, d0, 2), column 0 along the rows and column 1 along the columns, in [0, 1].
    """

    d1: int
    d0: int

    @property
    def n_nodes(self) -> int:
        """Number of points."""
        return self.d1 * self.d0

    @property
    def is_line(self) -> bool:
        """Whether the grid is one row or one column."""
        return 1 in (self.d1, self.d0)

    @property
    def spacing(self) -> tuple[float, float]:
        """Distance of neighbours in an even grid, along the rows and along the columns."""
        return 1.0 / max(self.d0 - 1, 1), 1.0 / max(self.d1 - 1, 1)

    @cached_property
    def nodes(self) -> Pairs:
        """Numbers of the points, shape (d1, d0)."""
        return np.arange(self.n_nodes).reshape(self.d1, self.d0)

    @cached_property
    def rows(self) -> Pairs:
        """Neighbours along the rows, shape (d1 · (d0 - 1), 2)."""
        return _pairs(self.nodes[:, :-1], self.nodes[:, 1:])

    @cached_property
    def columns(self) -> Pairs:
        """Neighbours along the columns, shape ((d1 - 1) · d0, 2)."""
        return _pairs(self.nodes[:-1], self.nodes[1:])

    @cached_property
    def edges(self) -> Pairs:
        """All neighbours along rows and columns."""
        return np.concatenate([self.rows, self.columns])

    @cached_property
    def diagonals(self) -> Pairs:
        """Neighbours across the corners of cells, shape (2 · (d1 - 1) · (d0 - 1), 2)."""
        down = _pairs(self.nodes[:-1, :-1], self.nodes[1:, 1:])
        return np.concatenate([down, _pairs(self.nodes[:-1, 1:], self.nodes[1:, :-1])])

    @cached_property
    def double_edges(self) -> Pairs:
        """Points that are two steps apart along rows and columns."""
        along_rows = _pairs(self.nodes[:, :-2], self.nodes[:, 2:])
        return np.concatenate([along_rows, _pairs(self.nodes[:-2], self.nodes[2:])])

    @cached_property
    def corners(self) -> Pairs:
        """Points of each corner of each cell: itself and its two neighbours, in the same sense of rotation everywhere.

        Shape (4 · (d1 - 1) · (d0 - 1), 3); of a line (n - 1, 2), the ends of each segment.
        """
        if self.is_line:
            return self.edges
        a, b = self.nodes[:-1, :-1], self.nodes[:-1, 1:]
        c, d = self.nodes[1:, :-1], self.nodes[1:, 1:]
        ways = ((a, b, c), (b, d, a), (c, a, d), (d, c, b))
        return np.concatenate([np.stack([node.ravel() for node in way], axis=1) for way in ways])

    def jacobians(self, positions: Floats) -> Floats:
        """Return the Jacobian at each of `corners`, 1 in an even grid; the mesh is folded where one is not positive.

        A bilinear cell is one to one if and only if the Jacobians at its four corners have one sign.
        """
        points = positions.reshape(-1, 2)[self.corners]
        if self.is_line:
            along = points[:, 1] - points[:, 0]
            return along[:, self._axis] / self.spacing[self._axis]
        first, second = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
        area = self.spacing[0] * self.spacing[1]
        return (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / area

    def jacobian_slopes(self, positions: Floats) -> Floats:
        """Return the derivatives of `jacobians` by the positions of their points, shape (n_corners, 3 or 2, 2)."""
        points = positions.reshape(-1, 2)[self.corners]
        if self.is_line:
            slopes = np.zeros_like(points)
            slopes[:, 0, self._axis], slopes[:, 1, self._axis] = -1.0, 1.0
            return slopes / self.spacing[self._axis]
        opposite = np.roll(points, -1, axis=1) - np.roll(points, -2, axis=1)
        turned = np.stack([opposite[..., 1], -opposite[..., 0]], axis=-1)
        return turned / (self.spacing[0] * self.spacing[1])

    def movable(self, clamp_edges: bool) -> NDArray[np.bool_]:
        """Return which coordinates may change, shape (d1, d0, 2): corners are pinned, clamped edges stay straight."""
        movable = np.ones((self.d1, self.d0, 2), bool)
        if clamp_edges or self.is_line:
            movable[[0, -1], :, 1] = movable[:, [0, -1], 0] = False
        if self.is_line:
            movable[..., self._axis] = True
        movable[self.pinned] = False
        return movable

    def liftable(self, clamp_edges: bool) -> NDArray[np.bool_]:
        """Return which points may leave the surface, shape (d1, d0): none of a line, nor those of clamped edges."""
        liftable = np.full((self.d1, self.d0), not self.is_line)
        if clamp_edges:
            liftable[[0, -1]] = liftable[:, [0, -1]] = False
        liftable[self.pinned] = False
        return liftable

    @property
    def pinned(self) -> tuple[list[int], list[int]]:
        """Rows and columns of the four corners."""
        return [0, 0, -1, -1], [0, -1, 0, -1]

    @property
    def _axis(self) -> int:
        """Coordinate along a line."""
        return 0 if self.d1 == 1 else 1


def _pairs(first: Pairs, second: Pairs) -> Pairs:
    return np.stack([first.ravel(), second.ravel()], axis=1)


def lengths(features: NDArray[np.floating], pairs: Pairs) -> Floats:
    """Return the distance of each pair of points, shape (n_pairs,), from features of shape (n_nodes, n_features)."""
    difference = features[pairs[:, 0]] - features[pairs[:, 1]]
    return np.sqrt(np.einsum("ek,ek->e", difference, difference, dtype=np.float64))


def variation(values: Floats) -> float:
    """Return the coefficient of variation, standard deviation / mean; 0 of no values, and if all are 0."""
    mean = float(values.mean()) if values.size else 0.0
    return float(values.std()) / mean if mean > 0 else 0.0
