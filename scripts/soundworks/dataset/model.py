"""A data set's definition: the config resolved against its synth, as `dataset.yaml` stores it beside the results."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from soundworks.config.dataset import Axis, DatasetConfig, Fixed
from soundworks.config.document import MAX_LEVELS
from soundworks.errors import UserError
from soundworks.files import atomic_text
from soundworks.records.model import RecordHeader, RecordParameter
from soundworks.synths.parameter import Parameter

#: Columns of `chunks.csv` and `settings.csv` that are not parameters.
TABLE_COLUMNS = ("file", "setting", "chunk", "onset_s", "duration_s", "split", "gain")
RESERVED_COLUMNS = {*TABLE_COLUMNS, "seed", "example", "contours"}

#: Keys that change no byte of the sound or its table: a definition leaves them out, and has these in their place when
#: it is read.
_PRODUCTION = {"records": [], "tfrecord_shard_mib": 0.0, "shards": 1, "max_settings": 10**9}


@dataclass(frozen=True)
class Dataset:
    """What the bytes of a data set depend on, and nothing else.

    Attributes
    ----------
    name : str
        Name of the experiment.
    seed : int
        The config's seed.
    config : DatasetConfig
        The section, with parameters under the synth's own names.
    synth_parameters : tuple of Parameter
        The synth's parameters that the config sets, with their registered ranges.
    base : dict of str to float
        Values of a plugin's other parameters, in natural units; empty for a synth.
    config_sha256 : str
        Digest of all this, for provenance.
    """

    name: str
    seed: int
    config: DatasetConfig
    synth_parameters: tuple[Parameter, ...]
    config_sha256: str
    base: dict[str, float] = field(default_factory=dict)

    def synth_parameter(self, name: str) -> Parameter:
        """Return the synth's parameter of this name."""
        return next(parameter for parameter in self.synth_parameters if parameter.name == name)

    def header(self) -> RecordHeader:
        """Return what every record says about the data set."""
        parameters = [_varied(axis, self.synth_parameter(axis.name)) for axis in self.config.parameters]
        parameters += [_fixed(fixed, self.synth_parameter(fixed.name)) for fixed in self.config.fixed]
        return RecordHeader(self.config.sound_name, self.config.sample_rate, tuple(parameters))

    def write(self, path: Path) -> None:
        """Write the definition as YAML."""
        with atomic_text(path) as stream:
            yaml.safe_dump(self._document(), stream, sort_keys=False, allow_unicode=True, width=120)

    def _document(self) -> dict[str, Any]:
        return {
            "experiment": self.name,
            "seed": self.seed,
            "config_sha256": self.config_sha256,
            "dataset": {key: value for key, value in self.config.to_dict().items() if key not in _PRODUCTION},
            "synth_parameters": [_parameter_to_dict(parameter) for parameter in self.synth_parameters],
            "base": self.base,
        }

    @classmethod
    def read(cls, path: Path) -> Dataset:
        """Read a definition that `write` made; raise a `UserError` for one that is damaged."""
        try:
            return cls._from_document(_parsed(path.read_text(encoding="utf-8")))
        except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
            raise UserError(
                f"{path}: found no definition that can be read, expected that of a finished data set; make it again"
            ) from None

    @classmethod
    def _from_document(cls, document: dict[str, Any]) -> Dataset:
        parameters = tuple(map(_parameter_from_dict, document["synth_parameters"]))
        config = DatasetConfig.from_dict({**document["dataset"], **_PRODUCTION})
        base = document["base"]
        return cls(document["experiment"], document["seed"], config, parameters, document["config_sha256"], base)


def _parsed(text: str) -> Any:
    """Return what a YAML text says; its levels are counted first, for libyaml's loader crashes at very many."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    level = 0
    for event in yaml.parse(text, Loader=loader):
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > MAX_LEVELS:
            raise ValueError(f"found more than {MAX_LEVELS} levels")
    return yaml.load(text, Loader=loader)


def _parameter_to_dict(p: Parameter) -> dict[str, Any]:
    """Return plain values; a bound is None where the synth states none."""
    low, high = (bound if math.isfinite(bound) else None for bound in (p.minimum, p.maximum))
    return {"name": p.name, "minimum": low, "maximum": high, "default": p.default, "unit": p.unit,
            "doc": p.doc, "scale": p.scale, "kind": p.kind, "labels": list(p.labels),
            "heard": [list(condition) for condition in p.heard]}  # fmt: skip


def _parameter_from_dict(item: dict[str, Any]) -> Parameter:
    low, high = item["minimum"], item["maximum"]
    bounds = {"minimum": -math.inf if low is None else low, "maximum": math.inf if high is None else high}
    heard = tuple((name, low, high) for name, low, high in item["heard"])
    return Parameter(**{**item, **bounds, "labels": tuple(item["labels"]), "heard": heard})


def _varied(axis: Axis, synth: Parameter) -> RecordParameter:
    return RecordParameter(
        axis.name, axis.user_name, axis.units, 0 if axis.moves else axis.count, *axis.user_range, *axis.range,
        *_bounds(synth, axis.range), synth.unit, axis.doc, synth.doc, scale=synth.scale,
    )  # fmt: skip


def _fixed(fixed: Fixed, synth: Parameter) -> RecordParameter:
    bounds = _bounds(synth, (fixed.value,))
    return RecordParameter(
        fixed.name, fixed.name, "natural", 1, *bounds, *bounds, *bounds, synth.unit, fixed.doc, synth.doc, fixed=True,
        scale=synth.scale,
    )  # fmt: skip


def _bounds(synth: Parameter, used: tuple[float, ...]) -> tuple[float, float]:
    """Return the synth's range; where it states no bound, the outermost of the values that the data set uses.

    Those are in natural units then, for norm units need a range.
    """
    low = synth.minimum if math.isfinite(synth.minimum) else min(used)
    high = synth.maximum if math.isfinite(synth.maximum) else max(used)
    return low, high
