"""A recurrent network that makes sound sample by sample and follows parameters: training, streaming, control, page."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Stream"]


def __getattr__(name: str) -> Any:
    """Return `Stream` of `soundworks.rnn.stream` when it is asked for.

    No import statement names that module here: a training would depend on all the code of the engine.
    """
    if name == "Stream":
        return getattr(import_module(f"{__name__}.stream"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
