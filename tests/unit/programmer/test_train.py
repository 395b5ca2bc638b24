"""Training on tones: the loss falls, bytes repeat, an interrupted run ends the same, mistakes are sentences."""

from __future__ import annotations

import csv
import json
import os
import shutil
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
from experiments import files_of
from project import ROOT
from trainings import make_tones, make_training, with_options

from soundworks.errors import UserError
from soundworks.programmer.measure import rmse
from soundworks.programmer.train import Training, train_model
from soundworks.programmer.trained import TrainedModel


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data set of tones and two features of it; tests must not change them."""
    folder = tmp_path_factory.mktemp("tones")
    make_tones(folder, "mfcc", "melspectrogram")
    return folder


@pytest.fixture(scope="module")
def trained(tones: Path) -> Path:
    """The folder of a model after four epochs without an interruption."""
    training = make_training(tones, output="uninterrupted", epochs=4, save_freq=2)
    train_model(training)
    return training.output_dir


def history(folder: Path) -> list[dict[str, float]]:
    rows = csv.DictReader((folder / "history.csv").open())
    return [{name: float(value) for name, value in row.items()} for row in rows]


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of a model, without the times that no two runs share."""
    return {name: data for name, data in files_of(folder).items() if name != "timing.csv"}


@pytest.mark.parametrize("model", ["cnn", "lstm", "mixer"])
def test_the_loss_falls(tones: Path, tmp_path: Path, model: str) -> None:
    feature = "melspectrogram" if model == "cnn" else "mfcc"
    training = replace(make_training(tones, model, feature=feature, epochs=6), output_dir=tmp_path / "m")

    metrics = train_model(training)

    rows = history(tmp_path / "m")
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert metrics["validation"]["rmse"] == min(row["val_rmse"] for row in rows)


def test_a_model_folder_has_its_files(trained: Path) -> None:
    assert sorted(files_of(trained)) == [
        "history.csv", "metrics.json", "model.json", "model.weights.h5", "timing.csv",
        "weights/epoch-0002.weights.h5", "weights/epoch-0004.weights.h5",
    ]  # fmt: skip
    assert sorted(history(trained)[0]) == sorted(
        ["epoch", "loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error", "val_rmse", "val_rmse_heard",
         "learning_rate"])  # fmt: skip
    assert not (trained.parent / ".checkpoints").exists()


def test_metrics_are_what_the_model_predicts(tones: Path, trained: Path) -> None:
    """The stored RMSE is that of a model loaded anew, by a plain sum of squares over the validation sounds."""
    metrics = json.loads((trained / "metrics.json").read_text())
    rows = list(csv.DictReader((tones / "data" / "chunks.csv").open()))
    chosen = [index for index, row in enumerate(rows) if row["split"] == "validation"]
    true = np.array([[(float(rows[i]["pitch"]) - 48) / 19, float(rows[i]["brightness"])] for i in chosen])
    features = np.load(tones / "data" / "features" / "mfcc" / "features.npy")[chosen]

    predicted = TrainedModel.load(trained).predict_norm(features)

    assert metrics["validation"]["rmse"] == pytest.approx(np.sqrt(np.mean((predicted - true) ** 2)), abs=1e-6)
    assert metrics["validation"]["mean_absolute_error"] == pytest.approx(np.abs(predicted - true).mean(), abs=1e-6)
    assert metrics["parameters"][1]["rmse"] == pytest.approx(np.sqrt(np.mean((predicted - true)[:, 1] ** 2)), abs=1e-6)
    assert (metrics["train_sounds"], metrics["validation_sounds"], metrics["seed"]) == (28, 8, 5)


def test_the_same_training_gives_the_same_bytes(tones: Path, trained: Path, tmp_path: Path) -> None:
    again = replace(make_training(tones, epochs=4, save_freq=2), output_dir=tmp_path / "m")

    train_model(again)

    assert content(tmp_path / "m") == content(trained)


class StoppedError(Exception):
    """What a test throws into a training."""


def stop_after(epoch: int) -> Callable[[int], None]:
    def stop(finished: int) -> None:
        if finished == epoch:
            raise StoppedError

    return stop


def interrupted(training: Training, *epochs: int) -> None:
    """Run a training with interruptions after some epochs, then to its end."""
    for epoch in epochs:
        with pytest.raises(StoppedError):
            train_model(training, on_epoch=stop_after(epoch))
        assert not training.output_dir.exists()
    train_model(training)


