"""What a model learns from: features and parameter values of a data set, by split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.features.folder import FeatureFolder
from soundworks.programmer.patches import TABLE, read_patches
from soundworks.programmer.targets import Codec

#: Stream of the experiment's seed for the order of the training sounds in each epoch.
_ORDER_STREAM = 21

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Batch:
    """Some sounds.

    Attributes
    ----------
    features : ndarray of float32, shape (n, ...)
    norm : ndarray of float32, shape (n, n_parameters)
        Parameter values in [0, 1].
    heard : ndarray of bool, shape (n, n_parameters)
        Which of them can be heard.
    """

    features: NDArray[np.float32]
    norm: NDArray[np.float32]
    heard: NDArray[np.bool_]


@dataclass(frozen=True)
class Examples:
    """All sounds of a data set; features stay on disk until a batch asks for them.

    Attributes
    ----------
    features : ndarray of float32, shape (n_sounds, ...)
        A memory map.
    norm, heard : ndarray, shape (n_sounds, n_parameters)
        As in `Batch`.
    rows : dict of str to ndarray
        Which sounds each split has.
    """

    features: NDArray[np.float32]
    norm: NDArray[np.float32]
    heard: NDArray[np.bool_]
    rows: Mapping[str, Rows]

    def batches(self, rows: Rows, size: int) -> Iterator[Batch]:
        """Yield batches of the rows, in their order; the last one may be smaller."""
        for first in range(0, len(rows), size):
            chosen = np.sort(rows[first : first + size])  # rising, so that the disk is read in one direction
            yield Batch(np.asarray(self.features[chosen]), self.norm[chosen], self.heard[chosen])

    def shuffled(self, seed: int, epoch: int) -> Rows:
        """Return the rows of the training split in the order of one epoch."""
        sequence = np.random.SeedSequence(seed, spawn_key=(_ORDER_STREAM, epoch))
        return np.random.default_rng(sequence).permutation(self.rows["train"])


def read_examples(dataset_dir: Path, folder: FeatureFolder, codec: Codec) -> Examples:
    """Read a data set's parameter values, and open its features.

    Parameters
    ----------
    dataset_dir : Path
        The data set, with `chunks.csv` and `settings.csv`.
    folder : FeatureFolder
    codec : Codec
        For the parameters of this data set.

    Raises
    ------
    UserError
        If the features are not those of these sounds, or the data set holds none to validate with.
    """
    patches = read_patches(dataset_dir, codec)
    table = dataset_dir / TABLE
    if len(folder.array) != len(patches.files):
        raise UserError(
            f"{folder.path}: found features of {len(folder.array)} sounds, expected {len(patches.files)}, as many as "
            f"{table} has; make the features again"
        )
    rows = {name: patches.rows(name) for name in ("train", "validation", "test")}
    if not len(rows["validation"]):
        raise UserError(
            f"{table}: found no sound in the split validation, expected some to measure the training with; set "
            "dataset.splits.validation"
        )
    norm = codec.normalize(patches.values)
    return Examples(folder.array, norm.astype(np.float32), patches.heard, rows)
