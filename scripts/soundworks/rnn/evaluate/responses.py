"""How fast and how closely a control answers jumps and ramps of the parameter that it tells."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.contour import Contour
from soundworks.metrics.agreement import median_magnitude, scaled
from soundworks.metrics.response import Step, Tracking, step_response, tracking
from soundworks.metrics.track import HOP_S, Track
from soundworks.rnn.evaluate.combinations import Combinations
from soundworks.rnn.evaluate.controls import Assignment
from soundworks.rnn.evaluate.moves import (
    JUMP_S,
    RAMP_S,
    RAMP_SOUND_S,
    STEP_SOUND_S,
    Move,
    draw_moves,
    ideal_sound,
    resolution_s,
    sampled_norms,
    tracked,
)
from soundworks.rnn.evaluate.subject import Sounds, Subject
from soundworks.rnn.evaluate.synth import RealSynth

Floats = NDArray[np.float64]
Wanted = Callable[[Floats], Floats]

#: Events a second from which sounds count as made up of events.
_TEXTURE = 0.5


@dataclass(frozen=True)
class Bench:
    """What responses are measured with.

    Attributes
    ----------
    subject : Subject
    combinations : Combinations
        Whose values parameters take.
    synth : RealSynth or None
        Plays the same courses, where there is one.
    lowest_hz : float
        Lowest pitch that is tracked.
    event_rate : float
        Median event rate of the real sounds, in events a second.
    """

    subject: Subject
    combinations: Combinations
    synth: RealSynth | None
    lowest_hz: float
    event_rate: float

    def refusal(self, assignment: Assignment) -> str | None:
        """Return why a control has no course in time, or nothing."""
        if assignment.measure.track is None:
            return f"{assignment.measure.name} is counted over many events: it has no course within milliseconds"
        if self.event_rate > _TEXTURE:
            return f"these sounds are made up of events ({self.event_rate:.1f} a second): silence between them has none"
        return None

    def play(self, moves: Sequence[Move], seconds: float, *use: int) -> tuple[Sounds, Sounds | None]:
        """Return the sounds of moves, generated, and of the real synth if there is one."""
        subject = self.subject
        norms = sampled_norms(moves, seconds, subject.sample_rate)
        made = subject.make(norms, norms.shape[1], subject.sound_seeds(len(moves), *use))
        contours = [move.contours for move in moves]
        return made, None if self.synth is None else self.synth.play(subject, contours, seconds, *use)

    def tracks(self, assignment: Assignment, sounds: Sounds | None) -> list[Track] | None:
        """Return the course of a control in each sound."""
        if sounds is None:
            return None
        rate = self.subject.sample_rate
        return [tracked(assignment.measure, sound, rate, self.lowest_hz) for sound in sounds]

    def ideal(self, assignment: Assignment, wanted: Wanted, seconds: float) -> Track | None:
        """Return the course that is read from a sound that follows at once; None where it is not known what to."""
        times_s = np.arange(round(seconds * self.subject.sample_rate)) / self.subject.sample_rate
        course = wanted(times_s)
        if not np.isfinite(course).all():
            return None
        sound = ideal_sound(assignment.measure, course, self.subject.sample_rate)
        return tracked(assignment.measure, sound, self.subject.sample_rate, self.lowest_hz)


def measure_steps(bench: Bench, assignment: Assignment, count: int) -> dict[str, Any]:
    """Return how a control answers jumps of its parameter.

    Returns
    -------
    measures : dict
        `unavailable`, why there are none, or None; `jumps`; `frame_ms`, `hop_ms` of what tracks the control; and
        `generated`, `ideal` (a sine that jumps at once) and `real` (the data set's synth; None if there is none), each
        as `_described`: the last two are what nothing can beat.
    """
    refusal = bench.refusal(assignment)
    column = bench.subject.names.index(assignment.parameter.name)
    head = {**assignment.to_dict(), "unavailable": refusal}
    if refusal is not None:
        return {**head, "jumps": 0, "generated": None, "ideal": None, "real": None}
    moves = draw_moves(bench.combinations, bench.subject, column, count, ramp=False)
    made, real = bench.play(moves, STEP_SOUND_S, 3, column)
    found = _steps(bench.tracks(assignment, made)) or []
    heard = _steps(bench.tracks(assignment, real))
    known = [None] * count if heard is None else heard
    wanted = [_levels(assignment, move, step) for move, step in zip(moves, known, strict=True)]
    ideal = [_ideal_step(bench, assignment, _known(each, step)) for each, step in zip(wanted, found, strict=True)]
    followed = wanted if assignment.truth is not None else [(math.nan, math.nan)] * len(moves)
    return {
        **head,
        "jumps": count,
        **_frames(bench, assignment),
        "generated": _described(found, wanted),
        "ideal": _described([step for step in ideal if step is not None], None),
        "real": None if heard is None else _described(heard, followed),
    }


def _steps(tracks: list[Track] | None) -> list[Step] | None:
    return None if tracks is None else [step_response(*track, JUMP_S) for track in tracks]


def _frames(bench: Bench, assignment: Assignment) -> dict[str, float]:
    length_s = resolution_s(assignment.measure, bench.subject.sample_rate, bench.lowest_hz)
    return {"frame_ms": 1000.0 * length_s, "hop_ms": 1000.0 * HOP_S}


def _levels(assignment: Assignment, move: Move, real: Step | None) -> tuple[float, float]:
    """Return what a control should be before and after a jump: by its formula, or as the real synth has it."""
    if assignment.truth is None:
        return (math.nan, math.nan) if real is None else (real.before, real.after)
    natural = assignment.parameter.to_natural([move.start, move.target])
    before, after = scaled(np.asarray(assignment.truth(natural)), assignment.measure.error_unit)
    return float(before), float(after)


def _known(wanted: tuple[float, float], found: Step) -> tuple[float, float]:
    """Return the levels that an ideal sound should have: those that were found where none are wanted."""
    return wanted if np.isfinite(wanted).all() else (found.before, found.after)


def _ideal_step(bench: Bench, assignment: Assignment, levels: tuple[float, float]) -> Step | None:
    track = bench.ideal(assignment, lambda times_s: np.where(times_s < JUMP_S, *levels), STEP_SOUND_S)
    return None if track is None else step_response(*track, JUMP_S)


def _described(steps: Sequence[Step], wanted: Sequence[tuple[float, float]] | None) -> dict[str, Any]:
    """Return medians over jumps.

    `responded` is the share that came to 90 % at all; of those that did not the time is infinite, and a median of
    infinity None. `settled_error` is how far off the value at the end is, `gain` how far the control goes over how far
    it should, where that is known.
    """
    times_ms = np.array([1000.0 * step.time_s for step in steps])
    overshoots = np.array([100.0 * step.overshoot for step in steps if step.responded])
    measures = {
        "responded": float(np.isfinite(times_ms).mean()) if times_ms.size else None,
        "time_to_90_ms": _quantile(times_ms, 0.5),
        "time_to_90_ms_q90": _quantile(times_ms, 0.9),
        "overshoot_percent": _quantile(overshoots, 0.5),
        "overshoot_percent_q90": _quantile(overshoots, 0.9),
    }
    if wanted is None:
        return measures
    pairs = [(step, before, after) for step, (before, after) in zip(steps, wanted, strict=True) if np.isfinite(after)]
    errors = np.array([step.after - after for step, _, after in pairs])
    gains = [(step.after - step.before) / (after - before) for step, before, after in pairs if after != before]
    known = np.array([gain for gain in gains if math.isfinite(gain)])
    return {**measures, "settled_error": median_magnitude(errors), "gain": _quantile(known, 0.5)}


def _quantile(values: Floats, share: float) -> float | None:
    """Return a quantile that is one of the values, or between two; None if it is infinite, or there are no values."""
    if not values.size:
        return None
    ordered = np.sort(values)
    place = share * (values.size - 1)
    low, high = float(ordered[math.floor(place)]), float(ordered[math.ceil(place)])
    if not math.isfinite(high):
        return None
    return low + (place - math.floor(place)) * (high - low)


def measure_ramps(bench: Bench, assignment: Assignment, count: int) -> dict[str, Any]:
    """Return how closely a control follows its parameter to another value and back, a second each way.

    Returns
    -------
    measures : dict
        `unavailable`, `ramps`, and for `generated`, `ideal` and `real` as in `measure_steps` the medians over ramps of
        `error`, the median over time, and of `lag_ms`, the delay that is left of no account by a constant error.
    """
    refusal = bench.refusal(assignment)
    if refusal is None and assignment.truth is None and bench.synth is None:
        refusal = "neither a formula nor a synth tells what the control should be on the way"
    head = {**assignment.to_dict(), "unavailable": refusal}
    if refusal is not None:
        return {**head, "ramps": 0, "generated": None, "ideal": None, "real": None}
    column = bench.subject.names.index(assignment.parameter.name)
    moves = draw_moves(bench.combinations, bench.subject, column, count, ramp=True)
    made, real = bench.play(moves, RAMP_SOUND_S, 4, column)
    found, heard = bench.tracks(assignment, made) or [], bench.tracks(assignment, real)
    contours = [move.contours[column] for move in moves]
    known = [None] * count if heard is None else heard
    wanted = [_wanted(assignment, contour, track) for contour, track in zip(contours, known, strict=True)]
    ideal = [bench.ideal(assignment, each, RAMP_SOUND_S) for each in wanted]
    return {
        **head,
        "ramps": count,
        **_frames(bench, assignment),
        "generated": _trackings(found, wanted),
        "ideal": _trackings(ideal, wanted),
        "real": _trackings(heard, wanted) if heard is not None and assignment.truth is not None else None,
    }


def _wanted(assignment: Assignment, contour: Contour, real: Track | None) -> Wanted:
    """Return the course that a control should have, on the scale of its errors."""
    truth, parameter, unit = assignment.truth, assignment.parameter, assignment.measure.error_unit
    if truth is not None:
        return lambda times_s: scaled(np.asarray(truth(parameter.to_natural(contour.at(times_s)))), unit)
    assert real is not None
    known = np.isfinite(real.values)
    if not known.any():
        return lambda times_s: np.full(times_s.shape, math.nan)
    return lambda times_s: np.interp(times_s, real.times_s[known], real.values[known])


def _trackings(tracks: Sequence[Track | None], wanted: Sequence[Wanted]) -> dict[str, float | None]:
    found = [_tracking(track, course) for track, course in zip(tracks, wanted, strict=True) if track is not None]
    lags_ms = np.array([1000.0 * each.lag_s for each in found if math.isfinite(each.lag_s)])
    errors = np.array([each.error for each in found if math.isfinite(each.error)])
    return {"error": _quantile(errors, 0.5), "lag_ms": _quantile(lags_ms, 0.5)}


def _tracking(track: Track, wanted: Wanted) -> Tracking:
    inside = (track.times_s >= RAMP_S[0]) & (track.times_s <= RAMP_S[2] + 0.25)
    return tracking(track.times_s[inside], track.values[inside], wanted)
