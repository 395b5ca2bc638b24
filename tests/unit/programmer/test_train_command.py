"""Command `train` and its script: the same bytes as the library, every option of the original, mistakes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from experiments import files_of
from project import ROOT
from trainings import SMALL, make_tones

from soundworks.cli import main
from soundworks.programmer.options import model_options
from soundworks.programmer.train import Training, train_model

OPTIONS: dict[str, Any] = {"feature": "mfcc", "epochs": 1, "batch_size": 8, **SMALL}


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an experiment, its data set and features."""
    folder = tmp_path_factory.mktemp("tones")
    path = make_tones(folder, "mfcc").path
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "programmer": {"mixer": OPTIONS}}))
    return folder


def run(folder: Path, *arguments: str) -> Result:
    basics = ["train", "--configfile", str(folder / "small.yaml"), "--data-path", str(folder / "data")]
    return CliRunner().invoke(main, [*basics, *arguments])


def content(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in files_of(folder).items() if name != "timing.csv"}


def test_command_script_and_library_give_the_same_bytes(tones: Path, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("train_programmer", ROOT / "scripts" / "train_programmer.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    data, features = tones / "data", tones / "data" / "features" / "mfcc"
    arguments = {"config": tones / "small.yaml", "model": "mixer", "dataset": data / "dataset.yaml",
                 "features": features, "output": tmp_path / "script"}  # fmt: skip
    pairs = [str(part) for name, value in arguments.items() for part in (f"--{name}", value)]

    of_script = CliRunner().invoke(script.main, pairs)
    of_command = run(tones, "--model", "mixer", "--model-path", str(tmp_path), "--folder-name", "command")
    seed = json.loads((tmp_path / "command" / "model.json").read_text())["seed"]
    train_model(Training(data, features, tmp_path / "library", model_options("mixer", {}, **OPTIONS), seed))

    assert of_script.exit_code == of_command.exit_code == 0, of_script.output + of_command.output
    assert "validation RMSE 0." in of_command.output
    assert content(tmp_path / "script") == content(tmp_path / "command") == content(tmp_path / "library")


@pytest.mark.parametrize("dash", ["-", "_"])
def test_every_option_of_the_original(tones: Path, tmp_path: Path, dash: str) -> None:
    result = run(
        tones, "--model", "mixer", "--model-path", str(tmp_path), "--folder-name", "mine", f"--batch{dash}size", "16",
        "--epochs", "2", f"--save{dash}freq", "1", "--optimizer", "nadam", "--loss", "huber",
        "--metrics", "mean_squared_error", "--metrics", "rmse", "--no-save-model", "--save-weights",
        "--set", "continuous=regression", "--set", "patience=null", "--seed", "9",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    description = json.loads((tmp_path / "mine" / "model.json").read_text())
    expected = {"batch_size": 16, "epochs": 2, "save_freq": 1, "optimizer": "nadam", "loss": "huber", "patience": None,
                "metrics": ["mean_squared_error", "rmse"], "continuous": "regression", "save_model": False}  # fmt: skip
    assert {name: description["options"][name] for name in expected} == expected
    assert description["seed"] == 9
    files = {"history.csv", "metrics.json", "model.json", "timing.csv"}
    assert set(files_of(tmp_path / "mine")) == files | {f"weights/epoch-000{epoch}.weights.h5" for epoch in (1, 2)}


def test_the_models_lie_in_the_data_set_unless_told_otherwise(tones: Path) -> None:
    assert run(tones, "--model", "mixer", "--set", "epochs=1").exit_code == 0
    assert (tones / "data" / "programmer" / "mixer" / "model.weights.h5").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--loss", "rmsee"],
            "error: programmer.mixer.loss: found 'rmsee', expected the name of one of Keras's losses",
        ),
        (["--optimizer", "adamm"], "programmer.mixer.optimizer: found 'adamm', expected the name of one of Keras's"),
        (["--metrics", "none"], "programmer.mixer.metrics: found 'none', expected the name of one of Keras's metrics"),
        (["--epochs", "0"], "programmer.mixer.epochs: found 0, expected a whole number from 1 to 100000"),
        (
            ["--feature", "mfc"],
            "programmer.mixer.feature: found the text 'mfc', expected one of: melspectrogram",
        ),
        (["--feature", "cqt"], "features/cqt/features.json: no such file, expected a folder of features"),
        (["--set", "paciente=3"], "found the unknown key 'paciente' (did you mean 'patience'?)"),
        (["--set", "patience"], "--set: found 'patience', expected KEY=VALUE, such as batch_size=32"),
        (["--set", "patience=["], "--set: found 'patience=[', expected KEY=VALUE"),
        (["--set", "=3"], "--set: found '=3', expected KEY=VALUE"),
        (["--set", "model=lstm"], "found the unknown key 'model'"),
        (
            ["--batch-size", "4", "--set", "batch_size=3"],
            "--set: found 'batch_size=3' and another value for batch_size, expected one of the two",
        ),
        (["--set", "epochs=2", "--set", "epochs=3"], "--set: found 'epochs=3' and another value for epochs"),
        (["--set", "learning_rate=.nan"], "(value: found nan, expected a finite number)"),
        (["--set", "learning_rate=2e3"], "learning_rate: found 2000"),
        (["--folder-name", "../x"], "--folder-name: found '../x', expected the name of one folder"),
        (["--experiment", "tone"], "found both of --experiment and --configfile, expected one of the two"),
        (["--data-path", "nowhere"], "nowhere/dataset.yaml: no such file, expected a finished data set"),
    ],
)
def test_a_mistake_is_a_sentence(tones: Path, arguments: list[str], message: str) -> None:
    result = run(tones, "--model", "mixer", *arguments)

    assert result.exit_code == 1
    assert message in result.output + str(result.exception)


def test_a_folder_that_holds_something_else_is_left_alone(tones: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text").write_text("all of it")

    result = run(tones, "--model", "mixer", "--model-path", str(tmp_path), "--folder-name", "thesis")

    assert result.exit_code == 1
    assert "thesis: found something else there, expected a new folder, or an earlier one with model.json" in (
        result.output + str(result.exception)
    )
    assert (tmp_path / "thesis" / "text").read_text() == "all of it"
