"""What all distances have in common, and their names."""

from __future__ import annotations

from typing import Protocol

from numpy.typing import ArrayLike

from soundworks.metrics.mfcc import MfccDistance
from soundworks.metrics.spectral import LogSpectralDistance, MultiResolutionDistance


class Distance(Protocol):
    """The distance from one target, whose side is computed once: a search asks for hundreds a second."""

    def __init__(self, target: ArrayLike, sample_rate: float) -> None: ...

    def __call__(self, candidate: ArrayLike) -> float:
        """Return the distance of a signal of the target's length and sample rate."""


#: Name in configs and tables → distance.
DISTANCES: dict[str, type[Distance]] = {
    "mfcc": MfccDistance,
    "log_spectral": LogSpectralDistance,
    "multi_resolution_stft": MultiResolutionDistance,
}
