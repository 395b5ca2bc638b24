"""Drips: the glide, the ramp, the end, and the draws."""

import numpy as np
import pytest
from scipy.signal import hilbert

from soundworks.contour import Contour
from soundworks.synths import drip
from soundworks.synths.drip import DripPatternSynth, _add_drips


def assert_close(signal, expected, tolerance):
    np.testing.assert_allclose(signal, expected, rtol=0.0, atol=tolerance)


def one_drip(sr=16000, start_s=0.0, cf_hz=220.0, sweep_hz=300.0, amplitude=1.0, length_s=0.2, n_samples=16000):
    signal = np.zeros(n_samples)
    event = [np.array([x]) for x in (start_s, cf_hz, sweep_hz, amplitude, length_s)]
    _add_drips(signal, float(sr), *event)
    return signal


def draws(monkeypatch, seconds=8.0, **values):
    """Return what the synth hands to the kernel: times, cf, sweep, amplitudes, lengths."""
    seen = []
    monkeypatch.setattr(drip, "_add_drips", lambda *args: seen.extend(args[2:]))
    synth = DripPatternSynth(16000, np.random.default_rng(1))
    for name, value in {"rate_exp": 10.0, **values}.items():
        (synth.setContour if isinstance(value, Contour) else synth.setParam)(name, value)
    synth.generate(seconds)
    return seen


def test_drip_equals_its_formula():
    age_s = np.arange(16000) / 16000
    phase = 2.0 * np.pi * (220.0 * age_s + 300.0 * age_s**2 / (2.0 * 0.2))
    expected = (1.0 - 0.95 * age_s / 0.2) * np.sin(phase)
    assert_close(one_drip()[:3201], expected[:3201], 1e-9)


def test_frequency_glides_straight_from_cf_to_cf_plus_sweep():
    sr = 48000
    signal = one_drip(sr, cf_hz=400.0, sweep_hz=200.0, n_samples=9600)
    measured_hz = np.diff(np.unwrap(np.angle(hilbert(signal)))) * sr / (2.0 * np.pi)
    middle_s = (np.arange(measured_hz.size) + 0.5) / sr
    inside = (middle_s > 0.03) & (middle_s < 0.17)
    fit = np.polyfit(middle_s[inside], measured_hz[inside], 1)
    assert fit == pytest.approx([1000.0, 400.0], rel=2e-3)


def test_end_fades_within_a_millisecond_and_without_a_click():
    signal = one_drip()
    assert np.all(signal[round(0.201 * 16000) + 1 :] == 0.0)
    steepest = 2.0 * np.pi * 520.0 / 16000 * 0.06 + 0.05 / 16.0
    assert np.max(np.abs(np.diff(signal[3150:3250]))) < steepest


def test_start_between_samples_keeps_the_phase():
    late = one_drip(start_s=100.5 / 16000)
    fine = one_drip(sr=32000, start_s=100.5 / 16000, n_samples=32000)
    assert np.all(late[:101] == 0.0)
    assert_close(late, fine[::2], 1e-12)


def test_sounds_are_the_same_at_two_sample_rates():
    low, high = (DripPatternSynth(sr, np.random.default_rng(5)) for sr in (8000, 24000))
    for synth in (low, high):
        synth.setParam("rate_exp", 5.0)
    assert_close(high.generate(1.0)[::3], low.generate(1.0), 1e-9)


def test_amplitudes_are_normal_and_never_negative(monkeypatch):
    _, _, _, amplitudes, _ = draws(monkeypatch, startAmp=1.0, ampRange=0.2)
    assert np.mean(amplitudes) == pytest.approx(1.0, abs=0.01)
    assert np.std(amplitudes) == pytest.approx(0.2, rel=0.04)
    _, _, _, clamped, _ = draws(monkeypatch, startAmp=0.0, ampRange=1.0)
    assert clamped.min() == 0.0
    assert np.mean(clamped) == pytest.approx(1.0 / np.sqrt(2.0 * np.pi), abs=0.03)


def test_lengths_and_frequencies_are_as_documented(monkeypatch):
    _, cf_hz, sweep_hz, _, lengths_s = draws(monkeypatch, cf=440.0, sweep=440.0)
    assert lengths_s.min() >= 0.05
    assert lengths_s.max() <= 0.20
    assert np.mean(lengths_s) == pytest.approx(0.125, abs=0.003)
    assert np.std(np.log2(cf_hz / 440.0)) == pytest.approx(1.0 / 12.0, rel=0.04)
    assert np.all(sweep_hz == 440.0)


def test_contours_are_read_at_the_events(monkeypatch):
    times_s, _, sweep_hz, amplitudes, _ = draws(
        monkeypatch, sweep=Contour((0.0, 8.0), (0.0, 400.0)), startAmp=Contour((0.0, 8.0), (2.0, 0.0)), ampRange=0.0
    )
    assert sweep_hz == pytest.approx(50.0 * times_s)
    assert amplitudes == pytest.approx(2.0 - 0.25 * times_s)


def test_no_events_is_silence(monkeypatch):
    monkeypatch.setattr(drip, "event_times", lambda *_: np.zeros(0))
    assert np.array_equal(DripPatternSynth(16000).generate(0.5), np.zeros(8000))
