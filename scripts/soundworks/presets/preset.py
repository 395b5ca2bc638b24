"""What every preset format shares: a named set of values, what a file held, and how files are opened and checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from soundworks.errors import UserError
from soundworks.synths.parameter import Parameter

#: No preset format needs more; a larger file is something else.
LARGEST_FILE_BYTES = 16 << 20


@dataclass(frozen=True)
class Preset:
    """One sound of an instrument.

    Attributes
    ----------
    name : str
        As the instrument shows it.
    values : dict of str to float
        Natural value of each parameter, by name.
    """

    name: str
    values: dict[str, float]


@dataclass(frozen=True)
class PresetFile:
    """What was read from a preset file.

    Attributes
    ----------
    presets : tuple of Preset
        In the order of the file.
    notes : tuple of str
        A sentence for everything that was not as it should be and was read nevertheless.
    """

    presets: tuple[Preset, ...]
    notes: tuple[str, ...] = ()


def printable(name: str) -> str:
    """Return a name as UTF-8 can hold it: a file's name may have other bytes, which Python keeps as half surrogates."""
    return name.encode("utf-8", "replace").decode("utf-8")


def read_bytes(path: Path, expected: str) -> bytes:
    """Return a file's content, or raise a `UserError` that says what was `expected` there."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"{path}: {reason}, expected {expected}") from None
    if len(content) > LARGEST_FILE_BYTES:
        raise UserError(f"{path}: found more than {LARGEST_FILE_BYTES >> 20} MiB, expected {expected}")
    return content


def legal_value(parameter: Parameter, value: float) -> float:
    """Return the value clipped to the parameter's range, and whole where the parameter is; NaN is a `UserError`."""
    number = float(value)
    if math.isnan(number):
        raise UserError(f"parameter {parameter.name}: found NaN, expected a number")
    clipped = min(max(number, parameter.minimum), parameter.maximum)
    return clipped if parameter.kind == "continuous" else float(round(clipped))


def legal_values(parameters: Iterable[Parameter], values: Mapping[str, float]) -> dict[str, float]:
    """Return a legal value of every parameter, its default where `values` has none; a foreign name is an error."""
    known = {parameter.name: parameter for parameter in parameters}
    if foreign := sorted(set(values) - set(known)):
        raise UserError(
            f"parameter {foreign[0]}: not known to this instrument, expected one such as {next(iter(known))}"
        )
    return {name: legal_value(each, values.get(name, each.default)) for name, each in known.items()}
