"""Generator and critic: sizes of the original, shapes at every scale, fading, attributes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from gan_fixtures import make_options

from soundworks.gan.layers import averaged, upsized
from soundworks.gan.networks import Critic, Generator, count_parameters

OREILLY: dict[str, Any] = {
    "downsampling": [[16, 16], [8, 8], [4, 4], [2, 2], [1, 1]], "channels": [128, 64, 64, 64, 32], "steps": [1] * 5,
    "batch_size": [1] * 5, "fade_jumps": [0] * 5, "latent_dim": 128,
}  # fmt: skip
SHAPES = [(17, 8), (16, 8), (13, 11), (20, 4)]


def build(shape: tuple[int, int], n_conditions: int = 0, **options: Any) -> tuple[Generator, Critic]:
    networks = tuple(kind(make_options(**options), shape, n_conditions) for kind in (Generator, Critic))
    for seed, network in enumerate(networks):
        network.draw(torch.Generator().manual_seed(seed))
    return networks


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_the_networks_are_as_large_as_the_original_ones() -> None:
    """The counts were taken from the original, built with the numbers of its texture run."""
    generator, critic = build((257, 128), **OREILLY)

    assert generator.shapes == [(17, 8), (33, 16), (65, 32), (129, 64), (257, 128)]
    assert (count_parameters(generator), count_parameters(critic)) == (2_810_021, 2_664_161)


@pytest.mark.parametrize("downsampling", [[[4, 4], [2, 2], [1, 1]], [[3, 4], [2, 1], [1, 1]], [[5, 2], [5, 1], [1, 1]]])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_scale_has_its_shape(shape: tuple[int, int], downsampling: list[list[int]]) -> None:
    generator, critic = build(shape, n_conditions=3, downsampling=downsampling)
    assert generator.shapes[-1] == shape
    for scale, expected in enumerate(generator.shapes):
        for alpha in (0.0, 0.5):
            made = generator(noise(3, 7), scale, alpha, fading=alpha > 0)
            assert made.shape == (3, *expected)
            scores, conditions, features = critic(made, scale, alpha, fading=alpha > 0)
            assert (scores.shape, conditions.shape, features.shape) == ((3,), (3, 3), (3, 6))
            assert torch.isfinite(scores).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [1, 2])
def test_fading_in_is_continuous(shape: tuple[int, int], scale: int) -> None:
    """A scale without a share changes nothing: not what is made, and not what is thought of it."""
    generator, critic = build(shape)
    latents = noise(3, 4)
    before = generator(latents, scale - 1)

    after = generator(latents, scale, 1.0, fading=True)

    torch.testing.assert_close(after, upsized(before[:, None], generator.shapes[scale])[:, 0])
    torch.testing.assert_close(critic(after, scale, 1.0, fading=True)[0], critic(before, scale - 1)[0])


def test_fading_ends_at_the_new_scale_alone() -> None:
    generator, critic = build((17, 8))
    latents, image = noise(3, 4), noise(3, 17, 8)

    torch.testing.assert_close(generator(latents, 2, 0.0, fading=True), generator(latents, 2))
    torch.testing.assert_close(critic(image, 2, 0.0, fading=True)[0], critic(image, 2)[0])
    halfway = generator(latents, 2, 0.5, fading=True)
    coarse = upsized(generator(latents, 1)[:, None], (17, 8))[:, 0]
    torch.testing.assert_close(halfway, 0.5 * coarse + 0.5 * generator(latents, 2))


def test_the_critic_sees_averages_of_the_image_while_it_fades() -> None:
    _, critic = build((17, 8))
    image = noise(3, 17, 8)
    coarse = averaged(image[:, None], (9, 4))[:, 0]

    torch.testing.assert_close(critic(image, 2, 1.0, fading=True)[0], critic(coarse, 1)[0])


def test_only_the_direction_of_the_noise_counts_and_attributes_stay_as_they_are() -> None:
    generator, _ = build((17, 8), n_conditions=2)
    latents = noise(1, 6)
    scaled, other = latents.clone(), latents.clone()
    scaled[:, :4] *= 3
    other[:, 4:] *= 3

    torch.testing.assert_close(generator(scaled, 2), generator(latents, 2), atol=1e-5, rtol=1e-5)
    assert (generator(other, 2) - generator(latents, 2)).abs().max() > 1e-3


def test_without_pixel_norm_the_noise_counts_as_it_is() -> None:
    generator, _ = build((17, 8), pixel_norm=False)

    assert (generator(3 * noise(1, 4), 2) - generator(noise(1, 4), 2)).abs().max() > 1e-3


@pytest.mark.parametrize("told", [True, False])
def test_the_critic_is_told_how_much_a_batch_varies(told: bool) -> None:
    _, critic = build((17, 8), minibatch_std=told)
    one, other = noise(1, 17, 8), noise(1, 17, 8, seed=1)

    alone, together = critic(one.repeat(2, 1, 1), 2)[0][0], critic(torch.cat([one, other]), 2)[0][0]

    assert (abs(float((alone - together).detach())) > 1e-5) == told


@pytest.mark.parametrize("options", [{"format_layer": "linear"}, {"equalized_learning_rate": False}, {"leakiness": 0}])
def test_other_layers_give_gradients_to_all_weights(options: dict[str, Any]) -> None:
    generator, critic = build((17, 8), **options)

    critic(generator(noise(4, 4), 2, 0.5, fading=True), 2, 0.5, fading=True)[0].square().sum().backward()

    missing = [name for network in (generator, critic) for name, weight in network.named_parameters()
               if weight.grad is None or not torch.isfinite(weight.grad).all()]  # fmt: skip
    assert set(missing) == {f"{part}.{name}" for part in ("output.0", "input.0") for name in ("raw", "bias")}
