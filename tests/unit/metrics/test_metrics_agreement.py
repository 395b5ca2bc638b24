"""Agreement of values that differ by known amounts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.metrics.agreement import agreement, errors, median_magnitude, scaled

HZ = 110.0 * 2.0 ** (np.arange(25) / 12)


@settings(max_examples=40, deadline=None)
@given(cents=st.floats(-300, 300))
def test_a_detuning_is_an_error_in_cents_and_a_loss_of_what_is_explained(cents):
    found = agreement(HZ * 2 ** (cents / 1200), HZ, "cents")
    assert found["median_error"] == pytest.approx(abs(cents), abs=1e-6)
    assert found["mean_error"] == pytest.approx(abs(cents), abs=1e-6)
    assert found["bias"] == pytest.approx(cents, abs=1e-6)
    assert found["rho"] == pytest.approx(1.0)
    variance = 100.0**2 * (25**2 - 1) / 12
    assert found["r2"] == pytest.approx(1 - cents**2 / variance, abs=1e-9)
    assert found["span"] == pytest.approx(2400)
    assert found["error_of_span"] == pytest.approx(abs(cents) / 2400, abs=1e-9)


def test_percent_and_differences_are_what_they_say():
    np.testing.assert_allclose(errors(np.array([1.1, 3.0]), np.array([1.0, 4.0]), "%"), [10.0, -25.0])
    np.testing.assert_allclose(errors(np.array([-10.0]), np.array([-12.5]), "dB"), [2.5])
    assert np.isnan(errors(np.array([1.0]), np.array([0.0]), "%")).all()


def test_a_constant_explains_nothing_and_has_no_rank():
    found = agreement(np.full(25, HZ.mean()), HZ, "cents")
    assert found["r2"] < 0
    assert found["rho"] is None


def test_what_was_not_found_is_an_infinite_error():
    half = np.where(np.arange(25) % 2, np.nan, HZ)
    assert agreement(half, HZ, "cents")["median_error"] == 0
    assert agreement(half, HZ, "cents")["unknown"] == pytest.approx(12 / 25)
    most = np.where(np.arange(25) % 3, np.nan, HZ)
    assert agreement(most, HZ, "cents")["median_error"] is None
    assert agreement(most, HZ, "cents")["mean_error"] == 0


def test_pairs_without_a_reference_do_not_count():
    reference = np.where(np.arange(25) < 10, HZ, np.nan)
    assert agreement(HZ, reference, "cents")["n"] == 10
    nothing = agreement(HZ, np.full(25, np.nan), "cents")
    assert nothing["n"] == 0
    assert {value for key, value in nothing.items() if key != "n"} == {None}


def test_a_reference_that_does_not_vary_explains_nothing():
    found = agreement(HZ, np.full(25, 220.0), "cents")
    assert found["r2"] is None
    assert found["error_of_span"] is None


def test_no_events_are_few_events():
    assert scaled(np.array([0.0, 1.0, 2.0]), "%") == pytest.approx([1200 * np.log2(0.1), 0.0, 1200.0])
    assert agreement(np.zeros(9), np.full(9, 4.0), "%")["median_error"] == 100.0
    assert median_magnitude(np.array([])) is None
