"""What distances ask of the signals that they compare."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from soundworks.features.spectrum import Array


def as_signal(samples: ArrayLike, n_samples: int | None = None) -> Array:
    """Return samples as float32 after a check of their shape.

    Parameters
    ----------
    samples : array_like, shape (n_samples,)
        In [-1, 1].
    n_samples : int, optional
        Length that they must have.

    Raises
    ------
    ValueError
        If they are not of one channel, are empty, or have another length.
    """
    signal = np.asarray(samples, dtype=np.float32)
    if signal.ndim != 1 or signal.size == 0:
        raise ValueError(f"found an array of shape {signal.shape}, expected the samples of one channel")
    if n_samples is not None and signal.size != n_samples:
        raise ValueError(f"found {signal.size} samples, expected {n_samples}, as many as the target has")
    return signal
