"""A small programmer for tests: an experiment with its data set of tones, features, and a model of two epochs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from trainings import make_tones, make_training

from soundworks.config.experiment import Experiment, load_experiment
from soundworks.programmer.train import train_model

#: What is searched and compared, in less than a second.
PROGRAMMER: dict[str, Any] = {
    "refine": {"evaluations": 40, "samples": 4, "nearest": 3},
    "evaluate": {"models": ["mixer"], "targets": 3},
}


def make_programmer(folder: Path, **section: Any) -> Experiment:
    """Make it all under a folder, the data set in `data`; keyword arguments replace keys of its section."""
    make_tones(folder, "mfcc")
    training = make_training(folder)
    train_model(replace(training, output_dir=folder / "data" / "programmer" / "mixer"))
    return configure(folder, **section)


def configure(folder: Path, **section: Any) -> Experiment:
    """Write the config's section of the programmer, and read the experiment."""
    path = folder / "small.yaml"
    document = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**document, "programmer": {**PROGRAMMER, **section}}))
    return load_experiment(path)
