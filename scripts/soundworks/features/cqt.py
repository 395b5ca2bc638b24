"""The constant-Q transform of a sound, as power."""

from __future__ import annotations

import numpy as np

from soundworks.config.features import CqtOptions
from soundworks.features.spectrum import Array, Spectrum


class CqtSpectrum(Spectrum):
    """The squared magnitude of the constant-Q transform, as librosa defines it."""

    def __init__(self, options: CqtOptions, sample_rate: float) -> None:
        import librosa

        self.options, self.sample_rate = options, sample_rate
        self.frequencies_hz = librosa.cqt_frequencies(
            options.n_bins, fmin=options.fmin, bins_per_octave=options.bins_per_octave
        )
        lengths, _ = librosa.filters.wavelet_lengths(
            freqs=self.frequencies_hz, sr=sample_rate, window=options.window, filter_scale=options.filter_scale
        )
        self.full_scale = float(lengths.max()) / 4

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a sound."""
        return 1 + n_samples // self.options.hop_length

    def power(self, samples: Array) -> Array:
        """Return the power of a sound, shape (n_frames, n_bins)."""
        import librosa

        options = self.options
        transform = librosa.cqt(
            samples, sr=self.sample_rate, hop_length=options.hop_length, fmin=options.fmin, n_bins=options.n_bins,
            bins_per_octave=options.bins_per_octave, filter_scale=options.filter_scale, window=options.window,
        )  # fmt: skip
        return np.ascontiguousarray(np.abs(transform).T ** 2)
