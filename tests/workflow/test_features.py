"""The features of a small data set as targets of the workflow."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from project import ROOT, Project, tree_bytes

from soundworks.features import FeatureFolder

TONES: dict[str, Any] = {
    "dataset": {
        "synth": "HarmonicTone",
        "sample_rate": 8000,
        "sound_duration_s": 0.5,
        "chunk_duration_s": 0.25,
        "parameters": [
            {"name": "pitch", "range": [50, 70], "count": 4},
            {"name": "level", "range": [-30, -12], "count": 2},
        ],
        "splits": {"validation": 0.25},
        "records": [],
        "shards": 3,
    },
    "features": {
        "melspectrogram": {"n_mels": 20, "n_fft": 512},
        "mfcc": {"n_mfcc": 5, "hop_length": 256, "n_fft": 512},
    },
}
TARGETS = ("results/tone/features/melspectrogram", "results/tone/features/mfcc")
ONE_FEATURE = {"extract_features": 3, "collect_features": 1}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("features") / "p", copy_code=True)
    project.experiment("tone", TONES)
    project.snakemake(*TARGETS)
    return project


def with_options(**features: dict[str, Any]) -> dict[str, Any]:
    return {
        **TONES,
        "features": {name: {**TONES["features"][name], **features.get(name, {})} for name in TONES["features"]},
    }


def test_the_targets_hold_a_row_a_chunk(project: Project) -> None:
    chunks = sorted((project.folder / "results/tone/chunks").glob("*.wav"))
    table = (project.folder / "results/tone/chunks.csv").read_text().splitlines()[1:]
    for target, shape in zip(TARGETS, ((16, 20, 4, 1), (16, 8, 5)), strict=True):
        folder = FeatureFolder(project.folder / target)
        assert folder.array.shape == shape
        for i in (0, 15):
            samples, rate = soundfile.read(project.folder / "results/tone" / table[i].split(",")[0])
            assert np.array_equal(folder.extract(samples, rate), folder.array[i])
    assert len(chunks) == len(table) == 16
    assert not list((project.folder / "results/tone/shards").glob("features/*/*"))


def test_what_the_readme_shows_works(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    block = next(block for block in blocks if block.startswith("# features of the data set"))
    monkeypatch.chdir(project.folder)
    found: dict[str, Any] = {}

    exec(block, found)

    assert capsys.readouterr().out == "(16, 8, 5) time\n"
    assert found["row"].shape == (8, 5)
    assert found["coefficients"].shape == (87, 20)


def test_a_second_run_does_nothing(project: Project) -> None:
    assert project.planned(*TARGETS) == {}
    assert project.planned("results/tone/features/cqt") == ONE_FEATURE


def test_a_change_of_options_computes_that_feature_alone(project: Project) -> None:
    try:
        project.experiment("tone", with_options(mfcc={"n_mfcc": 7}))
        assert project.planned(*TARGETS) == ONE_FEATURE
        project.experiment("tone", with_options(mfcc={"win_length": 512}))  # the default, said aloud
        assert project.planned(*TARGETS) == {}
    finally:
        project.experiment("tone", TONES)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("scripts/soundworks/features/mel.py", {name: 2 * count for name, count in ONE_FEATURE.items()}),
        ("scripts/collect_features.py", {name: 2 * count for name, count in ONE_FEATURE.items()}),
        ("scripts/soundworks/features/pipeline.py", {}),
    ],
)
def test_an_edit_computes_features_again_and_renders_nothing(
    project: Project, file: str, expected: dict[str, int]
) -> None:
    path: Path = project.folder / file
    before = path.read_text()
    path.write_text(before + "\n# edited\n")
    try:
        assert project.planned(*TARGETS) == expected
    finally:
        path.write_text(before)


def test_the_number_of_shards_and_cores_changes_no_byte(project: Project) -> None:
    project.experiment("again", TONES, shards=1)
    project.snakemake(*(target.replace("tone", "again") for target in TARGETS), cores=1)

    for target in TARGETS:
        one, other = (tree_bytes(project.folder / path) for path in (target, target.replace("tone", "again")))
        assert one["features.npy"] == other["features.npy"]
        assert one.get("scaler.json") == other.get("scaler.json")


def test_a_mistake_in_the_options_is_one_sentence_before_any_job(project: Project) -> None:
    project.experiment("wrong", with_options(mfcc={"fmax": 5000}))

    done = project.snakemake("results/wrong/features/mfcc", check=False)

    assert done.returncode != 0
    assert "wrong.yaml: features.mfcc.fmax: found 5000 Hz, expected at most 4000, half the sample rate" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (project.folder / "results/wrong").exists()
