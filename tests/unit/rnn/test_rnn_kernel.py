"""The compiled loop against the same arithmetic in plain NumPy, float32 by float32, to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numba.core.runtime import _nrt_python, rtsys
from rnn_fixtures import random_rnn

from soundworks.rnn.kernel import draw_codes
from soundworks.rnn.layout import Sampling, new_memory, parts_of, tiles
from soundworks.rnn.mulaw import N_CODES, SILENCE, decode
from soundworks.rnn.quantized import most_levels, quantize
from soundworks.rnn.stream import Stream
from soundworks.rnn.trained import TrainedRnn

F = np.float32
_COEFFICIENTS = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)


def exp32(v):
    """Return exp as the engine defines it; NumPy rounds each product and each sum by itself."""
    v = np.minimum(np.maximum(np.asarray(v, F), F(-87)), F(88))
    k = np.rint(v * F(1.44269504))
    f = v - k * F(0.693359375)
    f = f - k * F(-2.12194440e-4)
    p = F(_COEFFICIENTS[0])
    for coefficient in _COEFFICIENTS[1:]:
        p = p * f + F(coefficient)
    return np.ldexp(p * (f * f) + f + F(1), k.astype(int)).astype(F)


def sigmoid(v):
    return F(1) / (F(1) + exp32(-v))


def columns(bias, weights, x):
    """Return bias + weights · x, (n_outputs,), each sum in the order of the inputs."""
    total = bias.copy()
    for j in range(x.size):
        total = total + weights[:, j] * x[j]
    return total


def step(trained: TrainedRnn, hidden, code, parameters):
    """Return logits, and change the state in place: the network's arithmetic, without any layout."""
    w, layers, n = trained.weights, trained.options.layers, trained.options.hidden
    told = np.zeros(trained.options.sample_inputs, F)
    if trained.options.input == "one-hot":
        told[code] = 1
    else:
        told[0] = F(code - SILENCE) / F(SILENCE)
    x = columns(w["input.bias"], w["input.weight"], np.concatenate([parameters, told]))
    x = np.maximum(x, F(0))
    for k in range(layers):
        a = columns(w[f"gru.bias_ih_l{k}"], w[f"gru.weight_ih_l{k}"], x)
        b = columns(w[f"gru.bias_hh_l{k}"], w[f"gru.weight_hh_l{k}"], hidden[k])
        r, z = sigmoid(a[:n] + b[:n]), sigmoid(a[n : 2 * n] + b[n : 2 * n])
        new = F(1) - F(2) / (F(1) + exp32(F(2) * (a[2 * n :] + r * b[2 * n :])))
        hidden[k] = new + z * (hidden[k] - new)
        x = hidden[k].copy()
    return columns(w["output.bias"], w["output.weight"], x)


