"""Pops: short noise ticks through a resonator, in an irregular pulse train."""

from __future__ import annotations

import math

import numba
import numpy as np

from soundworks.contour import Floats
from soundworks.synths.base import Synth
from soundworks.synths.events import IRREG_EXP, RATE_EXP, event_times
from soundworks.synths.parameter import Parameter

#: Peak of one pop, re full scale, and the number of noise samples that excite it.
POP_PEAK = 0.9
TICK_SAMPLES = 3
#: Spread of the pops' centre frequencies around `cf`: a standard deviation of one semitone.
CF_JITTER_OCTAVES = 1.0 / 12.0
#: A pop is cut where it has decayed below 16-bit resolution.
_DECAY_FLOOR = 2.0**-16


class PopPatternSynth(Synth):
    """A texture of pops: each is three noise samples through a two-pole peak filter.

    The filter is the peaking resonator of Orfanidis, *Introduction to Signal Processing* (1996), ch. 11.3, with
    zeros at 0 Hz and Nyquist; every pop has its own noise and its own centre frequency, and peaks at 0.9.
    """

    parameters = (
        Parameter("cf", 100.0, 2000.0, 440.0, "Hz", "centre frequency of the pops", aliases=("cf_exp",)),
        Parameter("Q", 0.1, 50.0, 40.0, "", "quality factor of the resonator: centre frequency over bandwidth"),
        RATE_EXP,
        IRREG_EXP,
    )

    def render(self, n_samples: int) -> Floats:
        """Return the texture; pops ring on past the end of the sound and are cut there."""
        times_s = event_times(self.value("rate_exp"), self.value("irreg_exp"), n_samples / self.sr, self.rng)
        starts = np.minimum(np.rint(times_s * self.sr).astype(np.int64), n_samples - 1)
        detune = np.exp2(CF_JITTER_OCTAVES * self.rng.standard_normal(times_s.size))
        ticks = self.rng.uniform(-1.0, 1.0, (times_s.size, TICK_SAMPLES))
        nyquist_hz = 0.5 * self.sr
        cf_hz = np.minimum(self.at("cf", times_s) * detune, 0.98 * nyquist_hz)
        signal = np.zeros(n_samples)
        _add_pops(signal, starts, cf_hz / nyquist_hz * math.pi, self.at("Q", times_s), ticks)
        return signal


@numba.njit(cache=True)
def _add_pops(signal: Floats, starts: Floats, w0: Floats, q: Floats, ticks: Floats) -> None:
    """Add a pop at each start sample; w0 in radians per sample, ticks of shape (n_events, TICK_SAMPLES)."""
    scratch = np.empty(0)
    for event in range(starts.size):
        # The filter's half bandwidth ends short of π/2, where the bilinear tangent has its pole.
        gain = 1.0 / (1.0 + math.tan(min(0.5 * w0[event] / q[event], 0.49 * math.pi)))
        a1 = 2.0 * gain * math.cos(w0[event])
        a2 = 2.0 * gain - 1.0
        oscillates = 4.0 * a2 > a1 * a1
        decay = math.sqrt(a2) if oscillates else 0.5 * (abs(a1) + math.sqrt(a1 * a1 - 4.0 * a2))
        theta = math.acos(0.5 * a1 / decay) if oscillates else 0.0
        length = _pop_length(decay, theta)
        # One period after the excitation the envelope can only be lower: the peak is before that, and is sought there
        # even where the sound ends earlier, so that a pop's level does not depend on where it is cut.
        head = min(length, TICK_SAMPLES + 16 + int(2.0 * math.pi / w0[event]))
        if scratch.size < length:
            scratch = np.empty(length)
        peak = _excite(scratch, head, a1, a2, ticks[event])
        if peak > 0.0:
            start = starts[event]
            end = min(length, signal.size - start)
            _ring(scratch, head, end, a1, a2, theta)
            scale = POP_PEAK / peak
            for i in range(end):
                signal[start + i] += scale * scratch[i]


@numba.njit(cache=True)
def _pop_length(decay: float, theta: float) -> int:
    """Return the samples until the slower pole has decayed to the floor; near a double pole it rings as n·r^n."""
    if decay <= 0.0:
        return TICK_SAMPLES + 16
    rate = -math.log(min(decay, 1.0 - 1e-9))
    n = -math.log(_DECAY_FLOOR) / rate
    return int(n if theta > rate else 1.5 * n) + TICK_SAMPLES + 16


@numba.njit(cache=True)
def _excite(y: Floats, head: int, a1: float, a2: float, tick: Floats) -> float:
    """Filter the tick into y[:head] and return the peak; the zeros (1 - z^-2) act on the tick alone."""
    peak = 0.0
    for i in range(head):
        x = 0.0
        if i < TICK_SAMPLES:
            x += tick[i]
        if 2 <= i < TICK_SAMPLES + 2:
            x -= tick[i - 2]
        if i >= 1:
            x += a1 * y[i - 1]
        if i >= 2:
            x -= a2 * y[i - 2]
        y[i] = x
        peak = max(peak, abs(x))
    return peak


@numba.njit(cache=True)
def _ring(y: Floats, head: int, length: int, a1: float, a2: float, theta: float) -> None:
    """Continue the free decay from y[:head] to y[:length]; theta is the poles' angle, 0 where they are real.

    Samples eight apart obey y[n] = 2 r^8 cos(8θ) y[n-8] - r^16 y[n-16], which runs on vector units, where the
    two-tap form waits for itself at every sample.
    """
    if theta == 0.0 or head < TICK_SAMPLES + 16:
        for i in range(head, length):
            y[i] = a1 * y[i - 1] - a2 * y[i - 2]
        return
    c1 = 2.0 * a2**4 * math.cos(8.0 * theta)
    c2 = a2**8
    for i in range(head, length):
        y[i] = c1 * y[i - 8] - c2 * y[i - 16]
