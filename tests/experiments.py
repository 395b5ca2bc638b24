"""Small experiments for tests: a config file is written, read and resolved as a user's would be."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import yaml

from soundworks.config.experiment import Experiment, load_experiment
from soundworks.dataset.define import define_dataset
from soundworks.dataset.model import Dataset

SEED = 18005551212


def make_experiment(folder: Path, *, seed: int = SEED, name: str = "small", **section: Any) -> Experiment:
    """Write `<name>.yaml` with a dataset section and load it; a pop texture of half a second unless told otherwise."""
    basics = {"synth": "PopPatternSynth", "sound_duration_s": 0.5, "chunk_duration_s": 0.25}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({"seed": seed, "dataset": {**basics, **section}}), encoding="utf-8")
    return load_experiment(path)


def make_dataset(**section: Any) -> Dataset:
    """Resolve a dataset section against its synth."""
    with tempfile.TemporaryDirectory() as folder:
        return define_dataset(make_experiment(Path(folder), **section))


def axis(name: str, first: float, last: float, count: int = 1, **more: Any) -> dict[str, Any]:
    """Return the config of a parameter that varies."""
    return {"name": name, "range": [first, last], "count": count, **more}


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every file under a folder by its relative path, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