@pytest.mark.parametrize("epochs", [(1,), (2, 3), (4,)])
def test_an_interrupted_training_ends_the_same(
    tones: Path, trained: Path, tmp_path: Path, epochs: tuple[int, ...]
) -> None:
    training = replace(make_training(tones, epochs=4, save_freq=2), output_dir=tmp_path / "m")

    interrupted(training, *epochs)

    assert content(tmp_path / "m") == content(trained)
    assert not (tmp_path / ".checkpoints").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"schedule": "plateau", "plateau_patience": 1, "learning_rate": 0.05, "patience": 2, "average_decay": 0.9},
        {
            "schedule": "cosine",
            "warmup_epochs": 1.5,
            "optimizer": "adamw",
            "clip_norm": 0.1,
            "metrics": ["rmse", "mae"],
        },
    ],
)
def test_schedules_and_averages_are_resumed_too(tones: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    first, second = (
        replace(make_training(tones, "mixer", epochs=5, **options), output_dir=tmp_path / name / "m")
        for name in ("whole", "parts")
    )

    train_model(first)
    interrupted(second, 1, 2)

    assert content(first.output_dir) == content(second.output_dir)


def test_a_checkpoint_within_an_epoch_is_resumed(
    tones: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from soundworks.programmer import train
    from soundworks.programmer.session import Session

    training = replace(make_training(tones, epochs=4, save_freq=2), output_dir=tmp_path / "m")
    monkeypatch.setattr(train, "_CHECKPOINT_EVERY_S", 0.0)
    train_on = Session.train_on

    def failing(self: Session, *arguments: Any) -> None:
        if (self.epoch, self.step) == (2, 2):
            raise StoppedError
        train_on(self, *arguments)

    monkeypatch.setattr(Session, "train_on", failing)
    with pytest.raises(StoppedError):
        train_model(training)
    monkeypatch.undo()
    taken: list[tuple[int, int]] = []
    monkeypatch.setattr(
        Session, "train_on", lambda self, *rest: (taken.append((self.epoch, self.step)), train_on(self, *rest))
    )
    train_model(training)

    assert taken[0] == (2, 2)
    assert content(tmp_path / "m") == content(trained)


def test_a_killed_training_ends_the_same(tones: Path, trained: Path, tmp_path: Path) -> None:
    """SIGKILL, as soon as there is a checkpoint; then the same command again."""
    command = [sys.executable, str(ROOT / "scripts" / "train_programmer.py"), "--model", "mixer",
               "--config", str(tmp_path / "killed.yaml"), "--dataset", str(tones / "data" / "dataset.yaml"),
               "--features", str(tones / "data" / "features" / "mfcc"), "--output", str(tmp_path / "m")]  # fmt: skip
    config = (tones / "small.yaml").read_text().replace("seed: 18005551212", "seed: 5")
    options = "{feature: mfcc, epochs: 4, batch_size: 8, save_freq: 2, channels: 8, blocks: 1}"
    (tmp_path / "killed.yaml").write_text(f"{config}\nprogrammer: {{mixer: {options}}}\n")
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": ""}, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob(".checkpoints/m/*/checkpoint.npz")) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = list(tmp_path.glob(".checkpoints/m/*/checkpoint.npz"))

    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": ""}, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert left
    assert "going on after" in done.stderr
    assert content(tmp_path / "m") == content(trained)


def test_other_options_start_anew(tones: Path, tmp_path: Path) -> None:
    training = replace(make_training(tones, epochs=3), output_dir=tmp_path / "m")
    with pytest.raises(StoppedError):
        train_model(training, on_epoch=stop_after(2))
    changed = with_options(training, learning_rate=0.01)

    train_model(changed)

    fresh = replace(changed, output_dir=tmp_path / "fresh" / "m")
    train_model(fresh)
    assert content(tmp_path / "m") == content(tmp_path / "fresh" / "m")


def test_early_stopping_keeps_the_best_epoch(tones: Path, tmp_path: Path) -> None:
    training = replace(
        make_training(tones, optimizer="sgd", learning_rate=1e-6, patience=2, epochs=50), output_dir=tmp_path / "m"
    )

    metrics = train_model(training)

    rows = history(tmp_path / "m")
    best = min(rows, key=lambda row: row["val_rmse"])
    assert metrics["epoch"] == best["epoch"]
    assert len(rows) == min(best["epoch"] + 2, 50)


def test_the_last_epoch_is_kept_where_the_config_says_so(tones: Path, tmp_path: Path) -> None:
    given = {"restore_best": False, "learning_rate": 0.5, "clip_norm": 1.0, "epochs": 4}
    training = replace(make_training(tones, **given), output_dir=tmp_path / "m")

    metrics = train_model(training)

    assert metrics["epoch"] == 4
    assert metrics["validation"]["rmse"] == history(tmp_path / "m")[-1]["val_rmse"]


def test_without_weights_on_the_way_there_are_none(tones: Path, tmp_path: Path) -> None:
    training = replace(make_training(tones, save_freq=1, save_weights=False, epochs=1), output_dir=tmp_path / "m")

    train_model(training)

    assert not (tmp_path / "m" / "weights").exists()


def test_a_parameter_that_is_never_heard_is_predicted_by_its_mean(tones: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(tones / "data", data)
    text = (data / "dataset.yaml").read_text()
    name = text.index("name: brightness", text.index("synth_parameters:"))
    place = text.index("heard: []", name)
    (data / "dataset.yaml").write_text(text[:place] + "heard: [[pitch, 1.0, 0.0]]" + text[place + len("heard: []") :])
    training = make_training(tmp_path, epochs=1)

    metrics = train_model(training)

    rows = list(csv.DictReader((data / "chunks.csv").open()))
    mean = np.mean([float(row["brightness"]) for row in rows if row["split"] == "train"])
    features = np.load(training.feature_dir / "features.npy")
    assert TrainedModel.load(training.output_dir).predict(features)[:, 1] == pytest.approx(mean, abs=1e-6)
    assert metrics["parameters"][1]["rmse_heard"] is None
    assert metrics["validation"]["rmse_heard"] == pytest.approx(metrics["parameters"][0]["rmse"])


def test_a_loss_that_runs_away_is_a_sentence(tones: Path, tmp_path: Path) -> None:
    training = replace(
        make_training(tones, optimizer="sgd", learning_rate=1000.0, clip_norm=None, continuous="regression", epochs=50),
        output_dir=tmp_path / "m",
    )

    with pytest.raises(
        UserError, match=r"programmer\.mixer: found the loss (nan|inf) in step \d+ of epoch \d+, expected"
    ):
        train_model(training)

    assert not (tmp_path / "m").exists()


def test_a_data_set_without_validation_is_a_sentence(tmp_path: Path) -> None:
    make_tones(tmp_path, "mfcc", splits={"validation": 0})

    with pytest.raises(
        UserError, match=r"chunks\.csv: found no sound in the split validation, expected some to measure"
    ):
        train_model(make_training(tmp_path))


def test_features_of_other_sounds_are_a_sentence(tones: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(tones / "data", data)
    path = data / "features" / "mfcc" / "features.npy"
    np.save(path, np.load(path)[:30])

    with pytest.raises(
        UserError, match=r"mfcc: found features of 30 sounds, expected 40, as many as .*chunks\.csv has"
    ):
        train_model(make_training(tmp_path))


@pytest.mark.parametrize("missing", ["dataset.yaml", "settings.csv", "chunks.csv", "features/mfcc/features.json"])
def test_a_missing_input_is_a_sentence(tones: Path, tmp_path: Path, missing: str) -> None:
    shutil.copytree(tones / "data", tmp_path / "data")
    (tmp_path / "data" / missing).unlink()

    with pytest.raises(UserError, match=rf"{missing}: no such file, expected a "):
        train_model(make_training(tmp_path))


def test_two_trainings_of_one_model_at_once_are_refused(tones: Path, tmp_path: Path) -> None:
    training = replace(make_training(tones, epochs=1), output_dir=tmp_path / "m")

    def again(_epoch: int) -> None:
        with pytest.raises(UserError, match="another run is writing there"):
            train_model(training)

    train_model(training, on_epoch=again)


def test_rmse_over_what_counts() -> None:
    true, predicted = np.zeros((2, 2)), np.array([[0.3, 0.4], [0.0, 0.5]])

    assert rmse(predicted, true) == pytest.approx(np.sqrt(0.5 / 4))
    assert rmse(predicted, true, np.array([[True, True], [False, False]])) == pytest.approx(np.sqrt(0.25 / 2))
    assert np.isnan(rmse(predicted, true, np.zeros((2, 2), np.bool_)))
