"""Losses, metrics and optimizers: known values, masks without gradient, names that Keras does not have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from soundworks.errors import UserError
from soundworks.programmer.keras_setup import load_tensorflow
from soundworks.programmer.layout import Target
from soundworks.programmer.options import ModelOptions, model_options
from soundworks.programmer.targets import Codec

tf = load_tensorflow()

from soundworks.programmer.objective import Objective, make_metrics, make_optimizer  # noqa: E402


def options(**given: Any) -> ModelOptions:
    return model_options("cnn", {}, **given)


def target(head: str = "regression", size: int = 1) -> Target:
    kind = "categorical" if head == "softmax" else "continuous"
    return Target("p", 0.0, float(max(size - 1, 1)), "linear", kind, (), head, size)  # type: ignore[arg-type]


VALUES = Codec([target(), target(), target()])
MIXED = Codec([target(), target("softmax", 4), target("distribution", 5), target()])


def loss_of(codec: Codec, outputs: Any, norm: Any, heard: Any, **given: Any) -> float:
    objective = Objective(codec, options(**given))
    return float(objective(tf.constant(outputs, tf.float32), codec.encode(norm), np.asarray(heard, np.float32)))


OUTPUTS = [[0.0, 0.5, 1.0], [0.5, 0.5, 0.0]]
NORM = [[0.0, 0.1, 0.7], [0.5, 0.2, 0.4]]  # errors 0, 0.4, 0.3 and 0, 0.3, -0.4


def test_rmse_is_the_root_over_batch_and_outputs() -> None:
    assert loss_of(VALUES, OUTPUTS, NORM, np.ones((2, 3))) == pytest.approx(np.sqrt(0.5 / 6), abs=1e-6)


def test_what_cannot_be_heard_has_no_part_in_the_rmse() -> None:
    heard = [[1, 0, 1], [1, 1, 0]]

    assert loss_of(VALUES, OUTPUTS, NORM, heard) == pytest.approx(np.sqrt(0.18 / 4), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("mean_squared_error", 0.5 / 6), ("mse", 0.5 / 6), ("MeanAbsoluteError", 1.4 / 6), ("huber", 0.25 / 6)],
)
def test_any_loss_of_keras(name: str, expected: float) -> None:
    assert loss_of(VALUES, OUTPUTS, NORM, np.ones((2, 3)), loss=name) == pytest.approx(expected, abs=1e-6)


def test_every_parameter_counts_the_same() -> None:
    """Two of four are regressed, the others have the cross entropy of a guess: log 4 and log 5."""
    outputs = np.zeros((1, MIXED.n_outputs))
    outputs[0, MIXED.groups[1].columns] = 0.3, 0.6
    norm = [[0.1, 0.375, 0.5, 0.2]]

    expected = (2 * np.sqrt((0.2**2 + 0.4**2) / 2) + np.log(4) + np.log(5)) / 4
    assert loss_of(MIXED, outputs, norm, np.ones((1, 4))) == pytest.approx(expected, abs=1e-5)


def test_the_cross_entropy_is_least_for_the_true_choice() -> None:
    codec = Codec([target("softmax", 4)])
    losses = [loss_of(codec, [np.eye(4)[choice] * 8], [[0.625]], [[1]]) for choice in range(4)]

    assert int(np.argmin(losses)) == 2
    assert losses[2] == pytest.approx(np.log(1 + 3 * np.exp(-8)), abs=1e-5)


@pytest.mark.parametrize("loss", ["rmse", "mean_absolute_error", "cosine_similarity", "log_cosh", "hinge", "poisson"])
def test_masked_targets_get_no_gradient(loss: str) -> None:
    rng = np.random.default_rng(1)
    outputs = tf.Variable(rng.random((6, MIXED.n_outputs)), dtype=tf.float32)
    heard = (rng.random((6, 4)) < 0.5).astype(np.float32)
    objective = Objective(MIXED, options(loss=loss))
    with tf.GradientTape() as tape:
        value = objective(outputs, MIXED.encode(rng.random((6, 4))), heard)
    gradient = tape.gradient(value, outputs).numpy()

    for group in MIXED.groups:
        largest = np.abs(group.split(gradient)).max(axis=-1)
        mask = heard[:, list(group.members)]
        assert (largest[mask == 0] == 0).all()
        assert (largest[mask == 1] > 0).any()


@pytest.mark.parametrize("codec", [VALUES, MIXED])
def test_nothing_heard_is_no_loss_and_no_nan(codec: Codec) -> None:
    outputs = tf.Variable(np.ones((2, codec.n_outputs)), dtype=tf.float32)
    with tf.GradientTape() as tape:
        value = Objective(codec, options())(outputs, codec.encode(np.full((2, len(codec.targets)), 0.5)),
                                            np.zeros((2, len(codec.targets)), np.float32))  # fmt: skip

    assert float(value) == pytest.approx(0, abs=1e-6)
    assert (tape.gradient(value, outputs).numpy() == 0).all()


def test_metrics_by_their_names() -> None:
    metrics = make_metrics(options(metrics=["mean_absolute_error", "rmse", "mse"]))
    for metric in metrics.values():
        metric.update_state(np.array([[0.0, 1.0]], np.float32), np.array([[0.5, 1.0]], np.float32))

    values = {name: float(metric.result()) for name, metric in metrics.items()}
    assert values == pytest.approx({"mean_absolute_error": 0.25, "rmse": np.sqrt(0.125), "mse": 0.125})


def test_optimizers_take_the_options() -> None:
    optimizer = make_optimizer(options(optimizer="adamw", learning_rate=0.25, weight_decay=0.5, clip_norm=2.0))

    assert type(optimizer).__name__ == "AdamW"
    assert float(optimizer.learning_rate) == 0.25
    assert optimizer.weight_decay == 0.5
    assert optimizer.global_clipnorm == 2.0


def test_an_optimizer_keeps_its_own_rate() -> None:
    assert float(make_optimizer(options(optimizer="sgd")).learning_rate) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"loss": "rmsee"},
            r"programmer\.cnn\.loss: found 'rmsee', expected the name of one of Keras's losses, or",
        ),
        ({"loss": "sparse_categorical_crossentropy"}, r"programmer\.cnn\.loss: found 'sparse.*, which cannot compare"),
        ({"metrics": ["mae", "nothing"]}, r"programmer\.cnn\.metrics: found 'nothing', expected the name of one of"),
        ({"optimizer": "adamm"}, r"programmer\.cnn\.optimizer: found 'adamm', expected the name of one of Keras's"),
    ],
)
def test_an_unknown_name_is_a_sentence(given: dict[str, Any], message: str) -> None:
    makers = {"loss": lambda: Objective(VALUES, options(**given)), "metrics": lambda: make_metrics(options(**given)),
              "optimizer": lambda: make_optimizer(options(**given))}  # fmt: skip

    with pytest.raises(UserError, match=message):
        makers[next(iter(given))]()
