"""The forms that a course may have in a config: breakpoints, ramps, bells, sines, notes, walks, arrays, sequences."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from soundworks.errors import UserError
from soundworks.rnn.control.arrays import check_fits, read_array
from soundworks.rnn.control.curves import Course, Floats, bend, joined, row_times
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.trained import TrainedRnn

#: Stream of the seed; see `soundworks.dataset.settings` for the others.
_WALK_STREAM = 57
#: Points of a sine's cycle, and of a bell's 12 standard deviations: 0.0006 and 0.0001 of the height off at most.
_CYCLE_POINTS, _BELL_POINTS = 64, 481
#: Standard deviation of a bell at least, as a share of the length: its points have different times.
_THINNEST = 1e-9
#: Points of a course at most.
_MOST_POINTS = 10_000_000
#: Share by which a time or value may pass its limit: rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Span:
    """What a course is made for.

    Attributes
    ----------
    where : str
        Key of the config, or option, that it comes from.
    rnn : TrainedRnn
    parameter : ControlParameter
    seconds : float
        How long it is.
    folder : Path
        Folder that files are relative to.
    seed : int
        Of random walks.
    part : int
        Number of the course in a sequence.
    """

    where: str
    rnn: TrainedRnn
    parameter: ControlParameter
    seconds: float
    folder: Path
    seed: int
    part: int = 0

    def bounds(self, units: str) -> tuple[float, float]:
        """Return the parameter's range in the units of a course."""
        return (0.0, 1.0) if units == "norm" else (self.parameter.minimum, self.parameter.maximum)

    def check(self, values: ArrayLike, units: str) -> Floats:
        """Return values as floats inside the parameter's range; raise a `UserError` for the first one that is not."""
        given = np.asarray(values, np.float64)
        low, high = self.bounds(units)
        slack = _ROUNDING * (high - low)
        wrong = given[~((given >= low - slack) & (given <= high + slack))]
        if wrong.size:
            unit = "(norm)" if units == "norm" else self.parameter.unit
            raise UserError(f"{self.where}: found {wrong[0]:g}, expected {low:g} to {high:g} {unit}".rstrip())
        return np.asarray(np.clip(given, low, high))

    def limits(self, options: dict[str, Any], units: str) -> tuple[float, float]:
        """Return `low` and `high` of a form, the ends of the range where they are null."""
        given = [bound if options[key] is None else options[key]
                 for key, bound in zip(("low", "high"), self.bounds(units), strict=True)]  # fmt: skip
        low, high = self.check(given, units)
        if low > high:
            raise UserError(f"{self.where}: found {low:g} for low and {high:g} for high, expected the lower one first")
        return float(low), float(high)

    def norms(self, values: ArrayLike, units: str) -> Floats:
        """Return values of a course as [0, 1]; raise a `UserError` for the first one that is out of range."""
        inside = self.check(values, units)
        return np.clip(inside if units == "norm" else self.parameter.to_norm(inside), 0.0, 1.0)

    def between(self, options: dict[str, Any], units: str, shares: Floats) -> Floats:
        """Return as [0, 1] the shares, in [0, 1], of the way from a form's `low` to its `high`."""
        low, high = self.norms(self.limits(options, units), units)
        return np.clip(low + (high - low) * shares, 0.0, 1.0)


Form = Callable[[Any, dict[str, Any], Span], Course]


def course_of(curve: float | dict[str, Any], span: Span) -> Course:
    """Return the course that a config's curve, with its defaults filled in, tells of.

    Raises
    ------
    UserError
        If it has no form, or several; or a time or value of it is out of range.
    """
    if not isinstance(curve, dict):
        return Course.constant(float(span.norms(curve, "natural")))
    form, period = form_of(curve, span.where), curve["period_s"]
    if period is None:
        return FORMS[form](curve[form], curve, span)
    course = FORMS[form](curve[form], curve, replace(span, seconds=period))
    count = course.norms.size * span.seconds / period
    if count > _MOST_POINTS:
        raise UserError(f"{span.where}.period_s: found {count:,.0f} points in all, expected at most {_MOST_POINTS:,}")
    return course.repeated(period, span.seconds)


