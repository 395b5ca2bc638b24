"""A stream against PyTorch, against itself in blocks of other sizes, and over a long time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rnn_fixtures import CUTOFF, PITCH, SINE_RATE, network_of, random_rnn, sine

from soundworks.rnn import Stream
from soundworks.rnn.knots import fill
from soundworks.rnn.mulaw import SILENCE, decode, encode
from soundworks.rnn.render import render
from soundworks.rnn.trained import TrainedRnn


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> TrainedRnn:
    return random_rnn(tmp_path_factory.mktemp("rnn") / "rnn")


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("options", [{}, {"layers": 4, "hidden": 48}, {"hidden": 20, "input": "one-hot"}])
def test_logits_are_pytorchs_over_a_second(tmp_path: Path, options, plain):
    trained, rng = random_rnn(tmp_path / "rnn", **options), np.random.default_rng(0)
    codes = rng.integers(0, 256, trained.sample_rate)
    norms = rng.random((trained.sample_rate, 2), np.float32)
    network = network_of(trained, plain=plain)
    with torch.no_grad():
        expected, _ = network(torch.from_numpy(codes)[None], torch.from_numpy(norms)[None], network.silence(1))
    logits = Stream(trained).logits(codes, norms)
    assert np.ptp(logits) > 5
    np.testing.assert_allclose(logits, expected[0].numpy(), atol=1e-4)


def uniform(seed: int, t: int) -> float:
    z = (seed + (t + 1) * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return ((z ^ (z >> 31)) >> 40) / 2**24


def test_codes_are_those_that_pytorch_draws_with_the_same_random_numbers(tmp_path: Path):
    trained = random_rnn(tmp_path / "rnn", scale=1.0)
    network, norms = network_of(trained, plain=True), torch.full((1, 1, 2), 0.5)
    state, code, expected = network.silence(1), SILENCE, []
    with torch.no_grad():
        for t in range(1000):
            logits, state = network(torch.tensor([[code]]), norms, state)
            sums = torch.softmax(logits[0, 0] / 0.2, dim=0).cumsum(0)
            code = int((sums <= uniform(9, t) * sums[-1]).sum())
            expected.append(code)
    codes = Stream(trained, seed=9, temperature=0.2).read_codes(1000)
    assert np.unique(codes).size > 30
    np.testing.assert_array_equal(codes, expected)


def test_each_code_of_a_second_is_what_pytorch_draws_after_those_before(tmp_path: Path):
    """Equal codes up to each sample give PyTorch the same past as the stream's: it would draw the same second alone."""
    trained = random_rnn(tmp_path / "rnn", layers=4, hidden=24, scale=1.0)
    codes = Stream(trained, seed=2, temperature=0.2).read_codes(trained.sample_rate)
    network, told = network_of(trained, plain=True), np.append(SILENCE, codes[:-1])
    with torch.no_grad():
        logits, _ = network(torch.from_numpy(told)[None], torch.full((1, told.size, 2), 0.5), network.silence(1))
    sums = torch.softmax(logits[0] / 0.2, dim=1).cumsum(1)
    bounds = torch.tensor([uniform(2, t) for t in range(told.size)])[:, None] * sums[:, -1:]
    assert np.unique(codes).size > 100
    np.testing.assert_array_equal(codes, (sums <= bounds).sum(1))


def test_the_likeliest_codes_are_pytorchs(trained):
    network, norms = network_of(trained, plain=True), torch.full((1, 1, 2), 0.5)
    state, code, expected = network.silence(1), SILENCE, []
    with torch.no_grad():
        for _ in range(500):
            logits, state = network(torch.tensor([[code]]), norms, state)
            code = int(logits.argmax())
            expected.append(code)
    np.testing.assert_array_equal(Stream(trained, temperature=0).read_codes(500), expected)


def moving(trained: TrainedRnn, weights: str = "float32", **options) -> Stream:
    """Return a stream whose parameters move: a jump, ramps, and an end."""
    stream = Stream(trained, seed=4, weights=weights, **options)
    stream.set_curve("pitch", [0.01, 0.05, 0.05, 0.1], [50, 60, 52, 68])
    stream.set_curve("cutoff", [0.0, 0.0123], [1600, 100])
    return stream


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 1500), max_size=12),
    weights=st.sampled_from(["float32", "int8"]),
    top_p=st.sampled_from([0.8, 1.0]),
)
def test_bytes_do_not_depend_on_the_size_of_blocks(trained, sizes, weights, top_p):
    whole = moving(trained, weights, top_p=top_p).read(sum(sizes))
    stream = moving(trained, weights, top_p=top_p)
    blocks = [stream.read(size) for size in sizes]
    assert stream.position == sum(sizes)
    np.testing.assert_array_equal(np.concatenate([np.zeros(0, np.float32), *blocks]), whole)


