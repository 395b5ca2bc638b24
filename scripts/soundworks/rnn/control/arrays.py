"""Conditioning arrays: `.npy` files of shape [1, T, n] in [0, 1], as the originals have them, and a JSON with names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.json_file import read_json
from soundworks.rnn.control.curves import Floats
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.trained import TrainedRnn
from soundworks.training.provenance import write_json

FORMAT = "soundworks conditioning array 1"
#: First bytes of a .npy file.
_MAGIC = b"\x93NUMPY"
#: How far beyond [0, 1] a value may be by rounding; it is cut off.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class ControlArray:
    """Rows of parameter values, to be stretched to any length.

    Attributes
    ----------
    path : Path
    names : tuple of str or None
        Of the columns; None where nobody named them.
    rows : ndarray, shape (T, n)
        In [0, 1].
    seconds : float or None
        Length that it was made for.
    sample_rate : int or None
        Sample rate in Hz that it was made for.
    parameters : dict of str to ControlParameter
        What 0 and 1 stand for, where the file beside it says so.
    """

    path: Path
    names: tuple[str, ...] | None
    rows: Floats
    seconds: float | None = None
    sample_rate: int | None = None
    parameters: dict[str, ControlParameter] | None = None

    def column(self, which: str | int) -> Floats:
        """Return a column by its name, or by its number from 0 on, shape (T,)."""
        if isinstance(which, str):
            if self.names is None:
                raise UserError(
                    f"{self.path}: found {self.rows.shape[1]} columns without names and no {sidecar(self.path).name} "
                    "beside it, expected names, or the number of a column"
                )
            if which not in self.names:
                raise UserError(f"{self.path}: found the columns {', '.join(self.names)}, expected {which} among them")
            which = self.names.index(which)
        if not 0 <= which < self.rows.shape[1]:
            raise UserError(f"{self.path}: found {self.rows.shape[1]} columns, expected one of the number {which}")
        column: Floats = self.rows[:, which]
        return column


def sidecar(path: Path) -> Path:
    """Return the JSON file that tells about an array."""
    return path.with_suffix(".json")


def write_array(path: Path, rows: Floats, names: Sequence[str], about: dict[str, Any], *, json_path: Path) -> None:
    """Write an array and the JSON that names its columns.

    Parameters
    ----------
    path, json_path : Path
        Of the array, and of its JSON.
    rows : ndarray, shape (T, n)
        In [0, 1].
    names : sequence of str
        Of the columns.
    about : dict
        What the JSON says beside them, such as seconds, sample_rate and parameters.
    """
    with path.open("wb") as stream:
        np.save(stream, np.ascontiguousarray(rows[None], np.float64), allow_pickle=False)
    write_json(json_path, {"format": FORMAT, "columns": list(names), "rows": len(rows), **about})


def read_array(path: Path, names: Sequence[str] | None = None) -> ControlArray:
    """Read an array, and the JSON beside it if there is one.

    Parameters
    ----------
    path : Path
    names : sequence of str, optional
        Of the columns, for an array that has none.

    Raises
    ------
    UserError
        If the file is missing or no array of this form, a value is NaN or beyond [0, 1], or names do not fit.
    """
    rows = _read_rows(path)
    about = _read_sidecar(sidecar(path), rows.shape[1])
    named = about.get("columns")
    if names is not None and named is not None and tuple(names) != named:
        raise UserError(f"{path}: found the names {', '.join(names)}, expected those of {sidecar(path).name}: "
                        f"{', '.join(named)}")  # fmt: skip
    if names is not None:
        _check_names(f"{path}", tuple(names), rows.shape[1])
        named = tuple(names)
    return ControlArray(path, named, rows, about.get("seconds"), about.get("sample_rate"), about.get("parameters"))


def _read_rows(path: Path) -> Floats:
    array = _open(path)
    if array.dtype.kind not in "fiu":
        raise UserError(f"{path}: found values of the type {array.dtype}, expected real numbers in [0, 1]")
    if array.ndim != 3 or array.shape[0] != 1 or array.size == 0:
        raise UserError(f"{path}: found the shape {list(array.shape)}, expected [1, T, n] with T and n of at least 1")
    rows = np.array(array[0], np.float64)
    wrong = np.argwhere(~((rows >= -_ROUNDING) & (rows <= 1 + _ROUNDING)))
    if wrong.size:
        row, column = wrong[0]
        raise UserError(f"{path}: found {rows[row, column]:g} in row {row}, column {column}, expected values in [0, 1]")
    return np.clip(rows, 0.0, 1.0)


def _open(path: Path) -> NDArray[Any]:
    """Return an array that stays in its file: a header may tell of any size."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UserError(f"{path}: found a pipe or a device, expected a .npy file")  # which may never end
    try:
        with path.open("rb") as stream:
            start = stream.read(len(_MAGIC))
        if start != _MAGIC:
            kind = "an archive of arrays" if start.startswith(b"PK") else "a file of another kind"
            raise UserError(f"{path}: found {kind}, expected a .npy file")
        with np.errstate(over="ignore"):
            return np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"{path}: found no file that can be read ({reason}), expected a conditioning array") from None
    except (ValueError, EOFError, TypeError, SyntaxError, OverflowError, MemoryError, TokenError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise UserError(f"{path}: this is no array ({reason:.200}), expected a .npy file of numbers") from None


def _read_sidecar(path: Path, n_columns: int) -> dict[str, Any]:
    """Return columns, seconds, sample_rate and parameters, as far as the JSON beside an array tells of them."""
    if not path.is_file():
        return {}
    content = read_json(path, "the names of an array's columns")
    if isinstance(content, dict) and content.get("format", FORMAT) != FORMAT:
        raise UserError(f"{path}: format: found {content['format']!r:.80}, expected {FORMAT!r}, or none")
    columns = content.get("columns") if isinstance(content, dict) else None
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise UserError(f"{path}: columns: found no list of names, expected {n_columns} for the columns of the array")
    about: dict[str, Any] = {"columns": tuple(columns)}
    _check_names(f"{path}: columns", about["columns"], n_columns)
    for key in ("seconds", "sample_rate"):
        if content.get(key) is not None:
            about[key] = _positive(f"{path}: {key}", content[key])
    try:
        about["parameters"] = {item["name"]: ControlParameter.from_dict(item) for item in content.get("parameters", [])}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserError(f"{path}: parameters: found no list of parameters with ranges, expected one or none") from None
    return about


def _positive(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e9:
        raise UserError(f"{where}: found {value!r:.80}, expected a number above 0")
    return float(value)


def _check_names(where: str, names: tuple[str, ...], n_columns: int) -> None:
    if len(names) != n_columns:
        raise UserError(f"{where}: found {len(names)} names ({', '.join(names)}), expected {n_columns}, one a column")
    if len(set(names)) < len(names):
        raise UserError(f"{where}: found {', '.join(names)}, expected no name twice")


def check_fits(array: ControlArray, rnn: TrainedRnn) -> None:
    """Raise a `UserError` if an array was made for another sample rate, or for other ranges of parameters."""
    where = sidecar(array.path)
    if array.sample_rate is not None and array.sample_rate != rnn.sample_rate:
        raise UserError(f"{where}: sample_rate: found {array.sample_rate:g} Hz, expected {rnn.sample_rate} Hz, that of "
                        f"the network in {rnn.folder}")  # fmt: skip
    for parameter in rnn.parameters:
        made_for = (array.parameters or {}).get(parameter.name)
        if made_for is not None and _range(made_for) != _range(parameter):
            raise UserError(f"{where}: {parameter.name}: found values for {_describe(made_for)}, expected "
                            f"{_describe(parameter)}, the range of the network in {rnn.folder}")  # fmt: skip


def _range(parameter: ControlParameter) -> tuple[float, float, str]:
    return parameter.minimum, parameter.maximum, parameter.scale


def _describe(parameter: ControlParameter) -> str:
    scale = " on a logarithmic scale" if parameter.scale == "log" else ""
    return f"{parameter.minimum:g} to {parameter.maximum:g} {parameter.unit}".rstrip() + scale
