"""A steady or gliding harmonic tone whose partials fall off geometrically."""

from __future__ import annotations

import math
from collections.abc import Callable

import numba
import numpy as np

from soundworks.contour import Contour, Floats
from soundworks.errors import UserError
from soundworks.synths.base import Synth
from soundworks.synths.parameter import Parameter

#: Amplitude-weighted mean harmonic number of an unlimited tone at brightness 1.
_BRIGHTEST_CENTROID = 20.0


def midi_to_hz(pitch: Floats | float) -> Floats:
    """Map MIDI notes (fractions allowed, 69 is A4) → frequency in Hz, in equal temperament at A4 = 440 Hz."""
    return 440.0 * np.exp2((np.asarray(pitch, dtype=np.float64) - 69.0) / 12.0)


def hz_to_midi(frequency_hz: Floats | float) -> Floats:
    """Map frequency in Hz → MIDI notes with fractions; 440 Hz is 69."""
    return 69.0 + 12.0 * np.log2(np.asarray(frequency_hz, dtype=np.float64) / 440.0)


def partial_ratio(brightness: Floats | float) -> Floats:
    """Map brightness [0, 1] → ratio a of neighbouring partials' amplitudes, a = 1 - 20^-brightness, [0, 0.95].

    The amplitude-weighted mean frequency of an unlimited tone is f0 / (1 - a) = f0 · 20^brightness, so equal steps
    of brightness raise it by equal intervals.
    """
    return 1.0 - np.power(_BRIGHTEST_CENTROID, -np.asarray(brightness, dtype=np.float64))


def db_to_amplitude(level_db: Floats | float) -> Floats:
    """Map a level in dB → amplitude ratio; 0 dB is 1."""
    return np.power(10.0, np.asarray(level_db, dtype=np.float64) / 20.0)


class HarmonicTone(Synth):
    """A tone of N harmonics with amplitudes in the ratio a = 1 - 20^-brightness from each to the next.

    Partial k = 1 … N is a sine of peak amplitude A a^(k-1), with

        A = 10^(level / 20) · sqrt((1 - a²) / (1 - a^(2N))),

    so the RMS is 10^(level / 20) / sqrt 2 whatever the brightness, and partial k lies 20 (k-1) log10 a dB re the
    first. N is the largest number that keeps all partials below the Nyquist frequency at the highest pitch of the
    sound; it does not change within a sound. All partials are sines at the phase k φ, with φ at the start drawn
    uniformly; φ runs on continuously through contours, which all three parameters follow sample by sample.

    The sum is taken in closed form by J. A. Moorer, "The Synthesis of Complex Audio Spectra by Means of Discrete
    Summation Formulas", J. Audio Eng. Soc. 24(9), 1976. Its denominator is (1-a)² + 4 a sin²(φ/2), which would vanish
    only for a = 1 at φ = 0 mod 2π; a ≤ 0.95 keeps it above 0.0025, so no more than 3 digits of 16 are lost.
    """

    parameters = (
        Parameter("pitch", 21.0, 108.0, 60.0, "MIDI notes", "pitch, fractions allowed"),
        Parameter("brightness", 0.0, 1.0, 0.5, "", "0 is a sine; at 1 partials fall by 0.45 dB each"),
        Parameter("level", -60.0, 0.0, -12.0, "dB", "RMS re a full-scale sine: 0 dB is an RMS of 0.707"),
    )

    def check(self) -> None:
        """Raise a `UserError` if even the first partial would reach the Nyquist frequency."""
        if self._n_partials() < 1:
            limit = float(hz_to_midi(0.5 * self.sr))
            raise UserError(
                f"parameter pitch: found {self._highest_pitch():g}, expected below {limit:.2f} MIDI notes, "
                f"half the sample rate of {self.sr} Hz"
            )

    def render(self, n_samples: int) -> Floats:
        """Return the tone."""
        n_partials = self._n_partials()
        samples = np.arange(n_samples)
        # The phase steps are integrals of the frequency over a sample, so they take it in the middle.
        f0_hz = self._course("pitch", midi_to_hz, (samples + 0.5) / self.sr)
        ratio = self._course("brightness", partial_ratio, samples / self.sr)
        amplitude = self._course("level", db_to_amplitude, samples / self.sr)
        start = math.pi * (2.0 * self.rng.random() - 1.0)
        return np.asarray(_sum_partials(start, 2.0 * math.pi / self.sr * f0_hz, ratio, amplitude, n_partials))

    def _highest_pitch(self) -> float:
        return float(np.max(self.at("pitch", self._breakpoints_s())))

    def _n_partials(self) -> int:
        return math.ceil(0.5 * self.sr / float(midi_to_hz(self._highest_pitch()))) - 1

    def _course(self, name: str, mapping: Callable[[Floats | float], Floats], times_s: Floats) -> Floats:
        """Return a mapped parameter at each time, and map it once only where it is fixed."""
        value = self.value(name)
        if isinstance(value, Contour):
            return mapping(value.at(times_s))
        return np.full(times_s.shape, mapping(value))


@numba.njit(cache=True)
def _sum_partials(phase: float, steps: Floats, ratios: Floats, amplitudes: Floats, n_partials: int) -> Floats:
    """Return Moorer's finite sum; `phase` and `steps` (per sample) in radians, arrays of shape (n_samples,)."""
    signal = np.empty(steps.size)
    a, a_to_n, unit = -1.0, 0.0, 1.0
    for i in range(steps.size):
        if ratios[i] != a:
            a = ratios[i]
            a_to_n = a**n_partials
            unit = math.sqrt((1.0 - a * a) / (1.0 - a_to_n * a_to_n))
        sin_n = math.sin(n_partials * phase)
        sin_next = math.sin((n_partials + 1) * phase)
        half = math.sin(0.5 * phase)
        above = math.sin(phase) - a_to_n * (sin_next - a * sin_n)
        below = (1.0 - a) ** 2 + 4.0 * a * half * half
        signal[i] = amplitudes[i] * unit * above / below
        phase += steps[i]
        # Around 0, not from 0 to 2π: near the least denominator the sines are then exact to the last digit.
        if phase >= math.pi:
            phase -= 2.0 * math.pi
    return signal
