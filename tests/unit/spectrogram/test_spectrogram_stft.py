"""The transform of a sound to frames and back."""

from __future__ import annotations

import numpy as np
import pytest
from feature_signals import noise, sine
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.spectrogram.stft import Stft
from soundworks.spectrogram.window import gaussian_width, gaussian_window

SAMPLE_RATE = 16000


def make(n_fft: int = 512, hop: int = 128, n_frames: int = 32, floor: float = 1e-4) -> Stft:
    return Stft(gaussian_window(n_fft, floor), hop, n_frames)


@pytest.mark.parametrize("floor", [1e-4, 0.05])
def test_the_window_is_gaussian_and_ends_at_its_floor(floor: float) -> None:
    window = gaussian_window(512, floor)

    assert window[0] == pytest.approx(floor)
    assert window[256] == 1
    assert window[1:] == pytest.approx(window[:0:-1])
    second_derivative = np.diff(np.log(window.astype(float)), 2)
    assert second_derivative == pytest.approx(-2 * np.pi / gaussian_width(512, floor), rel=0.01)


@given(n_fft=st.integers(8, 300), part=st.floats(0, 1), n_frames=st.integers(4, 20), floor=st.floats(1e-4, 0.1))
@settings(max_examples=60, deadline=None)
def test_a_sound_comes_back_from_its_spectra_to_both_its_ends(
    n_fft: int, part: float, n_frames: int, floor: float
) -> None:
    n_fft += n_fft % 2
    stft = make(n_fft, max(1, round(part * n_fft / 2)), n_frames, floor)
    sound = noise(stft.n_samples, SAMPLE_RATE)

    assert stft.synthesise(stft.analyse(sound)) == pytest.approx(sound, abs=1e-5)


@pytest.mark.parametrize(("n_fft", "hop"), [(64, 16), (60, 7)])
def test_spectra_are_sums_of_the_samples_about_each_frames_middle(n_fft: int, hop: int) -> None:
    stft = make(n_fft, hop, 9)
    window, sound = gaussian_window(n_fft, 1e-4).astype(float), noise(stft.n_samples, SAMPLE_RATE)
    offsets = np.arange(n_fft) - n_fft // 2
    padded = np.pad(sound, n_fft).astype(float)

    for frame, spectrum in enumerate(stft.analyse(sound)):
        pieces = padded[n_fft + frame * hop + hop // 2 + offsets] * window
        expected = np.exp(-2j * np.pi * np.outer(np.arange(stft.n_bins), offsets) / n_fft) @ pieces
        assert spectrum == pytest.approx(expected / (window.sum() / 2), abs=1e-5)


@pytest.mark.parametrize("frequency_hz", [1000.0, 1015.6, 3333.0, 7000.0])
@pytest.mark.parametrize("floor", [1e-4, 1e-2])
def test_a_sine_of_full_scale_has_0_db(frequency_hz: float, floor: float) -> None:
    stft = make(floor=floor)

    loudest = stft.magnitude(sine(frequency_hz, SAMPLE_RATE, stft.n_samples))[4:-4].max(axis=1)

    # Between two bins the Gaussian has fallen off by exp(-π k² lambda / n_fft²) at half a bin's distance.
    distance = abs(frequency_hz * 512 / SAMPLE_RATE - round(frequency_hz * 512 / SAMPLE_RATE))
    expected = np.exp(-np.pi * distance**2 * gaussian_width(512, floor) / 512**2)
    assert loudest == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_constant_and_the_nyquist_frequency_have_twice_that_and_nothing_has_more(sign: int) -> None:
    stft = make()
    sound = np.resize(np.float32([1, sign]), stft.n_samples)

    magnitude = stft.magnitude(sound)

    assert magnitude[4:-4, 0 if sign == 1 else -1] == pytest.approx(2)


@given(seed=st.integers(0, 1000), density=st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_no_sound_within_full_scale_passes_6_db(seed: int, density: float) -> None:
    stft, rng = make(64, 16, 16), np.random.default_rng(seed)
    sound = np.where(rng.random(stft.n_samples) < density, np.sign(rng.standard_normal(stft.n_samples)), 1)

    assert stft.magnitude(sound.astype(np.float32)).max() <= 2 * (1 + 1e-6)


def test_the_energy_is_that_of_both_sides_of_the_spectrum() -> None:
    stft = make(60, 17, 11)
    sound = noise(stft.n_samples, SAMPLE_RATE)
    squares = np.square(stft.magnitude(sound), dtype=float)

    assert stft.energy(sound) == pytest.approx(2 * squares.sum() - squares[:, [0, -1]].sum(), rel=1e-5)
