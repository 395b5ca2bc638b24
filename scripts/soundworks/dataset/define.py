"""Resolve an experiment's config against its synth."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from soundworks.config.dataset import Axis, DatasetConfig
from soundworks.config.experiment import Experiment, digest
from soundworks.contour import Value
from soundworks.dataset.model import RESERVED_COLUMNS, Dataset
from soundworks.dataset.settings import Grid, Setting, assign_splits, axis_positions
from soundworks.dataset.voice import ENGINES, VOICES
from soundworks.errors import UserError
from soundworks.synths.parameter import Parameter
from soundworks.synths.registry import SynthSource, load_synth, source_module

#: Source other than our own synths → module with the functions `define`, `settings` and `files`.
DEFINITIONS = {"plugin": "soundworks.sources.plugin.define"}

#: Names with a meaning of their own in a record: the block of remarks in .params, and the features of a TFRecord.
_RECORD_NAMES = {"meta", "audio", "pfname", "samplerate", "segmentNum", "soundDuration"}
#: Ends by which TFRecords tell a parameter's features apart.
_FEATURE_ENDS = ("_natural", "_synth_units", "_synth_minval", "_synth_maxval", "_user_nvals", "_user_minval",
                 "_user_maxval")  # fmt: skip


def define_dataset(experiment: Experiment) -> Dataset:
    """Resolve an experiment against its synth: parameters under their own names, every value in range.

    Raises
    ------
    UserError
        If the synth is unknown, lacks a parameter, a value is outside the parameter's range, or one of our synths
        cannot render it at the sample rate.
    """
    try:
        source = _source(experiment)
        dataset: Dataset = _define(experiment) if source is None else source.define(experiment)
        return dataset
    except UserError as error:
        raise experiment.error(error) from None


def enumerate_settings(experiment: Experiment, dataset: Dataset, jobs: int = 1) -> Iterable[Setting]:
    """Return all settings of a data set, in order; up to `jobs` processes work where that needs sound."""
    source = _source(experiment)
    if source is None:
        return Grid(dataset)
    try:
        settings: Iterable[Setting] = source.settings(experiment, dataset, jobs)
    except UserError as error:
        raise experiment.error(error) from None
    return settings


def source_files(experiment: Experiment) -> list[Path]:
    """Return the files, such as presets, that the settings depend on beside the config."""
    source = _source(experiment)
    return [] if source is None else list(source.files(experiment))


def source_modules(experiment: Experiment) -> tuple[str, ...]:
    """Return the modules that define and render what a config names, for what is imported by a computed name."""
    config = experiment.dataset
    if config.plugin is not None:
        return DEFINITIONS["plugin"], VOICES["plugin"], ENGINES[config.plugin.engine]
    return (source_module(config.sound_name, experiment.synth_path),)


def _source(experiment: Experiment) -> Any:
    """Return the module of a source other than our own synths; imported here, as only its experiments depend on it."""
    name = DEFINITIONS.get(experiment.dataset.source)
    return None if name is None else importlib.import_module(name)


def _define(experiment: Experiment) -> Dataset:
    synth = _load(experiment)
    config = _resolve(experiment.dataset, synth)
    _check_courses(config, synth)
    if config.synth_path is not None:
        config = replace(config, synth_path=Path(config.synth_path).name)
    used = [axis.name for axis in config.parameters] + [fixed.name for fixed in config.fixed]
    parameters = tuple(replace(synth.parameter(name), aliases=()) for name in used)
    dataset = Dataset(experiment.name, experiment.seed, config, parameters, digest(experiment.dataset_content()))
    if any(config.splits.held_out.values()):
        assign_splits(dataset, Grid(dataset).axes)  # says so if a region holds no point, or all
    if synth.checked:
        _check_corners(dataset, synth)
    return dataset


def _load(experiment: Experiment) -> SynthSource:
    config = experiment.dataset
    rate = config.render_rate
    try:
        return load_synth(config.sound_name, experiment.synth_path, rate)
    except UserError as error:
        if experiment.synth_path is None:
            raise
        raise UserError(f"dataset.synth: {error}") from None


def _resolve(config: DatasetConfig, synth: SynthSource) -> DatasetConfig:
    axes = []
    for index, axis in enumerate(config.parameters):
        parameter = _checked(f"dataset.parameters[{index}]", "range", axis.name, axis.range, axis.units, synth)
        axes.append(replace(axis, name=parameter.name))
    fixed = []
    for index, item in enumerate(config.fixed):
        parameter = _checked(f"dataset.fixed[{index}]", "value", item.name, (item.value,), item.units, synth)
        fixed.append(replace(item, name=parameter.name))
    held_out = {
        split: {synth.parameter(name).name: bounds for name, bounds in region.items()}
        for split, region in config.splits.held_out.items()
    }
    _check_names([axis.name for axis in axes], [item.name for item in fixed])
    return replace(config, parameters=tuple(axes), fixed=tuple(fixed), splits=replace(config.splits, held_out=held_out))


def _checked(
    key: str, value_key: str, name: str, values: tuple[float, ...], units: str, synth: SynthSource
) -> Parameter:
    """Return the synth's parameter of that name, if it takes those values."""
    try:
        parameter = synth.parameter(name)
    except UserError as error:
        raise UserError(f"{key}.name: {error}") from None
    if units == "norm" and not math.isfinite(parameter.maximum - parameter.minimum):
        raise UserError(f"{key}.units: found norm, expected natural, for {synth.name} states no range of {name}")
    for value in values:
        if units == "norm" and not 0 <= value <= 1:
            raise UserError(f"{key}.{value_key}: found {value:g}, expected 0 to 1, for its units are norm")
        try:
            parameter.check(parameter.from_norm(value) if units == "norm" else value)
        except UserError as error:
            raise UserError(f"{key}.{value_key}: {error}") from None
    return parameter


