"""Measuring stand-ins for networks that follow their parameters well, late, falsely, or not at all."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from experiments import axis, make_experiment
from rnn_fixtures import random_rnn
from rnn_followers import POP, RATE, TONE, deaf, follower, late

from soundworks.dataset.pipeline import generate_dataset
from soundworks.rnn.evaluate import evaluate_experiment
from soundworks.rnn.evaluate.combinations import read_combinations
from soundworks.rnn.evaluate.evaluate import evaluate_subject
from soundworks.rnn.evaluate.subject import Make, Subject
from soundworks.rnn.evaluate.summary import describe_metrics, summarize
from soundworks.rnn.evaluate.synth import real_synth
from soundworks.rnn.options import EvaluateOptions
from soundworks.rnn.parameters import ControlParameter

OPTIONS = EvaluateOptions(seconds=0.4, settings=24, steps=4, temperature=1.0)
TRAINING = {"folder": "rnn", "train_on": "rendered", "validation_bits": 1.5}


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pitches, three brightnesses and three levels; one pitch is held out."""
    folder = tmp_path_factory.mktemp("tones")
    parameters = [axis("pitch", 48, 68, 6), axis("brightness", 0, 1, 3), axis("level", -36, -12, 3)]
    splits = {"validation": 0.1, "held_out": {"test": {"pitch": [56, 56]}}}
    section = {"sample_rate": RATE, "sound_duration_s": 0.4, "chunk_duration_s": 0.2, "records": []}
    experiment = make_experiment(folder, synth="HarmonicTone", parameters=parameters, splits=splits, **section)
    generate_dataset(experiment, folder / "data")
    return folder


def measured(
    folder: Path, parameters: tuple[ControlParameter, ...], make: Make, options: EvaluateOptions = OPTIONS, **more: Any
) -> dict[str, Any]:
    subject = Subject(parameters, RATE, make, seed=3)
    combinations = read_combinations(folder, subject.names, **more)
    return evaluate_subject(subject, combinations, options, real_synth(folder, None, subject))


@pytest.fixture(scope="module")
def ideal(tones: Path) -> dict[str, Any]:
    return measured(tones / "data", TONE, follower("HarmonicTone", TONE))


def test_an_ideal_follower_is_as_good_as_real_sounds(ideal):
    """What was held out: nine sounds of one pitch, and five more."""
    assert ideal["held_out"]["splits"] == {"test": 9, "validation": 5}
    assert ideal["over_grid"]["settings"] == 24
    for section in ("held_out", "over_grid"):
        told = ideal[section]["parameters"]
        assert {name: each["control"] for name, each in told.items()} == {
            "pitch": "pitch", "brightness": "harmonic_centroid", "level": "level",
        }  # fmt: skip
        assert [each["reference"] for each in told.values()] == ["formula", "real sounds", "formula"]
        for name, most in (("pitch", 1.0), ("brightness", 10.0), ("level", 0.05)):
            assert told[name]["generated"]["median_error"] < most
            assert told[name]["generated"]["unknown"] == 0
            assert told[name]["generated"]["r2"] > 0.999
            assert told[name]["generated"]["rho"] > 0.8  # equal references, of which three levels have many, lower it
        assert told["pitch"]["floor"]["median_error"] < 1.0
        assert told["brightness"]["floor"] is None
    assert set(ideal["held_out"]["parameters"]["pitch"]["by_split"]) == {"test", "validation"}
    assert ideal["over_grid"]["correlations"]["generated"]["level"]["best"] == "level"
    assert ideal["unassigned"] == []


def test_an_ideal_follower_answers_as_the_ideal_signal_does(ideal):
    for each in ideal["steps"].values():
        assert each["unavailable"] is None
        assert each["generated"]["responded"] == each["ideal"]["responded"] == each["real"]["responded"] == 1.0
        assert each["generated"]["time_to_90_ms"] == pytest.approx(each["ideal"]["time_to_90_ms"], abs=2.6)
        assert each["generated"]["time_to_90_ms"] == pytest.approx(each["real"]["time_to_90_ms"], abs=2.6)
        assert 0 < each["ideal"]["time_to_90_ms"] < each["frame_ms"]
        assert each["generated"]["gain"] == pytest.approx(1.0, abs=0.02)
    for each in ideal["ramps"].values():
        assert abs(each["generated"]["lag_ms"]) <= 4
    assert ideal["steps"]["pitch"]["generated"]["settled_error"] < 2
    assert ideal["ramps"]["pitch"]["generated"]["error"] < 10


def test_an_ideal_follower_stays_at_its_level(ideal):
    assert ideal["long_run"]["seconds"] == 6.0
    assert np.shape(ideal["long_run"]["levels_db"]) == (2, 6)
    assert ideal["long_run"]["range_db"] < 0.1
    np.testing.assert_allclose(ideal["long_run"]["levels_db"], -24, atol=0.1)


