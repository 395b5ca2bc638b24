"""The sounds that a table lists, `chunks.csv` of a data set or a grid, with their parameters, settings and splits."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.model import TABLE_COLUMNS
from soundworks.errors import UserError

Floats = NDArray[np.float64]

TABLE, CHECKSUMS = "chunks.csv", "chunks.sha256"
#: Splits that a training must not learn from.
HELD_OUT = ("validation", "test")
_USER = "user:"


@dataclass(frozen=True)
class SoundTable:
    """Rows of a `chunks.csv`, in its order.

    Attributes
    ----------
    path : Path
        The table; files are relative to its folder.
    files : list of str
    values : dict of str to ndarray, shape (n,)
        Parameters by name, in natural units.
    splits : ndarray of str, shape (n,)
        All are "train" where the table does not say.
    settings : ndarray of int, shape (n,)
        The setting that each is a part of; where the table does not say, each is a setting of its own.
    onsets_s, durations_s : ndarray, shape (n,)
        Where each begins in the sound of its setting, and how long it is; NaN where the table does not say.
    """

    path: Path
    files: list[str]
    values: dict[str, Floats]
    splits: NDArray[np.str_]
    settings: NDArray[np.int64]
    onsets_s: Floats
    durations_s: Floats

    def __len__(self) -> int:
        return len(self.files)

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Whether each row is of a split that a training must not learn from, shape (n,)."""
        return np.isin(self.splits, HELD_OUT)

    def column(self, name: str, key: str) -> Floats:
        """Return the values of a parameter; raise a `UserError` that names the key of the config if there is none."""
        if name not in self.values:
            known = ", ".join(self.values) or "none"
            raise UserError(f"{key}: found {name!r}, expected parameters of {self.path}: {known}")
        return self.values[name]

    def part(self, rows: NDArray[np.intp]) -> SoundTable:
        """Return some of the rows."""
        values = {name: column[rows] for name, column in self.values.items()}
        others = (self.splits[rows], self.settings[rows], self.onsets_s[rows], self.durations_s[rows])
        return SoundTable(self.path, [self.files[row] for row in rows], values, *others)


def read_sound_table(path: Path) -> SoundTable:
    """Read a `chunks.csv`; raise a `UserError` if there is none, or it is damaged."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        _check_whole(path, len(rows) - 1)
        return _table(path, rows)
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{path}: no such file, expected the table of a finished data set") from None
    except (ValueError, IndexError, csv.Error) as error:
        raise UserError(f"{path}: this is no table of sounds ({error}), expected {TABLE} of a data set") from None


def _check_whole(path: Path, n_rows: int) -> None:
    """Raise a `ValueError` if a table that we made, with the checksums of its files beside it, is cut off."""
    checksums = path.with_name(CHECKSUMS)
    if not checksums.is_file():
        return
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 1))
        if stream.read() != b"\n":
            raise ValueError("its last row is cut off")
    with checksums.open("rb") as stream:
        expected = sum(1 for _ in stream)
    if n_rows != expected:
        raise ValueError(f"{n_rows} rows, but {expected} files in {CHECKSUMS}")


def _table(path: Path, rows: Sequence[list[str]]) -> SoundTable:
    columns, rows = rows[0], rows[1:]
    if any(len(row) != len(columns) for row in rows):
        raise ValueError("rows differ in length")

    def column(name: str, kind: Callable[[str], Any], default: Callable[[int], Any]) -> list[Any]:
        """Return a column; where there is none, what is assumed of each row."""
        if name not in columns:
            return [default(row) for row in range(len(rows))]
        place = columns.index(name)
        return [kind(row[place]) for row in rows]

    names = [name for name in columns if name not in TABLE_COLUMNS and not name.startswith(_USER)]
    values = {name: np.array(column(name, float, _unknown), np.float64) for name in names}
    return SoundTable(
        path,
        [row[columns.index("file")] for row in rows],
        values,
        np.array(column("split", str, lambda _: "train"), np.str_),
        np.array(column("setting", int, int), np.int64),
        np.array(column("onset_s", float, _unknown), np.float64),
        np.array(column("duration_s", float, _unknown), np.float64),
    )


def _unknown(_: int) -> float:
    return math.nan
