"""Tracks of pitch, level and centroid of sounds whose course is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.metrics.controls import SILENCE_DB
from soundworks.metrics.track import HOP_S, centroid_hz, centroid_track, level_track, pitch_track

RATE = 16000
TRACKS = (pitch_track, level_track, centroid_track)


def sine(frequency_hz: float | np.ndarray, seconds: float = 0.3, amplitude: float | np.ndarray = 0.3) -> np.ndarray:
    frequencies = np.broadcast_to(frequency_hz, round(seconds * RATE))
    return amplitude * np.sin(2 * np.pi * np.cumsum(frequencies) / RATE)


@settings(max_examples=20, deadline=None)
@given(frequency_hz=st.floats(110, 1500), level_db=st.floats(-40, 0))
def test_a_steady_sine_has_its_frequency_and_level_all_along(frequency_hz, level_db):
    sound = sine(frequency_hz, amplitude=10 ** (level_db / 20))
    assert np.abs(1200 * np.log2(pitch_track(sound, RATE, lowest_hz=100).values / frequency_hz)).max() < 5
    assert np.abs(level_track(sound, RATE).values - level_db).max() < 0.3
    assert np.abs(1200 * np.log2(centroid_track(sound, RATE).values / frequency_hz)).max() < 10


def test_a_glide_is_read_where_it_is():
    """The values of a frame are those of its middle, within 4 ms: an octave a second is 1.2 cents in a millisecond."""
    times_s = np.arange(RATE) / RATE
    sound = sine(200 * 2**times_s, seconds=1.0)
    for track in (pitch_track(sound, RATE, lowest_hz=150), centroid_track(sound, RATE)):
        cents = 1200 * np.log2(track.values / 200) - 1200 * track.times_s
        assert np.abs(np.median(cents)) < 1.2 * 4


@pytest.mark.parametrize("track", TRACKS)
def test_frames_are_evenly_spaced_and_inside(track):
    times_s = track(sine(300.0), RATE).times_s
    np.testing.assert_allclose(np.diff(times_s), HOP_S)
    assert times_s[0] > 0
    assert 0.3 - times_s[-1] > times_s[0] - 2 * HOP_S


@pytest.mark.parametrize("track", TRACKS)
def test_a_frame_is_the_same_in_any_sound(track):
    sound = sine(300.0, seconds=3.0) + 0.01 * np.random.default_rng(1).standard_normal(3 * RATE)
    whole, part = track(sound, RATE), track(sound[: RATE // 2], RATE)
    np.testing.assert_array_equal(whole.values[: part.values.size], part.values)


def test_two_sines_of_one_power_have_their_mean_as_centroid():
    both = sine(500.0) + sine(1500.0)
    assert np.abs(centroid_track(both, RATE).values - 1000).max() < 5
    assert centroid_hz(both, RATE) == pytest.approx(1000, abs=1)


@pytest.mark.parametrize(("brightness", "expected"), [(0.0, 1.0), (0.5, 1 / (1 - (1 - 20**-0.5) ** 2))])
def test_the_centroid_of_a_tone_is_its_mean_harmonic(brightness, expected):
    from soundworks.synths.tone import HarmonicTone

    synth = HarmonicTone(RATE, np.random.default_rng(1))
    synth.setParam("pitch", 45)
    synth.setParam("brightness", brightness)
    assert centroid_hz(synth.generate(1.0), RATE) / 110 == pytest.approx(expected, rel=1e-3)


def test_silence_has_a_level_and_nothing_else():
    silence = np.zeros(RATE)
    assert (level_track(silence, RATE).values == SILENCE_DB).all()
    assert np.isnan(pitch_track(silence, RATE).values).all()
    assert np.isnan(centroid_track(silence, RATE).values).all()
    assert np.isnan(centroid_hz(silence, RATE))


def test_noise_has_no_pitch():
    values = pitch_track(np.random.default_rng(2).standard_normal(RATE), RATE).values
    assert np.isnan(values).mean() > 0.9


@pytest.mark.parametrize("track", TRACKS)
def test_a_sound_shorter_than_a_frame_has_no_track(track):
    with pytest.raises(ValueError, match="expected at least"):
        track(np.zeros(10), RATE)
