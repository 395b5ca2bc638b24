"""What the measuring of networks is put together from: tables of combinations, assignments, moves, comparisons."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from rnn_fixtures import random_rnn
from rnn_followers import RATE, TONE, follower

from compare_rnns import main as compare_main
from evaluate_rnn import main as evaluate_main
from soundworks.errors import UserError
from soundworks.rnn.evaluate.combinations import Combinations, read_combinations, real_controls
from soundworks.rnn.evaluate.compare import compare_rnns
from soundworks.rnn.evaluate.controls import MEASURES, assign, estimate
from soundworks.rnn.evaluate.evaluate import held_out_settings_of, training_of
from soundworks.rnn.evaluate.moves import JUMP_S, RAMP_S, STEP_SOUND_S, draw_moves, ideal_sound, sampled_norms, tracked
from soundworks.rnn.evaluate.steady import rate_levels
from soundworks.rnn.evaluate.subject import LEAD_S, Subject
from soundworks.rnn.evaluate.synth import real_synth
from soundworks.rnn.parameters import ControlParameter

COLUMNS = ["file", "setting", "chunk", "onset_s", "duration_s", "split", "gain", "a", "b"]


def write_table(folder: Path, rows: list[list[Any]], seconds: float = 0.25) -> Path:
    """A table whose file `<n>.wav` is a sine of 200 + 100 n Hz."""
    folder.mkdir(exist_ok=True)
    for number, row in enumerate(rows):
        sine = 0.5 * np.sin(2 * np.pi * (200 + 100 * number) * np.arange(round(seconds * RATE)) / RATE)
        soundfile.write(folder / row[0], sine, RATE, subtype="FLOAT")
    with (folder / "chunks.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [
        ["0.wav", 0, 0, 0.0, 0.25, "train", 1.0, 1.0, 5.0],
        ["1.wav", 0, 1, 0.25, 0.25, "train", 1.0, 1.0, 5.0],
        ["2.wav", 1, 0, 0.0, 0.25, "test", 1.0, 2.0, 5.0],
        ["3.wav", 2, 0, 0.0, 0.25, "train", 1.0, 1.0, 6.0],
        ["4.wav", 3, 0, 0.0, 0.25, "validation", 1.0, 2.0, 6.0],
        ["5.wav", 4, 0, 0.0, 0.25, "train", 1.0, 1.0, 5.0],
    ]
    return write_table(tmp_path / "data", rows)


def test_chunks_are_joined_and_equal_combinations_gathered(table):
    found = read_combinations(table, ("a", "b"))
    np.testing.assert_array_equal(found.natural, [[1, 5], [2, 5], [1, 6], [2, 6]])
    assert found.sounds == [[["0.wav", "1.wav"], ["5.wav"]], [["2.wav"]], [["3.wav"]], [["4.wav"]]]
    assert found.splits.tolist() == ["train", "test", "train", "validation"]


def test_a_combination_is_held_out_if_all_of_it_is(table):
    assert read_combinations(table, ("a", "b"), [2]).splits.tolist() == ["train", "test", "validation", "validation"]
    assert read_combinations(table, ("a", "b"), [4]).splits.tolist() == ["train", "test", "train", "validation"]
    assert read_combinations(table, ("a",)).splits.tolist() == ["train", "train"]


def test_real_sounds_are_heard_for_as_long_as_generated_ones(table):
    found = read_combinations(table, ("a", "b"))
    first = real_controls(found, 0.25, RATE)
    assert first["pitch"] == pytest.approx([200, 400, 500, 600], rel=0.01)
    longer = real_controls(found, 0.5, RATE)
    assert 200 < longer["centre_frequency"][0] < 300  # two chunks, one sound
    everything = real_controls(found, 9.0, RATE)
    assert 300 < everything["centre_frequency"][0] < 700  # the median of two sounds


def test_a_table_without_a_parameter_or_a_file_is_a_sentence(table, tmp_path):
    with pytest.raises(UserError, match=r"found 'c', expected parameters of .*chunks\.csv: a, b"):
        read_combinations(table, ("a", "c"))
    with pytest.raises(UserError, match="no such file"):
        read_combinations(tmp_path / "none", ("a",))


@pytest.mark.parametrize(
    ("parameter", "control", "value", "expected"),
    [
        (ControlParameter("pitch", 48, 68, "MIDI notes"), "pitch", 69.0, 440.0),
        (ControlParameter("note", 48, 68, "MIDI note"), "pitch", 57.0, 220.0),
        (ControlParameter("rate_exp", 0, 4, "octaves re 1 event/s"), "event_rate", 3.0, 8.0),
        (ControlParameter("cf", 200, 900, "Hz"), "centre_frequency", 440.0, 440.0),
        (ControlParameter("x", 200, 900, "Hz", user_name="center_frequency"), "centre_frequency", 300.0, 300.0),
        (ControlParameter("cf_exp", -2, 2, "octaves re 440 Hz"), "centre_frequency", -1.0, 220.0),
        (ControlParameter("level", -36, -12, "dB"), "level", -20.0, -20.0),
        (ControlParameter("irreg_exp", 0, 1, "decades re 0.04"), "irregularity", 1.0, 0.4 * math.sqrt(2)),
    ],
)
def test_a_known_parameter_has_a_formula(parameter, control, value, expected):
    natural = np.full(3, value)
    real = {name: np.full(3, expected if name == control else 7.0) for name in MEASURES}
    found = assign(parameter, natural, real, {})
    assert found.measure.name == control
    np.testing.assert_allclose(found.reference(natural, real[control]), expected)
    wrong = {**real, control: np.full(3, 40.0 * abs(expected) + 40.0)}
    assert assign(parameter, natural, wrong, {}).truth is None
    np.testing.assert_array_equal(
        assign(parameter, natural, wrong, {}).reference(natural, wrong[control]), wrong[control]
    )


def test_another_parameter_is_told_by_what_follows_it_best():
    real = {name: np.arange(3.0) for name in MEASURES}
    found = assign(ControlParameter("dim0", 0, 1), np.arange(3.0), real, {"level": -0.9, "pitch": 0.5, "best": "level"})
    assert (found.measure.name, found.truth) == ("level", None)
    assert "-0.90" in found.formula
    assert assign(ControlParameter("dim0", 0, 1), np.arange(3.0), real, {"level": None}) is None


def test_the_mean_harmonic_of_a_tone_is_estimated():
    sounds = follower("HarmonicTone", TONE)(np.array([[0.1, 0.0, 0.5], [0.4, 0.5, 0.5]]), RATE, [1, 2])
    found = estimate(list(sounds), RATE)
    assert found["harmonic_centroid"] == pytest.approx([1.0, 1 / (1 - (1 - 20**-0.5) ** 2)], rel=0.01)


def test_rates_are_of_all_events_of_a_level():
    levels = rate_levels(
        np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.0, 2.0, 4.0, 4.0]), np.array([1.0, 1.0, 4.0, 2.0]),
        np.array([1.0, 1.0, 2.0, 2.0]), seconds=5.0,
    )  # fmt: skip
    assert [level["ratio"] for level in levels] == [1.5, 2.0]
    assert [level["real_ratio"] for level in levels] == [1.0, 1.5]
    assert [level["events"] for level in levels] == [15, 40]
    assert [level["noise"] for level in levels] == pytest.approx([0.5, 0.0])
    assert [level["median_error"] for level in levels] == pytest.approx([50.0, 100.0])


@pytest.fixture
def subject() -> Subject:
    return Subject(TONE, RATE, follower("HarmonicTone", TONE), seed=5)


def combinations(*values: list[float]) -> Combinations:
    natural = np.array(np.meshgrid(*values)).reshape(len(values), -1).T
    return Combinations(Path(), tuple("pbl"), natural, np.full(len(natural), "train"), [[]] * len(natural))


@pytest.mark.parametrize("ramp", [False, True])
def test_moves_go_between_values_that_there_are(subject, ramp):
    table = combinations([48.0, 53.0, 58.0, 68.0], [0.0, 1.0], [-36.0, -12.0])
    moves = draw_moves(table, subject, 0, 40, ramp=ramp)
    pairs = {(move.start, move.target) for move in moves}
    assert {value for pair in pairs for value in pair} == {0.0, 0.25, 0.5, 1.0}
    assert min(abs(start - target) for start, target in pairs) >= 0.3
    norms = sampled_norms(moves, 3.25, RATE)
    assert norms.shape == (40, 26000, 3)
    assert set(np.unique(norms[..., 1:])) == {0.0, 1.0}
    assert (np.ptp(norms[..., 1:], axis=1) == 0).all()
    for move, row in zip(moves, norms[..., 0], strict=True):
        assert row[0] == move.start
        assert row[round((RAMP_S[1] if ramp else STEP_SOUND_S - 0.01) * RATE)] == pytest.approx(move.target)
        assert len(np.unique(row)) == 2 or ramp
    assert moves == draw_moves(table, subject, 0, 40, ramp=ramp)
    assert moves != draw_moves(table, subject, 1, 40, ramp=ramp)


def test_a_parameter_of_one_average_goes_over_its_range(subject):
    (move,) = draw_moves(combinations([58.0], [0.0, 1.0], [-36.0]), subject, 0, 1, ramp=False)
    assert {move.start, move.target} == {0.0, 1.0}


def test_values_are_held_for_half_a_second_around_a_jump(subject):
    assert JUMP_S - LEAD_S >= 0.5
    assert STEP_SOUND_S - JUMP_S >= 0.5
    norms = sampled_norms(
        draw_moves(combinations([48.0, 68.0], [0.0], [-12.0, -36.0]), subject, 0, 1, ramp=False), 2.0, RATE
    )
    assert np.flatnonzero(np.diff(norms[0, :, 0])).tolist() == [round(JUMP_S * RATE)]


@pytest.mark.parametrize(
    ("control", "value"), [("pitch", 1200 * math.log2(300)), ("level", -21.0), ("centroid", 12000.0)]
)
def test_an_ideal_sound_has_what_it_should(control, value):
    sound = ideal_sound(MEASURES[control], np.full(RATE, value), RATE)
    assert np.abs(tracked(MEASURES[control], sound, RATE, 100.0).values - value).max() < (
        0.1 if control == "level" else 2
    )


def test_only_a_data_set_of_a_synth_can_be_played(tmp_path, subject):
    assert real_synth(tmp_path, None, subject) is None


def test_seeds_differ_by_use_and_by_sound(subject):
    seeds = [*subject.sound_seeds(5, 1), *subject.sound_seeds(5, 2), *subject.sound_seeds(5, 1, 0)]
    assert len(set(seeds)) == 15
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert subject.sound_seeds(9, 1)[:5] == seeds[:5]


def metrics(folder: str, train_on: str, *parameters: str, **more: Any) -> dict[str, Any]:
    told, steps = {}, {}
    for index, name in enumerate(parameters):
        floors = {"floor": 0.5, "floor_rho": 1.0}
        agreed = {"median_error": 4.0 + index, "r2": 0.9, "rho": (-1) ** index * 0.8, "error_of_span": 0.1}
        told[name] = {"control": "pitch", "unit": "cents", **agreed, **floors}
        steps[name] = {"time_to_90_ms": 20.0 * (index + 1), "ideal_time_to_90_ms": 8.0, "unavailable": None}
    summary = {"held_out": told, "over_grid": told, "steps": steps, "validation_bits": 3.25, **more}
    return {"summary": summary, "training": {"folder": folder, "train_on": train_on}, "experiment": "tone"}


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    found = [
        metrics("rnn", "rendered", "pitch", "level"),
        metrics("rnn_grid", "grid", "dim0", held_out=None),
        metrics("rnn_linearized", "linearized", "dim0", validation_bits=None),
    ]
    paths = [tmp_path / f"{each['training']['folder']}.json" for each in found]
    for path, each in zip(paths, found, strict=True):
        path.write_text(json.dumps(each))
    return paths


def test_a_comparison_has_a_row_for_each_network(three, tmp_path):
    lines = compare_rnns(three, tmp_path / "comparison.csv")
    with (tmp_path / "comparison.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["rnn"] for row in rows] == ["rnn", "rnn_grid", "rnn_linearized"]
    assert [row["train_on"] for row in rows] == ["rendered", "grid", "linearized"]
    assert [row["validation_bits"] for row in rows] == ["3.25", "3.25", ""]
    assert [row["time_to_90_ms"] for row in rows] == ["30.0", "20.0", "20.0"]
    assert [row["grid_rho"] for row in rows] == ["0.8", "0.8", "0.8"]
    assert [row["held_out_r2"] for row in rows] == ["0.9", "", "0.9"]
    assert [row["level:grid_error"] for row in rows] == ["5.0", "", ""]
    assert [row["dim0:grid_error"] for row in rows] == ["", "4.0", "4.0"]
    assert lines[0].split()[:3] == ["rnn", "train_on", "validation_bits"]
    assert [line.split()[0] for line in lines[1:4]] == ["rnn", "rnn_grid", "rnn_linearized"]
    assert [line.split()[:2] for line in lines[6:]] == [
        ["rnn", "pitch"], ["rnn", "level"], ["rnn_grid", "dim0"], ["rnn_linearized", "dim0"],
    ]  # fmt: skip


def test_a_mean_over_a_network_that_never_arrived_is_unknown(three, tmp_path):
    content = json.loads(three[0].read_text())
    content["summary"]["steps"]["level"]["time_to_90_ms"] = None
    three[0].write_text(json.dumps(content))
    compare_rnns(three[:1], tmp_path / "one.csv")
    with (tmp_path / "one.csv").open(newline="") as stream:
        row = next(csv.DictReader(stream))
    assert row["time_to_90_ms"] == ""
    assert row["pitch:time_to_90_ms"] == "20.0"


@pytest.mark.parametrize("content", ["[]", "{}", '{"summary": {}}', "no", '{"summary": null}'])
def test_something_else_is_not_compared(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(UserError, match="expected the measures of a network"):
        compare_rnns([tmp_path / "a.json"], tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["summary"]["over_grid"]["pitch"].update(r2="high"),
        lambda m: m["summary"]["over_grid"]["pitch"].update(rho={}),
        lambda m: m["summary"]["over_grid"]["pitch"].update(r2=10**400),
        lambda m: m["summary"]["over_grid"]["pitch"].update(control=3),
        lambda m: m["summary"].update(validation_bits="many"),
        lambda m: m["training"].pop("folder"),
        lambda m: m["training"].update(folder=5),
        lambda m: m.update(experiment=[1]),
    ],
)
def test_measures_of_another_kind_are_not_compared(three, tmp_path, change):
    content = json.loads(three[0].read_text())
    change(content)
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"a\.json: these are the measures of something else, expected"):
        compare_rnns([*three, tmp_path / "a.json"], tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_comparison_does_not_replace_what_it_compares(three):
    with pytest.raises(UserError, match="found a file that it is made from"):
        compare_rnns(three, three[0])


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"held_out_settings": 5}, "held_out_settings: found 5, expected a list of whole numbers"),
        ({"held_out_settings": [[1], [2, 3]]}, "held_out_settings: found"),
        ({"validation": "low"}, "validation: found 'low', expected a number, or null"),
        ({"validation": {"loss": "low"}}, "validation: found 'low', expected a number, or null"),
        ({"steps": []}, "steps: found"),
    ],
)
def test_a_description_that_says_something_else_is_a_sentence(tmp_path, told, sentence):
    rnn = random_rnn(tmp_path)
    rnn.description.update(told)
    with pytest.raises(UserError, match="^" + re.escape(f"{tmp_path / 'rnn.json'}: {sentence}")):
        (training_of(rnn), held_out_settings_of(rnn))


def test_the_scripts_say_what_is_wrong(three, tmp_path):
    arguments = [part for path in three for part in ("--metrics", str(path))]
    result = CliRunner().invoke(compare_main, [*arguments, "--output", str(tmp_path / "c.csv")])
    assert result.exit_code == 0
    assert "rnn_linearized  linearized" in result.output
    options = ["--config", "none.yaml", "--dataset", str(tmp_path), "--rnn", str(tmp_path), "--output", "m.json"]
    result = CliRunner().invoke(evaluate_main, options)
    assert result.exit_code == 1
    assert "none.yaml" in str(result.output) + str(result.exception)
