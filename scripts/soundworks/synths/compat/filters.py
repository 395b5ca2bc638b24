"""Filters, random contours and moving sources, with the names and arguments of the originals."""
# ruff: noqa: N802, N803

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np

from soundworks.contour import Floats
from soundworks.errors import UserError
from soundworks.synths.compat.rendering import generator

#: Speed of sound in m/s that the original `mvsnd` takes.
SPEED_OF_SOUND = 330.0
#: A random contour is drawn at this multiple of its cutoff frequency, and interpolated.
_CONTOUR_OVERSAMPLING = 20.0


def scipy_signal() -> Any:
    """Return the module scipy.signal; raise a `UserError` if scipy is not installed."""
    try:
        import scipy.signal
    except ImportError as error:
        raise UserError("a filter of the user's synth needs scipy, install it with: pip install scipy") from error
    return scipy.signal


def butter_lowpass(cutoff: float, sr: int, order: int = 5) -> tuple[Floats, Floats]:
    """Return the coefficients (b, a) of a Butterworth low-pass with cutoff frequency in Hz."""
    b, a = scipy_signal().butter(order, cutoff, btype="low", fs=sr)
    return b, a


def butter_filter(data: Any, cutoff: Any, sr: int, btype: str, order: int = 5) -> Floats:
    """Filter with a Butterworth low-, high-, bandpass or bandstop; cutoff in Hz, two for a band."""
    sections = scipy_signal().butter(order, cutoff, btype=btype, fs=sr, output="sos")
    return np.asarray(scipy_signal().sosfilt(sections, data), dtype=np.float64)


def butter_lowpass_filter(data: Any, cutoff: float, sr: int, order: int = 5) -> Floats:
    """Filter with a Butterworth low-pass; cutoff in Hz."""
    return butter_filter(data, cutoff, sr, "low", order)


def randomLPContour(
    numSamples: int, cutoff: float, sr: int, rngseed: Any = None, order: int = 5, ymin: float = 0, ymax: float = 1
) -> Floats:
    """Return low-passed noise as a smooth course, shape (numSamples,), that spans exactly [ymin, ymax].

    It is drawn at a rate that suits `cutoff` (Hz) and interpolated, so that any cutoff above 0 works.
    """
    rate = min(float(sr), _CONTOUR_OVERSAMPLING * cutoff)
    settling = math.ceil(_CONTOUR_OVERSAMPLING * order)
    n_points = math.ceil(numSamples * rate / sr) + 2
    noise = generator(rngseed).random(n_points + settling) - 0.5
    smooth = butter_filter(noise, min(cutoff, 0.49 * rate), rate, "low", order)[settling:]  # type: ignore[arg-type]
    course = np.interp(np.arange(numSamples) * rate / sr, np.arange(n_points), smooth)
    spread = float(np.ptp(course)) or 1.0
    return np.asarray(ymin + (course - course.min()) / spread * (ymax - ymin), dtype=np.float64)


def simplex(
    numsamples: int,
    freq: float,
    sr: int,
    octaveWeights: Sequence[float] = (1,),
    ymin: float = -1,
    ymax: float = 1,
    rngseed: Any = None,
    verbose: bool = False,  # noqa: ARG001
) -> Floats:
    """Return smooth noise with `freq` bumps per second, [-1, 1] → [ymin, ymax], shape (numsamples,).

    It is one-dimensional gradient noise (Perlin, 1985); the original took a line through two-dimensional OpenSimplex
    noise, which has the same character. Octave k, at 2^k times the frequency, has weight `octaveWeights[k]`.
    """
    rng = generator(rngseed)
    total = np.zeros(numsamples)
    for octave, weight in enumerate(octaveWeights):
        at = np.arange(numsamples) * max(freq, 1e-7) * 2.0**octave / sr
        cell = np.floor(at).astype(np.int64)
        x = at - cell
        slopes = 2.0 * rng.random(int(cell[-1]) + 2 if numsamples else 2) - 1.0
        fade = x**3 * (x * (x * 6.0 - 15.0) + 10.0)
        total += weight * 2.0 * ((1.0 - fade) * slopes[cell] * x + fade * slopes[cell + 1] * (x - 1.0))
    return ymin + 0.5 * (total + 1.0) * (ymax - ymin)


