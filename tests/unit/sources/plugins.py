"""Small plugin data sets for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments import make_experiment

from soundworks.config.experiment import Experiment
from soundworks.dataset.define import define_dataset, enumerate_settings
from soundworks.dataset.model import Dataset
from soundworks.dataset.settings import Setting

DEXED: dict[str, Any] = {
    "engine": "dexed",
    "random_parameters": ["algorithm", "op1_eg_level3", "op1_detune"],
    "sample_size": 20,
}


def plugin_experiment(folder: Path, section: dict[str, Any] | None = None, **plugin: Any) -> Experiment:
    """Write an experiment of 0.25 s patches; keyword arguments replace keys of its plugin section."""
    basics = {"synth": None, "source": "plugin", "sound_duration_s": 0.25, "chunk_duration_s": None}
    return make_experiment(folder, **{**basics, "plugin": {**DEXED, **plugin}, **(section or {})})


def plugin_dataset(folder: Path, section: dict[str, Any] | None = None, **plugin: Any) -> Dataset:
    """Resolve such an experiment against its engine."""
    return define_dataset(plugin_experiment(folder, section, **plugin))


def plugin_settings(folder: Path, section: dict[str, Any] | None = None, **plugin: Any) -> list[Setting]:
    """Enumerate the settings of such an experiment."""
    experiment = plugin_experiment(folder, section, **plugin)
    return list(enumerate_settings(experiment, define_dataset(experiment)))
