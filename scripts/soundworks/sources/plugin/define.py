"""Resolve an experiment's plugin section against its engine, and enumerate its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from soundworks.config.dataset import Axis, DatasetConfig, Fixed
from soundworks.config.experiment import Experiment, digest
from soundworks.config.plugin import PluginConfig, Random
from soundworks.dataset.model import Dataset
from soundworks.dataset.settings import Setting
from soundworks.errors import UserError
from soundworks.files import sha256_of
from soundworks.presets.preset import Preset
from soundworks.sources.plugin.engine import (
    RELEASE_S,
    Engine,
    Patch,
    load_engine,
    preset_files,
    read_preset,
    split_reference,
)
from soundworks.sources.plugin.patches import PITCH, VELOCITY, Patches
from soundworks.sources.plugin.redraw import accepted_attempts
from soundworks.synths.parameter import Parameter

_NOTE_PARAMETERS = (
    Parameter(PITCH, 0.0, 127.0, 48.0, "MIDI note", "the note that is played; 60 is middle C", kind="integer"),
    Parameter(VELOCITY, 1.0, 127.0, 127.0, "MIDI velocity", "how hard it is played", kind="integer"),
)


def define(experiment: Experiment) -> Dataset:
    """Resolve an experiment against its engine: which parameters vary over which range, and the base of all patches.

    Raises
    ------
    UserError
        If the engine, a preset or a parameter is unknown, or a value is outside a parameter's range.
    """
    config = _at_home(experiment)
    assert config.plugin is not None
    engine = load_engine(config.plugin.engine, config.plugin.path)
    base = _base_patch(engine, config.plugin, experiment.path.parent)
    chosen = _chosen(engine, config.plugin)
    rest = {name: value for name, value in base.items() if name not in {random.parameter for random in chosen}}
    parameters = tuple(_heard(parameter, rest, config) for parameter in _given(engine, chosen, rest))
    axes = tuple(_axis(p, random, config.plugin) for p, random in zip(parameters, chosen, strict=True))
    note_axes, fixed = _note_columns(config.plugin)
    resolved = replace(config, parameters=axes + note_axes, fixed=fixed)
    content = digest([experiment.dataset_content(), rest, preset_checksums(experiment)])
    return Dataset(
        experiment.name, experiment.seed, resolved, parameters + _NOTE_PARAMETERS, content,
        {name: float(value) for name, value in rest.items()},
    )  # fmt: skip


def settings(experiment: Experiment, dataset: Dataset, jobs: int = 1) -> Iterator[Setting]:
    """Return all settings, in order; patches that are to be redrawn are rendered first, in up to `jobs` processes."""
    patches = Patches(dataset, _presets(experiment, dataset))
    attempts = accepted_attempts(patches, jobs)
    per_patch = dataset.config.sounds_per_point
    return (patches.setting(i, attempts[i // per_patch] if attempts else 0) for i in range(len(patches)))


def plugin_path(experiment: Experiment) -> str | None:
    """Return the plugin's file, from its place beside the config, or its URI; None where the config names none."""
    path = experiment.dataset.plugin.path if experiment.dataset.plugin else None
    if path is None or "://" in path:
        return path
    return str(Path(experiment.path.parent, path).resolve())


def files(experiment: Experiment) -> list[Path]:
    """Return the preset files that the data set depends on."""
    plugin = experiment.dataset.plugin
    assert plugin is not None
    folder = experiment.path.parent
    found = [] if plugin.base_preset is None else [split_reference(str(folder / plugin.base_preset))[0]]
    if plugin.sampling in ("around", "presets"):
        engine = load_engine(plugin.engine, plugin_path(experiment))
        found += preset_files(engine, tuple(folder / path for path in plugin.presets))
    return found


def _at_home(experiment: Experiment) -> DatasetConfig:
    """Return the section with the plugin's path as the host needs it."""
    plugin = experiment.dataset.plugin
    assert plugin is not None
    return replace(experiment.dataset, plugin=replace(plugin, path=plugin_path(experiment)))


def _base_patch(engine: Engine, plugin: PluginConfig, folder: Path) -> Patch:
    base = engine.initial_patch()
    if plugin.base_preset is not None:
        try:
            base |= read_preset(engine, str(folder / plugin.base_preset)).values
        except UserError as error:
            raise UserError(f"dataset.plugin.base_preset: {error}") from None
    for name, value in plugin.base.items():
        try:
            base[engine.parameter(name).name] = _checked(engine.parameter(name), value)
        except UserError as error:
            raise UserError(f"dataset.plugin.base.{name}: {error}") from None
    return base


