"""The tone: levels of its partials, frequency, level, contours, and the summation formula near its worst point."""

import numpy as np
import pytest

from soundworks.contour import Contour
from soundworks.errors import UserError
from soundworks.synths.tone import HarmonicTone, _sum_partials, hz_to_midi, midi_to_hz, partial_ratio

SR = 16000


def assert_close(signal, expected, tolerance):
    np.testing.assert_allclose(signal, expected, rtol=0.0, atol=tolerance)


def tone(seconds=1.0, sr=SR, seed=1, **values):
    synth = HarmonicTone(sr, np.random.default_rng(seed))
    for name, value in values.items():
        (synth.setContour if isinstance(value, Contour) else synth.setParam)(name, value)
    return synth.generate(seconds)


def partials(signal, f0_hz, count, sr=SR):
    """Complex amplitudes of harmonics 1 … count by least squares."""
    angle = 2.0 * np.pi * f0_hz * np.outer(np.arange(signal.size), np.arange(1, count + 1)) / sr
    basis = np.concatenate((np.cos(angle), np.sin(angle)), axis=1)
    fit = np.linalg.lstsq(basis, signal, rcond=None)[0]
    return fit[:count] - 1j * fit[count:]


def test_pitch_converters_mirror():
    assert midi_to_hz(69.0) == 440.0
    assert hz_to_midi(midi_to_hz(np.array([21.0, 60.5, 108.0]))) == pytest.approx([21.0, 60.5, 108.0])


def test_brightness_is_monotone_from_a_sine_to_095():
    ratio = partial_ratio(np.linspace(0.0, 1.0, 101))
    assert ratio[0] == 0.0
    assert ratio[-1] == pytest.approx(0.95)
    assert np.all(np.diff(ratio) > 0.0)
    assert 1.0 / (1.0 - partial_ratio(0.5)) == pytest.approx(np.sqrt(20.0))


@pytest.mark.parametrize("pitch", [33.0, 60.37, 95.0])
@pytest.mark.parametrize("brightness", [0.1, 0.5, 1.0])
def test_partials_have_their_stated_levels(pitch, brightness):
    f0_hz = float(midi_to_hz(pitch))
    count = int(np.ceil(0.5 * SR / f0_hz)) - 1
    signal = tone(0.25, pitch=pitch, brightness=brightness, level=-6.0)
    a = float(partial_ratio(brightness))
    k = np.arange(1, count + 1)
    expected = 10 ** (-6.0 / 20.0) * np.sqrt((1.0 - a**2) / (1.0 - a ** (2 * count))) * a ** (k - 1)
    measured = partials(signal, f0_hz, count)
    heard = expected > 1e-9
    assert np.max(np.abs(20.0 * np.log10(np.abs(measured[heard]) / expected[heard]))) < 0.1
    # Nothing else is in the sound, so nothing lies above the Nyquist frequency or is aliased.
    angle = 2.0 * np.pi * f0_hz * np.outer(np.arange(signal.size), k) / SR
    residue = signal - (np.exp(1j * angle) @ measured).real
    assert np.max(np.abs(residue)) < 1e-7


