"""The real sounds: spectrograms of a data set on disk, and the batch of each step."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from soundworks.dataset.sounds import SoundTable
from soundworks.errors import UserError
from soundworks.features.sounds import conform, read_sound
from soundworks.features.spectrum import Array
from soundworks.files import atomic_path
from soundworks.progress import Meter
from soundworks.spectrogram.transform import Transform

#: Streams of the experiment's seed for the order of the sounds in each epoch, and for the choice of some of them.
_ORDER_STREAM, _CHOICE_STREAM = 31, 34
#: How a number is stored in the file of spectrograms.
_STORED = "<f2"
#: Sounds that are transformed at a time.
_BLOCK = 64


@dataclass(frozen=True)
class Cuts:
    """Where the sounds to train on are: rows of a table, and the sample that each begins with."""

    rows: NDArray[np.intp]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


def find_cuts(table: SoundTable, transform: Transform, max_sounds: int | None, seed: int) -> Cuts:
    """Cut the sounds of a table into sounds of one length, evenly spaced so that they cover the longer ones.

    Parameters
    ----------
    table : SoundTable
    transform : Transform
    max_sounds : int, optional
        How many to choose if there are more.
    seed : int
        Of that choice.
    """
    rows: list[int] = []
    starts: list[int] = []
    for row, file in enumerate(table.files):
        length = _length_of(table.path.parent / file, transform.options.sample_rate)
        found = even_starts(length, transform.n_samples)
        rows += [row] * len(found)
        starts += found
    chosen = np.arange(len(rows))
    if max_sounds is not None and len(rows) > max_sounds:
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_CHOICE_STREAM,)))
        chosen = np.sort(rng.permutation(len(rows))[:max_sounds])
    return Cuts(np.array(rows, np.intp)[chosen], np.array(starts, np.int64)[chosen])


def even_starts(length: int, n_samples: int) -> list[int]:
    """Return where to begin sounds of `n_samples` so that they cover one of a length; one alone if it is shorter."""
    count = max(1, math.ceil(length / n_samples))
    last = max(0, length - n_samples)
    return [round(index * last / max(1, count - 1)) for index in range(count)]


def _length_of(path: Path, sample_rate: int) -> int:
    """Return the samples that a file has at a sample rate."""
    import soundfile

    try:
        info = soundfile.info(str(path))
        length, rate = info.frames, info.samplerate
    except (soundfile.SoundFileError, OSError):
        samples, rate = read_sound(path)  # it says what is wrong, or knows better
        length = len(samples)
    return round(length * sample_rate / rate)


def read_cuts(table: SoundTable, cuts: Cuts, transform: Transform) -> Iterator[Array]:
    """Yield the cuts in order, shape (n_samples,), in [-1, 1]; a file is read once for all that follow one another."""
    present, sound = -1, np.zeros(0, np.float32)
    for row, start in zip(cuts.rows.tolist(), cuts.starts.tolist(), strict=True):
        if row != present:
            samples, rate = read_sound(table.path.parent / table.files[row])
            length = round(len(samples) * transform.options.sample_rate / rate)
            present = row
            sound = conform(samples, rate, transform.options.sample_rate, max(length, transform.n_samples))
        yield np.clip(sound[start : start + transform.n_samples], -1, 1)


def write_spectrograms(path: Path, table: SoundTable, cuts: Cuts, transform: Transform) -> None:
    """Write the spectrograms of all cuts, shape (n, n_frequencies, n_times), a block at a time.

    They are kept as 16-bit floats, which are at most 0.013 dB off for each 100 dB of dynamic range, for a training
    reads all of them many times.

    Raises
    ------
    UserError
        If a file cannot be read, or all are silent.
    OSError
        If the disk is full, which a memory map would be killed by.
    """
    loudest = -1.0
    shape = (len(cuts), *transform.shape)
    with atomic_path(path) as temporary, temporary.open("wb") as stream, \
            Meter(len(cuts), "sound", "spectrograms") as meter:  # fmt: skip
        npy_format.write_array_header_1_0(stream, {"descr": _STORED, "fortran_order": False, "shape": shape})
        sounds = read_cuts(table, cuts, transform)
        for first in range(0, len(cuts), _BLOCK):
            block = np.stack(list(itertools.islice(sounds, _BLOCK)))
            values = transform.forward(block)
            loudest = max(loudest, float(values.max()))
            stream.write(np.ascontiguousarray(values, _STORED).data)
            meter.advance_to(first + len(block))
        if loudest <= -1.0:
            raise UserError(
                f"{table.path}: found silence alone in {len(cuts)} sounds, expected sounds within "
                f"{transform.options.dynamic_range_db:g} dB of full scale, which is spectrogram.dynamic_range_db"
            )


def open_spectrograms(path: Path, table: SoundTable, cuts: Cuts, transform: Transform) -> NDArray[np.float16]:
    """Return a memory map of the spectrograms of all cuts, which are written unless they are there, whole."""
    shape = (len(cuts), *transform.shape)
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
        if (stored.shape, stored.dtype.str, stored.flags.c_contiguous) == (shape, _STORED, True):
            return stored
    except (FileNotFoundError, EOFError, ValueError, AttributeError):
        pass  # nothing there, cut off, or no such file as ours
    write_spectrograms(path, table, cuts, transform)
    return np.load(path, mmap_mode="r", allow_pickle=False)


@dataclass(frozen=True)
class RealSounds:
    """What a GAN learns from.

    Attributes
    ----------
    spectrograms : ndarray of float16, shape (n, n_frequencies, n_times)
        A memory map.
    conditions : ndarray of float32, shape (n, width)
        Their attributes, as they are written in latent vectors.
    seed : int
    """

    spectrograms: NDArray[np.float16]
    conditions: NDArray[np.float32]
    seed: int

    def __len__(self) -> int:
        return len(self.spectrograms)

    def batch(self, position: int, size: int) -> tuple[Array, Array]:
        """Return `size` spectrograms and their conditions, after `position` others; see `rows_at`."""
        rows = rows_at(position, size, len(self), self.seed)
        return self.spectrograms[rows].astype(np.float32), self.conditions[rows]


def rows_at(position: int, size: int, n_sounds: int, seed: int) -> NDArray[np.intp]:
    """Return which sounds are drawn after `position` others: those of one epoch after another, each in its own order.

    A batch that is larger than the data set has sounds more than once, each as often as any other, or once more.
    """
    first, last = position // n_sounds, (position + size - 1) // n_sounds
    orders = np.concatenate([_order(seed, epoch, n_sounds) for epoch in range(first, last + 1)])
    offset = position - first * n_sounds
    return orders[offset : offset + size]


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, n_sounds: int) -> NDArray[np.intp]:
    sequence = np.random.SeedSequence(seed, spawn_key=(_ORDER_STREAM, epoch))
    return np.random.default_rng(sequence).permutation(n_sounds)
