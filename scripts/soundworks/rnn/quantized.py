"""Weights as int8: a quarter of the memory, from which a large network's weights come slower than they are used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: Largest whole number of a weight, and of an activation.
_MOST_WEIGHT, _MOST_ACTIVATION = 127, 32767


def quantize(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return weights as whole numbers in [-127, 127], same shape, and what 1 stands for in each row (last axis).

    A weight is off by at most half of that, which is 1/254 of the largest in its row.
    """
    largest = np.abs(weights).max(axis=-1, initial=0.0)
    scale = np.where(largest > 0, largest / np.float32(_MOST_WEIGHT), np.float32(1)).astype(np.float32)
    whole = np.clip(np.rint(weights / scale[..., None]), -_MOST_WEIGHT, _MOST_WEIGHT)
    return np.array(whole, np.int8, order="C"), scale


def most_levels(hidden: int) -> int:
    """Return the largest whole number for an activation with which no sum over `hidden` products leaves int32."""
    return min(_MOST_ACTIVATION, (2**31 - 1) // (_MOST_WEIGHT * hidden))
