"""The options of a network: defaults, plain values and back, and mistakes as sentences."""

from __future__ import annotations

from typing import Any

import pytest

from soundworks.errors import UserError
from soundworks.rnn.options import AFTERWARDS, evaluate_options, rnn_options


def test_options_come_back_from_plain_values() -> None:
    options = rnn_options({"parameters": ["a", "b"], "input": "one-hot"}, steps=700)

    assert (options.parameters, options.sample_inputs, options.steps) == (("a", "b"), 256, 700)
    assert rnn_options({}, **options.to_dict()) == options
    assert rnn_options({}).to_dict()["parameters"] is None
    assert rnn_options({}).sample_inputs == 1


def test_what_is_done_afterwards_is_apart() -> None:
    assert AFTERWARDS == ("evaluate",)
    assert not set(AFTERWARDS) & set(rnn_options({}).to_dict())
    assert evaluate_options({"evaluate": {"seconds": 2}}).seconds == 2


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"steps": 10, "warmup": 10}, r"^rnn\.warmup: found 10, expected fewer than the 10 of rnn\.steps$"),
        ({"hidden": 50}, r"rnn\.hidden"),
        ({"layers": 0}, r"rnn\.layers"),
        ({"input": "bits"}, r"rnn\.input"),
        ({"ema_decay": 1}, r"rnn\.ema_decay"),
        ({"parameters": ["a", "a"]}, r"rnn\.parameters"),
        ({"parameters": []}, r"rnn\.parameters"),
        ({"sead": 1}, r"rnn.*sead"),
    ],
)
def test_mistakes_are_sentences(section: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        rnn_options(section)
    assert "\n" not in str(caught.value)
