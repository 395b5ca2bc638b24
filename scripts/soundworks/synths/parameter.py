"""The synthesis parameter: a name, a range, a unit, and the mappings between natural and normalised values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from soundworks.contour import Value
from soundworks.errors import UserError

Kind = Literal["continuous", "integer", "categorical"]


@dataclass
class Parameter:
    """One parameter of a synth, with its present value.

    Attributes
    ----------
    name : str
        Name as used in configs and tables.
    minimum, maximum, default : float
        Closed range and initial value, in `unit`.
    unit : str
        Physical unit of natural values, such as "Hz" or "octaves re 1 event/s".
    doc : str
        One sentence for users.
    scale : {"linear", "log"}
        How [0, 1] is spread over the range: evenly, or in equal ratios.
    aliases : tuple of str
        Other names under which older configs know it.
    kind : {"continuous", "integer", "categorical"}
        Whether natural values are real numbers, whole numbers in an order, or whole numbers that only name a choice.
    labels : tuple of str
        Name of each choice, from `minimum` on; empty where numbers say enough.
    heard : tuple of (str, float, float)
        (other parameter, low, high): the parameter is heard only while each other lies in [low, high], closed, in
        natural units. Empty if it is always heard.
    val : float or Contour
        Present value in natural units.
    """

    name: str
    minimum: float
    maximum: float
    default: float
    unit: str
    doc: str
    scale: Literal["linear", "log"] = "linear"
    aliases: tuple[str, ...] = ()
    kind: Kind = "continuous"
    labels: tuple[str, ...] = ()
    heard: tuple[tuple[str, float, float], ...] = ()
    val: Value = field(init=False)

    def __post_init__(self) -> None:
        self.val = self.default

    def copy(self) -> Parameter:
        """Return a copy with a value of its own; every sound of a data set asks for one, and `copy.copy` is slow."""
        clone = object.__new__(type(self))
        clone.__dict__.update(self.__dict__)
        return clone

    @property
    def min(self) -> float:
        """The minimum, under the original interface's name."""
        return self.minimum

    @property
    def max(self) -> float:
        """The maximum, under the original interface's name."""
        return self.maximum

    @property
    def synth_doc(self) -> str:
        """The doc, under the original interface's name."""
        return self.doc

    @property
    def n_values(self) -> int:
        """Number of values of an integer or categorical parameter."""
        return round(self.maximum - self.minimum) + 1

    def from_norm(self, norm: float) -> float:
        """Map a normalised value [0, 1] → [minimum, maximum] in natural units; whole numbers have equal shares."""
        if self.kind != "continuous":
            return self.minimum + min(math.floor(norm * self.n_values), self.n_values - 1)
        if self.scale == "log":
            return float(self.minimum * (self.maximum / self.minimum) ** norm)
        return float(self.minimum + norm * (self.maximum - self.minimum))

    def to_norm(self, natural: float) -> float:
        """Map a natural value [minimum, maximum] → [0, 1], whole numbers evenly; `from_norm` takes it back."""
        if self.scale == "log":
            return math.log(natural / self.minimum) / math.log(self.maximum / self.minimum)
        return float((natural - self.minimum) / (self.maximum - self.minimum))

    def check(self, natural: float) -> float:
        """Return the value as a float if it lies in the range, else raise a `UserError`.

        A relative slack of 1e-9 of the range is allowed for rounding, and clipped away.
        """
        number = float(natural)
        slack = 1e-9 * (self.maximum - self.minimum)
        if not self.minimum - slack <= number <= self.maximum + slack:
            bounds = f"{self.minimum:g} to {self.maximum:g} {self.unit}".rstrip()
            raise UserError(f"parameter {self.name}: found {number:g}, expected {bounds}")
        return min(max(number, self.minimum), self.maximum)
