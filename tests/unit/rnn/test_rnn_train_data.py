"""What a training takes, splits, short sounds, other rates; and what it refuses, in a sentence."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from rnn_fixtures import learning_curves, make_rnn_training, sine, write_sines, write_sounds

from soundworks.errors import UserError
from soundworks.rnn.train import train_rnn
from train_rnn import main as train_main


def test_held_out_sounds_are_not_learnt_from(tmp_path: Path) -> None:
    """With other sounds in the splits validation and test, nothing changes but the figures of the validation."""
    found = []
    for name, seed in (("a", 0), ("b", 1)):
        noise = np.random.default_rng(seed).uniform(-1, 1, 400)
        rows = [{"setting": k, "split": split, "x": k, "samples": sine(60 + k, 400) if split == "train" else noise}
                for k, split in enumerate(["train", "validation", "train", "test"])]  # fmt: skip
        training = make_rnn_training(write_sounds(tmp_path / name, rows), tmp_path / f"rnn-{name}", validate_every=12)
        train_rnn(training)
        found.append(((training.output_dir / "rnn.safetensors").read_bytes(), learning_curves(training.output_dir)[0]))

    (weights, row), (other_weights, other_row) = found
    assert weights == other_weights
    assert row["loss"] == other_row["loss"]
    assert row["validation_loss"] != other_row["validation_loss"]


@pytest.mark.parametrize(
    ("n_samples", "options"),
    [(1, {}), (5, {"windows": 1}), (37, {"seq_len": 64}), (400, {"seq_len": 2}), (100, {"batch_size": 1, "splice": 0})],
)
def test_sounds_and_windows_may_be_short(tmp_path: Path, n_samples: int, options: dict[str, Any]) -> None:
    training = make_rnn_training(write_sines(tmp_path / "data", n_samples), tmp_path / "rnn", **options)

    description = train_rnn(training)

    assert math.isfinite(description["loss"])
    assert math.isfinite(description["validation"]["loss"])


def test_one_setting_is_trained_on_without_validation(tmp_path: Path) -> None:
    rows = [{"setting": 0, "onset_s": k / 10, "duration_s": 0.1, "x": k, "samples": sine(60, 400)} for k in range(2)]
    training = make_rnn_training(write_sounds(tmp_path / "data", rows), tmp_path / "rnn")

    assert train_rnn(training)["validation"] is None
    assert "validation_loss" not in learning_curves(tmp_path / "rnn")[0]


def test_sounds_come_at_the_networks_rate(sines: Path, tmp_path: Path) -> None:
    description = train_rnn(make_rnn_training(sines, tmp_path / "rnn", sample_rate=8000, held_out=0))

    assert (description["sample_rate"], description["seconds"]) == (8000, pytest.approx(0.7))


def test_an_unknown_parameter_is_a_sentence(sines: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"^rnn\.parameters: found 'colour', expected parameters of .*chunks\.csv: pitch$"
    ):
        train_rnn(make_rnn_training(sines, tmp_path / "rnn", parameters=["colour"]))
    assert not (tmp_path / "rnn").exists()


def test_there_is_something_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"chunks\.csv: no such file, expected the table"):
        train_rnn(make_rnn_training(tmp_path, tmp_path / "rnn"))
    write_sines(tmp_path / "data")
    (tmp_path / "data" / "4.wav").write_text("no sound")
    with pytest.raises(UserError, match=r"4\.wav: cannot be read as a sound"):
        train_rnn(make_rnn_training(tmp_path / "data", tmp_path / "rnn"))


def test_the_script_says_mistakes_in_a_line(tmp_path: Path) -> None:
    given = ["--config", tmp_path / "none.yaml", "--dataset", "x/dataset.yaml", "--output", tmp_path / "rnn"]

    result = CliRunner().invoke(train_main, list(map(str, given)))

    assert isinstance(result.exception, SystemExit)
    assert str(result.exception.code).startswith("error: ")
    assert "\n" not in str(result.exception.code)


def test_a_rate_that_no_network_has_is_refused_before_training(tmp_path: Path) -> None:
    rows = [{"pitch": pitch, "samples": sine(pitch, 400, 700)} for pitch in (50, 52, 54)]
    data = write_sounds(tmp_path / "data", rows, rate=700)

    with pytest.raises(UserError, match=r"0\.wav: found a sample rate of 700 Hz, expected 1000 to 384000 Hz; rnn\.sam"):
        train_rnn(make_rnn_training(data, tmp_path / "rnn"))
    assert train_rnn(make_rnn_training(data, tmp_path / "rnn", sample_rate=1000))["sample_rate"] == 1000
