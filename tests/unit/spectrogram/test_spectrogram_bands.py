"""Power gathered in bands and steps, and spread again."""

from __future__ import annotations

import numpy as np
import pytest
from feature_signals import noise, sine
from hypothesis import given, settings
from hypothesis import strategies as st
from spectrogram_sounds import SAMPLE_RATE, make_options, make_transform, pops, rms_db

from soundworks.features.spectrum import Array
from soundworks.spectrogram.bands import Gathering, band_frequencies_hz, band_weights, step_weights
from soundworks.spectrogram.stft import Stft
from soundworks.spectrogram.window import gaussian_window

N_BINS, N_FRAMES, BANDS, POOL = 257, 128, 64, 4
STFT = Stft(gaussian_window(512, 1e-3), 128, N_FRAMES)


def make_gathering() -> Gathering:
    middles = band_frequencies_hz(BANDS, SAMPLE_RATE) * 512 / SAMPLE_RATE
    return Gathering(band_weights(middles, N_BINS), step_weights(POOL, N_FRAMES))


def power_of(sound: Array) -> Array:
    return np.ascontiguousarray(np.square(STFT.magnitude(sound)).T)


def one_pop(start: int, cf_hz: float) -> Array:
    """Return one pop of some hundred samples that begins at a sample."""
    times = np.arange(STFT.n_samples - start)
    decay = np.exp(-times * np.pi * cf_hz / 40 / SAMPLE_RATE)
    sound = np.zeros(STFT.n_samples, np.float32)
    sound[start:] = 0.9 * decay * np.sin(2 * np.pi * cf_hz / SAMPLE_RATE * times)
    return sound


def energy_times(sound: Array) -> tuple[int, ...]:
    """Return the samples by which a tenth, half and nine tenths of a sound's energy are over."""
    course = np.square(sound, dtype=float).cumsum()
    return tuple(int(np.searchsorted(course, share * course[-1])) for share in (0.1, 0.5, 0.9))