def test_samples_are_the_codes_decoded(trained):
    np.testing.assert_array_equal(moving(trained).read(3000), decode(moving(trained).read_codes(3000)))


def test_a_curve_is_a_row_for_each_sample(trained):
    """Straight lines in [0, 1]: even in octaves where the scale is logarithmic; a jump counts from its time on."""
    n = 2000
    times_s = np.arange(n) / trained.sample_rate
    pitch = np.where(
        times_s < 0.05, np.interp(times_s, [0.01, 0.05], [50, 60]), np.interp(times_s, [0.05, 0.1], [52, 68])
    )
    cutoff = np.exp(np.interp(times_s, [0, 0.0123], np.log([1600, 100])))
    norms = np.stack([PITCH.to_norm(pitch), CUTOFF.to_norm(cutoff)], axis=1)
    stream, rows = moving(trained), np.zeros((n, 2), np.float32)
    assert times_s[800] == 0.05
    fill(rows, stream._curves.knots, 0)
    np.testing.assert_allclose(rows, norms, atol=1e-6)
    np.testing.assert_array_equal(stream.read(n), Stream(trained, seed=4).read_controlled(rows))


def test_before_any_is_set_parameters_are_in_the_middle(trained):
    stream = Stream(trained, seed=1)
    stream.set("pitch", 58)
    stream.set("cutoff", 400)
    np.testing.assert_array_equal(stream.read(500), Stream(trained, seed=1).read(500))


def test_parameters_change_the_sound_from_the_next_sample_on(trained):
    held, changed = Stream(trained, seed=2), Stream(trained, seed=2)
    held.read(100)
    changed.read(100)
    changed.set_norm("pitch", 1.0)
    changed.set("cutoff", 1600)
    assert (held.read(200) != changed.read(200)).any()
    rows = np.concatenate([np.full((100, 2), 0.5), np.ones((200, 2))])
    again = Stream(trained, seed=2)
    np.testing.assert_array_equal(again.read_controlled(rows)[100:], _after(trained, 100, 200))


def _after(trained, before, n):
    stream = Stream(trained, seed=2)
    stream.read(before)
    stream.set_norm("pitch", 1.0)
    stream.set_norm("cutoff", 1.0)
    return stream.read(n)


def test_a_curve_starts_when_it_is_set(trained):
    late = Stream(trained, seed=3)
    late.read(333)
    late.set_curve("pitch", [0, 0.02], [48, 68])
    rows = np.full((1000, 2), 0.5)
    rows[333:, 0] = np.interp(np.arange(667) / trained.sample_rate, [0, 0.02], [0, 1])
    np.testing.assert_array_equal(late.read(667), Stream(trained, seed=3).read_controlled(rows)[333:])


def test_seeds_and_temperatures_differ_and_repeat(trained):
    made = {
        (seed, temperature): Stream(trained, seed=seed, temperature=temperature).read(300).tobytes()
        for seed in (0, 1, 2**63, 2**64 - 1)
        for temperature in (0.5, 1.0)
    }
    assert len(set(made.values())) == 8
    assert made[1, 0.5] == Stream(trained, seed=1, temperature=0.5).read(300).tobytes()


def test_a_restored_stream_goes_on_with_the_same_bytes(trained, tmp_path: Path):
    stream = moving(trained, temperature=0.9, top_p=0.95)
    stream.prime_noise(0.01)
    stream.read(700)
    stream.state().save(tmp_path / "state.npz")
    expected = stream.read(2000)
    other = Stream(trained, seed=11)
    other.read(50)
    other.restore(type(stream.state()).load(tmp_path / "state.npz"))
    assert other.position == 700
    np.testing.assert_array_equal(other.read(2000), expected)
    assert (other.seed, other.temperature, other.top_p) == (4, 0.9, 0.95)


def test_a_state_is_not_changed_by_what_is_read_afterwards(trained):
    stream = moving(trained)
    state = stream.state()
    first = stream.read(500)
    stream.restore(state)
    np.testing.assert_array_equal(stream.read(500), first)


