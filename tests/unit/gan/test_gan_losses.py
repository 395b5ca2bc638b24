"""Losses against closed forms; each is a mean over the batch, and a step of descent lowers it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from gan_fixtures import make_options

from soundworks.gan.conditions import Conditions
from soundworks.gan.losses import (
    conditions_loss,
    critic_loss,
    diversity_loss,
    drift,
    generator_loss,
    lipschitz_penalty,
    slope_penalty,
)
from soundworks.gan.networks import Critic, Generator

LOSSES = ["wgan-gp", "lsgan", "dcgan", "logistic", "r3gan"]
REAL, MADE = torch.tensor([1.0, 3.0]), torch.tensor([-1.0, 0.5])


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


CRITIC = {
    "wgan-gp": -0.25 - 2,
    "lsgan": (0 + 4) / 2 + (1 + 0.25) / 2,
    "dcgan": (softplus(-1) + softplus(-3) + softplus(-1) + softplus(0.5)) / 2,
    "logistic": (softplus(-1) + softplus(-3) + softplus(-1) + softplus(0.5)) / 2,
    "r3gan": (softplus(-2) + softplus(-2.5)) / 2,
}
GENERATOR = {
    "wgan-gp": 0.25,
    "lsgan": (4 + 0.25) / 2,
    "dcgan": -(softplus(-1) + softplus(0.5)) / 2,  # the logarithm of the probability of being found out
    "logistic": (softplus(1) + softplus(-0.5)) / 2,
    "r3gan": (softplus(2) + softplus(2.5)) / 2,
}


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", LOSSES)
def test_losses_have_their_closed_forms(kind: str) -> None:
    assert float(critic_loss(kind, REAL, MADE)) == pytest.approx(CRITIC[kind], rel=1e-6)
    assert float(generator_loss(kind, REAL, MADE)) == pytest.approx(GENERATOR[kind], rel=1e-6)


@pytest.mark.parametrize("kind", LOSSES)
def test_a_batch_that_has_everything_twice_costs_the_same(kind: str) -> None:
    for loss in (critic_loss, generator_loss):
        twice = loss(kind, REAL.repeat(2), MADE.repeat(2))
        torch.testing.assert_close(twice, loss(kind, REAL, MADE))


def linear(slope: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda images: (images * slope).sum(dim=(1, 2)) + 5


def test_the_penalty_is_the_distance_of_slopes_from_one() -> None:
    """Of a linear critic the slope is the same everywhere: here 5, the length of (3, 4)."""
    slope = torch.tensor([[3.0, 0.0], [0.0, 4.0]])

    penalty = lipschitz_penalty(linear(slope), noise(3, 2, 2), noise(3, 2, 2, seed=1), torch.rand(3))

    assert float(penalty) == pytest.approx(16.0, rel=1e-5)
    assert float(lipschitz_penalty(linear(slope / 5), noise(3, 2, 2), noise(3, 2, 2), torch.rand(3))) < 1e-10


def test_slopes_are_taken_between_real_and_made_sounds() -> None:
    """Of half the square, the slope at a point is its distance from 0."""
    at: list[torch.Tensor] = []

    def judge(images: torch.Tensor) -> torch.Tensor:
        at.append(images.detach())
        return images.square().sum(dim=(1, 2)) / 2

    real, made, shares = torch.full((3, 1, 1), 4.0), torch.full((3, 1, 1), 2.0), torch.tensor([0.0, 0.5, 1.0])

    penalty = lipschitz_penalty(judge, real, made, shares)

    assert at[0].flatten().tolist() == [2.0, 3.0, 4.0]
    assert float(penalty.detach()) == pytest.approx((1 + 4 + 9) / 3)


def test_the_penalty_of_slopes_is_the_same_for_all_sizes() -> None:
    """Half the square of the slope, 25, times the share of 4 pixels; of √n times the slope for n times the pixels."""
    slope = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    small, large = noise(3, 2, 2).requires_grad_(), noise(3, 4, 4).requires_grad_()
    finer = slope.repeat_interleave(2, 0).repeat_interleave(2, 1) / 4  # the same score for the same picture

    penalty = slope_penalty(linear(slope)(small), small)

    assert float(penalty.detach()) == pytest.approx(25 / 2 * 4 / 2**15)
    torch.testing.assert_close(slope_penalty(linear(finer)(large), large), penalty)


def test_the_penalty_moves_the_critic() -> None:
    weight = torch.tensor([[3.0, 4.0]], requires_grad=True)
    images = noise(2, 1, 2).requires_grad_()

    slope_penalty(linear(weight)(images), images).backward()

    torch.testing.assert_close(weight.grad, weight.detach() * 2 / 2**15)


def test_drift_is_the_mean_square() -> None:
    assert float(drift(REAL)) == 5.0


def test_as_diverse_a_batch_costs_nothing() -> None:
    features = noise(6, 4)

    assert float(diversity_loss(features, features)) == pytest.approx(0, abs=1e-5)
    assert float(diversity_loss(features, 3 * features)) == pytest.approx(0, abs=1e-5)  # the angles count


def test_a_batch_of_one_sound_costs_more_and_descent_makes_it_diverse() -> None:
    real, made = noise(6, 8), noise(1, 8, seed=1) + 0.1 * noise(6, 8, seed=2)
    made.requires_grad_()
    before = diversity_loss(real, made)
    for _ in range(50):
        (gradient,) = torch.autograd.grad(diversity_loss(real, made), made)
        made = (made - 0.1 * gradient).detach().requires_grad_()

    assert float(before.detach()) > 1
    assert float(diversity_loss(real, made).detach()) < 0.5 * float(before.detach())


def test_attributes_cost_the_mean_of_their_losses() -> None:
    conditions = Conditions.of({"class": np.arange(40) % 2.0, "value": np.arange(40.0)})
    judged, true = torch.tensor([[0.0, math.log(3), 0.5]]), torch.tensor([[0.0, 1.0, 0.9]])

    loss = conditions_loss(conditions, judged, true)

    assert float(loss) == pytest.approx((math.log(4 / 3) + 0.16) / 2, rel=1e-5)
    torch.testing.assert_close(conditions_loss(conditions, judged.repeat(3, 1), true.repeat(3, 1)), loss)


@pytest.mark.parametrize("kind", LOSSES)
def test_critics_think_the_same_of_a_batch_that_has_everything_twice(kind: str) -> None:
    """With the deviation over the batch, and with the penalty."""
    critic = Critic(make_options(), (17, 8))
    critic.draw(torch.Generator().manual_seed(1))

    def loss(times: int) -> torch.Tensor:
        real, made = (noise(5, 17, 8, seed=seed).repeat(times, 1, 1).requires_grad_() for seed in (1, 2))
        scores, made_scores = critic(real, 2)[0], critic(made, 2)[0]
        if kind == "r3gan":
            penalty = slope_penalty(scores, real) + slope_penalty(made_scores, made)
        else:
            shares = torch.linspace(0, 1, 5).repeat(times)
            penalty = lipschitz_penalty(lambda x: critic(x, 2)[0], real, made, shares)
        return critic_loss(kind, scores, made_scores) + 10 * penalty

    torch.testing.assert_close(loss(3), loss(1), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", LOSSES)
def test_one_step_lowers_the_loss(kind: str) -> None:
    """With its penalty, of the critic, then of the generator; on fixed sounds, down the gradient."""
    options = make_options(downsampling=[[1, 1]], channels=[6], steps=[1], batch_size=[8], fade_jumps=[0])
    generator, critic = Generator(options, (5, 4)), Critic(options, (5, 4))
    for seed, network in enumerate((generator, critic)):
        network.draw(torch.Generator().manual_seed(seed))
    real, latents = noise(8, 5, 4), noise(8, 4)

    def of_critic() -> torch.Tensor:
        at, made = real.clone().requires_grad_(), generator(latents, 0).detach().requires_grad_()
        scores, made_scores = critic(at, 0)[0], critic(made, 0)[0]
        if kind == "r3gan":
            penalty = slope_penalty(scores, at) + slope_penalty(made_scores, made)
        else:
            penalty = lipschitz_penalty(lambda x: critic(x, 0)[0], real, made, torch.full((8,), 0.5))
        return critic_loss(kind, scores, made_scores) + 10 * penalty

    def of_generator() -> torch.Tensor:
        return generator_loss(kind, critic(real, 0)[0].detach(), critic(generator(latents, 0), 0)[0])

    for loss, network in ((of_critic, critic), (of_generator, generator)):
        before = loss()
        optimizer = torch.optim.SGD(network.parameters(), 1e-3)
        optimizer.zero_grad()
        before.backward()
        optimizer.step()
        assert float(loss().detach()) < float(before.detach())
