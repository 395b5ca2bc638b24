"""Mistakes in the use of a stream, and states that are none: a sentence each."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rnn_fixtures import random_rnn

from soundworks.errors import UserError
from soundworks.rnn import Stream
from soundworks.rnn.render import render
from soundworks.rnn.state import StreamState
from soundworks.rnn.trained import TrainedRnn


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> TrainedRnn:
    return random_rnn(tmp_path_factory.mktemp("rnn") / "rnn")


def one_sentence(action):
    with pytest.raises(UserError) as caught:
        action()
    return str(caught.value)


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (lambda s: s.set("pitches", 50), "pitches: found no such parameter, expected pitch, cutoff"),
        (lambda s: s.set("pitch", 80), "pitch: found 80, expected 48 to 68 MIDI note"),
        (lambda s: s.set("cutoff", -1), "cutoff: found -1, expected 100 to 1600 Hz"),
        (lambda s: s.set("pitch", float("nan")), "pitch: found nan, expected 48 to 68 MIDI note"),
        (lambda s: s.set("pitch", "high"), "pitch: found 'high', expected numbers"),
        (lambda s: s.set_norm("pitch", 1.5), "pitch: found 1.5, expected 0 to 1"),
        (lambda s: s.set_norm("pitch", float("nan")), "pitch: found nan, expected 0 to 1"),
        (lambda s: s.set_norm("pitch", [0, 1]), "pitch: found an array of shape (2,), expected one number"),
        (lambda s: s.set_curve("pitch", [0, 1], [50, 99]), "pitch: found 99, expected 48 to 68 MIDI note"),
        (lambda s: s.set_curve("pitch", [1, 0], [50, 51]), "expected seconds from 0 on that never fall"),
        (lambda s: s.set_curve("pitch", [-1, 0], [50, 51]), "expected seconds from 0 on that never fall"),
        (lambda s: s.set_curve("pitch", [0, np.inf], [50, 51]), "expected seconds from 0 on that never fall"),
        (lambda s: s.set_curve("pitch", [0, np.nan], [50, 51]), "expected seconds from 0 on that never fall"),
        (lambda s: s.set_curve("pitch", [0, 1e308], [50, 51]), "expected seconds from 0 on that never fall"),
        (lambda s: s.set_curve("pitch", [0, 1], [50]), "expected a curve of at least one time and a value for each"),
        (lambda s: s.set_curve("pitch", [], []), "expected a curve of at least one time and a value for each"),
        (lambda s: s.read(-1), "number of samples: found -1, expected 0 or more"),
        (lambda s: s.read_controlled(np.zeros((5, 3))), "a column for each of pitch, cutoff"),
        (lambda s: s.read_controlled(np.full((5, 2), np.nan)), "norms: found nan, expected 0 to 1"),
        (lambda s: s.read_controlled(np.full((5, 2), 2.0)), "norms: found 2, expected 0 to 1"),
        (lambda s: s.logits([1, 2], np.zeros((3, 2))), "expected float of shape (2, 2)"),
        (lambda s: s.prime(np.zeros(5, np.int16)), "found int16 of shape (5,), expected one row of finite float"),
        (lambda s: s.prime(np.zeros((5, 2))), "found float64 of shape (5, 2), expected one row of finite float"),
        (lambda s: s.prime(np.full(5, np.nan)), "expected one row of finite float in [-1, 1]"),
        (lambda s: s.prime_silence(-1), "seconds to prime with: found -1, expected 0 or more"),
        (lambda s: setattr(s, "temperature", -1), "temperature: found -1, expected 0 or 1e-06 to 1e+06"),
        (lambda s: setattr(s, "temperature", float("nan")), "temperature: found nan, expected 0 or"),
        (lambda s: setattr(s, "top_p", 0), "top_p: found 0, expected above 0 and up to 1"),
        (lambda s: setattr(s, "top_p", 1.01), "top_p: found 1.01, expected above 0 and up to 1"),
        (lambda s: Stream(s.trained, weights="int4"), "weights: found 'int4', expected float32 or int8"),
        (lambda s: render(s.trained, np.zeros((2, 2)), seeds=[1], n_samples=3), "norms: found shape (2, 2), 1 seeds"),
        (lambda s: render(s.trained, np.zeros((1, 2)), seeds=[1]), "expected (seeds, parameters) and n_samples"),
        (lambda s: render(s.trained, np.zeros((1, 2)), seeds=[1], n_samples=3, threads=0), "threads: found 0"),
    ],
)  # fmt: skip
def test_mistakes_are_sentences_and_change_nothing(trained, action, sentence):
    stream = Stream(trained, seed=8)
    assert sentence in one_sentence(lambda: action(stream))
    np.testing.assert_array_equal(stream.read(100), Stream(trained, seed=8).read(100))


def test_another_networks_state_is_refused(trained, tmp_path: Path):
    stream = Stream(trained)
    other = random_rnn(tmp_path / "other", seed=1)
    for wrong in (Stream(other), Stream(trained, weights="int8"), Stream(random_rnn(tmp_path / "large", hidden=12))):
        assert "found that of another network" in one_sentence(lambda wrong=wrong: stream.restore(wrong.state()))
    damaged = replace(stream.state(), first=np.array([0, 1, 9]))
    assert "found one that no stream was in" in one_sentence(lambda: stream.restore(damaged))


def test_files_that_hold_no_state_are_sentences(trained, tmp_path: Path):
    state = Stream(trained).state()
    assert "found no file that can be read" in one_sentence(lambda: type(state).load(tmp_path / "none.npz"))
    (tmp_path / "text.npz").write_text("text")
    np.savez(tmp_path / "half.npz", network="x")
    state.save(tmp_path / "whole.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:300])
    np.savez(tmp_path / "pickled.npz", network=np.array([{}], object))
    for name in ("text", "half", "cut", "pickled"):
        assert "found no stream's state" in one_sentence(lambda name=name: type(state).load(tmp_path / f"{name}.npz"))


def test_weights_that_do_not_fit_are_a_sentence(trained):
    for name, weight in {
        "gru.weight_hh_l1": np.zeros((24, 9), np.float32),
        "output.bias": np.zeros(256),
        "input.bias": np.full(8, np.nan, np.float32),
    }.items():
        wrong = replace(trained, weights={**trained.weights, name: weight})
        assert f"{name}: found {weight.dtype}" in one_sentence(lambda wrong=wrong: Stream(wrong))
    fewer = {name: weight for name, weight in trained.weights.items() if name != "output.bias"}
    assert "output.bias: found none" in one_sentence(lambda: Stream(replace(trained, weights=fewer)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": float("nan")}, {"temperature": -1.0}, {"top_p": 7.0}, {"code": 256}, {"code": "x"},
        {"position": -1}, {"position": 2**64}, {"seed": -5}, {"seed": 2**70}, {"hidden": np.zeros((2, 8))},
        {"hidden": np.full((2, 8), np.nan, np.float32)}, {"hidden": np.full((2, 8), "a")},
        {"first": np.array([[0, 2, 3]])},
        {"first": np.array([0.0, 2.0, 3.0])}, {"first": np.array([0, 3, 3])}, {"positions": np.array([0, np.nan, 0.0])},
        {"positions": np.array([5.0, 1.0, 0.0])}, {"positions": np.zeros(2)}, {"values": np.array([0, 1, 1.5])},
        {"values": np.array(["a", "b", "c"])},
    ],
)  # fmt: skip
def test_a_state_that_no_stream_was_in_changes_nothing(trained, wrong):
    stream = Stream(trained, seed=3)
    stream.set_curve("pitch", [0, 1], [50, 60])
    state, other = stream.state(), Stream(trained, seed=8)
    assert one_sentence(lambda: other.restore(replace(state, **wrong))).startswith(
        "state: found one that no stream was"
    )
    np.testing.assert_array_equal(other.read(100), Stream(trained, seed=8).read(100))
    other.restore(state)
    np.testing.assert_array_equal(other.read(100), stream.read(100))


def test_any_damage_of_a_state_is_a_sentence(trained, tmp_path: Path):
    path = tmp_path / "s.npz"
    Stream(trained).state().save(path)
    whole, stream, rng = path.read_bytes(), Stream(trained), np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(whole)
        for place in rng.integers(len(whole), size=2).tolist():
            content[place] = int(rng.integers(256))
        path.write_bytes(content)
        with suppress(UserError), warnings.catch_warnings(action="ignore", category=UserWarning):  # of old headers
            stream.restore(StreamState.load(path))
