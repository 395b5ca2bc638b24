"""A training in memory: losses, draws and rates in closed form, what is carried from window to window, and the end."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rnn_fixtures import TINY

from soundworks.errors import UserError
from soundworks.rnn.data import Batch, HeldOut, Lanes
from soundworks.rnn.loss import add_noise, code_loss, draw_codes, replace_drawn
from soundworks.rnn.options import rnn_options
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.schedule import learning_rate, teacher_forcing
from soundworks.rnn.session import Session
from soundworks.rnn.sounds import Sounds
from soundworks.training.checkpoint import Checkpoint, CheckpointFolder

PARAMETER = (ControlParameter("x", 0.0, 1.0),)


def make_session(seed: int = 0, **options: Any) -> Session:
    return Session(rnn_options({}, **{**TINY, **options}), 1, seed, "cpu")


def make_sounds() -> Sounds:
    """Return two sounds of 300 samples, a saw and noise."""
    codes = np.concatenate([np.arange(300) % 50 + 100, np.random.default_rng(0).integers(0, 256, 300)])
    constants = np.array([[0], [1]], np.float32)
    return Sounds(codes.astype(np.uint8), np.array([0, 300]), np.array([300, 600]), constants, {}, PARAMETER)


def make_batch(codes: np.ndarray, begins: bool) -> Batch:
    norms = np.linspace(0, 1, len(codes), dtype=np.float32)[:, None, None]
    return Batch(codes.astype(np.uint8), norms, None, np.full(len(codes), begins))


def trained(session: Session, steps: int) -> Session:
    lanes = Lanes(make_sounds(), session.options, session.seed)
    for _ in range(steps):
        session.train_on(lanes.batch(session.step))
    return session


# Losses, draws, rates


def test_the_loss_of_knowing_nothing_is_8_bits() -> None:
    codes = torch.randint(0, 256, (3, 5))
    logits = torch.zeros(3, 5, 256)

    total, count = code_loss(logits, codes, None)
    assert float(total) / int(count) == pytest.approx(8 * math.log(2))
    logits[:, 3:] = 100 * torch.randn(3, 2, 256)
    total, count = code_loss(logits, codes, torch.arange(5).expand(3, 5) < 3)
    assert (float(total) / int(count), int(count)) == (pytest.approx(8 * math.log(2)), 9)


def test_codes_are_drawn_by_their_odds() -> None:
    odds = torch.zeros(256)
    odds[[3, 100, 255]] = torch.tensor([0.2, 0.5, 0.3])
    uniforms = torch.tensor([0.0, 0.19, 0.21, 0.69, 0.71, 0.9999999])

    drawn = draw_codes(odds.log().expand(6, 256), uniforms)

    assert drawn.tolist() == [3, 3, 100, 100, 255, 255]


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_of_the_samples_is_drawn(share: float) -> None:
    given, certain = torch.full((8, 500), 7), torch.zeros(8, 500, 256)
    certain.scatter_(2, (torch.arange(500) % 200 + 20).expand(8, 500).unsqueeze(-1), 1e4)

    mixed = replace_drawn(given, certain, share, np.random.default_rng(0))

    changed = mixed != 7
    assert not changed[:, 0].any()
    assert abs(float(changed[:, 1:].float().mean()) - share) < 0.03
    assert torch.equal(mixed[:, 1:][changed[:, 1:]], (torch.arange(499) % 200 + 20).expand(8, 499)[changed[:, 1:]])
    assert (given == 7).all()


def test_noise_has_its_deviation() -> None:
    noisy = add_noise(torch.full((50, 400), 128), 2.5, np.random.default_rng(1))

    assert float(noisy.mean()) == pytest.approx(128, abs=0.1)
    assert float(noisy.std()) == pytest.approx(2.5, rel=0.03)


def test_the_learning_rate_rises_and_falls() -> None:
    options = rnn_options({}, steps=111, warmup=10, learning_rate=0.5, final_rate=0.1)
    rates = [learning_rate(options, step) for step in range(111)]

    assert np.allclose(rates[:10], 0.5 * np.arange(1, 11) / 11)
    assert np.allclose(rates[10:], 0.05 + 0.45 * (1 + np.cos(np.pi * np.arange(101) / 100)) / 2)
    constant = rnn_options({}, steps=50, warmup=0, learning_rate=0.5, final_rate=1)
    assert {learning_rate(constant, step) for step in range(50)} == {0.5}
    assert learning_rate(rnn_options({}, steps=1, warmup=0, learning_rate=0.5), 0) == 0.5


def test_teacher_forcing_changes_evenly() -> None:
    options = rnn_options({}, steps=101, warmup=0, teacher_forcing=1, teacher_forcing_end=0.6)

    assert [teacher_forcing(options, step) for step in (0, 25, 100)] == pytest.approx([1, 0.9, 0.6])
    assert teacher_forcing(rnn_options({}, teacher_forcing=0.9), 77) == 0.9


# What is carried


def test_state_and_sample_are_carried_until_a_sound_begins() -> None:
    """At a rate of next to nothing, two windows are what one of twice the length is."""
    session = make_session(learning_rate=1e-30)
    codes = np.random.default_rng(2).integers(0, 256, (4, 48))
    for first in (0, 16):
        session.train_on(make_batch(codes[:, first : first + 16], begins=False))

    given = torch.from_numpy(np.concatenate([np.full((4, 1), 128), codes[:, :31]], axis=1))
    norms = torch.linspace(0, 1, 4)[:, None, None].expand(4, 32, 1)
    with torch.no_grad():
        expected = session.network(given, norms, session.network.silence(4))[1]
    assert torch.allclose(session.state, expected, atol=1e-6)
    assert not session.state.requires_grad
    session.train_on(make_batch(codes[:, 32:], begins=True))
    fresh = make_session(learning_rate=1e-30)
    fresh.train_on(make_batch(codes[:, 32:], begins=True))
    assert torch.equal(session.state, fresh.state)


def test_gradients_are_cut_to_their_norm() -> None:
    session = trained(make_session(gradient_clip=0.01), 1)
    session.gather()
    norm = math.sqrt(sum(float(p.grad.square().sum()) for p in session.network.parameters() if p.grad is not None))

    assert norm == pytest.approx(0.01, rel=1e-3)
    assert session.norms[0] > 0.02


def test_the_average_follows_the_weights() -> None:
    session = make_session(ema_decay=0.9)
    before = [weight.clone() for weight in session.average.parameters()]
    trained(session, 1)
    for old, weight, average in zip(before, session.network.parameters(), session.average.parameters(), strict=True):
        assert torch.allclose(average, 0.1 * old + 0.9 * weight, atol=1e-6)  # (1 + 0)/(10 + 0) of the old
    plain = trained(make_session(ema_decay=0), 3)
    assert all(torch.equal(a, b) for a, b in zip(plain.average.parameters(), plain.network.parameters(), strict=True))


@pytest.mark.parametrize(
    "options", [{"teacher_forcing": 0.5}, {"input_noise": 3}, {"input": "one-hot", "input_noise": 3}]
)
def test_own_samples_and_noise_are_drawn_by_the_seed(options: dict[str, Any]) -> None:
    plain = {key: value for key, value in options.items() if key == "input"}
    first, again, without = (trained(make_session(**given), 3) for given in (options, options, plain))

    assert torch.equal(first.network.output.weight, again.network.output.weight)
    assert not torch.equal(first.network.output.weight, without.network.output.weight)


# The end


def fake_losses(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> None:
    found = iter(losses)
    monkeypatch.setattr(Session, "loss_on", lambda *_: next(found))


def until_the_end(session: Session) -> list[np.ndarray]:
    """Train until something ends it; return the average's last weights after each validation."""
    lanes, held_out, seen = Lanes(make_sounds(), session.options, 0), HeldOut(make_sounds(), 600), []
    while session.ended is None:
        session.train_on(lanes.batch(session.step))
        if session.is_due:
            session.validate(held_out)
            seen.append(session.average.output.bias.detach().numpy().copy())
    return seen


