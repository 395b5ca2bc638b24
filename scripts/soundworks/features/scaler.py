"""A scaler to [0, 1] by the least and the greatest value of each cell, kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.errors import UserError
from soundworks.features.spectrum import Array
from soundworks.files import atomic_text

FORMAT = "soundworks scaler 1"
#: A cell whose range is less than this part of its values is constant: what varies there are rounding errors.
_CONSTANT = 1e-5


@dataclass(frozen=True)
class MinMaxScaler:
    """Maps the least value of a cell to 0 and the greatest to 1; a constant cell to 0.

    Attributes
    ----------
    low, high : ndarray of float32
        In the shape of a feature, with 1 along the axes that share a scale.
    axes : tuple of int
        Axes of the array of sounds that share a scale; 0 is the sounds' own.
    clip : bool
        Whether new values outside the range are limited to [0, 1].
    """

    low: Array
    high: Array
    axes: tuple[int, ...] = (0,)
    clip: bool = True

    @classmethod
    def fit(cls, features: Array, axes: Sequence[int] = (0,), clip: bool = True) -> MinMaxScaler:
        """Return the scaler of an array of features, the sounds along axis 0."""
        return cls.of_cells(features.min(axis=0), features.max(axis=0), axes, clip)

    @classmethod
    def of_cells(cls, low: Array, high: Array, axes: Sequence[int], clip: bool) -> MinMaxScaler:
        """Return the scaler of sounds whose least and greatest value is known for each cell."""
        shared = tuple(axis - 1 for axis in axes if axis > 0)
        low, high = low.min(axis=shared, keepdims=True), high.max(axis=shared, keepdims=True)
        return cls(low.astype(np.float32), high.astype(np.float32), tuple(axes), clip)

    def merge(self, other: MinMaxScaler) -> MinMaxScaler:
        """Return the scaler of both arrays together."""
        return MinMaxScaler(np.minimum(self.low, other.low), np.maximum(self.high, other.high), self.axes, self.clip)

    @property
    def span(self) -> Array:
        """Range of each cell; 0 where it is constant."""
        span = self.high - self.low
        size = np.maximum(np.maximum(np.abs(self.low), np.abs(self.high)), 1)
        return np.where(span > _CONSTANT * size, span, 0).astype(np.float32)

    def transform(self, features: Array) -> Array:
        """Return features scaled to [0, 1]; the sounds may be along a further first axis."""
        span = self.span
        scaled = np.where(span > 0, (features - self.low) / np.where(span > 0, span, 1), 0)
        return np.clip(scaled, 0, 1, dtype=np.float32) if self.clip else scaled.astype(np.float32)

    def inverse(self, scaled: Array) -> Array:
        """Return the features that `transform` has scaled."""
        return (scaled * self.span + self.low).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {"format": FORMAT, "kind": "minmax", "scale_axis": list(self.axes), "clip": self.clip,
                "shape": list(self.low.shape), "min": self.low.ravel().tolist(),
                "max": self.high.ravel().tolist()}  # fmt: skip

    def write(self, path: Path) -> None:
        """Write the scaler as JSON."""
        with atomic_text(path) as stream:
            json.dump(self.to_dict(), stream)

    @classmethod
    def from_dict(cls, document: Any) -> MinMaxScaler:
        """Return the scaler of which `to_dict` gave the values; raise ValueError, KeyError or TypeError for others."""
        if document["format"] != FORMAT:
            raise ValueError(document["format"])
        low, high = (np.array(document[key], np.float32).reshape(document["shape"]) for key in ("min", "max"))
        return cls(low, high, tuple(map(int, document["scale_axis"])), bool(document["clip"]))

    @classmethod
    def read(cls, path: Path) -> MinMaxScaler:
        """Read a scaler that `write` made; raise a `UserError` if the file is none."""
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise UserError(f"{path}: no such file, expected a scaler") from None
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{path}: this is not a scaler, expected JSON with the format {FORMAT!r}") from None
