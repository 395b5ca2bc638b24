"""Recurrent networks: sound on one core against a loop of PyTorch, many streams, the browser, int8, and training.

Weights are random; those of a trained network cost as much.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rnn_fixtures import network_of, random_rnn
from torch.nn.functional import cross_entropy, relu

from bench.figures import Figure, timed
from bench.rnn_browser import browser_figures
from soundworks.rnn.data import Batch
from soundworks.rnn.mulaw import N_CODES, SILENCE
from soundworks.rnn.options import rnn_options
from soundworks.rnn.render import render
from soundworks.rnn.session import Session
from soundworks.rnn.stream import Stream
from soundworks.rnn.trained import TrainedRnn
from soundworks.training.torch_setup import N_THREADS, load_torch

_RATE, _LAYERS = 16_000, 4
#: Units of each layer, and how much faster than real time: at least one of the two kinds of weights has to be.
_GOALS = {48: 5.0, 128: 1.5, 256: 1.0}
#: Samples that PyTorch makes in a round, and rounds.
_PEER_SAMPLES, _ROUNDS = 1000, 5
#: How much more two threads are to make than one.
_SCALING = 1.6
#: Bits per sample that int8 weights may cost, as the divergence of what they tell.
_MOST_BITS = 0.01


def bench(folder: Path) -> list[Figure]:
    """Measure all; the page's engine in the browser is measured beside Python's."""
    load_torch()
    networks = {
        hidden: random_rnn(folder / f"rnn-{hidden}", layers=_LAYERS, hidden=hidden, sample_rate=_RATE, scale=1.0)
        for hidden in _GOALS
    }
    return [
        *(_speed(trained, _GOALS[hidden]) for hidden, trained in networks.items()),
        *browser_figures(folder),
        _many(networks[48]),
        *map(_int8, networks.values()),
        _training(),
    ]


def _speed(trained: TrainedRnn, goal: float) -> Figure:
    """Measure streams of both kinds of weights beside PyTorch, in turns, by the time that one core has worked."""
    streams = [Stream(trained, weights=weights) for weights in ("float32", "int8")]
    n_samples = [max(1000, round(0.3 / _cpu_s(lambda s=stream: s.read(1000)) * 1000)) for stream in streams]
    actions = [lambda s=s, n=n: s.read(n) for s, n in zip(streams, n_samples, strict=True)]
    torch.set_num_threads(1)
    best_s = _best_s([*actions, _eager_loop(trained)])
    torch.set_num_threads(N_THREADS)
    exact, whole, eager = np.array([*n_samples, _PEER_SAMPLES]) / best_s / _RATE
    return Figure(
        f"stream, {_LAYERS} × {trained.options.hidden} at {_RATE / 1000:g} kHz, one core: float32, int8; PyTorch",
        f"{exact:.2f} ×, {whole:.2f} × real time; {eager:.2f} ×",
        f"at least {goal:g} ×, and faster than PyTorch",
        bool(max(exact, whole) >= goal and min(exact, whole) > eager),
    )


def _cpu_s(action: Callable[[], Any]) -> float:
    """Return the processor time of a call, the first one aside."""
    action()
    started = time.process_time()
    action()
    return time.process_time() - started


def _best_s(actions: list[Callable[[], Any]]) -> list[float]:
    """Return the shortest processor time of each action, in turns so that all meet the same load."""
    return np.min([[_cpu_s(action) for action in actions] for _ in range(_ROUNDS)], axis=0).tolist()


def _eager_loop(trained: TrainedRnn) -> Callable[[], None]:
    """Return what a user of PyTorch writes: a step of the network and a draw from its softmax, again and again."""
    network = network_of(trained)
    norms = torch.full((1, 1, len(trained.parameters)), 0.5)

    @torch.inference_mode()
    def loop() -> None:
        state, code = network.silence(1), torch.full((1, 1), SILENCE)
        for _ in range(_PEER_SAMPLES):
            told = (code.unsqueeze(-1).float() - SILENCE) / SILENCE
            inner, state = network.gru(relu(network.input(torch.cat([norms, told], dim=-1))), state)
            code = torch.multinomial(torch.softmax(network.output(inner)[0], dim=-1), 1)

    return loop


def _many(trained: TrainedRnn) -> Figure:
    """Measure many streams in one process with one thread and with two, in turns, by the clock."""
    n_streams, n_samples = 16, _RATE
    norms = np.full((n_streams, len(trained.parameters)), 0.5)

    def make(threads: int) -> float:
        return timed(lambda: render(trained, norms, seeds=range(n_streams), n_samples=n_samples, threads=threads))

    one_s, two_s = np.min([[make(threads) for threads in (1, 2)] for _ in range(_ROUNDS)], axis=0)
    ratio = one_s / two_s
    return Figure(
        f"{n_streams} streams of {_LAYERS} × {trained.options.hidden} in one process, two threads against one",
        f"{ratio:.2f} × ({n_streams * n_samples / _RATE / two_s:.1f} × real time in all)",
        f"at least {_SCALING:g} ×",
        bool(ratio >= _SCALING),
    )


def _int8(trained: TrainedRnn) -> Figure:
    """Compare what weights of both kinds tell after the same second of codes."""
    rng = np.random.default_rng(0)
    codes, norms = rng.integers(0, N_CODES, _RATE), rng.random((_RATE, len(trained.parameters)))
    exact, whole = (Stream(trained, weights=weights).logits(codes, norms) for weights in ("float32", "int8"))
    odds = np.exp(np.stack([exact, whole]).astype(np.float64))
    probability, other = odds / odds.sum(axis=2, keepdims=True)
    bits = float((probability * np.log2(probability / other)).sum(axis=1).mean())
    error = np.abs(whole - exact)
    return Figure(
        f"int8 weights, {_LAYERS} × {trained.options.hidden}: error of logits of RMS {exact.std():.2g}",
        f"RMS {np.sqrt((error**2).mean()):.2g}, largest {error.max():.2g}; {bits:.2g} bits per sample",
        f"under {_MOST_BITS:g} bits",
        bits < _MOST_BITS,
    )


def _training() -> Figure:
    """Measure steps of a training on the CPU beside those of PyTorch's own units, in turns, by the clock."""
    options, rng = rnn_options({}), np.random.default_rng(0)
    shape = (options.batch_size, options.seq_len)
    norms = rng.random((options.batch_size, 1, 2), np.float32)
    batch = Batch(rng.integers(0, N_CODES, shape, np.uint8), norms, None, np.zeros(options.batch_size, bool))
    ours, plain = (Session(options, 2, 0, "cpu") for _ in range(2))
    codes, rows = torch.from_numpy(batch.codes).long(), torch.from_numpy(norms).expand(-1, options.seq_len, -1)

    def plain_step() -> None:
        network = plain.network
        told = (codes.unsqueeze(-1).float() - SILENCE) / SILENCE
        inner, _ = network.gru(relu(network.input(torch.cat([rows, told], dim=-1))), plain.state)
        plain.optimizer.zero_grad()
        cross_entropy(network.output(inner).transpose(1, 2), codes).backward()
        plain.optimizer.step()

    actions = (lambda: ours.train_on(batch), plain_step)
    for action in actions:
        action()
    times_s = np.min([[timed(action) for action in actions] for _ in range(3 * _ROUNDS)], axis=0)
    speeds = shape[0] * shape[1] / times_s
    return Figure(
        f"training, {options.layers} × {options.hidden}, {shape[0]} × {shape[1]} samples a step, {N_THREADS} cores",
        f"{speeds[0]:,.0f} timesteps per second, {speeds[0] / speeds[1]:.1f} × PyTorch's units",
        "faster than PyTorch's units",
        bool(speeds[0] > speeds[1]),
    )
