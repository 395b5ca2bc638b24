"""An edit reruns what depends on it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from project import SMALL, Project

RENDER = {"enumerate_settings": 1, "render_audio": 3, "collect_chunks": 1, "write_records": 1}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("reruns") / "p", copy_code=True)
    project.experiment("small", SMALL)
    project.snakemake("results/small/records")
    return project


def plan_after_edit(project: Project, file: str) -> dict[str, int]:
    path: Path = project.folder / file
    before = path.read_text()
    path.write_text(before + "\n# edited\n")
    try:
        return project.planned("results/small/records")
    finally:
        path.write_text(before)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("scripts/soundworks/synths/pop.py", RENDER),
        ("scripts/soundworks/synths/drip.py", {}),
        ("scripts/soundworks/synths/external.py", {}),
        ("scripts/soundworks/dataset/audio.py", {k: v for k, v in RENDER.items() if k != "enumerate_settings"}),
        ("scripts/soundworks/records/nsjson.py", {"write_records": 1}),
        ("scripts/soundworks/records/tfrecords.py", {}),
        ("scripts/soundworks/dataset/table.py", {"collect_chunks": 1, "write_records": 1}),
        ("scripts/collect_chunks.py", {"collect_chunks": 1, "write_records": 1}),
        ("scripts/write_config.py", {}),
        ("scripts/soundworks/cli.py", {}),
    ],
)
def test_an_edit_of_code_reruns_its_dependents(project: Project, file: str, expected: dict[str, int]) -> None:
    assert plan_after_edit(project, file) == expected


def test_touching_code_reruns_nothing(project: Project) -> None:
    (project.folder / "scripts/soundworks/synths/pop.py").touch()
    assert project.planned("results/small/records") == {}


def test_a_change_of_the_config_reruns_what_depends_on_it(project: Project) -> None:
    project.experiment("small", {**SMALL, "description": "only words"})
    assert project.planned("results/small/records") == {}
    assert project.planned("results/small/config.yaml") == {"write_config": 1}
    project.experiment("small", SMALL, sample_rate=8000)
    assert project.planned("results/small/records") == RENDER
    project.experiment("small", SMALL, records=["nsjson"])
    assert project.planned("results/small/records") == {"write_records": 1}
    project.experiment("small", SMALL, records=["params", "nsjson", "tfrecords"])
    assert project.planned("results/small/records") == {"write_tfrecords": 1, "write_records": 1}
    project.experiment("small", SMALL)
    assert project.planned("results/small/records") == {}
