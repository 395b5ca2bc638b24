"""Matching with Dexed: a sound of its own is found again, and the preset loads into the engine to the same bits."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from click.testing import CliRunner
from project import ROOT
from trainings import make_feature, make_training

from soundworks.cli import main
from soundworks.config.experiment import load_experiment
from soundworks.dataset.pipeline import generate_dataset
from soundworks.programmer.patches import read_dataset, read_patches
from soundworks.programmer.synthesis import PatchRenderer
from soundworks.programmer.target_sound import chunk_targets
from soundworks.programmer.train import train_model

pytest.importorskip("dexed", reason="the engine dexed is not installed")

#: One worker trains the model.
pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("match_dexed")]

#: Play a voice with the engine itself, which reads the file in its own way, and print its samples as 16-bit integers.
PLAY = """
import sys
import numpy as np
from dexed import DexedSynth, Patch
kind, path = sys.argv[1:]
content = open(path, "rb").read()
patch = Patch.load_bank(path)[0] if kind == "bank" else Patch.from_sysex(content[6:161])
synth = DexedSynth(16000)
synth.load_patch(patch)
audio = synth.render(60, 127, 0.4, 0.5 + 1e-5)[:8000].astype(float)
peak = np.abs(audio).max()
ceiling = 1 - 2.0**-15
print(patch.name.strip(), *np.rint(audio * min(1, ceiling / peak) * 32768).astype(int))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `small.yaml`, which is `dexed-tiny`, and its data set, features and model in `data`."""
    folder = tmp_path_factory.mktemp("dexed")
    (folder / "small.yaml").write_bytes((ROOT / "config" / "experiments" / "dexed-tiny.yaml").read_bytes())
    generate_dataset(load_experiment(folder / "small.yaml"), folder / "data")
    make_feature(folder, "mfcc")
    train_model(replace(make_training(folder, epochs=1), output_dir=folder / "data" / "programmer" / "mixer"))
    return folder


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, str]]:
    """The training sounds' rows of the table."""
    with (folder / "data" / "chunks.csv").open(newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["split"] == "train"]


@pytest.fixture(scope="module")
def matched(folder: Path, rows: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The match of a training sound."""
    output = tmp_path_factory.mktemp("matched") / "first"
    sound = folder / "data" / rows[3]["file"]
    arguments = ["predict", str(sound), "--configfile", str(folder / "small.yaml"), "--data-path",
                 str(folder / "data"), "--model", "mixer", "--refine", "--evaluations", "40", "--output",
                 str(output)]  # fmt: skip
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return output


def test_targets_are_the_sounds_of_their_patches(folder: Path) -> None:
    renderer = PatchRenderer(read_dataset(folder / "data"))
    patches = read_patches(folder / "data", renderer.space.codec)
    for target in chunk_targets(folder / "data", patches, 4):
        assert target.true is not None
        assert target.samples.tolist() == renderer.chunk(target.true).tolist()


def test_a_training_sound_is_found_again(matched: Path, rows: list[dict[str, str]]) -> None:
    report = json.loads((matched / "report.json").read_text())
    assert report["distances"]["refined"]["mfcc_mae"] == 0
    assert {row["name"]: row["natural"] for row in report["parameters"]} == {
        row["name"]: float(rows[3][row["name"]]) for row in report["parameters"]
    }


@pytest.mark.parametrize(("kind", "name"), [("voice", "match.syx"), ("bank", "match.bank.syx")])
def test_the_preset_plays_the_same_bits_in_a_new_process(matched: Path, kind: str, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PLAY, kind, str(matched / name)], capture_output=True, text=True, check=True
    )
    voice, *samples = done.stdout.split()
    expected, _ = soundfile.read(matched / "match.wav", dtype="int16")
    assert [int(sample) for sample in samples] == expected.tolist()
    assert json.loads((matched / "report.json").read_text())["name"].startswith(voice[:5])


def test_the_report_lists_the_presets(matched: Path) -> None:
    report = json.loads((matched / "report.json").read_text())
    assert {*report["files"], "report.json"} == {path.name for path in matched.iterdir()}
    patch = json.loads((matched / "patch.json").read_text())
    assert len(patch["parameters"]) + len(patch["fixed"]) == 145 + 2  # all of the voice, and pitch and velocity
    kinds = {row["name"]: row["kind"] for row in report["parameters"]}
    assert kinds["algorithm"] == "categorical"
    assert next(row["label"] for row in report["parameters"] if row["name"] == "algorithm").isdigit()
