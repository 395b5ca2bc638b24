"""The learning curves of a training, as tables that `dvc plots` and the report read."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: Learning curves, the same on every run; and how long each epoch took, which never is.
HISTORY, TIMING = "history.csv", "timing.csv"


def write_table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows with the same keys as CSV; numbers are written so that they are read back exactly."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def describe_epoch(row: dict[str, Any], epochs: int, best_epoch: int, seconds: float) -> str:
    """Say in one line what an epoch came to."""
    best = "the best so far" if best_epoch == row["epoch"] else f"the best was epoch {best_epoch}"
    return (
        f"epoch {row['epoch']}/{epochs}: loss {row['loss']:.4f}, validation loss {row['val_loss']:.4f}, "
        f"validation RMSE {row['val_rmse']:.4f} ({best}), {seconds:.1f} s"
    )
