"""From a synth's signal to samples in a file's format: peak, gain, sample rate, rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from soundworks.contour import Floats
from soundworks.dataset.wav import wav_bytes, wav_header
from soundworks.files import write_bytes

#: The loudest sample that all formats can hold: one step below full scale at 16 bits.
CEILING = 1.0 - 2.0**-15


def peak_of(signal: Floats) -> float:
    """Return the largest magnitude in a signal; NaN if there is one in it."""
    return float(np.maximum(signal.max(initial=0.0), -signal.min(initial=0.0)))


def safe_gain(peak: float) -> float:
    """Return the factor that keeps a signal of this peak below full scale: 1, or less where it would clip."""
    return 1.0 if peak <= CEILING else CEILING / peak


def resample(signal: Floats, from_hz: int, to_hz: int, n_samples: int) -> Floats:
    """Resample with soxr at its highest quality; the result is cut or padded to `n_samples`."""
    if from_hz == to_hz:
        return signal
    import soxr

    resampled = soxr.resample(signal, from_hz, to_hz, quality="VHQ")[:n_samples]
    return np.pad(resampled, (0, n_samples - resampled.size))


def encode(signal: Floats, gain: float, sample_format: str) -> NDArray[Any]:
    """Return a signal times a gain, within ±1, in a file's format, little-endian, rounded to the nearest step.

    The scale is 2^15 or 2^23, the one by which readers divide, so a value read back differs by half a step at most.
    """
    if sample_format == "PCM_16":
        return _to_int16(signal, gain)
    scaled = signal * gain
    if sample_format == "FLOAT":
        return scaled.astype("<f4")
    wide = np.rint(scaled * 8388608.0).astype("<i4")
    return wide.view(np.uint8).reshape(-1, 4)[:, :3]


def write_sound(path: Path, sound: NDArray[np.float32], sample_rate: int) -> float:
    """Write a sound as a 16-bit WAV file; return the gain, below 1 where it would clip."""
    signal = sound.astype(np.float64)
    gain = safe_gain(peak_of(signal))
    header = wav_header(sound.size, sample_rate, "PCM_16")
    write_bytes(str(path), wav_bytes(encode(signal, gain, "PCM_16"), header))
    return gain


@numba.njit(cache=True)
def _to_int16(signal: Floats, gain: float) -> NDArray[np.int16]:
    """Scale and round in one pass: with whole-array steps, fresh memory for each costs more than the arithmetic."""
    samples = np.empty(signal.size, dtype=np.int16)
    for i in range(signal.size):
        samples[i] = np.int16(np.rint(signal[i] * gain * 32768.0))
    return samples
