"""Sounds to spectrograms in [-1, 1] and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.features.spectrum import Array
from soundworks.spectrogram.bands import Gathering, band_frequencies_hz, band_weights, step_weights
from soundworks.spectrogram.options import SpectrogramOptions
from soundworks.spectrogram.pghi import SILENT, integrate_phases
from soundworks.spectrogram.refine import refine
from soundworks.spectrogram.stft import Stft
from soundworks.spectrogram.window import gaussian_width, gaussian_window

_THREADS = 2
#: What no cell of a sound within full scale passes, in dB re a full-scale sine: that of a constant.
_TOP_DB = 20 * math.log10(2)
_DB_PER_NEPER = 20 / math.log(10)
#: Phases that contradict each other cancel some of the power, which is given back, but no more than this.
_MOST_GAIN = 2.0


class Transform:
    """Log-magnitude spectrograms, whose phases are found again by integrating their gradients.

    Parameters
    ----------
    options : SpectrogramOptions

    Attributes
    ----------
    shape : tuple of int
        Frequencies and times of a spectrogram.
    n_samples : int
        Samples of a sound.
    frequencies_hz : ndarray, shape (n_frequencies,)
    times_s : ndarray, shape (n_times,)
        Middles of frames or of time steps, in seconds.
    """

    def __init__(self, options: SpectrogramOptions) -> None:
        self.options, self.shape, self.n_samples = options, options.shape, options.n_samples
        n_fft, n_bins, rate = options.n_fft, options.n_bins, options.sample_rate
        self._stft = Stft(gaussian_window(n_fft, options.window_floor), options.hop, options.frames)
        self._width = gaussian_width(n_fft, options.window_floor)
        self.frequencies_hz = np.arange(n_bins) * rate / n_fft
        in_frequency = None
        if options.bands is not None:
            self.frequencies_hz = band_frequencies_hz(options.bands, rate)
            in_frequency = band_weights(self.frequencies_hz * n_fft / rate, n_bins)
        in_time = step_weights(options.pool, options.frames) if options.pool > 1 else None
        self._gathering = Gathering(in_frequency, in_time)
        step = options.pool * options.hop
        self.times_s = (np.arange(self.shape[1]) + 0.5) * step / rate
        self._fade = _fade(options.n_samples, options.fade_out)
        self._top_db = _TOP_DB if options.level == "keep" else 0.0

    def forward(self, sounds: ArrayLike) -> Array:
        """Return the spectrograms of sounds.

        Parameters
        ----------
        sounds : array_like, shape (n, n_samples)
            In [-1, 1].

        Returns
        -------
        values : ndarray of float32, shape (n, n_frequencies, n_times)
            In [-1, 1]: the dynamic range, whose upper end is 6.02 dB re a full-scale sine (level keep) or the sound's
            own maximum (normalize). What is softer than its lower end is -1.
        """
        given = _batch(sounds, (self.n_samples,))
        return _each(self._forward, given, self.shape)

    def inverse(self, values: ArrayLike) -> Array:
        """Return sounds of spectrograms.

        Parameters
        ----------
        values : array_like, shape (n, n_frequencies, n_times)
            What is not in [-1, 1] counts as the nearer end; -1 is silence.

        Returns
        -------
        sounds : ndarray of float32, shape (n, n_samples)
            With as much power as the spectrograms have. With the level `keep` they may pass ±1 where the spectrogram
            is not that of a sound within; with `normalize`, sounds that would are made softer.
        """
        given = _batch(values, self.shape)
        return _each(self._inverse, given, (self.n_samples,))

    def decibels(self, values: ArrayLike) -> Array:
        """Return values in [-1, 1] as levels in dB re a full-scale sine; with `normalize`, of the sound at its loudest.

        The level of a band or step is that of its mean power.
        """
        half_range = self.options.dynamic_range_db / 2
        levels: Array = np.asarray(values, np.float32) * half_range + (self._top_db - half_range)
        return levels

    def _forward(self, sound: Array) -> Array:
        if self._fade is not None:
            sound = sound * self._fade
        power = self._gathering.gather(np.ascontiguousarray(np.square(self._stft.magnitude(sound)).T))
        if self.options.level == "normalize" and power.max() > 0:
            power /= power.max()
        with np.errstate(divide="ignore"):
            levels_db = 10 * np.log10(power)
        half_range = self.options.dynamic_range_db / 2
        return np.clip((levels_db - self._top_db) / half_range + 1, -1, 1)

    def _inverse(self, values: Array) -> Array:
        levels = self._log_magnitude(np.clip(np.nan_to_num(values, nan=-1), -1, 1))
        magnitude = np.exp(levels)
        phases = integrate_phases(levels, self.options.hop, self.options.n_fft, self._width)
        spectra = np.empty(magnitude.shape, np.complex64)
        np.multiply(magnitude, np.cos(phases), out=spectra.real)
        np.multiply(magnitude, np.sin(phases), out=spectra.imag)
        sound = self._stft.synthesise(refine(self._stft, magnitude, spectra, self.options.refine_iterations))
        return self._at_level(sound, magnitude)

    def _log_magnitude(self, values: Array) -> Array:
        """Return the logarithm of the magnitude on bins and frames, shape (n_frames, n_bins)."""
        power = np.where(values > -1, 10 ** (self.decibels(values) / 10), np.float32(0))
        spread = np.ascontiguousarray(self._gathering.spread(power).T)
        with np.errstate(divide="ignore"):
            levels: Array = np.float32(0.5) * np.log(spread)
        levels[levels < (self._top_db - self.options.dynamic_range_db) / _DB_PER_NEPER] = SILENT
        return levels

    def _at_level(self, sound: Array, magnitude: Array) -> Array:
        """Return a sound with the power of these magnitudes."""
        inner = np.square(magnitude, dtype=np.float64)
        wanted = 2 * inner.sum() - inner[:, [0, -1]].sum()
        found = self._stft.energy(sound)
        if found > 0:
            sound = sound * np.float32(min(math.sqrt(wanted / found), _MOST_GAIN))
        peak = np.abs(sound).max()
        if self.options.level == "normalize" and peak > 1:
            sound = sound / peak
        return sound


def _fade(n_samples: int, share: float) -> Array | None:
    """Return the gain at each sample of a sound that is faded out over its last part, or None."""
    length = round(n_samples * share)
    if not length:
        return None
    gain = np.ones(n_samples, np.float32)
    gain[n_samples - length :] = 0.5 + 0.5 * np.cos(np.pi * (np.arange(length) + 1) / length)
    return gain


def _batch(items: ArrayLike, shape: tuple[int, ...]) -> Array:
    given = np.asarray(items, np.float32)
    if given.ndim != len(shape) + 1 or given.shape[1:] != shape:
        raise ValueError(f"found an array of shape {given.shape}, expected (any number, {', '.join(map(str, shape))})")
    return given


def _each(function: Callable[[Array], Array], items: Array, shape: tuple[int, ...]) -> Array:
    """Return what a function makes of each item, alone, so that no other can have an effect on it; in two threads."""
    made: NDArray[np.float32] = np.empty((len(items), *shape), np.float32)

    def make(index: int) -> None:
        made[index] = function(items[index])

    if len(items) == 1:
        make(0)
    else:
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(make, range(len(items))))
    return made
