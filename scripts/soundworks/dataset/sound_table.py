"""Write the table of sounds that were not rendered: of a grid, of a sweep; `sounds.read_sound_table` reads it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from soundworks.dataset.model import TABLE_COLUMNS


def write_sound_table(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write `chunks.csv`.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Parameters.
    rows : iterable of sequences
        For each sound the values of `TABLE_COLUMNS`, then its parameters, then these as the user has them.
    """
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow([*TABLE_COLUMNS, *names, *(f"user:{name}" for name in names)])
        table.writerows(rows)
