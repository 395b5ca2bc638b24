"""The patches of a data set and their sounds, as its table lists them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.model import Dataset
from soundworks.dataset.table import ChunkTable
from soundworks.errors import UserError
from soundworks.programmer.targets import Codec, Floats

DATASET, TABLE, SETTINGS = "dataset.yaml", "chunks.csv", "settings.csv"


@dataclass(frozen=True)
class PatchTable:
    """What `chunks.csv` says, row by row.

    Attributes
    ----------
    files : list of str
        Relative to the data set's folder.
    splits : ndarray of str, shape (n,)
    chunks : ndarray of int, shape (n,)
        Which chunk of its sound each is.
    values : ndarray, shape (n, n_parameters)
        In natural units.
    heard : ndarray of bool, shape (n, n_parameters)
        Which parameters can be heard.
    """

    files: list[str]
    splits: NDArray[np.str_]
    chunks: NDArray[np.intp]
    values: Floats
    heard: NDArray[np.bool_]

    def rows(self, split: str) -> NDArray[np.intp]:
        """Return the rows of a split, in order."""
        return np.flatnonzero(self.splits == split)


def read_dataset(dataset_dir: Path) -> Dataset:
    """Return the definition of a finished data set; raise a `UserError` if there is none in the folder."""
    for name in (DATASET, SETTINGS, TABLE):
        if not (dataset_dir / name).is_file():
            raise UserError(f"{dataset_dir / name}: no such file, expected a finished data set")
    return Dataset.read(dataset_dir / DATASET)


def read_patches(dataset_dir: Path, codec: Codec) -> PatchTable:
    """Read the table of a data set.

    Parameters
    ----------
    dataset_dir : Path
        With `chunks.csv` and `settings.csv`.
    codec : Codec
        For the parameters of this data set.
    """
    files, splits, chunks = [], [], []
    columns: dict[str, list[float]] = {}
    for record in ChunkTable(dataset_dir):  # a row at a time: the records of a large data set would fill the memory
        files.append(record.file)
        splits.append(record.split)
        chunks.append(record.chunk)
        for name, value in record.natural.items():
            columns.setdefault(name, []).append(value)
    natural = {name: np.array(values) for name, values in columns.items()}
    values = np.stack([natural[name] for name in codec.parameter_names], axis=1)
    return PatchTable(files, np.array(splits), np.array(chunks), values, codec.heard(natural, len(files)))
