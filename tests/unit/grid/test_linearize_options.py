"""The typed `linearize` section."""

from __future__ import annotations

from typing import Any

import pytest

from soundworks.errors import UserError
from soundworks.grid.linearize.options import linearize_options


def test_defaults_and_what_goes_before() -> None:
    options = linearize_options({"som": {"sounds": 50}}, distance="mel")
    assert (options.method, options.distance, options.clamp_edges) == ("mesh", "mel", False)
    assert (options.som.sounds, options.som.sigma) == (50, None)
    assert linearize_options(options.to_dict()) == options


@pytest.mark.parametrize(
    "section",
    [
        {"method": "tsne"},
        {"distance": "cqt"},
        {"tolerance": 0},
        {"max_iterations": -1},
        {"som": {"sigma": 0}},
        {"step": 1},
    ],
)
def test_what_is_wrong_is_told_by_its_key(section: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"linearize") as caught:
        linearize_options(section)
    assert "\n" not in str(caught.value)


def test_a_distance_that_there_is_not_is_told_what_there_is() -> None:
    expected = "expected one of: log_spectrogram, mel, mfcc, or a Python file"
    with pytest.raises(UserError, match=f"linearize.distance: found the text 'foo', {expected}$"):
        linearize_options({"distance": "foo"})
    assert linearize_options({"distance": "own/cqt.py"}).distance == "own/cqt.py"
