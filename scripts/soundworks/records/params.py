"""`.params` files: one JSON per WAV with every parameter's course, as paramManager reads them.

Layout (UTF-8, indent 4): `meta`, then one object per parameter under its synth name with the keys of `ParamTrack` in
that order. Every number is a JSON float except `nvals`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.contour import Floats
from soundworks.errors import UserError
from soundworks.records.model import ChunkRecord, RecordHeader, RecordParameter

_HEAD = '{\n    "meta": {\n        "filename": '
_POINT = ",\n            "
_VALUES = '\n        ],\n        "values": [\n            '


@dataclass(frozen=True)
class ParamTrack:
    """Course of one parameter in a `.params` file; the attributes are the format's own keys.

    Attributes
    ----------
    times : tuple of float
        At least two times in seconds from the start of the WAV.
    values : tuple of float
        Value at each time, in user units (natural units if the parameter is fixed).
    units : str
        "natural" or "norm": how the config states the range on the synth.
    nvals : int
        Number of values over the data set; 0 if continuous.
    minval, maxval : float
        Range of the user's values.
    origUnits : str or None
        The synth's natural unit, such as "Hz".
    origMinval, origMaxval : float or None
        The same range on the synth, in `units`.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]
    units: str
    nvals: int = 0
    minval: float = 0.0
    maxval: float = 1.0
    origUnits: str | None = None  # noqa: N815
    origMinval: float | None = None  # noqa: N815
    origMaxval: float | None = None  # noqa: N815


@dataclass(frozen=True)
class Params:
    """Content of one `.params` file: `meta` as it stands, and a track per synth parameter."""

    meta: dict[str, Any]
    tracks: dict[str, ParamTrack]


@dataclass(frozen=True)
class _Slot:
    """One parameter's text around its times and values."""

    parameter: RecordParameter
    opening: str
    closing: str


def user_value(parameter: RecordParameter, record: ChunkRecord) -> float:
    """Return a chunk's value in user units; a fixed parameter has no user scale, its natural value stands for it."""
    return record.natural[parameter.name] if parameter.fixed else record.user[parameter.name]


def user_range(parameter: RecordParameter) -> tuple[float, float]:
    """Return the range of `user_value` over the data set (the synth's registered one for a fixed parameter)."""
    if parameter.fixed:
        return _range(parameter.minimum, parameter.maximum)
    return _range(parameter.user_minimum, parameter.user_maximum)


def synth_range(parameter: RecordParameter) -> tuple[float, float]:
    """Return the range on the synth as the config states it (the registered one for a fixed parameter)."""
    if parameter.fixed:
        return _range(parameter.minimum, parameter.maximum)
    return _range(parameter.synth_minimum, parameter.synth_maximum)


def _range(low: float, high: float) -> tuple[float, float]:
    """Return floats without a sign of zero, for headers that differ only in it are equal and share what is cached."""
    return float(low) + 0.0, float(high) + 0.0


def synth_units(parameter: RecordParameter) -> str:
    """Return the units of `synth_range`: "natural" or "norm"."""
    return "natural" if parameter.fixed else parameter.units


class ParamsWriter:
    """Render the `.params` files of one data set; what they share is rendered once.

    Parameters
    ----------
    header : RecordHeader
        What the chunks share.
    """

    def __init__(self, header: RecordHeader) -> None:
        self._meta = _meta_text(header)
        self._slots = tuple(_slot(parameter) for parameter in header.parameters)

    def text(self, record: ChunkRecord) -> str:
        """Render one chunk's file, byte for byte as `json.dumps(…, indent=4, ensure_ascii=False)` would."""
        ends = f"0.0{_POINT}{_number(record.duration_s)}"
        parts = [_HEAD, _quote(record.file.rsplit("/", 1)[-1]), self._meta]
        for slot in self._slots:
            contour = record.user_contours.get(slot.parameter.name)
            if contour is None:
                value = _number(user_value(slot.parameter, record))
                parts += (slot.opening, ends, _VALUES, value, _POINT, value, slot.closing)
            else:
                course = contour.lasting(record.duration_s)  # (onset + duration) - onset may miss the duration
                parts += (slot.opening, _numbers(course.times_s), _VALUES, _numbers(course.values), slot.closing)
        parts.append("\n}")
        return "".join(parts)


