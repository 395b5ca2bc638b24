"""All that a stream goes on from, as plain arrays."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.files import atomic_path
from soundworks.rnn.layout import Floats, Knots
from soundworks.rnn.mulaw import N_CODES

#: Temperatures other than 0 lie between these.
COLDEST, HOTTEST = 1e-6, 1e6
#: Samples that nobody reads in a million years.
_MOST_SAMPLES = 2**62
#: What Python and NumPy raise for archives that are damaged, or written in another way.
_DAMAGE = (
    ValueError, KeyError, TypeError, EOFError, AttributeError, BadZipFile, NotImplementedError, RuntimeError,
    OverflowError, MemoryError, SyntaxError, TokenError, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class StreamState:
    """Where a stream is; another of the same network that is put there gives the same samples from there on.

    Attributes
    ----------
    network : str
        Checksum of the network's weights.
    weights : str
        "float32" or "int8".
    hidden : ndarray of float32, shape (layers, hidden)
    code : int
        The sample before, in [0, 255].
    position : int
        Samples read.
    seed : int
    temperature, top_p : float
    first, positions, values : ndarray
        Curves of the parameters; see `layout.Knots`.
    """

    network: str
    weights: str
    hidden: Floats
    code: int
    position: int
    seed: int
    temperature: float
    top_p: float
    first: NDArray[np.int64]
    positions: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def knots(self) -> Knots:
        """The curves, as the compiled loop takes them."""
        first, positions = np.array(self.first, np.int64), np.array(self.positions, np.float64)
        return Knots(first, positions, np.array(self.values, np.float64))

    def is_sound(self, n_parameters: int) -> bool:
        """Tell whether a stream with so many parameters could have been in this state."""
        numbers = (self.code, self.position, self.seed, self.temperature, self.top_p)
        return bool(
            all(isinstance(number, (int, float)) for number in numbers)
            and 0 <= self.code < N_CODES
            and 0 <= self.position < _MOST_SAMPLES
            and 0 <= self.seed < 2**64
            and (self.temperature == 0 or COLDEST <= self.temperature <= HOTTEST)
            and 0 < self.top_p <= 1
            and self.hidden.dtype == np.float32
            and np.isfinite(self.hidden).all()
            and self._has_curves(n_parameters)
        )

    def _has_curves(self, n_parameters: int) -> bool:
        first, positions, values = self.first, self.positions, self.values
        if not (_is_row(first, "i") and _is_row(positions, "f") and _is_row(values, "f")):
            return False
        if first.size != n_parameters + 1 or (first[0], first[-1]) != (0, values.size) or (np.diff(first) <= 0).any():
            return False
        falls = np.flatnonzero(np.diff(positions) < 0) + 1
        return bool(
            positions.shape == values.shape
            and np.isfinite(positions).all()
            and np.isin(falls, first).all()  # only where the next parameter's curve begins
            and ((values >= 0) & (values <= 1)).all()
        )

    def save(self, path: Path | str) -> None:
        """Write the state as a `.npz` that holds nothing but arrays."""
        arrays = {item.name: np.asarray(getattr(self, item.name)) for item in fields(self)}
        arrays["seed"] = np.asarray(self.seed, np.uint64)
        with atomic_path(Path(path)) as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path | str) -> StreamState:
        """Read a state; raise a `UserError` for a file that is none."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(**{item.name: _plain(stored[item.name], str(item.type)) for item in fields(cls)})
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UserError(f"{path}: found no file that can be read ({reason}), expected a stream's state") from None
        except _DAMAGE as error:
            reason = " ".join(str(error).split())
            raise UserError(f"{path}: found no stream's state ({reason}), expected one that was saved") from None


def _plain(array: NDArray[Any], kind: str) -> Any:
    """Return an array, or the one value in it, after the field's type."""
    plain = {"str": str, "int": int, "float": float}
    return plain[kind](array[()]) if kind in plain else array


def _is_row(array: Any, kind: str) -> bool:
    return isinstance(array, np.ndarray) and array.ndim == 1 and array.dtype.kind == kind
