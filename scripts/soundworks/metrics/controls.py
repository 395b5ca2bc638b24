"""What a sound's controls seem to be: event rate and irregularity, centre frequency, pitch, and level.

Sounds of a parametric data set are made from such values, so they can be read back from real sounds, to see how well
that works, and then from generated ones.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from soundworks.metrics.events import onset_times
from soundworks.metrics.pitch import estimate_pitch

Floats = NDArray[np.float64]

#: Name → unit of what is estimated.
CONTROLS = {
    "event_rate": "events/s",
    "irregularity": "mean intervals",
    "centre_frequency": "Hz",
    "pitch": "Hz",
    "pitch_confidence": "",
    "level": "dB re a full-scale sine",
}
#: Level of silence, in dB re a full-scale sine: the lowest that is told.
SILENCE_DB = -120.0
#: Level up to which a sound has no centre frequency, in dB re a full-scale sine.
_INAUDIBLE_DB = -90.0
_LEAST_EVENTS = 4


def estimate_controls(sounds: ArrayLike, sample_rate: float) -> dict[str, Floats]:
    """Return an array of shape (n,) for each name in `CONTROLS`; NaN where a sound has no such thing.

    Parameters
    ----------
    sounds : array_like, shape (n, n_samples)
        In [-1, 1].
    sample_rate : float
        In Hz.

    Returns
    -------
    controls : dict of str to ndarray
        `event_rate`: events a second, see `events.onset_times`; 0 for a steady sound and for silence.
        `irregularity`: standard deviation of the intervals between events in mean intervals, the unit of our synths'
        `irreg_exp` times √2; NaN for fewer than four events.
        `centre_frequency`: see `centre_frequency_hz`; NaN for silence.
        `pitch` and `pitch_confidence`: see `pitch.estimate_pitch`; a pitch is NaN below a confidence of 0.5.
        `level`: see `level_db`.
    """
    array = np.asarray(sounds, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"found an array of shape {array.shape}, expected (n, n_samples)")
    rows = [_controls(sound, float(sample_rate)) for sound in array]
    return {name: np.array([row[index] for row in rows]) for index, name in enumerate(CONTROLS)}


def _controls(sound: Floats, sample_rate: float) -> tuple[float, ...]:
    times_s = onset_times(sound, sample_rate)
    rate = times_s.size * sample_rate / sound.size
    pitch = estimate_pitch(sound, sample_rate)
    centre = centre_frequency_hz(sound, sample_rate)
    return rate, _irregularity(times_s), centre, pitch.hz, pitch.confidence, level_db(sound)


def level_db(sound: Floats) -> float:
    """Return the RMS of a sound in dB re a full-scale sine, whose RMS is 0.707; at least `SILENCE_DB`."""
    power = 2.0 * float(np.square(sound).mean())
    return max(SILENCE_DB, 10.0 * math.log10(power)) if power > 0 else SILENCE_DB


def centre_frequency_hz(sound: Floats, sample_rate: float) -> float:
    """Return the frequency that halves a sound's power, in Hz; NaN for silence.

    The median, unlike the mean (the spectral centroid), is that of the resonance for a resonance with wide skirts, and
    noise 20 dB below moves it by little.
    """
    if level_db(sound) <= _INAUDIBLE_DB:
        return math.nan
    power = np.square(np.abs(fft.rfft(sound)))
    power[1:-1] *= 2.0
    sums = np.cumsum(power)
    index = int(np.searchsorted(sums, 0.5 * sums[-1]))
    before = sums[index - 1] if index else 0.0
    share = (0.5 * sums[-1] - before) / power[index]  # of the bin, which reaches half a step to both sides
    return float(np.clip((index - 0.5 + share) * sample_rate / sound.size, 0.0, sample_rate / 2))


def _irregularity(times_s: Floats) -> float:
    if times_s.size < _LEAST_EVENTS:
        return math.nan
    intervals = np.diff(times_s)
    return float(intervals.std(ddof=1) / intervals.mean())
