"""Latent vectors: noise, followed by the encoded attributes of a conditional GAN."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundworks.gan.conditions import Conditions

Latents = NDArray[np.float32]

#: Streams of the experiment's seed: latents of a step, of the sample pictures, and those that a user draws.
STEP_STREAM, SAMPLE_STREAM, DRAW_STREAM = 32, 35, 36


def draw_batch(n: int, n_noise: int, conditions: Conditions, seed: int, *index: int) -> Latents:
    """Return latent vectors drawn together, shape (n, n_noise + conditions.width).

    The noise is normal, with a variance of 1; the attributes are those of training sounds drawn at random.

    Parameters
    ----------
    n, n_noise : int
        How many, and values of noise in each.
    conditions : Conditions
    seed : int
        Of the experiment.
    *index : int
        Stream of the seed, and what else the draw is for.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=index))
    noise = rng.standard_normal((n, n_noise), np.float32)
    return np.concatenate([noise, conditions.draw(rng.random(n))], axis=1)


def draw_each(n: int, n_noise: int, conditions: Conditions, seed: int, stream: int) -> Latents:
    """Return latent vectors of which each depends on its own number alone, shape (n, n_noise + conditions.width)."""
    width = n_noise + conditions.width
    drawn = [draw_batch(1, n_noise, conditions, seed, stream, index) for index in range(n)]
    return np.concatenate([np.zeros((0, width), np.float32), *drawn])