def test_priming_is_what_the_network_hears(trained):
    """After samples, logits are those of a network told of them; neither position nor curves move on."""
    rng = np.random.default_rng(0)
    samples = rng.uniform(-1, 1, 1500).astype(np.float32)
    stream = moving(trained)
    stream.prime(samples)
    assert stream.position == 0
    stream.read(1)
    told = np.concatenate([[SILENCE], encode(samples)])
    rows = np.zeros((told.size, 2), np.float32)
    rows[:] = [PITCH.to_norm(50), 1.0]
    np.testing.assert_array_equal(stream._memory.logits, Stream(trained).logits(told, rows)[-1])


def test_silence_and_noise_prime_differently_and_repeat(trained):
    def heard(prime):
        stream = Stream(trained, seed=6)
        prime(stream)
        return stream.state().hidden.tobytes()

    silence, noise = (heard(lambda s: s.prime_silence(0.1)), heard(lambda s: s.prime_noise(0.1)))
    assert len({silence, noise, heard(id)}) == 3
    assert silence == heard(lambda s: s.prime(np.zeros(1600)))
    assert noise == heard(lambda s: s.prime_noise(0.1))
    assert heard(lambda s: s.prime_silence(0)) == heard(id)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_many_streams_are_what_each_is_alone(trained, threads):
    norms = np.random.default_rng(0).random((4, 2))
    seeds = [5, 2**64 - 1, 0, 5]
    made = render(trained, norms, seeds=seeds, n_samples=1100, threads=threads, temperature=0.8)
    for i, seed in enumerate(seeds):
        stream = Stream(trained, seed=seed, temperature=0.8)
        for name, norm in zip(trained.names, norms[i], strict=True):
            stream.set_norm(name, norm)
        np.testing.assert_array_equal(made[i], stream.read(1100))


def test_many_streams_follow_rows(trained):
    norms = np.random.default_rng(0).random((2, 400, 2))
    made = render(trained, norms, seeds=[1, 2])
    np.testing.assert_array_equal(made[1], Stream(trained, seed=2).read_controlled(norms[1]))


def test_int8_is_near_float32(tmp_path: Path):
    """Teacher forced: logits of a network of a real one's size differ by a few hundredths, and cost no bits."""
    trained = random_rnn(tmp_path / "rnn", layers=4, hidden=64, scale=1.0)
    rng = np.random.default_rng(0)
    codes, norms = rng.integers(0, 256, 4000), rng.random((4000, 2))
    exact, whole = (Stream(trained, weights=weights).logits(codes, norms) for weights in ("float32", "int8"))
    assert 1e-5 < np.sqrt(((whole - exact) ** 2).mean()) < 0.02
    odds = np.exp(np.stack([exact, whole]).astype(float))
    probability, other = odds / odds.sum(axis=2, keepdims=True)
    divergence = (probability * np.log2(probability / other)).sum(1).mean()
    assert 0 < divergence < 5e-4


@pytest.mark.xdist_group("sine_rnn")
def test_int8_costs_few_bits_on_sounds_that_were_learnt(sine_rnn):
    """Bits per sample of a sine between those of the training, after half a second of it."""
    codes = encode(sine(62.0, SINE_RATE))
    told, norms = (
        np.append(np.uint8(SILENCE), codes[:-1]),
        np.full((SINE_RATE, 1), sine_rnn.parameters[0].to_norm(62.0)),
    )
    bits = {}
    for weights in ("float32", "int8"):
        odds = np.exp(Stream(sine_rnn, weights=weights).logits(told, norms).astype(float))
        told_bits = -np.log2(odds[np.arange(codes.size), codes] / odds.sum(axis=1))
        bits[weights] = told_bits[SINE_RATE // 2 :].mean()
    assert bits["float32"] < 4.0  # of the 8 of a network that has learnt nothing
    assert abs(bits["int8"] - bits["float32"]) < 0.05


@pytest.mark.xdist_group("sine_rnn")
def test_ten_minutes_stay_at_level(sine_rnn):
    """A network that has learnt sines of 1 s goes on for ten minutes: each 10 s are as loud, within 1 dB."""
    stream = Stream(sine_rnn, seed=1)
    stream.read(SINE_RATE)
    parts = stream.read(600 * SINE_RATE).reshape(60, -1)
    level_db = 20 * np.log10(np.sqrt((parts.astype(np.float64) ** 2).mean(axis=1)))
    assert np.abs(level_db - level_db[0]).max() < 1.0
    assert -14.0 < level_db.mean() < -10.0  # a sine at -9 dB is at -12 dB RMS
