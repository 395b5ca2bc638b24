"""How patches are drawn: each from the seed and its own number alone, whatever the order, the shard or the batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from soundworks.config.dataset import Axis
from soundworks.config.plugin import PluginConfig
from soundworks.contour import Value
from soundworks.dataset.model import Dataset
from soundworks.dataset.settings import Setting, setting_seed, split_points
from soundworks.errors import UserError
from soundworks.presets.preset import Preset
from soundworks.sources.plugin.engine import Patch
from soundworks.synths.parameter import Parameter

#: Spawn keys of the config's seed: draws of patches, and the order of a Latin hypercube's strata. See `settings.py`.
_PATCH_STREAM, _STRATA_STREAM = 2, 3

#: Names of the columns that say which note a patch plays.
PITCH, VELOCITY = "pitch", "velocity"


class Patches:
    """The patches of a data set, and the settings that they make: one a patch and note, the notes fastest.

    Parameters
    ----------
    dataset : Dataset
        Of the source plugin.
    presets : sequence of Preset
        Those that `around` and `presets` draw from; in turn, one a patch.
    """

    def __init__(self, dataset: Dataset, presets: Sequence[Preset] = ()) -> None:
        assert dataset.config.plugin is not None
        self.dataset = dataset
        self.plugin: PluginConfig = dataset.config.plugin
        self.axes = [axis for axis in dataset.config.parameters if axis.name not in (PITCH, VELOCITY)]
        self.parameters = [dataset.synth_parameter(axis.name) for axis in self.axes]
        self.presets = presets
        if self.plugin.sampling == "presets" and len(presets) < self.plugin.n_patches:
            raise UserError(
                f"dataset.plugin.sample_size: found {self.plugin.n_patches:,} patches, expected at most "
                f"{len(presets):,}, for that many presets there are"
            )

    def __len__(self) -> int:
        return self.dataset.config.n_settings

    @cached_property
    def splits(self) -> list[str]:
        """The split of each patch."""
        return split_points(self.dataset)

    @cached_property
    def _strata(self) -> NDArray[np.int64]:
        """The stratum of each patch on each axis, shape (n_axes, n_patches), for a Latin hypercube.

        McKay, Beckman, Conover: A comparison of three methods for selecting values of input variables. 1979.
        """
        rng = np.random.default_rng(np.random.SeedSequence(self.dataset.seed, spawn_key=(_STRATA_STREAM,)))
        return np.array([rng.permutation(self.plugin.n_patches) for _ in self.axes])

    def patch(self, index: int, attempt: int = 0) -> Patch:
        """Return the varied parameters of a patch, in natural units; `attempt` counts the draws that were refused."""
        sampling = self.plugin.sampling
        if sampling == "presets":
            return {axis.name: self.presets[index].values[axis.name] for axis in self.axes}
        rng = np.random.default_rng(
            np.random.SeedSequence(self.dataset.seed, spawn_key=(_PATCH_STREAM, index, attempt))
        )
        shares = rng.random(len(self.axes))
        if sampling == "around":
            return self._around(self.presets[index % len(self.presets)], shares, rng)
        if sampling == "latin_hypercube" and attempt == 0:
            shares = (self._strata[:, index] + shares) / self.plugin.n_patches
        pairs = zip(self.axes, self.parameters, shares.tolist(), strict=True)
        return {axis.name: value_at_share(axis, parameter, share) for axis, parameter, share in pairs}

    def _around(self, preset: Preset, shares: NDArray[np.float64], rng: np.random.Generator) -> Patch:
        """Return a preset with every number moved by a normal deviate, and some of the choices drawn anew."""
        spread = self.plugin.spread
        moves, redraws = rng.normal(0.0, spread, len(self.axes)), rng.random(len(self.axes)) < spread
        patch = {}
        for axis, parameter, share, move, redraw in zip(
            self.axes, self.parameters, shares, moves, redraws, strict=True
        ):
            centre = min(max(preset.values[axis.name], axis.range[0]), axis.range[1])
            if parameter.kind == "categorical":
                patch[axis.name] = value_at_share(axis, parameter, share) if redraw else centre
            else:
                patch[axis.name] = value_at_share(axis, parameter, _share_of(axis, parameter, centre) + move)
        return patch

    def setting(self, index: int, attempt: int = 0) -> Setting:
        """Return one setting by its number."""
        point, which = divmod(index, self.dataset.config.sounds_per_point)
        patch = self.patch(point, attempt)
        pitch, velocity = self.plugin.notes[which]
        notes = {PITCH: float(pitch), VELOCITY: float(velocity)}
        user = {p.name: p.to_norm(patch[p.name]) for p in self.parameters}
        return Setting(
            index, 0, setting_seed(self.dataset.seed, index), self.splits[point],
            self._in_order({**patch, **notes}), self._in_order({**user, **notes}),
        )  # fmt: skip

    def _in_order(self, values: dict[str, float]) -> dict[str, Value]:
        """Return values in the order of the tables' columns: what varies, then what is fixed."""
        return {name: values[name] for name in self.dataset.config.names}


def value_at_share(axis: Axis, parameter: Parameter, share: float) -> float:
    """Return the value at a share [0, 1] of an axis's range, clipped to it; whole numbers have equal shares."""
    low, high = axis.range
    share = min(max(share, 0.0), 1.0)
    if parameter.kind != "continuous":
        return low + min(math.floor(share * (high - low + 1)), high - low)
    norm_low, norm_high = axis.user_range
    return parameter.from_norm(norm_low + share * (norm_high - norm_low))


def _share_of(axis: Axis, parameter: Parameter, value: float) -> float:
    """Return the share at which `value_at_share` gives a value: the middle of a whole number's."""
    low, high = axis.range
    if high == low:
        return 0.5
    if parameter.kind != "continuous":
        return (value - low + 0.5) / (high - low + 1)
    norm_low, norm_high = axis.user_range
    return (parameter.to_norm(value) - norm_low) / (norm_high - norm_low)
