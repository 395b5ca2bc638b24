"""The short-time Fourier transform of a sound of fixed length, and its inverse, exact at both ends."""

from __future__ import annotations

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
        full_scale = float(window.sum(dtype=np.float64)) / 2
        self._window = (window / full_scale).astype(np.float32)
        self._summed_squares = self._sum_squares()

    def analyse(self, sound: Array) -> Spectra:
        """Return the spectra of a sound, with phases.

        Parameters
        ----------
        sound : ndarray of float32, shape (n_samples,)

        Returns
        -------
        spectra : ndarray of complex64, shape (n_frames, n_bins)
        """
        frames = np.empty((self.n_frames, self.n_fft), np.float32)
        _cut_frames(np.ascontiguousarray(sound, np.float32), self._window, self.hop, frames)
        spectra: Spectra = fft.rfft(frames, axis=1, workers=1)
        return spectra

    def magnitude(self, sound: Array) -> Array:
        """Return the magnitudes of a sound, shape (n_frames, n_bins)."""
        return np.abs(self.analyse(sound))

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
        frames = fft.irfft(spectra, n=self.n_fft, axis=1, workers=1)
        sound = np.zeros(self.n_samples, np.float32)
        _add_frames(frames, self._window, self.hop, sound)
        sound /= self._summed_squares
        return sound

    def energy(self, sound: Array) -> float:
        """Return the sum of the squared magnitudes of a sound's spectra, over positive and negative frequencies."""
        return float(np.dot(np.square(sound, dtype=np.float64), self._summed_squares)) * self.n_fft

    def _sum_squares(self) -> Array:
        """Return the sum of all frames' squared windows at each sample of the sound."""
        summed = np.zeros(self.n_samples, np.float32)
        squares = np.tile(np.fft.ifftshift(self._window), (self.n_frames, 1))
        _add_frames(squares, self._window, self.hop, summed)
        return summed


# A frame starts with its middle, and what is before that comes after its end: so phases are relative to the middle.


@numba.njit(cache=True, nogil=True)
def _cut_frames(sound: Array, window: Array, hop: int, frames: Array) -> None:
    """Fill the rows of `frames` with a sound's windowed frames."""
    frames[:] = 0
    for frame in range(len(frames)):
        for part, piece, weights in _halves(frames[frame], sound, window, frame * hop + hop // 2):
            for i in range(part.size):
                part[i] = piece[i] * weights[i]


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def _add_frames(frames: Array, window: Array, hop: int, sound: Array) -> None:
    """Add the rows of `frames`, windowed, to a sound."""
    for frame in range(len(frames)):
        for part, piece, weights in _halves(frames[frame], sound, window, frame * hop + hop // 2):
            for i in range(part.size):
                piece[i] += part[i] * weights[i]


@numba.njit(nogil=True, inline="always")
def _halves(row: Array, sound: Array, window: Array, middle: int) -> tuple[tuple[Array, Array, Array], ...]:
    """Return, for what is after a frame's middle and before it, the parts of frame, sound and window that belong."""
    half = window.size // 2
    first, stop = max(middle - half, 0), min(middle + half, sound.size)
    return (
        (row[: stop - middle], sound[middle:stop], window[half : half + stop - middle]),
        (row[row.size - middle + first :], sound[first:middle], window[half - middle + first : half]),
    )
