"""A training in its midst, on disk: arrays and plain values, whole or absent."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from soundworks.files import atomic_path

_FILE = "checkpoint.npz"
_STATE = "state"
#: What reading raises where there is no file, an empty one, one that is cut off, and one that is something else.
_DAMAGED = (FileNotFoundError, EOFError, zipfile.BadZipFile, ValueError, KeyError, TypeError, NotImplementedError)


@dataclass(frozen=True)
class Checkpoint:
    """What a training goes on from: lists of arrays by name, and plain values."""

    arrays: dict[str, list[NDArray[Any]]]
    state: dict[str, Any]


class Resumable(Protocol):
    """A training in memory that can go on from a checkpoint."""

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on where a checkpoint was made; raise an error for one that is not whole, or of another training."""


_Session = TypeVar("_Session", bound=Resumable)


def begin(new: Callable[[], _Session], found: Checkpoint | None) -> _Session:
    """Return a new session that goes on from a checkpoint; from the start without one that has all that it takes."""
    session = new()
    if found is not None:
        try:
            session.resume(found)
        except (KeyError, TypeError, ValueError, AttributeError):
            return new()
    return session


class CheckpointFolder:
    """Where the checkpoint of one training lies: beside the model's folder, so that nobody removes it with that.

    Parameters
    ----------
    model_dir : Path
        Folder of the finished model, `<models>/<name>`; the checkpoint is in `<models>/.checkpoints/<name>/`.
    origin : str
        Digest of all that the result depends on. What another origin left behind is removed.
    """

    def __init__(self, model_dir: Path, origin: str) -> None:
        self.all_dir = model_dir.parent / ".checkpoints" / model_dir.name
        self.path = self.all_dir / origin[:16] / _FILE

    def read(self) -> Checkpoint | None:
        """Return the checkpoint, or None if there is no whole one; checkpoints of other origins are removed."""
        if self.all_dir.is_dir():
            for other in self.all_dir.iterdir():
                if other.is_dir() and other != self.path.parent:
                    print(f"{other}: a checkpoint of other options, data, code or versions is removed; the training "
                          "starts anew", file=sys.stderr, flush=True)  # fmt: skip
                    shutil.rmtree(other)
        try:
            with np.load(self.path, allow_pickle=False) as stored:
                return _checkpoint({name: stored[name] for name in stored.files})
        except _DAMAGED:
            return None

    def write(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint in one step."""
        stored = {f"{name}/{index:05}": array for name, group in checkpoint.arrays.items()
                  for index, array in enumerate(group)}  # fmt: skip
        stored[_STATE] = np.frombuffer(json.dumps(checkpoint.state).encode(), np.uint8)
        with atomic_path(self.path) as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **stored)

    def remove(self) -> None:
        """Remove the checkpoint: the training is done."""
        shutil.rmtree(self.all_dir, ignore_errors=True)
        if self.all_dir.parent.is_dir() and not any(self.all_dir.parent.iterdir()):
            self.all_dir.parent.rmdir()


def _checkpoint(stored: dict[str, NDArray[Any]]) -> Checkpoint:
    state = json.loads(stored.pop(_STATE).tobytes())
    if not isinstance(state, dict):
        raise ValueError(f"found {type(state).__name__}, expected an object")
    arrays: dict[str, list[NDArray[Any]]] = {}
    for name in sorted(stored):
        arrays.setdefault(name.split("/")[0], []).append(stored[name])
    return Checkpoint(arrays, state)
