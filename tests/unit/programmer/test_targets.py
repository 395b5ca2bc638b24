"""The codec between natural values, normalised values and outputs: known answers, round trips, bounds."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from experiments import axis, make_dataset
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from soundworks.errors import UserError
from soundworks.programmer.layout import Target
from soundworks.programmer.targets import Codec
from soundworks.synths.parameter import Parameter


def target(name: str = "p", low: float = 0.0, high: float = 1.0, **more: Any) -> Target:
    basics = {"scale": "linear", "kind": "continuous", "heard": (), "head": "regression", "size": 1}
    return Target(name, low, high, **{**basics, **more})


LEVEL = target("level", -60.0, 0.0)
CUTOFF = target("cutoff", 20.0, 20480.0, scale="log", head="distribution", size=11)
COARSE = target("coarse", 0.0, 31.0, kind="integer", head="distribution", size=32)
WAVE = target("wave", 1.0, 4.0, kind="categorical", head="softmax", size=4)
SWITCH = target("switch", 0.0, 1.0, kind="categorical")
ALL = Codec([COARSE, LEVEL, WAVE, CUTOFF, SWITCH])


@st.composite
def targets(draw: st.DrawFn) -> Target:
    kind = draw(st.sampled_from(["continuous", "integer", "categorical"]))
    scale = draw(st.sampled_from(["linear", "log"])) if kind == "continuous" else "linear"
    low = float(draw(st.integers(1, 50))) if scale == "log" else float(draw(st.integers(-50, 50)))
    high = low + draw(st.integers(0, 40))
    whole_size = round(high - low) + 1
    head = draw(st.sampled_from(["regression", "softmax"] if kind == "categorical" else ["regression", "distribution"]))
    size = {"regression": 1, "softmax": whole_size, "distribution": draw(st.integers(2, 64))}[head]
    if kind == "integer" and head == "distribution":
        size = min(size, whole_size)
    return target("p", low, high, kind=kind, scale=scale, head=head, size=size)


codecs = st.lists(targets(), min_size=1, max_size=6).map(Codec)


def natural_values(codec: Codec, position: np.ndarray) -> np.ndarray:
    """Return values in range, whole where they must be, from positions in [0, 1]."""
    return codec.denormalize(position)


@st.composite
def codecs_with_values(draw: st.DrawFn) -> tuple[Codec, np.ndarray]:
    codec = draw(codecs)
    shape = (draw(st.integers(1, 5)), len(codec.targets))
    return codec, natural_values(codec, draw(arrays(np.float64, shape, elements=st.floats(0, 1))))


def test_known_normalised_values() -> None:
    natural = [[31.0, -60.0, 1.0, 20.0, 0.0], [0.0, -30.0, 3.0, 640.0, 1.0], [8.0, 0.0, 4.0, 20480.0, 1.0]]

    norm = ALL.normalize(natural)

    expected = [[63 / 64, 0, 1 / 8, 0, 0.25], [1 / 64, 0.5, 5 / 8, 0.5, 0.75], [17 / 64, 1, 7 / 8, 1, 0.75]]
    assert norm == pytest.approx(np.array(expected), abs=1e-12)
    assert ALL.denormalize(norm) == pytest.approx(np.array(natural), rel=1e-12)


@given(st.integers(-20, 20), st.integers(1, 64), st.floats(0, 1))
def test_whole_numbers_share_the_range_as_those_of_a_synth_do(low: int, count: int, norm: float) -> None:
    high = float(low + count)
    codec = Codec([target("n", float(low), high, kind="integer")])

    assert codec.denormalize([[norm]])[0, 0] == Parameter("n", low, high, low, "", "", kind="integer").from_norm(norm)


def test_predictions_outside_the_range_are_clipped_to_it() -> None:
    natural = ALL.denormalize([[-0.5] * 5, [1.5] * 5])

    assert natural.tolist() == [[0, -60, 1, 20, 0], [31, 0, 4, 20480, 1]]


def test_outputs_lie_in_groups_of_the_same_kind() -> None:
    layout = [(group.head, group.size, group.members, group.columns) for group in ALL.groups]

    assert layout == [
        ("distribution", 11, (3,), slice(0, 11)),
        ("distribution", 32, (0,), slice(11, 43)),
        ("regression", 1, (1, 4), slice(43, 45)),
        ("softmax", 4, (2,), slice(45, 49)),
    ]
    assert ALL.n_outputs == 49


def test_a_choice_is_one_hot_and_a_value_between_two_bins_is_shared() -> None:
    encoded = ALL.encode([[1 / 64, 0.25, 5 / 8, 0.125, 0.75]])[0]

    assert encoded[45:49] == pytest.approx([0, 0, 1, 0], abs=1e-6)
    assert encoded[0:11] == pytest.approx([0, 0.75, 0.25, *[0] * 8], abs=1e-6)
    assert encoded[11:43] == pytest.approx([1, *[0] * 31], abs=1e-6)
    assert encoded[43:45].tolist() == [0.25, 0.75]


@given(codecs_with_values())
def test_natural_values_come_back_through_the_outputs(case: tuple[Codec, np.ndarray]) -> None:
    codec, natural = case

    norm = codec.normalize(natural)
    decoded = codec.decode(codec.encode(norm))

    assert ((norm >= -1e-12) & (norm <= 1 + 1e-12)).all()
    assert decoded == pytest.approx(norm, abs=2e-6)
    whole = [target.kind != "continuous" for target in codec.targets]
    assert (codec.denormalize(decoded)[:, whole] == natural[:, whole]).all()


@given(codecs.flatmap(lambda codec: st.tuples(
    st.just(codec), arrays(np.float32, (3, codec.n_outputs), elements=st.floats(-100, 100, width=32)))))  # fmt: skip
def test_whatever_a_network_says_is_a_legal_patch(case: tuple[Codec, np.ndarray]) -> None:
    codec, outputs = case
    activated = codec.activate(outputs)

    drawn = codec.draw(activated[0], 3, np.full(len(codec.targets), 0.3), np.random.default_rng(1))
    for norm in (codec.decode(activated), codec.mode(activated), drawn):
        natural = codec.denormalize(norm)
        for column, each in enumerate(codec.targets):
            assert ((each.minimum <= natural[:, column]) & (natural[:, column] <= each.maximum)).all()
            assert each.kind == "continuous" or (natural[:, column] == np.rint(natural[:, column])).all()


def test_probabilities_sum_to_one_and_regression_stays_as_it_is() -> None:
    outputs = np.random.default_rng(3).normal(0, 30, (4, ALL.n_outputs)).astype(np.float32)

    activated = ALL.activate(outputs)

    for columns in (slice(0, 11), slice(11, 43), slice(45, 49)):
        assert activated[:, columns].sum(axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert (activated[:, 43:45] == outputs[:, 43:45]).all()


def test_a_distribution_is_predicted_by_its_mean_and_has_its_most_probable_value() -> None:
    codec = Codec([target("p", 0.0, 10.0, head="distribution", size=11)])
    activated = np.zeros((1, 11), np.float32)
    activated[0, [2, 9]] = 0.75, 0.25

    assert codec.denormalize(codec.decode(activated)) == pytest.approx(np.array([[3.75]]))
    assert codec.denormalize(codec.mode(activated)) == pytest.approx(np.array([[2.0]]))


def test_draws_follow_the_distribution() -> None:
    codec = Codec([target("d", head="distribution", size=11), target("r"), WAVE])
    activated = np.zeros(16, np.float32)
    activated[[2, 9]] = 0.75, 0.25
    activated[11] = 0.5
    activated[12:] = 0.1, 0.2, 0.3, 0.4

    drawn = codec.draw(activated, 20000, np.array([np.nan, 0.1, np.nan]), np.random.default_rng(2))

    assert np.mean(drawn[:, 0] > 0.5) == pytest.approx(0.25, abs=0.01)
    assert drawn[:, 0].mean() == pytest.approx(0.75 * 0.2 + 0.25 * 0.9, abs=0.005)
    assert drawn[:, 1].std() == pytest.approx(0.1, abs=0.003)
    choices = np.bincount(np.floor(drawn[:, 2] * 4).astype(int), minlength=4) / 20000
    assert choices == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.015)


def test_what_is_never_heard_is_its_mean_whatever_the_outputs_are() -> None:
    codec = Codec([target("p", 0.0, 10.0, constant=0.25), target("q")])

    assert codec.decode([[0.9, 0.8]]).tolist() == [[0.25, pytest.approx(0.8)]]
    assert codec.denormalize(codec.mode([[0.9, 0.8]]))[0, 0] == 2.5


def test_a_range_of_one_value_is_that_value() -> None:
    codec = Codec([target("p", 3.0, 3.0), target("q", 2.0, 2.0, kind="categorical", head="softmax", size=1)])

    norm = codec.normalize([[3.0, 2.0]])

    assert norm.tolist() == [[0.0, 0.5]]
    assert codec.denormalize(codec.decode(codec.encode(norm))).tolist() == [[3.0, 2.0]]


def test_heard_where_all_conditions_hold() -> None:
    detune = target("detune", heard=(("level", 1.0, 99.0), ("algorithm", 3.0, 3.0)))
    codec = Codec([target("level", 0.0, 99.0), detune])
    natural = {"level": [0, 1, 50, 99], "algorithm": [3, 3, 2, 3]}

    assert codec.heard(natural, 4).tolist() == [[True, False], [True, True], [True, False], [True, True]]


def test_a_condition_on_a_parameter_outside_the_table_holds() -> None:
    codec = Codec([target("a", heard=(("elsewhere", 1.0, 2.0),)), target("b", heard=(("a", 1.0, 0.0),))])

    assert codec.heard({"a": [0.5]}, 1).tolist() == [[True, False]]


def test_the_codec_of_a_data_set() -> None:
    dataset = make_dataset(
        synth="HarmonicTone",
        parameters=[axis("pitch", 60, 40, 3), {"name": "level", "range": [0.5, 1], "units": "norm", "count": 2}],
    )

    codec = Codec.of_dataset(dataset, continuous="distribution", categorical="softmax", bins=48)

    assert codec.parameter_names == ["pitch", "level"]
    assert [(each.minimum, each.maximum, each.size) for each in codec.targets] == [(40, 60, 48), (-30, 0, 48)]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [([], "found none"), ([{**axis("pitch", 40, 60), "ramp": [40, 60]}], "found pitch, which moves within the sound")],
)
def test_a_data_set_without_a_patch_to_predict_is_a_sentence(parameters: list[Any], found: str) -> None:
    dataset = make_dataset(synth="HarmonicTone", parameters=parameters)

    with pytest.raises(UserError, match=rf"dataset\.parameters: {found}, expected parameters with one value a sound"):
        Codec.of_dataset(dataset, continuous="regression", categorical="softmax", bins=2)


def test_the_description_is_json_and_gives_the_same_codec() -> None:
    codec = Codec([*ALL.targets, target("x", heard=(("wave", 2.0, 3.0),), constant=0.5)])

    again = Codec.from_list(json.loads(json.dumps(codec.to_list())))

    assert again.targets == codec.targets


def test_many_rows_are_mapped_at_once() -> None:
    """A million values take well under a second a step, so no loop over rows is hidden in it."""
    import time

    norm = np.random.default_rng(0).random((200_000, 5))
    started = time.perf_counter()
    natural = ALL.denormalize(norm)
    ALL.normalize(natural)

    assert time.perf_counter() - started < 2.0
    assert not math.isnan(natural.sum())
