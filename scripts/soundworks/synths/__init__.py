"""The synths. `from soundworks.synths import PopPatternSynth` works for every registered class.

Nothing is imported until it is asked for: an edit of one family leaves the data sets of the others alone.
"""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    registry = importlib.import_module("soundworks.synths.registry")
    module = registry.synth_module(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(module), registry.ALIASES.get(name, name))
