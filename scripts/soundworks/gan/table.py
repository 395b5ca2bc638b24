"""Which sounds of a data set a GAN learns from, with the values of their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.sounds import TABLE, SoundTable, read_sound_table
from soundworks.errors import UserError


def read_training_rows(dataset_dir: Path, bounds: Mapping[str, tuple[float, float]]) -> SoundTable:
    """Return the rows to train on: not of the splits validation and test, and inside all bounds, both included.

    Raises
    ------
    UserError
        If there is no table, it is damaged, it lacks a parameter of the bounds, or no row is left.
    """
    table = read_sound_table(dataset_dir / TABLE)
    seen = ~table.held_out
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
    table = read_sound_table(dataset_dir / TABLE)
    return table.part(np.flatnonzero(table.held_out & _inside(table, bounds)))


def _inside(table: SoundTable, bounds: Mapping[str, tuple[float, float]]) -> NDArray[np.bool_]:
    inside = np.ones(len(table), np.bool_)
    for name, (low, high) in bounds.items():
        column = table.column(name, f"gan.filter.{name}")
        inside &= (column >= low) & (column <= high)
    return inside


def _ranges(table: SoundTable, bounds: Mapping[str, tuple[float, float]]) -> str:
    ranges = (f"{name} from {table.values[name].min():g} to {table.values[name].max():g}" for name in bounds)
    return f"expected bounds that hold together, of {' and '.join(ranges)}"
