"""The short-time Fourier transform of a sound of fixed length, and its inverse, exact at both ends."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from soundworks.features.spectrum import Array

Spectra = NDArray[np.complex64]


class Stft:
    """Transforms sounds of n_frames * hop samples to frames, centred evenly over the sound, and back.

    Frame n is centred on sample n * hop + hop // 2, and phases are relative to that. The sound counts as silent before
    and after its samples. The magnitude is divided by half the window's sum: a sine of full scale has 1.

    Parameters
    ----------
    window : ndarray of float32, shape (n_fft,)
        Its middle is sample n_fft/2.
    hop : int
        Samples between frames, at most n_fft/2.
    n_frames : int
    """

    def __init__(self, window: Array, hop: int, n_frames: int) -> None:
        self.hop, self.n_frames, self.n_fft = hop, n_frames, window.size
        self.n_samples, self.n_bins = n_frames * hop, window.size // 2 + 1
        self._before = window.size // 2 - hop // 2
        self._length = (n_frames - 1) * hop + window.size
        full_scale = float(window.sum(dtype=np.float64)) / 2
        self._window = (window / full_scale).astype(np.float32)
        #: Turns the phase of every second bin round, so that it is relative to the frame's middle, not its start.
        self.centring = (1 - 2 * (np.arange(self.n_bins) % 2)).astype(np.float32)
        self.energy_weights = self._summed_squares()
        self._synthesis_window = (self._window / self.n_fft).astype(np.float32)

    def analyse(self, sound: Array) -> Spectra:
        """Return the spectra of a sound, with phases.

        Parameters
        ----------
        sound : ndarray of float32, shape (n_samples,)

        Returns
        -------
        spectra : ndarray of complex64, shape (n_frames, n_bins)
        """
        return self._raw(sound) * self.centring

    def magnitude(self, sound: Array) -> Array:
        """Return the magnitudes of a sound, shape (n_frames, n_bins)."""
        return np.abs(self._raw(sound))

    def synthesise(self, spectra: Spectra) -> Array:
        """Return the sound whose spectra are nearest to those given, by least squares.

        Its spectra are equal to those given where a sound has them; the method is that of Griffin and Lim, "Signal
        estimation from modified short-time Fourier transform" (1984): frames are windowed again, added, and divided by
        the sum of the squared windows.

        Parameters
        ----------
        spectra : ndarray of complex64, shape (n_frames, n_bins)

        Returns
        -------
        sound : ndarray of float32, shape (n_samples,)
        """
        return self.overlap_add(spectra * self.centring)

    def overlap_add(self, spectra: Spectra) -> Array:
        """Return the sound of spectra whose phases are relative to the frames' first samples."""
        frames = fft.irfft(spectra, n=self.n_fft, axis=1, norm="forward", workers=1)
        sound = np.zeros(self._length, np.float32)
        _add_frames(frames, self._synthesis_window, self.hop, sound)
        return sound[self._before : self._before + self.n_samples] / self.energy_weights

    def energy(self, sound: Array) -> float:
        """Return the sum of the squared magnitudes of a sound's spectra, over positive and negative frequencies."""
        return float(np.dot(np.square(sound, dtype=np.float64), self.energy_weights)) * self.n_fft

    def _raw(self, sound: Array) -> Spectra:
        """Return spectra whose phases are relative to the frames' first samples."""
        padded = np.zeros(self._length, np.float32)
        padded[self._before : self._before + self.n_samples] = sound
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.n_fft)[:: self.hop] * self._window
        spectra: Spectra = fft.rfft(frames, axis=1, workers=1)
        return spectra

    def _summed_squares(self) -> Array:
        """Return the sum of all frames' squared windows at each sample of the sound."""
        summed = np.zeros(self._length)
        for frame in range(self.n_frames):
            summed[frame * self.hop :][: self.n_fft] += np.square(self._window, dtype=np.float64)
        return summed[self._before : self._before + self.n_samples].astype(np.float32)


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def _add_frames(frames: NDArray[Any], window: Array, hop: int, sound: Array) -> None:
    """Add the windowed rows of `frames` to a sound, each `hop` samples after the one before."""
    for frame in range(len(frames)):
        target, source = sound[frame * hop : frame * hop + window.size], frames[frame]
        for i in range(window.size):
            target[i] += source[i] * window[i]
