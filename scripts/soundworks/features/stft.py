"""The short-time Fourier transform of a sound, as power."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from soundworks.config.features import StftOptions

Array = NDArray[np.float32]


@cache
def centred_window(name: str, win_length: int, n_fft: int) -> Array:
    """Return a periodic window, padded with zeros on both sides to the length of the FFT."""
    before = (n_fft - win_length) // 2
    window = np.pad(signal.get_window(name, win_length), (before, n_fft - win_length - before))
    return window.astype(np.float32)


def frame_count(n_samples: int, n_fft: int, hop_length: int) -> int:
    """Return the number of frames of a sound with n_fft // 2 zeros before and after it."""
    return 1 + (n_samples + 2 * (n_fft // 2) - n_fft) // hop_length


def power_spectrogram(samples: Array, options: StftOptions) -> Array:
    """Return the squared magnitude of the centred short-time Fourier transform.

    Parameters
    ----------
    samples : ndarray, shape (n_samples,)
    options : StftOptions

    Returns
    -------
    power : ndarray of float32, shape (n_frames, 1 + n_fft // 2)
        Frame t is centred on sample t * hop_length; the sound counts as silent before and after its samples.
    """
    n_fft = options.n_fft
    padded = np.pad(samples, n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[:: options.hop_length]
    spectrum = fft.rfft(frames * centred_window(options.window, options.win_length, n_fft), axis=1, workers=1)
    return spectrum.real**2 + spectrum.imag**2
