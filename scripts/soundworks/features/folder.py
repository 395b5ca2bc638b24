"""A folder of features: the array, what it means, and the same for a new sound."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from soundworks.config.features import feature_options
from soundworks.errors import UserError
from soundworks.features.extractor import Extractor
from soundworks.features.scaler import MinMaxScaler
from soundworks.features.sounds import conform, mono
from soundworks.features.spectrum import Array

FORMAT = "soundworks features 1"
ARRAY, META, SCALER = "features.npy", "features.json", "scaler.json"


class FeatureFolder:
    """Features of a data set, `results/<experiment>/features/<feature>`.

    Attributes
    ----------
    path : Path
    meta : dict
        What `features.json` says: shape, axes, options, sample rate, number of samples, provenance.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.meta = self._read_meta()

    def _read_meta(self) -> dict[str, Any]:
        path = self.path / META
        try:
            meta: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if meta["format"] != FORMAT:
                raise ValueError
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"{path}: no such file, expected a folder of features") from None
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{path}: this says nothing of features, expected the format {FORMAT!r}") from None
        return meta

    @cached_property
    def array(self) -> Array:
        """Features of all sounds, row i that of row i of `chunks.csv`; mapped, so that only what is used is read."""
        path = self.path / ARRAY
        try:
            array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            raise UserError(f"{path}: no such file, expected an array of features") from None
        except (ValueError, EOFError):
            raise UserError(f"{path}: this is damaged or cut off, expected an array; make the features again") from None
        return array

    @cached_property
    def scaler(self) -> MinMaxScaler | None:
        """The scaler fitted to the training split, if the options ask for one."""
        return MinMaxScaler.read(self.path / SCALER) if self.meta["options"]["scaler"] == "fitted" else None

    @cached_property
    def extractor(self) -> Extractor:
        """The extractor that made the features."""
        options = feature_options(self.meta["feature"], self.meta["sample_rate"], **self.meta["options"])
        return Extractor(options, self.meta["sample_rate"])

    def extract(self, signal: ArrayLike, sample_rate: float) -> Array:
        """Return the row that a chunk with these samples would have.

        Parameters
        ----------
        signal : array_like, shape (n_samples,) or (n_samples, n_channels)
            In [-1, 1]; cut, or filled up with zeros, to the length of the data set's chunks; channels are averaged.
        sample_rate : float
            In Hz; resampled where it is not the data set's.

        Returns
        -------
        row : ndarray of float32, shape `array.shape[1:]`
        """
        sound = conform(mono(np.asarray(signal)), sample_rate, self.meta["sample_rate"], self.meta["n_samples"])
        row = self.extractor.extract(sound)
        return row if self.scaler is None else self.scaler.transform(row)
