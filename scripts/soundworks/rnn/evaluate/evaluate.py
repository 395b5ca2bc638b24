"""How well a trained network follows its parameters, in numbers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from soundworks.config.experiment import Experiment
from soundworks.errors import UserError
from soundworks.files import atomic_path
from soundworks.metrics.comparison import correlations
from soundworks.metrics.controls import level_db
from soundworks.metrics.pitch import LOWEST_HZ
from soundworks.progress import Meter
from soundworks.rnn.evaluate.combinations import Combinations, read_combinations, real_controls
from soundworks.rnn.evaluate.controls import Assignment, Controls, assign
from soundworks.rnn.evaluate.responses import Bench, measure_ramps, measure_steps
from soundworks.rnn.evaluate.steady import measure_steady
from soundworks.rnn.evaluate.subject import LEAD_S, Subject, maker
from soundworks.rnn.evaluate.summary import describe_metrics, summarize
from soundworks.rnn.evaluate.synth import RealSynth, real_synth
from soundworks.rnn.options import EvaluateOptions, evaluate_options
from soundworks.rnn.output_file import check_output
from soundworks.rnn.trained import RNN, TrainedRnn
from soundworks.training.provenance import provenance, write_json

#: The long run: parts, seconds of each over those of a steady sound, and how many of them are made.
_PARTS, _PART_LENGTHS, _RUNS = 6, 2.5, 2
#: Numbers of the seeds of held-out sounds, those over the grid, and long runs.
_HELD_OUT_USE, _GRID_USE, _LONG_USE = 1, 2, 5
#: What the lowest pitch that is tracked is below the lowest that real sounds have.
_BELOW = 1.25


def evaluate_experiment(experiment: Experiment, dataset_dir: Path, rnn_dir: Path, output: Path) -> dict[str, Any]:
    """Measure an experiment's network, write `metrics.json`, and say what it comes to on stderr.

    Parameters
    ----------
    experiment : Experiment
    dataset_dir : Path
        Folder of what the network was trained on, with `chunks.csv`: the data set, or a grid.
    rnn_dir : Path
        Folder of the network.
    output : Path

    Returns
    -------
    metrics : dict
        As `evaluate_subject` and `training_of` have them, with where they come from.
    """
    check_output(output)
    trained = TrainedRnn.load(rnn_dir)
    options = evaluate_options(experiment.sections["rnn"])
    subject = Subject(trained.parameters, trained.sample_rate, maker(trained, options.temperature), experiment.seed)
    training = training_of(trained)
    combinations = read_combinations(dataset_dir, trained.names, held_out_settings_of(trained))
    synth = real_synth(dataset_dir, experiment.synth_path, subject)
    with threadpool_limits(1):  # how many threads sum up changes the last digits
        measured = evaluate_subject(subject, combinations, options, synth)
    metrics = {
        "summary": summarize(measured, training),
        "training": training,
        **measured,
        "temperature": options.temperature,
        "weights_sha256": trained.description["weights_sha256"],
        **provenance(experiment),
    }
    with atomic_path(output) as temporary:
        write_json(temporary, metrics)
    for line in describe_metrics(metrics):
        print(line, file=sys.stderr)
    return metrics


def training_of(trained: TrainedRnn) -> dict[str, Any]:
    """Return `folder`, `train_on`, `validation_bits`, the loss on held-out sounds in bits per sample, None if unknown.

    With `steps`, and `sounds` and `seconds` of sound that the network was trained on.

    Raises
    ------
    UserError
        If `rnn.json` says something else there.
    """
    description = trained.description
    told = {key: description.get(key) for key in ("steps", "sounds", "seconds")}
    validation = description.get("validation") or {}
    bits = validation.get("loss") if isinstance(validation, dict) else validation
    for key, value in (*told.items(), ("validation", bits)):
        if value is not None and type(value) not in (int, float):
            raise _not_told(trained, key, value, "a number, or null")
    return {"folder": trained.folder.name, "train_on": trained.options.train_on, "validation_bits": bits, **told}


def held_out_settings_of(trained: TrainedRnn) -> list[int]:
    """Return the settings that a training held out; raise a `UserError` if `rnn.json` says something else there."""
    settings = trained.description.get("held_out_settings") or []
    if not isinstance(settings, list) or any(type(setting) is not int for setting in settings):
        raise _not_told(trained, "held_out_settings", settings, "a list of whole numbers")
    return settings


def _not_told(trained: TrainedRnn, key: str, found: Any, expected: str) -> UserError:
    return UserError(
        f"{trained.folder / RNN}: {key}: found {found!r:.80}, expected {expected}; train the network again"
    )


def evaluate_subject(
    subject: Subject, combinations: Combinations, options: EvaluateOptions, synth: RealSynth | None
) -> dict[str, Any]:
    """Return what is measured of a network, or what stands in for one; the same on every run.

    Parameters
    ----------
    subject : Subject
    combinations : Combinations
        What it was trained on, with real sounds.
    options : EvaluateOptions
    synth : RealSynth or None
        The synth that made these, for the floor of responses and for what they should be.

    Returns
    -------
    metrics : dict
        `held_out` and `over_grid`, see `measure_steady`, None for no settings; `steps` and `ramps`, of each parameter
        that a control tells, see `measure_steps` and `measure_ramps`; `unassigned`, parameters that none tells;
        `long_run`, see `measure_long_run`; `lead_s`, seconds at the beginning of sounds that count nowhere.
    """
    held_out = _held_out(combinations, options.settings, subject)
    grid = combinations.drawn(options.settings, subject.rng(0, 2))
    real_held_out, real = _heard(held_out, grid, options.seconds, subject.sample_rate)
    assignments = _assigned(subject, grid, real)
    bench = Bench(subject, combinations, synth, _lowest_hz(real), float(np.median(real["event_rate"])))
    steady = [
        measure_steady(subject, part, heard, assignments, seconds=options.seconds, use=use) if len(part) else None
        for part, heard, use in ((held_out, real_held_out, _HELD_OUT_USE), (grid, real, _GRID_USE))
    ]
    told = {each.parameter.name for each in assignments}
    return {
        "held_out": steady[0],
        "over_grid": steady[1],
        "steps": {each.parameter.name: measure_steps(bench, each, options.steps) for each in assignments},
        "ramps": {each.parameter.name: measure_ramps(bench, each, max(2, options.steps // 2)) for each in assignments},
        "unassigned": [name for name in subject.names if name not in told],
        "long_run": measure_long_run(subject, _PART_LENGTHS * options.seconds),
        "lead_s": LEAD_S,
        "sample_rate": subject.sample_rate,
    }


def _held_out(combinations: Combinations, most: int, subject: Subject) -> Combinations:
    """Return the combinations that were held out, `most` of each split."""
    chosen = []
    for index, split in enumerate(("test", "validation")):
        rows = np.flatnonzero(combinations.splits == split)
        chosen.append(rows[np.sort(subject.rng(0, index).permutation(len(rows))[:most])])
    return combinations.part(np.sort(np.concatenate(chosen)))


def _heard(held_out: Combinations, grid: Combinations, seconds: float, sample_rate: int) -> tuple[Controls, Controls]:
    """Return the controls of the real sounds of both."""
    with Meter(len(held_out) + len(grid), "setting", "measure real sounds") as meter:

        def advance() -> None:
            meter.advance_to(meter.done + 1)

        first = real_controls(held_out, seconds, sample_rate, advance)
        return first, real_controls(grid, seconds, sample_rate, advance)


def _assigned(subject: Subject, grid: Combinations, real: Controls) -> list[Assignment]:
    values = {name: grid.natural[:, index] for index, name in enumerate(subject.names)}
    ranks = correlations(values, real)
    found = (assign(parameter, values[parameter.name], real, ranks[parameter.name]) for parameter in subject.parameters)
    return [each for each in found if each is not None]


def _lowest_hz(real: Controls) -> float:
    """Return the lowest pitch to track: the shorter the longest period, the finer the times."""
    known = real["pitch"][np.isfinite(real["pitch"])]
    return max(LOWEST_HZ, float(known.min()) / _BELOW) if known.size else LOWEST_HZ


def measure_long_run(subject: Subject, part_s: float) -> dict[str, Any]:
    """Return the level of long sounds with all parameters in the middle of their ranges, part by part.

    Returns
    -------
    measures : dict
        `seconds`, `part_s`; `levels_db`, of each run's parts, in dB re a full-scale sine; `drift_db`, how far the
        levels of the last part are from those of the first, and `range_db`, how far all of a run are apart: of each the
        run where that is most.
    """
    middle = np.array([[float(parameter.to_natural(0.5)) for parameter in subject.parameters]] * _RUNS)
    sounds = subject.steady(middle, _PARTS * part_s, _LONG_USE)
    n_samples = sounds.shape[1] // _PARTS
    levels = np.array([_part_levels(sound, n_samples) for sound in sounds.astype(np.float64)])
    drifts = levels[:, -1] - levels[:, 0]
    return {
        "seconds": _PARTS * part_s,
        "part_s": part_s,
        "levels_db": levels.tolist(),
        "drift_db": float(drifts[np.abs(drifts).argmax()]),
        "range_db": float(np.ptp(levels, axis=1).max()),
    }


def _part_levels(sound: Any, n_samples: int) -> Sequence[float]:
    return [level_db(sound[first * n_samples : (first + 1) * n_samples]) for first in range(_PARTS)]
