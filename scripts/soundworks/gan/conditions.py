"""The attributes that a conditional GAN is told: how they are written in a latent vector, drawn and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.errors import UserError

Floats = NDArray[np.float64]

#: An attribute with at most this many distinct values has a class a value.
MAX_CLASSES = 32


@dataclass(frozen=True)
class Attribute:
    """One attribute.

    Attributes
    ----------
    name : str
    classes : tuple of float
        Its values, rising, where they are few: one is written as a 1 among zeros. Empty for a continuous attribute.
    minimum, maximum : float
        The range in training, which a continuous attribute is written as [0, 1] of.
    """

    name: str
    classes: tuple[float, ...]
    minimum: float
    maximum: float

    @classmethod
    def of(cls, name: str, values: Floats) -> Attribute:
        """Return the attribute with these values in training."""
        distinct = np.unique(values)
        classes = tuple(distinct.tolist()) if len(distinct) <= MAX_CLASSES else ()
        return cls(name, classes, float(distinct[0]), float(distinct[-1]))

    @property
    def width(self) -> int:
        """Numbers that the attribute takes in a latent vector."""
        return len(self.classes) or 1

    def encode(self, values: ArrayLike) -> NDArray[np.float32]:
        """Return values as they are written in latent vectors, (n,) → (n, width); a class is the nearest one."""
        given = np.asarray(values, np.float64)
        if self.classes:
            nearest = np.abs(given[:, None] - np.array(self.classes)).argmin(axis=1)
            return np.eye(self.width, dtype=np.float32)[nearest]
        share = (given - self.minimum) / (self.maximum - self.minimum)
        return np.clip(share, 0.0, 1.0)[:, None].astype(np.float32)

    def decode(self, encoded: ArrayLike) -> Floats:
        """Return the values that parts of latent vectors mean, (n, width) → (n,); between classes, the strongest."""
        given = np.asarray(encoded, np.float64)
        if self.classes:
            return np.array(self.classes)[given.argmax(axis=1)]
        return self.minimum + np.clip(given[:, 0], 0.0, 1.0) * (self.maximum - self.minimum)


def attributes_from_list(described: Sequence[dict[str, Any]]) -> tuple[Attribute, ...]:
    """Return the attributes that `Conditions.to_list` described; raise KeyError, TypeError or ValueError for others."""
    return tuple(
        Attribute(item["name"], tuple(map(float, item["classes"])), float(item["minimum"]), float(item["maximum"]))
        for item in described
    )


@dataclass(frozen=True)
class Conditions:
    """All attributes, and the combinations of their values in training.

    Attributes
    ----------
    attributes : tuple of Attribute
    rows : ndarray, shape (n_distinct, n_attributes)
        Distinct combinations of values, in natural units.
    counts : ndarray of int64, shape (n_distinct,)
        Training sounds that have each of them.
    """

    attributes: tuple[Attribute, ...]
    rows: Floats
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, columns: dict[str, Floats]) -> Conditions:
        """Return the conditions of training sounds, from the values of each attribute; none for no attributes."""
        for name, values in columns.items():
            if not np.isfinite(values).all():
                raise UserError(f"gan.attributes: found NaN or infinity in {name}, expected finite values")
        if not columns:
            return cls((), np.zeros((1, 0)), np.ones(1, np.int64))
        rows, counts = np.unique(np.stack(list(columns.values()), axis=1), axis=0, return_counts=True)
        return cls(tuple(Attribute.of(name, values) for name, values in columns.items()), rows, counts.astype(np.int64))

    def to_list(self) -> list[dict[str, Any]]:
        """Return a description of the attributes, in plain values."""
        return [
            {"name": one.name, "classes": list(one.classes), "minimum": one.minimum, "maximum": one.maximum}
            for one in self.attributes
        ]

    @property
    def width(self) -> int:
        """Numbers that the attributes take in a latent vector."""
        return sum(attribute.width for attribute in self.attributes)

    def encode(self, values: Floats) -> NDArray[np.float32]:
        """Return values of the attributes as parts of latent vectors, (n, n_attributes) → (n, width)."""
        parts = [attribute.encode(values[:, index]) for index, attribute in enumerate(self.attributes)]
        return np.concatenate([np.zeros((len(values), 0), np.float32), *parts], axis=1)

    def decode(self, encoded: NDArray[Any]) -> dict[str, Floats]:
        """Return the values of each attribute, (n, width) → (n,) each."""
        parts = np.split(encoded, np.cumsum([attribute.width for attribute in self.attributes])[:-1], axis=1)
        return {one.name: one.decode(part) for one, part in zip(self.attributes, parts, strict=False)}

    def draw(self, shares: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the combination of one training sound for each number in [0, 1), as parts of latent vectors."""
        chosen = np.searchsorted(self._ends, (shares * self._ends[-1]).astype(np.int64), side="right")
        return self.encode(self.rows[chosen])

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        return np.cumsum(self.counts)
