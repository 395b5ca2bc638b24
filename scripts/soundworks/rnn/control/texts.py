"""Curves as the command line has them: NAME=60, NAME=0:0.2,3:0.9, NAME=50%, or NAME={form: …} as in a config."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from soundworks.config.document import parse_value
from soundworks.errors import UserError

_EXPECTED = "expected NAME=VALUE, NAME=TIME:VALUE,TIME:VALUE,… (times in s, values as 60 or 50%), or NAME={FORM: …}"


def curves_of_texts(texts: Sequence[str], names: Sequence[str] = ()) -> dict[str, Any]:
    """Return curves by the names of their parameters, in the form of a config's gesture.

    Parameters
    ----------
    texts : sequence of str
        NAME=VALUE.
    names : sequence of str
        Of the parameters that there are: one of them may have an equals sign in it.

    Raises
    ------
    UserError
        If one is not of the form, or a parameter is named twice.
    """
    curves: dict[str, Any] = {}
    for text in texts:
        known = [name for name in names if "=" in name and text.startswith(f"{name}=")]
        head = max((len(name) for name in known), default=text.find("="))
        name, told = text[: max(head, 0)].strip(), text[head + 1 :].strip()
        if not (name and told):
            raise UserError(f"--param: found {text!r}, {_EXPECTED}")
        if name in curves:
            raise UserError(f"--param: found {name!r} twice, expected each parameter once")
        curves[name] = _curve(told, text)
    return curves


def last_time(curves: dict[str, Any]) -> float | None:
    """Return the time of the last point in s, 0 for constants; None if a curve fills any length that it is given."""
    times = [0.0]
    for curve in curves.values():
        if isinstance(curve, dict) and "constant" not in curve:
            if "breakpoints" not in curve or curve.get("period_s") is not None:
                return None
            times.append(max(point[0] for point in curve["breakpoints"]))
    return max(times)


def _curve(told: str, text: str) -> Any:
    if told.startswith("{"):
        try:
            return parse_value(told)
        except UserError as error:
            raise UserError(f"--param: found {text!r}, {_EXPECTED} ({error})") from None
    points = [_point(part, text) for part in told.split(",")]
    if len(points) > 1 and any(time is None for time, _, _ in points):
        raise UserError(f"--param: found {text!r}, {_EXPECTED}")
    percents = {is_percent for _, _, is_percent in points}
    if len(percents) > 1:
        raise UserError(f"--param: found {text!r}, expected all values in percent of the range, or none")
    units = "norm" if percents == {True} else "natural"
    if points[0][0] is None:
        return {"constant": points[0][1], "units": units}
    return {"breakpoints": [[time, value] for time, value, _ in points], "units": units}


def _point(part: str, text: str) -> tuple[float | None, float, bool]:
    """Return time (None for a value alone), value, and whether that is in percent of the range."""
    time, colon, value = part.rpartition(":")
    is_percent = value.strip().endswith("%")
    try:
        number = float(value.strip().removesuffix("%")) * (0.01 if is_percent else 1.0)
        second = float(time) if colon else None
    except ValueError:
        raise UserError(f"--param: found {text!r}, {_EXPECTED}") from None
    if is_percent and not 0 <= number <= 1:
        raise UserError(f"--param: found {value.strip()!r} in {text!r}, expected 0% to 100% of the range")
    if not math.isfinite(number) or not math.isfinite(second or 0.0):
        raise UserError(f"--param: found {text!r}, {_EXPECTED}")
    return second, number, is_percent
