"""The relaxation: known even spacings, meshes that never fold, and what must not change the result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linearizing import as_they_are, bump, generator, linearized, options, square

from soundworks.errors import UserError
from soundworks.grid.linearize.descent import Descent, Point
from soundworks.grid.linearize.mesh import Mesh
from soundworks.grid.linearize.objective import Objective
from soundworks.grid.linearize.relaxation import Linearized, linearize_grid
from soundworks.grid.linearize.space import Space, lift_directions
from soundworks.grid.surface import grid_positions, surface_between

RNG = np.random.default_rng(5)


def cubes(u: Any, v: Any) -> tuple[Any, ...]:
    return u**3, v


def flat(u: Any, v: Any) -> tuple[Any, ...]:
    return u, v


def check_sane(result: Linearized, start: Any) -> None:
    """Assert what holds for every result: pinned corners, no folds, nothing beyond the square, no more uneven."""
    mesh = Mesh(*result.positions.shape[:2])
    assert mesh.jacobians(result.positions).min(initial=1.0) > 0
    assert min(iteration.smallest_jacobian for iteration in result.history) > 0
    assert ((result.positions >= 0) & (result.positions <= 1)).all()
    np.testing.assert_array_equal(result.latents[mesh.pinned], start[mesh.pinned])
    assert result.history[-1].unevenness <= result.history[0].unevenness
    assert result.history[-1].evaluations <= result.evaluations


@pytest.mark.parametrize("is_row", [True, False])
def test_a_line_becomes_even(is_row: bool) -> None:
    d0, d1 = (21, 1) if is_row else (1, 21)
    result = linearized(lambda u, v: (u**3 if is_row else v**3,), d0, d1)
    found = result.positions[0, :, 0] if is_row else result.positions[:, 0, 1]
    np.testing.assert_allclose(found, (np.arange(21) / 20) ** (1 / 3), atol=1e-4)
    assert result.history[-1].variation < 1e-4
    assert result.evaluations < 60
    check_sane(result, square(d0, d1))


def test_a_line_of_great_contrast_becomes_even() -> None:
    result = linearized(lambda u, v: (np.expm1(7.0 * u),), 30, 1)  # noqa: ARG005  densities from 1 to 1100
    expected = np.log1p(np.arange(30) / 29 * np.expm1(7.0)) / 7.0
    np.testing.assert_allclose(result.positions[0, :, 0], expected, atol=1e-4)


def test_separate_warps_become_even() -> None:
    result = linearized(lambda u, v: (u**3, np.expm1(2 * v) / np.expm1(2)), 11, 11)
    even = np.arange(11) / 10
    expected = np.stack(np.broadcast_arrays(even ** (1 / 3), np.log1p(even * np.expm1(2))[:, None] / 2), axis=-1)
    np.testing.assert_allclose(result.positions, expected, atol=2e-3)
    assert result.history[-1].variation < 1e-3
    check_sane(result, square(11, 11))


def test_a_hill_is_evened_out_and_no_distance_is_far_from_the_median() -> None:
    result = linearized(bump, 15, 15)
    first, last = result.history[0], result.history[-1]
    assert first.variation > 0.4
    assert last.variation < 0.3 * first.variation
    assert [iteration.stage for iteration in result.history[:2]] == ["start", "spread"]
    assert last.stage == "descend"
    check_sane(result, square(15, 15))


@pytest.mark.parametrize(("d0", "d1"), [(9, 9), (6, 6)])
def test_an_even_grid_stays_as_it_is(d0: int, d1: int) -> None:
    result = linearized(flat, d0, d1)
    np.testing.assert_allclose(result.positions, grid_positions(d0, d1), atol=1e-6)
    np.testing.assert_allclose(result.latents, square(d0, d1), atol=1e-6)


def test_clamped_edges_stay_on_their_lines_and_free_ones_bend() -> None:
    clamped = linearized(bump, 9, 9, clamp_edges=True, max_iterations=12).positions
    for edge, across, at in (
        (clamped[0], 1, 0.0),
        (clamped[-1], 1, 1.0),
        (clamped[:, 0], 0, 0.0),
        (clamped[:, -1], 0, 1.0),
    ):
        assert (edge[:, across] == at).all()
        assert (np.diff(edge[:, 1 - across]) > 0).all()
    near_edge = linearized(lambda u, v: (u, v, np.exp(-((u - 0.5) ** 2 + v**2) / 0.02)), 9, 9, max_iterations=12)
    assert near_edge.positions[0, :, 1].max() > 0.01


@pytest.mark.parametrize("factor", [1e-3, 1e4])
def test_scales_of_features_and_latents_do_not_matter(factor: float) -> None:
    expected = linearized(bump, 8, 8, max_iterations=8)
    louder = linearize_grid(square(8, 8), generator(lambda u, v: factor * np.array(bump(u, v))), as_they_are,
                            options(max_iterations=8))  # fmt: skip
    np.testing.assert_allclose(louder.positions, expected.positions, atol=1e-6)
    wider = linearize_grid(square(8, 8) * np.float32(factor), generator(lambda u, v: bump(u / factor, v / factor)),
                           as_they_are, options(max_iterations=8))  # fmt: skip
    np.testing.assert_allclose(wider.positions, expected.positions, atol=2e-4)  # latents are rounded to float32


def test_a_transposed_grid_has_the_transposed_result() -> None:
    upright = linearized(bump, 7, 11, max_iterations=8)
    lying = linearized(lambda u, v: bump(v, u), 11, 7, max_iterations=8)
    np.testing.assert_allclose(lying.positions.swapaxes(0, 1)[..., ::-1], upright.positions, atol=1e-6)


def test_the_same_bytes_again() -> None:
    first, second = (linearized(bump, 8, 6, max_iterations=10) for _ in range(2))
    assert first.latents.tobytes() == second.latents.tobytes()
    assert first.history == second.history


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1), st.floats(0.0, 6.9), st.booleans(),
    st.integers(0, 2),
)  # fmt: skip
def test_no_mesh_folds(d0: int, d1: int, seed: int, contrast: float, clamp_edges: bool, n_directions: int) -> None:
    rng = np.random.default_rng(seed)
    waves, phases = rng.normal(0.0, 4.0, (4, 5)), rng.uniform(0, 2 * np.pi, 4)

    def warp(latents: Any) -> Any:
        u, v = np.asarray(latents, np.float64)[:, :2].T
        steep = [np.exp(contrast * (turn * u + (1 - turn) * v)) for turn in (0.0, 0.6, 1.0)]
        others = np.sin(np.asarray(latents, np.float64) @ waves.T + phases) * np.exp(contrast) * 0.2
        return np.column_stack([*steep, others])[:, np.newaxis]

    start = np.concatenate([square(d0, d1), np.zeros((d1, d0, 3), np.float32)], axis=-1)
    directions = np.eye(5)[2 : 2 + n_directions]
    result = linearize_grid(start, warp, as_they_are, options(clamp_edges=clamp_edges, max_iterations=8),
                            directions=directions)  # fmt: skip
    check_sane(result, start)
    assert np.isfinite(result.latents).all()


def test_sounds_that_are_alike_divide_nothing_by_zero() -> None:
    constant = linearized(lambda u, v: (0.0 * u,), 6, 5)  # noqa: ARG005
    assert constant.stopped == "all sounds are alike"
    np.testing.assert_array_equal(constant.latents, square(6, 5))
    dead = linearized(lambda u, v: (np.maximum(u - 0.5, 0.0), v * np.maximum(u - 0.5, 0.0)), 10, 8)
    check_sane(dead, square(10, 8))
    assert dead.history[-1].variation < 0.7 * dead.history[0].variation


@pytest.mark.parametrize(("d0", "d1"), [(1, 1), (2, 1), (1, 2), (2, 2)])
def test_grids_of_corners_have_nothing_to_do(d0: int, d1: int) -> None:
    result = linearized(bump, d0, d1)
    np.testing.assert_array_equal(result.latents, square(d0, d1))
    assert (result.stopped, result.evaluations) == ("all points are pinned", 1.0)


@pytest.mark.parametrize(("d0", "d1"), [(2, 7), (7, 2), (3, 3)])
def test_narrow_grids(d0: int, d1: int) -> None:
    result = linearized(lambda u, v: (u**2, v**2), d0, d1)
    check_sane(result, square(d0, d1))
    assert result.history[-1].unevenness < result.history[0].unevenness


def test_it_stops() -> None:
    assert len(linearized(bump, 9, 9, max_iterations=3).history) == 4
    assert linearized(bump, 9, 9, max_iterations=0).evaluations == 1.0
    patient = linearized(bump, 9, 9, max_iterations=500, tolerance=1e-2)
    hasty = linearized(bump, 9, 9, max_iterations=500, tolerance=0.5)
    assert len(hasty.history) < len(patient.history) < 100
    assert hasty.stopped == patient.stopped == "hardly more even than five iterations ago"


def test_it_tells_of_each_iteration() -> None:
    told: list[Any] = []
    result = linearize_grid(square(6, 6), generator(bump), as_they_are, options(max_iterations=5), report=told.append)
    assert tuple(told) == result.history


def test_what_is_no_number_and_no_even_grid_is_refused() -> None:
    with pytest.raises(UserError, match=r"found NaN or infinity in the features of \d+ of 25 sounds, expected finite"):
        linearized(lambda u, v: (np.where(u > 0.5, np.nan, u), v), 5, 5)
    crooked = square(5, 5)
    crooked[2, 2] += 0.1
    with pytest.raises(ValueError, match="not evenly spaced on the surface"):
        linearize_grid(crooked, generator(bump), as_they_are, options())


def test_directions_off_the_surface_help_where_it_is_flat() -> None:
    def generate(latents: Any) -> Any:  # all that changes on the surface is u + v; w is another quality
        u, v, w = np.asarray(latents, np.float64).T
        return np.stack([np.tanh(4 * (u + v - 1)), 0.15 * (u - v) + w, w], axis=1)[:, np.newaxis]

    start = np.concatenate([square(9, 9), np.zeros((9, 9, 1), np.float32)], axis=-1)
    on_it = linearize_grid(start, generate, as_they_are, options())
    off_it = linearize_grid(start, generate, as_they_are, options(), directions=np.array([[0.0, 0.0, 1.0]]))
    assert off_it.history[-1].unevenness < 0.6 * on_it.history[-1].unevenness
    assert np.abs(off_it.lift).max() > 0.05
    check_sane(off_it, start)
    np.testing.assert_allclose(off_it.latents[..., 2], off_it.lift[..., 0], atol=1e-6)
    clamped = linearize_grid(start, generate, as_they_are, options(clamp_edges=True, max_iterations=8),
                             directions=np.array([[0.0, 0.0, 1.0]]))  # fmt: skip
    assert not clamped.lift[[0, -1]].any()
    assert not clamped.lift[:, [0, -1]].any()


def test_the_gradient_is_that_of_the_energy() -> None:
    mesh = Mesh(5, 6)
    warp = generator(bump)
    space = Space(surface_between(np.eye(4)[:, 1:] * 1.0), np.array([[0.3, 0.1, 0.2]]), warp, as_they_are)

    def exact(coordinates: Any) -> Any:  # the surface gives float32, which differences do not bear
        u, v, w = coordinates.reshape(-1, 3).T
        return np.stack([u + 0.1 * w, v * v + u * v, np.sin(3 * u + w), w * v], axis=1)

    coordinates = np.concatenate([grid_positions(6, 5), np.zeros((5, 6, 1))], axis=-1)
    coordinates += 0.02 * RNG.standard_normal(coordinates.shape)
    descent = Descent(mesh, space, clamp_edges=False)
    descent.space.features = exact  # type: ignore[method-assign]
    objective = Objective(mesh)
    features = exact(coordinates)
    slopes = np.zeros((len(objective.pairs()), 2, 3))
    for axis in range(3):
        small = np.zeros(coordinates.shape)
        small[..., axis] = 1e-6
        derivatives = (exact(coordinates + small) - exact(coordinates - small)) / 2e-6
        difference = features[objective.pairs()[:, 0]] - features[objective.pairs()[:, 1]]
        unit = difference / np.linalg.norm(difference, axis=1, keepdims=True)
        for side, sign in ((0, 1.0), (1, -1.0)):
            slopes[:, side, axis] = sign * np.sum(unit * derivatives[objective.pairs()[:, side]], axis=1)
    np.testing.assert_allclose(descent._slopes(Point(coordinates, features)), slopes, atol=0.1 * np.abs(slopes).max())
    gradient, matrix = objective.model(features, slopes, coordinates, scale=0.3)
    for _ in range(5):
        way = RNG.standard_normal(coordinates.shape)
        ahead, behind = (
            objective.energy(exact(at), at, 0.3) for at in (coordinates + 1e-5 * way, coordinates - 1e-5 * way)
        )
        np.testing.assert_allclose(2 * gradient @ way.ravel(), (ahead - behind) / 2e-5, rtol=1e-5)
        assert way.ravel() @ (matrix @ way.ravel()) > 0


def test_lift_directions_are_the_twist_and_what_is_at_right_angles() -> None:
    corners = RNG.standard_normal((4, 12)).astype(np.float32)
    directions = lift_directions(corners, 3, seed=1)
    z0, z1, z2, z3 = corners.astype(np.float64)
    length = np.linalg.norm([z1 - z0, z3 - z2, z2 - z0, z3 - z1], axis=1).mean()
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), length)
    np.testing.assert_allclose(directions[0] / length, (z0 - z1 - z2 + z3) / np.linalg.norm(z0 - z1 - z2 + z3))
    np.testing.assert_allclose(directions[1:] @ np.stack([z1 - z0, z2 - z0, z3 - z0]).T, 0.0, atol=1e-10)
    np.testing.assert_allclose(directions[1] @ directions[2], 0.0, atol=1e-10)
    np.testing.assert_array_equal(lift_directions(corners, 3, seed=1), directions)
    assert not np.allclose(lift_directions(corners, 3, seed=2)[1], directions[1])
    assert lift_directions(corners, 0, seed=1).shape == (0, 12)
    assert len(lift_directions(corners, 99, seed=1)) == 1 + 12 - 3


def test_attributes_keep_what_the_surface_says_and_parallelograms_have_no_twist() -> None:
    corners = RNG.standard_normal((4, 12)).astype(np.float32)
    assert not lift_directions(corners, 4, seed=1, n_noise=9)[:, 9:].any()
    corners[3] = corners[1] + corners[2] - corners[0]
    flat_ones = lift_directions(corners, 2, seed=1)
    np.testing.assert_allclose(flat_ones @ (corners[1] - corners[0]), 0.0, atol=1e-4)
    assert len(flat_ones) == 2
