"""Weights as the engine in WebAssembly (`static/engine.c`) reads them: one array, in the order in which it is used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundworks.rnn.trained import TrainedRnn

#: Outputs whose sums the engine keeps in registers at once; `BLOCK` in engine.c.
_BLOCK = 32


def packed_weights(trained: TrainedRnn) -> NDArray[np.float32]:
    """Return all weights of a network as one array, shape (n_weights,).

    The first layer's bias and its weights, input by input; then each matrix's bias and `lanes`: of each layer those of
    its input, and of its state; and of the logits.
    """
    weights = trained.weights
    arrays = [weights["input.bias"], weights["input.weight"].T.ravel()]
    matrices = [f"gru.{{}}_{kind}_l{layer}" for layer in range(trained.options.layers) for kind in ("ih", "hh")]
    for name in (*matrices, "output.{}"):
        arrays += [weights[name.format("bias")], lanes(weights[name.format("weight")])]
    return np.concatenate(arrays)


def lanes(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a matrix, shape (outputs, inputs), in blocks of 32 outputs, each input by input; shape (n_weights,)."""
    blocks = range(0, len(weight), _BLOCK)
    return np.concatenate([weight[start : start + _BLOCK].T.ravel() for start in blocks])
