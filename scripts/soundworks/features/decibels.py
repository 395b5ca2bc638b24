"""From power to decibels."""

from __future__ import annotations

import math

import numba
import numpy as np

from soundworks.features.spectrum import Array

#: Least power that is told from silence: librosa's `amin`.
LEAST_POWER = 1e-10


def level_db(power: float) -> float:
    """Return a power in dB re 1; that of silence is -100 dB."""
    return 10 * math.log10(max(power, LEAST_POWER))


def to_decibels(power: Array, zero_db: float, limits_db: tuple[float, float], *, unit: bool, flip: bool) -> Array:
    """Return levels within limits, shape (n_bands, n_frames).

    Parameters
    ----------
    power : ndarray of float32, shape (n_bands, n_frames)
        Its memory is used on the way.
    zero_db : float
        What counts as 0 dB, in dB re 1.
    limits_db : tuple of float
        The lower and the upper end of the range, in dB.
    unit : bool
        Whether the range is returned as [0, 1].
    flip : bool
        Whether the last band comes first.
    """
    low, high = limits_db
    scale, shift = (1 / (high - low), -low / (high - low)) if unit else (1.0, 0.0)
    ends = (max(low, level_db(0) - zero_db) * scale + shift, high * scale + shift)
    with np.errstate(divide="ignore"):  # of no power at all, which the lower end takes care of
        np.log10(power, out=power)
    levels = np.empty(power.shape, np.float32)
    _limit(power, np.array([10 * scale, shift - zero_db * scale, *ends], np.float32), flip, levels)
    return levels


@numba.njit(cache=True, fastmath={"contract"})
def _limit(values: Array, factors: Array, flip: bool, levels: Array) -> None:
    """Fill `levels` with scaled and shifted values within limits: one pass, where whole-array steps would take four."""
    n_bands = len(values)
    scale, shift, low, high = factors[0], factors[1], factors[2], factors[3]
    for band in range(n_bands):
        source, target = values[band], levels[n_bands - 1 - band if flip else band]
        for i in range(target.size):
            target[i] = min(max(source[i] * scale + shift, low), high)