def _check_names(varied: list[str], fixed: list[str]) -> None:
    """Check what aliases may have hidden, names taken twice, and names that tables and records use themselves."""
    keys = [f"dataset.parameters[{i}].name" for i in range(len(varied))]
    keys += [f"dataset.fixed[{i}].name" for i in range(len(fixed))]
    names = [*varied, *fixed]
    features = {f"{name}{end}": name for name in names for end in _FEATURE_ENDS}
    for index, (key, name) in enumerate(zip(keys, names, strict=True)):
        if name in names[:index]:
            raise UserError(f"{key}: found {name!r} as in {keys[names.index(name)]}, expected each parameter once")
        if name in RESERVED_COLUMNS | _RECORD_NAMES or name.startswith("user:") or name in features:
            raise UserError(f"{key}: found {name!r}, expected a name that tables and records do not use themselves")


def _check_courses(config: DatasetConfig, synth: SynthSource) -> None:
    """Let the synth say whether it can follow the parameters that move."""
    for index, axis in enumerate(config.parameters):
        if axis.moves:
            course = axis_positions(axis, synth.parameter(axis.name))[0].natural
            try:
                synth.create(config.sample_rate, 0).setContour(axis.name, course)
            except UserError as error:
                raise UserError(f"dataset.parameters[{index}].{_values_key(axis)}: {error}") from None


def _values_key(axis: Axis) -> str:
    if axis.breakpoints is not None:
        return "breakpoints"
    return "range" if axis.ramp is None else "ramp"


def _check_corners(dataset: Dataset, synth: SynthSource) -> None:
    """Let the synth say whether it can render the corners of the grid, where each axis has its first or last value.

    Ramps between all values count as their first and last value held, the one course and breakpoints as they are.
    """
    config = dataset.config
    ends = [replace(axis, count=min(axis.count, 2), ramp=None if axis.ramp == "all" else axis.ramp)
            for axis in config.parameters]  # fmt: skip
    grid = Grid(replace(dataset, config=replace(config, parameters=tuple(ends))))
    for corner in product(*grid.axes):
        natural = [position.natural for position in corner]
        values = {**grid.fixed, **dict(zip(grid.names, natural, strict=True))}
        refusal = synth.refusal(config.render_rate, values)
        if refusal is not None:
            raise UserError(f"{_refused_key(config, synth, values)}: {refusal}")


def _refused_key(config: DatasetConfig, synth: SynthSource, values: dict[str, Value]) -> str:
    """Return the key of the value that brings the refusal when they are set one by one, or the sample rate's."""
    rate = config.render_rate
    keys = [f"dataset.fixed[{i}].value" for i in range(len(config.fixed))]
    keys += [f"dataset.parameters[{i}].{'range' if axis.ramp == 'all' else _values_key(axis)}"
             for i, axis in enumerate(config.parameters)]  # fmt: skip
    found = "dataset.render_sample_rate" if config.render_sample_rate else "dataset.sample_rate"
    items = list(values.items())
    refused = [synth.refusal(rate, dict(items[:n])) is not None for n in range(len(items) + 1)]
    for key, before, after in zip(keys, refused, refused[1:], strict=False):
        if after and not before:
            found = key
    return found
