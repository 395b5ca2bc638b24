"""Evaluate an experiment's programmer: who is compared, on which targets, and the files that say how it went."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from soundworks.config.experiment import Experiment
from soundworks.errors import UserError
from soundworks.features.folder import FeatureFolder
from soundworks.files import atomic_dir
from soundworks.programmer.evaluate import Outcome, run_methods, spread, summarize
from soundworks.programmer.methods import ConstantGuess, Matcher, Method, ModelGuess, NearestGuess
from soundworks.programmer.patches import PatchTable, read_dataset, read_patches
from soundworks.programmer.refine import RefineOptions
from soundworks.programmer.report import table_rows, write_markdown
from soundworks.programmer.synthesis import PatchRenderer
from soundworks.programmer.target_sound import TargetSound, chunk_targets, read_target
from soundworks.programmer.trained import TrainedModel
from soundworks.training.history import write_table
from soundworks.training.provenance import provenance, write_json

METRICS, TIMINGS, TABLE, MARKDOWN, TARGETS = "metrics.json", "timings.json", "table.csv", "table.md", "targets.csv"


def evaluate_experiment(experiment: Experiment, dataset_dir: Path, output: Path) -> list[dict[str, Any]]:
    """Compare all methods on the test split, and on sounds from elsewhere, into a folder that appears whole.

    Files: `metrics.json` (the same on every run, unless the search is limited in seconds), `timings.json` (never the
    same), `table.csv` and `table.md` (both together), `targets.csv` (a row a method and target).

    Parameters
    ----------
    experiment : Experiment
    dataset_dir : Path
        With the data set, its `features/` and the models in `programmer/`.
    output : Path
        Folder to make; replaced if it exists.

    Returns
    -------
    rows : list of dict
        The table.
    """
    section = experiment.sections["programmer"]
    options = RefineOptions.from_section(section["refine"])
    dataset = read_dataset(dataset_dir)
    renderer = PatchRenderer(dataset, experiment.synth_path)
    patches = read_patches(dataset_dir, renderer.space.codec)
    targets = chunk_targets(dataset_dir, patches, section["evaluate"]["targets"])
    elsewhere = [read_target(experiment.path.parent / file, dataset) for file in section["evaluate"]["sounds"]]
    methods = make_methods(section, dataset_dir, patches, renderer, options)
    matcher = Matcher(renderer, experiment.seed)
    groups = {"test": targets, **({"elsewhere": elsewhere} if elsewhere else {})}
    outcomes = {name: run_methods(matcher, methods, group) for name, group in groups.items()}
    summaries = {name: _by_method(methods, outcomes[name], groups[name], renderer) for name in groups}
    timings = {name: _seconds(methods, outcomes[name]) for name in groups}
    rows = [row for name in groups for row in table_rows(name, summaries[name], timings[name])]
    with atomic_dir(output) as folder:
        write_json(folder / METRICS, {**summaries, **_provenance(experiment, groups, options)})
        write_json(folder / TIMINGS, {**timings, **_machine()})
        write_table(folder / TABLE, rows)
        write_markdown(folder / MARKDOWN, rows)
        write_table(folder / TARGETS, _target_rows(outcomes, renderer))
    return rows


def make_methods(
    section: dict[str, Any], dataset_dir: Path, patches: PatchTable, renderer: PatchRenderer, options: RefineOptions
) -> list[Method]:
    """Return the rows of the comparison, with models and features loaded."""
    models = {
        name: load_guess(dataset_dir, dataset_dir / "programmer" / name) for name in section["evaluate"]["models"]
    }
    constant = ConstantGuess(renderer.space.codec, patches)
    nearest = NearestGuess(FeatureFolder(dataset_dir / "features" / options.feature), patches)
    nearby = (nearest, max(options.nearest, 1))
    methods = [Method("constant guess", ((constant, 1),)), Method("nearest training sound", (nearby,))]
    methods += [Method(name, ((model, 1),)) for name, model in models.items()]
    methods.append(Method("CMA-ES alone", ((constant, 1),), options))
    methods.append(Method("nearest + refinement", (nearby,), options))
    methods += [Method(f"{name} + refinement", ((model, options.samples),), options) for name, model in models.items()]
    chosen = section["predict"]["model"]
    if chosen in models:  # what `soundworks predict --refine` does
        methods.append(Method(f"{chosen} + nearest + refinement", ((models[chosen], options.samples), nearby), options))
    return methods


def load_guess(dataset_dir: Path, model_dir: Path) -> ModelGuess:
    """Return a trained model with the feature that it hears.

    Raises
    ------
    UserError
        If the model is not trained, or on other features than there are now.
    """
    model = TrainedModel.load(model_dir)
    folder = FeatureFolder(dataset_dir / "features" / model.feature)
    if folder.meta["digest"] != model.description["feature"]["digest"]:
        raise UserError(f"{model_dir}: found a model of other features than {folder.path}, train the model again")
    return ModelGuess(model, folder)


def _by_method(
    methods: Sequence[Method], outcomes: Sequence[Outcome], targets: Sequence[TargetSound], renderer: PatchRenderer
) -> dict[str, Any]:
    return {
        method.name: summarize([o for o in outcomes if o.method == method.name], targets, renderer.space.codec)
        for method in methods
    }


def _seconds(methods: Sequence[Method], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {method.name: spread([o.seconds for o in outcomes if o.method == method.name]) for method in methods}


def _target_rows(outcomes: dict[str, list[Outcome]], renderer: PatchRenderer) -> list[dict[str, Any]]:
    return [
        {"targets": group, "method": o.method, "target": o.target, **o.audio, "evaluations": o.evaluations,
         **renderer.space.patch(o.values)}
        for group, found in outcomes.items()
        for o in found
    ]  # fmt: skip


def _provenance(experiment: Experiment, groups: dict[str, list[TargetSound]], options: RefineOptions) -> dict[str, Any]:
    return {
        "targets": {name: len(group) for name, group in groups.items()},
        "refine": vars(options),
        **provenance(experiment),
        "machine": _machine(),
    }


def _machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "processor": platform.machine()}
