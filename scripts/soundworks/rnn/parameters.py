"""The parameters that a network follows: names, units, ranges, and the way to [0, 1] and back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ControlParameter:
    """One parameter that a network follows.

    Attributes
    ----------
    name : str
        The synth's name, a column of `chunks.csv`.
    minimum, maximum : float
        Range over the sounds that the network has learnt from, in natural units.
    unit : str
        Natural unit; empty for none.
    scale : str
        "linear", or "log" where equal ratios are equal steps of [0, 1].
    user_name : str
        The user's own name for it.
    doc : str
        What it does.
    """

    name: str
    minimum: float
    maximum: float
    unit: str = ""
    scale: str = "linear"
    user_name: str = ""
    doc: str = ""

    def __post_init__(self) -> None:
        if self.scale not in ("linear", "log") or not np.isfinite(self.maximum - self.minimum):
            raise ValueError(f"{self.name}: found {self}, expected finite bounds and a scale that is linear or log")
        if self.minimum >= self.maximum or (self.scale == "log" and self.minimum <= 0):
            raise ValueError(f"{self.name}: found [{self.minimum}, {self.maximum}], expected a range")

    def to_norm(self, natural: ArrayLike) -> Floats:
        """Return values in [0, 1] of values in natural units; beyond the range, beyond [0, 1]."""
        low, high = self._bent(np.array([self.minimum, self.maximum]))
        return np.asarray((self._bent(np.asarray(natural, np.float64)) - low) / (high - low))

    def to_natural(self, norm: ArrayLike) -> Floats:
        """Return values in natural units of values in [0, 1]."""
        low, high = self._bent(np.array([self.minimum, self.maximum]))
        bent = low + np.asarray(norm, np.float64) * (high - low)
        return np.exp(bent) if self.scale == "log" else np.asarray(bent)

    def _bent(self, natural: Floats) -> Floats:
        return np.log(natural) if self.scale == "log" else natural

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, item: dict[str, Any]) -> ControlParameter:
        """Return the parameter that `to_dict` told of; raise a `TypeError` or `ValueError` for anything else."""
        texts = {key: item[key] for key in ("name", "unit", "scale", "user_name", "doc") if key in item}
        wrong = [key for key, text in texts.items() if not isinstance(text, str)]
        if wrong:
            raise TypeError(f"{wrong[0]}: found {item[wrong[0]]!r}, expected text")
        if not (item["name"] and item["name"].isprintable()):
            raise ValueError(f"name: found {item['name']!r}, expected one line of text")
        try:
            numbers = {key: float(item[key]) for key in ("minimum", "maximum")}
        except OverflowError:
            raise ValueError(f"{item['name']}: found a bound without end, expected finite bounds") from None
        return cls(**{**item, **numbers})
