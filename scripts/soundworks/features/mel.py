"""The mel spectrum of a sound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import signal

from soundworks.config.features import MelOptions, MfccOptions
from soundworks.features.spectrum import Array
from soundworks.features.stft import StftSpectrum

#: Bands of one matrix product: neighbours, so that it leaves out most of the zeros of the whole filter bank.
_GROUP = 16


class _Group(NamedTuple):
    bands: slice
    bins: slice
    weights: Array  # (n_bands, n_bins)


class MelSpectrum(StftSpectrum):
    """Power in mel bands: Slaney's scale, triangular filters of unit area, as librosa has them by default."""

    def __init__(self, options: MelOptions | MfccOptions, sample_rate: float) -> None:
        import librosa

        super().__init__(options, sample_rate)
        n_mels, fmin, fmax = options.n_mels, options.fmin, options.fmax
        bank = librosa.filters.mel(sr=sample_rate, n_fft=options.n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
        self.frequencies_hz = librosa.mel_frequencies(n_mels + 2, fmin=fmin, fmax=fmax)[1:-1]
        self.full_scale = _loudest(bank, self.window)
        self._groups = [_group(bank, slice(i, i + _GROUP)) for i in range(0, n_mels, _GROUP)]

    def power(self, samples: Array) -> Array:
        """Return the power of a sound, shape (n_mels, n_frames)."""
        power = np.empty((self.frequencies_hz.size, self.n_frames(samples.size)), np.float32)
        for first, block in self._blocks(samples):
            for group in self._groups:
                target = power[group.bands, first : first + block.shape[1]]
                np.matmul(group.weights, block[group.bins], out=target)
        return power


def _loudest(bank: Array, window: Array) -> float:
    """Return the greatest power in any band of a sine of full scale, whose frequency is that of any bin."""
    lobe = np.abs(np.fft.fftshift(np.fft.fft(window))) ** 2 / 4
    return float(signal.fftconvolve(bank, lobe[np.newaxis], mode="same", axes=1).max())


def _group(bank: Array, bands: slice) -> _Group:
    """Return some filters of a bank, shape (n_bands, n_bins), without the bins that none of them hears."""
    heard = np.flatnonzero(bank[bands].any(axis=0))
    bins = slice(int(heard[0]), int(heard[-1]) + 1) if heard.size else slice(0, 1)
    return _Group(bands, bins, np.ascontiguousarray(bank[bands, bins], np.float32))
