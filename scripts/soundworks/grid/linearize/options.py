"""The typed form of a config's `linearize` section."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from soundworks.config.schema import validate_section


@dataclass(frozen=True)
class SomOptions:
    """The self-organizing map; see `config/schemas/linearize.schema.yaml` for the meaning of each key."""

    sounds: int
    iterations: int
    sigma: float | None
    learning_rate: float


@dataclass(frozen=True)
class LinearizeOptions:
    """How a grid is made even; see `config/schemas/linearize.schema.yaml` for the meaning of each key."""

    method: Literal["mesh", "som"]
    distance: str
    clamp_edges: bool
    directions: int
    max_iterations: int
    tolerance: float
    compare: bool
    som: SomOptions

    def to_dict(self) -> dict[str, Any]:
        """Return the options by their names in the config."""
        return asdict(self)


def linearize_options(section: dict[str, Any], /, **replaced: Any) -> LinearizeOptions:
    """Return the options in a `linearize` section, its defaults filled in or not; `replaced` go before it.

    Raises
    ------
    UserError
        In one sentence: key, found, expected.
    """
    given = validate_section("linearize", {**section, **replaced})
    return LinearizeOptions(**{**given, "som": SomOptions(**given["som"])})
