"""Resolve an experiment's config against its synth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from soundworks.config.dataset import DatasetConfig
from soundworks.config.experiment import Experiment, digest
from soundworks.dataset.model import RESERVED_COLUMNS, Dataset
from soundworks.errors import UserError
from soundworks.synths.parameter import Parameter
from soundworks.synths.registry import SynthSource, load_synth


def define_dataset(experiment: Experiment) -> Dataset:
    """Resolve an experiment against its synth: parameters under their own names, every value in range.

    Raises
    ------
    UserError
        If the synth is unknown, lacks a parameter, or a value is outside the parameter's range.
    """
    try:
        synth = load_synth(experiment.dataset.synth, experiment.synth_path, experiment.dataset.sample_rate)
        config = _resolve(experiment.dataset, synth)
    except UserError as error:
        raise experiment.error(error) from None
    content = experiment.dataset_content()
    if config.synth_path is not None:
        config = replace(config, synth_path=Path(config.synth_path).name)
    used = [axis.name for axis in config.parameters] + [fixed.name for fixed in config.fixed]
    parameters = tuple(synth.parameter(name) for name in used)
    return Dataset(experiment.name, experiment.seed, config, parameters, digest(content))


def _resolve(config: DatasetConfig, synth: SynthSource) -> DatasetConfig:
    axes = []
    for index, axis in enumerate(config.parameters):
        key = f"dataset.parameters[{index}]"
        parameter = _checked(f"{key}.range", axis.name, axis.range, axis.units, synth)
        axes.append(replace(axis, name=parameter.name))
    fixed = []
    for index, item in enumerate(config.fixed):
        parameter = _checked(f"dataset.fixed[{index}].value", item.name, (item.value,), item.units, synth)
        fixed.append(replace(item, name=parameter.name))
    held_out = {
        split: {synth.parameter(name).name: bounds for name, bounds in region.items()}
        for split, region in config.splits.held_out.items()
    }
    names = [axis.name for axis in axes] + [item.name for item in fixed]
    for name in names:
        if name in RESERVED_COLUMNS:
            raise UserError(f"dataset.parameters: the parameter {name!r} has the name of a column of chunks.csv")
        if names.count(name) > 1:
            raise UserError(f"dataset.parameters: the parameter {name!r} is given twice, expected each once")
    return replace(config, parameters=tuple(axes), fixed=tuple(fixed), splits=replace(config.splits, held_out=held_out))


def _checked(key: str, name: str, values: tuple[float, ...], units: str, synth: SynthSource) -> Parameter:
    try:
        parameter = synth.parameter(name)
        for value in values:
            if units == "norm" and not 0 <= value <= 1:
                raise UserError(f"found {value:g}, expected a norm value in 0 to 1")
            parameter.check(parameter.from_norm(value) if units == "norm" else value)
    except UserError as error:
        raise UserError(f"{key}: {error}") from None
    return parameter
