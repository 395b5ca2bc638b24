"""Settings: the points of the parameter grid, their seeds, their splits, and the table that lists them."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundworks.config.dataset import Axis
from soundworks.contour import Contour, Value
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.files import atomic_text
from soundworks.synths.parameter import Parameter

#: Spawn keys of these uses of the config's seed, so that they never share a stream; plugins' patches take 2 and 3.
_SETTING_STREAM, _SPLIT_STREAM = 0, 1

#: Largest ratio, as a natural logarithm, between neighbouring points of a course on a logarithmic scale. A line between
#: points of the ratio e^h is off by h²/8 of the value at most: 0.08 %.
_LOG_STEP = 0.08

#: Longest field of `settings.csv`: the courses of parameters that move. Python's own limit is 131,072 characters.
_MAX_FIELD = 2**31 - 1


@dataclass(frozen=True)
class Setting:
    """One sound to render.

    Attributes
    ----------
    index, example : int
        Its number, and which of its grid point's examples it is.
    seed : int
        Seed of all its randomness, below 2^63.
    split : str
        train, validation or test.
    natural, user : dict of str to (float or Contour)
        Values per synth parameter, in natural and in user units.
    """

    index: int
    example: int
    seed: int
    split: str
    natural: dict[str, Value]
    user: dict[str, Value]


@dataclass(frozen=True)
class Position:
    """One value on an axis, in both units."""

    user: Value
    natural: Value


def axis_positions(axis: Axis, parameter: Parameter) -> list[Position]:
    """Return an axis's positions in order: values evenly spaced in user and synth units side by side, or contours."""

    def natural(user: float) -> float:
        (u0, u1), (s0, s1) = axis.user_range, axis.range
        synth = s0 + (user - u0) * (s1 - s0) / (u1 - u0) if u1 != u0 else s0
        return parameter.check(parameter.from_norm(synth) if axis.units == "norm" else synth)

    users = np.linspace(*axis.user_range, axis.count).tolist()
    if not axis.moves:
        synths = np.linspace(*axis.range, axis.count).tolist()
        naturals = [parameter.from_norm(value) if axis.units == "norm" else value for value in synths]
        return [Position(u, parameter.check(n)) for u, n in zip(users, naturals, strict=True)]
    paths = [list(axis.breakpoints)] if axis.breakpoints else [[(0.0, a), (1.0, b)] for a, b in _ramps(axis, users)]
    if axis.units == "norm" and parameter.scale == "log":
        paths = [_refined(path, natural) for path in paths]
    return [
        Position(
            Contour(tuple(t for t, _ in path), tuple(v for _, v in path)),
            Contour(tuple(t for t, _ in path), tuple(natural(v) for _, v in path)),
        )
        for path in paths
    ]


def _refined(path: list[tuple[float, float]], natural: Callable[[float], float]) -> list[tuple[float, float]]:
    """Insert points of (time, user value), evenly spaced, so that a line in user units is one in natural units too.

    `natural` maps user to natural values in equal ratios; see `_LOG_STEP` for how closely.
    """
    refined = path[:1]
    for (start, first), (end, last) in pairwise(path):
        n_steps = math.ceil(abs(math.log(natural(last) / natural(first))) / _LOG_STEP)
        for step in range(1, n_steps):
            time = start + (end - start) * step / n_steps
            if refined[-1][0] < time < end:  # a segment may be too short for times between
                refined.append((time, first + (last - first) * step / n_steps))
        refined.append((end, last))
    return refined


def _ramps(axis: Axis, users: list[float]) -> list[tuple[float, float]]:
    if isinstance(axis.ramp, tuple):
        return [axis.ramp]
    return [(a, b) for a in users for b in users if a != b]


