"""Wind: noise through a resonant filter that gusts open and shut."""

from __future__ import annotations

import math

import numba
import numpy as np

from soundworks.contour import Floats
from soundworks.synths.base import Synth
from soundworks.synths.parameter import Parameter

#: Centre frequency in Hz and RMS level in dB re a full-scale sine, at strength 0 and 1.
CENTRE_HZ = (200.0, 1200.0)
LEVEL_DB = (-42.0, -12.0)
#: Standard deviation of the strength at gustiness 1.
GUST_DEPTH = 0.25
#: Time between points at which filter and level are set, in seconds; between them they move on straight lines.
_STEP_S = 1e-3
#: Spread of the gusts' kernel, in periods of gust_rate: its power spectrum exp(-(2π f s)²) is one half at f = 1.
_KERNEL_SD = math.sqrt(math.log(2.0)) / (2.0 * math.pi)
#: Spacing of the random values under the gusts, in periods of gust_rate (8 per period: images are 190 dB down), and
#: how many of them on each side count.
_KNOT_SPACING = 0.125
_KNOT_REACH = 6


def centre_hz(strength: Floats | float) -> Floats:
    """Map strength [0, 1] → centre frequency [200, 1200] Hz, in equal ratios."""
    ratio = CENTRE_HZ[1] / CENTRE_HZ[0]
    return CENTRE_HZ[0] * np.power(ratio, np.asarray(strength, dtype=np.float64))


def level_db(strength: Floats | float) -> Floats:
    """Map strength [0, 1] → RMS level [-42, -12] dB re a full-scale sine."""
    return LEVEL_DB[0] + (LEVEL_DB[1] - LEVEL_DB[0]) * np.asarray(strength, dtype=np.float64)


def gusts(periods: Floats, rng: np.random.Generator) -> Floats:
    """Return a smooth Gaussian process of mean 0 and variance 1 at increasing times in periods of the gust rate.

    White noise under a Gaussian kernel, divided by the kernel's norm. Its power spectrum is proportional to
    2^(-f²) with f re the gust rate (so half the power at the gust rate, a sixteenth at twice it), and its
    autocorrelation is exp(-(π τ)² / ln 2).
    """
    nearest = np.rint(periods / _KNOT_SPACING).astype(np.int64)
    base = int(nearest[0]) - _KNOT_REACH
    values = rng.standard_normal(int(nearest[-1]) + _KNOT_REACH + 1 - base)
    knots = nearest[:, None] + np.arange(-_KNOT_REACH, _KNOT_REACH + 1)  # (n_times, 13)
    weights = np.exp(-0.5 * ((periods[:, None] - knots * _KNOT_SPACING) / _KERNEL_SD) ** 2)
    summed = np.einsum("tk,tk->t", weights, values[knots - base])
    return summed / np.sqrt(np.einsum("tk,tk->t", weights, weights))


class Wind(Synth):
    """White noise through a band-pass whose centre and level follow a strength that comes in gusts.

    The strength at time t is strength + 0.25 · gustiness · G(t), clipped to [0, 1], where G is a Gaussian process of
    variance 1 with half-power bandwidth `gust_rate` (see `gusts`). It sets the centre frequency, 200 · 6^s Hz, and the
    RMS level, -42 + 30 s dB re a full-scale sine. Gustiness 0 is steady.

    The filter is the trapezoidal (TPT) state-variable filter of V. Zavalishin, *The Art of VA Filter Design* (2012),
    ch. 4, in the form of A. Simper, "Linear trapezoidal integrated SVF" (Cytomic, 2013), which stays well behaved
    while its coefficients move. With g = tan(π f / sr) and k = 1 / Q, unit white noise leaves its band-pass output v1
    with the variance (g / k) / (1 + g (g + k)) and its two states uncorrelated with variance g / k each (the solution
    of the Lyapunov equation). So the level is exact at every Q and sample rate, and the first states are drawn from
    that distribution instead of running the filter in.
    """

    parameters = (
        Parameter("strength", 0.0, 1.0, 0.5, "", "mean strength: louder and higher as it grows"),
        Parameter("gustiness", 0.0, 1.0, 0.5, "", "depth of the gusts; 0 is a steady wind"),
        Parameter("gust_rate", 0.05, 4.0, 0.4, "Hz", "bandwidth of the gusts", scale="log"),
        Parameter("Q", 0.5, 10.0, 1.5, "", "quality factor of the band-pass: centre frequency over bandwidth"),
    )

    def check(self) -> None:
        """Raise a `UserError` if the centre frequency may reach the Nyquist frequency; gusts may reach strength 1."""
        times_s = self._breakpoints_s()
        highest = 1.0 if np.any(self.at("gustiness", times_s)) else float(np.max(self.at("strength", times_s)))
        self._expect_below_nyquist("parameters strength and gustiness: found centres up to", float(centre_hz(highest)))

    def render(self, n_samples: int) -> Floats:
        """Return the sound; its noise is the same whatever the gusts."""
        noise = self.rng.standard_normal(n_samples)
        states = self.rng.standard_normal(2)
        hop = max(1, round(_STEP_S * self.sr))
        points = np.arange(-(-n_samples // hop) + 1, dtype=np.float64)
        times_s = points * (hop / self.sr)
        strength = self._strength(times_s)
        g = np.tan(np.pi / self.sr * centre_hz(strength))
        k = 1.0 / self.at("Q", times_s)
        rms = np.power(10.0, level_db(strength) / 20.0) / math.sqrt(2.0)
        gain = rms * np.sqrt((1.0 + g * (g + k)) * k / g)
        _filter(noise, states * math.sqrt(g[0] / k[0]), hop, g, k, gain)
        return noise

    def _strength(self, times_s: Floats) -> Floats:
        """Return the gusting strength in [0, 1] at evenly spaced times in seconds."""
        rates_hz = self.at("gust_rate", times_s)
        steps = 0.5 * (rates_hz[1:] + rates_hz[:-1]) * np.diff(times_s)
        gust = gusts(np.concatenate(([0.0], np.cumsum(steps))), self.rng)
        depth = GUST_DEPTH * self.at("gustiness", times_s)
        return np.clip(self.at("strength", times_s) + depth * gust, 0.0, 1.0)


@numba.njit(cache=True)
def _filter(signal: Floats, states: Floats, hop: int, g_points: Floats, k_points: Floats, gain_points: Floats) -> None:
    """Filter the signal in place; coefficients are given every `hop` samples, shape (n_samples / hop + 1,)."""
    s1, s2 = states[0], states[1]
    for point in range(g_points.size - 1):
        start = point * hop
        for i in range(start, min(start + hop, signal.size)):
            x = (i - start) / hop
            g = g_points[point] + x * (g_points[point + 1] - g_points[point])
            k = k_points[point] + x * (k_points[point + 1] - k_points[point])
            gain = gain_points[point] + x * (gain_points[point + 1] - gain_points[point])
            v1 = (s1 + g * (signal[i] - s2)) / (1.0 + g * (g + k))
            v2 = s2 + g * v1
            s1 = 2.0 * v1 - s1
            s2 = 2.0 * v2 - s2
            signal[i] = gain * v1
