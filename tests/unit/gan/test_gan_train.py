"""Training on tones: it learns, bytes repeat, an interrupted run ends the same, mistakes are sentences."""

from __future__ import annotations

import csv
import json
import math
import os
import re
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
import soundfile
import yaml
from experiments import axis, files_of, make_experiment
from gan_fixtures import OPTIONS, RATE, SPECTROGRAM, make_gan_training, write_tones
from project import ROOT
from safetensors.numpy import load_file

from soundworks.config.experiment import load_experiment
from soundworks.dataset.pipeline import generate_dataset
from soundworks.errors import UserError
from soundworks.gan.options import gan_options
from soundworks.gan.train import GanTraining, train_gan
from soundworks.gan.trained import TrainedGan
from soundworks.spectrogram.options import spectrogram_options

#: Often enough for a checkpoint after each step.
ALWAYS = 1e-9
#: A step a scale.
BRIEF: dict[str, Any] = {"steps": [1, 1, 1], "fade_jumps": [0, 0, 0]}
ONE_SCALE: dict[str, Any] = {"downsampling": [[1, 1]], "channels": [8], "batch_size": [8], "fade_jumps": [0]}


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a data set of twelve tones."""
    return write_tones(tmp_path_factory.mktemp("tones") / "data")


@pytest.fixture(scope="module")
def whole(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A conditional GAN whose training was not interrupted."""
    output = tmp_path_factory.mktemp("whole") / "gan"
    train_gan(conditional(tones, output))
    return output


def conditional(data: Path, output: Path, **options: Any) -> GanTraining:
    given = {"attributes": ["octave"], "checkpoint_minutes": ALWAYS, "sample_every": 6, **options}
    return make_gan_training(data, output, **given)


def table(path: Path) -> list[dict[str, float | None]]:
    with path.open() as stream:
        return [{key: float(x) if x else None for key, x in row.items()} for row in csv.DictReader(stream)]


def content(folder: Path) -> dict[str, bytes]:
    """Return the members of a GAN's folder, without the times that no two runs share."""
    return {name: data for name, data in files_of(folder).items() if name != "timing.csv"}


class StoppedError(Exception):
    """What a test throws into a training."""


def stop_after(step: int) -> Callable[[int], None]:
    def stop(finished: int) -> None:
        if finished == step:
            raise StoppedError

    return stop


def test_a_folder_has_its_members(whole: Path) -> None:
    names = ["gan.json", "generator.safetensors", "history.csv", "networks.safetensors"]
    names += [f"samples/step-{step:06}.{kind}" for step in (6, 12, 16) for kind in ("png", "wav")]

    assert sorted(files_of(whole)) == [*names, "timing.csv"]
    assert [path.name for path in whole.parent.iterdir()] == ["gan"]  # no checkpoint is left
    description = json.loads((whole / "gan.json").read_text())
    assert (description["seed"], description["sounds"], description["steps"]) == (5, 12, 16)
    assert (description["experiment"], description["shape"], description["latent_dim"]) == ("data", [17, 8], 7)
    assert description["attributes"] == [{"name": "octave", "classes": [0, 1, 2], "minimum": 0, "maximum": 2}]


def test_the_learning_curves_have_a_row_a_scale(whole: Path) -> None:
    rows, times = table(whole / "history.csv"), table(whole / "timing.csv")

    assert list(rows[0]) == [
        "step", "scale", "alpha", "critic_loss", "generator_loss", "gradient_penalty", "real_score", "fake_score",
        "critic_condition_loss", "generator_condition_loss",
    ]  # fmt: skip
    assert [(row["step"], row["scale"], row["alpha"]) for row in rows] == [(4, 0, 0), (8, 1, 0), (16, 2, 0)]
    assert all(math.isfinite(x) for row in rows for x in row.values())
    assert [row["step"] for row in times] == [4, 8, 16]
    assert all(row["seconds"] > 0 for row in times)


def test_samples_are_sounds_in_a_row(whole: Path) -> None:
    info = soundfile.info(whole / "samples" / "step-000016.wav")

    assert (info.samplerate, info.frames) == (RATE, 2 * (64 + 400))
    assert (whole / "samples" / "step-000016.png").read_bytes()[:4] == b"\x89PNG"