class Grid:
    """The cartesian product of a data set's axes, in config order, the last axis fastest; examples fastest of all."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        config = dataset.config
        self.axes = [_in_seconds(axis_positions(a, dataset.synth_parameter(a.name)), a, config.sound_duration_s)
                     for a in config.parameters]  # fmt: skip
        self.names = [axis.name for axis in config.parameters]
        self.fixed: dict[str, Value] = {}
        for item in config.fixed:
            parameter = dataset.synth_parameter(item.name)
            self.fixed[item.name] = parameter.check(
                parameter.from_norm(item.value) if item.units == "norm" else item.value
            )

    @cached_property
    def splits(self) -> list[str]:
        """The split of each grid point."""
        return assign_splits(self.dataset, self.axes)

    def __len__(self) -> int:
        return self.dataset.config.n_settings

    def __iter__(self) -> Iterator[Setting]:
        return map(self.setting, range(len(self)))

    def positions(self, point: int) -> list[int]:
        """Return the position on each axis of a grid point."""
        index, found = point, []
        for axis in reversed(self.axes):
            index, position = divmod(index, len(axis))
            found.append(position)
        return found[::-1]

    def setting(self, index: int) -> Setting:
        """Return one setting by its number."""
        point, example = divmod(index, self.dataset.config.examples)
        chosen = [axis[k] for axis, k in zip(self.axes, self.positions(point), strict=True)]
        natural = {name: position.natural for name, position in zip(self.names, chosen, strict=True)}
        user = {name: position.user for name, position in zip(self.names, chosen, strict=True)}
        seed = setting_seed(self.dataset.seed, index)
        return Setting(index, example, seed, self.splits[point], {**natural, **self.fixed}, {**user, **self.fixed})


def _in_seconds(positions: list[Position], axis: Axis, duration_s: float) -> list[Position]:
    """Stretch ramps, made over [0, 1], to the sound's duration; breakpoints are in seconds already."""
    if axis.ramp is None:
        return positions

    def stretch(value: Value) -> Value:
        assert isinstance(value, Contour)
        return Contour(tuple(t * duration_s for t in value.times_s), value.values)

    return [Position(stretch(position.user), stretch(position.natural)) for position in positions]


def setting_seed(seed: int, index: int) -> int:
    """Derive a setting's seed, below 2^63, from the config's seed and the setting's number alone."""
    state = np.random.SeedSequence(seed, spawn_key=(_SETTING_STREAM, index)).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def assign_splits(dataset: Dataset, axes: list[list[Position]]) -> list[str]:
    """Return train, validation or test for each grid point: held-out regions first, then fractions by the seed.

    Raises
    ------
    UserError
        If a region holds no point, or nothing is left to train on.
    """
    splits, n_points = dataset.config.splits, dataset.config.n_points
    assigned = np.zeros(n_points, dtype=np.int8)
    free = np.ones(n_points, dtype=bool)
    for code, split in ((1, "validation"), (2, "test")):
        region = splits.held_out.get(split) or {}
        if region:
            inside = _inside(region, [axis.name for axis in dataset.config.parameters], axes)
            if not inside.any():
                ranges = ", ".join(f"{name} {low:g} to {high:g}" for name, (low, high) in region.items())
                raise UserError(f"dataset.splits.held_out.{split}: found no grid point in {ranges}, expected some")
            assigned[inside & free] = code
            free &= ~inside
    return split_points(dataset, assigned, free)


def split_points(
    dataset: Dataset, assigned: NDArray[np.int8] | None = None, free: NDArray[np.bool_] | None = None
) -> list[str]:
    """Return train, validation or test for each point by the seed; points that are not free keep what is assigned."""
    n_points = dataset.config.n_points
    assigned = np.zeros(n_points, dtype=np.int8) if assigned is None else assigned
    rng = np.random.default_rng(np.random.SeedSequence(dataset.seed, spawn_key=(_SPLIT_STREAM,)))
    order = rng.permutation(n_points)
    order = order if free is None else order[free[order]]
    n_validation, n_test = dataset.config.splits.counts(n_points)
    assigned[order[:n_validation]] = 1
    assigned[order[n_validation : n_validation + n_test]] = 2
    if assigned.all():
        raise UserError(f"dataset.splits: found all {n_points} points of the grid held out, expected some to train on")
    names = ("train", "validation", "test")
    return [names[code] for code in assigned.tolist()]


