"""What the world does to a run: kills, full disks, wrong configs."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from project import SMALL, Project

# Some seconds of rendering, so that there is a middle to be killed in.
SLOW = {
    "dataset": {
        "synth": "GaussGrains",
        "sound_duration_s": 20,
        "chunk_duration_s": 1,
        "parameters": [{"name": "cf_exp", "range": [-2, 2], "count": 40}],
        "fixed": [{"name": "rate_exp", "value": 4}, {"name": "comps", "value": 10}, {"name": "durdutyexp", "value": 3}],
        "records": ["params"],
        "shards": 8,
    }
}


def kill_when(project: Project, target: str, marker: str) -> None:
    """Run Snakemake, and kill it and all its jobs as soon as it prints a line with the marker."""
    run = subprocess.Popen(
        project.command(target), cwd=project.folder, env=project.environment(), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert run.stdout is not None
    for line in run.stdout:
        if marker in line:
            os.killpg(run.pid, signal.SIGKILL)
            break
    else:
        pytest.fail("the run ended before it could be killed")
    run.wait()
    run.stdout.close()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> str:
    project = Project(tmp_path_factory.mktemp("uninterrupted") / "p")
    project.experiment("slow", SLOW)
    project.snakemake("results/slow/records")
    return project.manifest("slow")


@pytest.mark.xdist_group("kill")
@pytest.mark.parametrize("marker", ["2 of ", "Gathering the chunks", "Writing the records"])
def test_kill_9_then_a_rerun_ends_with_the_same_manifest(tmp_path: Path, uninterrupted: str, marker: str) -> None:
    project = Project(tmp_path / "p")
    project.experiment("slow", SLOW)
    kill_when(project, "results/slow/records", marker)
    results = project.folder / "results" / "slow"
    assert not (results / "records").exists()
    whole = [path.name for path in (results / "shards").iterdir() if not path.name.startswith(".")]
    assert whole
    project.snakemake("--unlock")
    rerun = project.snakemake("results/slow/records").stdout
    assert rerun.count("Rendering shard") < 8  # what was finished is not rendered again
    assert project.manifest("slow") == uninterrupted
    assert not [path for path in results.rglob(".*") if path.name != ".snakemake_timestamp"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_leaves_nothing_that_counts(tmp_path: Path, small_disk: Path) -> None:
    project = Project(tmp_path / "p")
    (project.folder / "results").symlink_to(small_disk)
    project.experiment("big", SMALL, sound_duration_s=10)
    failed = project.snakemake("results/big/records", check=False)
    assert failed.returncode != 0
    assert "no space is left on the device" in failed.stdout
    assert "Traceback" not in failed.stdout
    results = small_disk / "big"
    assert not (results / "records").exists()
    assert not (results / "chunks.csv").exists()
    assert not list(results.rglob("*.partial"))
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    project.snakemake("results/big/records")
    assert '"chunks": 320' in project.manifest("big")


@pytest.mark.parametrize(
    ("content", "target", "expected"),
    [
        ("dataset: {synth: Popp, sound_duration_s: 1, chunk_duration_s: 1}", "wrong", "found 'Popp', expected one of"),
        ("dataset: {synth: Pop, sound_duration_s: 1, chunk_duration_s: 2}", "wrong", "dataset.chunk_duration_s"),
        ("dataset: [", "wrong", "config/experiments/wrong.yaml: "),
        ("{}", "nobody", "no experiment is called 'nobody', expected one of config/experiments: wrong"),
    ],
)
def test_a_wrong_config_is_one_sentence_of_snakemake_too(
    tmp_path: Path, content: str, target: str, expected: str
) -> None:
    project = Project(tmp_path / "p")
    (project.folder / "config/experiments/wrong.yaml").write_text(content)
    failed = project.snakemake(f"results/{target}/records", check=False)
    assert failed.returncode != 0
    assert expected in failed.stdout
    assert "Traceback" not in failed.stdout


def test_a_broken_config_leaves_the_others_alone(tmp_path: Path) -> None:
    project = Project(tmp_path / "p")
    (project.folder / "config/experiments/wrong.yaml").write_text("dataset: [")
    project.experiment("small", SMALL)
    assert project.planned("results/small/records")["write_records"] == 1
