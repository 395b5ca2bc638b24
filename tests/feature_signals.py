"""Sounds for tests of features, each of them with something that a spectrum must get right."""

from __future__ import annotations

import numpy as np

from soundworks.features.spectrum import Array


def chirp(n_samples: int, sample_rate: float) -> Array:
    """Return a sweep over four octaves with a decay of 60 dB, over faint noise."""
    time_s = np.arange(n_samples) / sample_rate
    duration_s = n_samples / sample_rate
    phase = 2 * np.pi * 100 * duration_s / np.log(16) * (16 ** (time_s / duration_s) - 1)
    noise = np.random.default_rng(1).standard_normal(n_samples)
    return (0.8 * np.sin(phase) * 10 ** (-3 * time_s / duration_s) + 1e-4 * noise).astype(np.float32)


def noise(n_samples: int, sample_rate: float) -> Array:
    """Return noise with a click at each end."""
    sound = 0.1 * np.random.default_rng(2).standard_normal(n_samples)
    sound[[0, -1]] = 0.9
    return sound.astype(np.float32)


def sine(frequency_hz: float, sample_rate: float, n_samples: int, amplitude: float = 1.0) -> Array:
    """Return a sine."""
    return (amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(n_samples) / sample_rate)).astype(np.float32)
