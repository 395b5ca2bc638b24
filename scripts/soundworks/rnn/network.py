"""The network in PyTorch: a linear layer, gated recurrent units, and the logits of the next sample's code.

After L. Wyse: "Real-valued parametric conditioning of an RNN for interactive sound synthesis", 2018 (arXiv:1805.10808).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn import functional

from soundworks.rnn.mulaw import N_CODES, SILENCE
from soundworks.rnn.options import RnnOptions


class Network(nn.Module):
    """Codes of the samples before, and parameters → logits of the codes that come next.

    Parameters
    ----------
    options : RnnOptions
    n_parameters : int
        Parameters that it follows.
    """

    def __init__(self, options: RnnOptions, n_parameters: int) -> None:
        super().__init__()
        self.options, self.n_parameters = options, n_parameters
        self.input = nn.Linear(n_parameters + options.sample_inputs, options.hidden)
        self.gru = nn.GRU(options.hidden, options.hidden, options.layers, batch_first=True)
        self.output = nn.Linear(options.hidden, N_CODES)

    def draw(self, generator: torch.Generator) -> None:
        """Draw initial weights: uniform within ± 1/√(inputs), recurrent ones orthogonal, all biases 0."""
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if "bias" in name:
                    weight.zero_()
                elif "weight_hh" in name:
                    for gate in weight.chunk(3):
                        nn.init.orthogonal_(gate, generator=generator)
                else:
                    bound = 1.0 / math.sqrt(weight.shape[1])
                    weight.uniform_(-bound, bound, generator=generator)

    def forward(self, codes: Tensor, parameters: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits, (batch, time, 256), and the state after the last step, (layers, batch, hidden).

        Parameters
        ----------
        codes : Tensor, shape (batch, time)
            The sample before each step: integers in [0, 255], or real numbers where noise was added.
        parameters : Tensor, shape (batch, time, n_parameters)
            In [0, 1].
        state : Tensor, shape (layers, batch, hidden)
            Zeros at the start.
        """
        told = self._told(codes)
        inner = functional.relu(self.input(torch.cat([parameters, told], dim=-1)))
        inner, state = self.gru(inner, state) if inner.is_cuda else self._on_cpu(inner, state)
        return self.output(inner), state

    def _on_cpu(self, inner: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the layers of units do, as `self.gru` would, in a fraction of the time."""
        from soundworks.rnn.recurrence import Recurrence

        hidden, inner, after = self.options.hidden, inner.transpose(0, 1), []
        for layer, (weight, recurrent, bias, more) in enumerate(self.gru.all_weights):
            whole = bias + functional.pad(more[: 2 * hidden], (0, hidden))  # what r is not multiplied with
            gates = functional.linear(inner, weight, whole)
            inner = Recurrence.apply(gates, recurrent, more[2 * hidden :], state[layer])
            after.append(inner[-1])
        return inner.transpose(0, 1), torch.stack(after)

    def _told(self, codes: Tensor) -> Tensor:
        """Return what the first layer is told of the samples, (batch, time, 1 or 256)."""
        if self.options.input == "one-hot":
            nearest = codes.round().clamp(0, N_CODES - 1).long()
            return functional.one_hot(nearest, N_CODES).float()
        return (codes.unsqueeze(-1).float() - SILENCE) / SILENCE

    def silence(self, batch_size: int) -> Tensor:
        """Return the state at the start, (layers, batch_size, hidden)."""
        weight = self.input.weight
        return weight.new_zeros(self.options.layers, batch_size, self.options.hidden)

    def tensors(self) -> Iterator[Tensor]:
        """Yield all weights, in a fixed order."""
        return chain(self.input.parameters(), self.gru.parameters(), self.output.parameters())
