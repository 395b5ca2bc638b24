"""Which estimated control tells a parameter, and what it should be for the parameter's values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.metrics.agreement import CENTS, PERCENT, agreement
from soundworks.metrics.controls import CONTROLS, estimate_controls
from soundworks.metrics.track import centroid_hz
from soundworks.rnn.parameters import ControlParameter
from soundworks.synths.events import irregularity, rate_hz
from soundworks.synths.tone import midi_to_hz

Floats = NDArray[np.float64]
Controls = dict[str, Floats]


@dataclass(frozen=True)
class Measure:
    """An estimated control.

    Attributes
    ----------
    name, unit : str
    error_unit : str
        Unit of its errors: cents, %, or dB.
    track : str or None
        What follows its course by short frames: pitch, level or centroid; None where events make it up.
    most : float
        Median error against real sounds, from which what a parameter should come to is not what is estimated.
    """

    name: str
    unit: str
    error_unit: str
    track: str | None
    most: float


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("pitch", CONTROLS["pitch"], CENTS, "pitch", 50.0),
        Measure("event_rate", CONTROLS["event_rate"], PERCENT, None, 30.0),
        Measure("centre_frequency", CONTROLS["centre_frequency"], CENTS, "centroid", 200.0),
        Measure("level", CONTROLS["level"], "dB", "level", 3.0),
        Measure("harmonic_centroid", "harmonics", CENTS, "centroid", math.inf),
        Measure("centroid", "Hz", CENTS, "centroid", math.inf),
        Measure("irregularity", CONTROLS["irregularity"], PERCENT, None, 30.0),
    )
}


@dataclass(frozen=True)
class Assignment:
    """The control that tells a parameter.

    Attributes
    ----------
    parameter : ControlParameter
    measure : Measure
    truth : callable or None
        From natural values of the parameter to what the control should be; None where only real sounds tell.
    formula : str
        That, in words, or why this control.
    """

    parameter: ControlParameter
    measure: Measure
    truth: Callable[[Any], Any] | None
    formula: str

    def reference(self, natural: Floats, real: Floats) -> Floats:
        """Return what the control should be: by its formula, else as estimated from real sounds of the same values."""
        return real if self.truth is None else np.asarray(self.truth(natural), np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return what `metrics.json` says of it."""
        measure = self.measure
        return {"control": measure.name, "unit": measure.unit, "error_unit": measure.error_unit,
                "reference": "real sounds" if self.truth is None else "formula", "formula": self.formula}  # fmt: skip


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class _Known:
    """What a parameter with this beginning of its unit, and one of these names if any are told, is told by."""

    unit: str
    names: tuple[str, ...]
    control: str
    truth: Callable[[Any], Any] | None
    formula: str


#: The first that fits counts.
_KNOWN = (
    _Known("MIDI note", (), "pitch", midi_to_hz, "440 Hz · 2^((x - 69)/12)"),
    _Known("octaves re 1 event/s", (), "event_rate", rate_hz, "2^x events/s"),
    _Known("decades re 0.04", (), "irregularity", lambda x: math.sqrt(2.0) * irregularity(x), "√2 · 0.04 · 10^x"),
    _Known("octaves re 440 Hz", (), "centre_frequency", lambda x: 440.0 * np.exp2(x), "440 Hz · 2^x"),
    _Known("Hz", ("cf", "centre_frequency", "center_frequency"), "centre_frequency", _same, "x"),
    _Known("Hz", ("f0", "f0_hz", "pitch", "frequency"), "pitch", _same, "x"),
    _Known("dB", ("level", "level_db", "loudness", "loudness_db"), "level", _same, "x"),
    _Known("", ("brightness",), "harmonic_centroid", None, "mean harmonic number by power, of the real sound"),
)


def estimate(sounds: Sequence[ArrayLike], sample_rate: float) -> Controls:
    """Return the controls of sounds, shape (n,) each: `metrics.controls`, and the centroid in Hz and in harmonics."""
    rows = [estimate_controls(np.asarray(sound)[np.newaxis], sample_rate) for sound in sounds]
    found = {name: np.array([row[name][0] for row in rows], np.float64) for name in CONTROLS}
    centroids = np.array([centroid_hz(sound, sample_rate) for sound in sounds], np.float64)
    return {**found, "centroid": centroids, "harmonic_centroid": centroids / found["pitch"]}


def assign(
    parameter: ControlParameter, natural: Floats, real: Mapping[str, Floats], ranks: Mapping[str, Any]
) -> Assignment | None:
    """Return the control that tells a parameter, or None where none does.

    Parameters
    ----------
    parameter : ControlParameter
    natural : ndarray, shape (n,)
        Its values.
    real : mapping of str to ndarray, shape (n,)
        Controls estimated from real sounds of these values.
    ranks : mapping of str to (float or None)
        Spearman's correlation of its values with each of them.
    """
    known = next((item for item in _KNOWN if _fits(item, parameter)), None)
    if known is not None and np.isfinite(real[known.control]).any():
        measure = MEASURES[known.control]
        if known.truth is None or _agrees(known.truth(natural), real[measure.name], measure):
            return Assignment(parameter, measure, known.truth, known.formula)
        reason = f"its real sounds do not have {known.formula}"
        return Assignment(parameter, measure, None, f"the control of the real sound, for {reason}")
    heights = {name: abs(ranks[name]) for name in MEASURES if ranks.get(name) is not None}
    if not heights:
        return None
    best = max(heights, key=lambda name: heights[name])
    formula = f"the control of the real sound, which tells the parameter best (ρ {ranks[best]:.2f})"
    return Assignment(parameter, MEASURES[best], None, formula)


def _fits(known: _Known, parameter: ControlParameter) -> bool:
    named = not known.names or {parameter.name, parameter.user_name} & set(known.names)
    return bool(named) and parameter.unit.startswith(known.unit)


def _agrees(truth: Any, real: Floats, measure: Measure) -> bool:
    error = agreement(real, np.asarray(truth, np.float64), measure.error_unit)["median_error"]
    return error is not None and error <= measure.most
