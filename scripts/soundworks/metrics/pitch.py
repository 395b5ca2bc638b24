"""The pitch of sounds, and how far it is to be trusted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

Floats = NDArray[np.float64]

#: Frequencies that are looked for; the highest is a quarter of the sample rate where that is lower.
LOWEST_HZ, HIGHEST_HZ = 40.0, 4000.0
#: Aperiodicity below which the first dip counts as the period, as in the paper.
THRESHOLD = 0.1
#: Confidence below which a sound is told to have no pitch.
LEAST_CONFIDENCE = 0.5
#: Frames softer than the loudest by more than this many dB are left out.
_RANGE_DB = 30.0


class Pitch(NamedTuple):
    """A frequency in Hz, NaN where there is none, and the confidence in [0, 1]."""

    hz: float
    confidence: float


def estimate_pitch(sound: ArrayLike, sample_rate: float) -> Pitch:
    """Return the pitch of a sound: the median over frames, weighted by their power and by how periodic they are.

    YIN by A. de Cheveigné, H. Kawahara: "YIN, a fundamental frequency estimator for speech and music", JASA 111 (4),
    2002, without its last step. Each frame has an aperiodicity, YIN's normalised difference d' at the period, of 0 for
    a steady tone and about 1 for noise; the confidence is 1 less its average by power.

    Parameters
    ----------
    sound : array_like, shape (n_samples,)
    sample_rate : float
        In Hz.
    """
    samples = np.asarray(sound, dtype=np.float64)
    longest = int(sample_rate / LOWEST_HZ)
    shortest = max(2, int(sample_rate / min(HIGHEST_HZ, sample_rate / 4)))
    if samples.size < 2 * longest + 2:
        samples = np.pad(samples, (0, 2 * longest + 2 - samples.size))
    frames = np.lib.stride_tricks.sliding_window_view(samples, 2 * longest + 2)[::longest]
    power = np.square(frames).mean(axis=1)
    loud = power > max(power.max() * 10 ** (-_RANGE_DB / 10), 1e-12)
    if not loud.any():
        return Pitch(np.nan, 0.0)
    periods, aperiodicity = _periods(_normalised_difference(frames[loud], longest), shortest)
    confidence = 1.0 - float(np.average(np.clip(aperiodicity, 0.0, 1.0), weights=power[loud]))
    if confidence < LEAST_CONFIDENCE:
        return Pitch(np.nan, confidence)
    weights = power[loud] * np.maximum(1.0 - aperiodicity, 0.0)
    return Pitch(float(_weighted_median(sample_rate / periods, weights)), confidence)


def _normalised_difference(frames: Floats, longest: int) -> Floats:
    """Return YIN's cumulative mean normalised difference, shape (n_frames, longest + 2), for lags from 0 on.

    The sums are over `longest` samples, at every lag the same number.
    """
    n_fft = fft.next_fast_len(frames.shape[1] + longest, real=True)
    spectra = fft.rfft(frames, n_fft, axis=1)
    heads = fft.rfft(frames[:, :longest], n_fft, axis=1)
    products = fft.irfft(spectra * heads.conj(), n_fft, axis=1)[:, : longest + 2]
    sums = np.cumsum(np.pad(np.square(frames), ((0, 0), (1, 0))), axis=1)
    energies = sums[:, longest : 2 * longest + 2] - sums[:, : longest + 2]
    differences = np.maximum(energies[:, :1] + energies - 2.0 * products, 0.0)
    differences[:, 0] = 0.0
    means = np.cumsum(differences, axis=1) / np.maximum(np.arange(longest + 2), 1)
    normalised = np.divide(differences, means, out=np.ones_like(differences), where=means > 1e-12 * energies[:, :1])
    normalised[:, 0] = 1.0
    return normalised


def _periods(differences: Floats, shortest: int) -> tuple[Floats, Floats]:
    """Return the period in samples and the aperiodicity of each frame."""
    inner = differences[:, shortest:-1]
    is_dip = (inner <= differences[:, shortest - 1 : -2]) & (inner < differences[:, shortest + 1 :])
    good = is_dip & (inner < THRESHOLD)
    lags = np.where(good.any(axis=1), good.argmax(axis=1), inner.argmin(axis=1)) + shortest
    rows = np.arange(len(lags))
    before, at, after = (differences[rows, lags + offset] for offset in (-1, 0, 1))
    curvature = before - 2.0 * at + after
    offsets = np.divide(0.5 * (before - after), curvature, out=np.zeros(len(lags)), where=curvature > 1e-12)
    offsets = np.clip(offsets, -1.0, 1.0)
    return lags + offsets, np.maximum(at - 0.25 * (before - after) * offsets, 0.0)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(sums, 0.5 * sums[-1])])
