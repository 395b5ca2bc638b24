"""Training on sines: bytes repeat, an interrupted run ends the same, folders are left as they should be."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from experiments import axis, files_of
from project import ROOT
from rnn_fixtures import SINE_RATE, TINY, learning_curves, make_rnn_training, write_sines

from soundworks.errors import UserError
from soundworks.rnn.train import RnnTraining, train_rnn
from soundworks.rnn.trained import TrainedRnn

#: Often enough for a checkpoint after each step.
ALWAYS = 1e-9
#: All that is drawn in a step is drawn.
EVERYTHING: dict[str, Any] = {"teacher_forcing": 1, "teacher_forcing_end": 0.7, "input_noise": 1}


def brief(data: Path, output: Path, **options: Any) -> RnnTraining:
    return make_rnn_training(data, output, **{"checkpoint_minutes": ALWAYS, **EVERYTHING, **options})


@pytest.fixture(scope="module")
def whole(sines: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose training was not interrupted."""
    output = tmp_path_factory.mktemp("whole") / "rnn"
    train_rnn(brief(sines, output))
    return output


def content(folder: Path) -> dict[str, bytes]:
    """Return the members of a network's folder, without the times that no two runs share."""
    return {name: data for name, data in files_of(folder).items() if name != "timing.csv"}


class StoppedError(Exception):
    """What a test throws into a training."""


def stop_after(step: int) -> Callable[[int], None]:
    def stop(finished: int) -> None:
        if finished == step:
            raise StoppedError

    return stop


# Bytes


def test_a_folder_has_its_members(whole: Path) -> None:
    assert sorted(files_of(whole)) == ["history.csv", "rnn.json", "rnn.safetensors", "timing.csv"]
    assert [path.name for path in whole.parent.iterdir()] == ["rnn"]  # no checkpoint is left
    description = json.loads((whole / "rnn.json").read_text())
    assert (description["sounds"], description["seconds"], description["sample_rate"]) == (6, 0.6, SINE_RATE)
    assert (description["steps"], description["ended_by"], description["timesteps"]) == (12, "steps", 12 * 4 * 16)
    assert (description["experiment"], description["seed"], len(description["held_out_settings"])) == ("data", 5, 1)
    assert description["weights"] == sum(weight.size for weight in TrainedRnn.load(whole).weights.values())


def test_the_learning_curves_have_a_row_a_validation(whole: Path) -> None:
    rows, times = learning_curves(whole), learning_curves(whole, "timing.csv")

    assert list(rows[0]) == ["step", "loss", "validation_loss", "learning_rate", "gradient_norm", "teacher_forcing"]
    assert [row["step"] for row in rows] == [row["step"] for row in times] == [4, 8, 12]
    assert all(math.isfinite(value) for row in rows for value in row.values())
    assert rows[-1]["teacher_forcing"] == pytest.approx(0.7)
    assert rows[-1]["learning_rate"] == pytest.approx(0.02 * 0.004)
    assert all(row["seconds"] > 0 and row["timesteps_per_second"] > 0 for row in times)


def test_the_same_training_gives_the_same_bytes(sines: Path, whole: Path, tmp_path: Path) -> None:
    train_rnn(brief(sines, tmp_path / "rnn", checkpoint_minutes=100))

    found, expected = content(tmp_path / "rnn"), content(whole)
    for name in ("rnn.safetensors", "history.csv"):
        assert found[name] == expected[name]
    train_rnn(replace(brief(sines, tmp_path / "other"), seed=6))
    assert content(tmp_path / "other")["rnn.safetensors"] != expected["rnn.safetensors"]


@pytest.mark.parametrize("steps", [(1,), (3, 4, 9), (11,), (12,)])
def test_an_interrupted_training_ends_the_same(
    sines: Path, whole: Path, tmp_path: Path, steps: tuple[int, ...]
) -> None:
    training = brief(sines, tmp_path / "rnn")
    for step in steps:
        with pytest.raises(StoppedError):
            train_rnn(training, on_step=stop_after(step))
        assert not training.output_dir.exists()
    taken: list[int] = []

    train_rnn(training, on_step=taken.append)

    assert taken == list(range(steps[-1] + 1, 13))
    assert content(training.output_dir) == content(whole)


