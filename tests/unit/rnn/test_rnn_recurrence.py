"""Our loop over the gated recurrent units gives what PyTorch's own layers give, forwards and backwards."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from soundworks.rnn.network import Network  # noqa: E402
from soundworks.rnn.options import rnn_options  # noqa: E402
from soundworks.training.torch_setup import N_THREADS, load_torch  # noqa: E402

SIZES = [(1, 1, 1, 4), (5, 1, 2, 8), (1, 7, 1, 12), (3, 20, 3, 16), (33, 9, 2, 48)]


def _both(batch_size: int, n_times: int, layers: int, hidden: int):
    """Return logits, state and gradients of our loop and of PyTorch's layers, for the same network and inputs."""
    load_torch()
    generator = torch.Generator().manual_seed(7)
    network = Network(rnn_options({}, layers=layers, hidden=hidden), 2)
    network.draw(generator)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, generator=generator))
    codes = torch.randint(0, 256, (batch_size, n_times), generator=generator)
    parameters = torch.rand(batch_size, n_times, 2, generator=generator)
    state = torch.randn(layers, batch_size, hidden, generator=generator).clamp(-0.9, 0.9)
    results = []
    for run in (network._on_cpu, network.gru):
        network.zero_grad()
        told = torch.cat([parameters, network._told(codes)], dim=-1)
        inner, after = run(torch.relu(network.input(told)), state)
        logits = network.output(inner)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), codes.flatten(), reduction="sum")
        loss.backward()
        results.append([logits.detach(), after.detach(), *(weight.grad.clone() for weight in network.parameters())])
    return results


@pytest.mark.parametrize(("batch_size", "n_times", "layers", "hidden"), SIZES)
def test_our_loop_gives_what_pytorch_gives(batch_size: int, n_times: int, layers: int, hidden: int) -> None:
    ours, theirs = _both(batch_size, n_times, layers, hidden)
    for found, expected in zip(ours, theirs, strict=True):
        assert found.shape == expected.shape
        scale = max(1.0, float(expected.abs().max()))
        assert float((found - expected).abs().max()) < 2e-5 * scale


def test_a_sound_does_not_depend_on_the_others_in_its_batch_beyond_rounding() -> None:
    load_torch()
    network = Network(rnn_options({}, layers=2, hidden=8), 1)
    network.draw(torch.Generator().manual_seed(1))
    codes = torch.randint(0, 256, (2 * N_THREADS + 1, 30), generator=torch.Generator().manual_seed(2))
    parameters = torch.full((len(codes), 30, 1), 0.3)
    with torch.no_grad():
        together, _ = network(codes, parameters, network.silence(len(codes)))
        for row in range(len(codes)):
            alone, _ = network(codes[row : row + 1], parameters[:1], network.silence(1))
            assert float((alone[0] - together[row]).abs().max()) < 1e-5


def test_the_same_inputs_give_the_same_bits() -> None:
    first, second = _both(9, 15, 2, 16)[0], _both(9, 15, 2, 16)[0]
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
