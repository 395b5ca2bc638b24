"""Gated recurrent units on a CPU, several times as fast as PyTorch's own where batches and layers are small.

PyTorch keeps a graph of each time step. Here one compiled loop goes over all of them, forwards and backwards; what can
be done for all steps at once, the products with the inputs and the gradients of the weights, is left to PyTorch.
Arrays are (time, batch, features): what one step of some sounds needs lies together.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from soundworks.training.torch_setup import N_THREADS

Array = NDArray[np.float32]

_ONE, _HALF = np.float32(1), np.float32(0.5)
#: Beyond this, tanh is 1 in 32 bits.
_TANH_LIMIT = np.float32(7.90531110763549805)
#: Coefficients of tanh(x) = x · P(x²) / Q(x²), highest power first, a minimax fit to 4 parts in 10^7 (Eigen, ptanh).
_P = tuple(map(np.float32, (-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08,
                            1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03)))  # fmt: skip
_Q = tuple(map(np.float32, (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)))


class Recurrence(torch.autograd.Function):
    """What inputs give to the gates at all steps, recurrent weights, and a state → the states after all steps."""

    @staticmethod
    def forward(ctx: Any, gates: Tensor, weight: Tensor, bias: Tensor, state: Tensor) -> Tensor:
        """Return the states, (time, batch, hidden).

        Parameters
        ----------
        gates : Tensor, shape (time, batch, 3 · hidden)
            What inputs and all biases but `bias` give to the gates r, z, n.
        weight : Tensor, shape (3 · hidden, hidden)
        bias : Tensor, shape (hidden,)
            What is added to the share of n that r is multiplied with.
        state : Tensor, shape (batch, hidden)
            Before the first step.
        """
        given, start, added = (tensor.detach().contiguous().numpy() for tensor in (gates, state, bias))
        towards = weight.detach().T.contiguous().numpy()
        n_times, n_lanes = gates.shape[:2]
        states = np.empty((n_times, *start.shape), np.float32)
        kept = np.empty((n_times, n_lanes, 4 * start.shape[1]), np.float32)
        _in_lanes(lambda first, last: _forward(given, towards, added, start, states, kept, first, last), n_lanes)
        ctx.save_for_backward(weight, state, torch.from_numpy(states), torch.from_numpy(kept))
        return torch.from_numpy(states)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Return the gradients of gates, weight and bias; none goes back beyond the state before."""
        weight, state, states, kept = ctx.saved_tensors
        inner, recurrent = (np.empty((*states.shape[:2], weight.shape[0]), np.float32) for _ in range(2))
        given: list[Any] = [tensor.contiguous().numpy() for tensor in (slopes[0], weight, state, states, kept)]
        given += [inner, recurrent]
        _in_lanes(lambda first, last: _backward(*given, first, last), len(state))  # type: ignore[call-arg]
        before = torch.cat([state.unsqueeze(0), states[:-1]]).flatten(0, 1)
        towards = torch.from_numpy(recurrent).flatten(0, 1)
        to_bias = towards[:, 2 * state.shape[1] :].sum(dim=0)
        return torch.from_numpy(inner), towards.T @ before, to_bias, None


def _in_lanes(work: Callable[[int, int], None], n_lanes: int) -> None:
    """Do work on as many parts of the lanes as there are threads; lanes do not touch one another."""
    bounds = [n_lanes * part // N_THREADS for part in range(N_THREADS + 1)]
    list(_threads().map(work, bounds[:-1], bounds[1:]))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(N_THREADS, thread_name_prefix="recurrence")


@numba.njit(cache=True, fastmath=True, inline="always")
def _tanh(value: np.float32) -> np.float32:
    """Return tanh in operations that are done on many lanes at once."""
    x = min(max(value, -_TANH_LIMIT), _TANH_LIMIT)
    u = x * x
    above = _P[0]
    above = above * u + _P[1]
    above = above * u + _P[2]
    above = above * u + _P[3]
    above = above * u + _P[4]
    above = above * u + _P[5]
    above = above * u + _P[6]
    below = _Q[0]
    below = below * u + _Q[1]
    below = below * u + _Q[2]
    below = below * u + _Q[3]
    return x * above / below


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _forward(
    gates: Array, weight: Array, bias: Array, state: Array, states: Array, kept: Array, first: int, last: int
) -> None:
    """Fill `states`, and r, z, n and what r is multiplied with in `kept`, for some lanes; `weight` is transposed."""
    n_times, hidden = gates.shape[0], weight.shape[0]
    turned = np.empty((last - first, 3 * hidden), np.float32)
    before = state[first:last]
    for t in range(n_times):
        np.dot(before, weight, turned)
        present = states[t, first:last]
        for b in range(last - first):
            given, flat, keep = gates[t, first + b], turned[b], kept[t, first + b]
            for i in range(2 * hidden):
                keep[i] = _HALF + _HALF * _tanh(_HALF * (flat[i] + given[i]))
            for i in range(hidden):
                keep[3 * hidden + i] = flat[2 * hidden + i] + bias[i]
            for i in range(hidden):
                n = _tanh(given[2 * hidden + i] + keep[i] * keep[3 * hidden + i])
                keep[2 * hidden + i] = n
                present[b, i] = n + keep[hidden + i] * (before[b, i] - n)
        before = present


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _backward(
    slopes: Array, weight: Array, state: Array, states: Array, kept: Array, inner: Array, recurrent: Array,
    first: int, last: int,
) -> None:  # fmt: skip
    """Fill the gradients of what inputs, and of what states, give to the gates, for some lanes."""
    n_times, hidden = states.shape[0], weight.shape[1]
    carried = np.zeros((last - first, hidden), np.float32)
    for t in range(n_times - 1, -1, -1):
        before = states[t - 1, first:last] if t > 0 else state[first:last]
        for b in range(last - first):
            keep, slope, old, more = kept[t, first + b], slopes[t, first + b], before[b], carried[b]
            to_inner, to_recurrent = inner[t, first + b], recurrent[t, first + b]
            for i in range(hidden):
                more[i] += slope[i]
            for i in range(hidden):
                z, n = keep[hidden + i], keep[2 * hidden + i]
                to_inner[hidden + i] = more[i] * (old[i] - n) * z * (_ONE - z)
                to_inner[2 * hidden + i] = more[i] * (_ONE - z) * (_ONE - n * n)
            for i in range(hidden):
                r = keep[i]
                to_inner[i] = to_inner[2 * hidden + i] * keep[3 * hidden + i] * r * (_ONE - r)
                more[i] *= keep[hidden + i]
            for i in range(2 * hidden):
                to_recurrent[i] = to_inner[i]
            for i in range(hidden):
                to_recurrent[2 * hidden + i] = to_inner[2 * hidden + i] * keep[i]
        carried += np.dot(recurrent[t, first:last], weight)
