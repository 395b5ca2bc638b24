"""Small trainings for tests: a data set of tones with its features, and what to train on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from experiments import make_experiment

from soundworks.config.experiment import Experiment, load_experiment
from soundworks.dataset.model import Dataset
from soundworks.dataset.pipeline import generate_dataset
from soundworks.features.inputs import ChunkSounds
from soundworks.features.of_dataset import dataset_origin, experiment_extractor
from soundworks.features.write import collect_features, extract_shard
from soundworks.programmer.options import model_options
from soundworks.programmer.train import Training

#: 40 tones of a tenth of a second.
TONES: dict[str, Any] = {
    "synth": "HarmonicTone",
    "sample_rate": 8000,
    "sound_duration_s": 0.1,
    "chunk_duration_s": 0.1,
    "parameters": [
        {"name": "pitch", "range": [48, 67], "count": 10},
        {"name": "brightness", "range": [0, 1], "count": 4},
    ],
    "splits": {"validation": 0.2, "test": 0.1},
    "records": [],
}
FEATURES: dict[str, Any] = {
    "melspectrogram": {"n_fft": 256, "hop_length": 32, "n_mels": 16, "fmax": 4000},
    "mfcc": {"n_fft": 256, "hop_length": 64, "n_mels": 16, "n_mfcc": 8, "fmax": 4000},
}
#: Options that keep the third model small.
SMALL = {"channels": 8, "blocks": 1}


def make_tones(folder: Path, *features: str, **section: Any) -> Experiment:
    """Make an experiment's data set in a folder, and features of it; keyword arguments replace keys of its config."""
    experiment = make_experiment(folder, **{**TONES, **section})
    document = yaml.safe_load(experiment.path.read_text())
    experiment.path.write_text(yaml.safe_dump({**document, "features": FEATURES}))
    experiment = load_experiment(experiment.path)
    generate_dataset(experiment, folder / "data")
    for feature in features:
        make_feature(folder, feature)
    return experiment


def make_feature(folder: Path, feature: str) -> None:
    """Compute a feature of a data set that `make_tones` made."""
    dataset = Dataset.read(folder / "data" / "dataset.yaml")
    extractor = experiment_extractor(folder / "small.yaml", feature, dataset)
    sounds = ChunkSounds.of(dataset, folder / "data" / "chunks.csv", 0, dataset.config.n_settings)
    extract_shard(extractor, sounds, folder / "shard")
    output, origin = folder / "data" / "features" / feature, dataset_origin(dataset)
    collect_features(extractor, sounds.n_samples, [folder / "shard"], output, origin=origin)


def make_training(folder: Path, model: str = "mixer", output: str = "models", **options: Any) -> Training:
    """Return a training of two epochs on what `make_tones` made; keyword arguments replace options of the model."""
    given = {"feature": "mfcc", "epochs": 2, "batch_size": 8, **(SMALL if model == "mixer" else {}), **options}
    chosen = model_options(model, {}, **given)
    data = folder / "data"
    return Training(data, data / "features" / chosen.feature, folder / output / model, chosen, seed=5)


def with_options(training: Training, **options: Any) -> Training:
    """Return the same training with some options replaced."""
    return replace(training, options=replace(training.options, **options))
