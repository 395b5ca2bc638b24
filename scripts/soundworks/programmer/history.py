"""What an epoch of the programmer's training came to, in words."""

from __future__ import annotations

from typing import Any


def describe_epoch(row: dict[str, Any], epochs: int, best_epoch: int, seconds: float) -> str:
    """Say in one line what an epoch came to."""
    best = "the best so far" if best_epoch == row["epoch"] else f"the best was epoch {best_epoch}"
    return (
        f"epoch {row['epoch']}/{epochs}: loss {row['loss']:.4f}, validation loss {row['val_loss']:.4f}, "
        f"validation RMSE {row['val_rmse']:.4f} ({best}), {seconds:.1f} s"
    )