def test_a_late_follower_is_late_by_its_delay(tones, ideal):
    found = measured(tones / "data", TONE, follower("HarmonicTone", TONE, late(0.08)))
    for name, each in found["steps"].items():
        expected = 80 + ideal["steps"][name]["generated"]["time_to_90_ms"]
        assert each["generated"]["time_to_90_ms"] == pytest.approx(expected, abs=5.1)
        assert each["ideal"] == ideal["steps"][name]["ideal"]
        assert found["ramps"][name]["generated"]["lag_ms"] == pytest.approx(80, abs=4)
    assert found["held_out"] == ideal["held_out"]
    targets = summarize(found, TRAINING)["targets"]
    assert targets["pitch_held_out_cents"]["reached"]
    assert not any(targets[f"{name}_time_to_90_ms"]["reached"] for name in found["steps"])


def test_a_deaf_one_follows_nothing(tones):
    found = measured(tones / "data", TONE, follower("HarmonicTone", TONE, deaf))
    for each in found["over_grid"]["parameters"].values():
        assert each["generated"]["r2"] < 0.1
        assert abs(each["generated"]["rho"] or 0.0) < 0.5
    for each in found["steps"].values():
        assert each["generated"]["responded"] == 0
        assert each["generated"]["time_to_90_ms"] is None
        assert each["generated"]["overshoot_percent"] is None
        assert each["generated"]["gain"] == pytest.approx(0.0, abs=0.01)
        assert each["real"]["responded"] == 1
    summary = summarize(found, TRAINING)
    assert not any(target["reached"] for target in summary["targets"].values())
    lines = describe_metrics({**found, "summary": summary})
    assert any(line.startswith("pitch jumps: most are not answered") for line in lines)


def test_a_detuned_one_is_off_by_its_detuning(tones):
    """By 30 cents, which are 0.015 of the range, but where the range ends."""

    def sharp(norms: np.ndarray) -> np.ndarray:
        return norms + np.array([0.015, 0.0, 0.0])

    found = measured(tones / "data", TONE, follower("HarmonicTone", TONE, sharp))
    pitch = found["held_out"]["parameters"]["pitch"]["generated"]
    assert pitch["median_error"] == pytest.approx(30, abs=1)
    assert found["over_grid"]["parameters"]["pitch"]["generated"]["bias"] == pytest.approx(25, abs=6)
    assert found["steps"]["pitch"]["generated"]["settled_error"] == pytest.approx(30, abs=10)
    assert not summarize(found, TRAINING)["targets"]["pitch_held_out_cents"]["reached"]


@pytest.fixture(scope="module")
def pops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pops")
    section = {"sample_rate": RATE, "sound_duration_s": 3, "chunk_duration_s": 1, "records": []}
    parameters = [axis("cf", 300, 900, 4), axis("rate_exp", 0, 3, 4)]
    generate_dataset(make_experiment(folder, parameters=parameters, **section), folder / "data")
    return folder / "data"


def test_events_are_counted_over_all_sounds_of_a_rate(pops):
    options = EvaluateOptions(seconds=3.0, settings=100, steps=2, temperature=1.0)
    found = measured(pops, POP, follower("PopPatternSynth", POP), options, held_out_settings=[1, 5])
    assert found["held_out"]["settings"] == 2
    rate = found["over_grid"]["parameters"]["rate_exp"]
    assert rate["control"] == "event_rate"
    assert [level["wanted"] for level in rate["levels"]] == [1, 2, 4, 8]
    assert [level["settings"] for level in rate["levels"]] == [4] * 4
    for level in rate["levels"]:
        assert level["events"] == pytest.approx(12 * level["wanted"] * level["ratio"], abs=0.5)
        assert level["ratio"] == pytest.approx(1.0, abs=0.2)
        assert level["real_ratio"] == pytest.approx(1.0, abs=0.2)
        assert 0 <= level["noise"] < 0.2
    summary = summarize(found, TRAINING)
    assert summary["event_rate"]["mean_ratio"] == pytest.approx(1.0, abs=0.07)
    assert summary["targets"]["event_rate_over_grid_percent"]["reached"]
    assert found["over_grid"]["parameters"]["cf"]["generated"]["median_error"] < 60
    assert all("events" in each["unavailable"] for each in (*found["steps"].values(), *found["ramps"].values()))
    assert found["steps"]["rate_exp"]["generated"] is None


