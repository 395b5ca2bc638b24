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
    scratch = np.empty(signal.size)
    for event in range(starts.size):
        gain = 1.0 / (1.0 + math.tan(0.5 * w0[event] / q[event]))
        a1 = 2.0 * gain * math.cos(w0[event])
        a2 = 2.0 * gain - 1.0
        room = signal.size - starts[event]
        decay = math.sqrt(abs(a2)) if a2 > 0.25 * a1 * a1 else 0.5 * (abs(a1) + math.sqrt(0.25 * a1 * a1 - a2) * 2.0)
        length = min(room, _pop_length(decay))
        # One period after the excitation the envelope can only be lower: the peak is before that.
        head = min(length, TICK_SAMPLES + 2 + int(2.0 * math.pi / w0[event]) + 1)
        head = max(head, min(length, 16))
        peak = _excite(scratch, head, a1, a2, ticks[event])
        if peak > 0.0:
            _ring(scratch, head, length, a1, a2, decay)
            scale = POP_PEAK / peak
            start = starts[event]
            for i in range(length):
                signal[start + i] += scale * scratch[i]


@numba.njit(cache=True)
def _pop_length(decay: float) -> int:
    if decay <= 0.0:
        return 16
    return int(math.log(_DECAY_FLOOR) / math.log(min(decay, 1.0 - 1e-9))) + 16


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
def _ring(y: Floats, head: int, length: int, a1: float, a2: float, decay: float) -> None:
    """Continue the free decay from y[:head] to y[:length].

    Samples eight apart obey y[n] = 2 r^8 cos(8θ) y[n-8] - r^16 y[n-16], which runs on vector units, where the
    two-tap form waits for itself at every sample.
    """
    oscillates = 4.0 * a2 > a1 * a1
    if not oscillates or head < 21 or length <= head:
        for i in range(head, length):
            y[i] = a1 * y[i - 1] - a2 * y[i - 2]
        return
    theta = math.acos(0.5 * a1 / decay)
    c1 = 2.0 * decay**8 * math.cos(8.0 * theta)
    c2 = decay**16
    for i in range(head, length):
        y[i] = c1 * y[i - 8] - c2 * y[i - 16]
