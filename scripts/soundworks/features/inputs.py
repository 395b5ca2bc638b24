"""Where sounds come from: the chunks of a data set, files, or an array."""

from __future__ import annotations

import csv
import itertools
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.features.sounds import conform, read_sound
from soundworks.features.spectrum import Array


@dataclass(frozen=True)
class Sounds(ABC):
    """A numbered collection of sounds, all of them at one sample rate, in Hz, and of one length, in samples."""

    sample_rate: int
    n_samples: int

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def read(self, index: int) -> Array:
        """Return one sound, shape (n_samples,); raise a `UserError` that names its file if it cannot be read."""

    @abstractmethod
    def name(self, index: int) -> str:
        """Return the name of a sound in tables and messages."""

    @abstractmethod
    def part(self, start: int, stop: int) -> Sounds:
        """Return sounds [start, stop)."""

    def in_training(self, index: int) -> bool:  # noqa: ARG002
        """Say whether the scaler may see a sound."""
        return True


@dataclass(frozen=True)
class ChunkSounds(Sounds):
    """Chunks of a data set; `rows` holds file and split from its `chunks.csv`."""

    folder: Path
    rows: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, dataset: Dataset, table_path: Path, start: int, stop: int) -> ChunkSounds:
        """Return rows [start, stop) of a data set's `chunks.csv`."""
        config = dataset.config
        with table_path.open(encoding="utf-8", newline="") as stream:
            table = csv.reader(stream)
            columns = next(table)
            file, split = columns.index("file"), columns.index("split")
            rows = tuple((row[file], row[split]) for row in itertools.islice(table, start, stop))
        if len(rows) != stop - start:
            raise UserError(f"{table_path}: found {start + len(rows)} rows, expected {stop} at least")
        return cls(config.sample_rate, config.chunk_samples, table_path.parent, rows)

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, index: int) -> Array:
        """Return one chunk."""
        path = f"{self.folder}/{self.rows[index][0]}"
        samples, sample_rate = read_sound(path)
        if (samples.size, sample_rate) != (self.n_samples, self.sample_rate):
            raise UserError(
                f"{path}: found {samples.size} samples at {sample_rate} Hz, expected {self.n_samples} at "
                f"{self.sample_rate} Hz, as in dataset.yaml; make the data set again"
            )
        return samples

    def name(self, index: int) -> str:
        """Return the chunk's file, as in `chunks.csv`."""
        return self.rows[index][0]

    def part(self, start: int, stop: int) -> ChunkSounds:
        """Return rows [start, stop)."""
        return replace(self, rows=self.rows[start:stop])

    def in_training(self, index: int) -> bool:
        """Say whether the chunk is of the training split."""
        return self.rows[index][1] == "train"


@dataclass(frozen=True)
class FileSounds(Sounds):
    """Sound files of any kind, resampled where their rate is another, cut or filled up with zeros at the end."""

    folder: Path
    files: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.files)

    def read(self, index: int) -> Array:
        """Return the sound of one file."""
        samples, sample_rate = read_sound(self.folder / self.files[index])
        return conform(samples, sample_rate, self.sample_rate, self.n_samples)

    def name(self, index: int) -> str:
        """Return the path of a file in its folder."""
        return self.files[index]

    def part(self, start: int, stop: int) -> FileSounds:
        """Return files [start, stop)."""
        return replace(self, files=self.files[start:stop])


@dataclass(frozen=True)
class ArraySounds(Sounds):
    """Rows from `first` on of an .npy file of shape (n_sounds, n_samples), as deepDIVA keeps its audio."""

    path: Path
    first: int
    count: int

    @classmethod
    def of(cls, path: Path, sample_rate: int) -> ArraySounds:
        """Return the sounds of an array; raise a `UserError` if the file is none."""
        array = _mapped(path)
        if array.ndim != 2 or array.dtype.kind != "f" or 0 in array.shape:
            raise UserError(
                f"{path}: found {array.dtype} of shape {array.shape}, expected floats of shape (n_sounds, n_samples)"
            )
        return cls(sample_rate, array.shape[1], path, 0, len(array))

    def __len__(self) -> int:
        return self.count

    def read(self, index: int) -> Array:
        """Return one row."""
        row = np.array(_mapped(self.path)[self.first + index], np.float32)
        if not np.isfinite(row).all():
            raise UserError(f"{self.path}: found NaN or infinity in sound {self.name(index)}, expected finite samples")
        return row

    def name(self, index: int) -> str:
        """Return the number of the row."""
        return str(self.first + index)

    def part(self, start: int, stop: int) -> ArraySounds:
        """Return rows [start, stop)."""
        return replace(self, first=self.first + start, count=stop - start)


def _mapped(path: Path) -> Array:
    """Map an array from a file; a pickle in it is refused."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file, expected an array of sounds") from None
    except (ValueError, EOFError, OSError):
        array = None
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path}: this is not an array of numbers, expected sounds as an .npy file")
    return array


def count_chunks(dataset: Dataset) -> int:
    """Return the number of rows of a data set's `chunks.csv`."""
    return dataset.config.n_settings * dataset.config.chunks_per_setting
