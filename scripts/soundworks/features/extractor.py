"""From samples to a feature, as the options say."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from soundworks.config.features import CqtOptions, FeatureOptions, MelOptions, MfccOptions, StftOptions, feature_options
from soundworks.features.stft import Array, frame_count, power_spectrogram

#: Power below which a sound counts as silent: librosa's `amin`.
_LEAST_POWER = 1e-10


class Extractor:
    """Computes one feature of sounds; values as stored, but for a fitted scaler.

    Parameters
    ----------
    options : FeatureOptions
        From `soundworks.config.features.feature_options`.
    sample_rate : float
        Sample rate of the sounds, in Hz.
    """

    def __init__(self, options: FeatureOptions, sample_rate: float) -> None:
        self.options = options
        self.sample_rate = sample_rate

    def extract(self, samples: ArrayLike) -> Array:
        """Return the feature of one sound.

        Parameters
        ----------
        samples : array_like, shape (n_samples,)
            In [-1, 1].

        Returns
        -------
        feature : ndarray of float32
            Of `shape(n_samples)`: frequency × time × channel where the options do not say otherwise. In [0, 1] with the
            scaler top_db, otherwise in dB; coefficients for mfcc. A silent sound is at the lower end everywhere.
        """
        sound = np.asarray(samples, np.float32)
        options = self.options
        if isinstance(options, MfccOptions):
            decibels = to_decibels(self._power(sound), "power", options.top_db)
            values = fft.dct(decibels, axis=1, norm="ortho")[:, : options.n_mfcc]
        else:
            values = to_decibels(self._power(sound), options.reference, options.top_db)  # type: ignore[attr-defined]
            if options.scaler == "top_db":
                values = values / np.float32(options.top_db) + np.float32(1)
        return self._arranged(values)

    def shape(self, n_samples: int) -> tuple[int, ...]:
        """Return the shape of the feature of a sound of this many samples."""
        return self._arranged(np.empty((self._n_frames(n_samples), self._n_bins()), np.float32)).shape

    def _n_frames(self, n_samples: int) -> int:
        n_fft = self.options.n_fft if isinstance(self.options, StftOptions) else 2
        return frame_count(n_samples, n_fft, self.options.hop_length)

    def _n_bins(self) -> int:
        options: Any = self.options
        names = ("n_mfcc", "n_mels", "n_bins")
        return next((getattr(options, name) for name in names if hasattr(options, name)), 0) or 1 + options.n_fft // 2

    def _power(self, sound: Array) -> Array:
        """Return the power of each frame and band, shape (n_frames, n_bands)."""
        options = self.options
        if isinstance(options, CqtOptions):
            import librosa

            transform = librosa.cqt(
                sound, sr=self.sample_rate, hop_length=options.hop_length, fmin=options.fmin, n_bins=options.n_bins,
                bins_per_octave=options.bins_per_octave, filter_scale=options.filter_scale, window=options.window,
            )  # fmt: skip
            return np.ascontiguousarray(np.abs(transform).T ** 2)
        assert isinstance(options, StftOptions)
        power = power_spectrogram(sound, options)
        if isinstance(options, (MelOptions, MfccOptions)):
            from librosa import filters

            basis = filters.mel(
                sr=self.sample_rate, n_fft=options.n_fft, n_mels=options.n_mels, fmin=options.fmin, fmax=options.fmax
            )
            power = power @ basis.T
        return power

    def _arranged(self, values: Array) -> Array:
        """Return (n_frames, n_bins) values with the axes in the order that the options ask for."""
        if getattr(self.options, "flip", False):
            values = values[:, ::-1]
        if not self.options.time_major:
            values = values.T
        return np.ascontiguousarray(values[..., np.newaxis] if self.options.channel_axis else values)


def to_decibels(power: Array, reference: str, top_db: float) -> Array:
    """Return power in dB, limited to a range below the sound's loudest value."""
    loudest = power.max()
    if loudest <= _LEAST_POWER and reference == "max":
        return np.full_like(power, -top_db)
    decibels = 10 * np.log10(np.maximum(power, np.float32(_LEAST_POWER)))
    if reference == "max":
        decibels -= 10 * np.log10(loudest)
    return np.maximum(decibels, decibels.max() - np.float32(top_db))


def _function(feature: str, samples: ArrayLike, sample_rate: float, given: dict[str, Any]) -> NDArray[np.float32]:
    return Extractor(feature_options(feature, sample_rate, **given), sample_rate).extract(samples)


def melspectrogram(samples: ArrayLike, sample_rate: float, **options: Any) -> Array:
    """Return a sound's mel spectrogram; options as in the config, with its defaults."""
    return _function("melspectrogram", samples, sample_rate, options)


def mfcc(samples: ArrayLike, sample_rate: float, **options: Any) -> Array:
    """Return a sound's mel-frequency cepstral coefficients, not scaled; options as in the config, with its defaults."""
    return _function("mfcc", samples, sample_rate, options)


def log_stft(samples: ArrayLike, sample_rate: float, **options: Any) -> Array:
    """Return a sound's short-time spectrum in dB; options as in the config, with its defaults."""
    return _function("log_stft", samples, sample_rate, options)


def cqt(samples: ArrayLike, sample_rate: float, **options: Any) -> Array:
    """Return a sound's constant-Q transform in dB; options as in the config, with its defaults."""
    return _function("cqt", samples, sample_rate, options)
