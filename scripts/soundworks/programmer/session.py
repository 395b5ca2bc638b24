"""A training in memory: the network, its optimizer and all that a checkpoint must hold to go on exactly."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.programmer.average import WeightAverage, copies_of
from soundworks.programmer.data import Batch, Examples, Rows
from soundworks.programmer.measure import rmse
from soundworks.programmer.objective import Objective, make_metrics, make_optimizer
from soundworks.programmer.options import ModelOptions
from soundworks.programmer.schedule import Course, learning_rate
from soundworks.programmer.targets import Codec
from soundworks.training.checkpoint import Checkpoint

#: Sounds that are predicted at a time, where no gradient is needed.
PREDICTION_BATCH = 256


class Session:
    """Trains a network, one batch at a time.

    Attributes
    ----------
    epoch, step : int
        Epochs that are finished, and batches that are finished in the present one.
    history, timing : list of dict
        A row an epoch.
    """

    def __init__(self, network: keras.Model, codec: Codec, options: ModelOptions) -> None:
        self.network, self.codec, self.options = network, codec, options
        self.objective = Objective(codec, options)
        self.metrics = make_metrics(options)
        self.optimizer = make_optimizer(options)
        self.optimizer.build(network.trainable_variables)
        self.average = WeightAverage(network.trainable_variables, options.average_decay)
        self.top_rate = options.learning_rate or float(f"{float(self.optimizer.learning_rate):.6g}")  # it has 32 bits
        self.rate = self.top_rate
        self.course = Course()
        self.epoch = self.step = 0
        self.loss_sum, self.n_sounds, self.seconds = 0.0, 0, 0.0
        self.history: list[dict[str, Any]] = []
        self.timing: list[dict[str, Any]] = []
        self.best: list[NDArray[Any]] = []
        self._train_step, self._test_step = self._compiled()

    def _compiled(self) -> tuple[Any, Any]:
        """Return the two steps as graphs that take batches of any size."""
        features = tf.TensorSpec((None, *self.network.input_shape[1:]), tf.float32)
        encoded = tf.TensorSpec((None, self.codec.n_outputs), tf.float32)
        heard = tf.TensorSpec((None, len(self.codec.targets)), tf.float32)
        variables = self.network.trainable_variables

        def train(features: Any, encoded: Any, heard: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                outputs = self.network(features, training=True)
                loss = self.objective(outputs, encoded, heard)
                penalized = tf.add_n([loss, *self.network.losses])
            self.optimizer.apply(tape.gradient(penalized, variables), variables)
            self.average.update(tf.cast(self.optimizer.iterations, tf.float32))
            return loss, outputs

        def test(features: Any, encoded: Any, heard: Any) -> tuple[Any, Any]:
            outputs = self.network(features, training=False)
            return self.objective(outputs, encoded, heard), outputs

        signature = [features, encoded, heard]
        return tf.function(train, input_signature=signature), tf.function(test, input_signature=signature)

    def _arguments(self, batch: Batch) -> tuple[Any, Any, Any]:
        heard = batch.heard if self.options.mask_unheard else np.ones_like(batch.heard)
        return batch.features, self.codec.encode(batch.norm), heard.astype(np.float32)

    def train_on(self, batch: Batch, steps_per_epoch: int) -> None:
        """Take one step of the optimizer.

        Raises
        ------
        UserError
            If the loss is no finite number any more.
        """
        started = time.perf_counter()
        self.rate = learning_rate(
            self.top_rate, self.epoch * steps_per_epoch + self.step, steps_per_epoch, self.course.factor, self.options
        )
        self.optimizer.learning_rate = self.rate
        loss, outputs = self._train_step(*self._arguments(batch))
        self.step += 1
        if not math.isfinite(float(loss)):
            raise UserError(
                f"programmer.{self.options.model}: found the loss {float(loss)} in step {self.step} of epoch "
                f"{self.epoch + 1}, expected a finite number; a learning_rate below {self.top_rate:g}, or a clip_norm, "
                "keeps a training from running away"
            )
        n = len(batch.norm)
        self.loss_sum, self.n_sounds = self.loss_sum + float(loss) * n, self.n_sounds + n
        predicted = self.decode(outputs)
        for metric in self.metrics.values():
            metric.update_state(batch.norm, predicted)
        self.seconds += time.perf_counter() - started

    def decode(self, outputs: Any) -> NDArray[np.float32]:
        """Return the normalised values that raw outputs stand for."""
        return self.codec.decode(self.codec.activate(np.asarray(outputs))).astype(np.float32)

    def validate(self, examples: Examples, rows: Rows) -> tuple[float, NDArray[np.float32]]:
        """Return the loss over some sounds, averaged over batches, and the normalised values predicted for them."""
        losses, sizes, predicted = [], [], []
        for batch in examples.batches(rows, PREDICTION_BATCH):
            loss, outputs = self._test_step(*self._arguments(batch))
            losses.append(float(loss))
            sizes.append(len(batch.norm))
            predicted.append(self.decode(outputs))
        return float(np.average(losses, weights=sizes)), np.concatenate(predicted)

    def finish_epoch(self, examples: Examples) -> None:
        """Measure the network on the validation split, and take note of the epoch."""
        started = time.perf_counter()
        self.epoch += 1
        row: dict[str, Any] = {"epoch": self.epoch, "loss": self.loss_sum / self.n_sounds} | self._measured("")
        with self.average.applied():
            self._validated(row, examples)
            if self.course.after(self.epoch, row["val_rmse"], self.options):
                self.best = copies_of(self.network.weights)
        self.history.append({**row, "learning_rate": self.rate})
        self._close_epoch(time.perf_counter() - started)

    def _validated(self, row: dict[str, Any], examples: Examples) -> None:
        """Add to an epoch's row what the network is worth on the validation split."""
        rows = examples.rows["validation"]
        true, heard = examples.norm[rows], examples.heard[rows]
        row["val_loss"], predicted = self.validate(examples, rows)
        self._update_metrics([(true, predicted)])
        row |= self._measured("val_")
        row |= {"val_rmse": rmse(predicted, true), "val_rmse_heard": rmse(predicted, true, heard)}

    def _close_epoch(self, validation_s: float) -> None:
        seconds = self.seconds + validation_s
        self.timing.append({"epoch": self.epoch, "seconds": seconds, "sounds_per_second": self.n_sounds / seconds})
        self.step, self.loss_sum, self.n_sounds, self.seconds = 0, 0.0, 0, 0.0
        self._update_metrics([])

    def _update_metrics(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        for metric in self.metrics.values():
            metric.reset_state()
            for true, predicted in pairs:
                metric.update_state(true, predicted)

    def _measured(self, prefix: str) -> dict[str, float]:
        return {prefix + name: float(metric.result()) for name, metric in self.metrics.items()}

    @property
    def finished(self) -> bool:
        """Whether the training is over."""
        return self.epoch > 0 and self.step == 0 and self.course.stops(self.epoch, self.options)

    def finish(self) -> None:
        """Give the network its final weights: those of the best epoch, or of the last."""
        if self.options.restore_best:
            self.network.set_weights(self.best)
        else:
            self.average.apply()

    def _variables(self) -> dict[str, list[Any]]:
        metrics = [variable for metric in self.metrics.values() for variable in metric.variables]
        return {"network": self.network.variables, "optimizer": self.optimizer.variables, "metrics": metrics,
                "average": self.average.averages}  # fmt: skip

    def checkpoint(self) -> Checkpoint:
        """Return all that `resume` needs."""
        names = ("epoch", "step", "rate", "loss_sum", "n_sounds", "seconds", "history", "timing")
        state = {**{name: getattr(self, name) for name in names}, "course": vars(self.course)}
        arrays = {name: copies_of(variables) for name, variables in self._variables().items()}
        return Checkpoint({**arrays, "best": self.best}, state)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on where a checkpoint was made."""
        for name, variables in self._variables().items():
            for variable, array in zip(variables, checkpoint.arrays.get(name, []), strict=True):
                variable.assign(array)
        self.best = checkpoint.arrays.get("best", [])
        state = dict(checkpoint.state)
        self.course = Course(**state.pop("course"))
        for name, value in state.items():
            setattr(self, name, value)
