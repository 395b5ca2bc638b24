"""The Kohonen alternative: a self-organizing map of random sounds, each of whose points is one of them."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from threadpoolctl import threadpool_limits

from soundworks.errors import UserError
from soundworks.grid.latents import Latents
from soundworks.grid.linearize.options import SomOptions
from soundworks.grid.linearize.space import Features, Generate, sound_features
from soundworks.grid.surface import Floats

#: Principal components of the features that the map is trained on; those of sounds have hardly more.
_COMPONENTS = 64
#: Sounds that are generated at a time.
_BATCH = 512
#: Stream of the random numbers, among those of an experiment's seed.
_STREAM = 42


@dataclass(frozen=True)
class SomRun:
    """A self-organizing map as a grid.

    Attributes
    ----------
    latents : ndarray of float32, shape (d1, d0, latent_dim)
    quantization_error : float
        Mean distance of a random sound to the nearest of the map, in principal components of the features.
    evaluations : float
        Of as many sounds as the grid has points, by the generator.
    seconds : float
    """

    latents: Latents
    quantization_error: float
    evaluations: float
    seconds: float


def som_grid(
    cloud: Latents, corners: Latents, shape: tuple[int, int], generate: Generate, features: Features,
    options: SomOptions, seed: int,
) -> SomRun:  # fmt: skip
    """Train a map on the sounds of random latents, and give each of its points a sound of its own among them.

    The map (T. Kohonen, "Self-organized formation of topologically correct feature maps", 1982; MiniSom) is trained on
    principal components of the features, so that it is their distance that counts. Points and sounds are matched so
    that the sum of squared distances is the smallest: two points never have the same sound, unless there are too few.
    The map is turned and mirrored so that its corners are the nearest to those of the grid; they are not pinned.

    Parameters
    ----------
    cloud : ndarray, shape (n_sounds, latent_dim)
        Latents at random.
    corners : ndarray, shape (4, latent_dim)
        z0, z1, z2, z3 of the grid.
    shape : tuple of int
        d1 and d0.
    generate, features : callable
    options : SomOptions
        `sounds` is not looked at: it is the length of `cloud`.
    seed : int
    """
    started = time.monotonic()
    found = _features_of(np.concatenate([corners, cloud]), generate, features)
    with threadpool_limits(
        1, "blas"
    ):  # how many threads sum up changes the last digits, and then which sound is nearest
        scores = principal_scores(found)
        weights, error = _train(scores[4:], shape, options, seed)
        weights = oriented(weights, scores[:4])
        chosen = matched(weights.reshape(-1, weights.shape[-1]), scores[4:])
    evaluations = (len(cloud) + len(corners)) / (shape[0] * shape[1])
    latents = np.asarray(cloud, np.float32)[chosen].reshape(*shape, -1)
    return SomRun(latents, error, evaluations, time.monotonic() - started)


def _features_of(latents: Latents, generate: Generate, features: Features) -> NDArray[Any]:
    starts = range(0, len(latents), _BATCH)
    return np.concatenate([sound_features(latents[at : at + _BATCH], generate, features) for at in starts])


def principal_scores(features: NDArray[Any]) -> Floats:
    """Return at most 64 principal components, shape (n, n_components), scaled so that the first has unit variance.

    The distances of rows are those of the features, up to that scale and to what the components leave out. Signs are
    such that each component's largest value is positive.
    """
    centred = features - features.mean(axis=0)
    is_wide = centred.shape[1] > len(centred)
    products = (centred @ centred.T if is_wide else centred.T @ centred).astype(np.float64)
    values, vectors = np.linalg.eigh(products)
    values, vectors = np.maximum(values[::-1][:_COMPONENTS], 0.0), vectors[:, ::-1][:, :_COMPONENTS]
    scores = vectors * np.sqrt(values) if is_wide else centred @ vectors
    scores *= np.where(scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])] < 0, -1.0, 1.0)
    deviation = float(scores[:, 0].std())
    return np.asarray(scores / deviation if deviation > 0 else scores, np.float64)


def _train(scores: Floats, shape: tuple[int, int], options: SomOptions, seed: int) -> tuple[Floats, float]:
    """Return the weights of a map, shape (d1, d0, n_components), and its quantization error."""
    try:
        from minisom import MiniSom
    except ImportError:
        raise UserError("linearize: the map needs MiniSom; install requirements/torch.txt") from None
    sigma = options.sigma if options.sigma is not None else max(max(shape) / 3, 1.0)
    state = int(np.random.SeedSequence(seed, spawn_key=(_STREAM,)).generate_state(1, np.uint32)[0])
    long, short = max(shape), min(shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that sigma might be too high: the user's choice
        som = MiniSom(
            long, short, scores.shape[1], sigma=sigma, learning_rate=options.learning_rate, random_seed=state,
            decay_function="linear_decay_to_zero",
            sigma_decay_function="linear_decay_to_one" if sigma > 1 else "asymptotic_decay",
        )  # fmt: skip
    if short > 1 and scores.shape[1] > 1:
        som.pca_weights_init(scores)  # the first component along the first axis, which is the longer one
    else:
        som.random_weights_init(scores)
    som.train(scores, options.iterations, random_order=True)
    weights: Floats = som.get_weights()
    return weights if shape[0] == long else weights.swapaxes(0, 1), float(som.quantization_error(scores))


def oriented(weights: Floats, corners: Floats) -> Floats:
    """Return a map turned or mirrored so that its corners are nearest to those given, of shape (4, n_components)."""
    ways = [weights[::down, ::right] for down in (1, -1) for right in (1, -1)]
    if weights.shape[0] == weights.shape[1]:
        ways += [way.swapaxes(0, 1) for way in ways]
    distances = [np.sum((way[[0, 0, -1, -1], [0, -1, 0, -1]] - corners) ** 2) for way in ways]
    return ways[int(np.argmin(distances))]


def matched(points: Floats, sounds: Floats) -> NDArray[np.int64]:
    """Return for each point a sound of its own; the nearest, if there are fewer sounds than points."""
    squared = cdist(points, sounds, "sqeuclidean")
    if len(sounds) < len(points):
        return squared.argmin(axis=1)
    return np.asarray(linear_sum_assignment(squared)[1], np.int64)
