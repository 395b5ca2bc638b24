"""What a model predicts: natural parameter values ↔ normalised values ↔ the outputs of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.config.dataset import Axis
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.synths.parameter import Kind, Parameter

Floats = NDArray[np.float64]
Head = Literal["regression", "softmax", "distribution"]


@dataclass(frozen=True)
class Target:
    """One parameter that a model predicts.

    Attributes
    ----------
    name : str
        Name of the parameter on the synth.
    minimum, maximum : float
        Range that the data set uses, in natural units; it is what [0, 1] is spread over.
    scale : {"linear", "log"}
        How it is spread.
    kind : {"continuous", "integer", "categorical"}
        Which values there are; see `soundworks.synths.parameter.Parameter`.
    heard : tuple of (str, float, float)
        The parameter is heard only while each of these others lies in [low, high], closed, in natural units.
    head : {"regression", "softmax", "distribution"}
        One output that is the normalised value itself; one a choice; or one a bin, the bins even over [0, 1].
    size : int
        Number of outputs.
    constant : float or None
        Normalised value that is predicted whatever the outputs are: the mean of a parameter that could never be heard.
    """

    name: str
    minimum: float
    maximum: float
    scale: Literal["linear", "log"]
    kind: Kind
    heard: tuple[tuple[str, float, float], ...]
    head: Head
    size: int
    constant: float | None = None


@dataclass(frozen=True)
class Group:
    """Outputs of targets with the same head and size, which lie side by side.

    Attributes
    ----------
    head : {"regression", "softmax", "distribution"}
    size : int
        Number of outputs per target.
    members : tuple of int
        Which targets.
    start : int
        First of their outputs.
    """

    head: Head
    size: int
    members: tuple[int, ...]
    start: int

    @property
    def columns(self) -> slice:
        """Return where the outputs lie."""
        return slice(self.start, self.start + len(self.members) * self.size)

    @property
    def centres(self) -> NDArray[np.float32]:
        """Return the normalised value that each output of a target stands for, shape (size,)."""
        return np.linspace(0.0, 1.0, self.size, dtype=np.float32)

    def split(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the group's outputs, shape (n, n_outputs) → (n, members, size)."""
        return outputs[:, self.columns].reshape(len(outputs), len(self.members), self.size)


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
        return tuple(self._groups())

    def _groups(self) -> Iterator[Group]:
        def key(member: int) -> tuple[str, int]:
            return self.targets[member].head, self.targets[member].size

        start = 0
        for (_, size), found in groupby(sorted(range(len(self.targets)), key=key), key):
            members = tuple(found)
            yield Group(self.targets[members[0]].head, size, members, start)
            start += len(members) * size

    @cached_property
    def _log(self) -> NDArray[np.bool_]:
        return np.array([target.scale == "log" for target in self.targets])

    @cached_property
    def _whole(self) -> NDArray[np.bool_]:
        return np.array([target.kind != "continuous" for target in self.targets])

    @cached_property
    def _bounds(self) -> Floats:
        return np.array([(target.minimum, target.maximum) for target in self.targets], np.float64).reshape(-1, 2).T

    def _spread(self, natural: Floats) -> Floats:
        """Return values on the scale on which [0, 1] is even: themselves, or their logarithms."""
        return np.where(self._log, np.log(np.where(self._log, natural, 1.0)), natural)

    def normalize(self, natural: ArrayLike) -> Floats:
        """Map natural values [minimum, maximum] → [0, 1], whole numbers evenly; a range of one value → 0."""
        (low, high), values = self._spread(self._bounds), self._spread(np.asarray(natural, np.float64))
        return (values - low) / np.where(high > low, high - low, 1.0)

    def denormalize(self, norm: ArrayLike) -> Floats:
        """Map normalised values → natural ones that the synth takes: clipped to the range, whole where they must be.

        Whole numbers are the nearest on the scale of `normalize`. The original cuts [0, 1] into shares of equal width
        instead: then 1 of 0 to 14, normalised 0.071, becomes 0 as soon as the prediction is 0.005 too low.
        """
        low, high = self._spread(self._bounds)
        values = low + np.clip(np.asarray(norm, np.float64), 0.0, 1.0) * (high - low)
        natural = np.where(self._log, np.exp(np.where(self._log, values, 0.0)), values)
        return np.clip(np.where(self._whole, np.rint(natural), natural), *self._bounds)

    def encode(self, norm: ArrayLike) -> NDArray[np.float32]:
        """Return the outputs that a network should have, shape (n, n_parameters) → (n, n_outputs).

        A value between two bins is shared between them, so that the mean of the distribution is the value itself.
        """
        values = np.asarray(norm, np.float32)
        encoded = np.zeros((len(values), self.n_outputs), np.float32)
        for group in self.groups:
            chosen = values[:, list(group.members)]
            encoded[:, group.columns] = chosen if group.head == "regression" else _shares(chosen, group.size)
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

        def mean(group: Group, values: NDArray[np.float32]) -> NDArray[np.float32]:
            return values @ group.centres if group.head == "distribution" else _most_probable(group, values)

        return self._decoded(np.asarray(activated, np.float32), mean)

    def mode(self, activated: ArrayLike) -> Floats:
        """Return the most probable value of each parameter, shape (n, n_outputs) → (n, n_parameters)."""
        return self._decoded(np.asarray(activated, np.float32), _most_probable)

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
            norm = group.centres[np.minimum(bins, group.size - 1)].astype(np.float64)
            if group.head == "distribution" and group.size > 1:  # anywhere nearer to this bin than to the next
                norm += (rng.random(norm.shape) - 0.5) / (group.size - 1)
            return norm

        return self._decoded(np.broadcast_to(np.asarray(activated, np.float32), (k, self.n_outputs)), drawn)

    def _decoded(
        self, activated: NDArray[np.float32], value: Callable[[Group, NDArray[np.float32]], NDArray[Any]]
    ) -> Floats:
        """Return what a function makes of each group's outputs (n, members, size), as values in [0, 1]."""
        norm = np.empty((len(activated), len(self.targets)))
        for group in self.groups:
            norm[:, list(group.members)] = value(group, group.split(activated))
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
    n_values = bins if parameter.kind == "continuous" else round(high - low) + 1
    size = {"regression": 1, "softmax": n_values, "distribution": min(bins, n_values)}[head]
    return Target(axis.name, low, high, parameter.scale, parameter.kind, parameter.heard, head, size)


def _most_probable(group: Group, values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values[..., 0] if group.head == "regression" else group.centres[values.argmax(axis=-1)]


def _shares(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Share each value in [0, 1] between the two bins beside it, shape (n, k) → (n, k · size)."""
    position = np.clip(values, 0.0, 1.0)[..., np.newaxis] * np.float32(size - 1)
    distance = np.abs(position - np.arange(size, dtype=np.float32))
    return np.maximum(1.0 - distance, 0.0).reshape(len(values), -1)
