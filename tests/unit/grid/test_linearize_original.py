"""The original's rule against a slow reading of its description, and the sweep of its steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linearizing import as_they_are, bump, generator, linearized, square

from soundworks.grid.linearize.original import original_rule, pull
from soundworks.grid.linearize.uniformity import measure

RNG = np.random.default_rng(8)


def slow_pull(latents: Any, features: Any) -> Any:
    """The rule, point by point, on arrays that are padded by their edges."""
    d1, d0 = latents.shape[:2]
    wide = np.pad(latents, ((1, 1), (1, 1), (0, 0)), mode="edge")
    heard = np.pad(features, ((1, 1), (1, 1), (0, 0)), mode="edge")
    total = np.zeros_like(latents)
    for row in range(d1):
        for column in range(d0):
            if row in (0, d1 - 1) and column in (0, d0 - 1):
                continue
            for down in (-1, 0, 1):
                for right in (-1, 0, 1):
                    at = (row + 1 + down, column + 1 + right)
                    distance = np.sqrt(sum((heard[at] - features[row, column]) ** 2))
                    total[row, column] += distance * (wide[at] - latents[row, column])
    return total


@pytest.mark.parametrize(("d0", "d1"), [(5, 4), (4, 1), (1, 4), (2, 3)])
def test_one_step_is_that_of_a_slow_loop(d0: int, d1: int) -> None:
    latents, features = RNG.standard_normal((d1, d0, 3)), RNG.standard_normal((d1, d0, 6))
    np.testing.assert_allclose(pull(latents, features), slow_pull(latents, features), atol=1e-12)


def test_clamped_edges_are_pulled_along_their_lines_by_no_more_than_that_part() -> None:
    latents, features = RNG.standard_normal((5, 4, 3)), RNG.standard_normal((5, 4, 6))
    free, clamped = pull(latents, features), pull(latents, features, clamp_edges=True)
    line = latents[-1, -1] - latents[-1, 0]
    unit = line / np.linalg.norm(line)
    for column in (1, 2):
        np.testing.assert_allclose(clamped[-1, column], (free[-1, column] @ unit) * unit, atol=1e-12)
    np.testing.assert_array_equal(clamped[1:-1, 1:-1], free[1:-1, 1:-1])


def test_it_helps_and_the_mesh_helps_more() -> None:
    mesh = linearized(bump, 11, 11)
    budget = round(mesh.evaluations)
    run = original_rule(square(11, 11), generator(bump), as_they_are, evaluations=budget)
    before = mesh.history[0].variation
    assert run.evaluations == len(run.variations) <= budget
    assert mesh.history[-1].variation < 0.5 * min(run.variations) < 0.5 * before
    found = measure(as_they_are(generator(bump)(run.latents.reshape(-1, 2))), 11, 11)
    assert found["neighbours"]["cv"] == pytest.approx(min(run.variations), rel=1e-4)
    assert found["straightness"]["p5"] > 0.5
    steps = sorted(run.tried)
    assert len(steps) == 3
    np.testing.assert_allclose(np.diff(np.log10(steps)), 1.0)
    assert run.step in steps


def test_steps_that_scatter_the_points_are_given_up() -> None:
    run = original_rule(square(9, 9), generator(bump), as_they_are, evaluations=60)
    assert np.abs(run.latents - 0.5).max() <= 0.502
    assert run.step < max(run.tried)


def test_nothing_to_do() -> None:
    for warp, d0, d1 in ((lambda u, v: (0 * u,), 4, 4), (bump, 1, 1)):  # noqa: ARG005
        run = original_rule(square(d0, d1), generator(warp), as_they_are, evaluations=20)
        np.testing.assert_array_equal(run.latents, square(d0, d1))
        assert run.tried == {}


def test_only_clamped_edges_if_so_asked() -> None:
    run = original_rule(square(7, 7), generator(bump), as_they_are, evaluations=30, clamp_edges=True)
    assert run.clamped
    assert (run.latents[0, :, 1] == 0).all()