def test_patience_ends_a_training_with_its_best_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_losses(monkeypatch, [5, 4, 4.5, 4, 3, 4, 4, 4])
    session = make_session(steps=100, patience=3)

    seen = until_the_end(session)

    assert (session.ended, session.step, session.best_step, session.best_loss) == ("patience", 32, 20, 3)
    assert np.array_equal(session.weights()["output.bias"], seen[4])
    assert [row["step"] for row in session.history] == [4, 8, 12, 16, 20, 24, 28, 32]


def test_a_low_loss_ends_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    session = make_session(steps=100, loss_cutoff=7.9)
    until_the_end(session)

    assert (session.ended, session.step) == (
        "loss_cutoff",
        next(r["step"] for r in session.history if r["loss"] <= 7.9),
    )
    assert session.history[-1]["loss"] <= 7.9


def test_without_held_out_sounds_the_average_is_kept() -> None:
    session = trained(make_session(), 4)
    session.validate(HeldOut(make_sounds().part(slice(0)), 600))

    assert "validation_loss" not in session.history[0]
    assert (session.best, session.best_step, session.ended) == ([], 0, None)
    assert np.array_equal(session.weights()["output.bias"], session.average.output.bias.detach().numpy())


def test_the_loss_on_held_out_sounds_is_that_of_the_average_from_silence() -> None:
    session = trained(make_session(), 5)
    sounds = make_sounds()
    codes = torch.from_numpy(np.array(sounds.codes)).long().reshape(2, 300)
    given = torch.cat([torch.full((2, 1), 128), codes[:, :-1]], dim=1)
    norms = torch.tensor([0.0, 1.0])[:, None, None].expand(2, 300, 1)
    with torch.no_grad():
        odds = session.average(given, norms, session.average.silence(2))[0].log_softmax(-1)
    expected = -odds.gather(2, codes.unsqueeze(-1))[:, 75:].mean() / math.log(2)

    assert session.loss_on(HeldOut(sounds, 10**6)) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_training_that_runs_away_is_a_sentence(bad: float) -> None:
    session = trained(make_session(), 2)
    with torch.no_grad():
        session.network.output.bias[3] = bad
    trained(session, 1)

    sentence = (
        r"^rnn\.learning_rate: found the loss (nan|inf) .* in step 3 at a rate of 0\.004, expected finite numbers; a"
    )
    with pytest.raises(UserError, match=sentence):
        session.checkpoint()


def test_a_checkpoint_of_another_training_does_not_do(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path / "rnn", "0" * 64)
    folder.write(trained(make_session(), 3).checkpoint())
    found = folder.read()
    assert isinstance(found, Checkpoint)

    make_session().resume(found)
    with pytest.raises(ValueError):
        make_session(hidden=12).resume(found)
    with pytest.raises(ValueError, match="found step 3, expected 0 to 2"):
        make_session(steps=2, warmup=1).resume(found)
    with pytest.raises(KeyError):
        make_session().resume(Checkpoint({}, found.state))
