"""Distances of short-time spectra: in decibels, and at several resolutions at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from soundworks.config.features import StftOptions, feature_options
from soundworks.features.spectrum import Array
from soundworks.features.stft import StftSpectrum
from soundworks.metrics.signals import as_signal

#: Level below which spectra count as equal, in dB re a sine of full scale: what rounding to 16 bits adds to a frame's
#: spectrum lies below it.
FLOOR_DB = -100.0
#: Frame of the log-spectral distance, in samples.
LSD_N_FFT, LSD_HOP_LENGTH = 2048, 512


class Resolution(NamedTuple):
    """A short-time Fourier transform's sizes, in samples."""

    n_fft: int
    hop_length: int
    win_length: int


#: The resolutions of Parallel WaveGAN's loss.
RESOLUTIONS = (Resolution(512, 50, 240), Resolution(1024, 120, 600), Resolution(2048, 240, 1200))
#: Power below which Parallel WaveGAN's loss sees silence.
_LEAST_POWER = 1e-7


class LogSpectralDistance:
    """Log-spectral distance: the root mean square difference of two spectra in dB, averaged over frames.

    A. H. Gray, J. D. Markel: "Distance measures for speech processing", IEEE Trans. ASSP 24 (5), 1976, for short-time
    spectra: mean over frames t of sqrt(mean over bins f of (L(t, f) - L'(t, f))²), levels L in dB re a sine of full
    scale, and at least `FLOOR_DB`, without which digital silence would be infinitely far from any sound.

    Parameters
    ----------
    target : array_like, shape (n_samples,)
    sample_rate : float
        In Hz.
    n_fft, hop_length : int
        Frame and the distance between frames, in samples; the window is Hann's.
    """

    def __init__(
        self, target: ArrayLike, sample_rate: float, *, n_fft: int = LSD_N_FFT, hop_length: int = LSD_HOP_LENGTH
    ) -> None:
        signal = as_signal(target)
        self.n_samples = signal.size
        self.spectrum = _spectrum(sample_rate, Resolution(n_fft, hop_length, n_fft))
        self.target = self._levels_db(signal)

    def _levels_db(self, signal: Array) -> Array:
        power = self.spectrum.power(signal)
        power /= np.float32(self.spectrum.full_scale)
        return 10 * np.log10(np.maximum(power, np.float32(10 ** (FLOOR_DB / 10))))

    def __call__(self, candidate: ArrayLike) -> float:
        """Return the distance of a signal of the target's length, in dB."""
        difference = self._levels_db(as_signal(candidate, self.n_samples)) - self.target
        return float(np.sqrt(np.square(difference).mean(axis=0)).mean())


class MultiResolutionDistance:
    """Multi-resolution STFT distance: spectral convergence plus log-magnitude error, averaged over three resolutions.

    R. Yamamoto, E. Song, J.-M. Kim: "Parallel WaveGAN", ICASSP 2020 (arXiv:1910.11480): for magnitudes S of the target
    and S' of the candidate, ‖S - S'‖ / ‖S‖ (Frobenius) plus the mean of |ln S - ln S'|. The sizes are the paper's, the
    least power that of its open implementation; the signals count as silent beyond their ends.

    Parameters
    ----------
    target : array_like, shape (n_samples,)
    sample_rate : float
        In Hz; the sizes are in samples, so a distance depends on it.
    resolutions : sequence of Resolution
    """

    def __init__(
        self, target: ArrayLike, sample_rate: float, *, resolutions: tuple[Resolution, ...] = RESOLUTIONS
    ) -> None:
        signal = as_signal(target)
        self.n_samples = signal.size
        self.spectra = [_spectrum(sample_rate, resolution) for resolution in resolutions]
        self.targets = [_magnitude(signal, spectrum) for spectrum in self.spectra]
        self.logs = [np.log(target) for target in self.targets]
        self.norms = [np.linalg.norm(target) for target in self.targets]

    def __call__(self, candidate: ArrayLike) -> float:
        """Return the distance of a signal of the target's length."""
        signal = as_signal(candidate, self.n_samples)
        total = 0.0
        for spectrum, target, log, norm in zip(self.spectra, self.targets, self.logs, self.norms, strict=True):
            found = _magnitude(signal, spectrum)
            total += float(np.linalg.norm(found - target) / norm + np.abs(np.log(found) - log).mean())
        return total / len(self.spectra)


def _spectrum(sample_rate: float, size: Resolution) -> StftSpectrum:
    options = feature_options("log_stft", sample_rate, **size._asdict())
    assert isinstance(options, StftOptions)
    return StftSpectrum(options, sample_rate)


def _magnitude(signal: Array, spectrum: StftSpectrum) -> Array:
    """Return the magnitude of the short-time Fourier transform, shape (n_bins, n_frames)."""
    return np.sqrt(np.maximum(spectrum.power(signal), np.float32(_LEAST_POWER)))


def log_spectral_distance_db(target: ArrayLike, candidate: ArrayLike, sample_rate: float) -> float:
    """Return the log-spectral distance of a candidate, in dB; see `LogSpectralDistance`."""
    return LogSpectralDistance(target, sample_rate)(candidate)


def multi_resolution_stft(target: ArrayLike, candidate: ArrayLike, sample_rate: float) -> float:
    """Return the multi-resolution STFT distance of a candidate; see `MultiResolutionDistance`."""
    return MultiResolutionDistance(target, sample_rate)(candidate)
