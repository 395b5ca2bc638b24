"""What a model predicts: natural parameter values ↔ normalised values ↔ the outputs of a network.

Normalised values lie in [0, 1], which whole numbers share out evenly, as the parameters of VST plugins do: of 0 to 3,
the number 1 has [0.25, 0.5), and its own normalised value is the middle of it, 0.375.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.config.dataset import Axis
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.programmer.layout import Group, Head, Target, make_groups
from soundworks.synths.parameter import Parameter

Floats = NDArray[np.float64]


class Codec:
    """Maps parameter values to and from a network's outputs; every function takes and returns many rows at once.

    Arrays of values have shape (n, n_parameters), in the order of `parameter_names`.

    Parameters
    ----------
    targets : sequence of Target
        In the order of the parameters.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        self.targets = tuple(targets)

    @classmethod
    def of_dataset(cls, dataset: Dataset, *, continuous: Head, categorical: Head, bins: int) -> Codec:
        """Make a codec for the parameters that vary in a data set.

        Parameters
        ----------
        dataset : Dataset
        continuous : {"regression", "distribution"}
            Head of continuous and integer parameters.
        categorical : {"regression", "softmax"}
            Head of categorical parameters.
        bins : int
            Size of distributions; a whole-numbered parameter with fewer values has a bin a value.

        Raises
        ------
        UserError
            If no parameter varies, or one of them moves within the sound: a patch has one value of each.
        """
        heads = {"continuous": continuous, "integer": continuous, "categorical": categorical}
        parameters = [(axis, dataset.synth_parameter(axis.name)) for axis in _settled_axes(dataset)]
        return cls([_target(axis, parameter, heads[parameter.kind], bins) for axis, parameter in parameters])

    @property
    def parameter_names(self) -> list[str]:
        """Names of the parameters on the synth."""
        return [target.name for target in self.targets]

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the network."""
        return sum(target.size for target in self.targets)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The layout of the outputs: targets with the same head and size are together, in their order."""
        return tuple(make_groups(self.targets))

    @cached_property
    def _log(self) -> NDArray[np.bool_]:
        return np.array([target.scale == "log" and not target.n_values for target in self.targets])

    @cached_property
    def _n_values(self) -> NDArray[np.int64]:
        return np.array([target.n_values for target in self.targets])

    @cached_property
    def _half_share(self) -> Floats:
        """Half of what one value has of [0, 1]: the distance of the outermost values from its ends."""
        return np.where(self._n_values > 0, 0.5 / np.maximum(self._n_values, 1), 0.0)

    @cached_property
    def _bounds(self) -> Floats:
        return np.array([(target.minimum, target.maximum) for target in self.targets], np.float64).reshape(-1, 2).T

    def _spread(self, natural: Floats) -> Floats:
        """Return values on the scale on which [0, 1] is even: themselves, or their logarithms."""
        return np.where(self._log, np.log(np.where(self._log, natural, 1.0)), natural)

    def normalize(self, natural: ArrayLike) -> Floats:
        """Map natural values [minimum, maximum] → [0, 1], whole numbers to the middle of their share."""
        (low, high), values = self._spread(self._bounds), self._spread(np.asarray(natural, np.float64))
        return self._from_position((values - low) / np.where(high > low, high - low, 1.0))

    def denormalize(self, norm: ArrayLike) -> Floats:
        """Map normalised values → natural ones that the synth takes: clipped to the range, whole where they must be."""
        low, high = self._spread(self._bounds)
        inside = np.clip(np.asarray(norm, np.float64), 0.0, 1.0)
        values = low + inside * (high - low)
        natural = np.where(self._log, np.exp(np.where(self._log, values, 0.0)), values)
        whole = self._bounds[0] + np.floor(inside * self._n_values)
        return np.clip(np.where(self._n_values > 0, whole, natural), *self._bounds)

    def _from_position(self, position: ArrayLike) -> Floats:
        """Map positions between the least value, 0, and the greatest, 1, to normalised values."""
        return self._half_share + np.asarray(position, np.float64) * (1.0 - 2.0 * self._half_share)

    def _to_position(self, norm: ArrayLike) -> Floats:
        width = 1.0 - 2.0 * self._half_share
        return (np.asarray(norm, np.float64) - self._half_share) / np.where(width > 0.0, width, 1.0)

    def encode(self, norm: ArrayLike) -> NDArray[np.float32]:
        """Return the outputs that a network should have, shape (n, n_parameters) → (n, n_outputs).

        A value between two bins is shared between them, so that the mean of the distribution is the value itself.
        """
        values, positions = np.asarray(norm, np.float32), self._to_position(norm).astype(np.float32)
        encoded = np.empty((len(values), self.n_outputs), np.float32)
        for group in self.groups:
            members = list(group.members)
            is_value = group.head == "regression"
            encoded[:, group.columns] = values[:, members] if is_value else group.encode(positions[:, members])
        return encoded

    def activate(self, outputs: ArrayLike) -> NDArray[np.float32]:
        """Return a network's outputs with softmax and distribution heads as probabilities, shape (n, n_outputs)."""
        activated = np.array(outputs, np.float32)
        for group in self.groups:
            if group.head != "regression":
                logits = group.split(activated)
                powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
                activated[:, group.columns] = (powers / powers.sum(axis=-1, keepdims=True)).reshape(len(activated), -1)
        return activated

    def decode(self, activated: ArrayLike) -> Floats:
        """Return the normalised values that activated outputs stand for, shape (n, n_outputs) → (n, n_parameters).

        Of a softmax that is the most probable choice; of a distribution its mean, which has the least squared error.
        """
        return self._decoded(np.asarray(activated, np.float32), Group.mean)

    def mode(self, activated: ArrayLike) -> Floats:
        """Return the most probable value of each parameter, shape (n, n_outputs) → (n, n_parameters)."""
        return self._decoded(np.asarray(activated, np.float32), Group.most_probable)

    def draw(self, activated: ArrayLike, k: int, spread: Floats, rng: np.random.Generator) -> Floats:
        """Draw normalised values from the activated outputs of one sound.

        Parameters
        ----------
        activated : array_like, shape (n_outputs,)
        k : int
            How many draws.
        spread : ndarray, shape (n_parameters,)
            Standard deviation around regression outputs, normalised.
        rng : numpy.random.Generator

        Returns
        -------
        norm : ndarray, shape (k, n_parameters)
        """

        def drawn(group: Group, values: NDArray[np.float32]) -> Floats:
            if group.head == "regression":
                return values[..., 0] + rng.standard_normal(values.shape[:2]) * spread[list(group.members)]
            bins = (values.cumsum(axis=-1) < rng.random((*values.shape[:2], 1))).sum(axis=-1)
            positions = group.centres[np.minimum(bins, group.size - 1)].astype(np.float64)
            if group.head == "distribution" and group.size > 1:  # anywhere nearer to this bin than to the next
                positions += (rng.random(positions.shape) - 0.5) / (group.size - 1)
            return positions

        return self._decoded(np.broadcast_to(np.asarray(activated, np.float32), (k, self.n_outputs)), drawn)

    def _decoded(
        self, activated: NDArray[np.float32], value: Callable[[Group, NDArray[np.float32]], NDArray[Any]]
    ) -> Floats:
        """Return what a function makes of each group's outputs (n, members, size), as normalised values.

        The function gives the normalised value itself for a regression, and the position in the range for the others.
        """
        found = np.empty((len(activated), len(self.targets)))
        for group in self.groups:
            found[:, list(group.members)] = value(group, group.split(activated))
        is_value = [target.head == "regression" for target in self.targets]
        norm = np.where(is_value, found, self._from_position(found))
        for column, target in enumerate(self.targets):
            if target.constant is not None:
                norm[:, column] = target.constant
        return np.clip(norm, 0.0, 1.0)

    def heard(self, natural: Mapping[str, ArrayLike], n_rows: int) -> NDArray[np.bool_]:
        """Tell which parameters can be heard in which patches.

        Parameters
        ----------
        natural : mapping of str to array_like, shape (n_rows,)
            Natural values of every parameter of the table, fixed ones too. A condition on any other holds.
        n_rows : int

        Returns
        -------
        heard : ndarray of bool, shape (n_rows, n_parameters)
        """
        heard = np.ones((n_rows, len(self.targets)), np.bool_)
        for column, target in enumerate(self.targets):
            for other, low, high in target.heard:
                if other in natural:
                    values = np.asarray(natural[other])
                    heard[:, column] &= (low <= values) & (values <= high)
        return heard

    def to_list(self) -> list[dict[str, Any]]:
        """Return plain values, such as `from_list` takes."""
        return [{**asdict(target), "heard": [list(each) for each in target.heard]} for target in self.targets]

    @classmethod
    def from_list(cls, items: Sequence[Mapping[str, Any]]) -> Codec:
        """Make the codec that `to_list` described."""
        return cls([Target(**{**item, "heard": tuple((n, a, b) for n, a, b in item["heard"])}) for item in items])


def _settled_axes(dataset: Dataset) -> tuple[Axis, ...]:
    axes = dataset.config.parameters
    moving = [axis.name for axis in axes if axis.moves]
    if moving or not axes:
        found = f"{moving[0]}, which moves within the sound" if moving else "none"
        raise UserError(
            f"{dataset.name}: dataset.parameters: found {found}, expected parameters with one value a sound, for "
            "nothing else can be predicted"
        )
    return axes


def _target(axis: Axis, parameter: Parameter, head: Head, bins: int) -> Target:
    ends = [parameter.from_norm(end) if axis.units == "norm" else end for end in axis.range]
    low, high = float(min(ends)), float(max(ends))
    target = Target(axis.name, low, high, parameter.scale, parameter.kind, parameter.heard, head, 1)
    size = {"regression": 1, "softmax": target.n_values, "distribution": min(bins, target.n_values or bins)}[head]
    return replace(target, size=size)
