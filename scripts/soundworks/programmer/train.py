"""Train one model on a data set's features; a training that was interrupted goes on to the same end, bit for bit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.code import code_files
from soundworks.config.experiment import digest
from soundworks.dataset.model import Dataset
from soundworks.features.folder import ARRAY, META, FeatureFolder
from soundworks.files import atomic_dir, link_or_copy, locked, refuse_stranger, sha256_of
from soundworks.programmer.data import Examples, read_examples
from soundworks.programmer.history import describe_epoch
from soundworks.programmer.keras_setup import N_THREADS, load_tensorflow, seed_keras
from soundworks.programmer.measure import parameter_errors
from soundworks.programmer.options import ModelOptions
from soundworks.programmer.patches import read_dataset
from soundworks.programmer.targets import Codec
from soundworks.programmer.trained import FORMAT, METRICS, MODEL, WEIGHTS
from soundworks.progress import Meter
from soundworks.records.manifest import package_versions
from soundworks.training.checkpoint import CheckpointFolder
from soundworks.training.history import HISTORY, TIMING, write_table

#: A checkpoint is written after every epoch, and when the last one is this old.
_CHECKPOINT_EVERY_S = 120.0
#: Folder of the weights that are kept along the way.
_ALONG_THE_WAY = "weights"
#: Called with the number of each epoch, from 1, after its checkpoint is written.
OnEpoch = Callable[[int], None] | None

_PACKAGES = ("numpy", "tensorflow-cpu", "tensorflow", "keras", "h5py")


@dataclass(frozen=True)
class Training:
    """What is to be trained.

    Attributes
    ----------
    dataset_dir, feature_dir : Path
        The data set, and the feature of it that the model hears.
    output_dir : Path
        Folder to make; replaced if it is an earlier model.
    options : ModelOptions
    seed : int
        Of weights, dropout, and the order of the sounds.
    """

    dataset_dir: Path
    feature_dir: Path
    output_dir: Path
    options: ModelOptions
    seed: int

    def origin(self) -> str:
        """Return a digest of all that the result depends on: options, seed, data, code, versions."""
        data = (self.dataset_dir / "dataset.yaml", self.dataset_dir / "chunks.csv",
                self.feature_dir / META, self.feature_dir / ARRAY)  # fmt: skip
        files = [*data, *code_files(Path(__file__))]
        content = [self.options.model, self.options.to_dict(), self.seed, N_THREADS, package_versions(*_PACKAGES)]
        return digest([content, [sha256_of(file) for file in files]])


def train_model(training: Training, *, on_epoch: OnEpoch = None) -> dict[str, Any]:
    """Train a model into a folder that appears whole: weights, `model.json`, `metrics.json`, learning curves.

    Parameters
    ----------
    training : Training
    on_epoch : callable, optional
        See `OnEpoch`.

    Returns
    -------
    metrics : dict
        What `metrics.json` holds.

    Raises
    ------
    UserError
        If features, options and data set do not fit together, the loss is no finite number any more, or the folder to
        make holds something else.
    """
    refuse_stranger(training.output_dir, MODEL)
    load_tensorflow()
    from soundworks.programmer.networks import build_network
    from soundworks.programmer.session import Session

    dataset, folder, codec, examples = _read(training)
    seed_keras(training.seed)
    axes = [axis["name"] for axis in folder.meta["axes"]][1:]
    network = build_network(training.options, folder.array.shape[1:], axes, codec.n_outputs)
    session = Session(network, codec, training.options)
    checkpoints = CheckpointFolder(training.output_dir, training.origin())
    with locked(checkpoints.all_dir):
        _run(session, examples, checkpoints, training, on_epoch)
        metrics = _metrics(session, examples, dataset, training)
        with atomic_dir(training.output_dir) as output:
            _write(output, session, metrics, folder, dataset, training)
            _keep_weights(checkpoints, output)
    checkpoints.remove()
    return metrics


def _read(training: Training) -> tuple[Dataset, FeatureFolder, Codec, Examples]:
    options = training.options
    dataset = read_dataset(training.dataset_dir)
    folder = FeatureFolder(training.feature_dir)
    heads = {"continuous": options.continuous, "categorical": options.categorical}
    codec = Codec.of_dataset(dataset, **heads, bins=options.bins)
    examples = read_examples(training.dataset_dir, folder, codec)
    if options.mask_unheard:
        codec = _with_constants(codec, examples)
    return dataset, folder, codec, examples


def _with_constants(codec: Codec, examples: Examples) -> Codec:
    """Let parameters that no training sound lets hear be predicted as the mean of their values."""
    rows = examples.rows["train"]
    heard: list[bool] = np.any(examples.heard[rows], axis=0).tolist()
    means: list[float] = [float(column.mean(dtype=np.float64)) for column in examples.norm[rows].T]
    pairs = zip(codec.targets, heard, means, strict=True)
    return Codec([replace(target, constant=None if known else mean) for target, known, mean in pairs])


def _run(
    session: Any,
    examples: Examples,
    checkpoints: CheckpointFolder,
    training: Training,
    on_epoch: OnEpoch,
) -> None:
    """Train until the schedule ends or nothing gets better, from the last checkpoint on."""
    options = training.options
    n_train = len(examples.rows["train"])
    steps_per_epoch = -(-n_train // options.batch_size)
    found = checkpoints.read()
    if found is not None:
        session.resume(found)
    remaining = (options.epochs - session.epoch) * n_train - session.n_sounds
    with Meter(remaining, "sound", f"train {training.output_dir.name}") as meter:
        if found is not None and not session.finished:
            meter.say(f"going on after {session.epoch} epochs and {session.n_sounds} sounds")
        saved = time.monotonic()
        while not session.finished:
            rows = examples.shuffled(training.seed, session.epoch)[session.step * options.batch_size :]
            for batch in examples.batches(rows, options.batch_size):
                session.train_on(batch, steps_per_epoch)
                meter.advance_to(meter.done + len(batch.norm))
                if time.monotonic() - saved > _CHECKPOINT_EVERY_S:
                    checkpoints.write(session.checkpoint())
                    saved = time.monotonic()
            _finish_epoch(session, examples, checkpoints, options)
            saved = time.monotonic()
            seconds = session.timing[-1]["seconds"]
            meter.say(describe_epoch(session.history[-1], options.epochs, session.course.best_epoch, seconds))
            if on_epoch is not None:
                on_epoch(session.epoch)


def _finish_epoch(session: Any, examples: Examples, checkpoints: CheckpointFolder, options: ModelOptions) -> None:
    session.finish_epoch(examples)
    if options.save_weights and session.epoch % options.save_freq == 0:
        path = checkpoints.path.parent / _ALONG_THE_WAY / f"epoch-{session.epoch:04}.weights.h5"
        path.parent.mkdir(parents=True, exist_ok=True)
        with session.average.applied():
            session.network.save_weights(path)
    checkpoints.write(session.checkpoint())


def _metrics(session: Any, examples: Examples, dataset: Dataset, training: Training) -> dict[str, Any]:
    """Return what the final network is worth, with where it comes from."""
    options = training.options
    session.finish()
    rows = examples.rows["validation"]
    _, predicted = session.validate(examples, rows)
    epoch = session.course.best_epoch if options.restore_best else session.epoch
    row = session.history[epoch - 1]
    return {
        "model": options.model,
        "train": {name: row[name] for name in ("loss", *options.metrics)},
        "validation": {name.removeprefix("val_"): value for name, value in row.items() if name.startswith("val_")},
        "parameters": parameter_errors(session.codec, predicted, examples.norm[rows], examples.heard[rows]),
        "epoch": epoch,
        "epochs": session.epoch,
        "weights": session.network.count_params(),
        "train_sounds": len(examples.rows["train"]),
        "validation_sounds": len(rows),
        **_provenance(dataset, training),
    }


def _provenance(dataset: Dataset, training: Training) -> dict[str, Any]:
    return {
        "experiment": dataset.name,
        "seed": training.seed,
        "config_sha256": digest([dataset.config_sha256, training.options.model, training.options.to_dict()]),
        "versions": package_versions(*_PACKAGES),
    }


def _write(
    output: Path, session: Any, metrics: dict[str, Any], folder: FeatureFolder, dataset: Dataset, training: Training
) -> None:
    options, meta = training.options, folder.meta
    description = {
        "format": FORMAT,
        "model": options.model,
        "options": options.to_dict(),
        "feature": {name: meta[name] for name in ("feature", "options", "sample_rate", "n_samples", "axes", "digest")},
        "shape": list(folder.array.shape[1:]),
        "targets": session.codec.to_list(),
        "rmse": [row["rmse"] for row in metrics["parameters"]],
        **_provenance(dataset, training),
    }
    if options.save_model:
        session.network.save_weights(output / WEIGHTS)
        description["weights_sha256"] = sha256_of(output / WEIGHTS)
    for name, content in ((MODEL, description), (METRICS, metrics)):
        (output / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    write_table(output / HISTORY, session.history)
    write_table(output / TIMING, session.timing)


def _keep_weights(checkpoints: CheckpointFolder, output: Path) -> None:
    kept = sorted((checkpoints.path.parent / _ALONG_THE_WAY).glob("*.weights.h5"))
    if kept:
        (output / _ALONG_THE_WAY).mkdir()
    for path in kept:
        link_or_copy(path, output / _ALONG_THE_WAY / path.name)
