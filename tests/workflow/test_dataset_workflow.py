"""The data set through Snakemake, end to end, on seconds of audio."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT, SMALL, Project, tree_bytes

TARGETS = ["config.yaml", "settings.csv", "chunks", "chunks.csv", "records"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("project") / "p")
    project.experiment("small", SMALL)
    project.snakemake("results/small/records")
    return project


def soundworks(*arguments: str, project: Project) -> subprocess.CompletedProcess[str]:
    environment = {**project.environment(), "PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, "-m", "soundworks", *arguments]
    return subprocess.run(command, cwd=project.folder, env=environment, text=True, capture_output=True, check=False)


def test_every_target_of_the_map_is_made(project: Project) -> None:
    results = project.folder / "results" / "small"
    assert all((results / target).exists() for target in TARGETS)
    manifest = json.loads(project.manifest("small"))
    assert manifest["counts"]["chunks"] == 16
    assert len(manifest["files"]) == 5 + 16 + 16 + 1


def test_a_second_run_does_nothing(project: Project) -> None:
    assert project.planned("results/small/records") == {}
    for target in TARGETS:
        assert project.planned(f"results/small/{target}") == {}


def test_verify_accepts_it_and_catches_an_edit(project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "small"
    shutil.copytree(project.folder / "results" / "small", copy)
    assert soundworks("verify", str(copy), project=project).returncode == 0
    victim = next((copy / "chunks").glob("*.wav"))
    victim.write_bytes(victim.read_bytes()[:-2])
    found = soundworks("verify", str(copy), project=project)
    assert found.returncode == 1
    assert victim.name in found.stdout


def test_the_command_line_makes_the_same_bytes(project: Project, tmp_path: Path) -> None:
    config = str(project.folder / "config" / "experiments" / "small.yaml")
    done = soundworks("generate", "--configfile", config, "--outputpath", str(tmp_path / "out"), project=project)
    assert done.returncode == 0, done.stderr
    assert tree_bytes(tmp_path / "out") == tree_bytes(project.folder / "results" / "small")
    assert not (tmp_path / "out" / "shards").exists()


def test_cores_and_shards_change_no_byte(project: Project) -> None:
    expected = tree_bytes(project.folder / "results" / "small")
    for cores, shards in ((1, 3), (2, 5)):
        project.experiment("small", SMALL, shards=shards)
        shutil.rmtree(project.folder / "results" / "small")
        project.snakemake("results/small/records", cores=cores)
        made = tree_bytes(project.folder / "results" / "small")
        assert made.pop("config.yaml") == expected["config.yaml"].replace(b"shards: 3", f"shards: {shards}".encode())
        assert made == {name: content for name, content in expected.items() if name != "config.yaml"}


@pytest.mark.tensorflow
def test_tiny_with_all_formats(tmp_path: Path) -> None:
    project = Project(tmp_path / "p")
    shutil.copy(ROOT / "config/experiments/tiny.yaml", project.folder / "config/experiments/tiny.yaml")
    project.snakemake("results/tiny/records")
    records = project.folder / "results" / "tiny" / "records"
    code = "import sys, tensorflow as tf; print(sum(1 for _ in tf.data.TFRecordDataset(sys.argv[1:])))"
    shards = sorted(map(str, (records / "tfrecords").glob("*-of-*")))
    done = subprocess.run([sys.executable, "-c", code, *shards], text=True, capture_output=True, check=True)
    assert done.stdout.strip() == "16"
    assert len(list((records / "params").glob("*.params"))) == 16
    assert len(json.loads((records / "nsjson.json").read_text())) == 16
    assert project.planned("results/tiny/records") == {}
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    for snippet in (block for block in blocks if "results/pop" in block):
        program = f"import sys; sys.path.insert(0, 'scripts')\n{snippet.replace('results/pop', 'results/tiny')}"
        shown = subprocess.run([sys.executable, "-c", program], cwd=project.folder, text=True, capture_output=True)
        assert shown.returncode == 0, shown.stderr


def test_every_shipped_experiment_can_be_planned() -> None:
    project = Project.__new__(Project)
    project.folder = ROOT
    names = sorted(path.stem for path in (ROOT / "config/experiments").iterdir())
    targets = [f"results/{name}/records" for name in names]
    planned = project.planned("--forceall", "--nolock", *targets)
    assert planned["write_records"] == len(names)
