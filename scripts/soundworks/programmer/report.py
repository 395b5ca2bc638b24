"""The table of the comparison, for programs and for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: Column of the table → its heading for people.
_HEADINGS = {
    "method": "method",
    "rmse": "RMSE",
    "mae": "MAE",
    "accuracy": "accuracy",
    "rmse_heard": "RMSE heard",
    "mae_heard": "MAE heard",
    "accuracy_heard": "accuracy heard",
    "mfcc_mae": "MFCC MAE",
    "mfcc_mae_median": "MFCC MAE, median",
    "log_spectral_distance_db": "LSD (dB)",
    "multi_resolution_stft": "MR-STFT",
    "seconds": "seconds",
    "evaluations": "evaluations",
}
_PARAMETERS = ("rmse", "mae", "accuracy", "rmse_heard", "mae_heard", "accuracy_heard")
_GROUPS = {"test": "Sounds of the test split", "elsewhere": "Sounds from elsewhere"}


def table_rows(group: str, summaries: dict[str, Any], timings: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row a method: means over the targets, parameter errors None where there are none."""
    rows = []
    for method, summary in summaries.items():
        audio, parameters = summary["audio"], summary.get("parameters", {})
        rows.append({
            "targets": group, "method": method, **{name: parameters.get(name) for name in _PARAMETERS},
            "mfcc_mae": audio["mfcc_mae"]["mean"], "mfcc_mae_median": audio["mfcc_mae"]["median"],
            "log_spectral_distance_db": audio["log_spectral_distance_db"]["mean"],
            "multi_resolution_stft": audio["multi_resolution_stft"]["mean"],
            "seconds": timings[method]["mean"], "evaluations": summary["evaluations"],
        })  # fmt: skip
    return rows


def write_markdown(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows as one Markdown table for each group of targets, without columns that are empty in it."""
    path.write_text("\n".join(markdown_lines(rows)), encoding="utf-8")


def markdown_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the lines of the Markdown tables."""
    lines: list[str] = []
    for group in dict.fromkeys(row["targets"] for row in rows):
        members = [row for row in rows if row["targets"] == group]
        columns = [name for name in _HEADINGS if any(row[name] is not None for row in members)]
        lines += [f"{_GROUPS[group]}:", "", _line(_HEADINGS[name] for name in columns)]
        lines.append(_line("---" if name == "method" else "---:" for name in columns))
        lines += [_line(_cell(name, row[name]) for name in columns) for row in members]
        lines.append("")
    return lines


def _line(cells: Any) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "method":
        return str(value)
    digits = {"evaluations": 0, "seconds": 3}.get(name, 2 if name not in _PARAMETERS else 3)
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"
