"""The networks, as Keras models from features of a sound to the raw outputs that `Codec` describes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers, ops

from soundworks.errors import UserError
from soundworks.programmer.options import ModelOptions

Tensor = Any

#: The CNN halves both axes four times, and something must be left.
_CNN_SMALLEST = 16


def build_network(options: ModelOptions, shape: Sequence[int], axes: Sequence[str], n_outputs: int) -> keras.Model:
    """Build the network of a model with fresh weights.

    Parameters
    ----------
    options : ModelOptions
    shape : sequence of int
        Shape of the feature of one sound.
    axes : sequence of str
        Names of its axes: time, frequency or coefficient, and channel.
    n_outputs : int
        Number of raw outputs: `Codec.n_outputs`.

    Returns
    -------
    network : keras.Model
        From (batch, *shape) to (batch, n_outputs).

    Raises
    ------
    UserError
        If the feature is too small for the network.
    """
    inputs = keras.Input(tuple(shape), dtype="float32")
    outputs = _NETWORKS[options.model](inputs, tuple(axes), n_outputs, options)
    return keras.Model(inputs, outputs, name=options.model)


def _as_image(inputs: Tensor) -> Tensor:
    """Return the feature with a channel axis, (batch, rows, columns, 1)."""
    return inputs if len(inputs.shape) == 4 else layers.Reshape((*inputs.shape[1:], 1))(inputs)


def _as_frames(inputs: Tensor, axes: tuple[str, ...]) -> Tensor:
    """Return the feature as a sequence of frames, (batch, time, bands)."""
    size = dict(zip(axes, inputs.shape[1:], strict=True))
    kept = [axis for axis in axes if axis != "channel"]
    frames = inputs if "channel" not in axes else layers.Reshape([size[axis] for axis in kept])(inputs)
    return frames if kept[0] == "time" else layers.Permute((2, 1))(frames)


def _cnn(inputs: Tensor, _axes: tuple[str, ...], n_outputs: int, options: ModelOptions) -> Tensor:
    """The CNN of deepDIVA: four convolutions, each with a pooling of 2 × 2, and two dense layers with dropout."""
    tensor = _as_image(inputs)
    if min(tensor.shape[1:3]) < _CNN_SMALLEST:
        found = " × ".join(map(str, tensor.shape[1:3]))
        raise UserError(
            f"{options.key('feature')}: found {options.feature} of {found} values a sound, expected "
            f"{_CNN_SMALLEST} × {_CNN_SMALLEST} at least"
        )
    for filters in (32, 64, 128, 128):
        tensor = layers.Conv2D(filters, 3, padding="same", activation="relu")(tensor)
        tensor = layers.MaxPooling2D(2)(tensor)
    tensor = layers.Flatten()(tensor)
    for units in (128, 64):
        tensor = layers.Dense(units, activation="relu")(tensor)
        tensor = layers.Dropout(0.3)(tensor)
    return layers.Dense(n_outputs)(tensor)


def _lstm(inputs: Tensor, axes: tuple[str, ...], n_outputs: int, _options: ModelOptions) -> Tensor:
    """The LSTM of deepDIVA: both directions of time, a dense layer, and six highway layers."""
    tensor = layers.Bidirectional(layers.LSTM(128))(_as_frames(inputs, axes))
    tensor = layers.Dropout(0.2)(tensor)
    tensor = layers.Dense(128, activation="elu", activity_regularizer=MeanSquareActivity())(tensor)
    for _ in range(6):
        tensor = _highway(tensor)
    initializer = keras.initializers.RandomNormal(0.0, 0.01)
    return layers.Dense(n_outputs, activation="elu", kernel_initializer=initializer)(tensor)


def _highway(tensor: Tensor) -> Tensor:
    """A dense layer that a gate mixes with what came in; at first it lets most of that through (Srivastava 2015)."""
    units = tensor.shape[-1]
    gate = layers.Dense(units, activation="sigmoid", bias_initializer=keras.initializers.Constant(-1.0))(tensor)
    gate = layers.Dropout(0.2)(gate)
    changed = layers.Dense(units, activation="elu", activity_regularizer=MeanSquareActivity())(tensor)
    return layers.Add()([layers.Multiply()([gate, changed]), layers.Multiply()([1.0 - gate, tensor])])


class MeanSquareActivity(keras.Regularizer):
    """0.01 times the sum of squares of a layer's outputs, averaged over the batch.

    That is what `activity_regularizer="l2"` meant in the Keras of the original; Keras 3 sums over the batch.
    """

    def __call__(self, x: Tensor) -> Tensor:
        """Return the penalty of activities of shape (batch, units)."""
        return 0.01 * ops.mean(ops.sum(ops.square(x), axis=-1))


def _mixer(inputs: Tensor, axes: tuple[str, ...], n_outputs: int, options: ModelOptions) -> Tensor:
    """An MLP-Mixer (Tolstikhin 2021) on frames: what a frame's channels say of each other, and its time of the others.

    Every frame hears the whole sound from the first block on, as parameters of an envelope need it; and all of it is
    products of matrices, which processors do best.
    """
    channels, dropout = options.network["channels"], options.network["dropout"]
    tensor = layers.Dense(channels)(_as_frames(inputs, axes))  # (batch, time, channels)
    for _ in range(options.network["blocks"]):
        over_time = layers.Permute((2, 1))(_two_layers(layers.Permute((2, 1))(_normal(tensor))))
        tensor = layers.Add()([tensor, over_time])
        tensor = layers.Add()([tensor, _two_layers(_normal(tensor))])
    tensor = layers.Flatten()(layers.Dense(_CHANNELS_LEFT)(_normal(tensor)))
    tensor = layers.Activation("gelu")(_normal(tensor))
    tensor = layers.Dense(2 * channels, activation="gelu")(layers.Dropout(dropout)(tensor))
    return layers.Dense(n_outputs)(layers.Dropout(dropout)(tensor))


#: Channels per frame that go into the mixer's last layers.
_CHANNELS_LEFT = 32


def _normal(tensor: Tensor) -> Tensor:
    return layers.LayerNormalization()(tensor)


def _two_layers(tensor: Tensor) -> Tensor:
    """Two dense layers over the last axis, twice as wide between."""
    size = tensor.shape[-1]
    return layers.Dense(size)(layers.Dense(2 * size, activation="gelu")(tensor))


_NETWORKS: dict[str, Callable[[Tensor, tuple[str, ...], int, ModelOptions], Tensor]] = {
    "cnn": _cnn,
    "lstm": _lstm,
    "mixer": _mixer,
}
