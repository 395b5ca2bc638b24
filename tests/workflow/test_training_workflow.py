"""Models by the workflow: the same bytes as the command line, reruns of what depends on a change, exact resume."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from project import ROOT, Project
from trainings import FEATURES, SMALL, TONES

from soundworks.config.experiment import load_experiment
from soundworks.programmer.options import model_options
from soundworks.programmer.train import Training, train_model

MODELS = {
    "lstm": {"feature": "mfcc", "epochs": 1, "batch_size": 8},
    "mixer": {"feature": "melspectrogram", "epochs": 2, "batch_size": 8, "save_freq": 1, **SMALL},
}
CONFIG = {"seed": 5, "dataset": TONES, "features": FEATURES, "programmer": MODELS}
TARGETS = ("results/tones/programmer/lstm", "results/tones/programmer/mixer")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("training") / "p", copy_code=True)
    project.experiment("tones", CONFIG)
    project.snakemake(*TARGETS)
    return project


def changed(section: str, key: str, **options: Any) -> dict[str, Any]:
    """Return the config with some options of one model or feature replaced."""
    whole: dict[str, Any] = CONFIG[section]  # type: ignore[assignment]
    return {**CONFIG, section: {**whole, key: {**whole.get(key, {}), **options}}}


def plan(project: Project, config: dict[str, Any]) -> dict[str, int]:
    project.experiment("tones", config)
    try:
        return project.planned(*TARGETS)
    finally:
        project.experiment("tones", CONFIG)


def content(folder: Path) -> dict[str, bytes]:
    """Return a model's files without its times and Snakemake's mark."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name != "timing.csv" and name[0] != "."}


def test_the_workflow_gives_the_bytes_of_the_library(project: Project, tmp_path: Path) -> None:
    results = project.folder / "results" / "tones"
    experiment = load_experiment(project.folder / "config" / "experiments" / "tones.yaml")
    for model, options in MODELS.items():
        chosen = model_options(model, experiment.sections["programmer"])
        features = results / "features" / str(options["feature"])
        train_model(Training(results, features, tmp_path / model, chosen, experiment.seed))

        made = content(results / "programmer" / model)
        assert made == content(tmp_path / model)
        assert json.loads(made["metrics.json"])["validation_sounds"] == 8


def test_the_snippet_of_the_readme_works(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "README.md").read_text()
    snippet = readme.split("```python\n# patches for the sounds of the test split\n")[1].split("```")[0]
    monkeypatch.chdir(project.folder)
    names: dict[str, Any] = {}

    exec(snippet.replace("dexed9", "tones"), names)

    assert names["patches"].columns.tolist() == ["pitch", "brightness"]
    assert len(names["patches"]) == 4
    assert names["patches"]["pitch"].between(48, 67).all()
    assert names["candidates"].shape == (20, 2)


def test_a_second_run_does_nothing(project: Project) -> None:
    assert project.planned(*TARGETS) == {}


@pytest.mark.parametrize(
    ("section", "key", "options", "expected"),
    [
        ("programmer", "lstm", {"epochs": 2}, {"train_programmer": 1}),
        ("programmer", "mixer", {"dropout": 0.1}, {"train_programmer": 1}),
        ("programmer", "cnn", {"epochs": 3}, {}),
        ("programmer", "refine", {"evaluations": 7}, {}),
        ("features", "mfcc", {"n_mfcc": 6}, {"extract_features": 1, "collect_features": 1, "train_programmer": 1}),
        ("features", "cqt", {"hop_length": 64}, {}),
    ],
)
def test_a_change_retrains_what_depends_on_it(
    project: Project, section: str, key: str, options: dict[str, Any], expected: dict[str, int]
) -> None:
    assert plan(project, changed(section, key, **options)) == expected


def test_another_seed_retrains_both(project: Project) -> None:
    assert plan(project, {**CONFIG, "seed": 6})["train_programmer"] == 2


def test_a_killed_workflow_goes_on_from_the_checkpoint(project: Project) -> None:
    """All processes of the run are killed as soon as there is a checkpoint, and Snakemake starts the job anew."""
    long = changed("programmer", "mixer", epochs=40, save_freq=50, patience=None)
    project.experiment("tones", long)
    command = project.command(TARGETS[1])
    process = subprocess.Popen(
        command, cwd=project.folder, env=project.environment(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    checkpoints = project.folder / "results" / "tones" / "programmer" / ".checkpoints"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("mixer/*/checkpoint.npz")) and time.monotonic() < deadline:
        time.sleep(0.005)
    subprocess.run([sys.executable, "-c", f"import os; os.killpg({process.pid}, 9)"], check=True)
    process.wait()
    left = list(checkpoints.glob("mixer/*/checkpoint.npz"))

    project.snakemake("--unlock")
    project.snakemake(TARGETS[1])

    log = (project.folder / "logs" / "tones" / "train_programmer" / "mixer.log").read_text()
    assert left
    assert "going on after" in log
    assert not checkpoints.exists()
    folder = project.folder / "results" / "tones" / "programmer" / "mixer"
    resumed = content(folder)
    assert len(resumed["history.csv"].splitlines()) == 41
    results, config = folder.parents[1], load_experiment(project.folder / "config" / "experiments" / "tones.yaml")
    options = model_options("mixer", config.sections["programmer"])
    train_model(Training(results, results / "features" / options.feature, folder.parent / "whole", options, 5))
    assert resumed == content(folder.parent / "whole")
    project.experiment("tones", CONFIG)
