"""The parameters of a network: both ways between natural units and [0, 1], and what is no parameter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rnn_fixtures import CUTOFF, PITCH

from soundworks.rnn.parameters import ControlParameter


def test_ends_are_0_and_1() -> None:
    for parameter in (PITCH, CUTOFF):
        assert np.allclose(parameter.to_norm([parameter.minimum, parameter.maximum]), [0, 1])
        assert np.allclose(parameter.to_natural([0, 1]), [parameter.minimum, parameter.maximum])


def test_equal_ratios_are_equal_steps_of_a_log_scale() -> None:
    assert np.allclose(CUTOFF.to_norm([100, 200, 400, 800, 1600]), [0, 0.25, 0.5, 0.75, 1])
    assert np.allclose(PITCH.to_norm([58, 78]), [0.5, 1.5])


@given(st.floats(0, 1), st.sampled_from([PITCH, CUTOFF]))
def test_values_come_back(norm: float, parameter: ControlParameter) -> None:
    assert parameter.to_norm(parameter.to_natural(norm)) == pytest.approx(norm, abs=1e-12)


def test_a_parameter_comes_back_from_plain_values() -> None:
    assert ControlParameter.from_dict(CUTOFF.to_dict()) == CUTOFF
    with pytest.raises(TypeError):
        ControlParameter.from_dict({**CUTOFF.to_dict(), "colour": "red"})
    with pytest.raises(KeyError):
        ControlParameter.from_dict({"name": "x"})


@pytest.mark.parametrize(
    ("low", "high", "scale"),
    [(1, 1, "linear"), (2, 1, "linear"), (0, 1, "log"), (-1, 1, "log"), (0, np.nan, "linear"), (0, 1, "cubic")],
)
def test_what_has_no_range_is_no_parameter(low: float, high: float, scale: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        ControlParameter("x", low, high, scale=scale)
