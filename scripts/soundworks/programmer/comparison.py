"""How far the sounds of patches are from a target."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from soundworks.features.spectrum import Array
from soundworks.metrics import DISTANCES
from soundworks.programmer.refine import RefineOptions
from soundworks.programmer.synthesis import NotFiniteError, PatchRenderer
from soundworks.programmer.target_sound import TargetSound
from soundworks.programmer.targets import Floats

#: Column of tables and key of reports → distance.
AUDIO_ERRORS = {
    "mfcc_mae": "mfcc",
    "log_spectral_distance_db": "log_spectral",
    "multi_resolution_stft": "multi_resolution_stft",
}


def patch_distance(renderer: PatchRenderer, target: TargetSound, options: RefineOptions) -> Callable[[Floats], float]:
    """Return what a search makes smaller: natural values → distance of their sound from the target.

    A patch whose sound is not finite is infinitely far.
    """
    measure = DISTANCES[options.distance](target.samples, renderer.sample_rate)
    level = _rms(target.samples) if options.level == "match" else None

    def distance(values: Floats) -> float:
        try:
            sound = renderer.chunk(values, target.chunk)
        except NotFiniteError:
            return math.inf
        return measure(sound if level is None else at_level(sound, level))

    return distance


def audio_errors(target: Array, sound: Array, sample_rate: float) -> dict[str, float]:
    """Return all distances of a sound from a target, by the names that tables and reports have."""
    return {name: DISTANCES[kind](target, sample_rate)(sound) for name, kind in AUDIO_ERRORS.items()}


def patch_errors(renderer: PatchRenderer, values: Floats, target: TargetSound) -> dict[str, float]:
    """Return all distances of a patch's sound from a target; infinite where the sound is not finite."""
    try:
        sound = renderer.chunk(values, target.chunk)
    except NotFiniteError:
        return dict.fromkeys(AUDIO_ERRORS, math.inf)
    return audio_errors(target.samples, sound, renderer.sample_rate)


def at_level(sound: Array, rms: float) -> Array:
    """Return a sound scaled to a root mean square; a silent one as it is."""
    own = _rms(sound)
    return sound if own == 0 else sound * np.float32(rms / own)


def _rms(samples: Array) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
