"""Generator and critic of a progressively growing GAN (Karras et al. 2018), for spectrograms of any shape."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from soundworks.gan.layers import (
    Convolution,
    Dense,
    FormatLayer,
    Shape,
    Weighted,
    averaged,
    pixel_norm,
    ratio,
    thinned,
    upsized,
    with_deviation,
)
from soundworks.gan.options import GanOptions


class _Network(nn.Module):
    """What both networks have: shapes and channels a scale, and activations."""

    first: Any
    second: Any

    def __init__(self, options: GanOptions, shape: Shape) -> None:
        super().__init__()
        self.shapes = options.scale_shapes(shape)
        self.leakiness = options.leakiness
        self.kind: dict[str, Any] = {"equalized": options.equalized_learning_rate}

    def _activated(self, image: Tensor) -> Tensor:
        return functional.leaky_relu(image, self.leakiness, inplace=True)  # nobody needs what it was before

    def draw(self, rng: torch.Generator) -> None:
        """Draw all weights anew, in a fixed order."""
        for module in self.modules():
            if isinstance(module, Weighted):
                module.draw(rng)


class Generator(_Network):
    """Spectrograms from latent vectors.

    Parameters
    ----------
    options : GanOptions
    shape : tuple of int
        Frequencies and times of the finest scale.
    n_conditions : int
        Values of the encoded attributes, which follow the noise in a latent vector.
    """

    def __init__(self, options: GanOptions, shape: Shape, n_conditions: int = 0) -> None:
        super().__init__(options, shape)
        channels, kind = options.channels, self.kind
        self.latent_dim = options.latent_dim + n_conditions
        self.n_noise, self.pixel_norm = options.latent_dim, options.pixel_norm
        self.format = FormatLayer(options.format_layer, self.latent_dim, channels[0], self.shapes[0], **kind)
        before = (channels[0], *channels[:-1])
        self.first = nn.ModuleList(Convolution(a, b, 3, **kind) for a, b in zip(before, channels, strict=True))
        self.second = nn.ModuleList(Convolution(b, b, 3, **kind) for b in channels)
        self.output = nn.ModuleList(Convolution(b, 1, 1, gain=1.0, **kind) for b in channels)

    def forward(self, latents: Tensor, scale: int, alpha: float | Tensor = 0.0, *, fading: bool = False) -> Tensor:
        """Return spectrograms at a scale.

        Parameters
        ----------
        latents : Tensor, shape (n, latent_dim)
        scale : int
        alpha : float or Tensor
            Share of the scale before; used where `fading`.
        fading : bool
            Whether that scale has a share.

        Returns
        -------
        spectrograms : Tensor, shape (n, n_frequencies, n_times)
            About [-1, 1], but not bounded by it.
        """
        image = self._normed(self._activated(self.format(self._latents(latents))))
        before = image
        for index in range(scale + 1):
            before = image
            image = self._grown(image, index)
        made = self.output[scale](image)
        if fading and scale:
            earlier = upsized(self.output[scale - 1](before), self.shapes[scale])
            made = alpha * earlier + (1 - alpha) * made
        return made.float().squeeze(1)

    def _latents(self, latents: Tensor) -> Tensor:
        """Return latent vectors with the noise brought to a mean square of 1; attributes stay as they are."""
        if not self.pixel_norm:
            return latents
        noise = pixel_norm(latents[:, : self.n_noise])
        return torch.cat([noise, latents[:, self.n_noise :]], dim=1)

    def _grown(self, image: Tensor, index: int) -> Tensor:
        image = self._normed(self._activated(self.first[index].enlarged(image, self.shapes[index])))
        return self._normed(self._activated(self.second[index](image)))

    def _normed(self, image: Tensor) -> Tensor:
        return pixel_norm(image) if self.pixel_norm else image


class Critic(_Network):
    """How real spectrograms look, and which attributes they have; the generator in reverse.

    Between two scales it takes the nearest pixels, as the original does; those of the image itself are averaged.
    """

    conditions: Dense | None

    def __init__(self, options: GanOptions, shape: Shape, n_conditions: int = 0) -> None:
        super().__init__(options, shape)
        channels, kind = options.channels, self.kind
        self.minibatch_std = options.minibatch_std
        after = (channels[0], *channels[:-1])
        extra = [int(options.minibatch_std), *[0] * (len(channels) - 1)]
        self.input = nn.ModuleList(Convolution(1, b, 1, **kind) for b in channels)
        sizes = list(zip(channels, after, extra, strict=True))
        self.first = nn.ModuleList(Convolution(b, b, 3, **kind) for b in channels[1:])
        self.second = nn.ModuleList(Convolution(b, a, 3, **kind) for b, a, _ in sizes[1:])
        self.coarsest = Convolution(channels[0] + extra[0], channels[0], 3, **kind)
        pixels = self.shapes[0][0] * self.shapes[0][1]
        self.dense = Dense(channels[0] * pixels, channels[0], **kind)
        self.decision = Dense(channels[0], 1, gain=1.0, **kind)
        self.conditions = Dense(channels[0], n_conditions, gain=1.0, **kind) if n_conditions else None

    def forward(
        self, spectrograms: Tensor, scale: int, alpha: float | Tensor = 0.0, *, fading: bool = False
    ) -> tuple[Tensor, Tensor | None, Tensor]:
        """Judge spectrograms at a scale.

        Parameters
        ----------
        spectrograms : Tensor, shape (n, n_frequencies, n_times)
        scale, alpha, fading
            As for the generator.

        Returns
        -------
        scores : Tensor, shape (n,)
            Any numbers; the higher, the more real.
        conditions : Tensor, shape (n, n_conditions), or None
            What the attributes seem to be, as `losses.conditions_loss` takes them.
        features : Tensor, shape (n, n_features)
            What both were found from.
        """
        picture = spectrograms.unsqueeze(1)
        image = self._read(picture, scale)
        for index in range(scale, 0, -1):
            image = self._shrunk(image, index)
            if fading and index == scale:
                earlier = self._read(averaged(picture, self.shapes[scale - 1]), scale - 1)
                image = alpha * earlier + (1 - alpha) * image
        image = with_deviation(image) if self.minibatch_std else image
        image = self._activated(self.coarsest(image))
        features = self._activated(self.dense(image.flatten(1)))
        conditions = None if self.conditions is None else self.conditions(features).float()
        return self.decision(features).float().squeeze(1), conditions, features.float()

    def _read(self, picture: Tensor, scale: int) -> Tensor:
        return self._activated(self.input[scale](picture))

    def _shrunk(self, image: Tensor, index: int) -> Tensor:
        first, second = self.first[index - 1], self.second[index - 1]
        image = self._activated(first(image))
        by = ratio(self.shapes[index], self.shapes[index - 1])
        if by is not None:
            return self._activated(second(image, by))
        return thinned(self._activated(second(image)), self.shapes[index - 1])


def place(network: nn.Module, device: str) -> Any:
    """Return a network on a device, its convolutions laid out with the channels last, which both CPU and GPU prefer."""
    placed: Any = network.to(device)
    return placed.to(memory_format=torch.channels_last)


def count_parameters(network: nn.Module) -> int:
    """Return the number of weights and biases of a network."""
    return sum(parameter.numel() for parameter in network.parameters())
