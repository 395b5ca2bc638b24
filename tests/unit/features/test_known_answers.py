"""Features of sounds whose spectrum is known in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from feature_signals import chirp, noise, sine
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.config.features import FEATURES, feature_options
from soundworks.features import cqt, log_stft, melspectrogram, mfcc
from soundworks.features.extractor import Extractor

SAMPLE_RATE = 16000


def frequencies(feature: str) -> list[float]:
    """Return the frequencies of a feature's rows, in Hz, from the top of the image down."""
    axes = Extractor(feature_options(feature, SAMPLE_RATE), SAMPLE_RATE).axes(SAMPLE_RATE)
    values: list[float] = axes[0]["values"]
    return values


@pytest.mark.parametrize("f0_hz", [220.0, 1000.0, 3520.0])
@pytest.mark.parametrize("feature", ["melspectrogram", "log_stft", "cqt"])
def test_a_tone_peaks_in_the_band_nearest_to_it_and_low_bands_are_at_the_bottom(feature: str, f0_hz: float) -> None:
    samples = sine(f0_hz, SAMPLE_RATE, SAMPLE_RATE)
    function = {"melspectrogram": melspectrogram, "log_stft": log_stft, "cqt": cqt}[feature]

    image = function(samples, SAMPLE_RATE)
    rows = np.array(frequencies(feature))

    assert (np.diff(rows) < 0).all()
    middle = image[:, image.shape[1] // 2, 0]
    assert middle.argmax() == np.abs(np.log(np.maximum(rows, 1) / f0_hz)).argmin()
    assert middle.max() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("feature", ["melspectrogram", "log_stft", "cqt"])
def test_silence_is_at_the_lower_end_everywhere(feature: str) -> None:
    for scaler, value in (("top_db", 0.0), ("none", -80.0)):
        extractor = Extractor(feature_options(feature, SAMPLE_RATE, scaler=scaler), SAMPLE_RATE)

        assert np.unique(extractor.extract(np.zeros(4000))).tolist() == [value]


def test_the_mfccs_of_silence_are_those_of_100_db_below_power_1() -> None:
    coefficients = mfcc(np.zeros(4000), SAMPLE_RATE)

    assert coefficients[:, 0] == pytest.approx(-100 * np.sqrt(128))
    assert coefficients[:, 1:] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("gain", [0.5, 0.01])
def test_a_gain_moves_the_first_mfcc_alone(gain: float) -> None:
    samples = noise(8000, SAMPLE_RATE)

    difference = mfcc(gain * samples, SAMPLE_RATE) - mfcc(samples, SAMPLE_RATE)

    assert difference[:, 0] == pytest.approx(20 * np.log10(gain) * np.sqrt(128), rel=1e-4)
    assert difference[:, 1:] == pytest.approx(0, abs=1e-2)


@pytest.mark.parametrize("feature", ["melspectrogram", "log_stft", "cqt"])
def test_a_gain_is_seen_with_the_reference_full_scale_only(feature: str) -> None:
    samples = noise(8000, SAMPLE_RATE)
    own, absolute = (
        Extractor(feature_options(feature, SAMPLE_RATE, reference=reference, scaler="none", top_db=120), SAMPLE_RATE)
        for reference in ("max", "full_scale")
    )

    assert own.extract(0.5 * samples) == pytest.approx(own.extract(samples), abs=1e-3)
    assert absolute.extract(0.5 * samples) - absolute.extract(samples) == pytest.approx(-6.0206, abs=1e-3)


def test_a_sine_of_full_scale_at_a_bins_centre_has_0_db() -> None:
    f0_hz = 64 * SAMPLE_RATE / 2048
    options = {"reference": "full_scale", "scaler": "none"}

    levels = log_stft(sine(f0_hz, SAMPLE_RATE, SAMPLE_RATE), SAMPLE_RATE, **options)

    assert levels[1024 - 64, 10, 0] == pytest.approx(0, abs=1e-3)
    assert levels[1024 - 65, 10, 0] == pytest.approx(20 * np.log10(0.5), abs=1e-3)  # the Hann window's own spectrum
    assert levels[1024 - 80, 10, 0] == -80


@pytest.mark.parametrize("options", [{}, {"n_fft": 512, "n_mels": 30}, {"win_length": 800, "window": "blackman"}])
def test_the_loudest_sine_of_full_scale_has_0_db_in_the_mel_spectrum(options: dict[str, Any]) -> None:
    extractor = Extractor(
        feature_options("melspectrogram", SAMPLE_RATE, reference="full_scale", **options), SAMPLE_RATE
    )
    n_fft = options.get("n_fft", 2048)
    bins_hz = np.arange(2, 150) * SAMPLE_RATE / n_fft

    loudest = max(float(extractor.spectrum.power(sine(f0_hz, SAMPLE_RATE, 4 * n_fft)).max()) for f0_hz in bins_hz)

    assert 10 * np.log10(loudest / extractor.spectrum.full_scale) == pytest.approx(0, abs=0.01)


def test_the_loudest_sine_of_full_scale_has_0_db_in_the_constant_q_spectrum() -> None:
    extractor = Extractor(feature_options("cqt", SAMPLE_RATE, reference="full_scale"), SAMPLE_RATE)

    f0_hz = float(extractor.spectrum.frequencies_hz[0])
    power = extractor.spectrum.power(sine(f0_hz, SAMPLE_RATE, 2 * SAMPLE_RATE))[:, 31]

    assert power.argmax() == 0
    assert 10 * np.log10(power.max() / extractor.spectrum.full_scale) == pytest.approx(0, abs=0.1)


def test_a_click_is_equally_loud_at_all_frequencies() -> None:
    samples = np.zeros(4096)
    samples[2048] = 0.7

    levels = log_stft(samples, SAMPLE_RATE, scaler="none")[:, 4, 0]

    assert np.ptp(levels) < 1e-4


def test_axes_are_in_the_order_that_the_options_ask_for() -> None:
    samples = chirp(8000, SAMPLE_RATE)
    image = melspectrogram(samples, SAMPLE_RATE)

    assert image.shape == (128, 16, 1)
    assert np.array_equal(melspectrogram(samples, SAMPLE_RATE, flip=False), image[::-1])
    assert np.array_equal(melspectrogram(samples, SAMPLE_RATE, channel_axis=False), image[..., 0])
    assert np.array_equal(melspectrogram(samples, SAMPLE_RATE, time_major=True), image.transpose(1, 0, 2))
    coefficients = mfcc(samples, SAMPLE_RATE)
    assert coefficients.shape == (16, 13)
    assert np.array_equal(
        mfcc(samples, SAMPLE_RATE, time_major=False, channel_axis=True), coefficients.T[..., np.newaxis]
    )


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("n_samples", [1, 511, 512, 513, 2048, 7001])
def test_the_shape_is_known_beforehand_and_frames_are_a_hop_apart(feature: str, n_samples: int) -> None:
    extractor = Extractor(feature_options(feature, SAMPLE_RATE), SAMPLE_RATE)

    found = extractor.extract(noise(n_samples, SAMPLE_RATE))

    assert found.shape == extractor.shape(n_samples)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    times = next(axis for axis in extractor.axes(n_samples) if axis["name"] == "time")
    assert times["values"] == pytest.approx([frame * 0.032 for frame in range(1 + n_samples // 512)])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3000), st.integers(0, 2**32 - 1), st.floats(1e-9, 1e3))
def test_images_are_finite_and_in_0_to_1(n_samples: int, seed: int, amplitude: float) -> None:
    samples = amplitude * np.random.default_rng(seed).standard_normal(n_samples)

    for function in (melspectrogram, log_stft, cqt):
        image = function(samples, SAMPLE_RATE)
        assert image.min() >= 0
        assert image.max() <= 1
        assert amplitude < 1e-3 or image.max() > 0.999
    assert np.isfinite(mfcc(samples, SAMPLE_RATE)).all()
