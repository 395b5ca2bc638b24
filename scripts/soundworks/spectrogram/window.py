"""The truncated Gaussian window."""

from __future__ import annotations

import math

import numpy as np

from soundworks.features.spectrum import Array


def gaussian_width(n_fft: int, floor: float) -> float:
    """Return lambda, in samples squared, of the window exp(-π t²/lambda) that has fallen to `floor` at n_fft/2."""
    return -math.pi * n_fft**2 / (4 * math.log(floor))


def gaussian_window(n_fft: int, floor: float) -> Array:
    """Return the window, cut off where it has fallen to `floor`.

    Parameters
    ----------
    n_fft : int
        Samples, an even number.
    floor : float
        Height of the first sample, in (0, 1); the middle, sample n_fft/2, is 1.

    Returns
    -------
    window : ndarray of float32, shape (n_fft,)
    """
    time = np.arange(n_fft) - n_fft // 2
    return np.exp(-math.pi * time**2 / gaussian_width(n_fft, floor)).astype(np.float32)
