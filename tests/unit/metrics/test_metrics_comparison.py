"""Known answers of comparing generated with real points and controls."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from soundworks.metrics.comparison import (
    SoundSets,
    compare_controls,
    compare_distributions,
    compare_nearest,
    correlations,
    quantiles,
    spearman,
)
from soundworks.metrics.controls import CONTROLS

K = 6


def drawn(n: int, seed: int, shift: float = 0.0, width: float = 1.0) -> np.ndarray:
    return width * np.random.default_rng(seed).standard_normal((n, K)) + shift


def sets(generated: np.ndarray, held_out: int = 60, real: int = 300) -> SoundSets:
    """Sets in which the representation moves every sound by 0.3, in each dimension."""
    training, other, n = drawn(real, 1), drawn(held_out, 2), 2 * real // 3
    return SoundSets(
        training, training + 0.3, np.arange(n), drawn(n, 3, 20.0), generated, other, other + 0.3
    ).standard()


def distances(generated: np.ndarray, seed: int = 0, **options: int) -> dict:
    return compare_distributions(sets(generated, **options), np.random.default_rng(seed))


def test_a_perfect_generator_reads_as_the_floor():
    found = distances(drawn(150, 9))
    assert found["size"] == 100
    for name in ("frechet", "kernel", "kernel_rbf"):
        assert found["generated"][name] == pytest.approx(found["floor"][name], abs=0.15)
        assert found["noise"][name] > 10 * abs(found["generated"][name])
    assert abs(found["generated"]["frechet_limit"]) < 0.3
    assert found["generated"]["coverage"] > 0.85
    assert found["noise"]["coverage"] == 0


def test_a_perfect_generator_in_the_representation_reads_as_the_representation():
    found = distances(drawn(1500, 9, 0.3), real=3000)
    expected = K * 0.3**2  # of a shift, on a scale of about 1
    assert found["representation"]["frechet"] - found["floor"]["frechet"] == pytest.approx(expected, abs=0.1)
    assert found["generated"]["frechet"] == pytest.approx(found["representation"]["frechet"], abs=0.1)
    assert found["generated_in_representation"]["frechet"] == pytest.approx(found["floor"]["frechet"], abs=0.05)


def test_a_generator_of_one_kind_is_far_and_covers_little():
    found = distances(drawn(150, 9, 1.0, 0.05))
    assert found["generated"]["frechet"] > 5
    assert found["generated"]["coverage"] < 0.2


def test_sets_of_any_small_size_are_legal():
    few = SoundSets(*(drawn(n, n) for n in (4, 4)), np.arange(4), drawn(4, 5), drawn(3, 6), *np.empty((2, 0, K)))
    found = compare_distributions(few.standard(), np.random.default_rng(0))
    assert found["size"] == 2
    assert found["generated"]["frechet_limit"] is None
    assert "held_out" not in found
    assert compare_nearest(few)["held_out"] is None
    assert distances(drawn(150, 9), held_out=40)["held_out"]["size"] == 40
    assert "held_out" not in distances(drawn(150, 9), held_out=15)


def test_the_same_seed_gives_the_same_numbers():
    assert distances(drawn(150, 9), 5) == distances(drawn(150, 9), 5)
    assert distances(drawn(150, 9), 5) != distances(drawn(150, 9), 6)


def test_alike_sounds_are_no_copies():
    found = compare_nearest(sets(drawn(300, 9, 0.3)))
    assert found["ratio"] == pytest.approx(1.0, abs=0.1)
    assert found["ratio_to_held_out"] == pytest.approx(1.0, abs=0.15)
    assert found["nearer_than_real"] == pytest.approx(0.05, abs=0.04)
    assert found["reading"].endswith("not copies")


def test_copies_in_the_representation_are_copies():
    found = compare_nearest(sets(drawn(300, 1)[:100] + 0.3 + 0.01 * drawn(100, 4)))
    assert found["ratio"] < 0.05
    assert found["nearer_than_real"] == 1.0
    assert found["reading"].endswith(": copies")


def test_some_copies_among_others_are_told():
    copies, others = drawn(300, 1)[:30] + 0.3, drawn(70, 9, 0.3)
    found = compare_nearest(sets(np.concatenate([copies, others])))
    assert found["nearer_than_real"] == pytest.approx(0.3 + 0.7 * 0.05, abs=0.05)
    assert "copies among them" in found["reading"]


def test_other_sounds_are_farther():
    found = compare_nearest(sets(drawn(100, 9, 5.0)))
    assert found["ratio"] > 3
    assert "not alike" in found["reading"]


def test_equal_training_sounds_hide_copies():
    same = np.zeros((20, K))
    found = compare_nearest(SoundSets(same, same, np.arange(20), same, same, *np.empty((2, 0, K))))
    assert found["ratio"] is None
    assert "cannot be told" in found["reading"]


def controls(values: np.ndarray) -> dict[str, np.ndarray]:
    return dict.fromkeys(CONTROLS, values)


@settings(max_examples=30, deadline=None)
@given(shift=st.floats(-5, 5), spread=st.floats(0.1, 10))
def test_a_shift_of_a_control_is_told_in_standard_deviations(shift, spread):
    real = spread * np.random.default_rng(0).standard_normal(200)
    found = compare_controls(controls(real), controls(real), controls(real + shift * real.std()))["level"]
    assert found["generated"]["wasserstein"] == pytest.approx(abs(shift))
    assert found["representation"]["wasserstein"] == 0
    assert found["representation"]["inside"] == 1
    assert found["generated"]["q50"] == pytest.approx(found["real"]["q50"] + shift * real.std())


def test_values_that_are_not_there_count_as_such():
    real, made = np.array([1.0, 2.0, 3.0, math.nan]), np.array([0.0, 2.5, math.nan, math.nan, 9.0])
    found = compare_controls(controls(real), controls(real), controls(made))["pitch"]
    assert found["real"]["defined"] == 0.75
    assert found["generated"]["defined"] == 0.6
    assert found["generated"]["inside"] == pytest.approx(1 / 3)
    nothing = compare_controls(controls(real), controls(real), controls(np.full(3, math.nan)))["pitch"]["generated"]
    assert nothing["defined"] == 0
    assert {nothing[name] for name in ("inside", "wasserstein", "min", "q50", "max")} == {None}
    steady = compare_controls(controls(np.ones(9)), controls(np.ones(9)), controls(np.ones(9)))["pitch"]["generated"]
    assert (steady["inside"], steady["wasserstein"]) == (1.0, None)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(8, 60), missing=st.integers(0, 20))
def test_spearman_is_scipys_on_the_pairs_that_are_known(seed, n, missing):
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 9, n) * 1.0, rng.standard_normal(n)  # with ties
    known = spearman(one, other)
    assert known == pytest.approx(spearmanr(one, other).statistic) if np.ptp(one) else known is None
    holes = np.full(missing, math.nan)
    padded = np.concatenate([one, holes]), np.concatenate([other, rng.standard_normal(missing)])
    assert spearman(*padded) == known


def test_what_does_not_vary_or_is_not_known_is_not_ranked():
    rising = np.arange(20.0)
    assert spearman(rising, np.ones(20)) is None
    assert spearman(rising[:7], rising[:7]) is None
    assert spearman(rising, np.exp(rising)) == pytest.approx(1.0)
    assert spearman(rising, -rising) == pytest.approx(-1.0)
    found = correlations({"rate": rising}, {"same": -rising, "other": np.cos(rising), "none": np.ones(20)})["rate"]
    assert (found["same"], found["none"], found["best"]) == (pytest.approx(-1.0), None, "same")
    assert correlations({"rate": rising}, {"none": np.ones(20)})["rate"] == {"none": None, "best": None}


def test_quantiles_are_named():
    assert quantiles(np.arange(101.0)) == {
        "min": 0.0, "q05": 5.0, "q25": 25.0, "q50": 50.0, "q75": 75.0, "q95": 95.0, "max": 100.0,
    }  # fmt: skip
    assert set(quantiles(np.empty(0)).values()) == {None}