def test_a_killed_training_ends_the_same(sines: Path, tmp_path: Path) -> None:
    """SIGKILL to the script, as soon as there is a checkpoint; then the same again; then one that nothing stops."""
    section = {**TINY, **EVERYTHING, "steps": 40, "checkpoint_minutes": ALWAYS}
    config = tmp_path / "small.yaml"
    dataset = {"synth": "HarmonicTone", "sound_duration_s": 1, "parameters": [axis("pitch", 60, 72, 2)]}
    config.write_text(yaml.safe_dump({"seed": 5, "dataset": dataset, "rnn": section}))
    command = [sys.executable, str(ROOT / "scripts" / "train_rnn.py"), "--config", str(config), "--train-on", "grid",
               "--dataset", str(sines / "chunks.csv"), "--output", str(tmp_path / "rnn")]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": ""}, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob(".checkpoints/rnn/*/checkpoint.npz")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = list(tmp_path.glob(".checkpoints/rnn/*/checkpoint.npz"))
    training = make_rnn_training(sines, tmp_path / "rnn", **{**section, "train_on": "grid"})
    taken: list[int] = []

    train_rnn(training, on_step=taken.append)

    assert left
    assert taken[0] > 1
    train_rnn(replace(training, output_dir=tmp_path / "whole"))
    assert content(tmp_path / "rnn") == content(tmp_path / "whole")
    assert json.loads((tmp_path / "rnn" / "rnn.json").read_text())["options"]["train_on"] == "grid"


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_best(path: Path) -> None:
    with np.load(path) as stored:
        arrays = {name: array for name, array in stored.items() if not name.startswith("best")}
    np.savez(path, **arrays)


@pytest.mark.parametrize("damage", [half, without_best, Path.unlink])
def test_a_damaged_checkpoint_starts_anew(
    sines: Path, whole: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    training = brief(sines, tmp_path / "rnn")
    with pytest.raises(StoppedError):
        train_rnn(training, on_step=stop_after(5))
    (checkpoint,) = tmp_path.glob(".checkpoints/rnn/*/checkpoint.npz")
    damage(checkpoint)
    taken: list[int] = []

    train_rnn(training, on_step=taken.append)

    assert taken[0] == 1
    assert content(training.output_dir) == content(whole)


def test_other_sounds_are_another_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training = brief(write_sines(tmp_path / "data"), tmp_path / "rnn")
    with pytest.raises(StoppedError):
        train_rnn(training, on_step=stop_after(5))
    (tmp_path / "data" / "2.wav").write_bytes((tmp_path / "data" / "3.wav").read_bytes())
    taken: list[int] = []

    train_rnn(training, on_step=taken.append)

    assert taken[0] == 1
    assert "a checkpoint of other options, data, code or versions is removed" in capsys.readouterr().err


# Folders, and what a training says


def test_an_earlier_network_is_replaced_and_its_figures_stay(sines: Path, tmp_path: Path) -> None:
    train_rnn(make_rnn_training(sines, tmp_path / "rnn", hidden=4))
    (tmp_path / "rnn" / "metrics.json").write_text("{}")

    train_rnn(make_rnn_training(sines, tmp_path / "rnn"))

    assert TrainedRnn.load(tmp_path / "rnn").options.hidden == 8
    assert (tmp_path / "rnn" / "metrics.json").read_text() == "{}"


@pytest.mark.parametrize("name", ["thesis.tex", "history.csv", "rnn.json"])
def test_a_strangers_folder_is_left_alone(sines: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "rnn").mkdir()
    (tmp_path / "rnn" / name).write_text("mine")

    with pytest.raises(UserError, match=rf"{name}: found"):
        train_rnn(make_rnn_training(sines, tmp_path / "rnn"))
    assert (tmp_path / "rnn" / name).read_text() == "mine"
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file: found a file, expected a folder"):
        train_rnn(make_rnn_training(sines, tmp_path / "file"))
    with pytest.raises(UserError, match="expected a path that ends in its name"):
        train_rnn(make_rnn_training(sines, tmp_path / ".."))


def test_what_a_killed_training_left_is_written_over(sines: Path, whole: Path, tmp_path: Path) -> None:
    (tmp_path / "rnn").mkdir()
    for name in ("rnn.safetensors", "history.csv"):
        (tmp_path / "rnn" / name).write_bytes((whole / name).read_bytes())

    train_rnn(brief(sines, tmp_path / "rnn"))

    assert content(tmp_path / "rnn") == content(whole)


def test_a_training_says_how_it_goes(
    sines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("soundworks.rnn.report.LOG_EVERY_S", 0.0)
    train_rnn(make_rnn_training(sines, tmp_path / "rnn"))

    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train rnn: ")]
    assert lines[0] == "train rnn: 6 sounds, 1 s at 4000 Hz, by pitch, on cpu"
    assert lines[1].startswith("train rnn: step 1/12: loss ")
    assert " bits; " in lines[1]
    assert "(held-out sounds " in lines[5]
    assert lines[12].endswith(" timesteps/s, at most 0 s left")
