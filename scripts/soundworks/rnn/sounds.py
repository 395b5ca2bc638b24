"""The sounds of a table as codes in one file on disk; what a table has in chunks is one sound again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.sounds import SoundTable
from soundworks.errors import UserError
from soundworks.features.sounds import conform, read_sound
from soundworks.files import atomic_path
from soundworks.progress import Meter
from soundworks.rnn.courses import Courses
from soundworks.rnn.mulaw import encode
from soundworks.rnn.parameters import ControlParameter

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]

#: Stream of the experiment's seed for the settings that are held out where the table has no split for it.
_HELD_OUT_STREAM = 53
#: Codes one after another, and the samples of each row's sound: the mark that the codes are whole.
CODES, LENGTHS = "codes.bin", "lengths.npy"
#: Onsets may be off by this, in s: less than a sample of any sound.
_SLACK_S = 1e-6


@dataclass(frozen=True)
class Parts:
    """Rows of a table that belong together, in its order: each list of rows is one sound in consecutive chunks.

    Attributes
    ----------
    train, validation : list of list of int
    held_out_settings : list of int
        Settings that were drawn for validation; empty where the table has a split for it.
    """

    train: list[list[int]]
    validation: list[list[int]]
    held_out_settings: list[int]


def split_table(table: SoundTable, held_out: float, seed: int) -> Parts:
    """Return which rows to train and to validate on; those of the split test are in neither.

    Parameters
    ----------
    table : SoundTable
    held_out : float
        Share of the settings to validate on if there is no split for it; at least one of them, if it is not 0 and there
        are two.
    seed : int
        Of that choice.

    Raises
    ------
    UserError
        If there is nothing to train on.
    """
    training, validation = ~table.held_out, table.splits == "validation"
    if not training.any():
        raise UserError(
            f"{table.path}: found no sound to train on, expected some that are not of the splits validation and test"
        )
    drawn: list[int] = []
    if not validation.any():
        drawn = _draw_settings(np.unique(table.settings[training]), held_out, seed)
        validation = training & np.isin(table.settings, drawn)
    joined = list(_joined(table))
    train, held = ([rows for rows in joined if chosen[rows[0]]] for chosen in (training & ~validation, validation))
    return Parts(train, held, drawn)


def _draw_settings(settings: NDArray[np.int64], share: float, seed: int) -> list[int]:
    if share == 0 or len(settings) < 2:
        return []
    count = min(max(1, round(share * len(settings))), len(settings) - 1)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_HELD_OUT_STREAM,)))
    drawn: list[int] = sorted(rng.permutation(settings)[:count].tolist())
    return drawn


def _joined(table: SoundTable) -> Iterator[list[int]]:
    """Yield the rows of each sound: neighbours of one setting, of which each begins where the one before ends."""
    rows: list[int] = []
    ends_s = table.onsets_s + table.durations_s
    for row in range(len(table)):
        if rows:
            is_same = table.settings[row] == table.settings[row - 1] and table.splits[row] == table.splits[row - 1]
            follows = abs(table.onsets_s[row] - ends_s[row - 1]) < _SLACK_S  # NaN never does
            if not (is_same and follows and table.onsets_s[row] > 0):
                yield rows
                rows = []
        rows.append(row)
    yield rows


@dataclass(frozen=True)
class Sounds:
    """Sounds as codes, with the courses of their parameters.

    Attributes
    ----------
    codes : ndarray of uint8, shape (n_samples,)
        All sounds one after another; a memory map.
    firsts, lasts : ndarray of int, shape (n_sounds,)
        Where each begins, and the sample after its last.
    constants : ndarray of float32, shape (n_sounds, n_parameters)
        Parameters in [0, 1]; where one moves, that of the first sample.
    courses : dict of (int, int) to (ndarray, ndarray)
        By sound and parameter: samples from its start, rising, and values in natural units, with lines between them.
    parameters : tuple of ControlParameter
    """

    codes: Codes
    firsts: NDArray[np.int64]
    lasts: NDArray[np.int64]
    constants: NDArray[np.float32]
    courses: dict[tuple[int, int], tuple[Floats, Floats]]
    parameters: tuple[ControlParameter, ...]

    def __len__(self) -> int:
        return len(self.firsts)

    @property
    def n_samples(self) -> int:
        """Samples of all sounds."""
        return int((self.lasts - self.firsts).sum())

    def part(self, chosen: slice) -> Sounds:
        """Return some of the sounds."""
        start = chosen.indices(len(self))[0]
        n = len(self.firsts[chosen])
        courses = {(s - start, p): course for (s, p), course in self.courses.items() if start <= s < start + n}
        return Sounds(
            self.codes, self.firsts[chosen], self.lasts[chosen], self.constants[chosen], courses, self.parameters
        )

    def norms(self, sound: int, first: int, count: int) -> NDArray[np.float32]:
        """Return a sound's parameters in [0, 1] at samples from `first` on, (count, n_parameters); the last holds."""
        values = np.repeat(self.constants[sound][None], count, axis=0)
        for place, parameter in enumerate(self.parameters):
            course = self.courses.get((sound, place))
            if course is not None:
                natural = np.interp(np.arange(first, first + count), *course)
                values[:, place] = parameter.to_norm(natural)
        return values


