"""The mesh: neighbours, Jacobians against their definition, and large moves that cannot fold it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.grid.linearize.mesh import Mesh, lengths, variation
from soundworks.grid.linearize.spreading import spread
from soundworks.grid.surface import grid_positions


def test_the_pairs_of_a_small_grid() -> None:
    mesh = Mesh(2, 3)
    assert mesh.rows.tolist() == [[0, 1], [1, 2], [3, 4], [4, 5]]
    assert mesh.columns.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert mesh.diagonals.tolist() == [[0, 4], [1, 5], [1, 3], [2, 4]]
    assert mesh.double_edges.tolist() == [[0, 2], [3, 5]]


@pytest.mark.parametrize(("d0", "d1"), [(5, 4), (2, 2), (7, 1), (1, 7)])
def test_an_even_grid_has_jacobians_of_one(d0: int, d1: int) -> None:
    mesh = Mesh(d1, d0)
    jacobians = mesh.jacobians(grid_positions(d0, d1))
    assert jacobians.size == (4 * (d0 - 1) * (d1 - 1) if min(d0, d1) > 1 else max(d0, d1) - 1)
    np.testing.assert_allclose(jacobians, 1.0, atol=1e-12)


def test_a_point_over_its_neighbour_folds_the_mesh() -> None:
    positions = grid_positions(4, 4)
    positions[1, 1, 0] = positions[1, 2, 0] + 0.01
    assert Mesh(4, 4).jacobians(positions).min() < 0
    line = grid_positions(4, 1)
    line[0, 1, 0] = line[0, 2, 0] + 0.01
    assert Mesh(1, 4).jacobians(line).min() < 0


@pytest.mark.parametrize(("d0", "d1"), [(5, 4), (6, 1), (1, 6)])
def test_slopes_of_jacobians_are_their_derivatives(d0: int, d1: int) -> None:
    rng = np.random.default_rng(0)
    mesh = Mesh(d1, d0)
    positions = grid_positions(d0, d1) + 0.05 * rng.standard_normal((d1, d0, 2))
    slopes = mesh.jacobian_slopes(positions)
    change = 1e-6 * rng.standard_normal(positions.shape)
    expected = (mesh.jacobians(positions + change) - mesh.jacobians(positions - change)) / 2
    found = np.einsum("cpa,cpa->c", slopes, change.reshape(-1, 2)[mesh.corners])
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_what_may_move() -> None:
    free = Mesh(4, 5).movable(clamp_edges=False)
    clamped = Mesh(4, 5).movable(clamp_edges=True)
    assert free.sum() == 2 * (4 * 5 - 4)
    assert clamped.sum() == 2 * 2 * 3 + 2 * (2 + 3)
    assert clamped[0, 1].tolist() == [True, False]
    assert clamped[1, 0].tolist() == [False, True]
    assert Mesh(1, 5).movable(clamp_edges=False)[0].tolist() == [[False] * 2, *[[True, False]] * 3, [False] * 2]
    assert not Mesh(2, 2).movable(clamp_edges=False).any()
    assert Mesh(4, 5).liftable(clamp_edges=False).sum() == 16
    assert Mesh(4, 5).liftable(clamp_edges=True).sum() == 6
    assert not Mesh(1, 5).liftable(clamp_edges=False).any()


def test_lengths_and_variation() -> None:
    features = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]])
    assert lengths(features, Mesh(1, 3).rows).tolist() == [5.0, 0.0]
    assert variation(np.array([5.0, 0.0])) == 1.0
    assert variation(np.zeros(3)) == 0.0
    assert variation(np.zeros(0)) == 0.0


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 2**32 - 1), st.floats(0.0, 3.5))
def test_spreading_never_folds_whatever_the_distances(d0: int, d1: int, seed: int, decades: float) -> None:
    mesh = Mesh(d1, d0)
    rng = np.random.default_rng(seed)
    positions = grid_positions(d0, d1)
    for _ in range(2):
        distances = 10 ** rng.uniform(-decades, 0.0, len(mesh.edges))
        positions = spread(mesh, positions, distances)
        assert mesh.jacobians(positions).min() > 0
    corners = positions[mesh.pinned]
    np.testing.assert_array_equal(corners, grid_positions(2, 2).reshape(4, 2))


def test_spreading_divides_a_line_evenly_in_one_step() -> None:
    mesh = Mesh(1, 5)
    positions = spread(mesh, grid_positions(5, 1), np.array([1.0, 2.0, 4.0, 1.0]))
    np.testing.assert_allclose(np.diff(positions[0, :, 0]), np.array([4, 2, 1, 4]) / 11)
