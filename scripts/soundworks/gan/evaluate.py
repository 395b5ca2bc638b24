"""How good a trained generator is, in numbers: against real sounds, other real sounds, and noise."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from soundworks.config.experiment import Experiment
from soundworks.dataset.sounds import TABLE
from soundworks.errors import UserError
from soundworks.features.spectrum import Array
from soundworks.files import atomic_path
from soundworks.gan.reference import (
    BLOCK,
    LEAST_TRAINING,
    evaluation_rng,
    leveled,
    read_held_out_sounds,
    read_training_sounds,
)
from soundworks.gan.trained import TrainedGan
from soundworks.metrics.comparison import (
    SoundSets,
    compare_controls,
    compare_distributions,
    compare_nearest,
    correlations,
)
from soundworks.metrics.controls import estimate_controls
from soundworks.metrics.embedding import SIZE, embed
from soundworks.metrics.summary import describe_metrics
from soundworks.progress import Meter
from soundworks.spectrogram.transform import Transform
from soundworks.training.provenance import provenance, write_json

#: What `metrics.json` has beside `compared`.
_MEASURES = ("distribution", "nearest", "controls", "truth", "conditions")


def evaluate_experiment(experiment: Experiment, dataset_dir: Path, gan_dir: Path, output: Path) -> dict[str, Any]:
    """Measure an experiment's GAN, write `metrics.json`, and say what it comes to on stderr; see `evaluate_gan`."""
    gan = TrainedGan.load(gan_dir)
    count = experiment.sections["gan"]["evaluate"]["sounds"]
    metrics = evaluate_gan(gan, dataset_dir, count=count, seed=experiment.seed)
    origin = {"weights_sha256": gan.description["weights_sha256"], **provenance(experiment)}
    with atomic_path(output) as temporary:
        write_json(temporary, {**metrics, **origin})
    for line in _describe(metrics, dataset_dir):
        print(line, file=sys.stderr)
    return metrics


def evaluate_gan(gan: TrainedGan, dataset_dir: Path, *, count: int, seed: int) -> dict[str, Any]:
    """Return what `metrics.json` says of a generator; all is the same on every run.

    Real sounds are cut from their chunks as for the training. Those that are cut from one chunk, or have the same
    parameters, are no less random than others, but more alike: the floor is that of a larger data set of these very
    settings, `held_out` what other settings come to.

    Parameters
    ----------
    gan : TrainedGan
    dataset_dir : Path
        The data set that it was trained on, with `chunks.csv`.
    count : int
        Sounds to make, and to compare with as many real ones.
    seed : int
        Seed of the training; latents and all choices are drawn by it.

    Returns
    -------
    metrics : dict
        `compared` (counts); `distribution`, `nearest` and `controls`, see `compare_distributions`, `compare_nearest`
        and `compare_controls` in `soundworks.metrics.comparison`; `truth`, Spearman's correlation of each parameter of
        the real sounds with each control estimated from them, which tells the estimates that can be trusted;
        `conditions`, the same for the attributes that a conditional generator was asked for, in generated sounds.
        All but `compared` are None where there are fewer than four real sounds.

    Raises
    ------
    UserError
        If the generator makes sounds that are not finite.
    """
    transform = gan.transform
    rate = transform.options.sample_rate
    training = read_training_sounds(dataset_dir, gan.options, transform, 2 * count, seed)
    if len(training.points) < LEAST_TRAINING:
        counts = {"generated": 0, "real": 0, "training": len(training.points), "held_out": 0}
        return {"compared": {**counts, **_settings(transform)}, **dict.fromkeys(_MEASURES)}
    held_out = read_held_out_sounds(dataset_dir, gan.options, transform, count, seed)
    latents = gan.draw_latents(count, seed)
    made = leveled(_made(gan, latents), transform)
    noise = embed(_noise_like(training.sounds, evaluation_rng(seed, 3)), rate)
    sets = SoundSets(
        training.points, training.represented_points, training.rows, noise, embed(made, rate), held_out.points,
        held_out.represented_points,
    ).standard()  # fmt: skip
    estimates = [estimate_controls(each, rate) for each in (training.sounds, training.represented_sounds, made)]
    with threadpool_limits(1):  # how many threads sum up changes the last digits
        distribution, near = compare_distributions(sets, evaluation_rng(seed, 4)), compare_nearest(sets)
    return {
        "compared": {**_counts(sets), **_settings(transform)},
        "distribution": distribution,
        "nearest": near,
        "controls": compare_controls(*estimates),
        "truth": correlations(training.parameters, estimates[0]),
        "conditions": correlations(gan.attributes_of(latents), estimates[2]),
    }


def _describe(metrics: dict[str, Any], dataset_dir: Path) -> list[str]:
    """Say what the metrics come to, or why there are none."""
    if metrics["distribution"] is not None:
        return describe_metrics(metrics)
    found = metrics["compared"]["training"]
    return [f"{dataset_dir / TABLE}: found {found} sounds to compare with, fewer than {LEAST_TRAINING}: no measures"]


def _counts(sets: SoundSets) -> dict[str, int]:
    return {
        "generated": len(sets.generated),
        "real": len(sets.rows),
        "training": len(sets.training),
        "held_out": len(sets.held_out),
    }


def _settings(transform: Transform) -> dict[str, Any]:
    """Return what else the measures depend on."""
    options = transform.options
    return {
        "duration_s": options.duration_s,
        "sample_rate": options.sample_rate,
        "level": options.level,
        "embedding_size": SIZE,
    }


def _made(gan: TrainedGan, latents: Array) -> Array:
    sounds = np.empty((len(latents), gan.transform.n_samples), np.float32)
    with Meter(len(latents), "sound", "generate") as meter:
        for first in range(0, len(latents), BLOCK):
            sounds[first : first + BLOCK] = gan.sounds(latents[first : first + BLOCK])
            meter.advance_to(min(first + BLOCK, len(latents)))
    if not np.isfinite(sounds).all():
        raise UserError("found NaN or infinity in generated sounds, expected finite samples; train the GAN again")
    return sounds


def _noise_like(sounds: Array, rng: np.random.Generator) -> Array:
    """Return white noise of each sound's level."""
    noise = rng.standard_normal(sounds.shape, np.float32)
    return noise * np.sqrt(np.square(sounds).mean(axis=1, keepdims=True))
