"""What results say about how they were made, and how they are written as JSON."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

from soundworks.code import code_files
from soundworks.config.experiment import Experiment, digest
from soundworks.dataset.model import Dataset
from soundworks.files import sha256_of
from soundworks.records.manifest import package_versions

#: Packages whose versions a result may depend on.
PACKAGES = ("numpy", "scipy", "librosa", "tensorflow-cpu", "tensorflow", "keras", "torch", "safetensors",
            "minisom", "cma", "dexed-py", "dawdreamer")  # fmt: skip


def provenance(experiment: Experiment) -> dict[str, Any]:
    """Return experiment, seed, digest of the config, and versions of what a result may depend on."""
    return {
        "experiment": experiment.name,
        "seed": experiment.seed,
        "config_sha256": digest(experiment.sections),
        "versions": package_versions(*PACKAGES),
    }


def experiment_of(dataset_dir: Path) -> str:
    """Return the name of the experiment that made a data set; of its folder, where it says nothing of one."""
    definition = dataset_dir / "dataset.yaml"
    return Dataset.read(definition).name if definition.is_file() else dataset_dir.name


@cache
def code_checksums(module: Path) -> list[str]:
    """Return the checksums of all code that a module reaches; a process has read it already, so it stays the same."""
    return [sha256_of(file) for file in code_files(module)]


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write plain values, with null in the place of NaN and infinity, which JSON does not know."""
    path.write_text(json.dumps(_finite(content), indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