@given(n_bands=st.integers(4, 300), n_fft=st.integers(16, 1024), sample_rate=st.integers(8000, 48000))
@settings(max_examples=50, deadline=None)
def test_every_band_has_its_part_of_the_spectrum_and_every_bin_is_shared_out(
    n_bands: int, n_fft: int, sample_rate: int
) -> None:
    n_fft += n_fft % 2
    middles = band_frequencies_hz(n_bands, sample_rate) * n_fft / sample_rate

    weights = band_weights(middles, n_fft // 2 + 1)

    assert weights.min() >= 0
    assert (weights.sum(axis=1) > 0).all()
    assert weights.sum(axis=0)[1:-1] == pytest.approx(1)
    assert weights.sum(axis=0)[[0, -1]] == pytest.approx(0.5)
    # A triangle's middle is that of its area, but for those at the ends, of which one side is missing.
    bins = np.arange(n_fft // 2 + 1)
    triangles = np.convolve(middles, (1 / 3, 1 / 3, 1 / 3), "valid")
    assert (weights @ bins / weights.sum(axis=1))[1:-1] == pytest.approx(triangles, abs=1e-6)


@given(pool=st.integers(1, 9), n_steps=st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_every_frame_is_shared_out_between_the_steps_beside_it(pool: int, n_steps: int) -> None:
    weights = step_weights(pool, pool * n_steps)

    assert weights.sum(axis=0) == pytest.approx(1)
    assert weights.sum(axis=1) == pytest.approx(pool)
    assert ((weights > 0).sum(axis=0) <= 2).all()
    assert weights == pytest.approx(weights[::-1, ::-1])


def test_even_power_stays_so() -> None:
    gathering = make_gathering()

    means = gathering.gather(np.full((N_BINS, N_FRAMES), 0.3, np.float32))

    assert means == pytest.approx(0.3, rel=1e-5)
    assert gathering.spread(means) == pytest.approx(0.3, rel=1e-4)


def test_silence_stays_so() -> None:
    assert not make_gathering().spread(np.zeros((BANDS, N_FRAMES // POOL), np.float32)).any()


@pytest.mark.parametrize("sound", [one_pop(5000, 440), sine(2345.6, SAMPLE_RATE, 16384), noise(16384, SAMPLE_RATE)])
def test_power_that_is_spread_is_gathered_to_the_same_and_none_is_lost(sound: Array) -> None:
    gathering, power = make_gathering(), power_of(sound)
    means = gathering.gather(power)

    spread = gathering.spread(means)

    loud = means > means.max() * 1e-4
    assert np.abs(10 * np.log10(gathering.gather(spread)[loud] / means[loud])).mean() < 0.25
    # The first and the last bin stand for half a bin.
    halves = np.r_[0.5, np.ones(N_BINS - 2), 0.5] @ np.stack([power, spread]).sum(axis=2).T
    assert halves[1] == pytest.approx(halves[0], rel=1e-3)


def test_without_bands_and_steps_nothing_changes() -> None:
    power = power_of(noise(STFT.n_samples, SAMPLE_RATE))

    assert np.array_equal(Gathering(None, None).gather(power), power)
    assert np.array_equal(Gathering(None, None).spread(power), power)


@pytest.mark.parametrize("frequency_hz", [100.0, 333.3, 1000.0, 2345.6, 6000.0])
def test_a_tone_comes_back_from_bands_and_steps_at_its_frequency_and_level(frequency_hz: float) -> None:
    transform = make_transform(bands=BANDS, pool=POOL, refine_iterations=8)
    sound = sine(frequency_hz, SAMPLE_RATE, transform.n_samples, 0.3)

    back = transform.inverse(transform.forward([sound]))[0]

    inner = back[2048:-2048]
    power = np.abs(np.fft.rfft(inner * np.hanning(inner.size))) ** 2
    centre_hz = (np.fft.rfftfreq(inner.size, 1 / SAMPLE_RATE) * power).sum() / power.sum()
    width_hz = np.diff(band_frequencies_hz(BANDS, SAMPLE_RATE))[np.searchsorted(transform.frequencies_hz, frequency_hz)]
    assert abs(centre_hz - frequency_hz) < 0.1 * width_hz
    assert rms_db(back) == pytest.approx(rms_db(sound), abs=0.4)


@pytest.mark.parametrize("cf_hz", [220.0, 440.0, 880.0])
def test_a_pop_comes_back_from_steps_within_a_frame_of_where_it_was_at_its_level(cf_hz: float) -> None:
    """A step has 512 samples, a frame 128."""
    transform = make_transform(bands=BANDS, pool=POOL, refine_iterations=8)
    sounds = np.array([one_pop(4096 + 37 * k, cf_hz) for k in range(16)])

    back = transform.inverse(transform.forward(sounds))

    errors = np.array([np.subtract(energy_times(b), energy_times(a)) for a, b in zip(sounds, back, strict=True)])
    assert np.abs(errors.mean(axis=0)).max() < 64
    assert np.abs(errors).max() < 160
    assert [rms_db(sound) for sound in back] == pytest.approx([rms_db(sound) for sound in sounds], abs=0.4)


@pytest.mark.parametrize("rate_exp", [0.0, 2.0, 4.0])
@pytest.mark.parametrize("cf_hz", [220.0, 440.0, 880.0])
def test_pops_come_back_at_64_by_32_cells_with_their_level_their_centre_and_their_bands(
    cf_hz: float, rate_exp: float
) -> None:
    transform = make_transform(bands=BANDS, pool=POOL, refine_iterations=8)
    sound = pops(transform.n_samples, seed=3, cf=cf_hz, rate_exp=rate_exp)
    values = transform.forward([sound])

    back = transform.inverse(values)[0]

    assert rms_db(back) == pytest.approx(rms_db(sound), abs=0.3)
    middle, middle_back = (median_frequency_hz(each) for each in (sound, back))
    assert abs(12 * np.log2(middle_back / middle)) < 0.25
    levels, levels_back = transform.decibels(values), transform.decibels(transform.forward([back]))
    loud = levels > levels.max() - 40
    assert np.abs(levels - levels_back)[loud].mean() < 0.8


def median_frequency_hz(sound: Array) -> float:
    """Return the frequency below which half a sound's power lies."""
    course = np.square(np.abs(np.fft.rfft(sound))).cumsum()
    return float(np.interp(0.5, course / course[-1], np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)))


def test_the_number_of_bands_may_be_that_of_bins() -> None:
    transform = make_transform(bands=257)
    sound = pops(transform.n_samples)

    assert transform.shape == (make_options().n_bins, 128)
    assert rms_db(transform.inverse(transform.forward([sound]))) == pytest.approx(rms_db(sound), abs=0.2)
