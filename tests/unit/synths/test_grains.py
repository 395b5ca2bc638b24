"""Grains: window, length, frequencies, harmonics below Nyquist, and the draws."""

import numpy as np
import pytest

from soundworks.contour import Contour
from soundworks.synths import grains
from soundworks.synths.grains import GaussGrains, _add_grains

SR = 16000


def assert_close(signal, expected, tolerance):
    np.testing.assert_allclose(signal, expected, rtol=0.0, atol=tolerance)


def one_grain(f_hz=440.0, length_s=0.5, nocts=0.0, comps=1.0, start_s=0.0, sr=SR, n_samples=SR):
    signal = np.zeros(n_samples)
    _add_grains(signal, float(sr), *(np.array([float(x)]) for x in (start_s, f_hz, length_s, nocts, comps)))
    return signal


def window(length):
    x = np.arange(length) / length - 0.5
    edge = np.exp(-4.5)
    return (np.exp(-18.0 * x**2) - edge) / (1.0 - edge)


def draws(monkeypatch, seconds=100.0, **values):
    """Return what the synth hands to the kernel: times, frequencies, lengths, nocts, comps."""
    seen = []
    monkeypatch.setattr(grains, "_add_grains", lambda *args: seen.extend(args[2:]))
    synth = GaussGrains(SR, np.random.default_rng(1))
    for name, value in {"rate_exp": 4.0, **values}.items():
        (synth.setContour if isinstance(value, Contour) else synth.setParam)(name, value)
    synth.generate(seconds)
    return seen


def test_steady_grain_equals_its_formula():
    expected = window(8000) * 0.75 * np.sin(2.0 * np.pi * 440.0 * np.arange(8000) / SR)
    signal = one_grain()
    assert_close(signal[:8000], expected, 1e-9)
    assert np.all(signal[8000:] == 0.0)


def test_harmonics_are_equal_and_sum_to_the_amplitude():
    f0_hz, comps = 500.0, 5
    tones = [np.sin(2.0 * np.pi * k * f0_hz * np.arange(8000) / SR) for k in range(1, comps + 1)]
    assert_close(one_grain(f0_hz, comps=comps)[:8000], window(8000) * 0.15 * sum(tones), 1e-9)


@pytest.mark.parametrize("nocts", [-3.0, -0.5, 1e-12, 2.0])
def test_frequency_sweeps_exponentially_around_the_middle(nocts):
    sr, f_hz, n = 192000, 1000.0, 96000
    expected_hz = f_hz * 2.0 ** (nocts * ((np.arange(n) + 0.5) / n - 0.5))
    phase = np.concatenate(([0.0], np.cumsum(2.0 * np.pi * expected_hz[:-1] / sr)))
    signal = one_grain(f_hz, nocts=nocts, sr=sr, n_samples=n)
    assert_close(signal, 0.75 * window(n) * np.sin(phase), 1e-4)


def test_harmonics_past_nyquist_are_left_out():
    # 900 Hz swept by ±1/2 octave reaches 1273 Hz: 6 harmonics stay below 8 kHz, and their amplitude is still 0.75/10.
    signal = one_grain(900.0, nocts=1.0, comps=10)
    assert_close(signal, 0.6 * one_grain(900.0, nocts=1.0, comps=6), 1e-12)
    assert np.all(one_grain(7000.0, nocts=1.0) == 0.0)
    assert np.all(one_grain(4000.0, comps=2) == 0.5 * one_grain(4000.0, comps=1))


def test_sounds_are_the_same_at_two_sample_rates():
    low, high = (GaussGrains(sr, np.random.default_rng(5)) for sr in (16000, 48000))
    for synth in (low, high):
        synth.setParam("rate_exp", 4.0)
    assert_close(high.generate(1.0)[::3], low.generate(1.0), 1e-9)


def test_lengths_follow_the_intervals(monkeypatch):
    times_s, _, lengths_s, _, _ = draws(monkeypatch, durdutyexp=1.5)
    assert lengths_s[:-1] == pytest.approx(2.0**1.5 * np.diff(times_s))
    assert lengths_s[-1] == pytest.approx(2.0**1.5 / 16.0)


def test_frequencies_spread_evenly_over_the_range(monkeypatch):
    _, f_hz, _, _, _ = draws(monkeypatch, cf_exp=-1.0, cfrangeocts=2.0)
    octaves = np.log2(f_hz / 440.0)
    assert (octaves.min(), octaves.max()) == pytest.approx((-2.0, 0.0), abs=0.02)
    assert np.mean(octaves) == pytest.approx(-1.0, abs=0.05)
    assert np.std(octaves) == pytest.approx(2.0 / np.sqrt(12.0), rel=0.05)


def test_no_range_means_one_frequency(monkeypatch):
    _, f_hz, _, _, _ = draws(monkeypatch, cf_exp=0.5, cfrangeocts=0.0)
    assert f_hz == pytest.approx(np.full(f_hz.size, 440.0 * np.sqrt(2.0)))


def test_contours_are_read_at_the_events_and_comps_are_whole(monkeypatch):
    times_s, _, _, nocts, comps = draws(
        monkeypatch, nocts=Contour((0.0, 100.0), (-3.0, 3.0)), comps=Contour((0.0, 100.0), (1.0, 10.0))
    )
    assert nocts == pytest.approx(0.06 * times_s - 3.0)
    assert np.array_equal(comps, np.rint(1.0 + 0.09 * times_s))
    assert set(comps) == set(range(1, 11))


def test_no_events_is_silence(monkeypatch):
    monkeypatch.setattr(grains, "event_times", lambda *_: np.zeros(0))
    assert np.array_equal(GaussGrains(SR).generate(0.5), np.zeros(8000))


def test_coincident_events_are_harmless(monkeypatch):
    monkeypatch.setattr(grains, "event_times", lambda *_: np.array([0.1, 0.1, 0.2]))
    assert np.all(np.isfinite(GaussGrains(SR).generate(0.5)))