def uniform(seed, t):
    """Return number t of splitmix64, in Python's whole numbers."""
    z = (seed + (t + 1) * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return F((z ^ (z >> 31)) >> 40) * F(2**-24)


def draw(logits, u, temperature, top_p):
    if temperature == 0:
        return int(np.argmax(logits))
    odds = exp32((logits - logits.max()) * F(1 / temperature))
    if top_p < 1:
        order = np.argsort(-odds, kind="stable")
        head = np.add.accumulate(odds[order], dtype=F) >= F(top_p) * np.add.accumulate(odds, dtype=F)[-1]
        odds[order[int(np.argmax(head)) + 1 :] if head.any() else order[:0]] = 0
    sums = np.add.accumulate(odds, dtype=F)
    beyond = sums > u * sums[-1]
    return int(np.argmax(beyond)) if beyond.any() else int(np.flatnonzero(odds)[-1])


def emulate(trained, seed, temperature, top_p, norms):
    """Return codes, (n,), and logits, (n, 256), of a stream with the parameters norms, (n, n_parameters)."""
    hidden = np.zeros((trained.options.layers, trained.options.hidden), F)
    codes, all_logits, code = [], [], SILENCE
    for t, parameters in enumerate(norms):
        logits = step(trained, hidden, code, parameters)
        code = draw(logits, uniform(seed, t), temperature, top_p)
        codes.append(code)
        all_logits.append(logits)
    return np.array(codes, np.uint8), np.array(all_logits)


@pytest.mark.parametrize(
    ("options", "temperature", "top_p"),
    [
        ({}, 1.0, 1.0),
        ({"hidden": 20, "layers": 3}, 0.7, 0.9),  # a group of outputs that is not filled up
        ({"hidden": 48, "layers": 1}, 1.3, 0.3),
        ({"hidden": 12, "input": "one-hot"}, 1.0, 1.0),
        ({"layers": 1, "hidden": 4}, 0.0, 1.0),
        ({"hidden": 24, "scale": 20.0}, 1.0, 0.999),  # gates that are all but shut or open
    ],
)
def test_codes_and_logits_are_those_of_plain_numpy_to_the_bit(tmp_path: Path, options, temperature, top_p):
    trained = random_rnn(tmp_path / "rnn", **options)
    norms = np.random.default_rng(1).random((300, 2)).astype(F)
    codes, logits = emulate(trained, 77, temperature, top_p, norms)
    stream = Stream(trained, seed=77, temperature=temperature, top_p=top_p)
    assert np.unique(codes).size > (0 if temperature == 0 else 20)
    np.testing.assert_array_equal(stream.read_controlled(norms), decode(codes))
    told = np.append(np.uint8(SILENCE), codes[:-1])
    np.testing.assert_array_equal(stream.logits(told, norms), logits)


def test_a_fused_product_and_sum_would_be_seen(tmp_path: Path):
    """The bits that the test above compares are other ones where a product is not rounded before it is added."""
    trained = random_rnn(tmp_path / "rnn")
    weights, x = trained.weights["output.weight"], np.random.default_rng(2).random(8).astype(F)
    rounded = columns(trained.weights["output.bias"], weights, x)
    fused = trained.weights["output.bias"].copy()
    for j in range(x.size):
        fused = (fused.astype(np.float64) + weights[:, j].astype(np.float64) * x[j]).astype(F)
    assert (rounded != fused).mean() > 0.2


def test_the_exponential_is_within_two_units_in_the_last_place():
    v = np.linspace(-87, 88, 100_001, dtype=F)
    exact = np.exp(v.astype(np.float64))
    assert (np.abs(exp32(v) - exact) <= 2 * np.spacing(exact.astype(F))).all()


def test_the_random_numbers_are_those_of_splitmix64():
    """First outputs for seed 1234567, as published with the generator's reference."""
    published = (6457827717110365317, 3203168211198807973, 9817491932198370423)
    assert [uniform(1234567, t) for t in range(3)] == [F(z >> 40) * F(2**-24) for z in published]


@pytest.mark.parametrize("top_p", [0.2, 0.5, 0.9, 1.0])
def test_codes_are_as_frequent_as_the_logits_tell(tmp_path: Path, top_p):
    """With a network that knows no past, frequencies follow the softmax, cut off at top-p (chi-squared, 6 sigma)."""
    trained = random_rnn(tmp_path / "rnn", layers=1, scale=0.0)
    bias = np.where(np.arange(N_CODES) < 16, np.log(np.arange(N_CODES) % 16 + 1.0), -200.0).astype(F)
    trained.weights["output.bias"][:] = bias
    odds = np.where(np.arange(N_CODES) < 16, np.arange(N_CODES) % 16 + 1.0, 0.0)
    falling = np.sort(odds)[::-1]
    least = falling[np.searchsorted(np.cumsum(falling), top_p * odds.sum() * (1 - 1e-6))]
    kept = np.where(odds >= least, odds, 0.0)
    n = 40_000
    counts = np.bincount(Stream(trained, seed=3, top_p=top_p).read_codes(n), minlength=N_CODES)
    expected = n * kept / kept.sum()
    assert (counts[expected == 0] == 0).all()
    drawn = expected > 0
    chi2, freedom = ((counts - expected)[drawn] ** 2 / expected[drawn]).sum(), drawn.sum() - 1
    assert chi2 < freedom + 6 * np.sqrt(2 * freedom)


def test_of_equally_likely_codes_top_p_keeps_the_lower(tmp_path: Path):
    trained = random_rnn(tmp_path / "rnn", layers=1, scale=0.0)
    assert Stream(trained, top_p=0.25).read_codes(2000).max() == 63
    assert Stream(trained, temperature=0).read_codes(10).max() == 0


@pytest.fixture
def _counting():
    """Let Numba count allocations."""
    _nrt_python.memsys_enable_stats()
    yield
    _nrt_python.memsys_disable_stats()


@pytest.mark.usefixtures("_counting")
@pytest.mark.parametrize("small", [False, True])
def test_the_loop_allocates_nothing(tmp_path: Path, small):
    trained = random_rnn(tmp_path / "rnn")
    parts, memory = parts_of(trained, small), new_memory(trained)
    sampling, rows, codes = Sampling(np.uint64(0), F(1), F(0.9)), np.full((500, 2), 0.5, F), np.zeros(500, np.uint8)

    def allocations(n):
        before = rtsys.get_allocation_stats()
        draw_codes(parts, memory, sampling, 0, rows[:n], codes[:n])
        return np.subtract(rtsys.get_allocation_stats(), before).tolist()

    allocations(1)
    assert allocations(500) == allocations(0)  # Numba counts the arguments' own


def test_weights_lie_in_the_order_of_reading():
    """Of 80 outputs and 4 inputs: input 0 of outputs 0 to 63, their input 1 …, then the 16 that are left."""
    names = np.arange(80 * 4, dtype=F).reshape(80, 4)
    flat = tiles(names, 1)
    assert flat[:3].tolist() == [0, 4, 8]  # output 0, 1, 2
    assert flat[64] == 1  # input 1 of output 0
    assert flat[64 * 4] == 64 * 4  # output 64
    pairs = tiles(names, 2)
    assert pairs[:4].tolist() == [0, 1, 4, 5]
    assert pairs[64 * 2] == 2


def test_int8_weights_are_off_by_half_a_step_at_most():
    weights = np.random.default_rng(0).standard_normal((3, 40, 32)).astype(F)
    weights[0, 0] = 0.0
    whole, scale = quantize(weights)
    assert scale.shape == (3, 40)
    assert (np.abs(whole * scale[..., None] - weights) <= 0.5001 * scale[..., None]).all()
    assert np.abs(whole).max() == 127


@pytest.mark.parametrize("hidden", [4, 256, 516, 520, 4096])
def test_no_sum_of_whole_numbers_leaves_int32(hidden):
    most = most_levels(hidden)
    assert 127 * most * hidden < 2**31
    assert most == 32767 or 127 * (most + 1) * hidden >= 2**31


def test_int8_arithmetic_is_that_of_plain_numpy_to_the_bit(tmp_path: Path):
    """The output layer alone: activations as whole numbers, their exact sums, then two scales."""
    trained = random_rnn(tmp_path / "rnn", layers=1, hidden=20)
    stream = Stream(trained, seed=1, weights="int8")
    stream.read(50)
    x = stream._memory.hidden[-1].copy()
    whole, scale = quantize(trained.weights["output.weight"])
    top, most = np.abs(x).max(), F(32767)
    levels = np.rint(x * (most / top)).astype(np.int64)
    exact = whole.astype(np.int64) @ levels
    assert np.abs(levels).max() == 32767
    expected = trained.weights["output.bias"] + (scale * (top / most)) * exact.astype(F)
    np.testing.assert_array_equal(stream._memory.logits, expected)
