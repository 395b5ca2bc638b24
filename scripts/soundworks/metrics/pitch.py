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
#: A dip this much above the deepest may still be the first to count: in noise, those at multiples of the period are as
#: deep as that at the period itself.
_SLACK = 0.05
#: Confidence below which a sound is told to have no pitch.
LEAST_CONFIDENCE = 0.5
#: Lags a sample at which periods are sought.
_FINER = 4
#: Frames softer than the loudest by more than this many dB are left out.
_RANGE_DB = 30.0


class Pitch(NamedTuple):
    """A frequency in Hz, NaN where there is none, and the confidence in [0, 1]."""

    hz: float
    confidence: float


def estimate_pitch(sound: ArrayLike, sample_rate: float) -> Pitch:
    """Return the pitch of a sound: the median over frames, weighted by their power and by how periodic they are.

    YIN by A. de Cheveigné, H. Kawahara: "YIN, a fundamental frequency estimator for speech and music", JASA 111 (4),
    2002, without its last step; in noise, the first dip that is about as deep as the deepest counts. Each frame has an
    aperiodicity, YIN's normalised difference d' at the period, of 0 for a steady tone and about 1 for noise; the
    confidence is 1 less its average by power.

    Parameters
    ----------
    sound : array_like, shape (n_samples,)
    sample_rate : float
        In Hz.
    """
    samples = np.asarray(sound, dtype=np.float64)
    longest, length = int(sample_rate / LOWEST_HZ), frame_samples(sample_rate, LOWEST_HZ)
    if samples.size < length:
        samples = np.pad(samples, (0, length - samples.size))
    frames = np.lib.stride_tricks.sliding_window_view(samples, length)[::longest]
    power = np.square(frames[:, :longest]).mean(axis=1)  # of what lags are summed over: before an onset there is none
    loud = power > max(power.max() * 10 ** (-_RANGE_DB / 10), 1e-12)
    if not loud.any():
        return Pitch(np.nan, 0.0)
    frequencies_hz, aperiodicity = frame_pitches(frames[loud], sample_rate)
    confidence = 1.0 - float(np.average(np.clip(aperiodicity, 0.0, 1.0), weights=power[loud]))
    if confidence < LEAST_CONFIDENCE:
        return Pitch(np.nan, confidence)
    weights = power[loud] * np.maximum(1.0 - aperiodicity, 0.0)
    return Pitch(float(_weighted_median(frequencies_hz, weights)), confidence)


def frame_samples(sample_rate: float, lowest_hz: float) -> int:
    """Return how many samples a frame must have for pitches down to `lowest_hz`: two periods, and two samples."""
    return 2 * int(sample_rate / lowest_hz) + 2


def frame_pitches(frames: Floats, sample_rate: float) -> tuple[Floats, Floats]:
    """Return the pitch in Hz and the aperiodicity of each frame, shape (n_frames,), whether there is a pitch or not.

    Parameters
    ----------
    frames : ndarray, shape (n_frames, n_samples)
        Of as many samples as `frame_samples` says.
    sample_rate : float
        In Hz.
    """
    shortest = max(2, int(sample_rate / min(HIGHEST_HZ, sample_rate / 4)))
    differences = _normalised_difference(frames, frames.shape[1] // 2 - 1)
    lags, aperiodicity = _dips(differences, shortest * _FINER)
    return sample_rate * _FINER / lags, aperiodicity


def _normalised_difference(frames: Floats, longest: int) -> Floats:
    """Return YIN's cumulative mean normalised difference, shape (n_frames, n_lags), for lags from 0 to `longest` + 1.

    The sums are over `longest` samples, at every lag the same number. Lags are a part of a sample apart, for between
    samples the difference of a bright or a high tone at its period can be far from 0.
    """
    n_fft = fft.next_fast_len(frames.shape[1] + longest, real=True)
    spectra = fft.rfft(frames, n_fft, axis=1)
    spectra *= fft.rfft(frames[:, :longest], n_fft, axis=1).conj()
    n_lags = _FINER * (longest + 1) + 1
    products = _FINER * fft.irfft(spectra, _FINER * n_fft, axis=1)[:, :n_lags]
    sums = np.cumsum(np.pad(np.square(frames), ((0, 0), (1, 0))), axis=1)
    energies = sums[:, longest : 2 * longest + 2] - sums[:, : longest + 2]
    between = np.repeat(energies, _FINER, axis=1)[:, :n_lags]
    for part in range(1, _FINER):
        share = part / _FINER
        between[:, part::_FINER] = (1 - share) * energies[:, :-1] + share * energies[:, 1:]
    differences = np.maximum(energies[:, :1] + between - 2.0 * products, 0.0)
    differences[:, 0] = 0.0
    means = np.cumsum(differences, axis=1) / np.maximum(np.arange(n_lags), 1)
    normalised = np.divide(differences, means, out=np.ones_like(differences), where=means > 1e-9 * sums[:, -1:])
    normalised[:, 0] = 1.0
    return normalised


def _dips(differences: Floats, first: int) -> tuple[Floats, Floats]:
    """Return the place and the depth of each frame's dip, from lag `first` on, by parabolas through low points."""
    before, at, after = differences[:, first - 1 : -2], differences[:, first:-1], differences[:, first + 1 :]
    is_dip = (at <= before) & (at < after)
    slope, curvature = 0.5 * (before - after), before - 2.0 * at + after
    offsets = np.divide(slope, curvature, out=np.zeros_like(at), where=is_dip & (curvature > 1e-12))
    depths = np.maximum(at - 0.5 * slope * offsets, 0.0)
    good = is_dip & (depths < np.maximum(THRESHOLD, depths.min(axis=1, keepdims=True) + _SLACK))
    chosen = np.where(good.any(axis=1), good.argmax(axis=1), depths.argmin(axis=1))
    rows = np.arange(len(chosen))
    return first + chosen + offsets[rows, chosen], depths[rows, chosen]


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(sums, 0.5 * sums[-1])])
