"""Which sounds of a data set a GAN learns from, with the values of their parameters."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.model import TABLE_COLUMNS
from soundworks.errors import UserError

TABLE, CHECKSUMS = "chunks.csv", "chunks.sha256"
#: Splits that a training must not see.
_HELD_OUT = ("validation", "test")
_USER = "user:"


@dataclass(frozen=True)
class SoundTable:
    """Rows of a data set's `chunks.csv`, in its order.

    Attributes
    ----------
    path : Path
        The table; files are relative to its folder.
    files : list of str
    values : dict of str to ndarray, shape (n,)
        Parameters by name, in natural units.
    """

    path: Path
    files: list[str]
    values: dict[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.files)

    def column(self, name: str, key: str) -> NDArray[np.float64]:
        """Return the values of a parameter; raise a `UserError` that names the key of the config if there is none."""
        if name not in self.values:
            known = ", ".join(self.values) or "none"
            raise UserError(f"gan.{key}: found {name!r}, expected parameters of {self.path}: {known}")
        return self.values[name]

    def part(self, rows: NDArray[np.intp]) -> SoundTable:
        """Return some of the rows."""
        values = {name: column[rows] for name, column in self.values.items()}
        return SoundTable(self.path, [self.files[row] for row in rows], values)


def read_training_rows(dataset_dir: Path, bounds: Mapping[str, tuple[float, float]]) -> SoundTable:
    """Return the rows to train on: not of the splits validation and test, and inside all bounds, both included.

    Raises
    ------
    UserError
        If there is no table, it is damaged, it lacks a parameter of the bounds, or no row is left.
    """
    table, splits = _read_table(dataset_dir / TABLE)
    seen = ~np.isin(splits, _HELD_OUT)
    if not seen.any():
        raise UserError(
            f"{table.path}: found no sound to train on, expected some that are not of the splits validation and test"
        )
    kept = seen & _inside(table, bounds)
    if not kept.any():
        raise UserError(f"gan.filter: found no sound of {table.path} that it lets through; {_ranges(table, bounds)}")
    return table.part(np.flatnonzero(kept))


def read_held_out_rows(dataset_dir: Path, bounds: Mapping[str, tuple[float, float]]) -> SoundTable:
    """Return the rows of the splits validation and test inside all bounds; there may be none."""
    table, splits = _read_table(dataset_dir / TABLE)
    return table.part(np.flatnonzero(np.isin(splits, _HELD_OUT) & _inside(table, bounds)))


def _inside(table: SoundTable, bounds: Mapping[str, tuple[float, float]]) -> NDArray[np.bool_]:
    inside = np.ones(len(table), np.bool_)
    for name, (low, high) in bounds.items():
        column = table.column(name, f"filter.{name}")
        inside &= (column >= low) & (column <= high)
    return inside


def _ranges(table: SoundTable, bounds: Mapping[str, tuple[float, float]]) -> str:
    ranges = (f"{name} from {table.values[name].min():g} to {table.values[name].max():g}" for name in bounds)
    return f"expected bounds that hold together, of {' and '.join(ranges)}"


def _read_table(path: Path) -> tuple[SoundTable, NDArray[np.str_]]:
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


def _table(path: Path, rows: Sequence[list[str]]) -> tuple[SoundTable, NDArray[np.str_]]:
    """Return the table of sounds, and the split of each; all are `train` where there is no such column."""
    columns, rows = rows[0], rows[1:]
    names = [name for name in columns if name not in TABLE_COLUMNS and not name.startswith(_USER)]
    if any(len(row) != len(columns) for row in rows):
        raise ValueError("rows differ in length")
    place = {name: columns.index(name) for name in ("file", *names)}
    values = {name: np.array([float(row[place[name]]) for row in rows]) for name in names}
    splits = np.array([row[columns.index("split")] if "split" in columns else "train" for row in rows], np.str_)
    return SoundTable(path, [row[place["file"]] for row in rows], values), splits
