"""Measures of evenness on grids whose distances are written down."""

from __future__ import annotations

import json

import numpy as np
import pytest

from soundworks.grid.linearize.uniformity import measure, node_means, spread_of
from soundworks.grid.surface import grid_positions


def test_an_even_plane() -> None:
    found = measure(10 * grid_positions(5, 5).reshape(-1, 2), 5, 5)
    assert found["neighbours"]["cv"] == pytest.approx(0.0, abs=1e-12)
    assert found["neighbours"]["max_over_median"] == pytest.approx(1.0)
    assert found["diagonals"]["mean"] == pytest.approx(2.5 * 2**0.5)
    assert found["rows"]["max"] == pytest.approx(0.0, abs=1e-12)
    assert found["straightness"] == {"mean": pytest.approx(1.0), "p5": pytest.approx(1.0)}


def test_distances_by_hand() -> None:
    # rows at 0, 1, 4 and at 0, 1, 4 again, the second 2 below the first: edges 1, 3, 1, 3, 2, 2, 2
    places = np.array([[0, 0], [1, 0], [4, 0], [0, 2], [1, 2], [4, 2]], np.float64)
    found = measure(places, 2, 3)
    edges = np.array([1, 3, 1, 3, 2, 2, 2])
    neighbours = found["neighbours"]
    assert neighbours["cv"] == pytest.approx(edges.std() / edges.mean())
    assert (neighbours["max_over_median"], neighbours["max_over_min"]) == (1.5, 3.0)
    assert (neighbours["min"], neighbours["median"], neighbours["max"]) == (1.0, 2.0, 3.0)
    assert found["rows"] == {"largest_deviation": [0.25, 0.25], "mean": 0.25, "max": 0.25}
    assert found["columns"] is None
    assert found["straightness"]["mean"] == pytest.approx(1.0)
    np.testing.assert_allclose(node_means(places, 2, 3), [[1.5, 2.0, 2.5], [1.5, 2.0, 2.5]])


def test_to_and_fro_is_even_but_not_straight() -> None:
    found = measure(np.array([[0.0], [1.0], [0.0], [1.0]]), 1, 4)
    assert found["neighbours"]["cv"] == 0.0
    assert found["straightness"] == {"mean": 0.0, "p5": 0.0}


@pytest.mark.parametrize(("d1", "d0"), [(3, 4), (1, 5), (5, 1), (1, 1), (2, 2)])
def test_numbers_are_finite_or_none(d1: int, d0: int) -> None:
    for features in (np.zeros((d1 * d0, 3)), np.random.default_rng(0).standard_normal((d1 * d0, 3))):
        text = json.dumps(measure(features, d1, d0), allow_nan=False)
        assert "neighbours" in json.loads(text)
        assert np.isfinite(node_means(features, d1, d0)).all()


def test_sounds_that_are_alike() -> None:
    found = measure(np.zeros((12, 3)), 3, 4)
    assert found["neighbours"]["cv"] == 0.0
    assert found["neighbours"]["max_over_min"] is found["neighbours"]["max_over_median"] is None
    assert found["rows"] == {"largest_deviation": [None] * 3, "mean": None, "max": None}
    assert found["straightness"] is None
    assert spread_of(np.zeros(0)) is None
