"""Curves of parameters that a stream follows, by the sample's position."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.errors import UserError
from soundworks.rnn.layout import Floats, Knots
from soundworks.rnn.parameters import ControlParameter

Doubles = NDArray[np.float64]

#: Latest time of a curve, in s: 30 years.
_LATEST_S = 1e9
#: What rounding may put a value beyond a range, as a share of the range.
_ROUNDING = 1e-6


class Curves:
    """The curve of each parameter of a stream; before any is set, each is in the middle of its range.

    Parameters
    ----------
    parameters : sequence of ControlParameter
    sample_rate : int
        In Hz.

    Attributes
    ----------
    knots : Knots
    """

    def __init__(self, parameters: Sequence[ControlParameter], sample_rate: int) -> None:
        self._parameters, self._sample_rate = parameters, sample_rate
        n = len(parameters)
        self.knots = Knots(np.arange(n + 1), np.zeros(n), np.full(n, 0.5))

    def hold(self, name: str, norm: float) -> None:
        """Hold a parameter at a value in [0, 1]."""
        index, norms = self._index(name), np.atleast_1d(numbers(name, norm))
        if norms.shape != (1,):
            raise UserError(f"{name}: found an array of shape {norms.shape}, expected one number")
        check_norms(name, norms)
        self._replace(index, np.zeros(1), np.clip(norms, 0.0, 1.0))

    def follow(self, name: str, position: int, times_s: ArrayLike, values: ArrayLike) -> None:
        """Let a parameter follow a curve that starts at a sample's position; see `Stream.set_curve`."""
        index = self._index(name)
        times, naturals = _curve(name, times_s, values)
        self._replace(index, position + times * self._sample_rate, norms_of(self._parameters[index], naturals))

    def _index(self, name: str) -> int:
        names = [parameter.name for parameter in self._parameters]
        if name not in names:
            raise UserError(f"{name}: found no such parameter, expected {', '.join(names)}")
        return names.index(name)

    def _replace(self, index: int, positions: Doubles, norms: Doubles) -> None:
        first, start, end = self.knots.first.copy(), self.knots.first[index], self.knots.first[index + 1]
        first[index + 1 :] += positions.size - (end - start)
        self.knots = Knots(
            first,
            np.concatenate([self.knots.positions[:start], positions, self.knots.positions[end:]]),
            np.concatenate([self.knots.values[:start], norms, self.knots.values[end:]]),
        )


def norms_of(parameter: ControlParameter, values: ArrayLike) -> Doubles:
    """Return values in [0, 1] of values in natural units, same shape.

    Raises
    ------
    UserError
        For a value that is no number, or beyond the range that the network has learnt.
    """
    natural = numbers(parameter.name, values)
    margin = _ROUNDING * (parameter.maximum - parameter.minimum)
    wrong = ~((natural >= parameter.minimum - margin) & (natural <= parameter.maximum + margin))
    if wrong.any():
        expected = f"{parameter.minimum:g} to {parameter.maximum:g} {parameter.unit}".rstrip()
        raise UserError(f"{parameter.name}: found {natural[wrong].flat[0]:g}, expected {expected}")
    return np.clip(parameter.to_norm(np.clip(natural, parameter.minimum, parameter.maximum)), 0.0, 1.0)


def check_norms(name: str, norms: NDArray[np.floating]) -> None:
    """Raise a `UserError` unless all values are numbers in [0, 1]."""
    if norms.size and not (norms.min() >= -_ROUNDING and norms.max() <= 1 + _ROUNDING):
        wrong = norms[~((norms >= -_ROUNDING) & (norms <= 1 + _ROUNDING))]
        raise UserError(f"{name}: found {wrong.flat[0]:g}, expected 0 to 1")


def check_rows(rows: NDArray[np.floating], names: Sequence[str], n: int | None = None) -> None:
    """Raise a `UserError` unless there is a row for each of `n` samples, of a number in [0, 1] for each name."""
    if rows.ndim != 2 or rows.shape[1] != len(names) or n not in (None, len(rows)) or rows.dtype.kind != "f":
        raise UserError(
            f"norms: found {rows.dtype} of shape {rows.shape}, expected float of shape ({n or 'n'}, {len(names)}): "
            f"a column for each of {', '.join(names)}"
        )
    check_norms("norms", rows)


def numbers(name: str, values: ArrayLike) -> Doubles:
    """Return an array of float64; raise a `UserError` where there are none."""
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise UserError(f"{name}: found {values!r}, expected numbers") from None


def _curve(name: str, times_s: ArrayLike, values: ArrayLike) -> tuple[Doubles, Doubles]:
    """Return the times and values of a curve, as arrays of one dimension.

    Raises
    ------
    UserError
        Unless there is a value for each time, at least one, and times are numbers of at least 0 that never fall.
    """
    times, knots = np.atleast_1d(numbers(name, times_s)), np.atleast_1d(numbers(name, values))
    if times.ndim != 1 or times.shape != knots.shape or times.size == 0:
        raise UserError(f"{name}: found times of shape {times.shape} and values of shape {knots.shape}, expected "
                        "a curve of at least one time and a value for each")  # fmt: skip
    if not (times <= _LATEST_S).all() or times[0] < 0 or (np.diff(times) < 0).any():
        raise UserError(f"{name}: found the times {times.tolist()}, expected seconds from 0 on that never fall")
    return times, knots


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fill(rows: Floats, knots: Knots, position: int) -> None:
    """Fill a row of parameters for each sample from `position` on; before a first and after a last knot they hold."""
    for p in range(rows.shape[1]):
        after, last = knots.first[p], knots.first[p + 1] - 1
        for i in range(rows.shape[0]):
            now = float(position + i)
            while after <= last and knots.positions[after] <= now:
                after += 1
            if after == knots.first[p] or after > last:
                rows[i, p] = knots.values[max(after - 1, knots.first[p])]
            else:
                since, until = knots.positions[after - 1], knots.positions[after]
                start, end = knots.values[after - 1], knots.values[after]
                rows[i, p] = start + (end - start) * ((now - since) / (until - since))
