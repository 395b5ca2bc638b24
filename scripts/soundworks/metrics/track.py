"""The course of a sound's pitch, level and spectral centroid, by short frames."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, signal

from soundworks.metrics.controls import SILENCE_DB
from soundworks.metrics.pitch import LOWEST_HZ, frame_pitches, frame_samples

Floats = NDArray[np.float64]

#: Seconds from a frame to the next.
HOP_S = 0.0025
#: Length of the frames of level and centroid, in seconds. Pitch takes two periods of the lowest one.
LEVEL_S, CENTROID_S = 0.025, 0.03
#: Aperiodicity from which a frame has no pitch, and the power, re full scale squared, up to which it has no centroid.
_APERIODIC, _SILENT = 0.4, 1e-12
#: Frames that are looked at at a time.
_BLOCK = 512


class Track(NamedTuple):
    """Values at the times of the frames' middles, in seconds, both of shape (n_frames,); NaN where there is none."""

    times_s: Floats
    values: Floats


def pitch_track(sound: ArrayLike, sample_rate: float, *, lowest_hz: float = LOWEST_HZ) -> Track:
    """Return the pitch in Hz of frames of two periods of `lowest_hz`, as `pitch.estimate_pitch` finds it."""

    def pitches(frames: Floats) -> Floats:
        frequencies_hz, aperiodicity = frame_pitches(frames, sample_rate)
        audible = np.square(frames).mean(axis=1) > _SILENT
        return np.where(audible & (aperiodicity < _APERIODIC), frequencies_hz, np.nan)

    return _tracked(sound, sample_rate, frame_samples(sample_rate, lowest_hz), pitches)


def level_track(sound: ArrayLike, sample_rate: float) -> Track:
    """Return the level in dB re a full-scale sine, by power under a Hann window of 25 ms; at least -120."""
    window = signal.get_window("hann", max(3, round(LEVEL_S * sample_rate)))
    weights = window / window.sum()
    least = 10.0 ** (SILENCE_DB / 10)

    def levels(frames: Floats) -> Floats:
        return np.asarray(10.0 * np.log10(np.maximum(2.0 * (np.square(frames) * weights).sum(axis=1), least)))

    return _tracked(sound, sample_rate, window.size, levels)


def centroid_track(sound: ArrayLike, sample_rate: float) -> Track:
    """Return the mean frequency by power in Hz, under a Hann window of 30 ms; NaN for silence."""
    window = signal.get_window("hann", max(3, round(CENTROID_S * sample_rate)))
    return _tracked(sound, sample_rate, window.size, lambda frames: _centroids(frames * window, sample_rate))


def centroid_hz(sound: ArrayLike, sample_rate: float) -> float:
    """Return the mean frequency of a sound by power, its spectral centroid, in Hz: of one frame; NaN for silence.

    Unlike the mean by amplitude it is moved little by soft noise over all frequencies.
    """
    samples = np.asarray(sound, np.float64)
    window = signal.get_window("hann", samples.size)
    return float(_centroids((samples * window)[np.newaxis], sample_rate)[0])


def _centroids(frames: Floats, sample_rate: float) -> Floats:
    n_fft = fft.next_fast_len(frames.shape[1], real=True)
    power = np.square(np.abs(fft.rfft(frames, n_fft, axis=1)))
    total = power.sum(axis=1)
    audible = total > _SILENT * n_fft
    moment = (power * fft.rfftfreq(n_fft, 1.0 / sample_rate)).sum(axis=1)
    return np.divide(moment, total, out=np.full(len(frames), math.nan), where=audible)


def _tracked(sound: ArrayLike, sample_rate: float, frame_length: int, measured: Callable[[Floats], Floats]) -> Track:
    """Return what is measured in frames every `HOP_S`, a block of them at a time; none reaches past the ends."""
    samples = np.asarray(sound, np.float64)
    if samples.ndim != 1 or samples.size < frame_length:
        raise ValueError(f"found a sound of shape {samples.shape}, expected at least {frame_length} samples")
    hop = max(1, round(HOP_S * sample_rate))
    frames = np.lib.stride_tricks.sliding_window_view(samples, frame_length)[::hop]
    blocks = [measured(frames[first : first + _BLOCK]) for first in range(0, len(frames), _BLOCK)]
    times_s = np.asarray((np.arange(len(frames)) * hop + 0.5 * frame_length) / sample_rate, np.float64)
    return Track(times_s, np.concatenate(blocks))
