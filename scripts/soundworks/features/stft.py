"""The short-time Fourier transform of a sound, as power."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from soundworks.config.features import StftOptions
from soundworks.features.spectrum import Array, Spectrum

#: Samples of all frames that are transformed together: frames and spectrum stay in the processor's second-level cache.
_BLOCK_SAMPLES = 1 << 16


class StftSpectrum(Spectrum):
    """The squared magnitude of the centred short-time Fourier transform, as librosa defines it.

    Frame t is centred on sample t * hop_length, and the sound counts as silent before and after its samples.
    """

    def __init__(self, options: StftOptions, sample_rate: float) -> None:
        self.n_fft, self.hop_length = options.n_fft, options.hop_length
        self.window = centred_window(options.window, options.win_length, options.n_fft)
        self.frequencies_hz = np.arange(1 + self.n_fft // 2) * (sample_rate / self.n_fft)
        self.full_scale = float(self.window.sum() / 2) ** 2
        self._block_frames = max(1, _BLOCK_SAMPLES // self.n_fft)

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a sound with n_fft // 2 zeros before and after it."""
        return 1 + (n_samples + 2 * (self.n_fft // 2) - self.n_fft) // self.hop_length

    def power(self, samples: Array) -> Array:
        """Return the power of a sound, shape (n_frames, 1 + n_fft // 2)."""
        power = np.empty((self.n_frames(samples.size), self.frequencies_hz.size), np.float32)
        for first, block in self._blocks(samples):
            power[first : first + len(block)] = block
        return power

    def _blocks(self, samples: Array) -> Iterator[tuple[int, Array]]:
        """Yield (first frame, power of some frames); the memory of one block serves for the next."""
        padded = np.pad(samples, self.n_fft // 2)
        n_frames = self.n_frames(samples.size)
        frames = np.empty((min(n_frames, self._block_frames), self.n_fft), np.float32)
        power = np.empty((len(frames), 1 + self.n_fft // 2), np.float32)
        for first in range(0, n_frames, len(frames)):
            count = min(len(frames), n_frames - first)
            _window_frames(padded[first * self.hop_length :], self.hop_length, self.window, frames[:count])
            _square(fft.rfft(frames[:count], axis=1, workers=1), power[:count])
            yield first, power[:count]


def centred_window(name: str, win_length: int, n_fft: int) -> Array:
    """Return a periodic window, padded with zeros on both sides to the length of the FFT."""
    before = (n_fft - win_length) // 2
    window = np.pad(signal.get_window(name, win_length), (before, n_fft - win_length - before))
    return window.astype(np.float32)


# Whole-array steps would write each intermediate result to memory; these loops write only what the next step reads.


@numba.njit(cache=True)
def _window_frames(padded: Array, hop_length: int, window: Array, frames: Array) -> None:
    for i in range(len(frames)):
        source, target = padded[i * hop_length : i * hop_length + window.size], frames[i]
        for j in range(window.size):
            target[j] = source[j] * window[j]


@numba.njit(cache=True)
def copy_frames(padded: Array, hop_length: int, frames: Array) -> None:
    """Fill the rows of `frames` from a sound, each `hop_length` samples after the one before."""
    for i in range(len(frames)):
        frames[i] = padded[i * hop_length : i * hop_length + frames.shape[1]]


@numba.njit(cache=True)
def _square(spectrum: NDArray[np.complex64], power: Array) -> None:
    for i in range(len(power)):
        source, target = spectrum[i], power[i]
        for k in range(target.size):
            target[k] = source[k].real * source[k].real + source[k].imag * source[k].imag
