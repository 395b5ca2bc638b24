"""The parameters that a model predicts, and where in its network's outputs each of them lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from soundworks.synths.parameter import Kind

Head = Literal["regression", "softmax", "distribution"]


@dataclass(frozen=True)
class Target:
    """One parameter that a model predicts.

    Attributes
    ----------
    name : str
        Name of the parameter on the synth.
    minimum, maximum : float
        Range that the data set uses, in natural units; [0, 1] is spread over it.
    scale : {"linear", "log"}
        How it is spread.
    kind : {"continuous", "integer", "categorical"}
        Which values there are; see `soundworks.synths.parameter.Parameter`.
    heard : tuple of (str, float, float)
        The parameter is heard only while each of these others lies in [low, high], closed, in natural units.
    head : {"regression", "softmax", "distribution"}
        One output that is the normalised value itself; one a choice; or one a bin, the bins even over the range.
    size : int
        Number of outputs.
    constant : float or None
        Normalised value that is predicted whatever the outputs are: the mean of a parameter that could never be heard.
    """

    name: str
    minimum: float
    maximum: float
    scale: Literal["linear", "log"]
    kind: Kind
    heard: tuple[tuple[str, float, float], ...]
    head: Head
    size: int
    constant: float | None = None

    @property
    def n_values(self) -> int:
        """Number of values of a whole-numbered parameter; 0 for a continuous one."""
        return 0 if self.kind == "continuous" else round(self.maximum - self.minimum) + 1


@dataclass(frozen=True)
class Group:
    """Outputs of targets with the same head and size, which lie side by side.

    Attributes
    ----------
    head : {"regression", "softmax", "distribution"}
    size : int
        Number of outputs per target.
    members : tuple of int
        Which targets.
    start : int
        First of their outputs.
    """

    head: Head
    size: int
    members: tuple[int, ...]
    start: int

    @property
    def columns(self) -> slice:
        """Return where the outputs lie."""
        return slice(self.start, self.start + len(self.members) * self.size)

    @property
    def centres(self) -> NDArray[np.float32]:
        """Return which position in its range each output of a target stands for, in [0, 1], shape (size,)."""
        return np.linspace(0.0, 1.0, self.size, dtype=np.float32)

    def split(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the group's outputs, shape (n, n_outputs) → (n, members, size)."""
        return outputs[:, self.columns].reshape(len(outputs), len(self.members), self.size)

    def encode(self, positions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Share each position in [0, 1] between the two outputs beside it, (n, members) → (n, members · size)."""
        steps = np.clip(positions, 0.0, 1.0)[..., np.newaxis] * np.float32(self.size - 1)
        distance = np.abs(steps - np.arange(self.size, dtype=np.float32))
        return np.maximum(1.0 - distance, 0.0).reshape(len(positions), -1)

    def most_probable(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return regression values, or the positions of the greatest outputs, (n, members, size) → (n, members)."""
        return values[..., 0] if self.head == "regression" else self.centres[values.argmax(axis=-1)]

    def mean(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the same, but the mean of a distribution, which has the least squared error."""
        return values @ self.centres if self.head == "distribution" else self.most_probable(values)


def make_groups(targets: Sequence[Target]) -> Iterator[Group]:
    """Yield the groups of outputs in their order: targets with the same head and size are together."""

    def key(member: int) -> tuple[str, int]:
        return targets[member].head, targets[member].size

    start = 0
    for (_, size), found in groupby(sorted(range(len(targets)), key=key), key):
        members = tuple(found)
        yield Group(targets[members[0]].head, size, members, start)
        start += len(members) * size