def test_a_training_says_how_it_goes(
    tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("soundworks.gan.report.LOG_EVERY_S", 0.0)

    train_gan(conditional(tones, tmp_path / "gan", checkpoint_minutes=100))

    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train gan: step")]
    number = r"-?[\d.e-]+"
    losses = ", ".join(rf"{name} {number}" for name in ("critic", "generator", "penalty", "real", "fake", "attributes"))
    assert len(lines) == 16
    assert re.fullmatch(rf"train gan: step 5/16, scale 1 \(9 × 4\), alpha 1.00: {losses}; {number} steps/s, \d+ s left",
                        lines[4])  # fmt: skip
    assert lines[-1].endswith(", 0 s left")


def test_the_same_training_gives_the_same_bytes(tones: Path, whole: Path, tmp_path: Path) -> None:
    train_gan(conditional(tones, tmp_path / "gan"))

    assert content(tmp_path / "gan") == content(whole)


def test_another_seed_gives_other_weights(tones: Path, whole: Path, tmp_path: Path) -> None:
    train_gan(replace(conditional(tones, tmp_path / "gan"), seed=6))

    assert (tmp_path / "gan" / "generator.safetensors").read_bytes() != (whole / "generator.safetensors").read_bytes()


def test_checkpoints_change_nothing(tones: Path, whole: Path, tmp_path: Path) -> None:
    train_gan(conditional(tones, tmp_path / "gan", checkpoint_minutes=100))

    for name in ("generator.safetensors", "networks.safetensors", "history.csv"):
        assert (tmp_path / "gan" / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize("steps", [(1,), (5, 10), (15,), (16,)])
def test_an_interrupted_training_ends_the_same(
    tones: Path, whole: Path, tmp_path: Path, steps: tuple[int, ...]
) -> None:
    training = conditional(tones, tmp_path / "gan")
    for step in steps:
        with pytest.raises(StoppedError):
            train_gan(training, on_step=stop_after(step))
        assert not training.output_dir.exists()
    taken: list[int] = []

    train_gan(training, on_step=taken.append)

    assert taken == list(range(steps[-1] + 1, 17))
    assert content(training.output_dir) == content(whole)


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an experiment with a data set, `data`, and a config for a small GAN, `small.yaml`."""
    folder = tmp_path_factory.mktemp("experiment")
    tones = {"synth": "HarmonicTone", "parameters": [axis("pitch", 60, 72, 6)], "records": []}
    generate_dataset(make_experiment(folder, sample_rate=RATE, **tones), folder / "data")
    section = {**OPTIONS, "checkpoint_minutes": ALWAYS, "steps": [8, 8, 14]}
    with (folder / "small.yaml").open("a") as stream:
        yaml.safe_dump({"gan": section, "spectrogram": SPECTROGRAM}, stream)
    return folder


def command(experiment: Path, output: Path) -> list[str]:
    return [sys.executable, str(ROOT / "scripts" / "train_gan.py"), "--config", str(experiment / "small.yaml"),
            "--dataset", str(experiment / "data" / "dataset.yaml"), "--output", str(output)]  # fmt: skip


def test_a_killed_training_ends_the_same(experiment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """SIGKILL to the script, as soon as there is a checkpoint; then the same again; then one that nothing stops."""
    environment = {**os.environ, "PYTHONPATH": ""}
    process = subprocess.Popen(command(experiment, tmp_path / "gan"), env=environment, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob(".checkpoints/gan/*/checkpoint.npz")) and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = list(tmp_path.glob(".checkpoints/gan/*/checkpoint.npz"))

    loaded = load_experiment(experiment / "small.yaml")
    spectrogram = spectrogram_options(loaded.sections["spectrogram"], RATE)
    options = gan_options(loaded.sections["gan"])
    training = GanTraining(experiment / "data", tmp_path / "gan", options, spectrogram, loaded.seed)

    train_gan(training)

    assert left
    assert "going on after" in capsys.readouterr().err
    train_gan(replace(training, output_dir=tmp_path / "whole" / "gan"))
    assert content(tmp_path / "gan") == content(tmp_path / "whole" / "gan")
    assert json.loads((tmp_path / "gan" / "gan.json").read_text())["experiment"] == "small"


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def one_array(path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, np.zeros(3))


def rewritten(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> Callable[[Path], None]:
    """Return a damage that changes arrays and state of a checkpoint, which is whole otherwise."""

    def damage(path: Path) -> None:
        with np.load(path) as stored:
            arrays = dict(stored)
        state = json.loads(arrays.pop("state").tobytes())
        change(arrays, state)
        np.savez(path, state=np.frombuffer(json.dumps(state).encode(), np.uint8), **arrays)

    return damage


DAMAGES = {
    "nothing": nothing,
    "half": half,
    "one array": one_array,
    "no state": rewritten(lambda _, state: state.clear()),
    "no step": rewritten(lambda _, state: state.pop("step")),
    "a step too many": rewritten(lambda _, state: state.update(step=17)),
    "no weights": rewritten(lambda arrays, _: arrays.pop("generator/00000")),
    "weights that fit by broadcasting": rewritten(
        lambda arrays, _: arrays.update({"critic/00000": arrays["critic/00000"].ravel()[:1]})
    ),
    "no moment": rewritten(lambda arrays, _: arrays.pop("critic_exp_avg/00001")),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_checkpoint_starts_anew(
    tones: Path, whole: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    training = conditional(tones, tmp_path / "gan")
    with pytest.raises(StoppedError):
        train_gan(training, on_step=stop_after(3))
    (path,) = tmp_path.glob(".checkpoints/gan/*/checkpoint.npz")
    damage(path)
    taken: list[int] = []

    with pytest.raises(StoppedError):
        train_gan(training, on_step=lambda step: (taken.append(step), stop_after(1)(step)))

    assert taken == [1]
    with np.load(path) as stored:
        assert json.loads(stored["state"].tobytes())["step"] == 1


@pytest.mark.parametrize("cuda", [False, True])
def test_too_little_memory_is_a_sentence(
    tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cuda: bool
) -> None:
    import torch

    from soundworks.gan.session import Session

    def greedy(*_given: object) -> None:
        if cuda:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        torch.empty(1 << 55)

    monkeypatch.setattr(Session, "train_on", greedy)

    with pytest.raises(UserError, match=r"memory for training with gan\.batch_size \[4, 4, 6\] and gan\.channels \[6,"):
        train_gan(make_gan_training(tones, tmp_path / "gan"))


def test_other_faults_of_pytorch_stay_what_they_are(
    tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from soundworks.gan.session import Session

    monkeypatch.setattr(Session, "train_on", lambda *_: torch.zeros(2) @ torch.zeros(3))

    with pytest.raises(RuntimeError, match="inconsistent tensor size"):
        train_gan(make_gan_training(tones, tmp_path / "gan"))


def test_a_coarsest_scale_of_one_is_refused_before_anything_is_made(tones: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gan\.downsampling: found \[17, 4\] for the coarsest scale, .* 2 × 2 of the"):
        train_gan(make_gan_training(tones, tmp_path / "gan", downsampling=[[17, 4], [2, 2], [1, 1]]))

    assert not list(tmp_path.iterdir())


def test_other_options_start_anew(tones: Path, tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        train_gan(conditional(tones, tmp_path / "gan"), on_step=stop_after(3))
    taken: list[int] = []

    train_gan(conditional(tones, tmp_path / "gan", learning_rate=0.002), on_step=taken.append)

    assert taken[0] == 1
    assert not (tmp_path / ".checkpoints").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "wgan-gp", "critic_steps": 2},
        {"loss": "lsgan", "gdpp_weight": 0.1},
        {"loss": "dcgan", "format_layer": "linear", "minibatch_std": False},
        {"loss": "logistic", "equalized_learning_rate": False, "pixel_norm": False},
        {
            "loss": "r3gan",
            "gradient_penalty": 0,
            "drift": 0,
            "start_scale": 1,
            "mixed_precision": True,
            "compile": True,
        },
    ],
)
def test_every_loss_trains_and_resumes(tones: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    given = {"steps": [2, 2, 2], "fade_jumps": [0, 1, 2], "checkpoint_minutes": ALWAYS, **options}
    first, second = (make_gan_training(tones, tmp_path / name / "gan", **given) for name in ("first", "second"))

    train_gan(first)
    with pytest.raises(StoppedError):
        train_gan(second, on_step=stop_after(3))
    train_gan(second)

    assert content(first.output_dir) == content(second.output_dir)
    rows = table(first.output_dir / "history.csv")
    assert ("gradient_penalty" in rows[0]) == (options.get("gradient_penalty") != 0)
    assert ("diversity_loss" in rows[0]) == ("gdpp_weight" in options)
    assert all(math.isfinite(x) for row in rows for x in row.values() if x is not None)


def test_the_penalty_of_r3gan_is_taken_every_fourth_step(tones: Path, tmp_path: Path) -> None:
    """Steps 0 and 4, counted from 0; a scale that ends before the next one has none to tell of."""
    train_gan(make_gan_training(tones, tmp_path / "gan", steps=[1, 3, 2], fade_jumps=[0, 0, 0]))

    penalties = [row["gradient_penalty"] for row in table(tmp_path / "gan" / "history.csv")]

    assert [penalty is not None for penalty in penalties] == [True, False, True]


def test_a_data_set_smaller_than_a_batch_is_drawn_again(tones: Path, tmp_path: Path) -> None:
    training = make_gan_training(tones, tmp_path / "gan", filter={"octave": [1, 1], "level": [0.3, 0.9]})

    description = train_gan(training)

    assert description["sounds"] == 2
    assert all(math.isfinite(row["critic_loss"]) for row in table(tmp_path / "gan" / "history.csv"))


def test_a_gan_learns_the_tones_that_it_is_asked_for(tones: Path, tmp_path: Path) -> None:
    """Asked for one of three octaves, the loudest frequency of nearly all sounds is that of the octave."""
    options = {**ONE_SCALE, "steps": [400], "learning_rate": 0.01, "attributes": ["octave"], "channels": [12]}

    train_gan(make_gan_training(tones, tmp_path / "gan", **options))

    gan = TrainedGan.load(tmp_path / "gan")
    latents = gan.draw_latents(60, 2)
    made = gan.spectrograms(latents).mean(axis=2)
    bins = 2 * 2 ** gan.attributes_of(latents)["octave"].astype(int)  # 250 Hz are two bins of 125 Hz
    assert (made.argmax(axis=1) == bins).mean() > 0.7
    rows = table(tmp_path / "gan" / "history.csv")
    assert rows[-1]["critic_condition_loss"] < 0.5 * rows[0]["critic_condition_loss"]


def test_a_training_that_runs_away_is_a_sentence(tones: Path, tmp_path: Path) -> None:
    options = {**ONE_SCALE, "loss": "wgan-gp", "steps": [200], "learning_rate": 10, "equalized_learning_rate": False}

    with pytest.raises(
        UserError,
        match=r"gan\.learning_rate: found \w+ \S+ by step \d+ at a rate of 10, expected a finite number .* a lower",
    ):
        train_gan(make_gan_training(tones, tmp_path / "gan", **options))

    assert not (tmp_path / "gan").exists()


def test_members_of_others_stay(tones: Path, tmp_path: Path) -> None:
    output = tmp_path / "gan"
    (output / "random").mkdir(parents=True)
    (output / "random" / "random_000.wav").write_bytes(b"sound")
    (output / "metrics.json").write_text("{}")
    (output / ".snakemake_timestamp").touch()

    train_gan(make_gan_training(tones, output, **BRIEF))

    assert (output / "random" / "random_000.wav").read_bytes() == b"sound"
    assert len(table(output / "history.csv")) == 3


@pytest.mark.parametrize("left", ["generator.safetensors", "networks.safetensors"])
def test_remains_of_a_killed_training_are_replaced(tones: Path, tmp_path: Path, left: str) -> None:
    output = tmp_path / "gan"
    (output / "samples").mkdir(parents=True)
    (output / "samples" / "old.wav").write_bytes(b"sound")
    for name in (left, "history.csv"):
        (output / name).write_text("of a run before")

    train_gan(make_gan_training(tones, output, **BRIEF))

    assert (output / "gan.json").is_file()
    assert not (output / "samples" / "old.wav").exists()


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["gan/notes.txt"], "gan/notes.txt: found something else"),
        (["gan/samples/kick.wav"], "gan/samples: found something else"),
        (["gan/history.csv", "gan/metrics.json"], "gan/history.csv: found something else"),
        (["gan/corners.json"], "gan/corners.json: found something else"),
        (["gan/corners.json", "gan/generator.safetensors"], "gan/corners.json: found something else"),
        (["gan/gan.json", "gan/samples/kick.wav"], "gan/gan.json: this says nothing of a GAN"),
        (["gan"], "gan: found a file"),
    ],
)
def test_what_is_no_gan_is_left_alone(tones: Path, tmp_path: Path, names: list[str], sentence: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")

    with pytest.raises(UserError, match=sentence):
        train_gan(make_gan_training(tones, tmp_path / "gan"))

    assert all((tmp_path / name).read_text() == "mine" for name in names)


@pytest.mark.parametrize("folder", [".", "gan/.."])
def test_a_folder_without_a_name_is_a_sentence(tones: Path, folder: str) -> None:
    with pytest.raises(UserError, match="expected a path that ends in its name"):
        train_gan(make_gan_training(tones, Path(folder)))


def test_two_trainings_at_once_are_refused(tones: Path, tmp_path: Path) -> None:
    training = make_gan_training(tones, tmp_path / "gan", **BRIEF)

    def again(step: int) -> None:
        if step > 1:
            return
        with pytest.raises(UserError, match="another run is writing there"):
            train_gan(training)

    train_gan(training, on_step=again)


def test_raw_and_averaged_weights_are_kept(whole: Path) -> None:
    raw, averaged = load_file(whole / "networks.safetensors"), load_file(whole / "generator.safetensors")

    assert {name.split(".")[0] for name in raw} == {"generator", "critic"}
    weights = [name for name in averaged if not name.startswith("conditions.")]
    assert sorted(f"generator.{name}" for name in weights) == sorted(name for name in raw if name.startswith("gen"))
    assert (averaged["format.raw"] != raw["generator.format.raw"]).any()
