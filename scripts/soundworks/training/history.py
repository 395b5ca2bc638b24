"""The learning curves of a training, as tables that `dvc plots` and the report read."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: Learning curves, the same on every run; and how long each part took, which never is.
HISTORY, TIMING = "history.csv", "timing.csv"


def write_table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows with the same keys as CSV; numbers are written so that they are read back exactly."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
