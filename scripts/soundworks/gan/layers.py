"""Layers of the generator and the critic; images are (batch, channels, frequencies, times)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Keeps roots and quotients finite.
_EPSILON = 1e-8

Shape = tuple[int, int]


class Weighted(nn.Module):
    """Weights with a bias a channel, drawn by He et al. 2015, "Delving deep into rectifiers", for their fan-in.

    With an equalised learning rate (Karras et al. 2018, "Progressive growing of GANs", 4.1) they are kept with a
    variance of 1 and scaled when they are used, so that an optimizer that knows no scale moves all of them alike.
    """

    def __init__(self, shape: tuple[int, ...], fan_in: int, *, equalized: bool, gain: float = math.sqrt(2.0)) -> None:
        super().__init__()
        self.raw = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.zeros(shape[0]))
        scale = gain / math.sqrt(fan_in)
        self.scale = scale if equalized else 1.0
        self.initial_deviation = 1.0 if equalized else scale

    @property
    def weight(self) -> Tensor:
        """The weights as they are used."""
        return self.raw * self.scale

    def draw(self, rng: torch.Generator) -> None:
        """Draw the weights anew; biases are 0."""
        with torch.no_grad():
            self.raw.normal_(0.0, self.initial_deviation, generator=rng)
            self.bias.zero_()


class Convolution(Weighted):
    """A convolution that keeps the size of the image, or takes every `stride`-th pixel of it.

    The latter is what a convolution and then nearest-neighbour downsizing give, without computing what is thrown away.
    """

    def __init__(self, n_in: int, n_out: int, size: int, **options: Any) -> None:
        super().__init__((n_out, n_in, size, size), n_in * size * size, **options)

    def forward(self, image: Tensor, stride: Shape = (1, 1)) -> Tensor:
        """Return the image of the layer's output channels."""
        return functional.conv2d(image, self.weight, self.bias, stride=stride, padding=self.raw.shape[-1] // 2)

    def enlarged(self, image: Tensor, shape: Shape) -> Tensor:
        """Return what the layer makes of an image once it has a finer shape, by nearest neighbours.

        A transposed convolution gives the same for less than half of the work: the weights that meet the same coarse
        pixel are added up first. At the last edge of odd shapes, pixels that are cut off count.
        """
        by = ratio(shape, (image.shape[-2], image.shape[-1]))
        if by is None or by == (1, 1):
            return self(upsized(image, shape))
        kernel = _summed(self.weight, by)
        large = functional.conv_transpose2d(image, kernel, self.bias, stride=by, padding=self.raw.shape[-1] // 2)
        return large[..., : shape[0], : shape[1]]


def _summed(weight: Tensor, by: Shape) -> Tensor:
    """Return the kernel of the transposed convolution, (n_out, n_in, 3, 3) → (n_in, n_out, 2 + by[0], 2 + by[1])."""
    kernel = weight.flip(2, 3).transpose(0, 1)
    for axis, k in enumerate(by):
        pads = [(0, 0, j, k - 1 - j) if axis == 0 else (j, k - 1 - j, 0, 0) for j in range(k)]
        kernel = torch.stack([functional.pad(kernel, pad) for pad in pads]).sum(dim=0)
    return kernel


class Dense(Weighted):
    """A linear layer, (batch, n_in) → (batch, n_out)."""

    def __init__(self, n_in: int, n_out: int, **options: Any) -> None:
        super().__init__((n_out, n_in), n_in, **options)

    def forward(self, values: Tensor) -> Tensor:
        """Return the layer's outputs."""
        return functional.linear(values, self.weight, self.bias)


class FormatLayer(Weighted):
    """A first image from a latent vector, (batch, n_in) → (batch, channels, frequencies, times).

    `gansynth` is a convolution as large as the image over one pixel with zeros around it (Engel et al. 2019, GANSynth),
    thus one weight for each latent value and pixel, and a bias a channel; only `n_in` of the summed pixels are not
    zero, so that is the fan-in. `linear` has a bias a pixel.
    """

    def __init__(self, kind: str, n_in: int, channels: int, shape: Shape, *, equalized: bool) -> None:
        super().__init__((channels * shape[0] * shape[1], n_in), n_in, equalized=equalized)
        self.image = (channels, *shape)
        if kind == "gansynth":
            self.bias = nn.Parameter(torch.zeros(channels, 1, 1))
        else:
            self.bias = nn.Parameter(torch.zeros(self.image))

    def forward(self, latents: Tensor) -> Tensor:
        """Return the first images."""
        return functional.linear(latents, self.weight).unflatten(1, self.image) + self.bias


def pixel_norm(image: Tensor) -> Tensor:
    """Return an image, or vectors, whose channels have a mean square of 1 at each pixel (Karras et al. 2018, 4.2)."""
    power = image.float().square().mean(dim=1, keepdim=True)
    return image * torch.rsqrt(power + _EPSILON).to(image.dtype)


def with_deviation(image: Tensor) -> Tensor:
    """Return an image with one more channel, that says how much the batch varies (Karras et al. 2018, section 3).

    It is the same at all pixels of all images, the standard deviation over the batch, averaged over channels and
    pixels.
    """
    deviation = (image.float().var(dim=0, unbiased=False) + _EPSILON).sqrt().mean().to(image.dtype)
    return torch.cat([image, deviation.expand(image.shape[0], 1, *image.shape[2:])], dim=1)


def ratio(fine: Shape, coarse: Shape) -> Shape | None:
    """Return how many pixels of a fine shape one of a coarse shape stands for, the last ones fewer; None if uneven."""
    ratios = tuple(-(-large // small) for large, small in zip(fine, coarse, strict=True))
    even = all(-(-large // by) == small for large, by, small in zip(fine, ratios, coarse, strict=True))
    return (ratios[0], ratios[1]) if even else None


def upsized(image: Tensor, shape: Shape) -> Tensor:
    """Return an image at a finer shape, each pixel the nearest one of the coarse image.

    Where a coarse pixel stands for k fine ones, these are k·i … k·i + k - 1, the last ones cut off where the shape is
    odd: 17 → 33 → 17 gives back what it began with.
    """
    coarse = (image.shape[-2], image.shape[-1])
    if coarse == shape:
        return image
    by = ratio(shape, coarse)
    if by is None:
        return functional.interpolate(image, shape, mode="nearest")
    return functional.interpolate(image, scale_factor=by, mode="nearest")[..., : shape[0], : shape[1]]


def averaged(image: Tensor, shape: Shape) -> Tensor:
    """Return an image at a coarser shape, each pixel the mean of those that it stands for.

    For the images alone: of single frames of them, a coarse image would miss events that are shorter than its pixels.
    """
    fine = (image.shape[-2], image.shape[-1])
    if fine == shape:
        return image
    by = ratio(fine, shape)
    if by is None:
        return functional.adaptive_avg_pool2d(image, shape)
    return functional.avg_pool2d(image, by, ceil_mode=True, count_include_pad=False)


def thinned(image: Tensor, shape: Shape) -> Tensor:
    """Return an image at a coarser shape, by its nearest neighbours."""
    return image if tuple(image.shape[-2:]) == shape else functional.interpolate(image, shape, mode="nearest")


def blended(spectrograms: Tensor, shapes: Sequence[Shape], scale: int, alpha: float) -> Tensor:
    """Return real spectrograms as they are at a scale, with the share `alpha` of the scale before, as made ones are.

    Parameters
    ----------
    spectrograms : Tensor, shape (n, n_frequencies, n_times)
        At the finest scale.
    shapes : sequence of tuple of int
        Of all scales.
    """
    image = averaged(spectrograms.unsqueeze(1), shapes[scale])
    if alpha > 0 and scale:
        earlier = upsized(averaged(image, shapes[scale - 1]), shapes[scale])
        image = alpha * earlier + (1 - alpha) * image
    return image.squeeze(1)
