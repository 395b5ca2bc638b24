"""Layers against closed forms: norms, resizing and what follows from it, initial weights."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.gan.layers import (
    Convolution,
    Dense,
    FormatLayer,
    averaged,
    blended,
    pixel_norm,
    ratio,
    upsized,
    with_deviation,
)
from soundworks.training.average import average_decay, update_average

SIZES = st.integers(1, 9)
FACTORS = st.integers(1, 4)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def drawn(layer: torch.nn.Module, seed: int = 1) -> torch.nn.Module:
    layer.draw(torch.Generator().manual_seed(seed))
    return layer


def test_the_channels_of_a_pixel_have_a_mean_square_of_one() -> None:
    normed = pixel_norm(5 * noise(3, 8, 4, 2))

    torch.testing.assert_close(normed.square().mean(dim=1), torch.ones(3, 4, 2))
    torch.testing.assert_close(pixel_norm(torch.tensor([[3.0, 4.0]])), torch.tensor([[3.0, 4.0]]) / math.sqrt(12.5))
    assert torch.isfinite(pixel_norm(torch.zeros(1, 4, 1, 1))).all()


def test_the_deviation_over_the_batch_is_one_more_channel() -> None:
    image = torch.zeros(2, 3, 4, 5)
    image[1, 0] = 6.0  # one of three channels deviates by 3

    told = with_deviation(image)

    assert told.shape == (2, 4, 4, 5)
    torch.testing.assert_close(told[:, :3], image)
    torch.testing.assert_close(told[:, 3], torch.full((2, 4, 5), 1.0), atol=1e-3, rtol=0)


@given(size=st.tuples(SIZES, SIZES), by=st.tuples(FACTORS, FACTORS), cut=st.tuples(st.booleans(), st.booleans()))
@settings(max_examples=60, deadline=None)
def test_what_is_upsized_and_averaged_is_what_it_was(
    size: tuple[int, int], by: tuple[int, int], cut: tuple[bool, bool]
) -> None:
    fine = tuple(n * k - (k > 1 and odd) for n, k, odd in zip(size, by, cut, strict=True))
    image = noise(2, 3, *size)

    large = upsized(image, fine)

    assert large.shape[-2:] == fine
    assert ratio(fine, size) is not None
    torch.testing.assert_close(averaged(large, size), image)
    assert set(large.flatten().tolist()) <= set(image.flatten().tolist())


@pytest.mark.parametrize(
    ("shape", "coarse"), [((8, 6), (4, 3)), ((33, 16), (17, 8)), ((9, 4), (3, 4)), ((6, 9), (4, 3)), ((4, 3), (4, 3))]
)
def test_a_convolution_of_an_enlarged_image_saves_work_alone(shape: tuple[int, int], coarse: tuple[int, int]) -> None:
    """It is that of the upsized image, cut off where the shape is odd."""
    layer = drawn(Convolution(3, 5, 3, equalized=True))
    image, by = noise(2, 3, *coarse), ratio(shape, coarse)
    whole = shape if by is None else (coarse[0] * by[0], coarse[1] * by[1])

    expected = layer(upsized(image, whole))[..., : shape[0], : shape[1]]

    torch.testing.assert_close(layer.enlarged(image, shape), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shape", [(8, 6), (7, 5), (1, 9)])
def test_a_stride_takes_the_nearest_pixels_of_the_convolution(shape: tuple[int, int]) -> None:
    layer, image = drawn(Convolution(3, 5, 3, equalized=True)), noise(2, 3, *shape)

    torch.testing.assert_close(layer(image, (2, 2)), layer(image)[..., ::2, ::2], atol=1e-5, rtol=1e-5)


def test_real_images_are_blended_with_those_of_the_scale_before() -> None:
    image, shapes = noise(2, 5, 4), [(3, 2), (5, 4)]
    coarse = upsized(averaged(image[:, None], (3, 2)), (5, 4))[:, 0]

    torch.testing.assert_close(blended(image, shapes, 1, 0.0), image)
    torch.testing.assert_close(blended(image, shapes, 1, 1.0), coarse)
    torch.testing.assert_close(blended(image, shapes, 1, 0.25), 0.25 * coarse + 0.75 * image)
    torch.testing.assert_close(blended(image, shapes, 0, 0.0), averaged(image[:, None], (3, 2))[:, 0])
    assert averaged(torch.tensor([[[[1.0], [2.0], [9.0]]]]), (2, 1)).flatten().tolist() == [1.5, 9.0]


@pytest.mark.parametrize("equalized", [False, True])
def test_layers_keep_the_variance_of_what_they_are_given(equalized: bool) -> None:
    """Weights have a variance of 2/fan-in as they are used; equalised, they are kept with a variance of 1."""
    layers = {576: Convolution(64, 64, 3, equalized=equalized), 300: Dense(300, 200, equalized=equalized),
              100: FormatLayer("gansynth", 100, 32, (4, 4), equalized=equalized)}  # fmt: skip
    for fan_in, layer in layers.items():
        drawn(layer)
        assert float(layer.weight.detach().var()) == pytest.approx(2 / fan_in, rel=0.03)
        assert float(layer.raw.detach().var()) == pytest.approx(1 if equalized else 2 / fan_in, rel=0.03)
        assert not layer.bias.any()


def test_the_format_layer_is_a_convolution_over_zeros() -> None:
    layer = drawn(FormatLayer("gansynth", 6, 4, (3, 2), equalized=True))
    latents = noise(5, 6)
    padded = torch.nn.functional.pad(latents[:, :, None, None], (1, 1, 2, 2))
    kernel = layer.weight.reshape(4, 3, 2, 6).permute(0, 3, 1, 2).flip(2, 3)
    with torch.no_grad():
        layer.bias.copy_(noise(4, 1, 1, seed=3))

    expected = torch.nn.functional.conv2d(padded, kernel, layer.bias.flatten())

    torch.testing.assert_close(layer(latents), expected, atol=1e-5, rtol=1e-5)


def test_the_average_follows_its_formula() -> None:
    average, weight = torch.tensor([1.0]), torch.tensor([3.0])

    update_average([average], [weight], 0, 0.999)
    assert float(average) == pytest.approx(0.1 * 1 + 0.9 * 3)
    update_average([average], [weight + 1], 90, 0.5)
    assert float(average) == pytest.approx(0.5 * 2.8 + 0.5 * 4)


def test_an_average_forgets_the_initial_weights_soon() -> None:
    """Those count for less than a thousandth after 20 steps; with the full decay of 0.999, it would be for 98 %."""
    share = math.prod(average_decay(step, 0.999) for step in range(20))

    assert share < 1e-3
    assert average_decay(10**6, 0.999) == 0.999
