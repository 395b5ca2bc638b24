"""The running average of a network's weights, which is the network that is kept."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def average_decay(step: int, decay: float) -> float:
    """Return the decay after a step, from 0: (1 + step)/(10 + step) until that is more than `decay`.

    An average that began with its full decay would for long be that of the weights that no step has changed.
    """
    return min(decay, (1 + step) / (10 + step))


def update_average(averages: Sequence[Tensor], weights: Sequence[Tensor], step: int, decay: float) -> None:
    """Move averages toward weights, in place: average ← decay · average + (1 - decay) · weight."""
    with torch.no_grad():
        torch._foreach_lerp_(list(averages), list(weights), 1.0 - average_decay(step, decay))
