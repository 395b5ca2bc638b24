"""Drips: short sines that glide and fade, in an irregular pulse train."""

from __future__ import annotations

import math

import numba
import numpy as np

from soundworks.contour import Floats
from soundworks.synths.base import Synth
from soundworks.synths.events import IRREG_EXP, RATE_EXP, event_times
from soundworks.synths.parameter import Parameter

#: Spread of the drips' start frequencies around `cf`: a standard deviation of one semitone, as for pops.
CF_JITTER_OCTAVES = 1.0 / 12.0
#: Shortest and longest drip in seconds; each drip's length is uniform between them.
LENGTH_S = (0.05, 0.20)
#: Amplitude at the end of the ramp, and the time in which it then fades to nothing instead of stopping with a click.
END_AMPLITUDE = 0.05
FADE_S = 1e-3


class DripPatternSynth(Synth):
    """A texture of drips: each is a sine whose frequency and amplitude run straight from one value to another.

    Over its length of 50 to 200 ms a drip glides from `cf` to `cf + sweep` while its amplitude goes from a to 0.05;
    then it holds its last frequency for 1 ms, in which it fades out. The start amplitude a is drawn from
    N(startAmp, ampRange), and 0 where that is negative, so small `startAmp` with a large `ampRange` is louder on
    average than `startAmp` says. Each drip's `cf` is jittered by one semitone (standard deviation), its sweep is not.
    The glides start on the exact event time, between samples too, so a sound is the same at every sample rate.

    The defaults of `startAmp` and `ampRange` are ours.
    """

    parameters = (
        Parameter("cf", 55.0, 440.0, 220.0, "Hz", "frequency at the start of the drips"),
        Parameter("sweep", 0.0, 440.0, 110.0, "Hz", "rise in frequency over each drip"),
        Parameter("startAmp", 0.0, 2.0, 0.5, "re full scale", "mean amplitude at the start of the drips"),
        Parameter("ampRange", 0.0, 1.0, 0.1, "re full scale", "standard deviation of the amplitude at the start"),
        RATE_EXP,
        IRREG_EXP,
    )

    def check(self) -> None:
        """Raise a `UserError` if `cf` + `sweep` does not lie below the Nyquist frequency; the jitter is not counted."""
        times_s = self._breakpoints_s()
        highest_hz = float(np.max(self.at("cf", times_s) + self.at("sweep", times_s)))
        self._expect_below_nyquist("parameters cf and sweep: found drips up to", highest_hz)

    def render(self, n_samples: int) -> Floats:
        """Return the texture; drips that pass the end of the sound are cut there."""
        times_s = event_times(self.value("rate_exp"), self.value("irreg_exp"), n_samples / self.sr, self.rng)
        detune = np.exp2(CF_JITTER_OCTAVES * self.rng.standard_normal(times_s.size))
        spread = self.at("ampRange", times_s) * self.rng.standard_normal(times_s.size)
        lengths_s = self.rng.uniform(*LENGTH_S, times_s.size)
        amplitudes = np.maximum(self.at("startAmp", times_s) + spread, 0.0)
        cf_hz = self.at("cf", times_s) * detune
        signal = np.zeros(n_samples)
        _add_drips(signal, float(self.sr), times_s, cf_hz, self.at("sweep", times_s), amplitudes, lengths_s)
        return signal


@numba.njit(cache=True)
def _add_drips(
    signal: Floats, sr: float, times_s: Floats, cf_hz: Floats, sweep_hz: Floats, amplitudes: Floats, lengths_s: Floats
) -> None:
    """Add a drip at each time; all event arrays have shape (n_events,)."""
    for event in range(times_s.size):
        start_s, length_s, start = times_s[event], lengths_s[event], amplitudes[event]
        first = math.ceil(start_s * sr)
        last = min(signal.size, math.ceil((start_s + length_s + FADE_S) * sr))
        for i in range(first, last):
            age_s = i / sr - start_s
            glide_s = min(age_s, length_s)
            held_s = age_s - glide_s
            cycles = cf_hz[event] * age_s + sweep_hz[event] * (0.5 * glide_s * glide_s / length_s + held_s)
            amplitude = start + (END_AMPLITUDE - start) * glide_s / length_s
            amplitude *= max(0.0, 1.0 - held_s / FADE_S)
            signal[i] += amplitude * math.sin(2.0 * math.pi * cycles)
