"""The mel spectrum of a sound."""

from __future__ import annotations

import warnings

import numpy as np
from scipy import signal

from soundworks.config.features import MelOptions, MfccOptions
from soundworks.features.bank import Bank
from soundworks.features.spectrum import Array
from soundworks.features.stft import StftSpectrum


class MelSpectrum(StftSpectrum):
    """Power in mel bands: Slaney's scale, triangular filters of unit area, as librosa has them by default."""

    def __init__(self, options: MelOptions | MfccOptions, sample_rate: float) -> None:
        import librosa

        super().__init__(options, sample_rate)
        n_mels, fmin, fmax = options.n_mels, options.fmin, options.fmax
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # of empty bands, which `notes` tells in the words of our options
            bank = librosa.filters.mel(sr=sample_rate, n_fft=options.n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
        self.frequencies_hz = librosa.mel_frequencies(n_mels + 2, fmin=fmin, fmax=fmax)[1:-1]
        self.full_scale = _loudest(bank, self.window)
        self._bank = Bank(bank)
        if n_empty := int((bank.max(axis=1) == 0).sum()):
            self.notes = (
                f"{n_empty} of {n_mels} mel bands are narrower than the FFT's bins and hear nothing; "
                "a greater n_fft or fewer n_mels help",
            )

    def power(self, samples: Array) -> Array:
        """Return the power of a sound, shape (n_mels, n_frames)."""
        power = np.empty((len(self._bank), self.n_frames(samples.size)), np.float32)
        for first, block in self._blocks(samples):
            self._bank.apply(block, power, first)
        return power


def _loudest(bank: Array, window: Array) -> float:
    """Return the greatest power in any band of a sine of full scale, whose frequency is that of any bin."""
    lobe = np.abs(np.fft.fftshift(np.fft.fft(window))) ** 2 / 4
    return float(signal.fftconvolve(bank, lobe[np.newaxis], mode="same", axes=1).max())
