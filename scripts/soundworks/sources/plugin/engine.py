"""What a synthesizer engine is: its parameters, its preset files, and an instrument that plays patches.

The description needs no engine to be installed, so that a config can be checked and a preset read without it; only
`open` does. Modules are imported by name when they are asked for: a rule then depends on the one engine that it plays.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from soundworks.contour import Floats
from soundworks.dataset.voice import ENGINES
from soundworks.errors import UserError
from soundworks.presets.preset import Preset
from soundworks.synths.parameter import Parameter

#: A patch: the value of each parameter of the engine, in natural units, by name.
Patch = dict[str, float]

#: Condition on the time after note off, in seconds, for parameters that are heard only then; see `Parameter.heard`.
RELEASE_S = "release_s"


@dataclass(frozen=True)
class Note:
    """A note to play: MIDI pitch and velocity, time to note off and length of the sound, in seconds."""

    pitch: int
    velocity: int
    duration_s: float
    render_s: float


class Instrument(Protocol):
    """An engine that is ready to play. A patch sounds the same whatever was played before."""

    def render(self, patch: Mapping[str, float], note: Note) -> Floats:
        """Return the sound of a note, mono, shape (round(render_s · sample rate),), full scale ±1."""

    def close(self) -> None:
        """Free what the instrument holds, such as a process."""


@dataclass(frozen=True)
class PresetFormat:
    """A preset file that the instrument itself loads.

    Attributes
    ----------
    suffix : str
        Of the file, such as ".syx".
    doc : str
        What it is, in a few words.
    encode : callable
        From presets, one or as many as `count`, and the file of the base preset or None, to the file's bytes.
    count : int
        How many presets the file holds at most.
    """

    suffix: str
    doc: str
    encode: Callable[[list[Preset], Path | None], bytes]
    count: int = 1


@dataclass(frozen=True)
class Engine:
    """A synthesizer engine.

    Attributes
    ----------
    name, doc : str
        The engine's name in configs, and a sentence about it.
    parameters : tuple of Parameter
        All of them, in the engine's own order.
    lists : dict of str to tuple of str
        Named lists of parameters, such as the published 33 of Diva.
    open : callable
        From a sample rate in Hz to an `Instrument`; raises a `UserError` that says what to install.
    read_presets : callable
        From a preset file to the presets in it; raises a `UserError` for anything else.
    factory : tuple of Path
        The engine's own preset files, where this machine has them.
    formats : tuple of PresetFormat
        Preset files to write, the usual one first.
    parameters_given : callable, optional
        From the natural values of parameters that do not vary to the parameters with what can then be said about when
        each is heard; by default, nothing more.
    suffixes : tuple of str
        Of the preset files that a folder is searched for.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...]
    lists: dict[str, tuple[str, ...]]
    open: Callable[[int], Instrument]
    read_presets: Callable[[Path], list[Preset]]
    factory: tuple[Path, ...] = ()
    formats: tuple[PresetFormat, ...] = ()
    parameters_given: Callable[[Mapping[str, float]], tuple[Parameter, ...]] | None = None
    suffixes: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Parameter]:
        """The parameters by name."""
        return {parameter.name: parameter for parameter in self.parameters}

    def parameter(self, key: str | int) -> Parameter:
        """Return a parameter by its name or its index; raise a `UserError` if there is none."""
        if isinstance(key, int):
            if key < len(self.parameters):
                return self.parameters[key]
            raise UserError(f"found the index {key}, expected 0 to {len(self.parameters) - 1} for {self.name}")
        if key in self.by_name:
            return self.by_name[key]
        raise UserError(f"found the parameter {key!r}, expected one of {self.name}'s: {', '.join(self.by_name)}")

    def names_in(self, name: str) -> tuple[str, ...]:
        """Return the parameters of a named list, or of `all`; raise a `UserError` if there is no such list."""
        if name == "all":
            return tuple(self.by_name)
        if name not in self.lists:
            known = ", ".join(["all", *self.lists])
            raise UserError(f"found the list {name!r}, expected one of {self.name}'s ({known}), or a list of names")
        return self.lists[name]

    def initial_patch(self) -> Patch:
        """Return the patch that the engine starts with."""
        return {parameter.name: parameter.default for parameter in self.parameters}


def load_engine(name: str, path: str | None = None) -> Engine:
    """Return an engine by its name in configs; `path` is the plugin's file or URI, where one is needed."""
    engine: Engine = importlib.import_module(ENGINES[name]).engine(name, path)
    return engine


def read_preset(engine: Engine, reference: str) -> Preset:
    """Return the preset that `file`, `file:NAME` or `file:3` (counted from 1) names.

    Raises
    ------
    UserError
        If there is no such file, or no such preset in it.
    """
    path, wanted = split_reference(reference)
    presets = engine.read_presets(path)
    if wanted is None:
        return presets[0]
    for preset in presets:
        if preset.name.strip() == wanted.strip():
            return preset
    if wanted.isdigit() and 1 <= int(wanted) <= len(presets):
        return presets[int(wanted) - 1]
    names = ", ".join(preset.name.strip() for preset in presets[:5])
    raise UserError(f"{path}: found no preset {wanted!r}, expected 1 to {len(presets)}, or a name, such as {names}")


def split_reference(reference: str) -> tuple[Path, str | None]:
    """Return the file of a reference to a preset, and which of its presets is meant, if it says so."""
    path, colon, wanted = reference.rpartition(":")
    if colon and not Path(reference).exists():
        return Path(path), wanted
    return Path(reference), None


def preset_files(engine: Engine, paths: tuple[Path, ...]) -> list[Path]:
    """Return the preset files that some files and folders hold, in order; the engine's own for no paths.

    Raises
    ------
    UserError
        If nothing is found.
    """
    found: list[Path] = []
    for path in paths or engine.factory:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.suffix.lower() in engine.suffixes)
        else:
            found.append(path)
    if not found:
        told = ", ".join(map(str, paths)) or f"the place where {engine.name} keeps its own"
        raise UserError(f"found no preset files in {told}, expected some ({', '.join(engine.suffixes)})")
    return found


def describe_engine(engine: Engine) -> list[str]:
    """Return lines for users: what the engine is, its lists, and a line a parameter."""
    lines = [f"{engine.name}: {engine.doc}"]
    lines += [f"list {name}: {', '.join(names)}" for name, names in engine.lists.items()]
    for index, p in enumerate(engine.parameters):
        bounds = f"{p.minimum:g} to {p.maximum:g} {p.unit}".rstrip()
        about = f"{p.doc}: {', '.join(p.labels)}" if p.labels else p.doc
        lines.append(f"{index:>4} {p.name:<26} {p.kind:<12} {bounds:<24} {about}")
    return lines
