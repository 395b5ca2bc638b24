"""The self-organizing map: sounds of its own for each point, laid out as the corners are, the same on every run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linearizing import as_they_are

from soundworks.grid.linearize.options import SomOptions
from soundworks.grid.linearize.som import SomRun, matched, oriented, principal_scores, som_grid

CLOUD = np.random.default_rng(2).uniform(0, 1, (600, 2)).astype(np.float32)
CORNERS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
OPTIONS = SomOptions(sounds=600, iterations=4000, sigma=None, learning_rate=0.5)


def plane(latents: Any) -> Any:
    return np.asarray(latents, np.float64)[:, np.newaxis] * [[[1.0, 0.8]]]


def som(shape: tuple[int, int], corners: Any = CORNERS, **replaced: Any) -> SomRun:
    given = {"cloud": CLOUD, "generate": plane, "seed": 1, **replaced}
    return som_grid(given["cloud"], corners, shape, given["generate"], as_they_are, OPTIONS, given["seed"])


@pytest.mark.parametrize("shape", [(8, 8), (5, 9), (9, 5)])
def test_the_map_of_a_square_is_the_square(shape: tuple[int, int]) -> None:
    along = np.array([shape[1], shape[0]]) / max(shape)  # a map is not turned so that its longer side is across
    run = som(shape, generate=lambda latents: plane(latents * along))
    found = run.latents
    assert found.shape == (*shape, 2)
    ends = found[[0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(ends, CORNERS, atol=0.35)  # the outermost points are drawn inwards
    assert len({tuple(latent) for latent in found.reshape(-1, 2)}) == shape[0] * shape[1]
    assert {tuple(latent) for latent in found.reshape(-1, 2)} <= {tuple(latent) for latent in CLOUD}
    middle = np.median(np.diff(found[..., 0], axis=1)), np.median(np.diff(found[..., 1], axis=0))
    assert min(middle) > 0.5 / max(shape)
    assert run.evaluations == 604 / (shape[0] * shape[1])


def test_it_is_turned_as_the_corners_are() -> None:
    turned = som((8, 8), corners=CORNERS[[3, 1, 2, 0]]).latents
    np.testing.assert_allclose(turned[0, 0], [1, 1], atol=0.25)
    np.testing.assert_allclose(turned[0, -1], [1, 0], atol=0.25)


def test_the_same_again_and_another_by_another_seed() -> None:
    first = som((6, 6)).latents
    np.testing.assert_array_equal(som((6, 6)).latents, first)
    assert not np.array_equal(som((6, 6), seed=2).latents, first)


@pytest.mark.parametrize("shape", [(1, 7), (7, 1), (1, 1), (2, 2)])
def test_lines_and_small_maps(shape: tuple[int, int]) -> None:
    assert som(shape).latents.shape == (*shape, 2)


def test_few_sounds_and_sounds_that_are_alike() -> None:
    assert som((6, 6), cloud=CLOUD[:20]).latents.shape == (6, 6, 2)
    alike = som((4, 4), generate=lambda latents: np.ones((len(latents), 1, 3))).latents
    assert np.isfinite(alike).all()
    line = som((4, 4), generate=lambda latents: latents[:, :1, np.newaxis]).latents
    assert np.isfinite(line).all()


@pytest.mark.parametrize("shape", [(30, 5), (8, 40)])
def test_components_keep_distances(shape: tuple[int, int]) -> None:
    features = np.random.default_rng(3).standard_normal(shape)
    scores = principal_scores(features)
    expected = np.linalg.norm(features[:, None] - features, axis=-1)
    found = np.linalg.norm(scores[:, None] - scores, axis=-1)
    ratio = expected[0, 1] / found[0, 1]
    np.testing.assert_allclose(found * ratio, expected, atol=1e-6)
    assert scores[:, 0].std() == pytest.approx(1.0)
    assert (np.diff(scores.std(axis=0)) < 1e-9).all()


def test_matching_and_orientation_by_hand() -> None:
    points, sounds = np.array([[0.0], [0.1], [2.0]]), np.array([[2.1], [0.0], [5.0], [0.6]])
    assert matched(points, sounds).tolist() == [1, 3, 0]
    assert matched(points, sounds[:2]).tolist() == [1, 1, 0]
    weights = np.arange(6.0).reshape(2, 3, 1)
    np.testing.assert_array_equal(oriented(weights, np.array([[5.0], [3.0], [2.0], [0.0]])), weights[::-1, ::-1])
    square = np.arange(4.0).reshape(2, 2, 1)
    np.testing.assert_array_equal(oriented(square, np.array([[0.0], [2.0], [1.0], [3.0]])), square.swapaxes(0, 1))
