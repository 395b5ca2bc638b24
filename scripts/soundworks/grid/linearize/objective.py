"""What the relaxation makes small, and its model around a mesh: gradient and Gauss-Newton matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from soundworks.grid.linearize.mesh import Mesh, Pairs, lengths
from soundworks.grid.surface import Floats

#: Weights of the pairs two steps apart and of diagonal neighbours, against that of neighbours along rows and columns.
DOUBLE, DIAGONALS = 0.5, 0.15
#: Weights, as shares of the unevenness itself, of the barrier against folds and of the smoothness of what is lifted.
BARRIER, SMOOTHNESS = 1.0, 0.2
#: Pairs whose features are compared at a time: those of long spectrograms are many megabytes.
_BLOCK = 256


class _Family(NamedTuple):
    """Pairs of points, how many steps apart they are in an even plane, and the weight of their squared errors."""

    pairs: Pairs
    steps: float
    weight: float


@dataclass(frozen=True)
class Objective:
    """Unevenness of a mesh, and a barrier and a smoothness term that keep it a mesh.

    The unevenness is a stress as in multidimensional scaling: how far distances are from those of an even grid in a
    plane, whose step is the mean distance of neighbours. It is the squared coefficient of variation of neighbours'
    distances; plus `DOUBLE` times the mean squared error, as a share, of the distances of points two steps apart, which
    should be twice as far: neighbours can be even on a path that goes to and fro; plus `DIAGONALS` times that of the
    diagonals, which should be √2 times as far: a sheared grid has even neighbours too. The features' scale does not
    matter.

    To it are added, times `scale`, -`BARRIER` times the mean logarithm of the Jacobians at all corners of all cells,
    and `SMOOTHNESS` times the mean squared slope of the lift. `scale` is the unevenness where an iteration starts: the
    terms vanish with it, and a mesh that can be even becomes it.
    """

    mesh: Mesh

    def unevenness(self, features: NDArray[Any]) -> float:
        """Return the unevenness, from features of shape (n_nodes, n_features); 0 if all are alike."""
        families = self._families()
        distances = [lengths(features, family.pairs) for family in families]
        mean = float(distances[0].mean()) if distances else 0.0
        if mean <= 0:
            return 0.0
        return sum(
            family.weight * float(np.mean((found / (family.steps * mean) - 1.0) ** 2))
            for family, found in zip(families, distances, strict=True)
        )

    def energy(self, features: NDArray[Any], coordinates: Floats, scale: float) -> float:
        """Return the unevenness and the other terms; infinity for a folded mesh."""
        jacobians = self.mesh.jacobians(coordinates[..., :2])
        if jacobians.min() <= 0:
            return float("inf")
        smooth = np.mean(self._lift_slopes(coordinates) ** 2, axis=0).sum()
        return self.unevenness(features) + scale * float(SMOOTHNESS * smooth - BARRIER * np.log(jacobians).mean())

    def model(
        self, features: NDArray[Any], slopes: Floats, coordinates: Floats, scale: float
    ) -> tuple[Floats, sparse.csc_matrix]:
        """Return half the gradient of the energy, and half a positive matrix in place of its second derivatives.

        Parameters
        ----------
        features : ndarray, shape (n_nodes, n_features)
        slopes : ndarray, shape (n_pairs, 2, n_coordinates)
            Derivatives of the distance of each of `pairs` by the coordinates of its two points; see `distance_slopes`.
        coordinates : ndarray, shape (d1, d0, n_coordinates)
        scale : float

        Returns
        -------
        gradient : ndarray, shape (n_nodes · n_coordinates,)
        matrix : sparse matrix, (n_nodes · n_coordinates)²
        """
        gradient, matrix = self._barrier(coordinates, scale)
        for more in (self._smoothness(coordinates, scale), self._evenness(features, slopes)):
            gradient, matrix = gradient + more[0], matrix + more[1]
        return gradient, matrix.tocsc()

    def pairs(self) -> Pairs:
        """Return the pairs of points whose distances count, neighbours first, shape (n_pairs, 2)."""
        return np.concatenate([family.pairs for family in self._families()])

    def _families(self) -> list[_Family]:
        mesh = self.mesh
        found = [_Family(mesh.edges, 1.0, 1.0), _Family(mesh.double_edges, 2.0, DOUBLE),
                 _Family(mesh.diagonals, 2.0**0.5, DIAGONALS)]  # fmt: skip
        return [family for family in found if len(family.pairs)]

    def _evenness(self, features: NDArray[Any], slopes: Floats) -> tuple[Floats, sparse.csr_matrix]:
        """Return half the gradient of the unevenness, and a matrix that takes the mean distance for constant.

        The exact gradient does not; the matrix would be dense.
        """
        families = self._families()
        ends = np.cumsum([len(family.pairs) for family in families])[:-1]
        mean = float(lengths(features, self.mesh.edges).mean())
        by_distance, weights, by_mean = [], [], 0.0
        for family in families:
            unit, share = family.steps * mean, family.weight / len(family.pairs)
            relative = lengths(features, family.pairs) / unit
            by_distance.append(share / unit * (relative - 1.0))
            weights.append(np.full(len(relative), share / unit**2))
            by_mean -= share / mean * float(relative @ (relative - 1.0))
        by_distance[0] += by_mean / len(self.mesh.edges)
        rows = [self._matrix(family.pairs, part) for family, part in zip(families, np.split(slopes, ends), strict=True)]
        matrix = sparse.vstack(rows, format="csr")
        return matrix.T @ np.concatenate(by_distance), matrix.T @ sparse.diags(np.concatenate(weights)) @ matrix

    def _barrier(self, coordinates: Floats, scale: float) -> tuple[Floats, sparse.csr_matrix]:
        positions = coordinates[..., :2]
        relative = self.mesh.jacobian_slopes(positions) / self.mesh.jacobians(positions)[:, None, None]
        padded = np.zeros((*relative.shape[:2], coordinates.shape[-1]))
        padded[..., :2] = relative
        rows = self._matrix(self.mesh.corners, padded)
        weight = 0.5 * BARRIER * scale / len(self.mesh.corners)
        return -weight * np.asarray(rows.sum(axis=0)).ravel(), weight * (rows.T @ rows)

    def _smoothness(self, coordinates: Floats, scale: float) -> tuple[Floats, sparse.csr_matrix]:
        n_coordinates = coordinates.shape[-1]
        weight = SMOOTHNESS * scale / len(self.mesh.edges)
        lifts = sparse.diags(np.r_[0.0, 0.0, np.ones(n_coordinates - 2)])
        matrix = weight * sparse.kron(self._differences.T @ self._differences, lifts, format="csr")
        return matrix @ coordinates.ravel(), matrix

    def _lift_slopes(self, coordinates: Floats) -> Floats:
        slopes: Floats = self._differences @ coordinates.reshape(self.mesh.n_nodes, -1)[:, 2:]
        return slopes

    @property
    def _differences(self) -> sparse.csr_matrix:
        """From values at the points to their slopes along the edges, for points that are evenly spaced."""
        edges = self.mesh.edges
        spacing = np.repeat(self.mesh.spacing, (len(self.mesh.rows), len(self.mesh.columns)))
        ends = np.stack([-1.0 / spacing, 1.0 / spacing], axis=1)
        rows = np.repeat(np.arange(len(edges)), 2)
        return sparse.csr_matrix((ends.ravel(), (rows, edges.ravel())), shape=(len(edges), self.mesh.n_nodes))

    def _matrix(self, groups: Pairs, slopes: Floats) -> sparse.csr_matrix:
        """Return a row a group of points, from derivatives of shape (n_groups, n_points, n_coordinates)."""
        n_groups, n_points, n_coordinates = slopes.shape
        rows = np.repeat(np.arange(n_groups), n_points * n_coordinates)
        columns = groups[:, :, np.newaxis] * n_coordinates + np.arange(n_coordinates)
        shape = (n_groups, self.mesh.n_nodes * n_coordinates)
        return sparse.csr_matrix((slopes.ravel(), (rows, columns.ravel())), shape=shape)


def distance_slopes(features: NDArray[Any], derivatives: NDArray[Any], pairs: Pairs) -> Floats:
    """Return the derivatives of distances by one coordinate of each of the two points, shape (n_pairs, 2).

    Parameters
    ----------
    features, derivatives : ndarray, shape (n_nodes, n_features)
        Features, and their derivatives by that coordinate.
    pairs : ndarray, shape (n_pairs, 2)
        A pair of equal sounds gets zeros: it has no direction.
    """
    slopes = np.zeros((len(pairs), 2))
    for start in range(0, len(pairs), _BLOCK):
        block = slice(start, start + _BLOCK)
        first, second = pairs[block].T
        difference = features[first] - features[second]
        distance = np.sqrt(np.einsum("ek,ek->e", difference, difference, dtype=np.float64))
        for side, (node, sign) in enumerate(((first, 1.0), (second, -1.0))):
            slope = np.einsum("ek,ek->e", difference, derivatives[node], dtype=np.float64)
            slopes[block, side] = sign * np.divide(slope, distance, out=np.zeros_like(slope), where=distance > 0)
    return slopes
