"""Features of a data set: by the options of its experiment, in shards, as the workflow makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from soundworks.config.experiment import load_experiment
from soundworks.config.features import feature_options
from soundworks.dataset.model import Dataset
from soundworks.features.extractor import Extractor


def experiment_extractor(config_path: Path, feature: str, dataset: Dataset) -> Extractor:
    """Return the extractor of a feature by the options in an experiment's config."""
    section = load_experiment(config_path).sections["features"]
    rate = dataset.config.sample_rate
    return Extractor(feature_options(feature, rate, **section[feature]), rate)


def dataset_origin(dataset: Dataset) -> dict[str, Any]:
    """Return what tells a data set from others, for `features.json`."""
    return {"experiment": dataset.name, "seed": dataset.seed, "config_sha256": dataset.config_sha256}
