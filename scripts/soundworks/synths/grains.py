"""Grains: harmonic sweeps under Gaussian windows, in an irregular pulse train."""

from __future__ import annotations

import math
from dataclasses import replace

import numba
import numpy as np

from soundworks.contour import Floats
from soundworks.synths.base import Synth
from soundworks.synths.events import IRREG_EXP, RATE_EXP, event_times, rate_hz
from soundworks.synths.parameter import Parameter

#: Frequency at cf_exp = 0, in Hz.
REFERENCE_HZ = 440.0
#: Sum of the amplitudes of a grain's harmonics at the middle of its window, re full scale.
GRAIN_AMPLITUDE = 0.75
#: The window spans ±3 standard deviations; this is a Gaussian's value there.
_WINDOW_SD = 1.0 / 6.0
_WINDOW_EDGE = math.exp(-0.125 / _WINDOW_SD**2)


class GaussGrains(Synth):
    """A texture of grains, each a few harmonics that sweep together under a Gaussian window.

    A grain starts at its event time and lasts 2^durdutyexp times the interval to the next event (for the last event:
    the mean interval there). Its frequency f is 440 · 2^(cf_exp + cfrangeocts · u) Hz with u uniform in
    [-1/2, 1/2), and sweeps exponentially from f · 2^(-nocts/2) to f · 2^(nocts/2), passing f in the middle. Each of
    the `comps` harmonics has amplitude 0.75 / comps, starts at phase 0, and is left out for the whole grain if it
    would pass the Nyquist frequency at any time. The window's standard deviation is a sixth of the grain; its edge
    value e^-4.5 is subtracted (and the peak restored to 1), so a grain starts and ends at 0.
    """

    parameters = (
        Parameter("cf_exp", -2.0, 2.0, 0.0, "octaves re 440 Hz", "centre frequency of the grains"),
        replace(RATE_EXP, minimum=-1.0, maximum=4.0),
        IRREG_EXP,
        Parameter("durdutyexp", -3.0, 3.0, 0.0, "octaves", "a grain lasts 2^durdutyexp intervals between events"),
        Parameter("cfrangeocts", 0.0, 3.0, 1.0, "octaves", "width of the uniform spread of the grains' frequencies"),
        Parameter("comps", 1.0, 10.0, 3.0, "harmonics", "number of harmonics, rounded to an integer"),
        Parameter("nocts", -3.0, 3.0, 1.0, "octaves", "sweep of the frequency over a grain"),
    )

    def check(self) -> None:
        """Raise a `UserError` if grains at the centre frequency would sweep up to the Nyquist frequency.

        They would be left out, as grains that `cfrangeocts` puts too high, and too high harmonics, still are.
        """
        times_s = self._breakpoints_s()
        octaves = float(np.max(self.at("cf_exp", times_s) + 0.5 * np.abs(self.at("nocts", times_s))))
        self._expect_below_nyquist("parameters cf_exp and nocts: found sweeps up to", REFERENCE_HZ * 2.0**octaves)

    def render(self, n_samples: int) -> Floats:
        """Return the texture; grains that pass the end of the sound are cut there."""
        times_s = event_times(self.value("rate_exp"), self.value("irreg_exp"), n_samples / self.sr, self.rng)
        spread = self.at("cfrangeocts", times_s) * self.rng.uniform(-0.5, 0.5, times_s.size)
        f_hz = REFERENCE_HZ * np.exp2(self.at("cf_exp", times_s) + spread)
        lengths_s = np.exp2(self.at("durdutyexp", times_s)) * self._intervals_s(times_s)
        comps = np.rint(self.at("comps", times_s))
        signal = np.zeros(n_samples)
        _add_grains(signal, float(self.sr), times_s, f_hz, lengths_s, self.at("nocts", times_s), comps)
        return signal

    def _intervals_s(self, times_s: Floats) -> Floats:
        """Return the time from each event to the next, shape (n_events,), in seconds."""
        after_last = times_s[-1:] + 1.0 / rate_hz(self.at("rate_exp", times_s[-1:]))
        return np.diff(times_s, append=after_last)


@numba.njit(cache=True)
def _add_grains(
    signal: Floats, sr: float, times_s: Floats, f_hz: Floats, lengths_s: Floats, nocts: Floats, comps: Floats
) -> None:
    """Add a grain at each time; all event arrays have shape (n_events,)."""
    for event in range(times_s.size):
        start_s, length_s, octaves = times_s[event], lengths_s[event], nocts[event]
        highest_hz = f_hz[event] * 2.0 ** (0.5 * abs(octaves))
        audible = min(comps[event], math.ceil(0.5 * sr / highest_hz) - 1.0)
        if audible < 1.0 or length_s <= 0.0:
            continue
        first = math.ceil(start_s * sr)
        last = min(signal.size, math.ceil((start_s + length_s) * sr))
        turns = 2.0 * math.pi * f_hz[event] * length_s
        origin = _swept(-0.5, octaves)
        scale = GRAIN_AMPLITUDE / comps[event] / (1.0 - _WINDOW_EDGE)
        for i in range(first, last):
            x = (i / sr - start_s) / length_s - 0.5
            window = math.exp(-0.5 * (x / _WINDOW_SD) ** 2) - _WINDOW_EDGE
            signal[i] += scale * window * _harmonics(turns * (_swept(x, octaves) - origin), int(audible))


@numba.njit(cache=True)
def _swept(x: float, octaves: float) -> float:
    """Return the integral of 2^(octaves · x) from 0 to x, where x is the part of the grain, in [-1/2, 1/2]."""
    rate = math.log(2.0) * octaves
    return math.expm1(rate * x) / rate if abs(rate) > 1e-9 else x


@numba.njit(cache=True)
def _harmonics(phase: float, count: int) -> float:
    """Return the sum of sin(k · phase) for k = 1 … count, by sin kφ = 2 cos φ sin (k-1)φ - sin (k-2)φ."""
    older, newer = 0.0, math.sin(phase)
    twice_cos = 2.0 * math.cos(phase)
    total = newer
    for _ in range(1, count):
        older, newer = newer, twice_cos * newer - older
        total += newer
    return total
