"""Phases improved step by step."""

from __future__ import annotations

import numba
import numpy as np

from soundworks.features.spectrum import Array
from soundworks.spectrogram.stft import Spectra, Stft

#: How far each step goes on beyond the one before; the paper's choice.
_MOMENTUM = np.float32(0.99)
#: Magnitude below which a cell has no phase to speak of.
_LEAST = np.float32(1e-15)


def refine(stft: Stft, magnitude: Array, spectra: Spectra, iterations: int) -> Spectra:
    """Return spectra of this magnitude whose phases agree better with each other than those given.

    The fast Griffin-Lim algorithm of Perraudin, Balazs and Søndergaard, "A fast Griffin-Lim algorithm" (WASPAA 2013).

    Parameters
    ----------
    stft : Stft
    magnitude : ndarray of float32, shape (n_frames, n_bins)
    spectra : ndarray of complex64, shape (n_frames, n_bins)
        Of this magnitude.
    iterations : int
    """
    before, momentum = spectra.copy(), np.float32(0)
    for _ in range(iterations):
        consistent = stft.analyse(stft.synthesise(spectra))
        _step(consistent, before, momentum, magnitude)
        spectra, before, momentum = before, consistent, _MOMENTUM
    return spectra


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def _step(consistent: Spectra, before: Spectra, momentum: np.float32, magnitude: Array) -> None:
    """Give `before` the phases that lie some way beyond consistent spectra, seen from it, and the magnitude."""
    for frame in range(len(before)):
        here, there, sizes = consistent[frame], before[frame], magnitude[frame]
        for k in range(here.size):
            ahead = here[k] + momentum * (here[k] - there[k])
            size = np.sqrt(ahead.real * ahead.real + ahead.imag * ahead.imag)
            there[k] = ahead * (sizes[k] / max(size, _LEAST))
