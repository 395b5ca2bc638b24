"""Recurrent networks, gestures and the page by the workflow: every target, no work twice, the command line's bytes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from project import ROOT, Project

TINY: dict[str, Any] = {
    "seed": 12,
    "profile": "smoke",
    "dataset": {
        "synth": "HarmonicTone",
        "sample_rate": 4000,
        "sound_duration_s": 0.5,
        "chunk_duration_s": 0.25,
        "parameters": [
            {"name": "pitch", "range": [48, 60], "count": 4},
            {"name": "level", "range": [-24, -12], "count": 2},
        ],
        "splits": {"validation": 0.25, "held_out": {"test": {"pitch": [51.9, 52.1]}}},
        "records": [],
    },
    "grid": {"d0": 3, "d1": 3},
    "gestures": {
        "glide": {"seconds": 0.5, "curves": {"pitch": {"ramp": [48, 60]}, "level": -12}},
        "levels": {"seconds": 0.2, "sweep": {"level": [-24, -18, -12]}, "curves": {"pitch": 54}},
    },
}
RESULTS = "results/tiny/"
TARGETS = tuple(f"{RESULTS}{name}" for name in ("rnn", "rnn/metrics.json", "generated", "play/index.html",
                                            "rnn_comparison.csv"))  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("rnn") / "p", copy_code=True)
    project.experiment("tiny", TINY)
    project.snakemake(*TARGETS)
    return project


@pytest.fixture(scope="module")
def results(project: Project) -> Path:
    return project.folder / "results" / "tiny"


def changed(section: str, **options: Any) -> dict[str, Any]:
    return {**TINY, section: {**TINY.get(section, {}), **options}}


def test_a_network_tells_its_parameters_and_has_curves_and_metrics(results: Path) -> None:
    for folder, names in (("rnn", ["pitch", "level"]), ("rnn_grid", ["dim0", "dim1"]),
                          ("rnn_linearized", ["dim0", "dim1"])):  # fmt: skip
        description = json.loads((results / folder / "rnn.json").read_text())
        assert [parameter["name"] for parameter in description["parameters"]] == names
        assert description["sample_rate"] == 4000
        history = pd.read_csv(results / folder / "history.csv")
        assert history.step.iloc[-1] == 30
        assert np.isfinite(history.select_dtypes("number").to_numpy()).all()
        assert json.loads((results / folder / "metrics.json").read_text())["seed"] == 12
    pitch = json.loads((results / "rnn" / "rnn.json").read_text())["parameters"][0]
    assert (pitch["minimum"], pitch["maximum"], pitch["unit"]) == (48.0, 60.0, "MIDI notes")


def test_the_comparison_has_a_row_for_each_training(results: Path) -> None:
    table = pd.read_csv(results / "rnn_comparison.csv")

    assert len(table) == 3
    assert set(table.train_on) == {"rendered", "grid", "linearized"}


def test_a_gesture_is_a_sound_with_its_curves(results: Path) -> None:
    generated = results / "generated"
    sound, rate = soundfile.read(generated / "glide.wav")
    curves = np.load(generated / "glide.npy")

    assert (sound.size, rate) == (2000, 4000)
    assert curves.shape[0] == 1
    assert curves.shape[2] == 2
    columns = json.loads((generated / "glide.json").read_text())
    assert "pitch" in json.dumps(columns)
    assert np.all(np.diff(curves[0, :, 0]) >= 0)
    assert np.allclose(curves[0, :, 1], 1)
    assert (generated / "glide.png").read_bytes().startswith(b"\x89PNG")
    assert set(json.loads((generated / "glide.params").read_text())) == {"meta", "pitch", "level"}


def test_a_sweep_is_a_data_set(results: Path) -> None:
    table = pd.read_csv(results / "generated" / "levels" / "chunks.csv")

    assert table.level.tolist() == [-24, -18, -12]
    assert table.pitch.tolist() == [54] * 3
    for file in table.file:
        assert soundfile.info(results / "generated" / "levels" / file).frames == 800


def test_the_page_stands_alone(results: Path) -> None:
    page = (results / "play" / "index.html").read_text(encoding="utf-8")

    assert "tiny" in page
    assert 'src="' not in page
    assert "https://" not in page.split("<script")[0]


def test_what_the_readme_shows_of_streams_runs(project: Project) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    shown = [block.replace("results/tone", "results/tiny") for block in blocks if "Stream(" in block]
    assert len(shown) == 1
    program = f"import sys; sys.path.insert(0, 'scripts')\n{shown[0]}\nprint(len(samples))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=project.folder, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "16000"


def test_a_second_run_does_nothing(project: Project) -> None:
    assert project.planned_with(TINY, TINY, *TARGETS) == {}


PLAYED = {"generate_gesture": 1, "generate_sweep": 1, "draw_play_page": 1}


@pytest.mark.parametrize(
    ("section", "options", "expected"),
    [
        ("rnn", {"evaluate": {"seconds": 0.4}}, {"evaluate_rnn": 3, "compare_rnns": 1}),
        ("rnn", {"steps": 31}, {"train_rnn": 3, "evaluate_rnn": 3, "compare_rnns": 1, **PLAYED}),
        ("gestures", {"glide": {"seconds": 0.4}}, {"generate_gesture": 1}),
        ("gestures", {"levels": {"seconds": 0.3, "sweep": {"level": [-20]}}}, {"generate_sweep": 1}),
    ],
)  # fmt: skip
def test_a_change_makes_what_depends_on_it(
    project: Project, section: str, options: dict[str, Any], expected: dict[str, int]
) -> None:
    assert project.planned_with(changed(section, **options), TINY, *TARGETS) == expected


def soundworks(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "soundworks", *arguments]
    environment = {**project.environment(), "PYTHONPATH": str(project.folder / "scripts")}
    return subprocess.run(command, cwd=project.folder, env=environment, text=True, capture_output=True, check=False)


def test_the_command_line_makes_the_same_bytes(project: Project, results: Path, tmp_path: Path) -> None:
    done = soundworks(project, "rnn", "train", "--experiment", "tiny", "-o", str(tmp_path / "rnn"))
    assert done.returncode == 0, done.stderr
    for name in ("rnn.safetensors", "rnn.json", "history.csv"):
        assert (tmp_path / "rnn" / name).read_bytes() == (results / "rnn" / name).read_bytes()
    done = soundworks(project, "rnn", "generate", "-d", str(results), "--experiment", "tiny", "--gesture", "glide",
                      "--out", str(tmp_path / "x.wav"))  # fmt: skip
    assert done.returncode == 0, done.stderr
    ours, theirs = soundfile.read(tmp_path / "x.wav")[0], soundfile.read(results / "generated" / "glide.wav")[0]
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("section", "options", "sentence"),
    [
        ("rnn", {"parameters": ["pich"]}, "rnn.parameters: found 'pich', expected parameters of what"),
        ("rnn", {"warmup": 30}, "rnn.warmup: found 30, expected fewer than the 30 of rnn.steps"),
        ("gestures", {"glide": {"seconds": 1, "curves": {"pich": 3}}}, "gestures.glide.curves.pich: found 'pich'"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_config_is_one_sentence(
    project: Project, section: str, options: dict[str, Any], sentence: str
) -> None:
    project.experiment("tiny", changed(section, **options))
    try:
        done = project.snakemake("-n", *TARGETS, check=False)
    finally:
        project.experiment("tiny", TINY)
    assert done.returncode != 0
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
