"""Phases improved step by step."""

from __future__ import annotations

import numpy as np

from soundworks.features.spectrum import Array
from soundworks.spectrogram.stft import Spectra, Stft

#: How far each step goes on beyond the one before; the paper's choice.
_MOMENTUM = 0.99


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
    before: Spectra | None = None
    for _ in range(iterations):
        consistent = stft.analyse(stft.synthesise(spectra))
        ahead = consistent if before is None else consistent + np.float32(_MOMENTUM) * (consistent - before)
        spectra = magnitude * np.exp(1j * np.angle(ahead))
        before = consistent
    return spectra
