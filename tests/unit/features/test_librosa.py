"""Values equal librosa's to 1e-4 of full scale, over a grid of options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import librosa
import numpy as np
import pytest
from feature_signals import chirp, noise

from soundworks.config.features import feature_options
from soundworks.features.extractor import Extractor
from soundworks.features.spectrum import Array

TOLERANCE = 1e-4
RATES = [16000, 22050, 44100]
STFT = [
    {"n_fft": 2048, "hop_length": 512, "win_length": 2048, "window": "hann"},
    {"n_fft": 512, "hop_length": 128, "win_length": 512, "window": "hann"},
    {"n_fft": 512, "hop_length": 100, "win_length": 301, "window": "hamming"},
    {"n_fft": 1000, "hop_length": 250, "win_length": 1000, "window": "blackman"},
    {"n_fft": 2048, "hop_length": 3000, "win_length": 2048, "window": "hann"},
    {"n_fft": 999, "hop_length": 333, "win_length": 999, "window": "boxcar"},
]
CQT = [
    {},
    {"hop_length": 500},
    {"hop_length": 333, "n_bins": 30, "fmin": 110.0},
    {"n_bins": 50, "bins_per_octave": 24, "fmin": 220.0, "window": "hamming", "filter_scale": 0.7},
    {"hop_length": 1024, "n_bins": 13, "fmin": 55.0},
    {"hop_length": 256, "n_bins": 1, "fmin": 440.0},
]
grid = pytest.mark.parametrize("sample_rate", RATES)
sounds = pytest.mark.parametrize("sound", [chirp, noise])
# librosa warns of frames longer than the sound, and of bands that hold no bin of the transform; both are meant here.
pytestmark = pytest.mark.filterwarnings("ignore:n_fft=", "ignore:Empty filters")
Sound = Callable[[int, float], Array]


def extract(feature: str, samples: Array, sample_rate: int, options: dict[str, Any]) -> Array:
    return Extractor(feature_options(feature, sample_rate, **options), sample_rate).extract(samples)


def assert_equal_image(image: Array, decibels: Array) -> None:
    """Compare an image in [0, 1], low frequencies at the bottom, with librosa's values from -80 dB to 0 dB."""
    assert image.shape == (*decibels.shape, 1)
    assert np.abs(image[::-1, :, 0] - (decibels / 80 + 1)).max() < TOLERANCE


@grid
@sounds
@pytest.mark.parametrize("options", STFT)
def test_the_mel_spectrogram_is_librosas(sound: Sound, sample_rate: int, options: dict[str, Any]) -> None:
    samples, bands = sound(20011, sample_rate), {"n_mels": 40, "fmin": 100.0, "fmax": 7000.0}

    image = extract("melspectrogram", samples, sample_rate, options | bands)

    power = librosa.feature.melspectrogram(y=samples, sr=sample_rate, **options, **bands)
    assert_equal_image(image, librosa.power_to_db(power, ref=np.max))


@grid
@sounds
def test_the_default_mel_spectrogram_is_librosas_from_50_to_15000_hz(sound: Sound, sample_rate: int) -> None:
    samples = sound(20011, sample_rate)

    image = extract("melspectrogram", samples, sample_rate, {})

    fmax = min(15000, sample_rate / 2)
    power = librosa.feature.melspectrogram(y=samples, sr=sample_rate, n_mels=128, fmin=50, fmax=fmax)
    assert_equal_image(image, librosa.power_to_db(power, ref=np.max))


@grid
@sounds
@pytest.mark.parametrize("options", STFT)
@pytest.mark.parametrize("n_mfcc", [13, 40])
def test_mfccs_are_librosas(sound: Sound, sample_rate: int, options: dict[str, Any], n_mfcc: int) -> None:
    samples, bands = sound(20011, sample_rate), {"n_mels": 40, "fmin": 50.0, "fmax": 8000.0}

    found = extract("mfcc", samples, sample_rate, {**options, **bands, "n_mfcc": n_mfcc})

    expected = librosa.feature.mfcc(y=samples, sr=sample_rate, n_mfcc=n_mfcc, **options, **bands)
    assert found.shape == expected.T.shape
    assert np.abs(found - expected.T).max() < TOLERANCE * np.ptp(expected)


@grid
@sounds
@pytest.mark.parametrize("options", STFT)
def test_the_log_stft_is_librosas(sound: Sound, sample_rate: int, options: dict[str, Any]) -> None:
    samples = sound(20011, sample_rate)

    image = extract("log_stft", samples, sample_rate, options)

    assert_equal_image(image, librosa.amplitude_to_db(np.abs(librosa.stft(samples, **options)), ref=np.max))


@grid
@sounds
@pytest.mark.parametrize("options", CQT)
def test_the_constant_q_transform_is_librosas(sound: Sound, sample_rate: int, options: dict[str, Any]) -> None:
    samples = sound(20011, sample_rate)
    resolved = feature_options("cqt", sample_rate, **options)

    image = extract("cqt", samples, sample_rate, options)

    names = ("hop_length", "fmin", "n_bins", "bins_per_octave", "filter_scale", "window")
    arguments = {name: getattr(resolved, name) for name in names}
    assert_equal_image(
        image, librosa.amplitude_to_db(np.abs(librosa.cqt(samples, sr=sample_rate, **arguments)), ref=np.max)
    )


@pytest.mark.parametrize("n_samples", [1, 2, 500, 1023, 1024, 1025, 2049])
def test_sounds_shorter_than_a_frame_are_librosas(n_samples: int) -> None:
    samples = chirp(4000, 16000)[-n_samples:]

    image = extract("log_stft", samples, 16000, {})

    assert_equal_image(image, librosa.amplitude_to_db(np.abs(librosa.stft(samples)), ref=np.max))


@pytest.mark.parametrize("n_samples", [100, 1000, 5003])
def test_short_sounds_have_librosas_constant_q_transform(n_samples: int) -> None:
    samples = noise(n_samples, 22050)

    image = extract("cqt", samples, 22050, {})

    assert_equal_image(image, librosa.amplitude_to_db(np.abs(librosa.cqt(samples, sr=22050)), ref=np.max))


def test_levels_re_full_scale_are_librosas_re_its_power() -> None:
    samples = chirp(20011, 16000)
    options = feature_options("log_stft", 16000, reference="full_scale", scaler="none")
    extractor = Extractor(options, 16000)

    found = extractor.extract(samples)[::-1, :, 0]

    power = np.abs(librosa.stft(samples)) ** 2
    expected = librosa.power_to_db(power, ref=extractor.spectrum.full_scale, top_db=None)
    assert np.abs(found - np.clip(expected, -80, 0)).max() < TOLERANCE * 80
