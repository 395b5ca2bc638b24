"""Known answers of the embedding of sounds."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.metrics.embedding import FLOOR_DB, MODULATION_FLOOR_DB, N_GROUPS, SIZE, embed, embedding_names

RATE = 16000
NAMES = embedding_names()


def noise(level: float = 0.1, n_samples: int = 2 * RATE, seed: int = 1) -> np.ndarray:
    return level * np.random.default_rng(seed).standard_normal(n_samples)


def tone(frequency_hz: float, amplitude: float = 1.0, rate: int = RATE, seconds: float = 1.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate)) / rate)


def named(sound: np.ndarray, rate: int = RATE) -> dict[str, float]:
    return dict(zip(NAMES, embed(sound[np.newaxis], rate)[0].tolist(), strict=True))


def test_every_number_has_a_name_of_its_own():
    assert len(set(NAMES)) == SIZE
    assert 40 <= SIZE <= 100  # so that a covariance can be estimated from 500 sounds


@pytest.mark.parametrize("n_samples", [1, 2, 100, 511, 16384])
@pytest.mark.parametrize("rate", [4000, 16000, 44100])
def test_silence_is_at_the_floors(rate, n_samples):
    found = named(np.zeros(n_samples), rate)
    for name, value in found.items():
        floor = {"level": FLOOR_DB, "modulation": MODULATION_FLOOR_DB}.get(name.split("_")[0], 0.0)
        assert value == pytest.approx(floor, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(gain_db=st.floats(-20, 0))
def test_a_gain_moves_levels_by_its_decibels_and_nothing_else(gain_db):
    # Noise of 0 dB in each band is 70 dB above the floor, which then adds less than a millionth.
    loud = noise(1.0)
    found = named(loud * 10 ** (gain_db / 20))
    for name, value in named(loud).items():
        moved = gain_db if name.startswith("level") else 0.0
        assert found[name] - value == pytest.approx(moved, abs=0.01)


@pytest.mark.parametrize("amplitude_db", [0.0, -20.0, -40.0])
@pytest.mark.parametrize("column", [3, 8, 13, 18])
def test_a_sine_reads_its_level_in_its_own_bands(column, amplitude_db):
    # Half way between the two bands of a column, each triangle has a height of one half: -3.01 dB.
    centres_hz = librosa.mel_frequencies(42, fmin=0, fmax=RATE / 2)[1:-1]
    frequency_hz = centres_hz[2 * column : 2 * column + 2].mean()
    levels = embed(tone(frequency_hz, 10 ** (amplitude_db / 20))[np.newaxis], RATE)[0, :20]
    assert levels[column] == pytest.approx(amplitude_db - 3.01, abs=0.1)
    others = np.delete(levels, column)
    assert others.max() < levels[column] - 15  # Hann's window leaks into half of a neighbour, no farther


def test_a_higher_sine_is_in_a_higher_band():
    bands = [int(np.argmax(embed(tone(f)[np.newaxis], RATE)[0, :20])) for f in (100, 300, 900, 2700, 7000)]
    assert bands == sorted(set(bands))


@pytest.mark.parametrize("rate_hz", [1.4, 2.8, 5.6, 11.0, 22.0])
@pytest.mark.parametrize("depth", [0.2, 0.8])
def test_an_amplitude_modulation_reads_in_its_octave(rate_hz, depth):
    times_s = np.arange(8 * RATE) / RATE
    sound = tone(3000, 0.3, seconds=8) * (1 + depth * np.cos(2 * np.pi * rate_hz * times_s))
    found = {name: value for name, value in named(sound).items() if name.startswith("modulation_2")}
    loudest = max(found, key=lambda name: found[name])
    low, high = map(float, loudest.split("_")[2].split("-"))
    assert low <= rate_hz < high
    turns = rate_hz * 0.032  # in a frame, which averages the envelope under Hann's window
    blurred = depth * np.sinc(turns) / (1 - turns**2)
    expected = blurred**2 / 2 + 10 ** (MODULATION_FLOOR_DB / 10)
    assert 10 ** (found[loudest] / 10) == pytest.approx(expected, rel=0.08, abs=0.003)  # start and end are steps


def test_a_regular_train_has_no_modulation_below_its_rate_and_an_irregular_one_has():
    def clicks(times_s):
        sound = np.zeros(4 * RATE)
        sound[(np.asarray(times_s) * RATE).astype(int)] = 0.9
        return sound

    regular = 0.06 + np.arange(32) / 8
    irregular = regular + np.random.default_rng(2).uniform(-0.06, 0.06, 32)
    low = [f"modulation_{group}_2-4_hz" for group in range(N_GROUPS)]
    one, other = named(clicks(regular)), named(clicks(irregular))
    assert np.mean([other[name] - one[name] for name in low]) > 5


def test_a_row_depends_on_its_sound_alone():
    sounds = np.stack([noise(seed=seed, n_samples=5000) for seed in range(7)])
    together = embed(sounds, RATE)
    assert together.dtype == np.float64
    np.testing.assert_array_equal(together, np.concatenate([embed(sound[np.newaxis], RATE) for sound in sounds]))
    np.testing.assert_array_equal(together[::-1], embed(sounds[::-1], RATE))


@pytest.mark.parametrize("rate", [4000, 8000, 22050, 44100, 48000, 96000])
@pytest.mark.filterwarnings("error")
def test_every_sample_rate_is_legal(rate):
    found = embed(np.stack([noise(n_samples=rate // 2), np.ones(rate // 2)]), rate)
    assert found.shape == (2, SIZE)
    assert np.isfinite(found).all()


def test_no_sounds_are_no_rows():
    assert embed(np.zeros((0, 100)), RATE).shape == (0, SIZE)


@pytest.mark.parametrize("shape", [(100,), (2, 0), (2, 100, 1)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="expected \\(n, n_samples\\)"):
        embed(np.zeros(shape), RATE)
