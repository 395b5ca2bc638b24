"""A throw-away copy of the project to run Snakemake in: its code linked, its experiments and results its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
_LINKED = ("Snakefile", "rules", "scripts", "envs", "profiles")

#: Four seconds of pops in eight settings; no TensorFlow, so that it takes little more than Snakemake itself.
SMALL: dict[str, Any] = {
    "dataset": {
        "synth": "PopPatternSynth",
        "sound_duration_s": 0.5,
        "chunk_duration_s": 0.25,
        "parameters": [
            {"name": "rate_exp", "range": [2, 5], "count": 4},
            {"name": "cf", "range": [300, 600], "count": 2},
        ],
        "records": ["params", "nsjson"],
        "shards": 3,
    }
}


class Project:
    """A folder that Snakemake takes for the repository."""

    def __init__(self, folder: Path, *, copy_code: bool = False) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in _LINKED:
            if copy_code and name in {"scripts", "rules"}:
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (folder / name).symlink_to(ROOT / name)
        (folder / "config" / "experiments").mkdir(parents=True)
        for name in ("schemas", "profiles"):
            (folder / "config" / name).symlink_to(ROOT / "config" / name)

    def experiment(self, name: str, config: dict[str, Any], **dataset: Any) -> Path:
        """Write an experiment; keyword arguments replace keys of its dataset section."""
        merged = {**config, "dataset": {**config["dataset"], **dataset}}
        path = self.folder / "config" / "experiments" / f"{name}.yaml"
        path.write_text(yaml.safe_dump(merged, sort_keys=False))
        return path

    def environment(self) -> dict[str, str]:
        """Return the environment of a user who has activated the virtual environment."""
        bin_dir = str(Path(sys.executable).parent)
        return {**os.environ, "PATH": f"{bin_dir}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": ""}

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        """Return the command line that runs Snakemake on the arguments."""
        return [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments]

    def snakemake(
        self, *arguments: str, cores: int = 2, check: bool = True, timeout_s: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake to its end; stderr is merged into stdout."""
        done = subprocess.run(
            self.command(*arguments, cores=cores), cwd=self.folder, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=timeout_s, check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not check, done.stdout
        return done

    def planned_with(self, config: dict[str, Any], usual: dict[str, Any], *targets: str) -> dict[str, int]:
        """Return the jobs that a dry run of `tiny` would start by another config, without those that are only names."""
        self.experiment("tiny", config)
        try:
            return {rule: count for rule, count in self.planned(*targets).items() if "/" not in rule}
        finally:
            self.experiment("tiny", usual)

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return how many jobs of each rule a dry run would start."""
        text = self.snakemake("-n", *arguments).stdout
        stats = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\n\n", text, re.S)
        if stats is None:
            assert "Nothing to be done" in text, text
            return {}
        rows = (line.split() for line in stats[1].splitlines())
        return {name: int(count) for name, count in rows if name != "total"}

    def manifest(self, name: str) -> str:
        """Return the text of an experiment's manifest."""
        return (self.folder / "results" / name / "records" / "manifest.json").read_text()


def tree_bytes(folder: Path) -> dict[str, bytes]:
    """Return every file of a data set by its relative path, without Snakemake's marks and the jobs' shards."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    relative = {str(path.relative_to(folder)): path for path in files}
    return {name: path.read_bytes() for name, path in relative.items() if not name.startswith("shards/")}