def mvsnd(snd: Any, distance: Any, sr: int) -> Floats:
    """Return a sound as heard from a moving distance in metres: Doppler shift, and level 1/(1 + distance²).

    The result has the length of `distance`; the delay is taken relative to its first value.
    """
    metres = np.asarray(distance, dtype=np.float64)
    read_at = np.arange(metres.size) - (metres - metres[0]) * sr / SPEED_OF_SOUND
    heard = np.interp(read_at, np.arange(len(snd)), np.asarray(snd, dtype=np.float64))
    return np.asarray(heard / (1.0 + np.square(metres)), dtype=np.float64)


@numba.njit(cache=True)
def _allpass(x: float, y: float, b: float, state: Floats) -> float:
    """Advance the two-pole lattice all-pass of Dattorro (JAES 45(9), 1997) by one sample."""
    inner = x - b * state[1]
    out = state[1] + b * inner
    first = inner - y * state[0]
    state[1] = state[0] + y * first
    state[0] = first
    return out


class AllPass:
    """Second-order lattice all-pass with coefficients Y and B in (-1, 1)."""

    def __init__(self, i_Y: float = 0, i_B: float = 0) -> None:
        self.m_Y = i_Y
        self.m_B = i_B
        self.clear()

    def setY(self, i_Y: float) -> None:
        """Set Y, minus the cosine of the centre frequency."""
        self.m_Y = i_Y

    def setB(self, i_B: float) -> None:
        """Set B, which sets the bandwidth."""
        self.m_B = i_B

    def clear(self) -> None:
        """Forget the past signal."""
        self._state = np.zeros(2)

    def tick(self, i_X: float) -> float:
        """Filter one sample."""
        return float(_allpass(i_X, self.m_Y, self.m_B, self._state))


def _lattice(sr: float, fc: Any, q: Any) -> tuple[Any, Any]:
    half_width = np.tan(math.pi * np.asarray(fc) / (sr * np.asarray(q)))
    return -np.cos(2.0 * math.pi * np.asarray(fc) / sr), (1.0 - half_width) / (1.0 + half_width)


class Resonator:
    """Second-order resonator with gain, centre frequency in Hz, and quality factor."""

    def __init__(self, i_SR: float, i_Gain: float = 1, i_Fc: float = 440, i_Q: float = 10) -> None:
        self.m_SR = i_SR
        self.m_AllPass = AllPass()
        self.set(i_Gain, i_Fc, i_Q)

    def set(self, i_Gain: float, i_Fc: float, i_Q: float) -> None:
        """Set linear gain at the centre, centre frequency in Hz, and Q > 2·i_Fc/sr."""
        if not (0 < i_Fc < self.m_SR / 2 and i_Q > 2 * i_Fc / self.m_SR):
            raise AssertionError(f"Resonator: centre frequency {i_Fc} Hz with Q {i_Q} is not stable at {self.m_SR} Hz")
        self.m_Gain, self.m_Fc, self.m_Q = i_Gain, i_Fc, i_Q
        y, b = _lattice(self.m_SR, i_Fc, i_Q)
        self.m_AllPass.setY(float(y))
        self.m_AllPass.setB(float(b))

    def tick(self, i_X: float) -> float:
        """Filter one sample."""
        return 0.5 * self.m_Gain * (i_X - self.m_AllPass.tick(i_X))


def tvBPfilter(sr: float, sig: Any, g: Any, fc: Any, q: Any) -> Floats:
    """Filter with a `Resonator` whose gain, centre frequency (Hz) and Q are arrays of the signal's length."""
    y, b = _lattice(sr, fc, q)
    signal = np.ascontiguousarray(sig, dtype=np.float64)
    passed = _allpass_course(signal, np.broadcast_to(y, signal.shape), np.broadcast_to(b, signal.shape))
    return np.asarray(0.5 * np.asarray(g) * (signal - passed), dtype=np.float64)


@numba.njit(cache=True)
def _allpass_course(signal: Floats, y: Floats, b: Floats) -> Floats:
    state = np.zeros(2)
    passed = np.empty_like(signal)
    for i in range(signal.size):
        passed[i] = _allpass(signal[i], y[i], b[i], state)
    return passed
