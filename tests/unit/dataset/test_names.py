"""Chunk names: as the originals', safe anywhere, and never the same twice."""

import itertools
import re

import pytest
from experiments import axis, make_dataset
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from soundworks.contour import Contour
from soundworks.dataset.names import ChunkNames, distinct_labels, format_value, safe_label
from soundworks.dataset.plan import plan_dataset

SAFE = re.compile(r"[A-Za-z0-9._+-]+")


def all_names(dataset):
    names = ChunkNames(dataset)
    config = dataset.config
    return [names.file(s, c) for s in range(config.n_settings) for c in range(config.chunks_per_setting)]


def assert_distinct_and_safe(names):
    assert len({name.lower() for name in names}) == len(names)
    assert all(SAFE.fullmatch(name) for name in names)
    assert max(len(name.encode()) for name in names) <= 255


def test_names_read_like_the_originals():
    dataset = make_dataset(
        sound_duration_s=4,
        chunk_duration_s=2,
        fixed=[{"name": "rate_exp", "value": 2}],
        parameters=[
            axis("irreg_exp", 0, 1, 4, user_name="Irregularity"),
            axis("cf", 220, 440, 2, user_name="center frequency"),
        ],
    )
    names = ChunkNames(dataset)
    expected = "PopPatternSynth--rate_exp-02.00--Irregularity-00.67--center_frequency-220.00--v-001.wav"
    assert names.file(4, 1) == expected
    assert names.file(0, 0) == "PopPatternSynth--rate_exp-02.00--Irregularity-00.00--center_frequency-220.00--v-000.wav"


def test_examples_have_a_number_of_their_own():
    names = ChunkNames(make_dataset(parameters=[axis("cf", 200, 300, 2)], examples=2))
    assert names.file(3, 0) == "PopPatternSynth--cf-300.00--x-01--v-000.wav"


def test_a_sound_without_parameters_has_the_synths_name():
    assert all_names(make_dataset()) == ["PopPatternSynth--v-000.wav", "PopPatternSynth--v-001.wav"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "00.50"), (220.0, "220.00"), (-0.5, "m00.50"), (-0.001, "00.00"), (-0.0, "00.00"), (1e3, "1000.00"),
     (Contour((0.0, 1.0, 2.0), (-1.0, 2.0, 0.5)), "m01.00to02.00to00.50")],
)  # fmt: skip
def test_values_have_two_decimals_and_an_m_for_minus(value, text):
    assert format_value(value, 2) == text


def test_decimals_are_added_for_the_whole_axis_when_two_collide():
    assert distinct_labels([0.0, 0.004, 1.0]) == ["00.000", "00.004", "01.000"]
    assert distinct_labels([-0.0004, 0.0, 0.0004]) == ["m00.0004", "00.0000", "00.0004"]


def test_values_that_no_decimals_tell_apart_are_numbered():
    labels = distinct_labels([0.0, 1e-30, 2e-30])
    assert len(set(labels)) == 3


def test_negative_values_are_unambiguous():
    dataset = make_dataset(parameters=[axis("rate_exp", -2, 2, 3), axis("cf", 200, 300, 2, user_range=[-1, 1])])
    assert ChunkNames(dataset).stem(0) == "PopPatternSynth--rate_exp-m02.00--cf-m01.00"
    # Split at "--" and then at the first "-", every part is one name and one value again.
    for stem in map(ChunkNames(dataset).stem, range(6)):
        _, *parts = stem.split("--")
        assert [part.split("-")[0] for part in parts] == ["rate_exp", "cf"]
        assert [len(part.split("-")) for part in parts] == [2, 2]


@pytest.mark.parametrize(
    ("text", "label"),
    [("center frequency", "center_frequency"), ("a/b\\..\\c", "a_b_.._c"), ("../../etc", "etc"), ("Höhe", "H_he"),
     ("音高", "p"), ("", "p"), ("--v-000", "v_000"), ("x\n\t;rm", "x_rm"), (".hidden.", "hidden")],
)  # fmt: skip
def test_labels_are_safe(text, label):
    assert safe_label(text) == label


def test_hostile_names_stay_in_the_folder_and_distinct():
    parameters = [
        axis("rate_exp", 0, 1, 3, user_name="../../音 高/"),
        axis("cf", 200, 300, 3, user_name="音"),
        axis("Q", 1, 2, 2, user_name="p"),
    ]
    names = all_names(make_dataset(parameters=parameters))
    assert len(names) == 36
    assert_distinct_and_safe(names)


def test_very_long_names_fall_back_to_the_settings_number():
    long = [axis(name, 0.5, 1, 3, user_name=name[0] * 80) for name in ("rate_exp", "Q", "irreg_exp")]
    names = all_names(make_dataset(parameters=long))
    assert names[0] == "PopPatternSynth--setting-0000000--v-000.wav"
    assert_distinct_and_safe(names)


def test_where_only_some_names_are_too_long_all_are_distinct():
    # With 16 digits more at the axes' upper ends: some stems are over the limit, some are not.
    wide = [
        axis("rate_exp", 0, 1, 3, user_name="n" * 70, user_range=[0, 1e15]),
        axis("Q", 1, 2, 3, user_name="q" * 56, user_range=[0, 1e15]),
    ]
    names = all_names(make_dataset(parameters=wide))
    assert {"setting" in name for name in names} == {True, False}
    assert_distinct_and_safe(names)


def test_long_contours_and_many_chunks_and_examples_are_distinct():
    points = [[t / 100, 200 + t] for t in range(40)]
    dataset = make_dataset(
        parameters=[axis("cf", 100, 900, breakpoints=points), axis("Q", 1, 2, 2, ramp="all")],
        examples=120, chunk_duration_s=0.01, splits={},
    )  # fmt: skip
    names = all_names(dataset)
    assert len(names) == 2 * 120 * 50
    assert_distinct_and_safe(names)


VALUES = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))


@settings(deadline=None, max_examples=60)
@given(
    ranges=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=3), counts=st.tuples(*[st.integers(1, 4)] * 3),
    user_names=st.lists(st.text("ab/ -é.", min_size=1, max_size=80), min_size=3, max_size=3, unique=True),
    examples=st.sampled_from([1, 2, 101]), ramp=st.booleans(),
)  # fmt: skip
def test_names_of_any_grid_are_distinct_and_safe(ranges, counts, user_names, examples, ramp):
    assume(all(low != high for low, high in ranges))
    parameters = [
        axis(name, 0.5, 1, count, user_name=user, user_range=list(bounds))
        for name, count, user, bounds in zip(("rate_exp", "Q", "irreg_exp"), counts, user_names, ranges, strict=False)
    ]
    if ramp and counts[0] > 1:
        parameters[0]["ramp"] = "all"
    assert_distinct_and_safe(all_names(make_dataset(parameters=parameters, examples=examples)))


def test_the_plan_names_chunks_in_the_tables_order():
    dataset = make_dataset(parameters=[axis("cf", 200, 300, 2)], examples=2)
    plan = plan_dataset(dataset)
    assert [plan.file(index) for index in range(plan.chunks)] == all_names(dataset)


def test_axes_whose_labels_could_run_into_each_other_do_not():
    values = [-1.0, -0.1, 0.0, 0.1, 1.0, 11.0]
    joined = {
        "--".join(f"a-{label}" for label in pair) for pair in itertools.product(distinct_labels(values), repeat=2)
    }
    assert len(joined) == 36
