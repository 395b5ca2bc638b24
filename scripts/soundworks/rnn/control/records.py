"""Records of made sounds: what `.params` files and tables say of the parameters that a network followed."""

from __future__ import annotations

import math
from typing import Literal, cast

import numpy as np

from soundworks.contour import Contour
from soundworks.records.model import ChunkRecord, RecordHeader, RecordParameter
from soundworks.rnn.control.curves import PIECES, ControlCurves, Course, Floats, bend
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.trained import TrainedRnn

#: Two points at one time are this far apart in a `.params` file, in s, as in the original's staircases.
_JUMP_S = 1e-6


def record_header(sound_name: str, rnn: TrainedRnn) -> RecordHeader:
    """Return what the records of a network's sounds share; the user's values are the natural ones."""
    return RecordHeader(sound_name, rnn.sample_rate, tuple(map(_record_parameter, rnn.parameters)))


def _record_parameter(parameter: ControlParameter) -> RecordParameter:
    bounds = (parameter.minimum, parameter.maximum)
    return RecordParameter(
        parameter.name, parameter.user_name or parameter.name, "natural", 0, *bounds, *bounds, *bounds,
        parameter.unit, "", parameter.doc, scale=cast(Literal["linear", "log"], parameter.scale),
    )  # fmt: skip


def chunk_record(
    file: str, curves: ControlCurves, rnn: TrainedRnn, *, setting: int = 0, gain: float = 1.0
) -> ChunkRecord:
    """Return the record of a sound that followed curves; a parameter that moves has its average, and a contour.

    Parameters
    ----------
    file : str
        Path of the sound, relative to the folder of the table.
    curves : ControlCurves
    rnn : TrainedRnn
    setting : int
        Number of the combination of values.
    gain : float
        Of the sound, below 1 where it would clip.
    """
    duration_s = curves.n_samples(rnn.sample_rate) / rnn.sample_rate
    natural, contours = {}, {}
    for parameter, course in zip(rnn.parameters, curves.courses, strict=True):
        if course.moves:
            contours[parameter.name] = natural_contour(course, parameter, duration_s)
            natural[parameter.name] = contours[parameter.name].mean(0.0, duration_s)
        else:
            natural[parameter.name] = float(parameter.to_natural(course.norms[0]))
    return ChunkRecord(file, setting, 0, 0.0, duration_s, "train", gain, natural, dict(natural), contours)


def natural_contour(course: Course, parameter: ControlParameter, duration_s: float) -> Contour:
    """Return a course as a contour in natural units: straight lines between points that rise in time.

    Where the parameter is logarithmic, straight lines in [0, 1] are bent and get points between.
    """
    inside = course.within(duration_s)
    times, norms = _needed(inside.times_s, inside.norms)
    if parameter.scale == "log":
        pieces = max(1, math.ceil(PIECES * float(np.abs(np.diff(norms)).max(initial=0.0))))
        times, norms = bend(times, norms, smooth=False, pieces=pieces)
    times, natural = _needed(times, parameter.to_natural(norms))
    times, natural = _apart(times, natural)
    return Contour(tuple(times.tolist()), tuple(natural.tolist()))


def _needed(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return the points without those that lie on the line between their neighbours."""
    if times.size < 3:
        return times, values
    gap, rise = times[2:] - times[:-2], values[2:] - values[:-2]
    line = values[:-2] + rise * np.divide(times[1:-1] - times[:-2], gap, out=np.zeros_like(gap), where=gap > 0)
    off = np.abs(values[1:-1] - line) > 1e-12 * max(float(np.ptp(values)), 1e-300)
    kept = np.concatenate([[True], off | (np.diff(times)[1:] == 0) | (np.diff(times)[:-1] == 0), [True]])
    return times[kept], values[kept]


def _apart(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return the points with the first of two at one time a little before it; those between the two are left out."""
    again, more = np.diff(times, prepend=-1.0) == 0, np.diff(times, append=np.inf) == 0
    kept = ~(again & more)
    times, values, before = times[kept], values[kept], (more & ~again)[kept]
    times = times - _JUMP_S * before
    times, values = times[times >= 0], values[times >= 0]  # of a jump at the very start, the second point alone
    rising = np.concatenate([[True], times[1:] > np.maximum.accumulate(times)[:-1]])
    return times[rising], values[rising]
