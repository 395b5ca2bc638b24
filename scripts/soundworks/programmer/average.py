"""A running average of a network's weights: smoother than the weights themselves, and mostly better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import NDArray


def copies_of(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """Return the present values of variables."""
    return [variable.value.numpy().copy() for variable in variables]


class WeightAverage:
    """An exponential average of weights over the steps of a training (Polyak, Juditsky 1992).

    Parameters
    ----------
    weights : sequence of variables
        The trainable weights of a network.
    decay : float or None
        What is left of the old average after a step, once the training is under way; None for no average.
    """

    def __init__(self, weights: Sequence[Any], decay: float | None) -> None:
        self.weights = weights if decay is not None else []
        self.decay = decay
        self.averages = [keras.Variable(value, trainable=False) for value in copies_of(self.weights)]

    def update(self, step: Any) -> None:
        """Take in the weights after a step, counted from 1. The first ones are soon forgotten, for they are far off."""
        if self.decay is None:
            return
        share = 1.0 - tf.minimum(self.decay, (1.0 + step) / (10.0 + step))
        for average, weight in zip(self.averages, self.weights, strict=True):
            average.assign_add(share * (weight - average))

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let the network have the average as its weights for a while."""
        kept = copies_of(self.weights)
        self.apply()
        try:
            yield
        finally:
            for weight, value in zip(self.weights, kept, strict=True):
                weight.assign(value)

    def apply(self) -> None:
        """Give the network the average as its weights."""
        for weight, average in zip(self.weights, self.averages, strict=True):
            weight.assign(average)
