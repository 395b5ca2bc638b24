"""The registry of our synths, and the door to users' own.

Modules are imported by name when they are asked for: a rule then depends on the one family that it renders.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.contour import Contour, Value
from soundworks.errors import UserError
from soundworks.synths.parameter import Parameter

#: Class name → module, one line a family.
REGISTRY = {
    "PopPatternSynth": "soundworks.synths.pop",
    "DripPatternSynth": "soundworks.synths.drip",
    "EnginePatternSynth": "soundworks.synths.engine",
    "GaussGrains": "soundworks.synths.grains",
    "HarmonicTone": "soundworks.synths.tone",
    "Wind": "soundworks.synths.wind",
}

#: Module that runs users' own classes.
EXTERNAL = "soundworks.synths.external"

#: Names under which the original collections know the same sounds.
ALIASES = {
    "Pop": "PopPatternSynth", "pop_sound": "PopPatternSynth",
    "Drip": "DripPatternSynth", "drip_sound": "DripPatternSynth",
    "Engine": "EnginePatternSynth", "Engine_0001": "EnginePatternSynth", "engine_sound": "EnginePatternSynth",
    "GaussGrains_0001": "GaussGrains",
}  # fmt: skip


@dataclass(frozen=True)
class SynthSource:
    """A synth that a config names: its parameters, and a fresh instance for each setting.

    `checked` says whether it is one of ours, which tell beforehand what they cannot render.
    """

    name: str
    parameters: tuple[Parameter, ...]
    create: Callable[[int, int], Any]
    doc: str = ""
    checked: bool = False

    def parameter(self, name: str) -> Parameter:
        """Return a parameter by its name, an alias, or the name without "_exp" as generation B wrote it."""
        for wanted in (name, f"{name}_exp"):
            for parameter in self.parameters:
                if wanted == parameter.name or wanted in parameter.aliases:
                    return parameter
        known = ", ".join(parameter.name for parameter in self.parameters)
        raise UserError(f"found the parameter {name!r}, expected one of {self.name}: {known}")

    def refusal(self, sample_rate: int, values: Mapping[str, Value]) -> str | None:
        """Return why these values, over the defaults, cannot be rendered at a rate in Hz; None if they can be."""
        synth = self.create(sample_rate, 0)
        for name, value in values.items():
            (synth.setContour if isinstance(value, Contour) else synth.setParam)(name, value)
        try:
            synth.check()
        except UserError as error:
            return str(error)
        return None


def is_registered(name: str) -> bool:
    """Tell whether a synth of ours answers to this name."""
    return name in REGISTRY or name in ALIASES


def synth_module(name: str) -> str | None:
    """Return the module that defines a registered synth, or None."""
    return REGISTRY.get(ALIASES.get(name, name))


def source_module(name: str, path: Path | None) -> str:
    """Return the module that renders what a config names: a family of ours, or the one that runs users' classes."""
    return (synth_module(name) if path is None else None) or EXTERNAL


def load_synth(name: str, path: Path | None = None, sample_rate: int = 16000) -> SynthSource:
    """Return the synth that a config names, registered or in the user's file or folder `path`.

    Raises
    ------
    UserError
        If there is no such class, or its file cannot be loaded.
    """
    if path is not None:
        return _external(name, path, sample_rate)
    module = synth_module(name)
    if module is None:
        raise UserError(
            f"dataset.synth: found {name!r}, expected one of {', '.join(REGISTRY)}, or a class in a Python file or "
            "folder named by dataset.synth_path"
        )
    cls = getattr(importlib.import_module(module), ALIASES.get(name, name))
    parameters = tuple(cls.parameters)
    return SynthSource(name, parameters, lambda sr, seed: cls(sr, np.random.default_rng(seed)), _doc(cls), checked=True)


def _external(name: str, path: Path, sample_rate: int) -> SynthSource:
    external = importlib.import_module(EXTERNAL)
    cls = external.load_class(name, path)
    parameters = tuple(external.ExternalSynth(cls, sample_rate, 0).paramProps())
    return SynthSource(name, parameters, lambda sr, seed: external.ExternalSynth(cls, sr, seed), _doc(cls))


def _doc(cls: type) -> str:
    """Return the first line of a class's own docstring."""
    return (cls.__doc__ or "").strip().split("\n")[0]


def describe_synth(name: str, path: Path | None = None) -> str:
    """Return a synth's name, what it is, and a line a parameter: name, range, unit, default, meaning."""
    source = load_synth(name, path)
    lines = [f"{name}: {source.doc}" if source.doc else name]
    for p in source.parameters:
        bounds = f"{p.minimum:g} to {p.maximum:g} {p.unit}".rstrip()
        lines.append(f"  {p.name:<12} {bounds:<38} default {p.default:<8g} {p.doc}")
    return "\n".join(lines)
