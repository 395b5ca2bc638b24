"""The state of an Adam optimizer as arrays, and back, to the bit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

#: What Adam keeps for each weight: running means of its gradient and of the square of that (Kingma and Ba 2015).
_MOMENTS = ("exp_avg", "exp_avg_sq")


def arrays_of(tensors: Iterable[Tensor]) -> list[NDArray[Any]]:
    """Return copies of tensors as arrays."""
    return [np.array(tensor.detach().cpu().numpy(), order="C") for tensor in tensors]


def fill(tensors: Iterable[Tensor], arrays: Iterable[NDArray[Any]]) -> None:
    """Copy arrays into tensors of their shapes; raise a `ValueError` if number or shapes differ."""
    for tensor, array in zip(tensors, arrays, strict=True):
        if tuple(tensor.shape) != array.shape:
            raise ValueError(f"found an array of shape {array.shape}, expected {tuple(tensor.shape)}")
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(array))


def optimizer_state(optimizer: torch.optim.Adam) -> tuple[dict[str, list[NDArray[Any]]], list[float | None]]:
    """Return the moments of the weights that were moved already, and how often each was; None for the others."""
    states = [optimizer.state.get(parameter, {}) for parameter in optimizer.param_groups[0]["params"]]
    moments = {name: arrays_of(state[name] for state in states if state) for name in _MOMENTS}
    return moments, [float(state["step"]) if state else None for state in states]


def restore_optimizer(
    optimizer: torch.optim.Adam, moments: dict[str, list[NDArray[Any]]], steps: list[float | None]
) -> None:
    """Give an optimizer the state that `optimizer_state` returned; raise a `ValueError` if it is another's."""
    pairs = zip(optimizer.param_groups[0]["params"], steps, strict=True)
    moved = [(parameter, step) for parameter, step in pairs if step is not None]
    arrays = {name: moments.get(name, []) for name in _MOMENTS}
    for (parameter, step), *values in zip(moved, *arrays.values(), strict=True):
        state = {name: torch.empty_like(parameter, requires_grad=False) for name in _MOMENTS}
        fill(state.values(), values)
        optimizer.state[parameter] = {"step": torch.tensor(step, device=parameter.device), **state}
