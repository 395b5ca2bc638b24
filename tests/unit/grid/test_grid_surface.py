"""Interpolation: through the corners exactly, straight or along great circles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.grid.surface import grid_positions, surface_between

ENDS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], float)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["bilinear", "spherical"]), st.integers(2, 40))
def test_the_corners_are_hit_exactly(seed: int, interpolation: str, dim: int) -> None:
    corners = np.random.default_rng(seed).standard_normal((4, dim)).astype(np.float32)

    assert np.array_equal(surface_between(corners, interpolation)(ENDS), corners)  # type: ignore[arg-type]


def test_bilinear_is_a_weighted_mean() -> None:
    corners = np.random.default_rng(4).standard_normal((4, 5))

    (point,) = surface_between(corners)(np.array([[0.25, 0.6]]))

    weights = [0.75 * 0.4, 0.25 * 0.4, 0.75 * 0.6, 0.25 * 0.6]
    assert point == pytest.approx(np.tensordot(weights, corners, 1), rel=1e-6)


def test_spherical_turns_evenly_and_keeps_lengths() -> None:
    corners = np.array([[2, 0, 0], [0, 2, 0], [2, 0, 0], [0, 2, 0]], float)

    points = surface_between(corners, "spherical")(np.array([[t, 0.5] for t in (0, 1 / 3, 2 / 3, 1)]))

    angles = np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    assert angles == pytest.approx([0, 30, 60, 90], abs=1e-4)
    assert np.linalg.norm(points, axis=1) == pytest.approx(2, rel=1e-6)


@pytest.mark.parametrize("other", [[1.0, 0, 0], [-1.0, 0, 0], [0.0, 0, 0]])
def test_spherical_between_parallel_opposite_and_no_vectors_is_a_line(other: list[float]) -> None:
    corners = np.array([[1.0, 0, 0], other, [1.0, 0, 0], other])

    (middle,) = surface_between(corners, "spherical")(np.array([[0.5, 0.5]]))

    assert middle == pytest.approx((corners[0] + corners[1]) / 2, abs=1e-6)


def test_attributes_behind_the_noise_are_bilinear() -> None:
    corners = np.random.default_rng(5).standard_normal((4, 6))
    position = np.array([[0.3, 0.7]])

    spherical = surface_between(corners, "spherical", n_noise=4)(position)[0]

    assert spherical[4:] == pytest.approx(surface_between(corners)(position)[0, 4:])
    assert spherical[:4] == pytest.approx(surface_between(corners[:, :4], "spherical")(position)[0])


@pytest.mark.parametrize(("d0", "d1"), [(1, 1), (1, 4), (5, 1), (3, 2)])
def test_positions_of_any_size(d0: int, d1: int) -> None:
    positions = grid_positions(d0, d1)

    assert positions.shape == (d1, d0, 2)
    assert np.all((positions >= 0) & (positions <= 1))
    assert positions[0, 0].tolist() == [0, 0]
    assert positions[-1, -1].tolist() == [float(d0 > 1), float(d1 > 1)]
    if d0 == 3:
        assert positions[1, 1].tolist() == [0.5, 1.0]
