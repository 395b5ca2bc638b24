"""The typed form of a config's `dataset` section, and the rules that tie its keys together."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from soundworks.config.plugin import PluginConfig, check_plugin
from soundworks.errors import UserError

#: Longest sound that one job can hold in memory: 1.6 GB as float64, more than an hour at 48 kHz.
MAX_SOUND_SAMPLES = 200_000_000


#: Rendering jobs of a large data set whose config asks for no number.
AUTOMATIC_SHARDS = 8


@dataclass(frozen=True)
class Axis:
    """One parameter that varies; ranges are (first, last) value, `range` in `units`."""

    name: str
    user_name: str
    range: tuple[float, float]
    user_range: tuple[float, float]
    units: str
    count: int
    doc: str
    ramp: str | tuple[float, float] | None
    breakpoints: tuple[tuple[float, float], ...] | None

    @property
    def moves(self) -> bool:
        """Whether the parameter moves inside the sound."""
        return self.ramp is not None or self.breakpoints is not None

    @property
    def n_positions(self) -> int:
        """Number of grid positions on this axis."""
        if self.ramp == "all":
            return self.count * (self.count - 1)
        return 1 if self.moves else self.count


@dataclass(frozen=True)
class Fixed:
    """One parameter with the same value everywhere."""

    name: str
    value: float
    units: str
    doc: str


@dataclass(frozen=True)
class Splits:
    """Held-out fractions or numbers, and held-out regions as {split: {parameter: (from, to)}} in natural units."""

    validation: float
    test: float
    held_out: dict[str, dict[str, tuple[float, float]]]

    def counts(self, n_points: int) -> tuple[int, int]:
        """Return how many points go to validation and to test."""
        of = [round(share * n_points) if share < 1 else int(share) for share in (self.validation, self.test)]
        return of[0], of[1]


@dataclass(frozen=True)
class DatasetConfig:
    """The `dataset` section; see `config/schemas/dataset.schema.yaml` for the meaning of each key."""

    source: str
    synth: str | None
    synth_path: str | None
    sample_rate: int
    render_sample_rate: int | None
    sample_format: str
    sound_duration_s: float
    chunk_duration_s: float
    examples: int
    parameters: tuple[Axis, ...]
    fixed: tuple[Fixed, ...]
    plugin: PluginConfig | None
    splits: Splits
    records: tuple[str, ...]
    tfrecord_shard_mib: float
    shards: int | None
    max_settings: int

    @classmethod
    def from_dict(cls, section: dict[str, Any]) -> DatasetConfig:
        """Build from a validated section with all defaults filled in."""
        held_out = {
            split: {name: (float(low), float(high)) for name, (low, high) in region.items()}
            for split, region in section["splits"]["held_out"].items()
        }
        typed = {
            "parameters": tuple(_axis(item) for item in section["parameters"]),
            "fixed": tuple(Fixed(**{**item, "value": float(item["value"])}) for item in section["fixed"]),
            "splits": Splits(float(section["splits"]["validation"]), float(section["splits"]["test"]), held_out),
            "records": tuple(section["records"]),
            "plugin": PluginConfig.from_dict(section["plugin"]) if section["plugin"] else None,
            "sound_duration_s": float(section["sound_duration_s"]),
            "chunk_duration_s": float(section["chunk_duration_s"] or section["sound_duration_s"]),
            "tfrecord_shard_mib": float(section["tfrecord_shard_mib"]),
        }
        return cls(**{**section, **typed})

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and mappings, such as `from_dict` takes."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @property
    def names(self) -> list[str]:
        """Names of all parameters that tables have: what varies, then what is fixed."""
        return [axis.name for axis in self.parameters] + [item.name for item in self.fixed]

    @property
    def n_points(self) -> int:
        """Number of points of the parameter grid, or of patches."""
        if self.plugin is not None:
            return self.plugin.n_patches
        return math.prod(axis.n_positions for axis in self.parameters)

    @property
    def sounds_per_point(self) -> int:
        """Number of sounds of each point: examples of a grid's, notes of a patch."""
        return self.examples if self.plugin is None else len(self.plugin.notes)

    @property
    def n_settings(self) -> int:
        """Number of sounds: points times sounds of each."""
        return self.n_points * self.sounds_per_point

    @property
    def sound_name(self) -> str:
        """What makes the sound, as records and file names say it: the synth, or the plugin's engine."""
        return self.plugin.engine if self.plugin is not None else str(self.synth)

    @property
    def render_rate(self) -> int:
        """Sample rate at which the source of the sound runs, in Hz."""
        return self.render_sample_rate or self.sample_rate

    @property
    def silence_peak(self) -> float:
        """Peak, re full scale, below which a sound counts as silent; below the smallest sample for a synth's."""
        return self.plugin.silence_peak if self.plugin is not None else 2.0**-32

    @property
    def n_shards(self) -> int:
        """Number of rendering jobs: as asked for, or one a minute of sound up to eight; at most one a setting."""
        minutes = math.ceil(self.n_settings * self.sound_duration_s / 60)
        return min(self.shards or min(minutes, AUTOMATIC_SHARDS), self.n_settings)

    @property
    def chunk_samples(self) -> int:
        """Samples per chunk: sample rate times duration, rounded down but for rounding errors."""
        return math.floor(self.sample_rate * self.chunk_duration_s + 1e-6)

    @property
    def sound_samples(self) -> int:
        """Samples per sound at the sample rate of the files."""
        return round(self.sample_rate * self.sound_duration_s)

    @property
    def chunks_per_setting(self) -> int:
        """Number of whole chunks in a sound."""
        return self.sound_samples // self.chunk_samples

    @property
    def dropped_s(self) -> float:
        """Seconds at the end of each sound that fill no chunk."""
        return (self.sound_samples - self.chunks_per_setting * self.chunk_samples) / self.sample_rate


