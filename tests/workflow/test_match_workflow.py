"""Comparison and matching as targets of the workflow: made, made again only when they must be, mistakes told early."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import soundfile
from project import Project
from trainings import FEATURES, SMALL, TONES

CONFIG: dict[str, Any] = {
    "dataset": TONES,
    "features": {"mfcc": FEATURES["mfcc"]},
    "programmer": {
        "mixer": {"feature": "mfcc", "epochs": 1, "batch_size": 8, **SMALL},
        "refine": {"evaluations": 30},
        "evaluate": {"models": ["mixer"], "targets": 2},
        "match": {"beep": "../sounds/beep of mine.wav"},
    },
}
TARGETS = ("results/tones/programmer/evaluation", "results/tones/matched/beep")

#: One worker makes the project.
pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("match_workflow")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which the targets are made."""
    project = Project(tmp_path_factory.mktemp("match") / "p", copy_code=True)
    project.experiment("tones", CONFIG)
    sounds = project.folder / "config" / "sounds"
    sounds.mkdir()
    soundfile.write(sounds / "beep of mine.wav", 0.3 * np.sin(2 * np.pi * 220 * np.arange(22050) / 44100), 44100)
    project.snakemake(*TARGETS)
    return project


def test_the_targets_are_whole(project: Project) -> None:
    evaluation, matched = (project.folder / target for target in TARGETS)
    assert len(json.loads((evaluation / "metrics.json").read_text())["test"]) == 7
    assert (evaluation / "table.md").read_text().count("mixer") == 3
    report = json.loads((matched / "report.json").read_text())
    assert report["name"] == "beep"
    assert report["sound"]["file"].endswith("config/sounds/beep of mine.wav")
    assert report["refinement"]["rendered"] == 30
    assert project.planned(*TARGETS) == {}


def test_an_option_of_the_search_leaves_the_training_alone(project: Project) -> None:
    programmer = {**CONFIG["programmer"], "refine": {"evaluations": 31}}
    project.experiment("tones", {**CONFIG, "programmer": programmer})
    assert project.planned(*TARGETS) == {"evaluate_programmer": 1, "match_sound": 1}
    project.experiment("tones", CONFIG)
    assert project.planned(*TARGETS) == {}


def test_a_sound_that_no_config_names(project: Project) -> None:
    told = project.snakemake("-n", "results/tones/matched/other", check=False)
    assert told.returncode != 0
    assert "programmer.match: found no sound 'other', expected one of: beep" in told.stdout
    assert "Traceback" not in told.stdout
