"""Known answers of distances between sets of points."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from soundworks.metrics.distribution import (
    Standard,
    coverage,
    frechet_distance,
    frechet_limit,
    kernel_distance,
    median_distance,
    nearest,
    shrunk_covariance,
)

SEEDS = st.integers(0, 2**32 - 1)


def gaussian(n: int, mean: np.ndarray, root: np.ndarray, seed: int) -> np.ndarray:
    """Points whose mean and covariance, of n, are exactly `mean` and root·rootᵀ."""
    points = np.random.default_rng(seed).standard_normal((n, len(mean)))
    points -= points.mean(axis=0)
    points = points @ np.linalg.inv(np.linalg.cholesky(points.T @ points / n)).T
    return points @ root.T + mean


def drawn(n: int, k: int, seed: int, shift: float = 0.0, width: float = 1.0) -> np.ndarray:
    return width * np.random.default_rng(seed).standard_normal((n, k)) + shift


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, k=st.integers(2, 12))
def test_gaussians_are_at_the_closed_form(seed, k):
    rng = np.random.default_rng(seed)
    one, other = rng.standard_normal((2, k, k))
    mean, offset = rng.standard_normal((2, k))
    first = gaussian(200_000, mean, one, seed)
    second = gaussian(200_000, mean + offset, other, seed + 1)
    s1, s2 = one @ one.T, other @ other.T
    expected = offset @ offset + np.trace(s1 + s2) - 2 * np.trace(sqrtm(s1 @ s2).real)
    # So many points are shrunk by about a hundred-thousandth.
    assert frechet_distance(first, second) == pytest.approx(expected, rel=5e-3, abs=5e-3)


@pytest.mark.parametrize(("shift", "width"), [(0.0, 1.0), (2.0, 1.0), (0.0, 3.0), (1.0, 0.5)])
def test_independent_dimensions_are_at_the_closed_form(shift, width):
    # k (shift² + (width - 1)²); the mean of 100,000 points is off by 0.003.
    expected = 5 * (shift**2 + (width - 1) ** 2)
    found = frechet_distance(drawn(100_000, 5, 1), drawn(100_000, 5, 2, shift, width))
    assert found == pytest.approx(expected, rel=0.01, abs=0.01)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, n=st.integers(1, 60), k=st.integers(1, 40))
def test_a_set_is_at_no_distance_from_itself_however_small(seed, n, k):
    points = drawn(n, k, seed)
    assert frechet_distance(points, points) == pytest.approx(0.0, abs=1e-6 * k)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, n=st.integers(2, 30), k=st.integers(1, 40))
def test_nothing_depends_on_the_order_of_points_or_sets(seed, n, k):
    first, second = drawn(n, k, seed), drawn(n + 3, k, seed + 1, 0.5)
    order = np.random.default_rng(seed).permutation(n)
    width = median_distance(first)
    for distance in (frechet_distance, kernel_distance, lambda a, b: kernel_distance(a, b, "rbf", width=width)):
        expected = distance(first, second)
        close = pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert distance(first[order], second) == close
        assert distance(second, first) == close


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, n=st.integers(2, 12), k=st.integers(13, 80))
def test_fewer_points_than_dimensions_are_legal(seed, n, k):
    found = frechet_distance(drawn(n, k, seed), drawn(n, k, seed + 1, 10.0))
    assert 50 * k < found < 200 * k  # 100 k, and what so few points leave open


def test_constant_dimensions_are_legal():
    first, second = drawn(50, 6, 1), drawn(50, 6, 1)
    first[:, 2] = second[:, 2] = 7.0
    first[:, 4], second[:, 4] = 1.0, 3.0
    assert frechet_distance(first, second) == pytest.approx(4.0, abs=1e-9)
    assert frechet_distance(np.zeros((5, 3)), np.ones((4, 3))) == pytest.approx(3.0)
    one = frechet_distance(np.zeros((1, 3)), drawn(1000, 3, 1))
    assert one == pytest.approx(3.0, abs=0.3)  # a point and a sphere


def test_the_covariance_of_a_sphere_is_shrunk_to_it_and_of_many_points_not_at_all():
    few = shrunk_covariance(drawn(10, 50, 3))
    assert np.linalg.norm(few - np.eye(50)) < np.linalg.norm(np.cov(drawn(10, 50, 3).T, bias=True) - np.eye(50)) / 5
    points = drawn(100_000, 4, 4) * [1, 2, 3, 4]
    np.testing.assert_allclose(shrunk_covariance(points), np.cov(points.T, bias=True), atol=1e-3)


def test_the_limit_is_nearer_to_the_truth_than_the_distance():
    rng = np.random.default_rng(1)
    pairs = [(drawn(300, 30, 2 * seed), drawn(300, 30, 2 * seed + 1)) for seed in range(8)]
    plain = [frechet_distance(*pair) for pair in pairs]
    limits = [frechet_limit(*pair, rng) for pair in pairs]
    assert abs(np.mean(limits)) < np.mean(plain) / 3  # the truth is 0
    assert frechet_limit(drawn(31, 3, 1), drawn(100, 3, 2), rng) is None


@pytest.mark.parametrize("kernel", ["polynomial", "rbf"])
def test_the_kernel_distance_of_one_distribution_is_0_on_average(kernel):
    found = [
        kernel_distance(drawn(20, 5, 2 * seed), drawn(15, 5, 2 * seed + 1), kernel, width=3.0) for seed in range(2000)
    ]
    assert min(found) < 0 < max(found)  # unbiased, so not always above
    assert abs(np.mean(found)) < 3.5 * np.std(found) / math.sqrt(len(found))


def test_the_polynomial_kernel_distance_is_a_difference_of_moments():
    # With one dimension, (xy + 1)³ is a sum of moments: MMD² = 3 Δm₁² + 3 Δm₂² + Δm₃².
    first, second = drawn(2000, 1, 1), drawn(2000, 1, 2, 0.7, 1.3)
    moments = [np.array([np.mean(points**order) for order in (1, 2, 3)]) for points in (first, second)]
    expected = np.array([3, 3, 1]) @ np.square(moments[0] - moments[1])
    assert kernel_distance(first, second) == pytest.approx(expected, rel=0.02)


def test_the_rbf_kernel_distance_of_points_is_known():
    # Two pairs of equal points at distance d: 1 + 1 - 2 exp(-d² / (2 w²)).
    first, second = np.zeros((2, 3)), np.full((2, 3), 2.0)
    expected = 2 - 2 * math.exp(-12 / (2 * 1.5**2))
    assert kernel_distance(first, second, "rbf", width=1.5) == pytest.approx(expected)


@pytest.mark.parametrize("kernel", ["polynomial", "rbf"])
def test_sets_that_differ_more_are_farther(kernel):
    found = [kernel_distance(drawn(300, 4, 1), drawn(300, 4, 2, shift), kernel, width=3.0) for shift in (0.5, 1, 2)]
    assert 0 < found[0] < found[1] < found[2]


def test_one_point_has_no_kernel_distance():
    with pytest.raises(ValueError, match="at least two each"):
        kernel_distance(np.zeros((1, 2)), np.zeros((5, 2)))


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, n=st.integers(2, 40), m=st.integers(2, 40))
def test_neighbours_are_those_of_a_plain_search(seed, n, m):
    points, others = drawn(n, 3, seed), drawn(m, 3, seed + 1)
    distances, rows = nearest(points, others)
    plain = np.linalg.norm(points[:, np.newaxis] - others, axis=2)
    np.testing.assert_allclose(distances, plain.min(axis=1))
    np.testing.assert_array_equal(rows, plain.argmin(axis=1))
    own, rows = nearest(points, points, same=True)
    assert (rows != np.arange(n)).all()
    assert (own > 0).all()


def test_neighbours_of_more_points_than_a_block_skip_themselves():
    points = np.arange(2500.0)[:, np.newaxis] ** 1.5
    distances, rows = nearest(points, points, same=True)
    assert rows[0] == 1
    np.testing.assert_array_equal(rows[1:], np.arange(2499))
    np.testing.assert_allclose(distances[1:], np.diff(points[:, 0]))
    with pytest.raises(ValueError, match="expected at least 2"):
        nearest(points[:1], points[:1], same=True)


def test_coverage_is_that_of_the_paper_and_tells_a_missing_kind():
    kinds = np.repeat([[0.0] * 4, [30.0] * 4], 500, axis=0)
    real, alike = (drawn(1000, 4, seed) + kinds for seed in (1, 2))
    assert coverage(real, alike) == pytest.approx(1 - 2**-5, abs=0.02)  # each of 5 neighbours may be of either set
    assert coverage(real, alike[:500]) == pytest.approx((1 - 2**-5) / 2, abs=0.02)
    assert coverage(real, real) == 1.0


def test_the_standard_is_that_of_the_real_set_alone():
    real = drawn(1000, 3, 1) * [1, 10, 0] + [0, 5, 2]
    standard = Standard.of(real, 0.1)
    scaled = standard.apply(real)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0])
    np.testing.assert_allclose(standard.apply(np.array([[0.0, 5.0, 2.3]]))[0, 2], 3.0)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, k=st.integers(1, 6))
def test_units_of_dimensions_do_not_matter_after_the_standard(seed, k):
    rng = np.random.default_rng(seed)
    real, others = drawn(40, k, seed), drawn(40, k, seed + 1, 0.3)
    units, origins = 10 ** rng.uniform(0, 3, k), rng.uniform(-5, 5, k)

    def distance(one, other):
        standard = Standard.of(one, 1e-6)
        return frechet_distance(standard.apply(one), standard.apply(other))

    assert distance(real * units + origins, others * units + origins) == pytest.approx(distance(real, others), rel=1e-6)


def test_the_median_distance_is_that_of_pairs_of_different_points():
    assert median_distance(np.array([[0.0], [1.0], [3.0]])) == 2.0
    assert median_distance(np.zeros((5, 2))) == 1.0
    assert median_distance(np.zeros((1, 2))) == 1.0