def _axis(item: dict[str, Any]) -> Axis:
    ramp, points = item["ramp"], item["breakpoints"]
    return Axis(
        name=item["name"],
        user_name=item["user_name"] or item["name"],
        range=(float(item["range"][0]), float(item["range"][1])),
        user_range=tuple(float(v) for v in (item["user_range"] or item["range"])),  # type: ignore[arg-type]
        units=item["units"],
        count=item["count"],
        doc=item["doc"],
        ramp=(float(ramp[0]), float(ramp[1])) if isinstance(ramp, (list, tuple)) else ramp,
        breakpoints=tuple((float(t), float(v)) for t, v in points) if points else None,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def check_dataset(config: DatasetConfig) -> None:
    """Check the rules between keys that need no synth; raise a `UserError` that names key, found, expected."""
    _check_source(config)
    _check_durations(config)
    _check_names(config)
    for index, axis in enumerate(config.parameters):
        _check_axis(axis, f"dataset.parameters[{index}]")
        _check_course(axis, f"dataset.parameters[{index}]", config.sound_duration_s)
    if config.n_settings > config.max_settings:
        key = "dataset.parameters" if config.plugin is None else "dataset.plugin.sample_size"
        raise UserError(
            f"{key}: found a grid of {config.n_settings:,} settings, expected at most "
            f"{config.max_settings:,} (raise dataset.max_settings if you mean it)"
        )
    _check_fractions(config)
    _check_held_out(config)


def _check_source(config: DatasetConfig) -> None:
    """Check that what the source needs is there, and what another source needs is not."""
    if config.source == "synth":
        if config.synth is None:
            raise UserError("dataset.synth: found nothing, expected the name of a synth, for dataset.source is synth")
        if config.plugin is not None:
            raise UserError("dataset.plugin: found an engine, expected none, for dataset.source is synth, not plugin")
        return
    if config.plugin is None:
        raise UserError("dataset.plugin: found nothing, expected an engine, for dataset.source is plugin")
    for key in ("synth", "synth_path", "parameters", "fixed"):
        if getattr(config, key):
            raise UserError(f"dataset.{key}: found a value, expected none, for dataset.source is plugin, not synth")
    if config.examples != 1:
        raise UserError(f"dataset.examples: found {config.examples}, expected 1, for a patch always sounds the same")
    if any(config.splits.held_out.values()):
        raise UserError("dataset.splits.held_out: found a region, expected none, for patches are no grid")
    check_plugin(config.plugin, config.sound_duration_s)


def _check_durations(config: DatasetConfig) -> None:
    rate = max(config.sample_rate, config.render_sample_rate or 0)
    if rate * config.sound_duration_s > MAX_SOUND_SAMPLES:
        raise UserError(
            f"dataset.sound_duration_s: found {config.sound_duration_s:g} s, expected at most "
            f"{MAX_SOUND_SAMPLES / rate:g} s at {rate} Hz"
        )
    if config.chunk_duration_s > config.sound_duration_s:
        raise UserError(
            f"dataset.chunk_duration_s: found {config.chunk_duration_s:g} s, expected at most the sound's "
            f"{config.sound_duration_s:g} s (dataset.sound_duration_s)"
        )
    if config.chunk_samples < 1:
        raise UserError(
            f"dataset.chunk_duration_s: found {config.chunk_duration_s:g} s, expected at least one sample "
            f"({1 / config.sample_rate:g} s at {config.sample_rate} Hz)"
        )
    if config.chunks_per_setting < 1:
        raise UserError(
            f"dataset.sound_duration_s: found {config.sound_duration_s:g} s, expected at least one chunk "
            f"of {config.chunk_duration_s:g} s"
        )


def _check_names(config: DatasetConfig) -> None:
    names = [(f"dataset.parameters[{i}].name", axis.name) for i, axis in enumerate(config.parameters)]
    names += [(f"dataset.fixed[{i}].name", fixed.name) for i, fixed in enumerate(config.fixed)]
    _check_distinct(names, "each parameter once")
    users = [(f"dataset.parameters[{i}].user_name", axis.user_name) for i, axis in enumerate(config.parameters)]
    _check_distinct(users, "a name of its own for each parameter")


def _check_distinct(named: list[tuple[str, str]], expected: str) -> None:
    owners: dict[str, str] = {}
    for key, name in named:
        if name in owners:
            raise UserError(f"{key}: found {name!r} as in {owners[name]}, expected {expected}")
        owners[name] = key


def _check_axis(axis: Axis, key: str) -> None:
    if axis.ramp is not None and axis.breakpoints is not None:
        raise UserError(f"{key}: found both ramp and breakpoints, expected one of them")
    if axis.ramp == "all" and axis.count < 2:
        raise UserError(f"{key}.count: found {axis.count} with ramp: all, expected at least 2 values to ramp between")
    if axis.count > 1 and axis.moves and axis.ramp != "all":
        course = "breakpoints" if axis.ramp is None else "ramp"
        raise UserError(f"{key}.count: found {axis.count} with one course ({course}), expected 1, or ramp: all")
    if (axis.count > 1 or axis.moves) and axis.user_range[0] == axis.user_range[1]:
        raise UserError(
            f"{key}.user_range: found {list(axis.user_range)} for several values, expected two different ends, or a "
            "count of 1"
        )


def _check_course(axis: Axis, key: str, sound_duration_s: float) -> None:
    """Check the values and times of a parameter that moves."""
    name = "breakpoints" if axis.ramp is None else "ramp"
    values = list(axis.ramp) if isinstance(axis.ramp, tuple) else [value for _, value in axis.breakpoints or ()]
    low, high = min(axis.user_range), max(axis.user_range)
    for value in values:
        if not low <= value <= high:
            raise UserError(f"{key}.{name}: found the value {value:g}, expected {low:g} to {high:g}, the user's range")
    times = [time for time, _ in axis.breakpoints or ()]
    for before, after in pairwise(times):
        if after <= before:
            raise UserError(f"{key}.breakpoints: found {after:g} s after {before:g} s, expected times that rise")
    if times and not (times[0] >= 0 and times[-1] <= sound_duration_s):
        wrong = times[0] if times[0] < 0 else times[-1]
        raise UserError(f"{key}.breakpoints: found the time {wrong:g} s, expected 0 to {sound_duration_s:g} s")


def _check_fractions(config: DatasetConfig) -> None:
    n_points, splits = config.n_points, config.splits
    for name in ("validation", "test"):
        share = getattr(splits, name)
        if share >= 1 and share != int(share):
            raise UserError(f"dataset.splits.{name}: found {share:g}, expected a fraction below 1, or a whole number")
    if sum(splits.counts(n_points)) >= n_points:
        points = "grid points" if config.plugin is None else "patches"
        raise UserError(
            f"dataset.splits: found validation {splits.validation:g} and test {splits.test:g} of {n_points:,} "
            f"{points}, expected a sum that leaves some to train on"
        )


def _check_held_out(config: DatasetConfig) -> None:
    known = [axis.name for axis in config.parameters]
    for split, region in config.splits.held_out.items():
        key = f"dataset.splits.held_out.{split}"
        for name, (low, high) in region.items():
            if name not in known:
                varied = ", ".join(known) or "(there is none)"
                raise UserError(f"{key}: found the parameter {name!r}, expected one that varies: {varied}")
            if low > high:
                raise UserError(f"{key}.{name}: found [{low:g}, {high:g}], expected the lower end first")
