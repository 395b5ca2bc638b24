"""How a course of values answers a jump, and how closely it follows another course."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Share of a jump that it has to go, and for how long three quarters of the values have to be past that, in seconds.
ARRIVED, _STAYING_S, _MOSTLY = 0.9, 0.02, 0.75
#: Time around a jump, in seconds, that the values before and after it are not taken from.
_GUARD_S = 0.03
#: Time after arrival in which overshoot is looked for, in seconds, and values of which the median counts there.
_OVERSHOOT_S, _SMOOTHING = 0.2, 5
#: Standard deviations that the values before and after have to be apart to be a jump.
_CLEAR = 4.0
#: Shifts in seconds at which a course is held against another.
_SHIFTS_S = np.arange(-100, 401) / 1000.0


@dataclass(frozen=True)
class Step:
    """The answer to a jump.

    Attributes
    ----------
    before, after : float
        Medians of the values before the jump, and at the end of what follows; NaN where most are unknown.
    scatter : float
        Standard deviation of the values around these, by their median deviation.
    time_s : float
        From the jump to the first value from which on the course stays at 90 % of the way; infinity where it never
        arrives, or nothing jumped. Values come from frames, so that it may be a little below 0.
    overshoot : float
        How far it goes past the last value within 0.2 s, as a share of the jump, at least 0; NaN if it never arrives.
    """

    before: float
    after: float
    scatter: float
    time_s: float
    overshoot: float

    @property
    def responded(self) -> bool:
        """Whether the course arrived."""
        return math.isfinite(self.time_s)


def step_response(times_s: Floats, values: Floats, at_s: float, *, hold_s: float = 0.3) -> Step:
    """Return how a course answers a jump of what it should follow, relative to its own values before and at the end.

    Parameters
    ----------
    times_s, values : ndarray, shape (n,)
        A course; NaN for values that are not known.
    at_s : float
        Time of the jump.
    hold_s : float
        Seconds before the jump, and at the end, whose medians are the values to go from and to.
    """
    early = values[(times_s >= at_s - hold_s - _GUARD_S) & (times_s < at_s - _GUARD_S)]
    late = values[(times_s > times_s[-1] - hold_s) & (times_s > at_s + _GUARD_S)]
    before, after = _median(early), _median(late)
    deviations = np.abs(np.concatenate([early - before, late - after]))
    scatter = 1.4826 * _median(deviations)
    if not abs(after - before) > max(_CLEAR * scatter, 1e-9):
        return Step(before, after, scatter, math.inf, math.nan)
    progress = (values - before) / (after - before)
    arrival = _arrival(times_s, progress, at_s)
    if arrival is None:
        return Step(before, after, scatter, math.inf, math.nan)
    return Step(before, after, scatter, float(times_s[arrival]) - at_s, _overshoot(times_s, progress, arrival))


def _median(values: Floats) -> float:
    """Return the median of what is known, NaN if that is less than half."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size > 0.5 * values.size else math.nan


def _arrival(times_s: Floats, progress: Floats, at_s: float) -> int | None:
    """Return the first place from which on the course stays past 90 %, or nothing."""
    past = np.nan_to_num(progress, nan=-1.0) >= ARRIVED
    count = max(1, int(np.searchsorted(times_s, times_s[0] + _STAYING_S)))
    staying = np.convolve(past, np.ones(count), "full")[count - 1 :] >= _MOSTLY * count  # of each value and those after
    found = np.flatnonzero(past & staying & (times_s > at_s - _GUARD_S))
    return int(found[0]) if found.size else None


def _overshoot(times_s: Floats, progress: Floats, arrival: int) -> float:
    near = progress[(times_s >= times_s[arrival]) & (times_s <= times_s[arrival] + _OVERSHOOT_S)]
    near = near[np.isfinite(near)]
    if near.size < _SMOOTHING:
        return 0.0
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(near, _SMOOTHING), axis=1)
    return max(0.0, float(smooth.max()) - 1.0)


@dataclass(frozen=True)
class Tracking:
    """How closely a course follows another.

    Attributes
    ----------
    error : float
        Median of the differences' magnitudes.
    lag_s : float
        Shift of the other course that leaves the least difference, but for a constant one; NaN where most is unknown.
    """

    error: float
    lag_s: float


def tracking(times_s: Floats, values: Floats, wanted: Callable[[Floats], Floats]) -> Tracking:
    """Return how closely values follow a course that is known at all times.

    Parameters
    ----------
    times_s, values : ndarray, shape (n,)
    wanted : callable
        From times in seconds to the values that there should be, also a little before and after `times_s`.
    """
    known = np.isfinite(values)
    if known.sum() <= 0.5 * values.size:
        return Tracking(math.nan, math.nan)
    at_s, found = times_s[known], values[known]
    left = [_mean_deviation(found - wanted(at_s - shift)) for shift in _SHIFTS_S]
    lag = float(_SHIFTS_S[int(np.argmin(left))])
    return Tracking(float(np.median(np.abs(found - wanted(at_s)))), lag)


def _mean_deviation(differences: Floats) -> float:
    """Return the mean deviation from the median."""
    return float(np.abs(differences - np.median(differences)).mean())
