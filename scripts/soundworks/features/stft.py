"""The short-time Fourier transform of a sound, as power."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from soundworks.config.features import StftOptions
from soundworks.features.fft import LENGTHS, PowerFft
from soundworks.features.spectrum import Array, Spectrum

#: Samples of all frames whose spectra are worked on together: they stay in the processor's second-level cache.
_BLOCK_SAMPLES = 1 << 17


class StftSpectrum(Spectrum):
    """The squared magnitude of the centred short-time Fourier transform, as librosa defines it.

    Frame t is centred on sample t * hop_length, and the sound counts as silent before and after its samples.
    """

    def __init__(self, options: StftOptions, sample_rate: float) -> None:
        self.n_fft, self.hop_length = options.n_fft, options.hop_length
        self.window = centred_window(options.window, options.win_length, options.n_fft)
        self.frequencies_hz = np.arange(1 + self.n_fft // 2) * (sample_rate / self.n_fft)
        self.full_scale = float(self.window.sum() / 2) ** 2
        self._fft = PowerFft(self.window, self.hop_length) if self.n_fft in LENGTHS else None

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a sound with n_fft // 2 zeros before and after it."""
        return 1 + (n_samples + 2 * (self.n_fft // 2) - self.n_fft) // self.hop_length

    def power(self, samples: Array) -> Array:
        """Return the power of a sound, shape (1 + n_fft // 2, n_frames)."""
        power = np.empty((1 + self.n_fft // 2, self.n_frames(samples.size)), np.float32)
        if self._fft is not None:
            self._fft.power(self._fft.columns(samples, power.shape[1]), 0, power)
            return power
        for first, block in self._blocks(samples):
            power[:, first : first + block.shape[1]] = block
        return power

    def _blocks(self, samples: Array) -> Iterator[tuple[int, Array]]:
        """Yield (first frame, power of some frames), so few that they stay in the cache."""
        return self._blocks_of_any_length(samples) if self._fft is None else self._blocks_by(self._fft, samples)

    def _blocks_by(self, transform: PowerFft, samples: Array) -> Iterator[tuple[int, Array]]:
        n_frames = self.n_frames(samples.size)
        size = max(1, _BLOCK_SAMPLES // self.n_fft // transform.lanes) * transform.lanes
        columns = transform.columns(samples, n_frames)
        for first in range(0, n_frames, size):
            power = np.empty((1 + self.n_fft // 2, min(size, n_frames - first)), np.float32)
            transform.power(columns, first, power)
            yield first, power

    def _blocks_of_any_length(self, samples: Array) -> Iterator[tuple[int, Array]]:
        n_frames = self.n_frames(samples.size)
        padded = np.pad(samples, self.n_fft // 2)
        frames = np.empty((min(n_frames, max(1, _BLOCK_SAMPLES // self.n_fft)), self.n_fft), np.float32)
        for first in range(0, n_frames, len(frames)):
            block = frames[: n_frames - first]
            copy_frames(padded[first * self.hop_length :], self.hop_length, block)
            block *= self.window
            spectrum = fft.rfft(block, axis=1, workers=1)
            yield first, np.ascontiguousarray(np.square(np.abs(spectrum)).T)


def centred_window(name: str, win_length: int, n_fft: int) -> Array:
    """Return a periodic window, padded with zeros on both sides to the length of the FFT."""
    before = (n_fft - win_length) // 2
    window = np.pad(signal.get_window(name, win_length), (before, n_fft - win_length - before))
    return window.astype(np.float32)


@numba.njit(cache=True)
def copy_frames(padded: Array, hop_length: int, frames: NDArray[Any]) -> None:
    """Fill the rows of `frames` from a sound, each `hop_length` samples after the one before."""
    for i in range(len(frames)):
        frames[i] = padded[i * hop_length : i * hop_length + frames.shape[1]]
