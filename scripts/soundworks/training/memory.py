"""Too little memory for the networks of a model, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from soundworks.errors import UserError

#: What PyTorch says where it gets none: on a GPU, on a CPU, and in the C++ library.
_SAID = ("out of memory", "can't allocate memory", "not enough memory", "std::bad_alloc")


@contextmanager
def enough_memory(section: str, doing: str, **sizes: object) -> Iterator[None]:
    """Turn a lack of memory into a `UserError` that names the keys of a section that take the most of it."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not (isinstance(error, MemoryError) or any(said in str(error).lower() for said in _SAID)):
            raise
        named = " and ".join(f"{section}.{key} {value}" for key, value in sizes.items())
        raise UserError(
            f"{section}: found too little memory for {doing} with {named}, expected smaller ones, or a larger machine"
        ) from None
