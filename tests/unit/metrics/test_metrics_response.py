"""Answers to jumps and ramps that are known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.metrics.response import Tracking, step_response, tracking

TIMES_S = np.arange(0, 2, 0.0025)
AT_S = 1.0


def answered(progress: np.ndarray, before: float = -30.0, after: float = 10.0) -> np.ndarray:
    """A course that is `before` up to the jump, and then goes a share of the way to `after`."""
    return before + (after - before) * np.where(TIMES_S < AT_S, 0.0, progress)


def ages_s() -> np.ndarray:
    return np.maximum(TIMES_S - AT_S, 0.0)


@settings(max_examples=50, deadline=None)
@given(tau_s=st.floats(0.001, 0.08), before=st.floats(-100, 100), change=st.floats(1, 100), falls=st.booleans())
def test_an_exponential_takes_the_logarithm_of_ten_time_constants(tau_s, before, change, falls):
    after = before - change if falls else before + change
    found = step_response(TIMES_S, answered(1 - np.exp(-ages_s() / tau_s), before, after), AT_S)
    assert found.time_s == pytest.approx(tau_s * math.log(10), abs=0.003)
    assert found.overshoot < 1e-3
    assert (found.before, found.after) == pytest.approx((before, after), abs=1e-3 * change)


@pytest.mark.parametrize("damping", [0.3, 0.5, 0.7])
def test_overshoot_is_that_of_an_oscillator(damping):
    """exp(-π ζ / √(1 - ζ²)) of the jump, and no more than a percent less by the median of five values."""
    natural, damped = 2 * np.pi * 8, 2 * np.pi * 8 * math.sqrt(1 - damping**2)
    ages = ages_s()
    decay = np.exp(-damping * natural * ages)
    progress = 1 - decay * (np.cos(damped * ages) + damping * natural / damped * np.sin(damped * ages))
    found = step_response(TIMES_S, answered(progress), AT_S)
    assert found.overshoot == pytest.approx(math.exp(-math.pi * damping / math.sqrt(1 - damping**2)), abs=0.01)


@settings(max_examples=30, deadline=None)
@given(delay_s=st.floats(0, 0.4), noise=st.floats(0, 0.02), seed=st.integers(0, 2**32 - 1))
def test_a_delay_is_its_delay_even_with_noise(delay_s, noise, seed):
    course = answered((ages_s() >= delay_s).astype(float)) + 40 * noise * np.random.default_rng(seed).standard_normal(
        TIMES_S.size
    )
    assert step_response(TIMES_S, course, AT_S).time_s == pytest.approx(delay_s, abs=0.0026)


def test_a_touch_in_passing_is_no_arrival():
    course = answered((ages_s() >= 0.2).astype(float))
    course[(ages_s() > 0.05) & (ages_s() < 0.06)] = 10.0
    assert step_response(TIMES_S, course, AT_S).time_s == pytest.approx(0.2, abs=0.003)


def test_unknown_values_have_not_arrived():
    course = answered(np.ones(TIMES_S.size))
    course[(ages_s() > 0) & (ages_s() < 0.1)] = np.nan
    assert step_response(TIMES_S, course, AT_S).time_s == pytest.approx(0.1, abs=0.003)
    course[TIMES_S > AT_S] = np.nan
    found = step_response(TIMES_S, course, AT_S)
    assert not found.responded
    assert math.isnan(found.after)


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_what_does_not_jump_never_arrives(noise):
    course = 3.0 + noise * np.random.default_rng(1).standard_normal(TIMES_S.size)
    found = step_response(TIMES_S, course, AT_S)
    assert found.time_s == math.inf
    assert math.isnan(found.overshoot)


def triangle(times_s: np.ndarray) -> np.ndarray:
    return np.interp(times_s, (0.25, 1.0, 1.75), (0.0, 100.0, 0.0))


@settings(max_examples=25, deadline=None)
@given(lag_ms=st.integers(-90, 300), offset=st.floats(-20, 20))
def test_a_lag_is_told_from_an_error(lag_ms, offset):
    found = tracking(TIMES_S, triangle(TIMES_S - lag_ms / 1000) + offset, triangle)
    assert found.lag_s == pytest.approx(lag_ms / 1000, abs=0.0011)


def test_the_error_is_that_of_the_moment():
    assert tracking(TIMES_S, triangle(TIMES_S) - 7.0, triangle).error == pytest.approx(7.0)
    course = triangle(TIMES_S)
    course[::3] = np.nan
    assert tracking(TIMES_S, course, triangle) == Tracking(0.0, 0.0)
    assert math.isnan(tracking(TIMES_S, np.full(TIMES_S.size, np.nan), triangle).lag_s)
