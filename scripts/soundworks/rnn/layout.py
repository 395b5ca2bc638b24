"""A network's weights and buffers, laid out for the compiled loop."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.rnn.mulaw import N_CODES, SILENCE
from soundworks.rnn.quantized import most_levels, quantize
from soundworks.rnn.trained import TrainedRnn, Weights, weight_shapes

Floats = NDArray[np.float32]
_Any = TypeVar("_Any", np.float32, np.int8)

#: Neighbouring sums that are worked out together: four AVX-512 registers of them, and one for what is left.
WIDE, NARROW = 64, 16


class Parts(NamedTuple):
    """A network's weights, laid out for the loop; those of the kind not in use have no rows.

    Attributes
    ----------
    first, first_bias : ndarray of float32, shapes (n_parameters + 1 or 256, hidden) and (hidden,)
        A row for each input.
    one_hot : bool
        Whether the sample before is one of 256 inputs.
    gates, output : ndarray of float32, shapes (layers, 2, n_gates · hidden) and (256 · hidden,)
        As `tiles` lays them out; on axis 1, over a layer's input and over its state. There are 3 · hidden gates, first
        r, then z, then n, and idle ones up to a multiple of 16.
    gates_bias, output_bias : ndarray of float32, shapes (layers, 2, n_gates) and (256,)
    small : bool
        Whether the weights are int8.
    small_gates, small_output : ndarray of int8
        As `gates` and `output`.
    gates_scale, output_scale : ndarray of float32, shapes (layers, 2, n_gates) and (256,)
        What 1 of an int8 weight stands for.
    """

    first: Floats
    first_bias: Floats
    one_hot: bool
    gates: Floats
    gates_bias: Floats
    output: Floats
    output_bias: Floats
    small: bool
    small_gates: NDArray[np.int8]
    gates_scale: Floats
    small_output: NDArray[np.int8]
    output_scale: Floats


class Whole(NamedTuple):
    """Room for sums of whole numbers, where weights are int8.

    Attributes
    ----------
    most : float32
        What the largest activation becomes.
    levels : ndarray of int16, shape (hidden,)
        Activations.
    exact : ndarray of int32, shape (the larger of n_gates and 256,)
    """

    most: np.float32
    levels: NDArray[np.int16]
    exact: NDArray[np.int32]


class Memory(NamedTuple):
    """What the loop changes: the network's state, the last code, and room to work in.

    Attributes
    ----------
    hidden : ndarray of float32, shape (layers, hidden)
    code : ndarray of int64, shape (1,)
        The sample before.
    x : ndarray of float32, shape (hidden,)
    a, b : ndarray of float32, shape (n_gates,)
    whole : Whole
    logits, scratch, odds : ndarray of float32, shape (256,)
    heap : ndarray of int64, shape (256,)
    """

    hidden: Floats
    code: NDArray[np.int64]
    x: Floats
    a: Floats
    b: Floats
    whole: Whole
    logits: Floats
    scratch: Floats
    odds: Floats
    heap: NDArray[np.int64]


class Sampling(NamedTuple):
    """How a code is drawn: seed of the random numbers, 1 / temperature (0 for the likeliest code), and top-p."""

    seed: np.uint64
    sharpness: np.float32
    top_p: np.float32


class Knots(NamedTuple):
    """Curves of all parameters, as straight lines between knots.

    Attributes
    ----------
    first : ndarray of int64, shape (n_parameters + 1,)
        Parameter p has the knots from first[p] to first[p + 1].
    positions : ndarray of float64, shape (n_knots,)
        In samples since the stream's start, rising; of two at the same place, the second counts from there on.
    values : ndarray of float64, shape (n_knots,)
        In [0, 1].
    """

    first: NDArray[np.int64]
    positions: NDArray[np.float64]
    values: NDArray[np.float64]


def parts_of(trained: TrainedRnn, small: bool) -> Parts:
    """Return a network's weights for the loop: as they are, or as int8 with a scale for each output.

    Raises
    ------
    UserError
        If the weights are not those that the network's options and parameters tell of.
    """
    _check_weights(trained)
    layers, weights = trained.options.layers, trained.weights
    gates = _padded(_by_layer(weights, "weight", layers))  # (layers, 2, n_gates, hidden)
    output = weights["output.weight"]
    small_gates, gates_scale = quantize(gates if small else gates[:0])
    small_output, output_scale = quantize(output if small else output[:0])
    return Parts(
        first=_copied(weights["input.weight"].T),
        first_bias=_copied(weights["input.bias"]),
        one_hot=trained.options.input == "one-hot",
        gates=tiles(gates[:0] if small else gates, 1),
        gates_bias=_padded(_by_layer(weights, "bias", layers)),
        output=tiles(output[:0] if small else output, 1),
        output_bias=_copied(weights["output.bias"]),
        small=small,
        small_gates=tiles(small_gates, 2),
        gates_scale=gates_scale,
        small_output=tiles(small_output, 2),
        output_scale=output_scale,
    )


def _check_weights(trained: TrainedRnn) -> None:
    expected = weight_shapes(trained.options, len(trained.parameters))
    for name, shape in expected.items():
        weight = trained.weights.get(name)
        if weight is None or weight.shape != shape or weight.dtype != np.float32 or not np.isfinite(weight).all():
            found = "none" if weight is None else f"{weight.dtype} of shape {weight.shape}"
            raise UserError(f"{trained.folder}: {name}: found {found}, expected finite float32 of shape {shape}, "
                            "as the network's options tell")  # fmt: skip


def tiles(weights: NDArray[_Any], together: int) -> NDArray[_Any]:
    """Return matrices in the order in which they are read, (…, outputs, inputs) → (…, outputs · inputs).

    First come the outputs 0 to 63, then 64 to 127 and so on, then what is left by 16; in each group come the weights of
    the first `together` inputs, those of the first output first, then of the next inputs.
    """
    *over, n_outputs, n_inputs = weights.shape
    wide = n_outputs - n_outputs % WIDE
    groups = []
    for lanes, part in ((WIDE, weights[..., :wide, :]), (NARROW, weights[..., wide:, :])):
        grouped = part.reshape(*over, part.shape[-2] // lanes, lanes, n_inputs // together, together)
        groups.append(grouped.swapaxes(-3, -2).reshape(*over, part.shape[-2] * n_inputs))
    return np.concatenate(groups, axis=-1)


def _by_layer(weights: Weights, kind: str, layers: int) -> Floats:
    """Return weights or biases of the recurrent layers, (layers, 2: over input and over state, 3 · hidden, …)."""
    pairs = [[weights[f"gru.{kind}_{side}_l{layer}"] for side in ("ih", "hh")] for layer in range(layers)]
    return np.array(pairs, np.float32)


def _padded(gates: Floats) -> Floats:
    """Return arrays with zeros for idle gates, so that axis 2 is a multiple of the fewest that go together."""
    idle = -gates.shape[2] % NARROW
    return np.pad(gates, [(0, idle if axis == 2 else 0) for axis in range(gates.ndim)])


def _copied(array: Floats) -> Floats:
    """Return a copy, row after row; the compiled loop knows no other order."""
    return np.array(array, np.float32, order="C")


def new_memory(trained: TrainedRnn) -> Memory:
    """Return the state at the start, which is silence, and room to work in."""
    hidden = trained.options.hidden
    n_gates = 3 * hidden + -3 * hidden % NARROW
    return Memory(
        hidden=np.zeros((trained.options.layers, hidden), np.float32),
        code=np.array([SILENCE]),
        x=np.zeros(hidden, np.float32),
        a=np.zeros(n_gates, np.float32),
        b=np.zeros(n_gates, np.float32),
        whole=Whole(
            most=np.float32(most_levels(hidden)),
            levels=np.zeros(hidden, np.int16),
            exact=np.zeros(max(n_gates, N_CODES), np.int32),
        ),
        logits=np.zeros(N_CODES, np.float32),
        scratch=np.zeros(N_CODES, np.float32),
        odds=np.zeros(N_CODES, np.float32),
        heap=np.zeros(N_CODES, np.int64),
    )
