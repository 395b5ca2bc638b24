"""Parameter values that may move in time: a number, or a piecewise-linear contour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contour:
    """Piecewise-linear course of one parameter over a sound, held before its first and after its last point.

    Attributes
    ----------
    times_s : tuple of float
        Strictly increasing breakpoint times in seconds from the start of the sound.
    values : tuple of float
        Value at each breakpoint, in the parameter's natural unit.
    """

    times_s: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, times_s: Floats | float) -> Floats:
        """Interpolate the contour at times in seconds; the result has the shape of `times_s`."""
        return np.asarray(np.interp(times_s, self.times_s, self.values), dtype=np.float64)

    def between(self, start_s: float, end_s: float) -> Contour:
        """Cut out [start_s, end_s] as a contour whose times start at 0 and whose ends are breakpoints."""
        duration_s = end_s - start_s
        points = zip(self.times_s, self.values, strict=True)
        inner = [(t - start_s, v) for t, v in points if 0.0 < t - start_s < duration_s]
        times = (0.0, *(t for t, _ in inner), duration_s)
        return Contour(times, (float(self.at(start_s)), *(v for _, v in inner), float(self.at(end_s))))

    def lasting(self, duration_s: float) -> Contour:
        """Return the contour with its last time moved to exactly `duration_s`, where rounding put it beside that."""
        if self.times_s[-1] == duration_s:
            return self
        inner = [(t, v) for t, v in zip(self.times_s[:-1], self.values[:-1], strict=True) if t < duration_s]
        return Contour((*(t for t, _ in inner), duration_s), (*(v for _, v in inner), self.values[-1]))

    def mean(self, start_s: float, end_s: float) -> float:
        """Return the exact time average over [start_s, end_s] (trapezoids between breakpoints)."""
        part = self.between(start_s, end_s)
        return float(np.trapezoid(part.values, part.times_s) / (end_s - start_s))


Value = float | Contour


def value_at(value: Value, times_s: Floats) -> Floats:
    """Evaluate a fixed or moving value at times in seconds, as an array of their shape."""
    if isinstance(value, Contour):
        return value.at(times_s)
    return np.full(np.shape(times_s), float(value))
