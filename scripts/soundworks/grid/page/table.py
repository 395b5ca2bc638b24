"""The table of a data set or a grid, as far as a page needs it: the first sound of each setting."""

from __future__ import annotations

import csv
from pathlib import Path

from soundworks.errors import UserError

#: Columns that are read here.
_COLUMNS = ("file", "setting", "chunk")
#: No file system has a longer path, in characters.
_LONGEST_NAME = 4096


def first_sounds(path: Path) -> dict[int, dict[str, str]]:
    """Return the rows of the first chunk of each setting, by the setting's number, in the table's order.

    Raises
    ------
    UserError
        If there is no table, or it is damaged: not UTF-8, cut, without a column, with words for numbers, or with a
        sound twice.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return _by_setting(csv.DictReader(stream))
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{path}: no such file, expected the table of a finished data set or grid") from None
    except (ValueError, csv.Error) as error:
        raise UserError(f"{path}: this is no table of sounds ({error}), expected one as it was made") from None


def _by_setting(table: csv.DictReader[str]) -> dict[int, dict[str, str]]:
    if lost := [name for name in _COLUMNS if name not in (table.fieldnames or ())]:
        raise ValueError(f"it has no column {lost[0]}")
    found: dict[int, dict[str, str]] = {}
    for row in table:
        if None in row or None in row.values():
            raise ValueError(f"line {table.line_num} has another number of values than the first")
        setting, chunk = (_count(row[name], table.line_num) for name in ("setting", "chunk"))
        if chunk != 0:
            continue
        if setting in found:
            raise ValueError(f"line {table.line_num} is the second with the first chunk of setting {setting}")
        if not 0 < len(row["file"]) <= _LONGEST_NAME or "\0" in row["file"]:
            raise ValueError(f"line {table.line_num} names no file")
        found[setting] = row
    return found


def _count(text: str, line: int) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"line {line} has {text[:40]!r} where a whole number is expected")
    return int(text)
