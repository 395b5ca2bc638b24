"""Gestures: from the config's section `gestures`, or options of a command, to courses of a network's parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.config.schema import load_schema, validate
from soundworks.config.sentences import join_keys
from soundworks.errors import UserError
from soundworks.rnn.control.arrays import sidecar
from soundworks.rnn.control.curves import ControlCurves, Course
from soundworks.rnn.control.forms import Span, course_of, form_of
from soundworks.rnn.trained import TrainedRnn

#: Primings that are no file.
NO_PRIME, PRIMINGS = "none", ("none", "silence", "noise")
#: Sounds of a sweep at most.
MAX_SOUNDS = 100_000
_CORNERS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))


@dataclass(frozen=True)
class Gesture:
    """A sound to make, or a sweep of sounds; see `config/schemas/gestures.schema.yaml` for the meaning of each key.

    `curves` has the tour's two among them, with the defaults of all keys filled in; `folder` is the one that files are
    relative to. For one sound of a sweep, `swept` names the parameters whose values are the sweep's.
    """

    name: str
    seconds: float
    curves: dict[str, Any]
    sweep: dict[str, Any] | None
    examples: int
    temperature: float
    top_p: float
    weights: str
    prime: str
    prime_seconds: float | None
    seed: int
    folder: Path
    swept: tuple[str, ...] = ()

    def key(self, name: str) -> str:
        """Return the key of a parameter in the config."""
        swept = name in self.swept or name in (self.sweep or {})
        return f"gestures.{self.name}.{'sweep' if swept else 'curves'}.{name}"

    @property
    def prime_path(self) -> Path | None:
        """File that the network hears before it begins."""
        return None if self.prime in PRIMINGS else self.folder / self.prime

    @property
    def files(self) -> list[Path]:
        """Files that it is made from: arrays with the JSON beside them, and the sound that it is primed with."""
        arrays = [self.folder / form["array"]["file"] for form in self._forms() if "array" in form]
        paths = [path for array in arrays for path in (array, sidecar(array)) if path == array or path.is_file()]
        return list(dict.fromkeys([*paths, *([self.prime_path] if self.prime_path else [])]))

    def _forms(self) -> Iterator[dict[str, Any]]:
        for curve in self.curves.values():
            if isinstance(curve, dict):
                yield from (curve, *curve.get("sequence", ()))

    def check_names(self, names: Iterable[str]) -> None:
        """Raise a `UserError` if it moves a parameter that is not among these."""
        known = list(names)
        for name in (*self.curves, *(self.sweep or {})):
            if name not in known:
                raise UserError(
                    f"{self.key(name)}: found {name!r}, expected parameters of the network: {', '.join(known)}"
                )

    def control_curves(self, rnn: TrainedRnn) -> ControlCurves:
        """Return the courses of all parameters of a network; those that it does not name stay at their middle.

        Raises
        ------
        UserError
            If the network has no such parameter, or a value is out of its range.
        """
        self.check_names(rnn.names)
        courses = []
        for parameter in rnn.parameters:
            span = Span(self.key(parameter.name), rnn, parameter, self.seconds, self.folder, self.seed)
            named = parameter.name in self.curves
            courses.append(course_of(self.curves[parameter.name], span) if named else Course.constant(0.5))
        return ControlCurves(rnn.names, tuple(courses), self.seconds)

    def sweep_values(self) -> dict[str, list[float]]:
        """Return the values of a sweep's axes by their names, in the axis's units."""
        return {name: _axis_values(axis) for name, axis in (self.sweep or {}).items()}

    def sweep_gestures(self) -> Iterator[Gesture]:
        """Yield a gesture for each combination of a sweep's values, the last axis fastest."""
        axes = self.sweep_values()
        units = {name: "natural" if isinstance(axis, list) else axis["units"]
                 for name, axis in (self.sweep or {}).items()}  # fmt: skip
        for point in product(*axes.values()):
            chosen = {name: {"constant": value, "units": units[name], "period_s": None}
                      for name, value in zip(axes, point, strict=True)}  # fmt: skip
            yield replace(self, curves={**self.curves, **chosen}, sweep=None, swept=tuple(axes))


def gesture_kinds(section: dict[str, Any]) -> dict[str, str]:
    """Return the names of a config's gestures, each with what it makes: a "file", or a "folder" for a sweep."""
    return {name: "folder" if gesture.get("sweep") else "file" for name, gesture in section.items()}


