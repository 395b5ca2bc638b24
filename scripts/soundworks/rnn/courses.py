"""The course of each parameter in each sound: from the columns of a table, moving settings, and `.params` files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.contour import Contour, Value
from soundworks.dataset.model import Dataset
from soundworks.dataset.settings import read_settings
from soundworks.dataset.sounds import SoundTable
from soundworks.errors import UserError
from soundworks.records.model import RecordParameter
from soundworks.records.params import ParamTrack, read_params
from soundworks.rnn.parameters import ControlParameter

Floats = NDArray[np.float64]

SETTINGS = "settings.csv"
#: Key of the config that the sentences of this module name.
_KEY = "rnn.parameters"
#: Magnitude of a value at most.
_MOST = 1e15
#: Folder of a data set's own `.params` files.
_RECORDS = Path("records") / "params"


@dataclass(frozen=True)
class Courses:
    """What the chosen parameters do in each sound of a table.

    Attributes
    ----------
    parameters : tuple of ControlParameter
        With their ranges over the whole table, whatever the splits.
    constants : ndarray, shape (n_sounds, n_parameters)
        Values in natural units; where one moves, some value of its course.
    moving : dict of (int, int) to Contour
        By sound and parameter: courses in natural units, times in seconds from the start of the sound.
    """

    parameters: tuple[ControlParameter, ...]
    constants: Floats
    moving: dict[tuple[int, int], Contour]

    def value(self, sound: int, parameter: int) -> Value:
        """Return a parameter's value in a sound, in natural units, or its course."""
        return self.moving.get((sound, parameter), float(self.constants[sound, parameter]))


def read_courses(table: SoundTable, dataset: Dataset | None, chosen: tuple[str, ...] | None) -> Courses:
    """Return the courses of the chosen parameters in all sounds of a table.

    Parameters
    ----------
    table : SoundTable
    dataset : Dataset, optional
        Its definition, which knows units and scales, if the table is that of a rendered data set.
    chosen : tuple of str, optional
        Names; all columns that take more than one value, or move, by default. A name that is no column is sought in
        the `.params` files.

    Raises
    ------
    UserError
        If a name is unknown, a parameter takes one value alone, or a file is damaged.
    """
    known = {} if dataset is None else {parameter.name: parameter for parameter in dataset.header().parameters}
    tracks = _Tracks(table, known, in_records=dataset is None)
    names = list(table.values) if chosen is None else list(chosen)
    moving = _of_settings(table, names) | tracks.moving(names)
    columns = [table.values[name] if name in table.values else tracks.constants(name) for name in names]
    constants = np.array(columns).reshape(len(names), len(table)).T
    ranges = _ranges(constants, moving)
    _check(table, names, constants, ranges, chosen is not None)
    kept = [place for place, (low, high) in enumerate(ranges) if low < high]
    parameters = tuple(_parameter(names[place], *ranges[place], known.get(names[place])) for place in kept)
    new = {place: index for index, place in enumerate(kept)}
    kept_moving = {(row, new[place]): course for (row, place), course in moving.items() if place in new}
    return Courses(parameters, constants[:, kept], kept_moving)


def _check(
    table: SoundTable, names: list[str], constants: Floats, ranges: list[tuple[float, float]], are_chosen: bool
) -> None:
    """Raise a `UserError` for names and values that are none, and if what is chosen, or everything, has one value."""
    for name, column in zip(names, constants.T, strict=True):
        if not np.isfinite(column).all():
            raise UserError(f"{_KEY}: found values of {name!r} in {table.path} that are no numbers, expected numbers")
    for name, (low, high) in zip(names, ranges, strict=True):
        if low < high and not (name and name.isprintable()):
            raise UserError(f"{table.path}: found a column of the name {name!r}, expected one line of text; "
                            f"{_KEY} chooses other columns")  # fmt: skip
        if low < high and max(abs(low), abs(high)) > _MOST:
            raise UserError(f"{_KEY}: found values of {name!r} in {table.path} from {low:g} to {high:g}, expected them "
                            f"within ± {_MOST:g}")  # fmt: skip
    constant = [(name, low) for name, (low, high) in zip(names, ranges, strict=True) if low == high]
    if are_chosen and constant:
        name, value = constant[0]
        raise UserError(
            f"{_KEY}: found {name!r}, which is {value:g} in all of {table.path}, expected parameters that take more "
            "than one value"
        )
    if len(constant) == len(names):
        raise UserError(f"{_KEY}: found none in {table.path} that takes more than one value, expected some")


def _ranges(constants: Floats, moving: dict[tuple[int, int], Contour]) -> list[tuple[float, float]]:
    """Return the lowest and the highest value of each parameter; a mean that stands for a course does not count."""
    lowest, highest = constants.copy(), constants.copy()
    for place, course in moving.items():
        lowest[place], highest[place] = min(course.values), max(course.values)
    return list(zip(lowest.min(axis=0).tolist(), highest.max(axis=0).tolist(), strict=True))


def _parameter(name: str, low: float, high: float, known: RecordParameter | None) -> ControlParameter:
    if known is None:
        return ControlParameter(name, low, high)
    user_name = known.user_name if known.user_name != name else ""
    scale = known.scale if low > 0 else "linear"
    return ControlParameter(name, low, high, known.unit, scale, user_name, known.user_doc or known.synth_doc)