@pytest.mark.parametrize("pitch", [21.0, 57.01, 69.0, 106.9])
def test_frequency_is_right_to_a_tenth_of_a_cent(pitch):
    f0_hz = float(midi_to_hz(pitch))
    signal = tone(10.0, pitch=pitch, brightness=0.0)
    early = partials(signal[: SR // 2], f0_hz, 1)[0]
    late = partials(signal[-SR // 2 :], f0_hz, 1)[0] * np.exp(-2j * np.pi * f0_hz * 9.5)
    error_hz = np.angle(late / early) / (2.0 * np.pi * 9.5)
    assert abs(1200.0 * np.log2(1.0 + error_hz / f0_hz)) < 0.1
    assert abs(np.angle(late / early)) < 1e-6  # and so it is over any length, to rounding


@pytest.mark.parametrize("sr", [8000, 16000, 192000])
@pytest.mark.parametrize("brightness", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("level", [-60.0, -12.0, 0.0])
def test_level_is_the_rms_re_a_full_scale_sine(sr, brightness, level):
    signal = tone(2.0, sr, pitch=69.0, brightness=brightness, level=level)
    assert 10.0 * np.log10(2.0 * np.mean(signal**2)) == pytest.approx(level, abs=0.05)


def test_closed_form_equals_the_sum_near_its_worst_point():
    # The denominator is least at phase 0 mod 2π; small steps stay around it, at the largest ratio and beyond.
    for a in (0.95, 0.999):
        for step in (1e-9, 1e-5, 1e-3):
            signal = _sum_partials(-50.0 * step, np.full(100, step), np.full(100, a), np.ones(100), 300)
            phase = (step * np.arange(-50, 50))[:, None] * np.arange(1, 301)
            unit = np.sqrt((1.0 - a**2) / (1.0 - a**600))
            assert_close(signal, unit * np.sin(phase) @ a ** np.arange(300.0), 1e-9)


def test_start_phase_comes_from_the_generator():
    phases = [np.angle(partials(tone(0.1, seed=seed, pitch=69.0, brightness=0.0), 440.0, 1))[0] for seed in range(40)]
    turns = np.sort(np.mod(phases, 2.0 * np.pi)) / (2.0 * np.pi)
    assert np.max(np.diff(turns, append=turns[0] + 1.0)) < 0.25


def test_glide_is_phase_continuous_and_exact():
    signal = tone(2.0, pitch=Contour((0.0, 2.0), (57.0, 81.0)), brightness=0.0, level=0.0)
    octaves_per_s = 1.0
    time_s = np.arange(signal.size) / SR
    turn = 220.0 * (2.0 ** (octaves_per_s * time_s) - 1.0) / (octaves_per_s * np.log(2.0))
    fit = np.linalg.lstsq(np.stack((np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)), axis=1), signal, rcond=None)[0]
    expected = fit[0] * np.cos(2 * np.pi * turn) + fit[1] * np.sin(2 * np.pi * turn)
    assert np.hypot(*fit) == pytest.approx(1.0, abs=1e-6)
    assert_close(signal, expected, 1e-4)


def test_glide_keeps_the_partials_of_its_highest_pitch():
    signal = tone(4.0, pitch=Contour((0.0, 1.0, 2.0), (45.0, 45.0, 93.0)), brightness=0.8)
    count = int(np.ceil(0.5 * SR / midi_to_hz(93.0))) - 1
    spectrum = np.abs(np.fft.rfft(signal[:SR]))  # 110 Hz: partials in every 110th bin
    assert count == 4
    assert spectrum[110 * np.arange(1, 5)].min() > 100.0
    assert spectrum[500:].max() < 1e-6


def test_level_and_brightness_contours_are_followed_sample_by_sample():
    signal = tone(1.0, pitch=81.0, brightness=0.0, level=Contour((0.0, 1.0), (-40.0, 0.0)))
    steady = tone(1.0, pitch=81.0, brightness=0.0, level=0.0)
    assert_close(signal, steady * 10 ** (-2.0 * (1.0 - np.arange(SR) / SR)), 1e-12)
    bright = tone(1.0, pitch=81.0, brightness=Contour((0.0, 1.0), (0.0, 1.0)), level=0.0)
    blocks = bright.reshape(10, -1)
    assert 10.0 * np.log10(2.0 * np.mean(blocks**2, axis=1)) == pytest.approx(np.zeros(10), abs=0.05)


def test_pitch_at_or_above_nyquist_is_an_error():
    with pytest.raises(UserError, match=r"pitch: found 108, expected below 107\.21 MIDI notes.*8000 Hz"):
        tone(0.1, 8000, pitch=108.0)
    assert np.all(np.isfinite(tone(0.1, 8000, pitch=107.2)))
