"""Sounds to values in [-1, 1] and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from feature_signals import noise, sine
from hypothesis import given, settings
from hypothesis import strategies as st
from spectrogram_sounds import SAMPLE_RATE, make_transform, pops, rms_db, speech_like, tones

from soundworks.features.spectrum import Array
from soundworks.spectrogram import transform as transform_module
from soundworks.spectrogram.stft import Stft
from soundworks.spectrogram.transform import Transform
from soundworks.spectrogram.window import gaussian_window

PLAIN = make_transform()
PROFILE = make_transform(bands=64, pool=4)
N_SAMPLES = PLAIN.n_samples
#: 16-bit resolution.
STEP = 2.0**-15


def texture(seed: int) -> Array:
    return pops(N_SAMPLES, seed)


@pytest.mark.parametrize(("transform", "shape"), [(PLAIN, (257, 128)), (PROFILE, (64, 32))])
def test_shapes_and_axes(transform: Transform, shape: tuple[int, int]) -> None:
    values = transform.forward(np.zeros((3, N_SAMPLES)))

    assert transform.shape == shape
    assert values.shape == (3, *shape)
    assert transform.inverse(values).shape == (3, N_SAMPLES)
    assert values.dtype == transform.inverse(values).dtype == np.float32
    assert (transform.frequencies_hz.size, transform.times_s.size) == shape
    assert transform.frequencies_hz[[0, -1]] == pytest.approx([0, SAMPLE_RATE / 2])
    step_s = N_SAMPLES / SAMPLE_RATE / shape[1]
    assert transform.times_s == pytest.approx((np.arange(shape[1]) + 0.5) * step_s)


def test_the_ends_of_the_range_are_those_of_any_sound() -> None:
    assert PLAIN.decibels([-1, 0, 1]) == pytest.approx([6.0206 - 80, 6.0206 - 40, 6.0206], abs=1e-4)


@pytest.mark.parametrize("frequency_hz", [250.0, 1000.0, 4000.0, 7500.0])
@pytest.mark.parametrize("level_db", [0, -20, -60])
def test_a_sine_on_a_bin_reads_its_level(frequency_hz: float, level_db: float) -> None:
    sound = sine(frequency_hz, SAMPLE_RATE, N_SAMPLES, 10 ** (level_db / 20))

    levels_db = PLAIN.decibels(PLAIN.forward([sound]))[0, :, 4:-4]

    row = round(frequency_hz * 512 / SAMPLE_RATE)
    assert (levels_db.argmax(axis=0) == row).all()
    assert levels_db[row] == pytest.approx(level_db, abs=0.02)


def test_a_constant_is_at_the_upper_end() -> None:
    assert PLAIN.forward(np.ones((1, N_SAMPLES)))[0, 0, 4:-4] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("transform", [PLAIN, PROFILE])
def test_silence_is_the_lower_end_and_comes_back_as_zeros(transform: Transform) -> None:
    values = transform.forward(np.zeros((1, N_SAMPLES)))

    assert np.unique(values).tolist() == [-1]
    assert not transform.inverse(values).any()


def test_the_noise_of_16_bits_is_below_80_db_and_kept_in_140() -> None:
    dither = (STEP * np.round(np.random.default_rng(0).triangular(-1, 0, 1, N_SAMPLES))).astype(np.float32)
    wide = make_transform(dynamic_range_db=140)

    assert np.unique(PLAIN.forward([dither])).tolist() == [-1]
    assert rms_db(wide.inverse(wide.forward([dither]))) == pytest.approx(rms_db(dither), abs=0.5)


def test_rounding_to_16_bits_changes_no_level_that_is_told() -> None:
    sound = texture(1)

    values, rounded = PLAIN.forward([sound, STEP * np.round(sound / STEP)])

    heard = PLAIN.decibels(values) > -60
    assert np.abs(PLAIN.decibels(values) - PLAIN.decibels(rounded))[heard].max() < 0.5


@pytest.mark.parametrize("transform", [PLAIN, PROFILE, make_transform(refine_iterations=8)])
@pytest.mark.parametrize("gain_db", [0, -20])
def test_loudness_is_kept(transform: Transform, gain_db: float) -> None:
    sounds = [texture(2), tones(N_SAMPLES), speech_like(N_SAMPLES), 0.5 * noise(N_SAMPLES, SAMPLE_RATE)]
    given = np.array(sounds, np.float32) * np.float32(10 ** (gain_db / 20))

    back = transform.inverse(transform.forward(given))

    assert [rms_db(sound) for sound in back] == pytest.approx([rms_db(sound) for sound in given], abs=0.3)


@pytest.mark.parametrize("transform", [PLAIN, PROFILE])
def test_nothing_is_trimmed(transform: Transform) -> None:
    sound = np.zeros(N_SAMPLES, np.float32)
    sound[6000:9000] = noise(3000, SAMPLE_RATE)

    back = transform.inverse(transform.forward([sound]))[0]

    # Two steps' triangles reach over 1024 samples, half a window over 256.
    reach = 1024 + 256 if transform is PROFILE else 256
    assert rms_db(back[: 6000 - reach]) < -70
    assert rms_db(back[9000 + reach :]) < -70
    assert rms_db(back[6000:9000]) == pytest.approx(rms_db(sound[6000:9000]), abs=0.7)


@pytest.mark.parametrize("transform", [PLAIN, PROFILE, make_transform(refine_iterations=2)])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_each_sound_is_independent_of_the_others_in_its_batch(
    transform: Transform, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transform_module, "_THREADS", threads)
    sounds = np.array([texture(seed) for seed in range(5)])

    values = transform.forward(sounds)
    back = transform.inverse(values)

    for index in range(5):
        assert np.array_equal(transform.forward(sounds[[index]])[0], values[index])
        assert np.array_equal(transform.inverse(values[[index]])[0], back[index])
    assert np.array_equal(transform.inverse(values[::-1]), back[::-1])
    assert np.array_equal(Transform(transform.options).inverse(values), back)


def test_no_sounds_are_no_spectrograms() -> None:
    assert PLAIN.forward(np.empty((0, N_SAMPLES))).shape == (0, 257, 128)
    assert PLAIN.inverse(np.empty((0, 257, 128))).shape == (0, N_SAMPLES)


@pytest.mark.parametrize("shape", [(N_SAMPLES,), (1, N_SAMPLES - 1), (1, 1, N_SAMPLES)])
def test_sounds_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"found an array of shape .*, expected \(any number, 16384\)"):
        PLAIN.forward(np.zeros(shape))


@pytest.mark.parametrize("shape", [(257, 128), (1, 128, 257), (1, 64, 32)])
def test_values_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"found an array of shape .*, expected \(any number, 257, 128\)"):
        PLAIN.inverse(np.zeros(shape))


@pytest.mark.parametrize("transform", [PLAIN, PROFILE])
def test_values_out_of_range_count_as_its_ends_and_no_number_as_silence(transform: Transform) -> None:
    inside = np.random.default_rng(0).choice([-1, 0, 1], (1, *transform.shape)).astype(np.float32)
    outside = np.where(inside == 1, np.float32(np.inf), np.where(inside == -1, np.float32(np.nan), inside))

    assert np.array_equal(transform.inverse(outside), transform.inverse(inside))
    assert np.isfinite(transform.inverse(outside)).all()


@given(seed=st.integers(0, 1000), n_fft=st.integers(8, 64), frames=st.integers(4, 30), share=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_any_values_make_a_sound_of_no_more_than_their_power(seed: int, n_fft: int, frames: int, share: float) -> None:
    transform = make_transform(n_fft=2 * n_fft, hop=max(1, n_fft // 2 - 1), frames=frames)
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(transform.shape) < share, -1, rng.uniform(-1, 1, transform.shape))

    sound = transform.inverse([values])[0]

    both_sides = np.r_[1, np.full(n_fft - 1, 2), 1]
    power = both_sides @ np.where(values > -1, 10 ** (transform.decibels(values) / 10), 0).sum(axis=1)
    options = transform.options
    stft = Stft(gaussian_window(options.n_fft, options.window_floor), options.hop, options.frames)
    assert np.isfinite(sound).all()
    assert stft.energy(sound) <= power * (1 + 1e-3)
    assert bool(sound.any()) == bool((values > -1).any())


def test_normalized_spectrograms_are_those_of_the_sound_at_its_loudest() -> None:
    transform = make_transform(level="normalize")
    sound = texture(4)

    loud, soft = transform.forward([sound, 0.01 * sound])

    assert loud.max() == pytest.approx(1)
    assert soft == pytest.approx(loud, abs=1e-3)
    assert np.unique(transform.forward(np.zeros((1, N_SAMPLES)))).tolist() == [-1]
    assert np.abs(transform.inverse([loud])).max() <= 1
    differences_db = transform.decibels(loud) - PLAIN.decibels(PLAIN.forward([sound])[0])
    heard = loud > -0.5
    assert differences_db[heard] == pytest.approx(differences_db[heard].mean(), abs=1e-3)


def test_a_sound_that_is_faded_out_ends_in_silence() -> None:
    faded = make_transform(fade_out=0.5)
    sound = sine(1000, SAMPLE_RATE, N_SAMPLES, 0.5)

    plain, values = PLAIN.forward([sound])[0, 32], faded.forward([sound])[0, 32]

    assert values[:60] == pytest.approx(plain[:60])
    gain_db = faded.decibels(values) - PLAIN.decibels(plain)
    middle = faded.times_s[95] * SAMPLE_RATE / N_SAMPLES
    assert gain_db[95] == pytest.approx(20 * np.log10(0.5 + 0.5 * np.cos(2 * np.pi * (middle - 0.5))), abs=0.02)
    assert gain_db[-1] < -40
    assert (np.diff(gain_db[64:-2]) < 0).all()


@pytest.mark.parametrize("given", [{"n_fft": 60, "hop": 7, "frames": 50}, {"n_fft": 512, "hop": 3, "frames": 8},
                                   {"n_fft": 100, "hop": 25, "frames": 40, "bands": 20, "pool": 5}])  # fmt: skip
def test_odd_sizes(given: dict[str, Any]) -> None:
    transform = make_transform(**given, refine_iterations=4)
    sound = sine(2000, SAMPLE_RATE, transform.n_samples, 0.5)

    back = transform.inverse(transform.forward([sound]))[0]

    assert rms_db(back) == pytest.approx(rms_db(sound), abs=0.6)
