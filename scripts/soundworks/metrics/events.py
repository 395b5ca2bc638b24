"""When events begin in a sound, by the level of its envelope."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

Floats = NDArray[np.float64]

#: Steps of the envelope a second, and the standard deviation of the Gaussian that smooths it, in seconds.
_STEPS_HZ, _SMOOTHING_S = 1000.0, 0.003
#: Rise and fall, in dB, that make an event; smaller ones belong to what is sounding.
RISE_DB = 3.0
#: Peaks softer than the loudest by more than this many dB are no events; the envelope ends that much below them again.
RANGE_DB = 25.0
#: Level of the loudest peak, in dB re full scale squared, below which a sound is silent.
SILENT_DB = -90.0


def onset_times(sound: ArrayLike, sample_rate: float) -> Floats:
    """Return the times of a sound's events in seconds, rising: those of the envelope's peaks.

    The envelope is the power in steps of 1 ms, smoothed over 3 ms (standard deviation), in dB. An event is where it
    rises by 3 dB above its lowest point since the event before, and is over when it has fallen by 3 dB from its peak.
    What sounds from the start is no event, for it may have begun before. Events that are less than about 10 ms apart
    are one; sounds of one period in 15 ms or more are trains of events.

    Parameters
    ----------
    sound : array_like, shape (n_samples,)
    sample_rate : float
        In Hz.
    """
    levels_db, steps_hz = envelope_db(sound, sample_rate)
    highest = levels_db.max()
    if highest < SILENT_DB:
        return np.empty(0)
    floored = np.maximum(levels_db, highest - RANGE_DB - RISE_DB - 10.0)
    peaks = _risen_peaks(floored.tolist())
    return np.array([(peak + 0.5) / steps_hz for peak in peaks if floored[peak] >= highest - RANGE_DB])


def envelope_db(sound: ArrayLike, sample_rate: float) -> tuple[Floats, float]:
    """Return the envelope of a sound in dB re full scale squared, at least -120, and its steps a second."""
    samples = np.asarray(sound, dtype=np.float64)
    step = max(1, round(sample_rate / _STEPS_HZ))
    padded = np.pad(np.square(samples), (0, -samples.size % step))
    counts = np.full(padded.size // step, float(step))
    counts[-1] = step - (padded.size - samples.size)
    power = padded.reshape(-1, step).sum(axis=1) / counts
    smooth = ndimage.gaussian_filter1d(power, _SMOOTHING_S * sample_rate / step, mode="nearest")
    return 10.0 * np.log10(np.maximum(smooth, 1e-12)), sample_rate / step


def _risen_peaks(levels_db: list[float]) -> list[int]:
    """Return where the levels peak between rises and falls of at least `RISE_DB`."""
    peaks: list[int] = []
    lowest, peak, rising = levels_db[0], 0, False
    for index, level in enumerate(levels_db):
        if rising:
            if level > levels_db[peak]:
                peak = index
            elif level < levels_db[peak] - RISE_DB:
                peaks.append(peak)
                lowest, rising = level, False
        elif level > lowest + RISE_DB:
            peak, rising = index, True
        else:
            lowest = min(lowest, level)
    return [*peaks, peak] if rising else peaks
