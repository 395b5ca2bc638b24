"""Too little memory for the networks of a GAN, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from soundworks.errors import UserError
from soundworks.gan.options import GanOptions

#: What PyTorch says where it gets none: on a GPU, on a CPU, and in the C++ library.
_SAID = ("out of memory", "can't allocate memory", "not enough memory", "std::bad_alloc")


@contextmanager
def enough_memory(doing: str, options: GanOptions) -> Iterator[None]:
    """Turn a lack of memory into a `UserError` that names what takes the most of it."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not (isinstance(error, MemoryError) or any(said in str(error).lower() for said in _SAID)):
            raise
        sizes = f"gan.batch_size {list(options.batch_size)} and gan.channels {list(options.channels)}"
        raise UserError(
            f"gan: found too little memory for {doing} with {sizes}, expected smaller ones, or a larger machine"
        ) from None
