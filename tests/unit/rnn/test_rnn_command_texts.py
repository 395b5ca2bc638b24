"""Curves as the command line has them."""

from __future__ import annotations

import pytest

from soundworks.errors import UserError
from soundworks.rnn.control.texts import curves_of_texts, last_time


class TestTexts:
    def test_forms(self) -> None:
        curves = curves_of_texts(
            ["a=60", "b=0:0.2,3:0.9", "c=50%", "d=1:0%,2:100%", "e={sine: {frequency_hz: 2}}", "f=-3"]
        )
        assert curves["a"] == {"constant": 60.0, "units": "natural"}
        assert curves["b"] == {"breakpoints": [[0.0, 0.2], [3.0, 0.9]], "units": "natural"}
        assert curves["c"] == {"constant": 0.5, "units": "norm"}
        assert curves["d"] == {"breakpoints": [[1.0, 0.0], [2.0, 1.0]], "units": "norm"}
        assert curves["e"] == {"sine": {"frequency_hz": 2}}
        assert curves["f"]["constant"] == -3.0
        assert last_time({key: curves[key] for key in "abcd"}) == 3.0
        assert last_time(curves) is None

    def test_a_name_may_have_an_equals_sign(self) -> None:
        curves = curves_of_texts(["a=b=1", "a=2", "a=b=c=3"], ("a=b", "a", "a=b=c"))
        assert {name: curve["constant"] for name, curve in curves.items()} == {"a=b": 1.0, "a": 2.0, "a=b=c": 3.0}

    @pytest.mark.parametrize("text", ["a=101%", "a=-1%", "a=nan%", "a=0:0%,1:200%"])
    def test_a_share_of_a_range_is_in_it(self, text: str) -> None:
        with pytest.raises(UserError, match=r"--param: found '\S+%' in 'a=.*', expected 0% to 100% of the range$"):
            curves_of_texts([text])

    @pytest.mark.parametrize(
        "text", ["", "=", "a=", "=1", "a=x", "a=1:", "a=:1", "a=1,2", "a=1:2:3", "a=inf", "a=nan:1"]
    )
    def test_what_is_none(self, text: str) -> None:
        with pytest.raises(UserError, match=r"--param: found .*, expected NAME=VALUE"):
            curves_of_texts([text])
