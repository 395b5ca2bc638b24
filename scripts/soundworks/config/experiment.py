"""One experiment: where its config is, what it says, and its digest."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from soundworks.config.classic import KEYS_IN_FILE, from_classic, is_classic
from soundworks.config.dataset import DatasetConfig, check_dataset
from soundworks.config.schema import load_schema, read_document, validate
from soundworks.errors import UserError
from soundworks.files import atomic_text

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_EXTENSIONS = (".yaml", ".yml", ".json")

#: Keys of the dataset section that say how it is made, not what it is: they change no byte of the result.
_NOT_CONTENT = ("shards", "max_settings")


@dataclass(frozen=True)
class Experiment:
    """One experiment: its name, its seed, and the sections of its config with all defaults filled in."""

    name: str
    path: Path
    seed: int
    dataset: DatasetConfig
    sections: dict[str, Any]
    classic: bool = False

    @property
    def synth_path(self) -> Path | None:
        """File or folder of the user's own synth class, if the config names one."""
        if self.dataset.synth_path is None:
            return None
        return self.path.parent / self.dataset.synth_path

    def error(self, error: UserError) -> UserError:
        """Return the error with the file in front, and with the keys as they stand in it."""
        text = str(error)
        if self.classic:
            for ours, theirs in KEYS_IN_FILE.items():
                text = text.replace(ours, theirs)
        return UserError(f"{self.path}: {text}")

    def dataset_content(self) -> dict[str, Any]:
        """Return what the data set's bytes depend on: the seed and the section without its means of production."""
        section = {key: value for key, value in self.dataset.to_dict().items() if key not in _NOT_CONTENT}
        if section["synth_path"] is not None:
            section["synth_path"] = Path(section["synth_path"]).name
        return {"experiment": self.name, "seed": self.seed, "dataset": section}


def digest(content: Any) -> str:
    """Return the SHA-256 of plain data, independent of the order of its keys and of its formatting."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def load_experiment(path: Path) -> Experiment:
    """Read and check one config file, our own or an original DSGenerator JSON.

    Raises
    ------
    UserError
        In one sentence: file, key, what was found, what was expected.
    """
    name = path.stem
    if not _NAME.fullmatch(name):
        raise UserError(f"{path}: found the name {name!r}, expected letters, digits, dots, dashes and underscores")
    document = read_document(path)
    classic = is_classic(document)
    if classic:
        document = from_classic(document, path)
    resolved = validate(document, load_schema("experiment"), str(path))
    dataset = DatasetConfig.from_dict(resolved["dataset"])
    experiment = Experiment(name, path, resolved["seed"], dataset, resolved, classic)
    try:
        check_dataset(dataset)
    except UserError as error:
        raise experiment.error(error) from None
    return experiment


def find_experiments(folder: Path) -> dict[str, Path]:
    """Return the config files in a folder by experiment name; two files of one name are kept out of it.

    See `experiment_path` for the message that a user gets for those.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _EXTENSIONS)
    return {path.stem: path for path in files}


def experiment_path(name: str, folder: Path) -> Path:
    """Return the one config file of an experiment; raise a `UserError` if there is none, or more than one."""
    files = [path for path in sorted(folder.iterdir()) if path.stem == name and path.suffix.lower() in _EXTENSIONS]
    if not files:
        known = ", ".join(sorted(find_experiments(folder)))
        raise UserError(f"no experiment is called {name!r}, expected one of {folder}: {known}")
    if len(files) > 1:
        both = " and ".join(path.name for path in files)
        raise UserError(f"{folder}: found {both}, expected one file for the experiment {name!r}")
    return files[0]


def write_config(experiment: Experiment, path: Path) -> None:
    """Write the experiment's whole config with all defaults filled in, as YAML."""
    with atomic_text(path) as stream:
        yaml.safe_dump(experiment.sections, stream, sort_keys=False, allow_unicode=True, width=120)
