"""A recurrent network that makes sound sample by sample and follows parameters: training, streaming, control, page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soundworks.rnn.stream import Stream

__all__ = ["Stream"]


def __getattr__(name: str) -> Any:
    """Return `Stream` when it is asked for: whoever trains a network need not wait for the compiler's import."""
    if name == "Stream":
        from soundworks.rnn.stream import Stream

        return Stream
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
