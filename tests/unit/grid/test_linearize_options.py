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
