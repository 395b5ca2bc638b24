"""From samples to a feature, as the options say."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from soundworks.config.features import CqtOptions, FeatureOptions, MelOptions, MfccOptions, StftOptions, feature_options
from soundworks.features.bank import Bank
from soundworks.features.cqt import CqtSpectrum
from soundworks.features.decibels import LEAST_POWER, level_db, to_decibels
from soundworks.features.mel import MelSpectrum
from soundworks.features.spectrum import Array, Spectrum
from soundworks.features.stft import StftSpectrum


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
        self.spectrum = make_spectrum(options, sample_rate)
        self._flip = bool(getattr(options, "flip", False))
        self._reference: str | None = getattr(options, "reference", None)
        self._cosines = _cosines(options) if isinstance(options, MfccOptions) else None

    def __reduce__(self) -> tuple[type[Extractor], tuple[FeatureOptions, float]]:
        """Let another process make its own: compiled functions do not travel."""
        return Extractor, (self.options, self.sample_rate)

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
        power = self.spectrum.power(np.ascontiguousarray(samples, np.float32))
        loudest, top_db = float(power.max()), self.options.top_db
        if self._cosines is not None:
            limits = (level_db(loudest) - top_db, math.inf)
            coefficients = np.empty((len(self._cosines), power.shape[1]), np.float32)
            self._cosines.apply(to_decibels(power, 0.0, limits, unit=False, flip=False), coefficients)
            return self._arranged(coefficients)
        unit = self.options.scaler == "top_db"
        return self._arranged(to_decibels(power, self._zero_db(loudest), (-top_db, 0.0), unit=unit, flip=self._flip))

    def _zero_db(self, loudest: float) -> float:
        """Return what counts as 0 dB in a sound of this greatest power, in dB re 1."""
        if self._reference == "full_scale":
            return level_db(self.spectrum.full_scale)
        silent = loudest <= LEAST_POWER  # then its greatest power is nothing to measure the others by
        return level_db(loudest) + (self.options.top_db if silent else 0.0)

    def shape(self, n_samples: int) -> tuple[int, ...]:
        """Return the shape of the feature of a sound of this many samples."""
        return tuple(axis["size"] for axis in self.axes(n_samples))

    def axes(self, n_samples: int) -> list[dict[str, Any]]:
        """Return the name, size, unit and values of each axis of the feature of a sound of this many samples."""
        rows: dict[str, Any]
        if self._cosines is not None:
            n_mfcc = len(self._cosines)
            rows = {"name": "coefficient", "size": n_mfcc, "unit": "", "values": list(range(n_mfcc))}
        else:
            rising = [float(value) for value in self.spectrum.frequencies_hz]
            rows = {"name": "frequency", "size": len(rising), "unit": "Hz"}
            rows["values"] = rising[::-1] if self._flip else rising
        step_s = self.options.hop_length / self.sample_rate
        times_s = [frame * step_s for frame in range(self.spectrum.n_frames(n_samples))]
        columns = {"name": "time", "size": len(times_s), "unit": "s", "values": times_s}
        axes = [columns, rows] if self.options.time_major else [rows, columns]
        return [*axes, {"name": "channel", "size": 1}] if self.options.channel_axis else axes

    def describe_values(self) -> dict[str, Any]:
        """Return what the values stand for."""
        options = self.options
        described: dict[str, Any] = {"quantity": "power", "unit": "dB", "reference": self._reference}
        if self._cosines is not None:
            described = {"quantity": "cosine transform of dB", "unit": "dB", "reference": "power 1"}
        if options.scaler == "fitted":
            return described | {"scaled": "[min, max] in scaler.json → [0, 1]"}
        if options.scaler == "top_db":
            return described | {"scaled": f"[-{options.top_db:g}, 0] dB → [0, 1]"}
        return described | {"scaled": None}

    def _arranged(self, values: Array) -> Array:
        """Return values of shape (n_bands, n_frames) with the axes as the options ask for."""
        if self.options.time_major:
            values = values.T
        return np.ascontiguousarray(values[..., np.newaxis] if self.options.channel_axis else values)


def make_spectrum(options: FeatureOptions, sample_rate: float) -> Spectrum:
    """Return the spectrum on which a feature rests."""
    if isinstance(options, CqtOptions):
        return CqtSpectrum(options, sample_rate)
    if isinstance(options, (MelOptions, MfccOptions)):
        return MelSpectrum(options, sample_rate)
    assert isinstance(options, StftOptions)
    return StftSpectrum(options, sample_rate)


def _cosines(options: MfccOptions) -> Bank:
    """Return the orthonormal cosine transform (type II) from mel bands to coefficients."""
    return Bank(fft.dct(np.eye(options.n_mels), axis=0, norm="ortho")[: options.n_mfcc])


def melspectrogram(samples: ArrayLike, sample_rate: float, **options: Any) -> Array:
    """Return a sound's mel spectrogram; options as in the config, with its defaults."""
    return _extract("melspectrogram", samples, sample_rate, options)


def mfcc(samples: ArrayLike, sample_rate: float, **options: Any) -> Array:
    """Return a sound's mel-frequency cepstral coefficients, not scaled; options as in the config, with its defaults."""
    return _extract("mfcc", samples, sample_rate, options)


def log_stft(samples: ArrayLike, sample_rate: float, **options: Any) -> Array:
    """Return a sound's short-time spectrum in dB; options as in the config, with its defaults."""
    return _extract("log_stft", samples, sample_rate, options)


def cqt(samples: ArrayLike, sample_rate: float, **options: Any) -> Array:
    """Return a sound's constant-Q transform in dB; options as in the config, with its defaults."""
    return _extract("cqt", samples, sample_rate, options)


def _extract(feature: str, samples: ArrayLike, sample_rate: float, given: dict[str, Any]) -> Array:
    return _extractor(feature, sample_rate, json.dumps(given, sort_keys=True)).extract(samples)


@lru_cache(maxsize=32)
def _extractor(feature: str, sample_rate: float, given: str) -> Extractor:
    """Return an extractor from options as JSON; kept, because its filters cost more than a sound."""
    return Extractor(feature_options(feature, sample_rate, **json.loads(given)), sample_rate)
