"""Train a GAN on a data set; a training that was interrupted goes on to the same end, bit for bit on a CPU."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.config.experiment import digest
from soundworks.dataset.sounds import CHECKSUMS, TABLE
from soundworks.files import atomic_members, locked, sha256_of
from soundworks.gan.conditions import Conditions
from soundworks.gan.data import RealSounds, find_cuts, open_spectrograms
from soundworks.gan.latents import SAMPLE_STREAM, Latents, draw_each
from soundworks.gan.options import GanOptions, check_scales
from soundworks.gan.report import Reporter
from soundworks.gan.samples import write_samples
from soundworks.gan.table import read_training_rows
from soundworks.gan.trained import COUNTS, ROWS, config_digest
from soundworks.gan.weights import FORMAT, GAN, GENERATOR, NETWORKS, SAMPLES, read_description, write_tensors
from soundworks.progress import Meter
from soundworks.records.manifest import package_versions
from soundworks.spectrogram.options import SpectrogramOptions
from soundworks.spectrogram.transform import Transform
from soundworks.training.checkpoint import Checkpoint, CheckpointFolder, begin
from soundworks.training.folder import holds_model, names_in
from soundworks.training.history import HISTORY, TIMING, write_table
from soundworks.training.memory import enough_memory
from soundworks.training.provenance import PACKAGES, code_checksums, experiment_of, write_json
from soundworks.training.torch_setup import N_THREADS, be_deterministic, best_device, load_torch

#: Called with the number of steps that are finished, after each, and after its checkpoint if there is one.
OnStep = Callable[[int], None] | None

_SPECTROGRAMS = "spectrograms.npy"
#: What a killed training leaves of its members, and what other commands made of them, which stays where it is.
_REMAINS, _BESIDE = {GENERATOR, NETWORKS, HISTORY, TIMING, SAMPLES}, {"metrics.json", "random"}
#: Options that no byte of the result depends on.
_WITHOUT_EFFECT = ("checkpoint_minutes",)


@dataclass(frozen=True)
class GanTraining:
    """What is to be trained.

    Attributes
    ----------
    dataset_dir : Path
        With `chunks.csv`, and the sounds that it lists.
    output_dir : Path
        Folder to make, or to put the members of a GAN into.
    options : GanOptions
    spectrogram : SpectrogramOptions
    seed : int
        Of weights, latents, and the order of the sounds.
    """

    dataset_dir: Path
    output_dir: Path
    options: GanOptions
    spectrogram: SpectrogramOptions
    seed: int

    def origin(self) -> str:
        """Return a digest of all that the result depends on: options, seed, data, code, versions, device."""
        names = ("dataset.yaml", TABLE, CHECKSUMS)
        data = [self.dataset_dir / name for name in names if (self.dataset_dir / name).is_file()]
        options = {key: value for key, value in self.options.to_dict().items() if key not in _WITHOUT_EFFECT}
        machine = [N_THREADS, best_device(), package_versions(*PACKAGES)]
        content = [options, self.spectrogram.to_dict(), self.seed, machine]
        return digest([content, [sha256_of(file) for file in data], code_checksums(Path(__file__))])


def train_gan(training: GanTraining, *, on_step: OnStep = None) -> dict[str, Any]:
    """Train a GAN into a folder: weights, `gan.json`, learning curves, samples; they appear together at the end.

    Until then, samples and the last checkpoint are in `.checkpoints` beside the folder.

    Parameters
    ----------
    training : GanTraining
    on_step : callable, optional
        See `OnStep`.

    Returns
    -------
    description : dict
        What `gan.json` holds.

    Raises
    ------
    UserError
        If options and data set do not fit together, no sound is left to train on, the training runs away, or the folder
        holds something else.
    """
    _refuse_stranger(training.output_dir)
    check_scales(training.options, training.spectrogram.shape)
    be_deterministic()
    transform = Transform(training.spectrogram)
    checkpoints = CheckpointFolder(training.output_dir, training.origin())
    with locked(checkpoints.all_dir):
        found = checkpoints.read()
        sounds, conditions = _read(training, transform, checkpoints.path.with_name(_SPECTROGRAMS))
        with enough_memory("gan", "training", **training.options.memory_keys):
            session = _begin(training, conditions, found)
            _run(session, sounds, checkpoints, transform, on_step)
        description = _describe(session, len(sounds), training)
        with atomic_members(training.output_dir, GAN) as output:
            _write(output, session, description, checkpoints)
    checkpoints.remove()
    return description


def _refuse_stranger(folder: Path) -> None:
    """Raise a `UserError` unless the folder is new, holds a GAN, or nothing but what is left of one."""
    remains = _REMAINS if names_in(folder) & {GENERATOR, NETWORKS} else set()  # other names are anybody's
    if holds_model(folder, GAN, "GAN", beside=_BESIDE, remains=remains):
        read_description(folder)


def _read(training: GanTraining, transform: Transform, path: Path) -> tuple[RealSounds, Conditions]:
    """Return the sounds to train on, whose spectrograms are written to a file unless they are there, whole."""
    options, seed = training.options, training.seed
    table = read_training_rows(training.dataset_dir, options.filter)
    columns = {name: table.column(name, "gan.attributes") for name in options.attributes}
    cuts = find_cuts(table, transform, options.max_sounds, seed)
    values = {name: column[cuts.rows] for name, column in columns.items()}
    conditions = Conditions.of(values)
    encoded = conditions.encode(np.array(list(values.values())).reshape(len(values), len(cuts)).T)
    return RealSounds(open_spectrograms(path, table, cuts, transform), encoded, seed), conditions


def _begin(training: GanTraining, conditions: Conditions, found: Checkpoint | None) -> Any:
    """Return a session that goes on from a checkpoint; from the start, if there is none, or not all that it takes."""
    from soundworks.gan.session import Session

    def new() -> Session:
        return Session(training.options, training.spectrogram.shape, conditions, training.seed, best_device())

    return begin(new, found)


def _run(
    session: Any, sounds: RealSounds, checkpoints: CheckpointFolder, transform: Transform, on_step: OnStep
) -> None:
    """Train until the schedule ends, from the last checkpoint on."""
    options, folder = session.options, checkpoints.path.with_name(SAMPLES)
    latents = draw_each(options.samples, options.latent_dim, session.conditions, session.seed, SAMPLE_STREAM)
    with Meter(session.schedule.n_steps - session.step, "step", "train gan") as meter:
        reporter = Reporter(meter, session.schedule, transform.shape)
        meter.say(f"{len(sounds)} sounds on {session.device}; samples on the way are in {folder}")
        if session.step:
            meter.say(f"going on after {session.step} steps")
        saved = time.monotonic()
        while not session.finished:
            session.train_on(sounds)
            reporter.after_step(session.step, session.latest)
            if session.step % options.sample_every == 0 or session.finished:
                _sample(session, latents, transform, folder)
            if time.monotonic() - saved > 60 * options.checkpoint_minutes:
                checkpoints.write(session.checkpoint())
                saved = time.monotonic()
            if on_step is not None:
                on_step(session.step)


def _sample(session: Any, latents: Latents, transform: Transform, folder: Path) -> None:
    session.check()
    write_samples(folder, f"step-{session.step:06}", session.sample(latents), transform, f"step {session.step}")


def _describe(session: Any, n_sounds: int, training: GanTraining) -> dict[str, Any]:
    from soundworks.gan.networks import count_parameters

    description = {
        "format": FORMAT,
        "options": training.options.to_dict(),
        "spectrogram": training.spectrogram.to_dict(),
        "shape": list(training.spectrogram.shape),
        "latent_dim": session.generator.latent_dim,
        "attributes": session.conditions.to_list(),
        "parameters": {"generator": count_parameters(session.generator), "critic": count_parameters(session.critic)},
        "sounds": n_sounds,
        "steps": session.step,
        "device": session.device,
        "experiment": experiment_of(training.dataset_dir),
        "seed": training.seed,
        "versions": package_versions(*PACKAGES),
    }
    return {**description, "config_sha256": config_digest(description)}


def _write(output: Path, session: Any, description: dict[str, Any], checkpoints: CheckpointFolder) -> None:
    """Write the members of the folder; the description gets the checksum of the weights."""
    conditions = session.conditions
    kept = {ROWS: load_torch().from_numpy(conditions.rows), COUNTS: load_torch().from_numpy(conditions.counts)}
    write_tensors(output / GENERATOR, session.average.state_dict() | kept)
    raw = {"generator": session.generator, "critic": session.critic}
    tensors = {f"{name}.{key}": value for name, network in raw.items() for key, value in network.state_dict().items()}
    write_tensors(output / NETWORKS, tensors)
    description["weights_sha256"] = sha256_of(output / GENERATOR)
    write_json(output / GAN, description)
    write_table(output / HISTORY, session.history)
    write_table(output / TIMING, session.timing)
    shutil.copytree(checkpoints.path.with_name(SAMPLES), output / SAMPLES)
