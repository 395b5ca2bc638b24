"""The network in PyTorch: its equations written out in NumPy, causality, initial weights, and one step that helps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from soundworks.rnn.loss import code_loss
from soundworks.rnn.network import Network
from soundworks.rnn.options import rnn_options
from soundworks.rnn.trained import weight_shapes


def make_network(n_parameters: int = 2, seed: int = 0, **options: Any) -> Network:
    network = Network(rnn_options({}, **{"layers": 2, "hidden": 8, **options}), n_parameters)
    network.draw(torch.Generator().manual_seed(seed))
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "bias" in name:
                weight.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(len(name)))
    return network


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def written_out(weights: dict[str, np.ndarray], codes: np.ndarray, norms: np.ndarray, layers: int) -> np.ndarray:
    """Return the logits of one sound, (time, 256), in float64."""
    states = [np.zeros(weights["gru.weight_hh_l0"].shape[1]) for _ in range(layers)]
    logits = []
    for code, norm in zip(codes, norms, strict=True):
        told = [*norm, (code - 128) / 128]
        if weights["input.weight"].shape[1] > len(told):
            told = [*norm, *(np.arange(256) == code)]
        x = np.maximum(weights["input.weight"] @ told + weights["input.bias"], 0)
        for k in range(layers):
            a = np.split(weights[f"gru.weight_ih_l{k}"] @ x + weights[f"gru.bias_ih_l{k}"], 3)
            b = np.split(weights[f"gru.weight_hh_l{k}"] @ states[k] + weights[f"gru.bias_hh_l{k}"], 3)
            r, z = sigmoid(a[0] + b[0]), sigmoid(a[1] + b[1])
            n = np.tanh(a[2] + r * b[2])
            states[k] = x = n + z * (states[k] - n)
        logits.append(weights["output.weight"] @ x + weights["output.bias"])
    return np.array(logits)


@pytest.mark.parametrize("kind", ["code", "one-hot"])
def test_the_network_is_what_its_equations_say(kind: str) -> None:
    network = make_network(input=kind)
    rng = np.random.default_rng(0)
    codes, norms = rng.integers(0, 256, (3, 20)), rng.random((3, 20, 2))
    weights = {name: weight.detach().double().numpy() for name, weight in network.named_parameters()}

    logits, state = network(torch.tensor(codes), torch.tensor(norms).float(), network.silence(3))

    for found, sound, norm in zip(logits.detach().numpy(), codes, norms, strict=True):
        assert np.allclose(found, written_out(weights, sound, norm, 2), atol=1e-5)
    assert (tuple(logits.shape), tuple(state.shape)) == ((3, 20, 256), (2, 3, 8))


def test_weights_have_the_shapes_that_files_have() -> None:
    for options in ({}, {"input": "one-hot", "layers": 3, "hidden": 12}):
        network = make_network(3, **options)
        shapes = {name: tuple(weight.shape) for name, weight in network.named_parameters()}
        assert shapes == weight_shapes(network.options, 3)
        assert len(list(network.tensors())) == len(shapes)


@pytest.mark.parametrize("at", [1, 7, 19])
def test_a_sound_may_be_heard_in_parts(at: int) -> None:
    network = make_network()
    codes, norms = torch.arange(40).reshape(2, 20), torch.rand(2, 20, 2, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        whole, last = network(codes, norms, network.silence(2))
        first, state = network(codes[:, :at], norms[:, :at], network.silence(2))
        second, state = network(codes[:, at:], norms[:, at:], state)

    assert torch.allclose(torch.cat([first, second], dim=1), whole, atol=1e-6)
    assert torch.allclose(state, last, atol=1e-6)


def test_nothing_is_heard_before_it_comes() -> None:
    network = make_network()
    codes, norms = torch.full((1, 20), 128), torch.zeros(1, 20, 2)
    other_codes, other_norms = codes.clone(), norms.clone()
    other_codes[0, 12], other_norms[0, 15, 1] = 200, 1
    with torch.no_grad():
        plain, _ = network(codes, norms, network.silence(1))
        code, _ = network(other_codes, norms, network.silence(1))
        norm, _ = network(codes, other_norms, network.silence(1))

    for changed, at in ((code, 12), (norm, 15)):
        assert torch.equal(changed[0, :at], plain[0, :at])
        assert (changed[0, at:] != plain[0, at:]).any(dim=-1).all()


def test_weights_are_drawn_from_the_seed() -> None:
    first, again, other = (Network(rnn_options({}, hidden=8), 1) for _ in range(3))
    for network, seed in ((first, 1), (again, 1), (other, 2)):
        network.draw(torch.Generator().manual_seed(seed))

    same, others = (dict(network.named_parameters()) for network in (again, other))
    for name, weight in first.named_parameters():
        assert torch.equal(weight, same[name])
        if "bias" in name:
            assert not weight.any()
        else:
            assert not torch.equal(weight, others[name])
        if "weight_hh" in name:
            for gate in weight.detach().chunk(3):
                assert torch.allclose(gate @ gate.T, torch.eye(8), atol=1e-5)


def test_a_step_down_the_gradient_lowers_the_loss() -> None:
    network = make_network(1)
    codes, norms = torch.arange(60).reshape(3, 20) + 90, torch.zeros(3, 20, 1)
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    losses = []
    for _ in range(2):
        total, count = code_loss(network(codes, norms, network.silence(3))[0], codes, None)
        losses.append(float(total.detach()) / int(count))
        optimizer.zero_grad()
        (total / count).backward()
        optimizer.step()

    assert losses[1] < losses[0]
    assert losses[0] == pytest.approx(np.log(256), abs=1.0)
