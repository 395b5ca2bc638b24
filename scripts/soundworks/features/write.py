"""Features of many sounds: shards of rows, and the folder gathered from them.

A shard's folder holds `features.npy`, its rows before any fitted scaler; `scaler.json`, fitted to its training sounds,
where the options ask for it; and with sounds from files, which of them are in it, and which could not be read.
"""

from __future__ import annotations

import csv
import itertools
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.config.experiment import digest
from soundworks.errors import UserError
from soundworks.features.extractor import Extractor
from soundworks.features.folder import ARRAY, FORMAT, META, SCALER
from soundworks.features.inputs import Sounds
from soundworks.features.npy import NpyWriter, read_blocks
from soundworks.features.scaler import MinMaxScaler
from soundworks.files import atomic_dir
from soundworks.records.manifest import package_versions

#: Tables of sounds from files: those in the features, in the order of the rows, and those that could not be read.
SOUNDS, SKIPPED = "sounds.csv", "skipped.csv"
_COLUMNS = {SOUNDS: ("file",), SKIPPED: ("file", "reason")}
#: Packages whose versions can change a value.
_PACKAGES = ("numpy", "scipy", "numba", "librosa", "soxr", "soundfile")


def extract_shard(
    extractor: Extractor,
    sounds: Sounds,
    output_dir: Path,
    *,
    skip_unreadable: bool = False,
    on_sound: Callable[[], None] = lambda: None,
) -> None:
    """Compute the features of some sounds into a folder that appears whole.

    Parameters
    ----------
    extractor : Extractor
    sounds : Sounds
    output_dir : Path
        Folder to make; replaced if it exists.
    skip_unreadable : bool
        Whether to leave out sounds that cannot be read, and to list these and the others, in place of raising an error.
    on_sound : callable
        Called after each sound, to report progress.

    Raises
    ------
    UserError
        For the first sound that cannot be read.
    """
    with atomic_dir(output_dir) as folder, _ShardWriter(extractor, sounds, folder, skip_unreadable) as writer:
        for index in range(len(sounds)):
            writer.add(index)
            on_sound()


def tell_notes(extractor: Extractor) -> None:
    """Say on stderr what a user should know about the options."""
    for note in extractor.spectrum.notes:
        print(f"note: {note}", file=sys.stderr)


class _ShardWriter:
    """Writes a shard's rows and tables, and keeps the range of its training sounds."""

    def __init__(self, extractor: Extractor, sounds: Sounds, folder: Path, skip_unreadable: bool) -> None:
        self.extractor, self.sounds, self.folder = extractor, sounds, folder
        self.tables = (SOUNDS, SKIPPED) if skip_unreadable else ()
        shape = extractor.shape(sounds.n_samples)
        self.low, self.high = np.full(shape, np.inf, np.float32), np.full(shape, -np.inf, np.float32)
        self.rows = NpyWriter(folder / ARRAY, shape)

    def __enter__(self) -> _ShardWriter:
        self.open_files = ExitStack()
        self.open_files.enter_context(self.rows)
        self.write = {name: self.open_files.enter_context(_table(self.folder / name)).writerow for name in self.tables}
        return self

    def add(self, index: int) -> None:
        """Compute and write the row of one sound."""
        try:
            row = self.extractor.extract(self.sounds.read(index))
        except UserError as error:
            if not self.tables:
                raise
            self.write[SKIPPED]([self.sounds.name(index), str(error)])
            return
        self.rows.append(row[np.newaxis])
        if self.tables:
            self.write[SOUNDS]([self.sounds.name(index)])
        if self.sounds.in_training(index):
            np.minimum(self.low, row, out=self.low)
            np.maximum(self.high, row, out=self.high)

    def __exit__(self, *error: Any) -> None:
        self.open_files.__exit__(*error)
        options = self.extractor.options
        if options.scaler == "fitted" and self.low.flat[0] <= self.high.flat[0]:
            scaler = MinMaxScaler.of_cells(self.low, self.high, options.scale_axis, options.clip)
            scaler.write(self.folder / SCALER)


@contextmanager
def _table(path: Path) -> Iterator[Any]:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS[path.name])
        yield writer


def collect_features(
    extractor: Extractor,
    n_samples: int,
    shards: Sequence[Path],
    output_dir: Path,
    *,
    scaler: MinMaxScaler | None = None,
    origin: dict[str, Any],
) -> dict[str, Any]:
    """Gather shards, in order, into a folder of features that appears whole.

    Parameters
    ----------
    extractor : Extractor
        The one that made the shards.
    n_samples : int
        Length of every sound.
    shards : sequence of Path
        Folders that `extract_shard` made.
    output_dir : Path
        Folder to make; replaced if it exists.
    scaler : MinMaxScaler, optional
        A scaler from elsewhere; by default the one fitted to the training sounds of all shards.
    origin : dict
        What the sounds are, for `features.json`.

    Returns
    -------
    meta : dict
        What `features.json` holds.
    """
    with atomic_dir(output_dir) as folder:
        if extractor.options.scaler == "fitted" and scaler is None:
            scaler = _fitted([shard / SCALER for shard in shards])
        with NpyWriter(folder / ARRAY, extractor.shape(n_samples)) as rows:
            for shard in shards:
                for block in read_blocks(shard / ARRAY):
                    rows.append(block if scaler is None else scaler.transform(block))
        if rows.n_rows == 0:
            raise UserError(f"found no sound that can be read, expected one at least{_first_reason(shards)}")
        if scaler is not None:
            scaler.write(folder / SCALER)
        for name in (SOUNDS, SKIPPED):
            _gather_table([shard / name for shard in shards], folder / name)
        meta = _meta(extractor, rows.n_rows, n_samples, origin)
        (folder / META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return meta


def _fitted(paths: Sequence[Path]) -> MinMaxScaler:
    scalers = [MinMaxScaler.read(path) for path in paths if path.exists()]
    if not scalers:
        raise UserError("scaler: found no sound of the training split to fit it to, expected one at least")
    return reduce(MinMaxScaler.merge, scalers)


def _first_reason(shards: Sequence[Path]) -> str:
    for path in (shard / SKIPPED for shard in shards):
        if path.exists():
            with path.open(encoding="utf-8", newline="") as stream:
                return "; ".join(["", *(row["reason"] for row in itertools.islice(csv.DictReader(stream), 1))])
    return ""


def _gather_table(parts: Sequence[Path], path: Path) -> None:
    """Write the rows of all parts under one header; no table where there are no parts."""
    parts = [part for part in parts if part.exists()]
    if not parts:
        return
    with path.open("wb") as stream:
        for index, part in enumerate(parts):
            with part.open("rb") as lines:
                header = lines.readline()
                stream.write(header if index == 0 else b"")
                shutil.copyfileobj(lines, stream)


def _meta(extractor: Extractor, n_sounds: int, n_samples: int, origin: dict[str, Any]) -> dict[str, Any]:
    options = extractor.options
    content = {
        "feature": options.feature,
        "options": options.to_dict(),
        "sample_rate": extractor.sample_rate,
        "n_samples": n_samples,
        "origin": origin,
    }
    return {
        "format": FORMAT,
        **content,
        "shape": [n_sounds, *extractor.shape(n_samples)],
        "dtype": "float32",
        "values": extractor.describe_values(),
        "axes": [{"name": "sound", "size": n_sounds}, *extractor.axes(n_samples)],
        "digest": digest(content),
        "versions": package_versions(*_PACKAGES),
    }