def params_text(header: RecordHeader, record: ChunkRecord) -> str:
    """Render one chunk's `.params` file; see `ParamsWriter` for many of one data set."""
    return _writer(header).text(record)


def write_params(header: RecordHeader, record: ChunkRecord, folder: Path) -> Path:
    """Write `<stem>.params` into an existing folder; return its path."""
    path = folder / f"{record.stem}.params"
    path.write_bytes(params_text(header, record).encode())
    return path


def read_params(path: Path) -> Params:
    """Read a `.params` file, ours or another tool's; absent keys take the format's defaults."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: not a JSON file ({error})") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: got a JSON {type(content).__name__}, expected an object of parameters")
    meta = content.pop("meta", {})
    return Params(meta, {name: _read_track(path, name, entry) for name, entry in content.items()})


def resample(track: ParamTrack, n_samples: int, start_s: float, end_s: float) -> Floats:
    """Interpolate a track linearly at equally spaced times, both ends included.

    Parameters
    ----------
    track : ParamTrack
        The course; before its first and after its last time its value is held.
    n_samples : int
        Number of values.
    start_s, end_s : float
        Times of the first and the last value, in seconds from the start of the WAV.

    Returns
    -------
    ndarray, shape (n_samples,)
        Values in the track's own unit.
    """
    times_s = np.linspace(start_s, end_s, n_samples)
    return np.asarray(np.interp(times_s, track.times, track.values), dtype=np.float64)


def _read_track(path: Path, name: str, entry: Any) -> ParamTrack:
    if not isinstance(entry, dict) or not {"times", "values", "units"} <= entry.keys():
        raise UserError(f"{path}: parameter {name!r} is no object with times, values and units")
    times, values = entry["times"], entry["values"]
    if len(times) != len(values) or len(times) < 2:
        raise UserError(
            f"{path}: parameter {name!r} has {len(times)} times and {len(values)} values, expected equally many, "
            "two at least"
        )
    known = {key: entry[key] for key in ParamTrack.__dataclass_fields__ if key in entry}
    return ParamTrack(**{**known, "times": tuple(times), "values": tuple(values)})


@lru_cache(maxsize=8)
def _writer(header: RecordHeader) -> ParamsWriter:
    return ParamsWriter(header)


def _meta_text(header: RecordHeader) -> str:
    """Render `meta` from behind the file's name to its closing brace."""
    if any(parameter.name == "meta" for parameter in header.parameters):
        raise UserError("records: params has no room for a parameter called 'meta', the file's own entry")
    docs = {
        f"{parameter.name}_{key}": getattr(parameter, key)
        for parameter in header.parameters
        for key in ("user_doc", "synth_doc", "user_name")
    }
    rows = "".join(f",\n        {_quote(key)}: {_quote(doc)}" for key, doc in docs.items())
    return f"{rows}\n    }}"


def _slot(parameter: RecordParameter) -> _Slot:
    low, high = user_range(parameter)
    synth_low, synth_high = synth_range(parameter)
    rest = {
        "units": synth_units(parameter),
        "nvals": 1 if parameter.fixed else parameter.count,
        "minval": low,
        "maxval": high,
        "origUnits": parameter.unit or None,
        "origMinval": synth_low,
        "origMaxval": synth_high,
    }
    rows = json.dumps(rest, indent=4, ensure_ascii=False, allow_nan=False).removeprefix("{").replace("\n", "\n    ")
    opening = f',\n    {_quote(parameter.name)}: {{\n        "times": [\n            '
    return _Slot(parameter, opening, f"\n        ],{rows}")


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"a record cannot hold {number}")
    return repr(number)


def _numbers(values: Iterable[float]) -> str:
    return _POINT.join(map(_number, values))
