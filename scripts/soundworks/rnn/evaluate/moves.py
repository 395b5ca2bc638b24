"""Moves of one parameter at a time, which jumps, or rises and falls; and ideal sounds that follow them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundworks.contour import Contour
from soundworks.metrics.agreement import scaled
from soundworks.metrics.pitch import frame_samples
from soundworks.metrics.track import CENTROID_S, LEVEL_S, Track, centroid_track, level_track, pitch_track
from soundworks.rnn.evaluate.combinations import Combinations
from soundworks.rnn.evaluate.controls import Measure
from soundworks.rnn.evaluate.subject import LEAD_S, Subject

Floats = NDArray[np.float64]

#: Time of a jump in seconds, and length of the sound: a value is held for at least half a second on both sides.
JUMP_S, STEP_SOUND_S = LEAD_S + 0.5, LEAD_S + 1.5
#: When a ramp starts from its value, comes to the other, and is back; and the length of the sound, in seconds.
RAMP_S = (LEAD_S + 0.25, LEAD_S + 1.25, LEAD_S + 2.25)
RAMP_SOUND_S = LEAD_S + 2.75
#: Time between the points that a ramp is drawn by, in seconds, and least length of a jump or ramp, of [0, 1].
_POINT_S, _LEAST = 0.01, 0.3
#: What an ideal sound has where only the other is wanted.
_IDEAL_HZ, _IDEAL_AMPLITUDE = 220.0, 0.1


@dataclass(frozen=True)
class Move:
    """A jump or ramp of one parameter, from a value to another, in [0, 1]; one contour for each parameter."""

    start: float
    target: float
    contours: tuple[Contour, ...]


def draw_moves(combinations: Combinations, subject: Subject, column: int, count: int, *, ramp: bool) -> list[Move]:
    """Draw jumps or ramps of a parameter between values that it has in a table, by at least 0.3 of its range.

    The other parameters are steady, at values that they have there, drawn for each course.
    """
    rng = subject.rng(2 if ramp else 1, column)
    axes = [np.unique(subject.to_norms(combinations.natural)[:, index]) for index in range(len(subject.parameters))]
    values = axes[column] if np.ptp(axes[column]) > 0 else np.array([0.0, 1.0])  # averages may be all the same
    starts, targets = np.nonzero(np.abs(values[:, np.newaxis] - values) >= min(_LEAST, np.ptp(values)))
    moves = []
    for pair in rng.integers(len(starts), size=count):
        start, target = float(values[starts[pair]]), float(values[targets[pair]])
        levels = [float(rng.choice(axis)) for axis in axes]
        contours = [Contour((0.0,), (level,)) for level in levels]
        contours[column] = _ramp(start, target) if ramp else _jump(start, target, subject.sample_rate)
        moves.append(Move(start, target, tuple(contours)))
    return moves


def _jump(start: float, target: float, sample_rate: int) -> Contour:
    return Contour((JUMP_S, JUMP_S + 1.0 / sample_rate), (start, target))


def _ramp(start: float, target: float) -> Contour:
    """Return a way to the target and back in points that are so near that a line in other units is one too."""
    times_s = np.linspace(RAMP_S[0], RAMP_S[2], round((RAMP_S[2] - RAMP_S[0]) / _POINT_S) + 1)
    values = np.interp(times_s, RAMP_S, (start, target, start))
    return Contour(tuple(times_s.tolist()), tuple(values.tolist()))


def sampled_norms(moves: Sequence[Move], seconds: float, sample_rate: int) -> Floats:
    """Return the parameters at each sample, shape (n, n_samples, n_parameters)."""
    times_s = np.arange(round(seconds * sample_rate)) / sample_rate
    return np.stack([np.stack([contour.at(times_s) for contour in move.contours], axis=1) for move in moves])


def tracked(measure: Measure, sound: NDArray[np.floating], sample_rate: int, lowest_hz: float) -> Track:
    """Return the course of a control on the scale of its errors, in cents or dB."""
    if measure.track == "pitch":
        found = pitch_track(sound, sample_rate, lowest_hz=lowest_hz)
    else:
        found = (level_track if measure.track == "level" else centroid_track)(sound, sample_rate)
    return Track(found.times_s, scaled(found.values, measure.error_unit))


def resolution_s(measure: Measure, sample_rate: int, lowest_hz: float) -> float:
    """Return the length of the frames that a control is tracked in."""
    if measure.track == "pitch":
        return frame_samples(sample_rate, lowest_hz) / sample_rate
    return LEVEL_S if measure.track == "level" else CENTROID_S


def ideal_sound(measure: Measure, course: Floats, sample_rate: int) -> Floats:
    """Return a sine that has a control's course, on the scale of its errors, at each sample, with no delay.

    Its phase runs on through jumps. The pitch and the centroid of a sine are its frequency.
    """
    if measure.track == "level":
        frequency_hz, amplitude = np.full(course.shape, _IDEAL_HZ), 10.0 ** (course / 20.0)
    else:
        frequency_hz, amplitude = 2.0 ** (course / 1200.0), np.full(course.shape, _IDEAL_AMPLITUDE)
    return np.asarray(amplitude * np.sin(2.0 * np.pi * np.cumsum(frequency_hz) / sample_rate))
