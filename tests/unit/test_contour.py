"""Contours: linear between points, held outside, averaged exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundworks.contour import Contour, value_at

TRIANGLE = Contour((1.0, 2.0, 4.0), (0.0, 10.0, 6.0))


@pytest.mark.parametrize(
    ("time_s", "value"), [(0.0, 0.0), (1.0, 0.0), (1.5, 5.0), (2.0, 10.0), (3.0, 8.0), (4.0, 6.0), (9.0, 6.0)]
)
def test_values_are_linear_between_points_and_held_outside(time_s, value):
    assert TRIANGLE.at(time_s) == value


def test_values_at_many_times_have_their_shape():
    assert TRIANGLE.at(np.array([[0.0, 1.5], [3.0, 9.0]])).tolist() == [[0.0, 5.0], [8.0, 6.0]]


@pytest.mark.parametrize(
    ("start_s", "end_s", "part"),
    [
        (1.25, 1.5, Contour((0.0, 0.25), (2.5, 5.0))),
        (1.5, 3.0, Contour((0.0, 0.5, 1.5), (5.0, 10.0, 8.0))),
        (2.0, 4.0, Contour((0.0, 2.0), (10.0, 6.0))),
        (0.0, 5.0, Contour((0.0, 1.0, 2.0, 4.0, 5.0), (0.0, 0.0, 10.0, 6.0, 6.0))),
        (5.0, 6.0, Contour((0.0, 1.0), (6.0, 6.0))),
    ],
)
def test_a_part_starts_at_0_and_has_both_ends(start_s, end_s, part):
    assert TRIANGLE.between(start_s, end_s) == part


@given(start_s=st.floats(0, 1e4), duration_s=st.floats(1e-3, 10), point=st.floats(0, 1))
def test_a_parts_times_rise_and_can_be_made_to_end_at_the_duration(start_s, duration_s, point):
    end_s = start_s + duration_s
    times = sorted({start_s, start_s + point * duration_s, np.nextafter(end_s, 0.0), end_s})
    part = Contour(tuple(times), tuple(range(len(times)))).between(start_s, end_s)
    lasting = part.lasting(duration_s)
    assert lasting.times_s[-1] == duration_s
    assert lasting.values[-1] == part.values[-1]
    for contour in (part, lasting):
        assert contour.times_s[0] == 0.0
        assert len(contour.times_s) == len(contour.values)
        assert np.all(np.diff(contour.times_s) > 0)


@pytest.mark.parametrize(
    ("start_s", "end_s", "mean"),
    [(0.0, 1.0, 0.0), (1.0, 2.0, 5.0), (2.0, 4.0, 8.0), (1.0, 4.0, 7.0), (0.0, 6.0, 33 / 6), (1.5, 1.75, 6.25)],
)
def test_the_mean_is_exact(start_s, end_s, mean):
    assert TRIANGLE.mean(start_s, end_s) == pytest.approx(mean, rel=1e-15)


POINT = st.tuples(st.floats(0, 10), st.floats(-1e6, 1e6, width=32))
POINTS = st.lists(POINT, min_size=1, max_size=8, unique_by=lambda point: point[0])


@given(points=POINTS, cuts=st.lists(st.floats(0, 12), min_size=3, max_size=3, unique=True))
def test_means_of_parts_add_up(points, cuts):
    points, (start, middle, end) = sorted(points), sorted(cuts)
    contour = Contour(tuple(t for t, _ in points), tuple(v for _, v in points))
    parts = contour.mean(start, middle) * (middle - start) + contour.mean(middle, end) * (end - middle)
    largest = max(abs(value) for value in contour.values)
    assert contour.mean(start, end) * (end - start) == pytest.approx(parts, abs=1e-12 * largest * 12)
    # Means are sums of eight products at most: 1e-12 leaves some thousands of rounding errors of 1e-16.
    assert min(contour.values) - 1e-12 * largest <= contour.mean(start, end) <= max(contour.values) + 1e-12 * largest


def test_a_fixed_value_is_the_same_everywhere():
    assert value_at(2.5, np.array([0.0, 1.0])).tolist() == [2.5, 2.5]
    assert value_at(TRIANGLE, np.array([1.5])).tolist() == [5.0]
