"""How far a sound is from another: distances between two signals of one channel, one sample rate and one length."""

from soundworks.metrics.distance import DISTANCES, Distance
from soundworks.metrics.mfcc import MfccDistance, mfcc_mae
from soundworks.metrics.spectral import (
    LogSpectralDistance,
    MultiResolutionDistance,
    log_spectral_distance_db,
    multi_resolution_stft,
)

__all__ = [
    "DISTANCES",
    "Distance",
    "LogSpectralDistance",
    "MfccDistance",
    "MultiResolutionDistance",
    "log_spectral_distance_db",
    "mfcc_mae",
    "multi_resolution_stft",
]
