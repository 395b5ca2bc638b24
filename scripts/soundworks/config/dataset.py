"""The typed form of a config's `dataset` section, and the rules that tie its keys together."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from soundworks.errors import UserError


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
    """Held-out fractions, and held-out regions as {split: {parameter: (from, to)}} in natural units."""

    validation: float
    test: float
    held_out: dict[str, dict[str, tuple[float, float]]]


@dataclass(frozen=True)
class DatasetConfig:
    """The `dataset` section; see `config/schemas/dataset.schema.yaml` for the meaning of each key."""

    source: str
    synth: str
    synth_path: str | None
    sample_rate: int
    render_sample_rate: int | None
    sample_format: str
    sound_duration_s: float
    chunk_duration_s: float
    examples: int
    parameters: tuple[Axis, ...]
    fixed: tuple[Fixed, ...]
    splits: Splits
    records: tuple[str, ...]
    tfrecord_shard_mib: float
    shards: int
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
            "splits": Splits(section["splits"]["validation"], section["splits"]["test"], held_out),
            "records": tuple(section["records"]),
            "sound_duration_s": float(section["sound_duration_s"]),
            "chunk_duration_s": float(section["chunk_duration_s"]),
        }
        return cls(**{**section, **typed})

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and mappings, such as `from_dict` takes."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @property
    def n_points(self) -> int:
        """Number of points of the parameter grid."""
        return math.prod(axis.n_positions for axis in self.parameters)

    @property
    def n_settings(self) -> int:
        """Number of sounds: grid points times examples."""
        return self.n_points * self.examples

    @property
    def n_shards(self) -> int:
        """Number of rendering jobs."""
        return min(self.shards, self.n_settings)

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
    _check_durations(config)
    _check_names(config)
    for index, axis in enumerate(config.parameters):
        _check_axis(axis, f"dataset.parameters[{index}]", config.sound_duration_s)
    _check_splits(config)
    if config.n_settings > config.max_settings:
        raise UserError(
            f"dataset.parameters: found a grid of {config.n_settings:,} settings, expected at most "
            f"{config.max_settings:,} (raise dataset.max_settings if you mean it)"
        )


def _check_durations(config: DatasetConfig) -> None:
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
    names = [axis.name for axis in config.parameters] + [fixed.name for fixed in config.fixed]
    for key, group in (("name", names), ("user_name", [axis.user_name for axis in config.parameters])):
        twice = sorted({name for name in group if group.count(name) > 1})
        if twice:
            raise UserError(f"dataset.parameters: the {key} {twice[0]!r} is given twice, expected each parameter once")


def _check_axis(axis: Axis, key: str, sound_duration_s: float) -> None:
    if axis.ramp is not None and axis.breakpoints is not None:
        raise UserError(f"{key}: found both ramp and breakpoints, expected one of them")
    if axis.count > 1 and axis.user_range[0] == axis.user_range[1]:
        raise UserError(
            f"{key}.user_range: found {list(axis.user_range)} with a count of {axis.count}, expected two different "
            "ends, or a count of 1"
        )
    if axis.ramp == "all" and axis.count < 2:
        raise UserError(f"{key}.count: found {axis.count} with ramp: all, expected at least 2 values to ramp between")
    moving = list(axis.ramp) if isinstance(axis.ramp, tuple) else [value for _, value in axis.breakpoints or ()]
    low, high = min(axis.user_range), max(axis.user_range)
    for value in moving:
        if not low <= value <= high:
            raise UserError(f"{key}: the moving value {value:g} is outside the user range {low:g} to {high:g}")
    if moving and axis.user_range[0] == axis.user_range[1]:
        raise UserError(f"{key}.user_range: found {list(axis.user_range)}, expected two different ends to move between")
    times = [time for time, _ in axis.breakpoints or ()]
    if times and (sorted(set(times)) != times or times[0] < 0 or times[-1] > sound_duration_s):
        raise UserError(
            f"{key}.breakpoints: found the times {times}, expected them to rise from 0 or later to at most "
            f"{sound_duration_s:g} s"
        )


def _check_splits(config: DatasetConfig) -> None:
    if config.splits.validation + config.splits.test >= 1:
        raise UserError(
            f"dataset.splits: found validation {config.splits.validation:g} + test {config.splits.test:g}, expected "
            "a sum below 1 so that something is left to train on"
        )
    known = [axis.name for axis in config.parameters]
    for split, region in config.splits.held_out.items():
        for name, (low, high) in region.items():
            if name not in known:
                raise UserError(
                    f"dataset.splits.held_out.{split}: found the parameter {name!r}, expected one that varies: "
                    f"{', '.join(known) or 'there is none'}"
                )
            if low > high:
                raise UserError(
                    f"dataset.splits.held_out.{split}.{name}: found [{low:g}, {high:g}], expected low first"
                )
