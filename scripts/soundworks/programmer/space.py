"""The space that a search moves in: each varied parameter of a data set as a number in [0, 1]."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.programmer.targets import Codec, Floats


class SearchSpace:
    """The unit cube of a data set's varied parameters.

    A whole number has a share of [0, 1] of equal width for each of its values, where a model's normalised values are
    spread evenly from 0 to 1: a search that steps at random must meet the outermost values as often as the others.

    Attributes
    ----------
    codec : Codec
        Maps natural to normalised values and back.
    n_values : ndarray of int, shape (n_parameters,)
        Number of values of each parameter; 0 for continuous ones.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        spans = [(0 if t.kind == "continuous" else round(t.maximum - t.minimum) + 1) for t in codec.targets]
        self.n_values = np.array(spans, dtype=np.int64)

    @classmethod
    def of_dataset(cls, dataset: Dataset) -> SearchSpace:
        """Return the space of a data set's varied parameters.

        Raises
        ------
        UserError
            If there is none, or one of them moves within the sound: a patch has one value of each.
        """
        axes = dataset.config.parameters
        moving = [axis.name for axis in axes if axis.moves]
        if moving or not axes:
            found = f"{moving[0]}, which moves within the sound" if moving else "none"
            raise UserError(
                f"{dataset.name}: dataset.parameters: found {found}, expected parameters with one value a sound, for "
                "nothing else can be predicted"
            )
        return cls(Codec.of_dataset(dataset, continuous="regression", categorical="regression", bins=2))

    @property
    def names(self) -> list[str]:
        """Names of the parameters."""
        return self.codec.parameter_names

    def to_natural(self, units: ArrayLike) -> Floats:
        """Map points of the unit cube, shape (…, n_parameters), to natural values."""
        points = np.clip(np.asarray(units, np.float64), 0.0, 1.0)
        steps = np.minimum(np.floor(points * self.n_values), self.n_values - 1)
        return self.codec.denormalize(np.where(self.n_values > 0, steps / np.maximum(self.n_values - 1, 1), points))

    def to_unit(self, natural: ArrayLike) -> Floats:
        """Map natural values, shape (…, n_parameters), to the unit cube, whole numbers to the middle of their share."""
        norm = np.clip(self.codec.normalize(natural), 0.0, 1.0)
        steps = np.rint(norm * (self.n_values - 1)) + 0.5
        return np.where(self.n_values > 0, steps / np.maximum(self.n_values, 1), norm)

    def legal(self, natural: ArrayLike) -> Floats:
        """Return natural values, shape (…, n_parameters), clipped to their ranges, and whole where they must be."""
        return self.codec.denormalize(self.codec.normalize(natural))

    def patch(self, natural: ArrayLike) -> dict[str, float]:
        """Return natural values, shape (n_parameters,), by the parameters' names."""
        return dict(zip(self.names, np.asarray(natural, np.float64).tolist(), strict=True))

    def of_kind(self, *kinds: str) -> list[int]:
        """Return the indices of the parameters of some kinds that have more than one value."""
        return [i for i, t in enumerate(self.codec.targets) if t.kind in kinds and t.maximum > t.minimum]
