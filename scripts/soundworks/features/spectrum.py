"""What a spectrum is: the power of a sound over frames and bands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Spectrum(ABC):
    """Measures the power of sounds in bands of frequency.

    Attributes
    ----------
    frequencies_hz : ndarray, shape (n_bands,)
        Centre of each band, rising.
    notes : tuple of str
        What a user should know about the options.
    full_scale : float
        The greatest power that a sine of full scale reaches in any band.
    """

    frequencies_hz: NDArray[np.floating[Any]]
    full_scale: float
    notes: tuple[str, ...] = ()

    @abstractmethod
    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a sound."""

    @abstractmethod
    def power(self, samples: Array) -> Array:
        """Return the power of a sound, shape (n_bands, n_frames), in memory of its own."""
