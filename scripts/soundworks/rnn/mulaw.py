"""Mu-law: samples as 256 codes, finer near zero; symmetric about code 128, which is silence."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Number of codes, and the one for a sample of 0.
N_CODES, SILENCE = 256, 128
#: Bend of the curve (ITU-T G.711, section 5), and codes on each side of silence.
_MU, _SIDE = 255.0, 127.0


def encode(samples: ArrayLike) -> NDArray[np.uint8]:
    """Return the code of the nearest step on the mu-law curve, [-1, 1] → [1, 255], same shape; beyond ±1 it is cut off.

    Codes c and 256 - c are the same number with the other sign, and code 128 is 0: neither rounds to one side, as the
    usual 256 steps with none at 0 do. Code 0 is never given.
    """
    values = np.clip(np.asarray(samples, np.float64), -1.0, 1.0)
    bent = np.sign(values) * np.log1p(_MU * np.abs(values)) / np.log1p(_MU)
    codes: NDArray[np.uint8] = (np.rint(bent * _SIDE) + SILENCE).astype(np.uint8)
    return codes


def decode_table() -> NDArray[np.float32]:
    """Return the sample that each code stands for, shape (256,), in [-1, 1]; code 0 is taken for 1."""
    bent = np.maximum(np.arange(N_CODES) - SILENCE, -_SIDE) / _SIDE
    samples: NDArray[np.float32] = (np.sign(bent) * np.expm1(np.abs(bent) * np.log1p(_MU)) / _MU).astype(np.float32)
    return samples


def decode(codes: ArrayLike) -> NDArray[np.float32]:
    """Return the samples of codes, [0, 255] → [-1, 1], same shape."""
    return decode_table()[np.asarray(codes)]


def network_input(codes: ArrayLike) -> NDArray[np.float32]:
    """Return what the network is told of codes where each is one number: [0, 255] → [-1, 127/128]; silence is 0."""
    told: NDArray[np.float32] = (np.asarray(codes, np.float32) - np.float32(SILENCE)) / np.float32(SILENCE)
    return told
