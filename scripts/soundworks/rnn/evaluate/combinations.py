"""The combinations of parameters in a table of sounds: what was held out, and the real sounds of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.model import Dataset
from soundworks.dataset.sounds import HELD_OUT, TABLE, SoundTable, read_sound_table
from soundworks.errors import UserError
from soundworks.features.sounds import conform, read_sound
from soundworks.rnn.courses import Courses, read_courses
from soundworks.rnn.evaluate.controls import Controls, estimate

Floats = NDArray[np.float64]

#: Definition of a rendered data set, in its folder.
DEFINITION = "dataset.yaml"
#: Onsets nearer than this, in seconds, to the end of the chunk before go on with its sound.
_GAP_S = 1e-4


@dataclass(frozen=True)
class Combinations:
    """Combinations of a network's parameters that there are real sounds of.

    Attributes
    ----------
    folder : Path
        The data set, or grid; files are relative to it.
    names : tuple of str
    natural : ndarray, shape (n, n_parameters)
        In natural units.
    splits : ndarray of str, shape (n,)
        train, validation or test.
    sounds : list of lists of lists of str
        For each combination its sounds, each as the files that make it up in order.
    """

    folder: Path
    names: tuple[str, ...]
    natural: Floats
    splits: NDArray[np.str_]
    sounds: list[list[list[str]]]

    def __len__(self) -> int:
        return len(self.sounds)

    def part(self, rows: NDArray[np.intp]) -> Combinations:
        """Return some of them."""
        sounds = [self.sounds[row] for row in rows.tolist()]
        return Combinations(self.folder, self.names, self.natural[rows], self.splits[rows], sounds)

    def drawn(self, most: int, rng: np.random.Generator) -> Combinations:
        """Return so many of them at most, drawn by chance, in their order."""
        return self.part(np.sort(rng.permutation(len(self))[:most]))


def read_combinations(folder: Path, names: tuple[str, ...], held_out_settings: Sequence[int] = ()) -> Combinations:
    """Return the combinations in a folder's `chunks.csv`, in the order of their first sounds.

    A parameter that moves within a sound stands there by its average.

    Parameters
    ----------
    folder : Path
    names : tuple of str
        The network's parameters.
    held_out_settings : sequence of int
        Settings that the training held out, beside those of the splits validation and test.

    Raises
    ------
    UserError
        If there is no such table, it is damaged, or it lacks a parameter.
    """
    table = read_sound_table(folder / TABLE)
    if not len(table):
        raise UserError(f"{table.path}: found no sound, expected the table of what the network was trained on")
    splits = np.where(~table.held_out & np.isin(table.settings, list(held_out_settings)), "validation", table.splits)
    grouped: dict[tuple[float, ...], list[int]] = {}
    for row, values in enumerate(_values(read_courses(table, _definition(folder), names)).tolist()):
        grouped.setdefault(tuple(values), []).append(row)
    return Combinations(
        folder, names, np.array(list(grouped), np.float64),
        np.array([_split(splits[rows]) for rows in grouped.values()], np.str_),
        [_joined(table, rows) for rows in grouped.values()],
    )  # fmt: skip


def _definition(folder: Path) -> Dataset | None:
    path = folder / DEFINITION
    return Dataset.read(path) if path.is_file() else None


def _values(courses: Courses) -> Floats:
    """Return the values of each sound, shape (n, n_parameters); averages of those that move."""
    values = courses.constants.copy()
    for (row, column), contour in courses.moving.items():
        start_s, end_s = contour.times_s[0], contour.times_s[-1]
        values[row, column] = contour.mean(start_s, end_s) if end_s > start_s else contour.values[0]
    return values


def _split(splits: NDArray[np.str_]) -> str:
    """Return train if anything of a combination was trained on."""
    found = set(splits.tolist())
    return str(splits[0]) if len(found) == 1 and found <= set(HELD_OUT) else "train"


def _joined(table: SoundTable, rows: Sequence[int]) -> list[list[str]]:
    """Return the files of each sound: a chunk that begins where the one before ends goes on with it."""
    settings, onsets_s, ends_s = table.settings, table.onsets_s, table.onsets_s + table.durations_s
    sounds: list[list[str]] = []
    before = -1
    for row in sorted(rows, key=lambda row: (settings[row], onsets_s[row], row)):
        goes_on = before >= 0 and settings[before] == settings[row] and onsets_s[row] > 0
        if goes_on and abs(onsets_s[row] - ends_s[before]) < _GAP_S:
            sounds[-1].append(table.files[row])
        else:
            sounds.append([table.files[row]])
        before = row
    return sounds


def real_controls(
    combinations: Combinations, seconds: float, sample_rate: int, on_sound: Callable[[], None] = lambda: None
) -> Controls:
    """Return the controls of each combination's real sounds, shape (n,) each: of `seconds` of them in all.

    Of several sounds it is the median of what is known; events are counted over all of them.

    Parameters
    ----------
    combinations : Combinations
    seconds : float
        As much as is generated, so that both have the same noise.
    sample_rate : int
        The network's, in Hz.
    on_sound : callable
        Called after each combination.
    """
    rows: list[dict[str, float]] = []
    for sounds in combinations.sounds:
        pieces = list(_pieces(combinations.folder, sounds, round(seconds * sample_rate), sample_rate))
        found = estimate(pieces, sample_rate)
        rows.append({name: _pooled(name, values, pieces) for name, values in found.items()})
        on_sound()
    return {name: np.array([row[name] for row in rows], np.float64) for name in rows[0]} if rows else estimate([], 1)


def _pooled(name: str, values: Floats, pieces: list[NDArray[np.float32]]) -> float:
    if name == "event_rate":
        return float(np.average(values, weights=[piece.size for piece in pieces]))
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def _pieces(folder: Path, sounds: list[list[str]], n_samples: int, sample_rate: int) -> Iterator[NDArray[np.float32]]:
    """Yield sounds of a combination until they have `n_samples` in all; the last one is cut off there."""
    left = n_samples
    for files in sounds:
        chunks: list[NDArray[np.float32]] = []
        for file in files:
            samples, rate = read_sound(folder / file)
            chunks.append(conform(samples, rate, sample_rate, max(1, round(samples.size * sample_rate / rate))))
            left -= chunks[-1].size
            if left <= 0:
                break
        sound = np.concatenate(chunks)
        yield sound[: sound.size + min(left, 0)]
        if left <= 0:
            return
