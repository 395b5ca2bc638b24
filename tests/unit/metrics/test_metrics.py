"""Known answers of the distances between sounds."""

import math

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.metrics import (
    DISTANCES,
    LogSpectralDistance,
    MfccDistance,
    MultiResolutionDistance,
    log_spectral_distance_db,
    mfcc_mae,
    multi_resolution_stft,
)

RATE = 44100


def noise(n_samples: int = RATE // 4, level: float = 0.1, seed: int = 1) -> np.ndarray:
    """White noise: far above every floor at every frequency."""
    return level * np.random.default_rng(seed).standard_normal(n_samples)


def tone(frequency_hz: float, n_samples: int = RATE // 4) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(n_samples) / RATE)


@pytest.mark.parametrize("name", DISTANCES)
def test_a_sound_is_at_no_distance_from_itself(name):
    assert DISTANCES[name](noise(), RATE)(noise()) == 0.0


@pytest.mark.parametrize("name", DISTANCES)
def test_silence_is_at_a_finite_distance_either_way(name):
    silence = np.zeros(RATE // 4)
    there, back = DISTANCES[name](noise(), RATE)(silence), DISTANCES[name](silence, RATE)(noise())
    assert 0 < there < math.inf
    assert 0 < back < math.inf
    assert DISTANCES[name](silence, RATE)(silence) == 0.0


@pytest.mark.parametrize("name", DISTANCES)
def test_more_of_another_sound_is_farther(name):
    distance = DISTANCES[name](tone(440), RATE)
    found = [distance(tone(440) + noise(level=level)) for level in (1e-4, 1e-3, 1e-2, 1e-1)]
    assert found == sorted(found)
    assert found[0] > 0


@settings(max_examples=20, deadline=None)
@given(gain_db=st.floats(-30, 10))
def test_a_gain_moves_the_first_coefficient_alone(gain_db):
    # A constant c in all 128 bands is c·√128 in c0 after an orthonormal DCT, and nothing in the other 19.
    louder = noise() * 10 ** (gain_db / 20)
    assert mfcc_mae(noise(), louder, RATE) == pytest.approx(abs(gain_db) * math.sqrt(128) / 20, abs=2e-4)
    assert mfcc_mae(noise(), louder, RATE, n_mfcc=1) == pytest.approx(abs(gain_db) * math.sqrt(128), abs=2e-3)


@settings(max_examples=20, deadline=None)
@given(gain_db=st.floats(-10, 10))
def test_a_gain_is_its_decibels(gain_db):
    louder = noise() * 10 ** (gain_db / 20)
    assert log_spectral_distance_db(noise(), louder, RATE) == pytest.approx(abs(gain_db), abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(gain=st.floats(0.1, 3))
def test_a_gain_is_convergence_and_logarithm(gain):
    expected = abs(1 - gain) + abs(math.log(gain))
    assert multi_resolution_stft(noise(), gain * noise(), RATE) == pytest.approx(expected, abs=1e-4)


def test_silence_counts_as_the_floor():
    # One sample of 1 has the same power in all bins: that of a full-scale sine over the 512² of half the window's sum.
    level_db = -20 * math.log10(512)
    assert log_spectral_distance_db(np.ones(1), np.zeros(1), RATE) == pytest.approx(level_db + 100, abs=1e-4)


@pytest.mark.parametrize(("n_mfcc", "hop_length"), [(20, 512), (13, 1024)])
def test_mfcc_mae_is_that_of_librosa(n_mfcc, hop_length):
    first, second = noise() * np.linspace(1, 0, RATE // 4), tone(1000)
    ours = mfcc_mae(first, second, RATE, n_mfcc=n_mfcc, hop_length=hop_length)
    theirs = [
        librosa.feature.mfcc(y=sound, sr=RATE, n_mfcc=n_mfcc, n_fft=2048, hop_length=hop_length)
        for sound in (first, second)
    ]
    assert ours == pytest.approx(np.abs(theirs[0] - theirs[1]).mean(), abs=1e-3)


def test_multi_resolution_is_that_of_librosa():
    first, second = noise(), tone(1000) + noise(level=0.01, seed=2)
    expected = []
    for n_fft, hop, window in ((512, 50, 240), (1024, 120, 600), (2048, 240, 1200)):
        both = [librosa.stft(x, n_fft=n_fft, hop_length=hop, win_length=window) for x in (first, second)]
        a, b = (np.sqrt(np.maximum(np.abs(x) ** 2, 1e-7)) for x in both)
        expected.append(np.linalg.norm(a - b) / np.linalg.norm(a) + np.abs(np.log(a / b)).mean())
    assert multi_resolution_stft(first, second, RATE) == pytest.approx(np.mean(expected), rel=1e-4)


@pytest.mark.parametrize("kind", [MfccDistance, LogSpectralDistance, MultiResolutionDistance])
@pytest.mark.parametrize(
    ("samples", "sentence"),
    [(np.zeros(99), "found 99 samples, expected 100"), (np.zeros((100, 2)), "of one channel"), ([], "of one channel")],
)
def test_other_shapes_are_refused(kind, samples, sentence):
    with pytest.raises(ValueError, match=sentence):
        kind(np.ones(100), RATE)(samples)