def gesture_options(section: dict[str, Any], name: str, folder: Path, seed: int, /, **replaced: Any) -> Gesture:
    """Return one gesture of a `gestures` section, its defaults filled in or not; `replaced` keys go before it.

    Parameters
    ----------
    section : dict
    name : str
    folder : Path
        Folder that files are relative to, that of the config.
    seed : int
        The experiment's, which the gesture's own goes before.

    Raises
    ------
    UserError
        In one sentence: key, found, expected.
    """
    if name not in section:
        raise UserError(f"gestures: found no gesture {name!r}, expected one of: {', '.join(section) or 'none at all'}")
    given = _resolved(name, {**section[name], **replaced})
    tour = given.pop("tour")
    given["curves"] = {**given["curves"], **(_tour_curves(name, tour, given) if tour else {})}
    given["seed"] = seed if given["seed"] is None else given["seed"]
    given |= {key: float(given[key]) for key in ("seconds", "temperature", "top_p")}
    gesture = Gesture(name=name, folder=folder, **given)
    _check(gesture)
    return gesture


def check_gestures(section: dict[str, Any], folder: Path, names: Iterable[str] | None = None) -> None:
    """Raise a `UserError` for the first gesture of a section that is wrong, as far as that shows without a network.

    Parameters
    ----------
    section : dict
    folder : Path
        That of the config.
    names : iterable of str, optional
        Parameters that the network will follow, if they are known.
    """
    known = None if names is None else tuple(names)
    for name in section:
        gesture = gesture_options(section, name, folder, 0)
        if known is not None:
            gesture.check_names(known)


def _resolved(name: str, gesture: dict[str, Any]) -> dict[str, Any]:
    """Return a gesture with all defaults filled in, its curves' and its sweep's too."""
    schema = load_schema("gestures")
    closed = {**schema, "properties": {name: schema["additionalProperties"]}}
    one = validate({"gestures": {name: gesture}}, {"type": "object", "properties": {"gestures": closed}})
    given: dict[str, Any] = one["gestures"][name]
    for key in ("curves", "sweep"):
        if given[key]:
            part = schema["additionalProperties"]["properties"][key]["additionalProperties"]
            whole = {"type": "object", "properties": dict.fromkeys(given[key], part)}
            given[key] = validate(given[key], whole)
    return given


def _check(gesture: Gesture) -> None:
    for name, curve in gesture.curves.items():
        if isinstance(curve, dict):
            form_of(curve, gesture.key(name))
            for index, part in enumerate(curve.get("sequence", ())):
                form_of(part, f"{gesture.key(name)}.sequence[{index}]")
    where = f"gestures.{gesture.name}"
    both = [name for name in gesture.sweep or {} if name in gesture.curves]
    if both:
        raise UserError(f"{where}.sweep: found {both[0]!r} as in curves or tour, expected each parameter once")
    if gesture.sweep is None and gesture.examples > 1:
        raise UserError(f"{where}.examples: found {gesture.examples} and no sweep, expected 1")
    if gesture.sweep is not None and not gesture.sweep:
        raise UserError(f"{where}.sweep: found no parameter, expected one at least")
    count = int(np.prod([len(values) for values in gesture.sweep_values().values()], dtype=object)) * gesture.examples
    if count > MAX_SOUNDS:
        raise UserError(f"{where}.sweep: found {count:,} sounds, expected at most {MAX_SOUNDS:,}")


def _axis_values(axis: Any) -> list[float]:
    if isinstance(axis, list):
        return [float(value) for value in axis]
    return np.linspace(axis["range"][0], axis["range"][1], axis["count"]).tolist()


def _tour_curves(name: str, tour: dict[str, Any], gesture: dict[str, Any]) -> dict[str, Any]:
    """Return the curves of a tour's two parameters: at each corner for a while, then on the way to the next."""
    both = [parameter for parameter in tour["parameters"] if parameter in gesture["curves"]]
    if both:
        key = join_keys(("gestures", name, "tour", "parameters"))
        raise UserError(f"{key}: found {both[0]!r} as in curves, expected each parameter once")
    corners = [_CORNERS[corner] for corner in tour["corners"]]
    leg = gesture["seconds"] / len(corners)
    points: dict[str, list[list[float]]] = {parameter: [] for parameter in tour["parameters"]}
    for index, (here, there) in enumerate(zip(corners, [*corners[1:], corners[0]], strict=True)):
        leaves, arrives = (index + 1 - tour["glide"]) * leg, min((index + 1) * leg, gesture["seconds"])
        for axis, parameter in enumerate(tour["parameters"]):
            points[parameter] += [[index * leg, here[axis]], [min(leaves, arrives), here[axis]]]
            if tour["glide"] > 0:
                points[parameter].append([arrives, there[axis]])
    return {parameter: {"breakpoints": course, "shape": tour["shape"], "units": "norm", "period_s": None}
            for parameter, course in points.items()}  # fmt: skip
