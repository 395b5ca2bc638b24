"""Controls read back from sounds whose controls are known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from soundworks.metrics.controls import CONTROLS, SILENCE_DB, centre_frequency_hz, estimate_controls, level_db
from soundworks.metrics.events import onset_times
from soundworks.metrics.pitch import estimate_pitch
from soundworks.synths.events import event_times, irregularity
from soundworks.synths.registry import load_synth

RATE = 16000


def sine(frequency_hz: float, amplitude: float = 0.5, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate)) / rate + 0.3)


def noise(seconds: float = 2.0, level: float = 0.1, seed: int = 1) -> np.ndarray:
    return level * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def bursts(times_s: np.ndarray, seconds: float, rate: int = RATE) -> np.ndarray:
    """Decaying tones of 1 kHz at known times."""
    sound = np.zeros(round(seconds * rate))
    ages_s = np.arange(round(0.2 * rate)) / rate
    burst = 0.8 * np.exp(-ages_s / 0.01) * np.sin(2 * np.pi * 1000 * ages_s)
    for start in np.rint(np.asarray(times_s) * rate).astype(int):
        sound[start : start + burst.size] += burst[: sound.size - start]
    return sound


def rendered(name: str, seconds: float, seed: int, **values: float) -> np.ndarray:
    synth = load_synth(name).create(RATE, seed)
    for parameter, value in values.items():
        synth.setParam(parameter, value)
    sound = synth.generate(seconds)
    return sound / max(1.0, np.abs(sound).max())


# Level.


@settings(max_examples=30, deadline=None)
@given(level=st.floats(-100, 0), frequency_hz=st.integers(50, 4000))
def test_the_level_of_a_sine_is_its_amplitude(level, frequency_hz):
    assert level_db(sine(frequency_hz, 10 ** (level / 20))) == pytest.approx(level, abs=1e-6)


def test_steps_of_level_are_read_as_steps():
    found = [level_db(noise() * 10 ** (step / 20)) for step in range(0, -60, -6)]
    np.testing.assert_allclose(np.diff(found), -6.0, atol=1e-9)


# Events.


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 20), rate=st.sampled_from([8000, 16000, 22050, 44100]))
def test_bursts_are_found_where_they_are(seed, count, rate):
    # At least 60 ms apart: after that a burst is 52 dB down.
    gaps = np.random.default_rng(seed).uniform(0.06, 0.2, count)
    times_s = 0.02 + np.cumsum(gaps)
    found = onset_times(bursts(times_s, float(gaps.sum()) + 0.3, rate), rate)
    assert found.size == count
    assert np.abs(found - times_s).max(initial=0.0) < 0.006


def test_soft_events_count_down_to_25_db():
    loud, soft = bursts([0.1, 0.5], 1.0), bursts([0.3, 0.7], 1.0)
    assert onset_times(loud + soft * 10 ** (-22 / 20), RATE).size == 4
    assert onset_times(loud + soft * 10 ** (-30 / 20), RATE).size == 2


@pytest.mark.parametrize("sound", [sine(60), sine(440), noise(), noise() * 1e-3, np.full(RATE, 0.3)])
def test_steady_sounds_have_no_events(sound):
    assert onset_times(sound, RATE).size <= 0.5 * sound.size / RATE


def test_a_tone_that_begins_and_one_that_ends_are_one_event_and_none():
    tone = sine(440)
    assert onset_times(np.concatenate([np.zeros(4000), tone]), RATE) == pytest.approx([0.25 + 0.5], abs=0.51)
    assert onset_times(np.concatenate([tone, np.zeros(4000)]), RATE).size == 0


@pytest.mark.parametrize("depth", [0.5, 1.0])
@pytest.mark.parametrize("rate_hz", [2, 4, 8, 16])
def test_modulated_noise_has_an_event_a_period(rate_hz, depth):
    times_s = np.arange(4 * RATE) / RATE
    sound = noise(4.0) * (1 - depth * np.cos(2 * np.pi * rate_hz * times_s)) / 2
    assert onset_times(sound, RATE).size == pytest.approx(4 * rate_hz, abs=1)


@pytest.mark.parametrize("irreg_exp", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("rate_exp", [0, 1, 2, 3, 4])
def test_pops_are_counted(rate_exp, irreg_exp):
    """Within 5 % on average; 15 % too few where they are closest, at 16/s and the greatest irregularity."""
    counted = expected = 0
    for seed, cf in enumerate((220.0, 385.0, 550.0, 715.0, 880.0)):
        sound = rendered("PopPatternSynth", 4.0, seed, rate_exp=rate_exp, irreg_exp=irreg_exp, cf=cf)
        counted += onset_times(sound, RATE).size
        expected += event_times(rate_exp, irreg_exp, 4.0, np.random.default_rng(seed)).size
    most = 0.15 if (rate_exp, irreg_exp) == (4, 1.0) else 0.05
    assert abs(counted / expected - 1) <= most


def test_drips_are_counted_up_to_8_a_second():
    for rate_exp in (0, 1, 2, 3):
        sound = rendered("DripPatternSynth", 6.0, rate_exp, rate_exp=rate_exp, irreg_exp=0.0, cf=200.0)
        expected = event_times(rate_exp, 0.0, 6.0, np.random.default_rng(rate_exp)).size
        assert onset_times(sound, RATE).size == pytest.approx(expected, rel=0.1, abs=1)


def test_irregularity_is_that_of_the_times():
    times_s = 0.05 + 0.2 * np.arange(15)
    regular = estimate_controls(bursts(times_s, 3.3)[np.newaxis], RATE)
    assert regular["irregularity"][0] < 0.01
    times_s = times_s + np.random.default_rng(3).uniform(-0.05, 0.05, 15)
    gaps = np.diff(times_s)
    found = estimate_controls(bursts(times_s, 3.3)[np.newaxis], RATE)["irregularity"][0]
    assert found == pytest.approx(gaps.std(ddof=1) / gaps.mean(), abs=0.01)
    few = estimate_controls(bursts(times_s[:3], 3.3)[np.newaxis], RATE)
    assert math.isnan(few["irregularity"][0])


def test_irregularity_of_pops_is_the_synths_times_the_root_of_two():
    for irreg_exp in (0.0, 0.5, 0.8):
        sounds = [rendered("PopPatternSynth", 10.0, s, rate_exp=2, irreg_exp=irreg_exp, cf=880) for s in range(4)]
        found = estimate_controls(np.stack(sounds), RATE)["irregularity"].mean()
        assert found == pytest.approx(math.sqrt(2) * float(irregularity(irreg_exp)), rel=0.2)


# Frequency.


@settings(max_examples=30, deadline=None)
@given(frequency_hz=st.floats(50, 7900))
def test_the_centre_of_a_sine_is_its_frequency(frequency_hz):
    assert centre_frequency_hz(sine(frequency_hz), RATE) == pytest.approx(frequency_hz, abs=1.0)


def test_the_centre_of_noise_is_the_middle_of_its_band():
    assert centre_frequency_hz(noise(4.0), RATE) == pytest.approx(4000, rel=0.02)
    spectrum = np.fft.rfft(noise(4.0))
    hz = np.fft.rfftfreq(4 * RATE, 1 / RATE)
    band = np.fft.irfft(np.where((hz > 500) & (hz < 900), spectrum, 0))
    assert centre_frequency_hz(band, RATE) == pytest.approx(700, rel=0.03)
    background = 0.1 * level_ratio(band, noise(4.0, seed=2)) * noise(4.0, seed=2)  # 20 dB below
    assert centre_frequency_hz(band + background, RATE) == pytest.approx(700, rel=0.03)


def level_ratio(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.square(one).mean() / np.square(other).mean()))


@pytest.mark.parametrize("cf", [220.0, 385.0, 550.0, 715.0, 880.0])
def test_the_centre_of_pops_is_their_resonance(cf):
    """Of one sound within the semitone that its pops spread by; their mean within 2 %."""
    sounds = [
        rendered("PopPatternSynth", 4.0, seed, cf=cf, rate_exp=rate, irreg_exp=0.5)
        for rate in range(5)
        for seed in range(3)
    ]
    ratios = estimate_controls(np.stack(sounds), RATE)["centre_frequency"] / cf
    assert np.abs(np.log2(ratios)).max() < 1.5 / 12
    assert np.median(ratios) == pytest.approx(1.0, abs=0.02)


# Pitch.


@settings(max_examples=40, deadline=None)
@given(frequency_hz=st.floats(45, 3500), rate=st.sampled_from([16000, 22050, 44100]))
def test_the_pitch_of_a_sine_is_its_frequency(frequency_hz, rate):
    found = estimate_pitch(sine(frequency_hz, rate=rate), rate)
    cents = 1200 * math.log2(found.hz / frequency_hz)
    assert abs(cents) < 10
    assert found.confidence > 0.95


@pytest.mark.parametrize("brightness", [0.2, 0.6, 0.9])
@pytest.mark.parametrize("pitch", [36, 48, 60, 72, 84])
def test_the_pitch_of_a_tone_is_its_fundamental(pitch, brightness):
    found = estimate_pitch(rendered("HarmonicTone", 0.5, 1, pitch=pitch, brightness=brightness, level=-12), RATE)
    cents = 100 * (12 * math.log2(found.hz / 440) + 69 - pitch)
    assert abs(cents) < 15
    assert found.confidence > 0.9


@pytest.mark.parametrize("pitch", [48, 60, 68])
@pytest.mark.parametrize("ratio_db", [6, 10, 20])
def test_noise_does_not_lower_the_pitch_to_a_part_of_it(pitch, ratio_db):
    tone = rendered("HarmonicTone", 1.0, 1, pitch=pitch, brightness=0.5, level=-20)
    hiss = noise(1.0, 1.0)
    found = estimate_pitch(tone + hiss * level_ratio(tone, hiss) * 10 ** (-ratio_db / 20), RATE)
    assert abs(1200 * math.log2(found.hz / 440) + 100 * (69 - pitch)) < 10


def test_a_missing_fundamental_is_heard():
    tone = sum(sine(200.0 * harmonic, 0.2) for harmonic in (3, 4, 5))
    assert estimate_pitch(tone, RATE).hz == pytest.approx(200, rel=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_pitch(seed):
    found = estimate_pitch(noise(seed=seed), RATE)
    assert math.isnan(found.hz)
    assert 0 <= found.confidence < 0.5


# All together.


@pytest.mark.parametrize("n_samples", [1, 7, 300, 16384])
@pytest.mark.parametrize("rate", [4000, 16000, 96000])
def test_silence_has_a_level_and_no_events_and_nothing_else(n_samples, rate):
    found = {name: values[0] for name, values in estimate_controls(np.zeros((1, n_samples)), rate).items()}
    assert found["event_rate"] == 0
    assert found["level"] == SILENCE_DB
    assert found["pitch_confidence"] == 0
    assert all(math.isnan(found[name]) for name in ("irregularity", "centre_frequency", "pitch"))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_samples=st.integers(1, 5000), gain_db=st.floats(-140, 0))
def test_any_sound_has_finite_controls_or_none(seed, n_samples, gain_db):
    rng = np.random.default_rng(seed)
    sound = rng.uniform(-1, 1, n_samples) * 10 ** (gain_db / 20) * (rng.random(n_samples) < rng.random())
    found = estimate_controls(sound[np.newaxis], RATE)
    assert list(found) == list(CONTROLS)
    assert all(values.shape == (1,) for values in found.values())
    assert not any(np.isinf(values).any() for values in found.values())
    assert all(math.isfinite(found[name][0]) for name in ("event_rate", "level", "pitch_confidence"))


@settings(max_examples=10, deadline=None)
@given(gain_db=st.floats(-40, 0))
def test_a_gain_changes_the_level_alone(gain_db):
    sound = rendered("PopPatternSynth", 1.0, 1, rate_exp=3)
    loud, soft = (estimate_controls(each[np.newaxis], RATE) for each in (sound, sound * 10 ** (gain_db / 20)))
    for name in CONTROLS:
        moved = gain_db if name == "level" else 0.0
        assert soft[name][0] == pytest.approx(loud[name][0] + moved, rel=1e-6, abs=1e-6)


def test_each_parameter_of_pops_is_told_by_its_estimate():
    """On sounds of one second, Spearman's ρ is at least 0.95 for rate and centre frequency, 0.6 for irregularity."""
    rng = np.random.default_rng(5)
    drawn = {"rate_exp": rng.uniform(0, 4, 80), "cf": rng.uniform(220, 880, 80), "irreg_exp": rng.uniform(0, 1, 80)}
    rows = [dict(zip(drawn, values, strict=True)) for values in zip(*drawn.values(), strict=True)]
    sounds = [rendered("PopPatternSynth", 1.0, seed, **row) for seed, row in enumerate(rows)]
    found = estimate_controls(np.stack(sounds), RATE)
    for parameter, name, least in (
        ("rate_exp", "event_rate", 0.95),
        ("cf", "centre_frequency", 0.95),
        ("cf", "pitch", 0.95),
        ("irreg_exp", "irregularity", 0.6),
    ):
        known = np.isfinite(found[name])
        assert spearmanr(found[name][known], drawn[parameter][known]).statistic > least


def test_the_strength_of_wind_is_told_by_its_level_and_its_centre():
    strengths = np.linspace(0.0, 1.0, 12)
    sounds = [rendered("Wind", 1.0, s, strength=x, gustiness=0.0) for s, x in enumerate(strengths)]
    found = estimate_controls(np.stack(sounds), RATE)
    assert spearmanr(found["level"], strengths).statistic > 0.99
    assert spearmanr(found["centre_frequency"], strengths).statistic > 0.95
    np.testing.assert_allclose(found["level"], -42 + 30 * strengths, atol=2.0)  # of one second of narrow noise
