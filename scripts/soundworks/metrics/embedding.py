"""Sounds as points: a few dozen numbers that say how a sound is heard, without a trained network.

Networks that such distances are usually measured in (VGGish, CLAP) come with weights from elsewhere, and are sensitive
to resampling. These numbers are those with which texture synthesis matches sounds that count as the same to listeners
(J. McDermott, E. Simoncelli: "Sound texture perception via statistics of the auditory periphery", Neuron 71, 2011):
levels and fluctuations of bands, how the spectrum's shape changes, and modulations of the bands' envelopes.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from soundworks.config.features import MelOptions, feature_options
from soundworks.features.mel import MelSpectrum

Floats = NDArray[np.float64]

#: Mel bands that are analysed, and how many neighbours are averaged, in dB, for levels and fluctuations.
N_MELS, BANDS_PER_LEVEL = 40, 2
#: Level at which a band counts as silent, in dB re a full-scale sine; levels approach it without a corner.
FLOOR_DB = -70.0
#: Cosine coefficients of the log-mel spectrum, from the first after the mean, whose change over time is told.
N_CEPSTRA = 12
#: Groups of mel bands whose envelopes are analysed, and edges of the modulation bands in Hz, an octave each.
N_GROUPS, MODULATION_EDGES_HZ = 4, (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
#: Modulation power, in dB re the squared mean of the envelope, that counts as none.
MODULATION_FLOOR_DB = -30.0
#: Length of the frames in seconds, before it is rounded to a power of two in samples; they overlap by three quarters.
_FRAME_S = 0.032

_N_LEVELS = N_MELS // BANDS_PER_LEVEL
_N_MODULATIONS = len(MODULATION_EDGES_HZ) - 1
#: Numbers of a sound.
SIZE = 2 * _N_LEVELS + N_CEPSTRA + N_GROUPS * _N_MODULATIONS


def embed(sounds: ArrayLike, sample_rate: float) -> Floats:
    """Return what `embedding_names` lists for each sound.

    All numbers are in dB, and so are their differences: Euclidean distances weight a band's level, its fluctuation and
    its modulation alike. Levels are kept, so a softer copy of a sound is at a distance from it.

    Parameters
    ----------
    sounds : array_like, shape (n, n_samples)
        In [-1, 1]; at least one sample.
    sample_rate : float
        In Hz.

    Returns
    -------
    embeddings : ndarray of float64, shape (n, SIZE)
        Finite, also for silence. A row depends on its sound alone.
    """
    array = np.asarray(sounds, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"found an array of shape {array.shape}, expected (n, n_samples)")
    analysis = _analysis(float(sample_rate))
    embeddings = np.empty((len(array), SIZE))
    for row, sound in zip(embeddings, array, strict=True):
        row[:] = analysis.embed(sound)
    return embeddings


def embedding_names() -> list[str]:
    """Return the names of an embedding's columns, bands from low to high frequencies."""
    levels = [f"{kind}_{band}" for kind in ("level", "fluctuation") for band in range(_N_LEVELS)]
    cepstra = [f"cepstrum_{order}" for order in range(1, N_CEPSTRA + 1)]
    rates = [f"{low:g}-{high:g}_hz" for low, high in pairwise(MODULATION_EDGES_HZ)]
    return levels + cepstra + [f"modulation_{group}_{rate}" for group in range(N_GROUPS) for rate in rates]


class _Analysis:
    """Embeds sounds of one sample rate.

    Attributes
    ----------
    frame_rate_hz : float
        Frames a second.
    """

    def __init__(self, sample_rate: float) -> None:
        n_fft = max(16, 2 ** round(math.log2(_FRAME_S * sample_rate)))
        options = feature_options(
            "melspectrogram", sample_rate, n_fft=n_fft, hop_length=n_fft // 4, n_mels=N_MELS, fmin=0,
            fmax=sample_rate / 2,
        )  # fmt: skip
        assert isinstance(options, MelOptions)
        self.spectrum = MelSpectrum(options, sample_rate)
        self.frame_rate_hz = sample_rate / options.hop_length
        self._scale = _scale_of_each(self.spectrum, sample_rate)

    def embed(self, sound: NDArray[np.float32]) -> Floats:
        """Return the embedding of one sound, shape (SIZE,)."""
        power = self.spectrum.power(np.ascontiguousarray(sound)) * self._scale
        levels_db = 10.0 * np.log10(power + 10.0 ** (FLOOR_DB / 10.0))  # (N_MELS, n_frames)
        wide_db = levels_db.reshape(_N_LEVELS, BANDS_PER_LEVEL, -1).mean(axis=1)
        cepstra = fft.dct(levels_db, axis=0, norm="ortho")[1 : N_CEPSTRA + 1].std(axis=1)
        cepstra *= math.sqrt(2.0 / N_MELS)  # from the transform's unit to the amplitude of a cosine over bands, in dB
        modulations = self._modulations(power.reshape(N_GROUPS, N_MELS // N_GROUPS, -1).sum(axis=1))
        return np.concatenate([wide_db.mean(axis=1), wide_db.std(axis=1), cepstra, modulations])

    def _modulations(self, power: Floats) -> Floats:
        """Return the modulation of each group's envelope by octaves, in dB re its squared mean, groups first.

        The envelope is the root of the power, on top of a floor in each band that makes silence a steady sound. Its
        periodogram is taken under Hann's window, with zeros after it, so that short sounds too have points in each
        octave. An envelope 1 + m cos(2πft) reads 10 log10(m²/2) dB in the octave of f.
        """
        silence = N_MELS / N_GROUPS * 10.0 ** (FLOOR_DB / 10.0)
        envelopes = np.sqrt(power + silence)
        means = envelopes.mean(axis=1, keepdims=True)
        n_frames = envelopes.shape[1]
        window = np.hanning(n_frames + 2)[1:-1]
        n_fft = fft.next_fast_len(max(2 * n_frames, math.ceil(4.0 * self.frame_rate_hz)), real=True)
        spectra = np.abs(fft.rfft((envelopes / means - 1.0) * window, n_fft, axis=1)) ** 2
        spectra *= 2.0 / (n_fft * np.square(window).sum())  # the sum over all bins is the variance
        edges = np.ceil(np.array(MODULATION_EDGES_HZ) * n_fft / self.frame_rate_hz).astype(int)
        octaves = np.add.reduceat(spectra, edges, axis=1)[:, :-1]
        return 10.0 * np.log10(octaves + 10.0 ** (MODULATION_FLOOR_DB / 10.0)).ravel()


def _scale_of_each(spectrum: MelSpectrum, sample_rate: float) -> Floats:
    """Return factors, shape (N_MELS, 1), to triangles of height 1 and a full-scale sine of power 1, over all bins."""
    import librosa

    edges_hz = librosa.mel_frequencies(N_MELS + 2, fmin=0.0, fmax=sample_rate / 2)
    unit_area = (edges_hz[2:] - edges_hz[:-2]) / 2.0  # a triangle of unit area, times this, has a height of 1
    sine = spectrum.n_fft * float(np.square(spectrum.window).sum()) / 4.0
    return (unit_area / sine)[:, np.newaxis]


@lru_cache(maxsize=4)
def _analysis(sample_rate: float) -> _Analysis:
    """Return the analysis for a sample rate; kept, because its filters cost more than a sound."""
    return _Analysis(sample_rate)
