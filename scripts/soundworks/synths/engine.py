"""Engine: decaying bursts of a sawtooth, in an irregular pulse train."""

from __future__ import annotations

import math

import numba
import numpy as np

from soundworks.contour import Floats
from soundworks.synths.base import Synth
from soundworks.synths.events import IRREG_EXP, RATE_EXP, event_times
from soundworks.synths.parameter import Parameter

#: Part of the period in which the sawtooth rises, and length of a burst in seconds: uniform between these.
WIDTH = (0.95, 1.0)
LENGTH_S = (0.45, 0.60)
#: A fall steeper than this part of a period is not told from a jump, and would divide by zero.
_MAX_WIDTH = 1.0 - 1e-6


class EnginePatternSynth(Synth):
    """A texture of sawtooth bursts: each has one frequency and dies away on a straight line.

    The sawtooth rises from -1 to 1 over 0.95 to 1.0 of its period and falls back in the rest; its frequency is
    cf + floor(u · sweep) in Hz, with u uniform in [0, 1); its amplitude goes from 1 to 0 in 0.45 to 0.60 s. A burst
    starts in the middle of a rise, where the wave is 0.

    The corners are rounded by the two-point polyBLAMP residual (Esqueda, Välimäki and Bilbao, "Rounding corners with
    BLAMP", Proc. DAFx-16, 2016), which at width 1 is the two-point polyBLEP. It amounts to sampling the wave after a
    triangle of ±1 sample: a partial at f Hz, aliased or not, has 2 |sin(π k w)| / (π² k² w (1 - w)) · sinc²(f / sr).
    """

    parameters = (
        Parameter("cf", 20.0, 90.0, 40.0, "Hz", "lowest fundamental frequency of the bursts", aliases=("cf_exp",)),
        Parameter("sweep", 0.0, 40.0, 10.0, "Hz", "the fundamental lies up to this far above cf, in whole Hz"),
        RATE_EXP,
        IRREG_EXP,
    )

    def render(self, n_samples: int) -> Floats:
        """Return the texture; bursts that pass the end of the sound are cut there."""
        times_s = event_times(self.value("rate_exp"), self.value("irreg_exp"), n_samples / self.sr, self.rng)
        raised_hz = np.floor(self.rng.random(times_s.size) * self.at("sweep", times_s))
        widths = np.minimum(self.rng.uniform(*WIDTH, times_s.size), _MAX_WIDTH)
        lengths_s = self.rng.uniform(*LENGTH_S, times_s.size)
        signal = np.zeros(n_samples)
        _add_bursts(signal, float(self.sr), times_s, self.at("cf", times_s) + raised_hz, widths, lengths_s)
        return signal


@numba.njit(cache=True)
def _add_bursts(signal: Floats, sr: float, times_s: Floats, f0_hz: Floats, widths: Floats, lengths_s: Floats) -> None:
    """Add a burst at each time; all event arrays have shape (n_events,)."""
    for event in range(times_s.size):
        start_s, length_s, width = times_s[event], lengths_s[event], widths[event]
        step = f0_hz[event] / sr
        first = math.ceil(start_s * sr)
        last = min(signal.size, math.ceil((start_s + length_s) * sr))
        for i in range(first, last):
            age_s = i / sr - start_s
            phase = 0.5 * width + f0_hz[event] * age_s
            phase -= math.floor(phase)
            signal[i] += (1.0 - age_s / length_s) * _sawtooth(phase, width, step)


@numba.njit(cache=True)
def _sawtooth(phase: float, width: float, step: float) -> float:
    """Return the rounded sawtooth at a phase in [0, 1) cycles that moves by `step` cycles per sample."""
    naive = 2.0 * phase / width - 1.0 if phase < width else 1.0 - 2.0 * (phase - width) / (1.0 - width)
    bend = 2.0 * step / (width * (1.0 - width))
    return naive + bend * (_corner(phase, step) - _corner(phase - width, step))


@numba.njit(cache=True)
def _corner(distance: float, step: float) -> float:
    """Return the polyBLAMP residual of a unit change of slope, `distance` cycles away around the circle."""
    away = abs(distance)
    away = min(away, 1.0 - away) / step
    return (1.0 - away) ** 3 / 6.0 if away < 1.0 else 0.0
