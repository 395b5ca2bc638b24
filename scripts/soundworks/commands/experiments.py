"""How commands name an experiment: by its name, or by its config file."""

from __future__ import annotations

from pathlib import Path

from soundworks.config.experiment import Experiment, experiment_path, load_experiment
from soundworks.errors import UserError

EXPERIMENTS_DIR = Path("config/experiments")


def find_experiment(name: str | None, configfile: Path | None) -> Experiment:
    """Return the experiment of a name, or of a config file; raise a `UserError` unless just one of them is given."""
    if (name is None) == (configfile is None):
        found = "both" if name else "neither"
        raise UserError(f"found {found} of --experiment and --configfile, expected one of the two")
    if configfile is not None:
        return load_experiment(configfile)
    assert name is not None
    return load_experiment(experiment_path(name, EXPERIMENTS_DIR))
