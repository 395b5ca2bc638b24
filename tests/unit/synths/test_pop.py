"""Pops against scipy's peak filter, and where they start and at what frequency."""

import numpy as np
import pytest
from scipy.signal import iirpeak, lfilter

from soundworks.synths import pop
from soundworks.synths.pop import PopPatternSynth, _add_pops

TICK = np.array([[0.71, -0.33, 0.92]])
FLOOR = 2.0**-16


def assert_close(signal, expected, tolerance):
    np.testing.assert_allclose(signal, expected, rtol=0.0, atol=tolerance)


def one_pop(sr, cf_hz, q, start=0):
    signal = np.zeros(2 * sr)
    _add_pops(signal, np.array([start]), np.array([2.0 * np.pi * cf_hz / sr]), np.array([q]), TICK)
    return signal


def reference(sr, cf_hz, q):
    tick = np.zeros(2 * sr)
    tick[:3] = TICK[0]
    signal = lfilter(*iirpeak(cf_hz, q, sr), tick)
    return 0.9 * signal / np.max(np.abs(signal))


# Where cf / Q exceeds half the sample rate the bandwidth is not defined, nor is iirpeak.
CASES = [
    (sr, cf_hz, q)
    for sr in (8000, 16000, 44100)
    for cf_hz in (100.0, 440.0, 2000.0)
    for q in (0.1, 0.3, 0.7, 1.0, 5.0, 40.0, 50.0)
    if cf_hz / q < 0.5 * sr
]


@pytest.mark.parametrize(("sr", "cf_hz", "q"), CASES)
def test_pop_is_the_peak_filters_response_to_a_tick(sr, cf_hz, q):
    assert_close(one_pop(sr, cf_hz, q), reference(sr, cf_hz, q), FLOOR)


def test_pop_at_a_later_start_is_shifted_and_cut():
    early, late = one_pop(16000, 440.0, 40.0), one_pop(16000, 440.0, 40.0, start=31000)
    assert np.all(late[:31000] == 0.0)
    assert np.array_equal(late[31000:], early[:1000])


def test_pattern_is_the_sum_of_its_pops(monkeypatch):
    monkeypatch.setattr(pop, "event_times", lambda *_: np.array([0.1, 0.1, 0.5]))
    synth = PopPatternSynth(16000, np.random.default_rng(1))
    signal = synth.generate(1.0)
    assert np.all(signal[:1600] == 0.0)
    assert 0.9 < np.max(np.abs(signal[1600:8000])) <= 1.8


def test_cf_is_the_geometric_mean_with_a_semitone_of_spread(monkeypatch):
    seen = {}
    monkeypatch.setattr(pop, "_add_pops", lambda *args: seen.update(w0=args[2]))
    synth = PopPatternSynth(16000, np.random.default_rng(2))
    synth.setParam("cf", 440.0)
    synth.setParam("rate_exp", 10.0)
    synth.generate(4.0)
    octaves = np.log2(seen["w0"] * 16000 / (2.0 * np.pi) / 440.0)
    assert octaves.size == pytest.approx(4096, abs=3)
    assert np.mean(octaves) == pytest.approx(0.0, abs=4.0 / 12.0 / np.sqrt(4096))
    assert np.std(octaves) == pytest.approx(1.0 / 12.0, rel=0.05)


@pytest.mark.parametrize("cf_hz", [100.0, 440.0, 2000.0])
def test_cf_is_the_frequency_of_the_sound(cf_hz):
    sr = 16000
    signal = one_pop(sr, cf_hz, 50.0)
    spectrum = np.abs(np.fft.rfft(signal, 8 * sr))
    assert np.argmax(spectrum) / 8.0 == pytest.approx(cf_hz, rel=0.01)


def test_no_events_is_silence(monkeypatch):
    monkeypatch.setattr(pop, "event_times", lambda *_: np.zeros(0))
    assert np.array_equal(PopPatternSynth(16000).generate(0.5), np.zeros(8000))


def test_widest_pops_are_stable_at_every_rate():
    for sr, cf_hz, q in ((8000, 440.0, 0.1), (8000, 2000.0, 0.3), (16000, 2000.0, 0.15), (16000, 2000.0, 0.2)):
        assert np.max(np.abs(one_pop(sr, cf_hz, q))) == pytest.approx(0.9)


@pytest.mark.parametrize("sr", [16000, 44100])
@pytest.mark.parametrize("q", [0.49, 0.5, 0.51])
def test_critically_damped_pop_is_not_cut_early(sr, q):
    assert_close(one_pop(sr, 100.0, q), reference(sr, 100.0, q), FLOOR)


def test_pop_near_the_end_keeps_its_scale():
    whole = one_pop(16000, 440.0, 40.0)
    for room in (1, 3, 10):
        assert_close(one_pop(16000, 440.0, 40.0, start=32000 - room)[-room:], whole[:room], 1e-9)


@pytest.mark.parametrize(("cf_hz", "limit_hz"), [(1900.0, 1960.0), (1990.0, 1990.0)])
def test_jitter_alone_is_limited_below_nyquist(monkeypatch, cf_hz, limit_hz):
    seen = {}
    monkeypatch.setattr(pop, "_add_pops", lambda *args: seen.update(w0=args[2]))
    synth = PopPatternSynth(4000, np.random.default_rng(2))
    synth.setParam("cf", cf_hz)
    synth.setParam("rate_exp", 10.0)
    synth.generate(1.0)
    drawn_hz = seen["w0"] * 4000 / (2.0 * np.pi)
    assert np.max(drawn_hz) == pytest.approx(limit_hz)
    assert np.mean(np.isclose(drawn_hz, limit_hz)) == pytest.approx(0.5 if cf_hz == limit_hz else 0.3, abs=0.06)


def test_pop_just_below_nyquist_has_its_frequency():
    assert_close(one_pop(4000, 1990.0, 40.0), reference(4000, 1990.0, 40.0), FLOOR)
