"""The space that a search moves in: each varied parameter of a data set as a number in [0, 1]."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from soundworks.dataset.model import Dataset
from soundworks.programmer.targets import Codec, Floats


class SearchSpace:
    """The unit cube of a data set's varied parameters.

    Attributes
    ----------
    codec : Codec
        Maps natural to normalised values and back.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    @classmethod
    def of_dataset(cls, dataset: Dataset) -> SearchSpace:
        """Return the space of a data set; raise a `UserError` if nothing varies, or moves within the sound."""
        return cls(Codec.of_dataset(dataset, continuous="regression", categorical="regression", bins=2))

    @property
    def names(self) -> list[str]:
        """Names of the parameters."""
        return self.codec.parameter_names

    def to_natural(self, units: ArrayLike) -> Floats:
        """Map points of the unit cube, shape (…, n_parameters), to natural values; what lies outside, to its edge."""
        return self.codec.denormalize(units)

    def to_unit(self, natural: ArrayLike) -> Floats:
        """Map natural values, shape (…, n_parameters), to the unit cube."""
        return np.clip(self.codec.normalize(natural), 0.0, 1.0)

    def legal(self, natural: ArrayLike) -> Floats:
        """Return natural values, shape (…, n_parameters), clipped to their ranges, and whole where they must be."""
        return self.to_natural(self.to_unit(natural))

    def patch(self, natural: ArrayLike) -> dict[str, float]:
        """Return natural values, shape (n_parameters,), by the parameters' names."""
        return dict(zip(self.names, np.asarray(natural, np.float64).tolist(), strict=True))

    def of_kind(self, *kinds: str) -> list[int]:
        """Return the indices of the parameters of some kinds that have more than one value."""
        return [i for i, t in enumerate(self.codec.targets) if t.kind in kinds and t.maximum > t.minimum]
