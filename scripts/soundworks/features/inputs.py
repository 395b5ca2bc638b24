"""Where sounds come from: the chunks of a data set, files, or an array."""

from __future__ import annotations

import csv
import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
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

    def in_training(self, index: int) -> bool:  # noqa: ARG002
        """Say whether the scaler may see a sound."""
        return True


@dataclass(frozen=True)
class ChunkSounds(Sounds):
    """Chunks of a data set, rows `first` and on of its `chunks.csv`."""

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
        return conform(*read_sound(self.folder / self.files[index]), self.sample_rate, self.n_samples)

    def name(self, index: int) -> str:
        """Return the path of a file in its folder."""
        return self.files[index]


@dataclass(frozen=True)
class ArraySounds(Sounds):
    """Rows of an .npy file of shape (n_sounds, n_samples), as deepDIVA keeps its audio."""

    path: Path
    count: int

    @classmethod
    def of(cls, path: Path, sample_rate: int) -> ArraySounds:
        """Return the sounds of an array; raise a `UserError` if the file is none."""
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            raise UserError(f"{path}: no such file, expected an array of sounds") from None
        except (ValueError, EOFError, OSError):
            raise UserError(f"{path}: this is not an array of numbers, expected sounds as an .npy file") from None
        if not isinstance(array, np.ndarray) or array.ndim != 2 or array.dtype.kind not in "fiu" or 0 in array.shape:
            found = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else "several arrays"
            raise UserError(f"{path}: found {found}, expected floats of shape (n_sounds, n_samples)")
        return cls(sample_rate, array.shape[1], path, len(array))

    def __len__(self) -> int:
        return self.count

    def read(self, index: int) -> Array:
        """Return one row."""
        row = np.asarray(np.load(self.path, mmap_mode="r", allow_pickle=False)[index], np.float32)
        if not np.isfinite(row).all():
            raise UserError(f"{self.path}: found NaN or infinity in sound {index}, expected finite samples")
        return row

    def name(self, index: int) -> str:
        """Return the number of the row."""
        return str(index)


def count_chunks(dataset: Dataset) -> int:
    """Return the number of rows of a data set's `chunks.csv`."""
    return dataset.config.n_settings * dataset.config.chunks_per_setting


def sound_files(folder: Path) -> Sequence[str]:
    """Return the sound files in a folder and the folders in it, by their names, relative to it."""
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS and path.is_file())
    names = (str(path.relative_to(folder)) for path in paths)
    return sorted(name for name in names if not any(part.startswith(".") for part in Path(name).parts))


#: Files of a folder that are taken for sounds.
EXTENSIONS = (".wav", ".wave", ".aif", ".aiff", ".flac", ".ogg", ".opus", ".mp3", ".au", ".caf", ".w64", ".rf64")
