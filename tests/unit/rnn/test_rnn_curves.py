"""Courses of parameters: lines, jumps, parts, repetitions, any rate and block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.rnn.control.curves import ControlCurves, Course, bend, joined, row_times


def course(*points: tuple[float, float]) -> Course:
    times, norms = zip(*points, strict=True)
    return Course(np.array(times, np.float64), np.array(norms, np.float64))


class TestCourse:
    def test_is_straight_between_points_and_held_outside(self) -> None:
        times = np.linspace(-1, 5, 61)
        found = course((0.5, 0.25), (2, 1.0), (3, 0.0)).at(times)
        np.testing.assert_allclose(found, np.interp(times, [0.5, 2, 3], [0.25, 1, 0]), atol=1e-15)

    def test_jumps_where_two_points_have_one_time(self) -> None:
        stair = course((0, 0.2), (1, 0.2), (1, 0.8), (2, 0.8))
        assert stair.at([0.999999, 1.0, 1.000001]).tolist() == [0.2, 0.8, 0.8]

    def test_the_end_of_a_part_is_before_a_jump_and_its_start_after_one(self) -> None:
        stair = course((0, 0.1), (0, 0.2), (1, 0.2), (1, 0.8))
        part = stair.within(1.0)
        assert part.times_s.tolist() == [0.0, 1.0]
        assert part.norms.tolist() == [0.2, 0.2]

    def test_a_repetition_starts_again_with_a_jump(self) -> None:
        saw = course((0, 0), (1, 1)).repeated(1.0, 2.5)
        np.testing.assert_allclose(saw.at([0.5, 0.999, 1.0, 1.25, 2.0, 2.4]), [0.5, 0.999, 0, 0.25, 0, 0.4], atol=1e-12)
        assert saw.times_s[-1] == 2.5

    def test_courses_in_a_row_keep_their_own_times(self) -> None:
        both = joined([(1.0, course((0, 0), (1, 1))), (0.5, Course.constant(0.3)), (1.0, course((0.5, 0.6)))])
        np.testing.assert_allclose(both.at([0.5, 0.99, 1.0, 1.4, 1.6, 9.0]), [0.5, 0.99, 0.3, 0.3, 0.6, 0.6])

    @pytest.mark.parametrize(
        ("times", "norms"),
        [([0.0], [1.1]), ([0.0], [np.nan]), ([1.0, 0.0], [0, 0]), ([np.nan], [0]), ([], []), ([0.0, 1.0], [0.0])],
    )
    def test_what_is_none_is_refused(self, times: list[float], norms: list[float]) -> None:
        with pytest.raises(ValueError, match=r"^found "):
            Course(np.array(times, np.float64), np.array(norms, np.float64))


def test_bent_lines_are_near_half_a_cosine_and_jumps_stay() -> None:
    times, values = bend(np.array([0.0, 1.0, 1.0, 3.0]), np.array([0.0, 1.0, 0.25, 0.75]), smooth=True)
    bent = Course(times, values)
    share = np.linspace(0, 0.999, 1000)
    np.testing.assert_allclose(bent.at(share), 0.5 - 0.5 * np.cos(np.pi * share), atol=1.6e-4)
    np.testing.assert_allclose(bent.at(1 + 2 * share), 0.25 + 0.5 * (0.5 - 0.5 * np.cos(np.pi * share)), atol=8e-5)
    assert (np.diff(times) >= 0).all()


class TestControlCurves:
    @pytest.mark.parametrize(
        ("n_rows", "seconds", "sample_rate"),
        [(1000, 3, 16000), (1000, 1 / 3, 44100), (1, 0.5, 16000), (7, 0.1, 22050), (999, 2.0, 8000)],
    )
    def test_rows_are_stretched_to_the_length_and_no_further(
        self, n_rows: int, seconds: float, sample_rate: int
    ) -> None:
        rows = np.random.default_rng(n_rows).random((n_rows, 2))
        curves = ControlCurves.of_rows(("a", "b"), rows, seconds)
        n_samples = curves.n_samples(sample_rate)
        assert n_samples == round(seconds * sample_rate)
        places = np.arange(n_samples) * (n_rows / (seconds * sample_rate))  # in rows; the last one is held
        expected = np.stack([np.interp(places, np.arange(n_rows), column) for column in rows.T], axis=1)
        np.testing.assert_allclose(curves.at_samples(0, n_samples, sample_rate), expected, atol=1e-9)

    def test_the_originals_three_seconds_are_three(self) -> None:
        """Its shell's whole numbers made 1000 // 3 rows a second of them, which are 48,048 samples."""
        assert ControlCurves.of_rows(("a",), np.zeros((1000, 1)), 3.0).n_samples(16000) == 48000

    @settings(max_examples=60, deadline=None)
    @given(
        st.integers(1, 400), st.floats(1e-4, 3.0), st.sampled_from([1000, 8000, 11025, 16000, 44100]),
        st.lists(st.integers(1, 700), min_size=1, max_size=6),
    )  # fmt: skip
    def test_no_value_depends_on_the_blocks(self, n_rows: int, seconds: float, rate: int, sizes: list[int]) -> None:
        curves = ControlCurves.of_rows(("a",), np.random.default_rng(0).random((n_rows, 1)), seconds)
        whole = curves.at_samples(0, sum(sizes), rate)
        starts = np.cumsum([0, *sizes])[:-1]
        parts = [curves.at_samples(int(start), size, rate) for start, size in zip(starts, sizes, strict=True)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()
        assert ((whole >= 0) & (whole <= 1)).all()

    def test_rows_come_back_as_they_were(self) -> None:
        rows = np.random.default_rng(1).random((1500, 3))
        np.testing.assert_allclose(ControlCurves.of_rows(("a", "b", "c"), rows, 1.5).rows(), rows, atol=1e-9)

    def test_the_shortest_sound_is_a_sample(self) -> None:
        curves = ControlCurves.of_rows(("a",), np.full((1, 1), 0.5), 1e-6)
        assert (curves.n_samples(16000), curves.rows().shape) == (1, (1, 1))

    def test_row_times_end_before_the_length(self) -> None:
        assert row_times(4, 2.0).tolist() == [0.0, 0.5, 1.0, 1.5]


def test_curves_of_no_parameter_have_no_columns() -> None:
    curves = ControlCurves((), (), 0.5)
    assert curves.at([0.0, 0.1]).shape == (2, 0)
    assert curves.rows().shape == (500, 0)
