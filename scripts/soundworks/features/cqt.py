"""The constant-Q transform of a sound, as power."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import fft

from soundworks.config.features import CqtOptions, relative_bandwidth
from soundworks.contour import Floats
from soundworks.features.spectrum import Array, Spectrum
from soundworks.features.stft import copy_frames

#: librosa leaves out the smallest coefficients of each filter's spectrum, up to this part of their sum.
_SPARSITY = 0.01
#: Multiplications in a matrix product, at most; for more, OpenBLAS starts threads, which is slow where cores are busy.
_PRODUCT_SIZE = 1 << 18


@dataclass(frozen=True)
class _Octave:
    """Filters of one octave, for a sound at a part of its sample rate.

    Attributes
    ----------
    bins : slice
        Which of all bins.
    decimation : int
        By how much the sample rate is lower than that of the octave before.
    hop_length : int
        Samples between frames, at that rate.
    filters : ndarray of float64, shape (n_samples, 2 * n_bins)
        Real parts of the filters' impulse responses, reversed in time, then imaginary parts. In single precision, a
        soft sound in a filter's band would be 0.01 dB off beside one that is 80 dB louder.
    """

    bins: slice
    decimation: int
    hop_length: int
    filters: Floats

    def power(self, samples: Array, n_frames: int) -> Array:
        """Return the power of a sound, shape (n_bins, n_frames)."""
        length, n_outputs = self.filters.shape
        padded = np.pad(samples, length // 2)
        frames = np.empty((min(n_frames, max(1, _PRODUCT_SIZE // self.filters.size)), length))
        response = np.empty((n_frames, n_outputs))
        for first in range(0, n_frames, len(frames)):
            block = frames[: n_frames - first]
            copy_frames(padded[first * self.hop_length :], self.hop_length, block)
            np.matmul(block, self.filters, out=response[first : first + len(block)])
        np.multiply(response, response, out=response)
        return (response[:, : n_outputs // 2] + response[:, n_outputs // 2 :]).T.astype(np.float32)


class CqtSpectrum(Spectrum):
    """The squared magnitude of the constant-Q transform, as librosa defines it.

    Each octave has the filters of the one above it at half its sample rate, after Schörkhuber et al., "A Matlab toolbox
    for efficient perfect reconstruction time-frequency transforms with log-frequency resolution" (AES 2014). librosa
    makes the filters anew for each sound, and multiplies their spectra with those of the frames. Here they are made
    once, and are so short that the product of frames and impulse responses costs less than a Fourier transform.
    """

    def __init__(self, options: CqtOptions, sample_rate: float) -> None:
        import librosa

        n_bins, per_octave = options.n_bins, options.bins_per_octave
        self.frequencies_hz = librosa.cqt_frequencies(n_bins, fmin=options.fmin, bins_per_octave=per_octave)
        alpha = relative_bandwidth(per_octave)
        lengths, cutoff_hz = librosa.filters.wavelet_lengths(
            freqs=self.frequencies_hz,
            sr=sample_rate,
            window=options.window,
            filter_scale=options.filter_scale,
            alpha=alpha,
        )
        self.full_scale = float(lengths.max()) / 4
        n_octaves = -(-n_bins // per_octave)
        decimations = _decimations(options.hop_length, n_octaves, sample_rate / 2 / cutoff_hz)
        self._octaves = []
        total = 1
        for octave, decimation in enumerate(decimations):
            total *= decimation
            stop = n_bins - octave * per_octave
            bins = slice(max(0, stop - per_octave), stop)
            filters = _impulse_responses(self.frequencies_hz[bins], options, sample_rate / total)
            filters *= (total / np.sqrt(lengths[bins]))[:, np.newaxis]
            flat = np.concatenate([filters.real, filters.imag]).T
            hop_length = options.hop_length // total
            self._octaves.append(_Octave(bins, decimation, hop_length, np.ascontiguousarray(flat)))

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a sound: that of the octave that has the fewest."""
        counts = []
        for octave in self._octaves:
            n_samples = -(-n_samples // octave.decimation)
            counts.append(1 + n_samples // octave.hop_length)
        return min(counts)

    def power(self, samples: Array) -> Array:
        """Return the power of a sound, shape (n_bins, n_frames)."""
        n_frames = self.n_frames(samples.size)
        power = np.empty((self.frequencies_hz.size, n_frames), np.float32)
        for octave in self._octaves:
            samples = _decimated(samples, octave.decimation)
            power[octave.bins] = octave.power(samples, n_frames)
        return power


def _decimations(hop_length: int, n_octaves: int, headroom: float) -> list[int]:
    """Return by how much the sample rate falls before each octave, from the highest down, as librosa decides it.

    Parameters
    ----------
    hop_length : int
        It is halved along with the rate, so that it tells how often that can be done.
    n_octaves : int
    headroom : float
        Half the sample rate relative to the highest frequency that any filter hears.
    """
    factors_of_two = (hop_length & -hop_length).bit_length() - 1
    spare = max(0, math.ceil(math.log2(headroom)) - 2)
    first = min(spare, max(0, factors_of_two - n_octaves + 1))
    return [2**first] + [2 if octave <= factors_of_two - first else 1 for octave in range(1, n_octaves)]


def _impulse_responses(
    frequencies_hz: NDArray[np.floating[Any]], options: CqtOptions, sample_rate: float
) -> NDArray[np.complex128]:
    """Return filters as factors of a frame's samples, shape (n_bins, n_samples)."""
    import librosa

    alpha = relative_bandwidth(options.bins_per_octave)
    wavelets, lengths = librosa.filters.wavelet(
        freqs=frequencies_hz, sr=sample_rate, window=options.window, filter_scale=options.filter_scale, alpha=alpha
    )
    n_fft = wavelets.shape[1]
    wavelets *= lengths[:, np.newaxis] / n_fft
    spectra = fft.fft(wavelets, axis=1)[:, : n_fft // 2 + 1]
    kept = librosa.util.sparsify_rows(spectra, quantile=_SPARSITY).toarray()
    return fft.fft(kept.astype(np.complex128), n=n_fft, axis=1)


def _decimated(samples: Array, factor: int) -> Array:
    """Return a sound at a part of its sample rate, its length rounded up."""
    if factor == 1:
        return samples
    length = -(-samples.size // factor)
    resampled = soxr.resample(samples, factor, 1, quality="HQ")[:length]
    return np.pad(resampled, (0, length - resampled.size))