def test_half_of_the_events_are_half_of_them(pops):
    def slower(norms: np.ndarray) -> np.ndarray:
        return norms - np.array([0.0, 1 / 3])

    options = EvaluateOptions(seconds=3.0, settings=100, steps=2, temperature=1.0)
    found = measured(pops, POP, follower("PopPatternSynth", POP, slower), options)
    ratios = [level["ratio"] for level in found["over_grid"]["parameters"]["rate_exp"]["levels"]]
    assert ratios[1:] == pytest.approx([0.5] * 3, abs=0.15)
    summary = summarize(found, TRAINING)
    assert summary["event_rate"]["worst_percent"] > 40
    assert not summary["targets"]["event_rate_over_grid_percent"]["reached"]
    assert found["held_out"] is None
    assert any("nothing was held out" in line for line in describe_metrics({**found, "summary": summary}))


def write_grid(folder: Path) -> Path:
    """A grid of sines: `dim0` raises the pitch by an octave, not evenly, `dim1` lowers the level by 30 dB."""
    (folder / "chunks").mkdir(parents=True)
    rows = [["file", "setting", "chunk", "onset_s", "duration_s", "split", "gain", "dim0", "dim1"]]
    for setting in range(20):
        dim0, dim1 = setting % 5 / 4, setting // 5 / 3
        sound = 10 ** (-0.5 - 1.5 * dim1) * np.sin(2 * np.pi * 220 * 2 ** (dim0**2) * np.arange(RATE // 2) / RATE)
        soundfile.write(folder / f"chunks/{setting}.wav", sound, RATE, subtype="FLOAT")
        rows.append([f"chunks/{setting}.wav", setting, 0, 0.0, 0.5, "train", 1.0, dim0, dim1])
    with (folder / "chunks.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return folder


def sines(norms: np.ndarray, n_samples: int, _seeds: Any) -> np.ndarray:
    """Sines that follow the grid's dimensions."""
    courses = norms if norms.ndim == 3 else np.repeat(norms[:, np.newaxis], n_samples, axis=1)
    phases = 2 * np.pi * np.cumsum(220 * 2 ** (courses[..., 0] ** 2), axis=1) / RATE
    return (10 ** (-0.5 - 1.5 * courses[..., 1]) * np.sin(phases)).astype(np.float32)


def test_a_grid_is_told_by_its_own_sounds(tmp_path):
    parameters = (ControlParameter("dim0", 0.0, 1.0), ControlParameter("dim1", 0.0, 1.0))
    found = measured(write_grid(tmp_path / "grid"), parameters, sines, held_out_settings=[3, 7, 12])
    assert found["held_out"]["splits"] == {"validation": 3}
    told = found["over_grid"]["parameters"]
    assert told["dim0"]["control"] in ("pitch", "centre_frequency", "centroid")
    assert told["dim1"]["control"] == "level"
    assert told["dim0"]["reference"] == told["dim1"]["reference"] == "real sounds"
    assert told["dim0"]["generated"]["median_error"] < 1
    assert told["dim1"]["generated"]["median_error"] < 0.1
    for name in ("dim0", "dim1"):
        assert told[name]["generated"]["r2"] > 0.999
        assert found["steps"][name]["real"] is None
        step, best = found["steps"][name]["generated"], found["steps"][name]["ideal"]
        assert step["time_to_90_ms"] == pytest.approx(best["time_to_90_ms"], abs=2.6)
        assert step["settled_error"] is None
        assert "neither a formula nor a synth" in found["ramps"][name]["unavailable"]


def test_equal_measurements_are_equal_bytes_and_say_where_they_are_from(tones, tmp_path, capsys):
    experiment = make_experiment(
        tones, name="measured", synth="HarmonicTone", parameters=[axis("pitch", 48, 68, 6)], sample_rate=RATE
    )
    experiment.sections["rnn"]["evaluate"] = {"seconds": 0.2, "settings": 3, "steps": 2, "temperature": 0.8}
    random_rnn(tmp_path / "rnn", parameters=TONE, sample_rate=RATE)
    first = evaluate_experiment(experiment, tones / "data", tmp_path / "rnn", tmp_path / "metrics.json")
    content = (tmp_path / "metrics.json").read_bytes()
    evaluate_experiment(experiment, tones / "data", tmp_path / "rnn", tmp_path / "metrics.json")
    assert (tmp_path / "metrics.json").read_bytes() == content
    written = json.loads(content)
    assert (written["experiment"], written["temperature"], written["training"]["folder"]) == ("measured", 0.8, "rnn")
    assert written["held_out"]["splits"] == {"test": 3, "validation": 3}
    assert len(written["weights_sha256"]) == 64
    assert written["versions"]["numpy"] == np.__version__
    assert written["training"]["validation_bits"] is None
    err = capsys.readouterr().err
    assert all(line in err for line in describe_metrics(first))
    assert "target pitch held out cents" in err
