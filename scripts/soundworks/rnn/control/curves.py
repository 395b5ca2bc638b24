"""Courses of parameters over time: pieces of straight lines in [0, 1], read at any rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.rnn.parameters import ControlParameter

Floats = NDArray[np.float64]

#: Rows a second of the arrays that courses are written as; the originals' 1000 "per nominal second".
CONTROL_RATE_HZ = 1000.0
#: Straight pieces that stand for a bent one; beside half a cosine they are 0.00015 of its height off at most.
PIECES = 64


@dataclass(frozen=True)
class Course:
    """What one parameter does: straight lines between points, the first and the last value held.

    Attributes
    ----------
    times_s : ndarray, shape (n_points,)
        In s, never falling; of two points at one time, the second one counts from there on: a jump.
    norms : ndarray, shape (n_points,)
        Values in [0, 1].
    """

    times_s: Floats
    norms: Floats

    def __post_init__(self) -> None:
        if self.times_s.shape != self.norms.shape or self.norms.ndim != 1 or self.norms.size < 1:
            raise ValueError(f"found {self.times_s.shape} times and {self.norms.shape} values, expected equally many")
        if not (np.isfinite(self.times_s).all() and (np.diff(self.times_s) >= 0).all()):
            raise ValueError("found times that fall or are not finite, expected rising ones")
        if not ((self.norms >= 0) & (self.norms <= 1)).all():
            raise ValueError("found values that are not in [0, 1]")

    @classmethod
    def constant(cls, norm: float) -> Course:
        """Return a course that stays where it is."""
        return cls(np.zeros(1), np.full(1, norm, np.float64))

    @property
    def moves(self) -> bool:
        """Whether it has more than one value."""
        return bool((self.norms != self.norms[0]).any())

    def at(self, times_s: ArrayLike) -> Floats:
        """Return its values at times in s, in their shape."""
        wanted = np.asarray(times_s, np.float64)
        following = np.searchsorted(self.times_s, wanted, side="right")
        before, after = np.maximum(following - 1, 0), np.minimum(following, self.norms.size - 1)
        start, gap = self.times_s[before], self.times_s[after] - self.times_s[before]
        share = np.clip((wanted - start) / np.where(gap > 0, gap, 1.0), 0.0, 1.0)
        values = self.norms[before] + share * (self.norms[after] - self.norms[before])
        return np.asarray(np.clip(values, 0.0, 1.0))

    def within(self, seconds: float) -> Course:
        """Return the course from 0 to `seconds`, a point at each end."""
        inside = (self.times_s > 0) & (self.times_s < seconds)
        end = np.searchsorted(self.times_s, seconds)  # a jump at the very end belongs to what comes then
        last = self.norms[end] if end < self.norms.size and self.times_s[end] == seconds else float(self.at(seconds))
        times = np.concatenate([[0.0], self.times_s[inside], [seconds]])
        return Course(times, np.concatenate([[float(self.at(0.0))], self.norms[inside], [last]]))

    def repeated(self, period_s: float, seconds: float) -> Course:
        """Return the course's first `period_s` again and again, until `seconds`."""
        one = self.within(period_s)
        starts = period_s * np.arange(max(1, math.ceil(seconds / period_s - 1e-9)))
        times = (starts[:, None] + one.times_s).ravel()
        return Course(np.maximum.accumulate(times), np.tile(one.norms, starts.size)).within(seconds)


def joined(courses: Sequence[tuple[float, Course]]) -> Course:
    """Return courses one after the other, each given with its length in s."""
    starts = np.concatenate([[0.0], np.cumsum([seconds for seconds, _ in courses])])
    parts = [course.within(seconds) for seconds, course in courses]
    times = np.concatenate([start + part.times_s for start, part in zip(starts, parts, strict=False)])
    return Course(np.maximum.accumulate(times), np.concatenate([part.norms for part in parts]))


@dataclass(frozen=True)
class ControlCurves:
    """Courses of all parameters of a network over a sound.

    Attributes
    ----------
    names : tuple of str
        Parameters, in the order of the network's inputs.
    courses : tuple of Course
        One for each.
    seconds : float
        Length of the sound.
    """

    names: tuple[str, ...]
    courses: tuple[Course, ...]
    seconds: float

    def __post_init__(self) -> None:
        if len(self.names) != len(self.courses) or not 0 < self.seconds < math.inf:
            raise ValueError(f"found {len(self.courses)} courses of {self.seconds} s, expected one for each name")

    @classmethod
    def of_rows(cls, names: tuple[str, ...], rows: Floats, seconds: float) -> ControlCurves:
        """Return an array's columns, rows (T, n) in [0, 1], row k at the time k · seconds / T and the last one held."""
        times = row_times(len(rows), seconds)
        return cls(names, tuple(Course(times, column) for column in np.asarray(rows, np.float64).T), seconds)

    def n_samples(self, sample_rate: float) -> int:
        """Return the length of the sound in samples, to the nearest and one at least."""
        return max(1, round(self.seconds * sample_rate))

    def at(self, times_s: ArrayLike) -> Floats:
        """Return values in [0, 1] at times in s, (n,) → (n, n_parameters)."""
        wanted = np.asarray(times_s, np.float64)
        norms = np.empty((*wanted.shape, len(self.names)))
        for index, course in enumerate(self.courses):
            norms[..., index] = course.at(wanted)
        return norms

    def at_samples(self, start: int, count: int, sample_rate: float) -> Floats:
        """Return values in [0, 1] at samples start … start + count - 1, shape (count, n_parameters).

        They depend on the number of each sample alone, so blocks of any size have the same ones.
        """
        return self.at(np.arange(start, start + count, dtype=np.float64) / sample_rate)

    def rows(self, rate_hz: float = CONTROL_RATE_HZ) -> Floats:
        """Return values in [0, 1] as an array's rows, shape (T, n_parameters), T to the nearest and 1 at least."""
        return self.at(row_times(max(1, round(self.seconds * rate_hz)), self.seconds))

    def natural_at(self, times_s: ArrayLike, parameters: Sequence[ControlParameter]) -> Floats:
        """Return values in natural units at times in s, (n,) → (n, n_parameters)."""
        norms = self.at(times_s)
        return np.stack([item.to_natural(norms[..., i]) for i, item in enumerate(parameters)], axis=-1)


def row_times(n_rows: int, seconds: float) -> Floats:
    """Return the times of an array's rows in s, for an array that is stretched to `seconds`."""
    times: Floats = np.arange(n_rows, dtype=np.float64) * (seconds / n_rows)
    return times


def bend(times_s: Floats, values: Floats, *, smooth: bool, pieces: int = PIECES) -> tuple[Floats, Floats]:
    """Return points with pieces between each two, along lines or (`smooth`) half a cosine; jumps stay jumps."""
    share = np.arange(pieces) / pieces
    rise = 0.5 - 0.5 * np.cos(np.pi * share) if smooth else share
    times = times_s[:-1, None] + share * np.diff(times_s)[:, None]
    between = values[:-1, None] + rise * np.diff(values)[:, None]
    kept = np.repeat(np.diff(times_s)[:, None] > 0, pieces, axis=1)
    kept[:, 0] = True  # of a jump, the point before it
    return np.append(times[kept], times_s[-1]), np.append(between[kept], values[-1])