def _checked(parameter: Parameter, value: float) -> float:
    """Return a value that the parameter can have; raise a `UserError` for any other."""
    value = parameter.check(value)
    if parameter.kind != "continuous" and value != int(value):
        raise UserError(f"parameter {parameter.name}: found {value:g}, expected a whole number")
    return value


def _chosen(engine: Engine, plugin: PluginConfig) -> list[Random]:
    """Return the parameters that vary, by the engine's names and in its order, each with its range."""
    key, chosen = "dataset.plugin.random_parameters", plugin.random_parameters
    if isinstance(chosen, str):
        try:
            names = engine.names_in(chosen)
        except UserError as error:
            raise UserError(f"{key}: {error}") from None
        chosen = tuple(Random(name, None) for name in names)
    found: dict[str, Random] = {}
    for index, random in enumerate(chosen):
        try:
            resolved = _resolved(engine, random)
        except UserError as error:
            raise UserError(f"{key}[{index}]: {error}") from None
        if resolved.parameter in found:
            raise UserError(f"{key}[{index}]: found {resolved.parameter!r} again, expected each parameter once")
        found[str(resolved.parameter)] = resolved
    return [found[name] for name in engine.by_name if name in found]


def _resolved(engine: Engine, random: Random) -> Random:
    parameter = engine.parameter(random.parameter)
    low, high = random.range or (parameter.minimum, parameter.maximum)
    if low > high:
        raise UserError(f"found the range [{low:g}, {high:g}], expected the lower end first")
    return Random(parameter.name, (_checked(parameter, low), _checked(parameter, high)))


def _given(engine: Engine, chosen: list[Random], rest: Mapping[str, float]) -> list[Parameter]:
    parameters = engine.parameters if engine.parameters_given is None else engine.parameters_given(rest)
    by_name = {parameter.name: parameter for parameter in parameters}
    return [by_name[str(random.parameter)] for random in chosen]


def _heard(parameter: Parameter, rest: Mapping[str, float], config: DatasetConfig) -> Parameter:
    """Return the parameter with what remains of its conditions when all that does not vary is known.

    A condition that never holds stays as one that no value fulfils.
    """
    assert config.plugin is not None
    note_s = config.plugin.note_duration_s or config.sound_duration_s
    known = {**rest, RELEASE_S: config.sound_duration_s - note_s}
    open_conditions = tuple(condition for condition in parameter.heard if condition[0] not in known)
    if all(low <= known[name] <= high for name, low, high in parameter.heard if name in known):
        return replace(parameter, heard=open_conditions)
    return replace(parameter, heard=((parameter.name, 1.0, 0.0),))


def _axis(parameter: Parameter, random: Random, plugin: PluginConfig) -> Axis:
    assert random.range is not None
    low, high = random.range
    norm = (parameter.to_norm(low), parameter.to_norm(high))
    return Axis(parameter.name, parameter.name, (low, high), norm, "natural", plugin.n_patches, "", None, None)


def _note_columns(plugin: PluginConfig) -> tuple[tuple[Axis, ...], tuple[Fixed, ...]]:
    """Return pitch and velocity as parameters that vary, where a patch plays several, or as fixed ones."""
    axes: list[Axis] = []
    fixed: list[Fixed] = []
    for name, values in ((PITCH, plugin.midi_note_pitch), (VELOCITY, plugin.midi_note_velocity)):
        if len(values) == 1:
            fixed.append(Fixed(name, float(values[0]), "natural", ""))
        else:
            ends = (float(min(values)), float(max(values)))
            axes.append(Axis(name, name, ends, ends, "natural", len(values), "", None, None))
    return tuple(axes), tuple(fixed)


def _presets(experiment: Experiment, dataset: Dataset) -> list[Preset]:
    plugin = dataset.config.plugin
    assert plugin is not None
    if plugin.sampling not in ("around", "presets"):
        return []
    engine = load_engine(plugin.engine, plugin.path)
    paths = tuple(experiment.path.parent / path for path in plugin.presets)
    try:
        return [preset for file in preset_files(engine, paths) for preset in engine.read_presets(file)]
    except UserError as error:
        raise UserError(f"dataset.plugin.presets: {error}") from None


def preset_checksums(experiment: Experiment) -> list[str]:
    """Return the checksums of the preset files that the data set depends on, in order."""
    return [sha256_of(path) for path in files(experiment) if path.is_file()]