def form_of(curve: dict[str, Any], where: str) -> str:
    """Return the one form that a curve names; raise a `UserError` unless it is just one."""
    given = [name for name in FORMS if name in curve]
    if len(given) != 1:
        raise UserError(f"{where}: found {' and '.join(given) or 'no form'}, expected one of: {', '.join(FORMS)}")
    return given[0]


def _constant(value: float, curve: dict[str, Any], span: Span) -> Course:
    return Course.constant(float(span.norms(value, curve["units"])))


def _breakpoints(points: list[list[float]], curve: dict[str, Any], span: Span) -> Course:
    times, values = np.array(points, np.float64).T
    _check_times(times, span)
    return _between(times, values, curve, span)


def _check_times(times: Floats, span: Span) -> None:
    falling = np.flatnonzero(np.diff(times) < 0)
    if falling.size:
        first = falling[0]
        raise UserError(
            f"{span.where}: found {times[first + 1]:g} s after {times[first]:g} s, expected times that rise"
        )
    late = times[(times < 0) | (times > span.seconds * (1 + _ROUNDING))]
    if late.size:
        raise UserError(f"{span.where}: found the time {late[0]:g} s, expected 0 to {span.seconds:g} s")


def _ramp(values: list[float], curve: dict[str, Any], span: Span) -> Course:
    return _between(np.linspace(0.0, span.seconds, len(values)), np.array(values, np.float64), curve, span)


def _between(times: Floats, values: Floats, curve: dict[str, Any], span: Span) -> Course:
    """Return the course through points by the curve's shape; lines are straight in [0, 1], as a stream has them."""
    norms = span.norms(values, curve["units"])
    if curve["shape"] == "step":
        times, norms = np.repeat(times, 2)[1:], np.repeat(norms, 2)[:-1]
    elif curve["shape"] == "smooth":
        times, norms = bend(times, norms, smooth=True)
    return Course(times, norms)


def _gaussian(options: dict[str, Any], curve: dict[str, Any], span: Span) -> Course:
    centre = span.seconds / 2 if options["centre_s"] is None else options["centre_s"]
    width = span.seconds / 6 if options["width_s"] is None else options["width_s"]
    width = max(width, _THINNEST * span.seconds)
    around = centre + width * np.linspace(-6.0, 6.0, _BELL_POINTS)
    times = np.unique(np.concatenate([[0.0, span.seconds], around[(around >= 0) & (around <= span.seconds)]]))
    with np.errstate(over="ignore"):  # of a bell that is far away, nothing is left
        heights = np.exp(-0.5 * np.square((times - centre) / width))
    return Course(times, span.between(options, curve["units"], heights))


def _sine(options: dict[str, Any], curve: dict[str, Any], span: Span) -> Course:
    n_cycles = options["frequency_hz"] * span.seconds
    cycles = np.linspace(0.0, n_cycles, int(np.ceil(n_cycles * _CYCLE_POINTS)) + 1)
    shares = 0.5 + 0.5 * np.sin(2 * np.pi * (cycles + options["phase"]))
    return Course(cycles / options["frequency_hz"], span.between(options, curve["units"], shares))


def _notes(options: dict[str, Any], curve: dict[str, Any], span: Span) -> Course:
    pitches = np.array(options["pitches"], np.float64)
    lengths = _note_lengths(options["durations_s"], pitches.size, span.seconds)
    starts = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    if starts[-1] >= span.seconds:
        raise UserError(
            f"{span.where}.notes: found a note at {starts[-1]:g} s, expected them before {span.seconds:g} s"
        )
    _note_norms(pitches, options["range"], span)  # a note out of range is refused as it is written
    glides = np.minimum(options["glide_s"], lengths)
    times = np.stack([starts, starts + glides], axis=1).ravel()[1:]
    values = np.repeat(pitches, 2)[:-1]
    if options["glide_s"] > 0 and pitches.size > 1:
        times, values = bend(times, values, smooth=curve["shape"] == "smooth")
    return Course(times, _note_norms(values, options["range"], span)).within(span.seconds)


