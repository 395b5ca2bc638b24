"""Banks of filters: weighted sums of the rows of an array."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from soundworks.features.spectrum import Array


class Bank:
    """Multiplies a matrix, whose rows are mostly zeros but for one stretch, with arrays.

    Unlike a product of matrices by BLAS, it starts no threads of its own, and leaves out the zeros.

    Parameters
    ----------
    weights : ndarray, shape (n_outputs, n_inputs)
    """

    def __init__(self, weights: NDArray[np.floating]) -> None:
        stretches = [np.flatnonzero(row) for row in weights]
        ends = [(int(used[0]), int(used[-1]) + 1) if used.size else (0, 0) for used in stretches]
        self._ends = np.array(ends, np.int64).reshape(-1, 2)
        self._weights = weights.astype(np.float32)

    def __len__(self) -> int:
        return len(self._weights)

    def apply(self, rows: Array, sums: Array, start: int = 0) -> None:
        """Fill columns of `sums` from `start` on with sums of the rows of an array, whose columns they are."""
        _sum_rows(self._weights, self._ends, rows, sums, start)


@numba.njit(cache=True, fastmath={"contract"})
def _sum_rows(weights: Array, ends: NDArray[np.int64], rows: Array, sums: Array, start: int) -> None:
    for output in range(len(weights)):
        target, factors = sums[output, start : start + rows.shape[1]], weights[output]
        first, stop = ends[output]
        target[:] = 0
        whole = stop - (stop - first) % 4
        for k in range(first, whole, 4):  # by fours, so that the sum is read and written a quarter as often
            a, b, c, d = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
            e, f, g, h = factors[k], factors[k + 1], factors[k + 2], factors[k + 3]
            for i in range(target.size):
                target[i] += a[i] * e + b[i] * f + c[i] * g + d[i] * h
        for k in range(whole, stop):
            a, e = rows[k], factors[k]
            for i in range(target.size):
                target[i] += a[i] * e
