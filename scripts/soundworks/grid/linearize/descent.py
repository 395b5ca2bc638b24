"""One step of the descent: a damped Gauss-Newton step that folds nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from soundworks.grid.linearize.mesh import Mesh
from soundworks.grid.linearize.objective import Objective, distance_slopes
from soundworks.grid.linearize.space import Space
from soundworks.grid.surface import Floats

#: No step makes a Jacobian smaller than this share of what it was, so that none comes to zero.
_LEAST_SHRINK = 0.1
#: Derivatives are differences over this share of the shortest edge at a point, which is taken for at least
#: `_SHORTEST` of an even grid's: latents are float32.
_DIFFERENCE, _SHORTEST = 0.1, 1e-2
#: Damping at the start, its bounds, and by what it changes after a bad and a good step.
_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-2, 1e-5, 1e3
_MORE, _LESS = 5.0, 1.0 / 3.0


class Point(NamedTuple):
    """A mesh: coordinates, shape (d1, d0, n_coordinates), and its sounds' features, shape (n_nodes, n_features)."""

    coordinates: Floats
    features: NDArray[Any]


class Descent:
    """Levenberg-Marquardt on the objective: each step's damping is chosen by what the one before it achieved.

    The derivatives of the distances come from one evaluation of the whole grid for each coordinate of a point.
    """

    def __init__(self, mesh: Mesh, space: Space, clamp_edges: bool) -> None:
        self.mesh, self.space, self.objective = mesh, space, Objective(mesh)
        self._damping = _DAMPING
        self._movable = np.zeros((mesh.d1, mesh.d0, space.n_coordinates), bool)
        self._movable[..., :2] = mesh.movable(clamp_edges)
        self._movable[..., 2:] = mesh.liftable(clamp_edges)[..., np.newaxis]

    def step(self, point: Point) -> Point | None:
        """Return the mesh after one step, at which the energy is lower; None if there is no such step."""
        scale = self.objective.unevenness(point.features)
        energy = self.objective.energy(point.features, point.coordinates, scale)
        gradient, matrix = self.objective.model(point.features, self._slopes(point), point.coordinates, scale)
        free = self._movable.ravel() & ~self._held(point.coordinates, gradient)
        while self._damping <= _MOST_DAMPING:
            direction = self._solved(gradient, matrix, free).reshape(point.coordinates.shape)
            share, coordinates = self._unfolded(point.coordinates, direction)
            features = self.space.features(coordinates)
            if self.objective.energy(features, coordinates, scale) < energy:
                if share > 0.5:
                    self._damping = max(self._damping * _LESS, _LEAST_DAMPING)
                return Point(coordinates, features)
            self._damping *= _MORE
        return None

    def _held(self, coordinates: Floats, gradient: Floats) -> NDArray[np.bool_]:
        """Return which coordinates are at the border of the square and would go beyond it."""
        held = np.zeros(coordinates.shape, bool)
        down = gradient.reshape(coordinates.shape)[..., :2]
        position = coordinates[..., :2]
        held[..., :2] = ((position <= 0) & (down > 0)) | ((position >= 1) & (down < 0))
        return held.ravel()

    def _solved(self, gradient: Floats, matrix: sparse.csc_matrix, free: NDArray[np.bool_]) -> Floats:
        diagonal = matrix.diagonal()[free]
        damping = self._damping * (diagonal + 1e-3 * diagonal.mean())
        direction = np.zeros_like(gradient)
        damped = (matrix[free][:, free] + sparse.diags(damping)).tocsc()
        direction[free] = -splu(damped, permc_spec="MMD_AT_PLUS_A").solve(gradient[free])
        return direction

    def _unfolded(self, coordinates: Floats, direction: Floats) -> tuple[float, Floats]:
        """Return the greatest share of a step, of 1, 0.7, 0.49 …, that folds nothing, and where it leads."""
        least = _LEAST_SHRINK * self.mesh.jacobians(coordinates[..., :2])
        share = 1.0
        while True:
            moved = coordinates + share * direction
            np.clip(moved[..., :2], 0.0, 1.0, out=moved[..., :2])
            if (self.mesh.jacobians(moved[..., :2]) > least).all():
                return share, moved
            share *= 0.7

    def _slopes(self, point: Point) -> Floats:
        """Return the derivatives of all distances, shape (n_pairs, 2, n_coordinates)."""
        pairs = self.objective.pairs()
        slopes = np.zeros((len(pairs), 2, self.space.n_coordinates))
        size = _DIFFERENCE * self._shortest(point.coordinates)
        for axis in range(self.space.n_coordinates):
            if not self._movable[..., axis].any():
                continue
            change = size if axis >= 2 else np.where(point.coordinates[..., axis] > 0.5, -size, size)
            coordinates = point.coordinates.copy()
            coordinates[..., axis] += change
            derivatives = (self.space.features(coordinates) - point.features) / change.reshape(-1, 1)
            slopes[..., axis] = distance_slopes(point.features, derivatives, pairs)
        return slopes

    def _shortest(self, coordinates: Floats) -> Floats:
        """Return the length of the shortest edge at each point, shape (d1, d0)."""
        flat = coordinates[..., :2].reshape(-1, 2)
        edges = self.mesh.edges
        length = np.linalg.norm(flat[edges[:, 0]] - flat[edges[:, 1]], axis=1)
        shortest = np.full(self.mesh.n_nodes, np.inf)
        for side in (0, 1):
            np.minimum.at(shortest, edges[:, side], length)
        return np.maximum(shortest, _SHORTEST * min(self.mesh.spacing)).reshape(self.mesh.d1, self.mesh.d0)