def _inside(region: dict[str, tuple[float, float]], names: list[str], axes: list[list[Position]]) -> NDArray[np.bool_]:
    """Tell which grid points lie in all of a region's closed ranges, in natural units; contours by their extremes.

    A slack of 1e-9 of the axis is allowed: evenly spaced, 0.3 may be 0.30000000000000004.
    """
    inside = np.ones(1, dtype=bool)
    for name, axis in zip(names, axes, strict=True):
        low, high = region.get(name, (-math.inf, math.inf))
        lowest, highest = np.array([(min(values), max(values)) for values in map(_values, axis)]).T
        slack = 1e-9 * (highest.max() - lowest.min())
        along = (low - slack <= lowest) & (highest <= high + slack)
        inside = (inside[:, None] & along[None, :]).ravel()
    return inside


def _values(position: Position) -> tuple[float, ...]:
    return position.natural.values if isinstance(position.natural, Contour) else (position.natural,)


def mean_value(value: Value, start_s: float, end_s: float) -> float:
    """Return a fixed value, or a moving one's time average over [start_s, end_s]."""
    return value.mean(start_s, end_s) if isinstance(value, Contour) else value


def write_settings(dataset: Dataset, settings: Iterable[Setting], path: Path) -> None:
    """Write `settings.csv`: setting, seed, split, then a column a parameter in natural and `user:` in user units.

    A moving parameter's columns hold its time average; its course stands in the column `contours`, as JSON
    {parameter: {"times_s", "natural", "user"}}, which only data sets with moving parameters have.
    """
    names = dataset.config.names
    moving = [axis.name for axis in dataset.config.parameters if axis.moves]
    extra = ["example"] * (dataset.config.examples > 1)
    duration_s = dataset.config.sound_duration_s
    with atomic_text(path) as stream:
        table = csv.writer(stream, lineterminator="\n")
        header = ["setting", "seed", "split", *extra, *names, *(f"user:{name}" for name in names)]
        table.writerow(header + ["contours"] * bool(moving))
        for setting in settings:
            row = [setting.index, setting.seed, setting.split, *([setting.example] if extra else [])]
            row += [repr(mean_value(setting.natural[name], 0.0, duration_s)) for name in names]
            row += [repr(mean_value(setting.user[name], 0.0, duration_s)) for name in names]
            table.writerow(row + ([_contours_json(setting, moving)] if moving else []))


def _contours_json(setting: Setting, moving: list[str]) -> str:
    contours = {}
    for name in moving:
        natural, user = setting.natural[name], setting.user[name]
        assert isinstance(natural, Contour)
        assert isinstance(user, Contour)
        contours[name] = {"times_s": natural.times_s, "natural": natural.values, "user": user.values}
    return json.dumps(contours, separators=(",", ":"))


def read_settings(path: Path, start: int = 0, stop: int | None = None) -> Iterator[Setting]:
    """Yield the settings with numbers in [start, stop) from `settings.csv`, in order, one row in memory."""
    csv.field_size_limit(_MAX_FIELD)
    with path.open(encoding="utf-8", newline="") as stream:
        table = csv.reader(stream)
        columns = next(table)
        first = 4 if "example" in columns else 3  # no parameter may have the name of one of these columns
        names = columns[first : first + (len(columns) - first) // 2]
        for row in islice(table, start, stop):
            yield _setting(row, names, first)


def _setting(row: list[str], names: list[str], first: int) -> Setting:
    n = len(names)
    natural: dict[str, Value] = dict(zip(names, map(float, row[first : first + n]), strict=True))
    user: dict[str, Value] = dict(zip(names, map(float, row[first + n : first + 2 * n]), strict=True))
    for contours in row[first + 2 * n :]:
        for name, course in json.loads(contours).items():
            times = tuple(course["times_s"])
            natural[name] = Contour(times, tuple(course["natural"]))
            user[name] = Contour(times, tuple(course["user"]))
    example = int(row[3]) if first == 4 else 0
    return Setting(int(row[0]), example, int(row[1]), row[2], natural, user)
