"""What generator and critic work against each other for. Everything is a mean over the batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from soundworks.gan.conditions import Conditions

#: From spectrograms to scores, shape (n,).
Judge = Callable[[Tensor], Tensor]

#: Pixels of a spectrogram for which the penalty of r3gan has the weight that the config states; about 257 × 128.
_PIXELS = 2.0**15
_EPSILON = 1e-12


def critic_loss(kind: str, real: Tensor, made: Tensor) -> Tensor:
    """Return the critic's loss, without penalties.

    Parameters
    ----------
    kind : str
        `wgan-gp` (Gulrajani et al. 2017), `lsgan` (Mao et al. 2017, real 1, made 0), `dcgan` and `logistic` (Goodfellow
        et al. 2014), or `r3gan` (Huang et al. 2024, "The GAN is dead; long live the GAN!", pairs of one real and one
        made sound).
    real, made : Tensor, shape (n,)
        Scores of real sounds and of made ones.
    """
    if kind == "wgan-gp":
        return made.mean() - real.mean()
    if kind == "lsgan":
        return (real - 1).square().mean() + made.square().mean()
    if kind == "r3gan":
        return functional.softplus(made - real).mean()
    return functional.softplus(-real).mean() + functional.softplus(made).mean()


def generator_loss(kind: str, real: Tensor, made: Tensor) -> Tensor:
    """Return the generator's loss; `real` counts for r3gan alone.

    `dcgan` is the saturating minimax game, `logistic` the one that does not saturate (Goodfellow et al. 2014, 3).
    """
    if kind == "wgan-gp":
        return -made.mean()
    if kind == "lsgan":
        return (made - 1).square().mean()
    if kind == "dcgan":
        return -functional.softplus(made).mean()
    if kind == "r3gan":
        return functional.softplus(real - made).mean()
    return functional.softplus(-made).mean()


def _squared_slopes(scores: Tensor, spectrograms: Tensor) -> Tensor:
    """Return the squared norm of the gradient of the scores by each spectrogram, shape (n,)."""
    (gradient,) = torch.autograd.grad(scores.sum(), spectrograms, create_graph=True)
    return gradient.float().square().flatten(1).sum(dim=1)


def lipschitz_penalty(judge: Judge, real: Tensor, made: Tensor, shares: Tensor) -> Tensor:
    """Return how far the critic's slopes are from 1, between real and made sounds (Gulrajani et al. 2017).

    Parameters
    ----------
    judge : callable
    real, made : Tensor, shape (n, n_frequencies, n_times)
    shares : Tensor, shape (n,)
        Where between the two each slope is taken, [0, 1].
    """
    between = torch.lerp(made.detach(), real.detach(), shares[:, None, None]).requires_grad_()
    return ((_squared_slopes(judge(between), between) + _EPSILON).sqrt() - 1).square().mean()


def slope_penalty(scores: Tensor, spectrograms: Tensor) -> Tensor:
    """Return how steep the critic is at sounds, of which it has found scores (Huang et al. 2024: R1 and R2).

    Half the squared norm as in the paper, and then scaled by pixels / 2^15: a given difference per pixel, of n pixels,
    moves a score by up to √n times the slope, so one weight does for all scales, about that of the paper for pictures
    of such sizes. A weight of 10 is its γ = 0.3 for 32 × 32, 1.3 for 64 × 64, 20 for 256 × 256.
    """
    share = spectrograms.shape[-2] * spectrograms.shape[-1] / _PIXELS / 2
    return share * _squared_slopes(scores, spectrograms).mean()


def drift(real: Tensor) -> Tensor:
    """Return what keeps the scores of real sounds near 0 (Karras et al. 2018, appendix A.1)."""
    return real.square().mean()


def diversity_loss(real: Tensor, made: Tensor) -> Tensor:
    """Return how much less diverse a batch of made sounds is than one of real sounds (Elfeki et al. 2019, GDPP).

    Both have a kernel of the similarities of their sounds' features; its eigenvalues should be the same, and so should
    its eigenvectors, each of which counts by the real eigenvalue.

    Parameters
    ----------
    real, made : Tensor, shape (n, n_features)
        The critic's features.
    """
    real_values, real_vectors = _spectrum(real.detach())
    values, vectors = _spectrum(made)
    magnitude = (real_values - values).square().mean()
    span = real_values.max() - real_values.min()
    shares = (real_values - real_values.min()) / (span + _EPSILON)
    alike = (real_vectors * vectors).sum(dim=0).abs()  # an eigenvector has no sign
    return magnitude + (shares * (1 - alike)).mean()


def _spectrum(features: Tensor) -> tuple[Tensor, Tensor]:
    unit = functional.normalize(features, dim=1)
    values, vectors = torch.linalg.eigh(unit @ unit.T)
    return values, vectors


def conditions_loss(conditions: Conditions, judged: Tensor, encoded: Tensor) -> Tensor:
    """Return how far the critic's opinion of the attributes is off (Odena et al. 2017, AC-GAN).

    The cross entropy of attributes with classes, the squared error of others, each a mean over the batch; then the mean
    over the attributes.

    Parameters
    ----------
    conditions : Conditions
    judged, encoded : Tensor, shape (n, conditions.width)
        What the critic says, and what is true.
    """
    widths = [attribute.width for attribute in conditions.attributes]
    losses = []
    for attribute, opinion, true in zip(
        conditions.attributes, judged.split(widths, 1), encoded.split(widths, 1), strict=True
    ):
        measure = functional.cross_entropy if attribute.classes else functional.mse_loss
        losses.append(measure(opinion, true))
    return torch.stack(losses).mean()
