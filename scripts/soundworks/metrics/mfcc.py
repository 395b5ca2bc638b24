"""Distance of mel-frequency cepstra, as spiegelib evaluates sound matching."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from soundworks.config.features import feature_options
from soundworks.features.extractor import Extractor
from soundworks.metrics.signals import as_signal

#: The published setting: spiegelib's MFCCEval takes the defaults of its MFCC feature, which are librosa's.
N_MFCC, N_FFT, HOP_LENGTH = 20, 2048, 512


class MfccDistance:
    """Mean absolute error between the MFCCs of a candidate and of a target.

    Defined as in spiegelib 0.0.4 (J. Shier, G. Tzanetakis, K. McNally: "SpiegeLib: An automatic synthesizer programming
    library", AES Convention 148, 2020): librosa's MFCCs (128 Slaney mel bands from 0 to half the sample rate, power in
    dB re 1 and at most 80 dB below the loudest band, orthonormal DCT-II), neither scaled nor liftered, and the mean of
    |target - candidate| over all coefficients and frames. spiegelib's evaluator has 20 coefficients at a hop of 512
    samples; the fitness of its genetic algorithm has 13 at a hop of 1024, which reads higher, for low coefficients are
    the larger ones. Frames at the ends see zeros beyond the signal, as in librosa since 0.9; before, its mirror.

    Parameters
    ----------
    target : array_like, shape (n_samples,)
    sample_rate : float
        In Hz; published figures are at 44100.
    n_mfcc : int
        Number of coefficients, from c0 on.
    hop_length : int
        Samples between frames.
    """

    def __init__(
        self, target: ArrayLike, sample_rate: float, *, n_mfcc: int = N_MFCC, hop_length: int = HOP_LENGTH
    ) -> None:
        options = feature_options(
            "mfcc", sample_rate, n_mfcc=n_mfcc, n_fft=N_FFT, hop_length=hop_length, fmin=0, fmax=sample_rate / 2,
            scaler="none",
        )  # fmt: skip
        signal = as_signal(target)
        self.n_samples = signal.size
        self.extractor = Extractor(options, sample_rate)
        self.target = self.extractor.extract(signal)

    def __call__(self, candidate: ArrayLike) -> float:
        """Return the distance of a signal of the target's length, in dB times the DCT's gain."""
        found = self.extractor.extract(as_signal(candidate, self.n_samples))
        return float(np.abs(found - self.target).mean())


def mfcc_mae(
    target: ArrayLike, candidate: ArrayLike, sample_rate: float, *, n_mfcc: int = N_MFCC, hop_length: int = HOP_LENGTH
) -> float:
    """Return the MFCC mean absolute error of a candidate; see `MfccDistance`."""
    return MfccDistance(target, sample_rate, n_mfcc=n_mfcc, hop_length=hop_length)(candidate)
