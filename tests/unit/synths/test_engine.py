"""Engine bursts: fundamental, spectrum against the Fourier series, aliases, envelope, and the draws."""

import numpy as np
import pytest

from soundworks.synths import engine
from soundworks.synths.engine import EnginePatternSynth, _add_bursts

SR = 16000
ENDLESS_S = 1e12


def assert_close(signal, expected, tolerance):
    np.testing.assert_allclose(signal, expected, rtol=0.0, atol=tolerance)


def one_burst(f0_hz, width, length_s=ENDLESS_S, start_s=0.0, sr=SR, n_samples=SR):
    signal = np.zeros(n_samples)
    _add_bursts(signal, float(sr), *(np.array([x]) for x in (start_s, f0_hz, width, length_s)))
    return signal


def series_amplitude(k, width):
    """Peak amplitude of harmonic k of a sawtooth between -1 and 1 that rises over `width` of its period."""
    return 2.0 * np.abs(np.sin(np.pi * k * width)) / (np.pi**2 * k**2 * width * (1.0 - width))


def draws(monkeypatch, **values):
    """Return what the synth hands to the kernel: times, f0, widths, lengths."""
    seen = []
    monkeypatch.setattr(engine, "_add_bursts", lambda *args: seen.extend(args[2:]))
    synth = EnginePatternSynth(SR, np.random.default_rng(1))
    for name, value in {"rate_exp": 10.0, **values}.items():
        synth.setParam(name, value)
    synth.generate(4.0)
    return seen


@pytest.mark.parametrize("width", [0.95, 0.983, 1.0 - 1e-6])
@pytest.mark.parametrize("f0_hz", [23.0, 97.0, 127.0])
def test_spectrum_is_the_fourier_series_after_a_triangle(f0_hz, width):
    # One second at a prime frequency: each partial, aliased or not, falls into an FFT bin of its own.
    amplitude = np.abs(np.fft.rfft(one_burst(f0_hz, width))) * 2.0 / SR
    k = np.arange(1, int(0.5 * SR / f0_hz) + 1)
    expected = series_amplitude(k, width) * np.sinc(k * f0_hz / SR) ** 2
    loud = expected > 1e-4
    measured_db = 20.0 * np.log10(amplitude[(k * f0_hz).astype(int)][loud] / expected[loud])
    # Only aliases of orders near SR = 16000 fall into the bins of harmonics.
    assert np.max(np.abs(measured_db)) < 0.1


@pytest.mark.parametrize("f0_hz", [97.0, 127.0])
def test_aliases_stay_below_their_bound(f0_hz):
    amplitude = np.abs(np.fft.rfft(one_burst(f0_hz, 1.0 - 1e-6))) * 2.0 / SR
    k = np.arange(1, SR)  # every harmonic up to 1.5 MHz and more
    k = k[k * f0_hz > 0.5 * SR]
    alias_bin = np.abs((k * f0_hz + SR // 2) % SR - SR // 2).astype(int)
    bound = np.zeros(amplitude.size)
    np.add.at(bound, alias_bin, series_amplitude(k, 1.0 - 1e-6) * np.sinc(k * f0_hz / SR) ** 2)
    bins = np.setdiff1d(np.arange(amplitude.size), np.arange(0, amplitude.size, int(f0_hz)))
    assert np.all(amplitude[bins] < bound[bins] + 1e-4)
    below_half = bins[bins < SR // 4]
    assert 20.0 * np.log10(amplitude[below_half].max() / (2.0 / np.pi)) < -60.0


def test_fundamental_is_cf_when_there_is_no_sweep(monkeypatch):
    monkeypatch.setattr(engine, "event_times", lambda *_: np.array([0.01]))
    synth = EnginePatternSynth(SR, np.random.default_rng(3))
    synth.setParam("cf_exp", 64.4)
    synth.setParam("sweep", 0.0)
    signal = synth.generate(0.5)[200:7000] * np.hanning(6800)
    spectrum = np.abs(np.fft.rfft(signal, 1 << 20))
    low = round(100.0 * (1 << 20) / SR)
    assert np.argmax(spectrum[:low]) * SR / (1 << 20) == pytest.approx(64.4, abs=0.05)


def test_burst_decays_on_a_straight_line_to_zero():
    burst, steady = one_burst(50.0, 0.97, length_s=0.5), one_burst(50.0, 0.97)
    assert np.all(burst[8000:] == 0.0)
    assert_close(burst[:8000], (1.0 - np.arange(8000) / 8000) * steady[:8000], 1e-9)
    assert burst[0] == pytest.approx(0.0, abs=1e-12)


def test_draws_are_as_documented(monkeypatch):
    _, f0_hz, widths, lengths_s = draws(monkeypatch, cf=33.25, sweep=4.0)
    assert set(f0_hz - 33.25) == {0.0, 1.0, 2.0, 3.0}
    assert np.mean(f0_hz) == pytest.approx(33.25 + 1.5, abs=0.1)
    assert (widths.min(), widths.max()) == pytest.approx((0.95, 1.0), abs=1e-4)
    assert widths.max() < 1.0
    assert (lengths_s.min(), lengths_s.max()) == pytest.approx((0.45, 0.60), abs=1e-3)


def test_no_events_is_silence(monkeypatch):
    monkeypatch.setattr(engine, "event_times", lambda *_: np.zeros(0))
    assert np.array_equal(EnginePatternSynth(SR).generate(0.5), np.zeros(8000))
