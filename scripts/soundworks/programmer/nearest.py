"""The training sounds that are nearest to a new one, by a feature of the data set."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.features.spectrum import Array

#: Size of the blocks in which the features are gone through: memory stays flat, whatever the number of sounds.
_BLOCK_BYTES = 1 << 23

Rows = NDArray[np.intp]


class NearestSounds:
    """Finds nearest neighbours by brute force over features that stay on disk.

    The distance is Euclidean, over all cells of a feature. |x|² is computed once; |x - q|² = |x|² - 2 x·q + |q|² then
    leaves one product of a matrix and a vector per query, at the speed of memory. Up to some 100,000 sounds no index is
    quicker.

    Parameters
    ----------
    features : ndarray of float32, shape (n_sounds, …)
        A memory map, such as `FeatureFolder.array`.
    rows : ndarray of int, shape (n,)
        Those to search among, rising.
    """

    def __init__(self, features: Array, rows: Rows) -> None:
        self.features = features
        self.rows = rows
        self._squares = np.empty(len(features), np.float32)
        for block, values in self._blocks():
            self._squares[block] = np.einsum("ij,ij->i", values, values)

    def _blocks(self) -> Iterator[tuple[slice, Array]]:
        """Yield (rows, their features as vectors)."""
        width = int(np.prod(self.features.shape[1:]))
        step = max(1, _BLOCK_BYTES // (4 * width))
        for first in range(0, len(self.features), step):
            block = slice(first, first + step)
            yield block, self.features[block].reshape(-1, width)

    def query(self, feature: ArrayLike, k: int) -> Rows:
        """Return the rows of the k nearest sounds, the nearest first; of equals, the one that comes first.

        Parameters
        ----------
        feature : array_like, shape of one row
        k : int
            Fewer come back where there are fewer.
        """
        query = np.asarray(feature, np.float32).ravel()
        distances = np.empty(len(self.features), np.float32)
        for block, values in self._blocks():
            distances[block] = self._squares[block] - 2 * (values @ query)
        return self.rows[np.argsort(distances[self.rows], kind="stable")[:k]]
