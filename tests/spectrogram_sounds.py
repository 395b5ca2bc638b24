"""Sounds for tests and benchmarks of spectrograms, and how well a sound fits one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.signal import lfilter

from soundworks.features.spectrum import Array
from soundworks.spectrogram.options import SpectrogramOptions, spectrogram_options
from soundworks.spectrogram.transform import Transform
from soundworks.synths.pop import PopPatternSynth
from soundworks.synths.tone import HarmonicTone

SAMPLE_RATE = 16000
#: Spoken words that Debian's alsa-utils brings.
RECORDING = Path("/usr/share/sounds/alsa/Front_Center.wav")


def make_options(**given: Any) -> SpectrogramOptions:
    """Return options with every bin and frame, a redundancy of 4 and no iterations, where nothing else is given."""
    plain = {"bands": None, "pool": 1, "hop": 128, "refine_iterations": 0}
    return spectrogram_options({**plain, **given}, SAMPLE_RATE)


def make_transform(**given: Any) -> Transform:
    """Return a transform with every bin and frame, where nothing else is given."""
    return Transform(make_options(**given))


def pops(n_samples: int, seed: int = 0, **parameters: float) -> Array:
    """Return a texture of pops, at least one of them."""
    synth = PopPatternSynth(SAMPLE_RATE, np.random.default_rng(seed))
    for name, value in {"cf": 440.0, "rate_exp": 3.0, "irreg_exp": 0.5, **parameters}.items():
        synth.setParam(name, value)
    sound = synth.render(n_samples).astype(np.float32)
    return sound if sound.any() else pops(n_samples, seed + 1, **parameters)


def tones(n_samples: int) -> Array:
    """Return a bright tone that begins and ends softly."""
    synth = HarmonicTone(SAMPLE_RATE, np.random.default_rng(1))
    for name, value in {"pitch": 57.3, "brightness": 0.5, "level": -12.0}.items():
        synth.setParam(name, value)
    return (synth.render(n_samples) * np.hanning(n_samples)).astype(np.float32)


def speech_like(n_samples: int) -> Array:
    """Return what stands in for a recording: a voice's pulses through three resonances, syllables, and hisses."""
    rng = np.random.default_rng(2)
    times_s = np.arange(n_samples) / SAMPLE_RATE
    pitch_hz = 120 * np.exp2(0.3 * np.sin(4 * times_s) + 0.01 * rng.standard_normal(n_samples).cumsum() / 30)
    pulses = np.diff(np.floor(np.cumsum(pitch_hz) / SAMPLE_RATE), prepend=0)
    voice = pulses * (1 + 0.1 * rng.standard_normal(n_samples))
    for formant_hz in (550, 1500, 2500):
        radius, angle = np.exp(-np.pi * 80 / SAMPLE_RATE), 2 * np.pi * formant_hz / SAMPLE_RATE
        voice = lfilter([1], [1, -2 * radius * np.cos(angle), radius**2], voice)
    syllables = np.maximum(np.sin(2 * np.pi * 3 * times_s), 0) ** 0.5
    hiss = 0.05 * rng.standard_normal(n_samples) * (np.sin(2 * np.pi * 3 * times_s) < -0.8)
    return (0.5 * voice * syllables / np.abs(voice).max() + hiss).astype(np.float32)


def recorded(n_samples: int) -> tuple[str, Array]:
    """Return a recording's name and its beginning, or those of what stands in for one where none is installed."""
    if not RECORDING.exists():
        return "speech-like sound (no recording is installed)", speech_like(n_samples)
    samples, rate = soundfile.read(RECORDING, always_2d=True)
    resampled = soxr.resample(samples[:, 0], rate, SAMPLE_RATE)[:n_samples].astype(np.float32)
    return "recorded speech (alsa-utils)", np.pad(resampled, (0, n_samples - resampled.size))


def convergence_db(magnitude: Callable[[Array], NDArray[Any]], wanted: Array, sound: Array) -> float:
    """Return how far a sound's magnitudes are from those of the sound wanted: the norms' ratio, in dB."""
    goal = magnitude(wanted)
    return float(20 * np.log10(np.linalg.norm(magnitude(sound) - goal) / np.linalg.norm(goal)))


def rms_db(sound: Array) -> float:
    """Return the level of a sound, in dB re 1; that of silence is -300 dB."""
    return float(10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-30))