def _note_lengths(durations_s: float | list[float] | None, count: int, seconds: float) -> Floats:
    if durations_s is None:
        return np.full(count, seconds / count)
    return np.resize(np.asarray(durations_s, np.float64), count)


def _note_norms(pitches: Floats, ends: list[float] | None, span: Span) -> Floats:
    """Return MIDI notes as [0, 1]: by a range of notes if there is one, else by the parameter's unit."""
    if ends is not None:
        if ends[0] == ends[1]:
            raise UserError(f"{span.where}.notes.range: found {ends}, expected two different notes")
        wrong = pitches[(pitches < min(ends)) | (pitches > max(ends))]
        if wrong.size:
            raise UserError(f"{span.where}.notes: found the note {wrong[0]:g}, expected {min(ends):g} to {max(ends):g}")
        return np.asarray((pitches - ends[0]) / (ends[1] - ends[0]))
    unit = span.parameter.unit.lower()
    if unit.startswith("midi"):
        return span.norms(pitches, "natural")
    if unit == "hz":
        return span.norms(440.0 * 2.0 ** ((pitches - 69.0) / 12.0), "natural")
    found = f"{span.parameter.name} in {span.parameter.unit or 'no unit'}"
    raise UserError(f"{span.where}.notes: found {found}, expected MIDI notes or Hz, or a range")


def _walk(options: dict[str, Any], curve: dict[str, Any], span: Span) -> Course:
    low, high = span.limits(options, curve["units"])
    start = (low + high) / 2 if options["start"] is None else options["start"]
    if not low <= start <= high:
        raise UserError(f"{span.where}.walk.start: found {start:g}, expected {low:g} to {high:g}")
    key = (_WALK_STREAM, zlib.crc32(span.parameter.name.encode()), span.part)
    rng = np.random.default_rng(np.random.SeedSequence(span.seed, spawn_key=key))
    steps = options["step"] * rng.standard_normal(int(np.ceil(span.seconds * options["rate_hz"])))
    free = np.concatenate([[start], start + np.cumsum(steps)]) - low
    times = np.arange(free.size) / options["rate_hz"]
    return _between(times, low + _folded(free, high - low), curve, span).within(span.seconds)


def _folded(values: Floats, width: float) -> Floats:
    """Return values with what passes 0 or `width` mirrored there, as often as it takes."""
    if width == 0:
        return np.zeros_like(values)
    return np.asarray(width - np.abs(width - np.mod(values, 2 * width)))


def _array(options: dict[str, Any], _curve: dict[str, Any], span: Span) -> Course:
    array = read_array(span.folder / options["file"])
    check_fits(array, span.rnn)
    which = span.parameter.name if options["column"] is None else options["column"]
    if array.rows.shape[1] == 1 and array.names is None and options["column"] is None:
        which = 0  # there is nothing to choose
    column = array.column(which)
    return Course(row_times(column.size, span.seconds), column)


def _sequence(parts: list[dict[str, Any]], _curve: dict[str, Any], span: Span) -> Course:
    total = sum(part["seconds"] for part in parts)
    if total > span.seconds * (1 + _ROUNDING):
        raise UserError(f"{span.where}.sequence: found {total:g} s in all, expected at most {span.seconds:g} s")
    courses = []
    for index, part in enumerate(parts):
        where = f"{span.where}.sequence[{index}]"
        inner = replace(span, where=where, seconds=part["seconds"], part=index)
        courses.append((part["seconds"], course_of(part, inner)))
    return joined(courses)


FORMS: dict[str, Form] = {
    "constant": _constant, "breakpoints": _breakpoints, "ramp": _ramp, "gaussian": _gaussian, "sine": _sine,
    "notes": _notes, "walk": _walk, "array": _array, "sequence": _sequence,
}  # fmt: skip
