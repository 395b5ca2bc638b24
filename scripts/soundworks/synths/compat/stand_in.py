"""The modules that users' synth files import, made anew for each session."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np

from soundworks.synths.compat import filters, models, shapes, timing
from soundworks.synths.compat.rendering import DEFAULT_SEED, default_sr

#: Packages, in the spellings found, whose module `synthInterface` is answered; also that module by itself.
PACKAGES = ("genericsynth", "genericSynth")
INTERFACE = "synthInterface"

#: Names of scipy.signal that the original module happens to show.
_SCIPY_NAMES = ("butter", "lfilter", "sawtooth", "windows")

_NAMES: dict[str, Any] = {
    name: value
    for module in (models, timing, shapes, filters)
    for name, value in vars(module).items()
    if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
}
_NAMES |= {"DSParam": models.MyParam, "map": shapes.map_range, "dssynthseed": DEFAULT_SEED, "np": np, "math": math}


def stand_ins() -> dict[str, ModuleType]:
    """Return fresh modules by name: the interface under its own name and inside each of its packages."""
    interface = ModuleType(f"{PACKAGES[0]}.{INTERFACE}", "Stand-in for the original synthInterface module.")
    vars(interface).update(_NAMES, dssynthsr=default_sr(models.MySoundModel.DEFAULT_SR), __getattr__=_from_scipy)
    found = {INTERFACE: interface}
    for name in PACKAGES:
        package = ModuleType(name)
        vars(package).update({"__path__": [], INTERFACE: interface})
        found |= {name: package, f"{name}.{INTERFACE}": interface}
    return found


def _from_scipy(name: str) -> Any:
    if name in _SCIPY_NAMES:
        return getattr(filters.scipy_signal(), name)
    raise AttributeError(f"the module {INTERFACE} has no {name!r}")
