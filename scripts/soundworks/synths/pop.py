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
#: Jitter carries no pop past this part of the Nyquist frequency.
_JITTER_LIMIT = 0.98
#: Samples of a decay that are computed side by side.
_BLOCK = 64


class PopPatternSynth(Synth):
    """A texture of pops: each is three noise samples through a two-pole peak filter.

    The filter is the peaking resonator of Orfanidis, *Introduction to Signal Processing* (1996), ch. 11.3, with
    zeros at 0 Hz and Nyquist; every pop has its own noise and its own centre frequency, and peaks at 0.9.
    `cf` must lie below the Nyquist frequency. The semitone of jitter carries no pop past 0.98 of it, or past `cf` where
    that is higher.
    """

    parameters = (
        Parameter("cf", 100.0, 2000.0, 440.0, "Hz", "centre frequency of the pops", aliases=("cf_exp",)),
        Parameter("Q", 0.1, 50.0, 40.0, "", "quality factor of the resonator: centre frequency over bandwidth"),
        RATE_EXP,
        IRREG_EXP,
    )

    def check(self) -> None:
        """Raise a `UserError` if `cf` does not lie below the Nyquist frequency."""
        self._expect_below_nyquist("parameter cf: found", float(np.max(self.at("cf", self._breakpoints_s()))))

    def render(self, n_samples: int) -> Floats:
        """Return the texture; pops ring on past the end of the sound and are cut there."""
        times_s = event_times(self.value("rate_exp"), self.value("irreg_exp"), n_samples / self.sr, self.rng)
        starts = np.minimum(np.rint(times_s * self.sr).astype(np.int64), n_samples - 1)
        detune = np.exp2(CF_JITTER_OCTAVES * self.rng.standard_normal(times_s.size))
        ticks = self.rng.uniform(-1.0, 1.0, (times_s.size, TICK_SAMPLES))
        nyquist_hz = 0.5 * self.sr
        mean_hz = self.at("cf", times_s)
        cf_hz = np.minimum(mean_hz * detune, np.maximum(mean_hz, _JITTER_LIMIT * nyquist_hz))
        signal = np.zeros(n_samples)
        _add_pops(signal, starts, cf_hz / nyquist_hz * math.pi, self.at("Q", times_s), ticks)
        return signal


@numba.njit(cache=True)
def _add_pops(signal: Floats, starts: Floats, w0: Floats, q: Floats, ticks: Floats) -> None:
    """Add a pop at each start sample; w0 in radians per sample, ticks of shape (n_events, TICK_SAMPLES)."""
    attack = np.empty(0)
    for event in range(starts.size):
        # The filter's half bandwidth ends short of π/2, where the bilinear tangent has its pole.
        gain = 1.0 / (1.0 + math.tan(min(0.5 * w0[event] / q[event], 0.49 * math.pi)))
        a1 = 2.0 * gain * math.cos(w0[event])
        a2 = 2.0 * gain - 1.0
        length = _pop_length(a1, a2)
        # One period after the excitation the envelope can only be lower: the peak is before that, and is sought there
        # even where the sound ends earlier, so that a pop's level does not depend on where it is cut.
        head = min(length, TICK_SAMPLES + 2 + int(2.0 * math.pi / w0[event]))
        if attack.size < head:
            attack = np.empty(head)
        peak = _excite(attack, head, a1, a2, ticks[event])
        if peak > 0.0:
            scale = POP_PEAK / peak
            start = starts[event]
            end = min(start + length, signal.size)
            for i in range(start, min(start + head, end)):
                signal[i] += scale * attack[i - start]
            _add_decay(signal, start + head, end, a1, a2, scale * attack[head - 1], scale * attack[head - 2])


@numba.njit(cache=True)
def _pop_length(a1: float, a2: float) -> int:
    """Return the samples until the slower pole has decayed to the floor; near a double pole it rings as n·r^n."""
    oscillates = 4.0 * a2 > a1 * a1
    radius = math.sqrt(a2) if oscillates else 0.5 * (abs(a1) + math.sqrt(a1 * a1 - 4.0 * a2))
    theta = math.acos(0.5 * a1 / radius) if oscillates else 0.0
    if radius <= 0.0:
        return TICK_SAMPLES + 2
    rate = -math.log(min(radius, 1.0 - 1e-9))
    n = -math.log(_DECAY_FLOOR) / rate
    return int(n if theta > rate else 1.5 * n) + TICK_SAMPLES + 2


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
def _add_decay(signal: Floats, start: int, end: int, a1: float, a2: float, last: float, before: float) -> None:
    """Add the free decay that follows the samples `before`, `last` to signal[start:end].

    Within a block the decay is last·u[k] + before·v[k], with the recursion's two fundamental solutions u and v. The
    samples of a block do not wait for each other, as they do in the recursion, so the vector units can be used.
    """
    u, v = np.empty(_BLOCK), np.empty(_BLOCK)
    u[0], v[0] = a1, -a2
    u[1], v[1] = a1 * a1 - a2, -a1 * a2
    for k in range(2, _BLOCK):
        u[k] = a1 * u[k - 1] - a2 * u[k - 2]
        v[k] = a1 * v[k - 1] - a2 * v[k - 2]
    for block in range(start, end - _BLOCK + 1, _BLOCK):
        for k in range(_BLOCK):
            signal[block + k] += u[k] * last + v[k] * before
        last, before = u[-1] * last + v[-1] * before, u[-2] * last + v[-2] * before
    rest = max(end - start, 0) % _BLOCK
    for k in range(rest):
        signal[end - rest + k] += u[k] * last + v[k] * before
