"""The networks: numbers of weights against closed forms, shapes, any order of axes, sizes that are too small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from soundworks.errors import UserError
from soundworks.programmer.keras_setup import load_tensorflow, seed_keras
from soundworks.programmer.options import MODELS, model_options

load_tensorflow()

from soundworks.programmer.networks import build_network  # noqa: E402

IMAGE, FRAMES = ("frequency", "time", "channel"), ("time", "coefficient")


def build(model: str, shape: tuple[int, ...], axes: tuple[str, ...], n_outputs: int, **options: Any) -> Any:
    return build_network(model_options(model, {}, **options), shape, axes, n_outputs)


def test_the_cnn_has_the_weights_of_deepdiva() -> None:
    assert build("cnn", (128, 173, 1), IMAGE, 11).count_params() == 1_560_075


def test_the_cnn_halves_its_input_four_times() -> None:
    shapes = [layer.output.shape[1:] for layer in build("cnn", (128, 173, 1), IMAGE, 11).layers]

    assert (8, 10, 128) in shapes
    assert (8 * 10 * 128,) in shapes


@pytest.mark.parametrize(("n_coefficients", "n_outputs"), [(13, 11), (20, 9)])
def test_the_lstm_has_the_weights_of_its_description(n_coefficients: int, n_outputs: int) -> None:
    recurrent = 2 * 4 * 128 * (n_coefficients + 128 + 1)
    dense = 256 * 128 + 128
    highway = 6 * 2 * (128 * 128 + 128)
    last = 128 * n_outputs + n_outputs

    network = build("lstm", (44, n_coefficients), FRAMES, n_outputs)

    assert network.count_params() == recurrent + dense + highway + last


def test_the_highway_gates_start_at_minus_one_and_the_last_layer_small() -> None:
    seed_keras(1)
    network = build("lstm", (44, 13), FRAMES, 200)
    gates = [layer for layer in network.layers if getattr(layer, "activation", None) and layer.activation.__name__ == "sigmoid"]  # fmt: skip  # noqa: E501

    assert len(gates) == 6
    assert all((layer.bias.numpy() == -1.0).all() for layer in gates)
    assert network.layers[-1].kernel.numpy().std() == pytest.approx(0.01, rel=0.05)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("shape", "axes"),
    [((32, 20, 1), IMAGE), ((20, 32), ("time", "frequency")), ((20, 32, 1), ("time", "frequency", "channel"))],
)
def test_every_model_takes_features_in_any_order_of_axes(
    model: str, shape: tuple[int, ...], axes: tuple[str, ...]
) -> None:
    network = build(model, shape, axes, 5)

    outputs = network(np.random.default_rng(0).random((3, *shape), np.float32), training=False)

    assert outputs.shape == (3, 5)
    assert np.isfinite(np.asarray(outputs)).all()


@pytest.mark.parametrize("model", ["lstm", "mixer"])
def test_models_of_frames_hear_the_same_whatever_the_order_of_axes(model: str) -> None:
    frames = np.random.default_rng(0).random((2, 20, 32), np.float32)
    layouts = [(frames, ("time", "frequency")), (frames.transpose(0, 2, 1)[..., None], IMAGE)]
    outputs = []
    for features, axes in layouts:
        seed_keras(7)
        outputs.append(np.asarray(build(model, features.shape[1:], axes, 4)(features, training=False)))

    assert outputs[0] == pytest.approx(outputs[1], abs=1e-5)


def test_the_same_seed_gives_the_same_weights() -> None:
    networks = []
    for seed in (3, 3, 4):
        seed_keras(seed)
        networks.append(build("mixer", (20, 16), FRAMES, 4))
    first, again, other = ([weight.numpy() for weight in network.weights] for network in networks)

    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))


def test_a_feature_too_small_for_the_cnn_is_a_sentence() -> None:
    with pytest.raises(UserError, match=r"programmer\.cnn\.feature: found mfcc of 44 × 13 values a sound, expected 16"):
        build("cnn", (44, 13), FRAMES, 4, feature="mfcc")
