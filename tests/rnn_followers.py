"""Stand-ins for trained networks that follow their parameters in known ways: our own synths, and spoilt ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from soundworks.contour import Contour
from soundworks.rnn.evaluate.subject import Make
from soundworks.rnn.parameters import ControlParameter
from soundworks.synths.registry import load_synth

RATE = 8000
TONE = (
    ControlParameter("pitch", 48.0, 68.0, "MIDI notes"),
    ControlParameter("brightness", 0.0, 1.0),
    ControlParameter("level", -36.0, -12.0, "dB"),
)
POP = (ControlParameter("cf", 300.0, 900.0, "Hz"), ControlParameter("rate_exp", 0.0, 3.0, "octaves re 1 event/s"))


def as_they_are(norms: np.ndarray) -> np.ndarray:
    return norms


def follower(
    synth: str, parameters: Sequence[ControlParameter], spoilt: Callable[[np.ndarray], np.ndarray] = as_they_are
) -> Make:
    """What makes a synth's sounds of parameters, after something was done to these, (n_samples or 1, n_parameters)."""

    def make(norms: np.ndarray, n_samples: int, seeds: Sequence[int]) -> np.ndarray:
        sounds = np.empty((len(norms), n_samples), np.float32)
        for index, (rows, seed) in enumerate(zip(norms, seeds, strict=True)):
            voice = load_synth(synth).create(RATE, seed)
            courses = spoilt(np.atleast_2d(rows))
            for parameter, course in zip(parameters, courses.T, strict=True):
                values = np.clip(parameter.to_natural(course), parameter.minimum, parameter.maximum).tolist()
                if len(set(values)) == 1:
                    voice.setParam(parameter.name, values[0])
                else:
                    times_s = tuple((np.arange(n_samples) / RATE).tolist())
                    voice.setContour(parameter.name, Contour(times_s, tuple(values)))
            sound = voice.generate(n_samples / RATE)
            sounds[index] = sound / max(1.0, np.abs(sound).max())
        return sounds

    return make


def late(seconds: float) -> Callable[[np.ndarray], np.ndarray]:
    """Parameters that come late."""

    def delayed(norms: np.ndarray) -> np.ndarray:
        return norms[np.maximum(np.arange(len(norms)) - round(seconds * RATE), 0)]

    return delayed


def deaf(norms: np.ndarray) -> np.ndarray:
    """Parameters that nobody heeds."""
    return np.full_like(norms, 0.5)
