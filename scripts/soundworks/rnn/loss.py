"""The loss of predicted codes, and what the network is given as the samples before."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

#: Bits of a natural unit of information.
BITS = 1.0 / math.log(2.0)


def code_loss(logits: Tensor, codes: Tensor, counted: Tensor | None) -> tuple[Tensor, Tensor | int]:
    """Return the cross-entropy of codes in natural units (1/ln 2 bits), summed over samples that count; how many do.

    Parameters
    ----------
    logits : Tensor, shape (batch, time, 256)
    codes : Tensor of int, shape (batch, time)
    counted : Tensor of bool, shape (batch, time), optional
        All by default.
    """
    if counted is None:
        return functional.cross_entropy(logits.flatten(0, 1), codes.flatten(), reduction="sum"), codes.numel()
    losses = functional.cross_entropy(logits.flatten(0, 1), codes.flatten(), reduction="none")
    return (losses * counted.flatten()).sum(), counted.sum()


def draw_codes(logits: Tensor, uniforms: Tensor) -> Tensor:
    """Return the codes that numbers in [0, 1) choose by their odds, (n, 256) and (n,) → (n,)."""
    sums = logits.softmax(dim=-1).cumsum(dim=-1)
    return (sums <= uniforms.unsqueeze(-1) * sums[:, -1:]).sum(dim=-1).clamp(max=logits.shape[-1] - 1)


def replace_drawn(given: Tensor, logits: Tensor, share: float, rng: np.random.Generator) -> Tensor:
    """Return the samples before each step with a share of them replaced by what the network draws in their place.

    Scheduled sampling (S. Bengio et al. 2015, arXiv:1506.03099) in two passes instead of step by step: the network is
    told of the sound's own samples first, and draws from what it makes of them (T. Mihaylova and A. Martins: "Scheduled
    sampling for transformers", 2019, arXiv:1906.07651). The first sample stays, for the step before it is another's.

    Parameters
    ----------
    given : Tensor of int, shape (batch, time)
        The sample before each step.
    logits : Tensor, shape (batch, time, 256)
        What the network makes of them: `logits[:, t]` is of the sample `given[:, t + 1]`.
    share : float
        How likely each is to be replaced.
    rng : Generator
    """
    chosen = rng.random(tuple(given[:, 1:].shape), np.float32) < share
    uniforms = torch.from_numpy(rng.random(int(chosen.sum()), np.float32)).to(given.device)
    places = torch.from_numpy(chosen).to(given.device)
    mixed = given.clone()
    mixed[:, 1:][places] = draw_codes(logits[:, :-1][places], uniforms)
    return mixed


def add_noise(given: Tensor, deviation: float, rng: np.random.Generator) -> Tensor:
    """Return samples, in codes, with Gaussian noise added; they are real numbers then."""
    noise = deviation * rng.standard_normal(tuple(given.shape), np.float32)
    return given.float() + torch.from_numpy(noise).to(given.device)
