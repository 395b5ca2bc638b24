"""Event times: exact rate, stated irregularity, moving rates, any duration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.contour import Contour
from soundworks.synths.events import event_times, irregularity, rate_hz


def phase_coherence(times_s, rate):
    """Length of the mean phasor of the event phases: exp(-2 π² σ²) for N(0, σ), whatever the order of events."""
    return abs(np.exp(2j * np.pi * rate * times_s).mean())


def test_rate_and_irregularity_formulas():
    assert rate_hz(np.array([-10.0, 0.0, 10.0])) == pytest.approx([2.0**-10, 1.0, 1024.0])
    assert irregularity(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.04, 0.04 * 10**0.5, 0.4])


@pytest.mark.parametrize("rate_exp", [-2.0, 0.0, 3.3, 8.0])
def test_mean_count_is_rate_times_duration(rate_exp):
    rng = np.random.default_rng(1)
    duration_s, n_sounds = 2.75, 400
    counts = [event_times(rate_exp, 1.0, duration_s, rng).size for _ in range(n_sounds)]
    # A jittered lattice with random offset: the count's variance is at most 2 σ/√π + 1/4 < 1, at any rate.
    assert np.mean(counts) == pytest.approx(2.0**rate_exp * duration_s, abs=4.0 / np.sqrt(n_sounds))
    assert np.std(counts) < 1.0


@pytest.mark.parametrize("irreg_exp", [0.0, 0.5, 1.0])
def test_standard_deviation_of_times_in_mean_intervals(irreg_exp):
    rate = 1024.0
    times_s = event_times(10.0, irreg_exp, 500.0, np.random.default_rng(2))
    sigma = np.sqrt(-np.log(phase_coherence(times_s, rate)) / (2.0 * np.pi**2))
    assert sigma == pytest.approx(0.04 * 10**irreg_exp, rel=0.02)


def test_times_deviate_from_a_lattice_as_a_normal_distribution():
    rate = 16.0
    phases = event_times(4.0, 0.0, 1000.0, np.random.default_rng(3)) * rate
    late = (phases - np.angle(np.exp(2j * np.pi * phases).mean()) / (2.0 * np.pi) + 0.5) % 1.0 - 0.5
    assert np.std(late) == pytest.approx(0.04, rel=0.02)
    assert np.mean(np.abs(late) < 0.04) == pytest.approx(0.6827, abs=0.015)


def test_moving_irregularity_is_taken_at_the_event():
    irreg = Contour((0.0, 99.9, 100.1, 200.0), (0.0, 0.0, 1.0, 1.0))
    times_s = event_times(10.0, irreg, 200.0, np.random.default_rng(4))
    for start_s, sigma in ((0.0, 0.04), (101.0, 0.4)):
        part = times_s[(times_s >= start_s) & (times_s < start_s + 99.0)]
        assert phase_coherence(part, 1024.0) == pytest.approx(np.exp(-2 * np.pi**2 * sigma**2), abs=0.01)


def test_contour_of_the_rate_is_followed():
    low, high, duration_s = 3.0, 9.0, 20.0
    times_s = event_times(Contour((0.0, duration_s), (low, high)), 0.0, duration_s, np.random.default_rng(5))
    edges_s = np.linspace(0.0, duration_s, 11)
    counts, _ = np.histogram(times_s, edges_s)
    growth = (high - low) / duration_s * np.log(2.0)
    expected = np.diff(2.0**low * np.exp(growth * edges_s) / growth)
    assert counts == pytest.approx(expected, abs=2.0)


def test_constant_contour_equals_fixed_value():
    fixed = event_times(5.0, 0.5, 3.0, np.random.default_rng(6))
    moving = event_times(Contour((0.0, 3.0), (5.0, 5.0)), 0.5, 3.0, np.random.default_rng(6))
    assert moving == pytest.approx(fixed, abs=1e-9)


def test_no_thinning_or_crowding_at_the_ends():
    rng = np.random.default_rng(7)
    times_s = np.concatenate([event_times(3.0, 1.0, 1.0, rng) for _ in range(3000)])
    counts, _ = np.histogram(times_s, np.linspace(0.0, 1.0, 9))
    assert counts == pytest.approx(np.full(8, 3000.0), abs=150.0)


def test_lowest_rate_gives_nearly_no_events():
    rng = np.random.default_rng(8)
    counts = np.array([event_times(-10.0, 0.5, 1.0, rng).size for _ in range(2000)])
    assert 0 < counts.sum() < 10  # 2000 / 1024 expected
    assert counts.max() == 1


def test_no_duration_gives_no_events():
    assert event_times(10.0, 1.0, 0.0, np.random.default_rng(9)).size == 0


@settings(deadline=None, max_examples=60)
@given(
    rate_exp=st.floats(-10.0, 10.0),
    irreg_exp=st.floats(0.0, 1.0),
    duration_s=st.floats(1e-3, 3.0),
    seed=st.integers(0, 2**32),
)
def test_times_are_sorted_and_inside(rate_exp, irreg_exp, duration_s, seed):
    times_s = event_times(rate_exp, irreg_exp, duration_s, np.random.default_rng(seed))
    assert np.all(np.diff(times_s) >= 0.0)
    assert np.all((times_s >= 0.0) & (times_s < duration_s))
