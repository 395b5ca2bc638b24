"""One experiment: where its config is, what it says, and its digest."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from soundworks.config.classic import file_keys, from_classic, in_file_keys, is_classic
from soundworks.config.dataset import DatasetConfig, check_dataset
from soundworks.config.document import read_document
from soundworks.config.profile import with_profile
from soundworks.config.schema import load_schema, validate
from soundworks.config.sentences import one_line
from soundworks.errors import UserError
from soundworks.files import atomic_text

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_EXTENSIONS = (".yaml", ".yml", ".json")

#: Keys of the dataset section that change no byte of the sound or its table; a change of them renders nothing again.
_NOT_CONTENT = ("shards", "max_settings", "records", "tfrecord_shard_mib")


@dataclass(frozen=True)
class Experiment:
    """One experiment: its name, its seed, and the sections of its config with all defaults filled in.

    `file_keys` maps our keys to those in the file, where it is an original DSGenerator JSON.
    """

    name: str
    path: Path
    seed: int
    dataset: DatasetConfig
    sections: dict[str, Any]
    file_keys: dict[str, str] = field(default_factory=dict)

    @property
    def synth_path(self) -> Path | None:
        """File or folder of the user's own synth class, if the config names one."""
        if self.dataset.synth_path is None:
            return None
        return self.path.parent / self.dataset.synth_path

    def error(self, error: UserError) -> UserError:
        """Return the error with the file in front, and with the keys as they stand in it."""
        return UserError(one_line(f"{self.path}: {in_file_keys(str(error), self.file_keys)}"))

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
    try:
        experiment = _read_experiment(path)
    except UserError as error:
        raise UserError(one_line(f"{path}: {error}")) from None
    try:
        check_dataset(experiment.dataset)
    except UserError as error:
        raise experiment.error(error) from None
    return experiment


def _read_experiment(path: Path) -> Experiment:
    name = path.stem
    if not _NAME.fullmatch(name):
        raise UserError(f"found the file name {name!r}, expected letters, digits, dots, dashes and underscores")
    document = read_document(path)
    keys: dict[str, str] = {}
    if is_classic(document):
        native = from_classic(document, path)
        keys, document = file_keys(document), native
    sections = validate(with_profile(document), load_schema("experiment"))
    return Experiment(name, path, sections["seed"], DatasetConfig.from_dict(sections["dataset"]), sections, keys)


def find_experiments(folder: Path) -> dict[str, Path]:
    """Return the config files in a folder by experiment name; `experiment_path` refuses a name that two files have."""
    return {path.stem: path for path in _config_files(folder)}


def experiment_path(name: str, folder: Path) -> Path:
    """Return the one config file of an experiment; raise a `UserError` if there is none, or more than one."""
    files = [path for path in _config_files(folder) if path.stem == name]
    if not files:
        known = ", ".join(sorted(find_experiments(folder)))
        raise UserError(f"no experiment is called {name!r}, expected one of {folder}: {known}")
    if len(files) > 1:
        both = " and ".join(path.name for path in files)
        raise UserError(f"{folder}: found {both}, expected one file for the experiment {name!r}")
    return files[0]


def _config_files(folder: Path) -> list[Path]:
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith("."))
    return [path for path in files if path.suffix.lower() in _EXTENSIONS]


def write_config(experiment: Experiment, path: Path) -> None:
    """Write the experiment's whole config with all defaults filled in, as YAML."""
    with atomic_text(path) as stream:
        yaml.safe_dump(experiment.sections, stream, sort_keys=False, allow_unicode=True, width=120)
