"""Networks side by side: a row for each, from their `metrics.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.errors import UserError
from soundworks.files import atomic_path
from soundworks.json_file import read_json
from soundworks.rnn.output_file import check_output
from soundworks.training.history import write_table

#: Columns of every network: means over its parameters, so that networks with other parameters can be compared.
_MEANS = {
    "held_out_error_of_span": ("held_out", "error_of_span"),
    "held_out_r2": ("held_out", "r2"),
    "held_out_rho": ("held_out", "rho"),
    "grid_error_of_span": ("over_grid", "error_of_span"),
    "grid_r2": ("over_grid", "r2"),
    "grid_rho": ("over_grid", "rho"),
    "time_to_90_ms": ("steps", "time_to_90_ms"),
    "ideal_time_to_90_ms": ("steps", "ideal_time_to_90_ms"),
}
#: Columns of each parameter of a network.
_OF_PARAMETER = {
    "control": ("over_grid", "control"),
    "unit": ("over_grid", "unit"),
    "held_out_error": ("held_out", "median_error"),
    "held_out_floor": ("held_out", "floor"),
    "held_out_r2": ("held_out", "r2"),
    "held_out_rho": ("held_out", "rho"),
    "grid_error": ("over_grid", "median_error"),
    "grid_floor": ("over_grid", "floor"),
    "grid_r2": ("over_grid", "r2"),
    "grid_rho": ("over_grid", "rho"),
    "time_to_90_ms": ("steps", "time_to_90_ms"),
    "ideal_time_to_90_ms": ("steps", "ideal_time_to_90_ms"),
}
#: Measures that are text; and what the magnitude of the others is below.
_TEXTS, _MOST = ("control", "unit"), 1e300
#: What the printed tables have.
_FIRST = ("rnn", "train_on", "validation_bits", *_MEANS)
_SECOND = ("rnn", "parameter", *_OF_PARAMETER)


def compare_rnns(paths: Sequence[Path], output: Path) -> list[str]:
    """Write a CSV file with a row for each network, and return tables for people, a line each.

    Parameters
    ----------
    paths : sequence of Path
        Their `metrics.json`.
    output : Path
        The file to write. Its columns: `experiment`, `rnn` (folder), `train_on`, `parameters`, `validation_bits`,
        means over parameters (of magnitudes, for ρ), and `<parameter>:<measure>` for each parameter of any of them,
        empty where a network has none such.

    Raises
    ------
    UserError
        If a file is none that `evaluate_rnn` made.
    """
    check_output(output, paths)
    summaries = [_read(path) for path in paths]
    parameters = {name: None for _, metrics in summaries for name in (metrics["summary"]["over_grid"] or {})}
    rows = [_row(folder, metrics, list(parameters)) for folder, metrics in summaries]
    with atomic_path(output) as temporary:
        write_table(temporary, rows)
    details = [{"rnn": row["rnn"], "parameter": name, **{key: row[f"{name}:{key}"] for key in _OF_PARAMETER}}
               for row in rows for name in parameters if row[f"{name}:control"] is not None]  # fmt: skip
    return [*_lines(_FIRST, rows), "", *_lines(_SECOND, details)]


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the folder of a network, and its metrics."""
    expected = "the measures of a network, which `results/<experiment>/rnn/metrics.json` holds"
    metrics = read_json(path, expected)
    try:
        summary = metrics["summary"]
        texts = [metrics["training"]["folder"], metrics["training"]["train_on"], metrics["experiment"]]
        numbers = [summary["validation_bits"]]
        for section, key in (*_MEANS.values(), *_OF_PARAMETER.values()):
            values = [each[key] for each in (summary[section] or {}).values()]
            (texts if key in _TEXTS else numbers).extend(values)
        if not (all(isinstance(text, str) for text in texts) and all(map(_is_measured, numbers))):
            raise TypeError
    except (KeyError, TypeError, AttributeError):
        raise UserError(f"{path}: these are the measures of something else, expected {expected}") from None
    return metrics["training"]["folder"], metrics


def _is_measured(value: Any) -> bool:
    """Tell whether a value is a number, or None for an unknown one."""
    return value is None or (type(value) in (int, float) and abs(value) < _MOST)


def _row(folder: str, metrics: Mapping[str, Any], parameters: Sequence[str]) -> dict[str, Any]:
    summary = metrics["summary"]
    own = {
        f"{name}:{key}": ((summary[section] or {}).get(name) or {}).get(field)
        for name in parameters
        for key, (section, field) in _OF_PARAMETER.items()
    }
    return {
        "experiment": metrics["experiment"],
        "rnn": folder,
        "train_on": metrics["training"]["train_on"],
        "parameters": " ".join(summary["over_grid"] or {}),
        "validation_bits": summary["validation_bits"],
        **{name: _mean(summary[section], key) for name, (section, key) in _MEANS.items()},
        **own,
    }


def _mean(section: Mapping[str, Any] | None, key: str) -> float | None:
    """Return the mean of a measure over parameters; None if it is unknown of one that it should be known of."""
    rows = [each for each in (section or {}).values() if each.get("unavailable") is None]
    values = [each[key] for each in rows]
    if not values or None in values:
        return None
    return float(np.mean(np.abs(values) if key == "rho" else values))


def _lines(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a table with aligned columns."""
    cells = [list(columns), *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
