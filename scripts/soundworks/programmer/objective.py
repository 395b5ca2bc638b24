"""What training makes smaller, and what it measures: losses, metrics and optimizers of Keras by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from soundworks.errors import UserError
from soundworks.programmer.layout import Group
from soundworks.programmer.options import ModelOptions
from soundworks.programmer.targets import Codec

Tensor = Any


class Objective:
    """The loss of a network's outputs against encoded targets.

    Every parameter counts the same: the loss is the mean over all of them of the regression loss, for those with one
    output, and of the cross entropy, for the others. What cannot be heard has no part in it and gets no gradient.

    Parameters
    ----------
    codec : Codec
    options : ModelOptions

    Raises
    ------
    UserError
        If Keras has no loss of the name, or has one that does not take values of this kind.
    """

    def __init__(self, codec: Codec, options: ModelOptions) -> None:
        self.codec = codec
        self._regression = _regression_loss(options)

    def __call__(self, outputs: Tensor, encoded: Tensor, heard: Tensor) -> Tensor:
        """Return the loss of one batch.

        Parameters
        ----------
        outputs, encoded : tensor, shape (batch, n_outputs)
            What the network gave, and what `Codec.encode` says that it should give.
        heard : tensor of float32, shape (batch, n_parameters)
            1 where a parameter counts, 0 where it does not.
        """
        losses: list[tuple[int, Tensor]] = []
        sums: list[Tensor] = []
        counts: list[Tensor] = []
        n_distributed = 0
        for group in self.codec.groups:
            mask = ops.take(heard, np.array(group.members), axis=1)
            if group.head == "regression":
                loss = self._regression(outputs[:, group.columns], encoded[:, group.columns], mask)
                losses.append((len(group.members), loss))
                continue
            sums.append(ops.sum(_cross_entropy(group, outputs, encoded) * mask))
            counts.append(ops.sum(mask))
            n_distributed += len(group.members)
        if n_distributed:
            losses.append((n_distributed, sum(sums) / ops.maximum(sum(counts), 1.0)))
        return sum(share * loss for share, loss in losses) / len(self.codec.targets)


def _cross_entropy(group: Group, outputs: Tensor, encoded: Tensor) -> Tensor:
    """Return the cross entropy of each target of a group, shape (batch, members)."""
    shape = (-1, len(group.members), group.size)
    logits = ops.reshape(outputs[:, group.columns], shape)
    return -ops.sum(ops.reshape(encoded[:, group.columns], shape) * ops.log_softmax(logits, axis=-1), axis=-1)


def _regression_loss(options: ModelOptions) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return a function of (predicted, true, mask), each of shape (batch, k), to the loss."""
    if options.loss == "rmse":
        return _rmse
    loss = _named("loss", keras.losses.get, options.loss, options)

    def masked(predicted: Tensor, true: Tensor, mask: Tensor) -> Tensor:
        # What is masked is 0 on both sides: it has no gradient, for any loss.
        return ops.mean(loss(true * mask, predicted * mask))

    _try_out("loss", lambda: np.asarray(masked(*_EXAMPLE)), options.loss, options)
    return masked


#: Values to try a loss or a metric on: predicted, true, and a mask of ones.
_EXAMPLE = (np.full((2, 3), 0.5, np.float32), np.full((2, 3), 0.25, np.float32), np.ones((2, 3), np.float32))


def _rmse(predicted: Tensor, true: Tensor, mask: Tensor) -> Tensor:
    """Return the root of the mean, over batch and outputs, of the squared error: deepDIVA's default loss."""
    mean = ops.sum(ops.square(predicted - true) * mask) / ops.maximum(ops.sum(mask), 1.0)
    return ops.sqrt(ops.maximum(mean, keras.config.epsilon() ** 2))  # the root's gradient at 0 is infinite


def make_metrics(options: ModelOptions) -> dict[str, keras.Metric]:
    """Return the metrics that the options name, over normalised values of all parameters, by those names."""
    metrics = {}
    for name in options.metrics:
        metric = keras.metrics.RootMeanSquaredError() if name == "rmse" else None
        metric = metric or _named("metrics", keras.metrics.get, name, options)
        if not isinstance(metric, keras.Metric):
            metric = keras.metrics.MeanMetricWrapper(metric)
        _try_out("metrics", lambda metric=metric: metric(_EXAMPLE[1], _EXAMPLE[0]), name, options)  # type: ignore[misc]
        metric.reset_state()
        metrics[name] = metric
    return metrics


def make_optimizer(options: ModelOptions) -> keras.optimizers.Optimizer:
    """Return the optimizer that the options name."""
    found = _named("optimizer", keras.optimizers.get, options.optimizer, options)
    settings = {"learning_rate": options.learning_rate, "weight_decay": options.weight_decay}
    settings |= {"global_clipnorm": options.clip_norm}
    given = {name: value for name, value in settings.items() if value is not None}
    return type(found)(**given)


def _named(key: str, get: Callable[[str], Any], name: str, options: ModelOptions) -> Any:
    try:
        return get(name)
    except (ValueError, TypeError):
        raise UserError(
            f"{options.key(key)}: found {name!r}, expected the name of one of Keras's {_PLURALS[key]}"
        ) from None


_PLURALS = {"loss": "losses, or rmse", "metrics": "metrics, or rmse", "optimizer": "optimizers"}


def _try_out(key: str, function: Callable[[], Any], name: str, options: ModelOptions) -> None:
    try:
        finite = bool(np.isfinite(np.asarray(function())).all())
    except Exception:  # Keras and TensorFlow raise their own kinds
        finite = False
    if not finite:
        raise UserError(f"{options.key(key)}: found {name!r}, which cannot compare normalised parameter values, "
                        "expected one such as mean_squared_error")  # fmt: skip
