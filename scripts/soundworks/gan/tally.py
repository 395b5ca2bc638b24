"""Means of losses over some steps, for the learning curves; and the point at which they tell that nothing is learnt."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from soundworks.errors import UserError

#: A loss beyond this comes from a training that has run away; sensible ones are a million times smaller.
_ABSURD = 1e6


class Tally:
    """Sums of named numbers, kept where they are computed, so that no step waits for them."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, name: str, value: Tensor) -> None:
        """Count one more value in."""
        value = value.detach().double()
        self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.counts[name] = self.counts.get(name, 0) + 1

    def means(self) -> dict[str, float]:
        """Return the mean of each name."""
        return {name: float(total) / self.counts[name] for name, total in self.sums.items()}

    def clear(self) -> None:
        """Begin anew."""
        self.sums, self.counts = {}, {}

    def state(self) -> dict[str, Any]:
        """Return plain values for `restore`."""
        return {"sums": {name: float(total) for name, total in self.sums.items()}, "counts": self.counts}

    def restore(self, state: dict[str, Any], device: str) -> None:
        """Go on from a state."""
        self.sums = {name: torch.tensor(x, dtype=torch.float64, device=device) for name, x in state["sums"].items()}
        self.counts = dict(state["counts"])

    def check(self, step: int, learning_rate: float) -> None:
        """Raise a `UserError` if a mean is no number, or one that no sensible training comes to."""
        for name, mean in self.means().items():
            if not math.isfinite(mean) or abs(mean) > _ABSURD:
                raise UserError(
                    f"gan.learning_rate: found {name} {mean:.4g} by step {step} at a rate of {learning_rate:g}, "
                    f"expected a finite number of at most {_ABSURD:g}; a lower learning_rate, or a larger "
                    "gradient_penalty, keeps a training from running away"
                )
