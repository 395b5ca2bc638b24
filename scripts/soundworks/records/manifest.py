"""The manifest: what a finished data set consists of, and the check that it still does."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import soundworks
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.files import atomic_text, sha256_of
from soundworks.progress import track

FORMAT = "soundworks manifest 1"
NAME = "manifest.json"
#: Files that a worker process checks at a time.
_BLOCK = 256
#: Packages whose versions can change a byte of a data set.
_PACKAGES = ("numpy", "numba", "soxr")


def versions(source: str, tensorflow: bool) -> dict[str, str]:
    """Return the versions of everything that shapes the bytes of a data set of a source."""
    engines = ["dexed-py", "dawdreamer"] if source == "plugin" else []
    return package_versions(*_PACKAGES, *engines, *(["tensorflow-cpu", "tensorflow"] if tensorflow else []))


def package_versions(*packages: str) -> dict[str, str]:
    """Return the versions of soundworks, of Python, and of those of the packages that are installed."""
    found = {"soundworks": soundworks.__version__, "python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def read_checksums(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (file, SHA-256) from a list as `sha256sum` writes it."""
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            checksum, file = line.rstrip("\n").split("  ", 1)
            yield file, checksum


def write_manifest(
    path: Path, dataset: Dataset, formats: Sequence[str], summary: dict[str, Any], files: Iterable[tuple[str, int, str]]
) -> None:
    """Write `manifest.json`: counts, provenance, and (path relative to the data set, bytes, SHA-256) of every file."""
    document = {
        "format": FORMAT,
        "experiment": dataset.name,
        "seed": dataset.seed,
        "config_sha256": dataset.config_sha256,
        "versions": versions(dataset.config.source, "tfrecords" in formats),
        "records": list(formats),
        "counts": summary,
    }
    with atomic_text(path) as stream:
        stream.write(json.dumps(document, indent=2, ensure_ascii=False)[:-2] + ',\n  "files": {')
        # One line a file: a manifest of a million files can be read with grep, and compared with diff.
        separator = "\n"
        for file, size, checksum in files:
            stream.write(f'{separator}    {json.dumps(file)}: {{"bytes": {size}, "sha256": "{checksum}"}}')
            separator = ",\n"
        stream.write("\n  }\n}\n")


def verify_dataset(folder: Path, jobs: int = 1) -> list[str]:
    """Compare a data set with its manifest; return a sentence per file that is missing, changed or not listed.

    Raises
    ------
    UserError
        If there is no readable manifest.
    """
    path = folder / "records" / NAME
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        wanted = [(str(folder / file), int(entry["bytes"]), str(entry["sha256"])) for file, entry in files.items()]
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{path}: there is no manifest, expected a finished data set in {folder}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{path}: this is not a whole manifest, expected JSON with a list of files") from None
    outside = [file for file in files if Path(file).is_absolute() or ".." in Path(file).parts]
    if outside:
        raise UserError(f"{path}: found the file {outside[0]!r}, expected paths inside the data set")
    problems = [problem for problem in _check_all(wanted, min(jobs, -(-len(wanted) // _BLOCK))) if problem]
    listed = {folder / file for file in files} | {path}
    for part in ("chunks", "records"):
        strangers = sorted(
            p for p in (folder / part).rglob("*") if p.is_file() and not p.name.startswith(".") and p not in listed
        )
        problems += [f"{stranger}: not in the manifest" for stranger in strangers]
    return problems


def _check_all(wanted: list[tuple[str, int, str]], jobs: int) -> Iterator[str | None]:
    if jobs <= 1:
        yield from track(map(_check, wanted), total=len(wanted), unit="file", label="verify")
        return
    with ProcessPoolExecutor(jobs) as pool:
        checked = pool.map(_check, wanted, chunksize=_BLOCK)
        yield from track(checked, total=len(wanted), unit="file", label="verify")


def _check(entry: tuple[str, int, str]) -> str | None:
    name, size, checksum = entry
    path = Path(name)
    try:
        found = path.stat().st_size
        if found != size:
            return f"{name}: found {found} bytes, expected {size}"
        if sha256_of(path) != checksum:
            return f"{name}: the content has changed (SHA-256 differs from the manifest)"
    except FileNotFoundError:
        return f"{name}: missing"
    except OSError as error:
        return f"{name}: cannot be read ({(error.strerror or str(error)).lower()})"
    return None