def _of_settings(table: SoundTable, names: list[str]) -> dict[tuple[int, int], Contour]:
    """Return the courses that a rendered data set's settings tell of, each cut to its sound."""
    path = table.path.with_name(SETTINGS)
    if not (path.is_file() and _has_contours(path)):
        return {}
    found = {}
    courses: dict[int, list[tuple[int, Contour]]] = {}
    for setting in read_settings(path):
        natural = ((place, setting.natural.get(name)) for place, name in enumerate(names))
        courses[setting.index] = [(place, value) for place, value in natural if isinstance(value, Contour)]
    for row, setting_number in enumerate(table.settings.tolist()):
        onset_s = float(table.onsets_s[row])
        for place, course in courses.get(setting_number, []):
            found[row, place] = course.between(onset_s, onset_s + float(table.durations_s[row]))
    return found


def _has_contours(path: Path) -> bool:
    with path.open(encoding="utf-8") as stream:
        return stream.readline().rstrip("\n").endswith(",contours")


class _Tracks:
    """The `.params` files of a table's sounds, as far as there are any.

    Parameters
    ----------
    table : SoundTable
    known : dict of str to RecordParameter
        What a definition says of parameters.
    in_records : bool
        Whether to look into `records/params` too. A rendered data set's settings say the same.
    """

    def __init__(self, table: SoundTable, known: dict[str, RecordParameter], *, in_records: bool) -> None:
        self.table, self.known = table, known
        self.files = list(params_files(table, in_records=in_records))
        self._read: list[dict[str, Contour]] | None = None

    @property
    def courses(self) -> list[dict[str, Contour]]:
        """The courses in each sound by name, in natural units."""
        if self._read is None:
            self._read = [self._courses(path) if path is not None else {} for path in self.files]
        return self._read

    def _courses(self, path: Path) -> dict[str, Contour]:
        return {name: _contour(path, name, track, self.known.get(name))
                for name, track in read_params(path).tracks.items()}  # fmt: skip

    def moving(self, names: list[str]) -> dict[tuple[int, int], Contour]:
        """Return the courses that move, by sound and place among the names."""
        return {(row, place): courses[name] for row, courses in enumerate(self.courses)
                for place, name in enumerate(names)
                if name in courses and len(set(courses[name].values)) > 1}  # fmt: skip

    def constants(self, name: str) -> Floats:
        """Return some value of a parameter that is in the files alone, shape (n_sounds,)."""
        lacking = [row for row, courses in enumerate(self.courses) if name not in courses]
        if len(lacking) == len(self.table):
            known = [*self.table.values, *(key for key in self.courses[0] if key not in self.table.values)]
            raise UserError(
                f"{_KEY}: found {name!r}, expected parameters of {self.table.path}: {', '.join(known) or 'none'}"
            )
        if lacking:
            raise UserError(
                f"{_KEY}: found no {name!r} in a .params file of {self.table.files[lacking[0]]}, expected one, as "
                f"other sounds of {self.table.path} have"
            )
        return np.array([courses[name].values[0] for courses in self.courses])


def params_files(table: SoundTable, *, in_records: bool) -> Iterator[Path | None]:
    """Yield the `.params` file of each sound, beside it or in `records/params`; None where there is none."""
    folder = table.path.parent
    others = folder / _RECORDS
    seek_there = in_records and others.is_dir()
    for file in table.files:
        beside = (folder / file).with_suffix(".params")
        candidates = [beside, others / beside.name] if seek_there else [beside]
        yield next((path for path in candidates if path.is_file()), None)


def _contour(path: Path, name: str, track: ParamTrack, known: RecordParameter | None) -> Contour:
    try:
        times_s, values = (np.asarray(column, np.float64) for column in (track.times, track.values))
        if not (np.isfinite(times_s).all() and np.isfinite(values).all() and (np.diff(times_s) >= 0).all()):
            raise ValueError
    except (TypeError, ValueError):
        raise UserError(
            f"{path}: parameter {name!r} has a course that does not do, expected finite numbers, and times that rise"
        ) from None
    return Contour(tuple(times_s.tolist()), tuple(_natural(values, track, known).tolist()))


def _natural(values: Floats, track: ParamTrack, known: RecordParameter | None) -> Floats:
    """Return a track's values in natural units: its own ranges tell what the user's values are on the synth.

    Values without such ranges, as a grid's, stand for themselves.
    """
    bounds = (track.minval, track.maxval, track.origMinval, track.origMaxval)
    if not all(_is_number(bound) for bound in bounds):
        return values
    low, high, synth_low, synth_high = (float(bound) for bound in bounds if bound is not None)
    if high != low:
        values = synth_low + (values - low) * (synth_high - synth_low) / (high - low)
    if track.units != "norm" or known is None:
        return values
    if known.scale == "log":
        return np.asarray(known.minimum * (known.maximum / known.minimum) ** values)
    return np.asarray(known.minimum + values * (known.maximum - known.minimum))


def _is_number(bound: Any) -> bool:
    """Tell whether a bound is one; the originals' grids have the text "null"."""
    return isinstance(bound, (int, float)) and not isinstance(bound, bool)