def open_sounds(folder: Path, table: SoundTable, courses: Courses, sounds: list[list[int]], sample_rate: int) -> Sounds:
    """Return sounds of a table at a sample rate; their codes are written into a folder unless they are there, whole.

    Parameters
    ----------
    folder : Path
        Belongs to these sounds alone.
    table : SoundTable
    courses : Courses
        Of the table's rows.
    sounds : list of list of int
        Rows of the table, see `Parts`.
    sample_rate : int
        In Hz.

    Raises
    ------
    UserError
        If a file cannot be read.
    OSError
        If the disk is full, which a memory map would be killed by.
    """
    lengths = _whole_lengths(folder, sounds)
    if lengths is None:
        _write_codes(folder, table, sounds, sample_rate)
        lengths = np.load(folder / LENGTHS, allow_pickle=False)
    parts = np.split(lengths, np.cumsum([len(rows) for rows in sounds])[:-1])
    lasts = np.cumsum([_n_samples(part) for part in parts])
    firsts = np.concatenate([[0], lasts[:-1]])
    constants = np.empty((len(sounds), len(courses.parameters)), np.float32)
    moving = {}
    for sound, (rows, part) in enumerate(zip(sounds, parts, strict=True)):
        for place, parameter in enumerate(courses.parameters):
            positions, values = _course(courses, rows, part, place, sample_rate)
            constants[sound, place] = parameter.to_norm(values[0])
            if values.min() < values.max():
                moving[sound, place] = (positions, values)
    codes = np.memmap(folder / CODES, np.uint8, "r")
    return Sounds(codes, firsts, lasts, constants, moving, courses.parameters)


def _n_samples(lengths: Floats) -> int:
    """Return the samples of a sound whose chunks have these lengths, which resampling leaves no whole numbers."""
    return max(1, round(float(lengths.sum())))


def _course(courses: Courses, rows: list[int], lengths: Floats, place: int, sample_rate: int) -> tuple[Floats, Floats]:
    """Return a parameter's course in a sound: samples from its start, and values in natural units."""
    positions, values = [], []
    starts = np.concatenate([[0.0], np.cumsum(lengths)])
    for row, start, end in zip(rows, starts, starts[1:], strict=False):
        value = courses.value(row, place)
        if isinstance(value, float):
            positions += [start, end]  # where the next chunk's value holds already: the later of equal positions counts
            values += [value, value]
        else:
            cut = value.between(0.0, (end - start) / sample_rate)
            positions += [start + time_s * sample_rate for time_s in cut.times_s]
            values += cut.values
    return np.array(positions), np.array(values)


def _whole_lengths(folder: Path, sounds: list[list[int]]) -> Floats | None:
    """Return the lengths of all chunks, in samples of the codes, if the codes are there, whole."""
    try:
        lengths: Floats = np.load(folder / LENGTHS, allow_pickle=False)
        if lengths.shape != (sum(map(len, sounds)),) or lengths.dtype != np.float64:
            return None
        parts = np.split(lengths, np.cumsum([len(rows) for rows in sounds])[:-1])
        return lengths if (folder / CODES).stat().st_size == sum(map(_n_samples, parts)) else None
    except (OSError, EOFError, ValueError):
        return None


def _write_codes(folder: Path, table: SoundTable, sounds: list[list[int]], sample_rate: int) -> None:
    """Write the codes of all sounds, one sound in memory, and after them the lengths of their chunks."""
    lengths: list[float] = []
    with atomic_path(folder / CODES) as temporary, temporary.open("wb") as stream, \
            Meter(len(sounds), "sound", "codes") as meter:  # fmt: skip
        for done, rows in enumerate(sounds, start=1):
            samples, found = _read(table, rows, sample_rate)
            stream.write(encode(samples).data)
            lengths += found
            meter.advance_to(done)
    with atomic_path(folder / LENGTHS) as temporary, temporary.open("wb") as stream:
        np.save(stream, np.array(lengths, np.float64))


def _read(table: SoundTable, rows: list[int], sample_rate: int) -> tuple[NDArray[np.float32], list[float]]:
    """Return a sound at a sample rate, and the length of each of its chunks there; chunks are joined as they are."""
    chunks = [read_sound(table.path.parent / table.files[row]) for row in rows]
    lengths = [len(samples) * sample_rate / rate for samples, rate in chunks]
    rates = {rate for _, rate in chunks}
    if len(rates) == 1:
        samples = np.concatenate([samples for samples, _ in chunks])
        return conform(samples, rates.pop(), sample_rate, _n_samples(np.array(lengths))), lengths
    raise UserError(
        f"{table.path.parent / table.files[rows[0]]}: found a sound whose chunks have sample rates {sorted(rates)}, "
        "expected one"
    )
