"""The typed form of a config's `dataset.plugin` section: which engine, which patches, which notes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

from soundworks.errors import UserError


@dataclass(frozen=True)
class Random:
    """One parameter that patches vary: its name or index in the engine, and a range in natural units, or None."""

    parameter: str | int
    range: tuple[float, float] | None


@dataclass(frozen=True)
class PluginConfig:
    """The `dataset.plugin` section; see `config/schemas/dataset.schema.yaml` for the meaning of each key."""

    engine: str
    path: str | None
    base_preset: str | None
    base: dict[str, float]
    random_parameters: str | tuple[Random, ...]
    sampling: str
    presets: tuple[str, ...]
    spread: float
    sample_size: int
    batches: int
    midi_note_pitch: tuple[int, ...]
    midi_note_velocity: tuple[int, ...]
    note_duration_s: float | None
    silence_db: float
    redraw: tuple[str, ...]
    file_prefix: str

    @classmethod
    def from_dict(cls, section: dict[str, Any]) -> PluginConfig:
        """Build from a validated section with all defaults filled in."""
        chosen = section["random_parameters"]
        typed = {
            "base": {name: float(value) for name, value in section["base"].items()},
            "random_parameters": chosen if isinstance(chosen, str) else tuple(map(_random, chosen)),
            "presets": tuple(section["presets"]),
            "spread": float(section["spread"]),
            "midi_note_pitch": _several(section["midi_note_pitch"]),
            "midi_note_velocity": _several(section["midi_note_velocity"]),
            "silence_db": float(section["silence_db"]),
            "redraw": tuple(section["redraw"]),
        }
        return cls(**{**section, **typed})

    @property
    def n_patches(self) -> int:
        """Number of patches: batches of `sample_size`."""
        return self.sample_size * self.batches

    @property
    def notes(self) -> list[tuple[int, int]]:
        """The (pitch, velocity) pairs, both MIDI, that each patch plays."""
        return list(product(self.midi_note_pitch, self.midi_note_velocity))

    @property
    def silence_peak(self) -> float:
        """Peak, re full scale, below which a sound counts as silent."""
        return float(10.0 ** (self.silence_db / 20.0))


def _several(value: int | list[int]) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(value)


def _random(item: str | int | dict[str, Any]) -> Random:
    if not isinstance(item, dict):
        return Random(item, None)
    bounds = item.get("range")
    return Random(item["parameter"], None if bounds is None else (float(bounds[0]), float(bounds[1])))


def check_plugin(plugin: PluginConfig, sound_duration_s: float) -> None:
    """Check the rules between keys that need no engine; raise a `UserError` that names key, found, expected."""
    key = "dataset.plugin"
    if plugin.engine in ("vst", "lv2", "diva") and plugin.path is None:
        expected = "the URI of a plugin" if plugin.engine == "lv2" else "the file of a plugin"
        raise UserError(f"{key}.path: found nothing, expected {expected}, for dataset.plugin.engine is {plugin.engine}")
    if plugin.sampling in ("around", "presets") and plugin.engine in ("vst", "lv2") and not plugin.presets:
        raise UserError(f"{key}.presets: found none, expected preset files for sampling: {plugin.sampling}")
    if plugin.sampling == "presets" and plugin.redraw:
        raise UserError(f"{key}.redraw: found {', '.join(plugin.redraw)} with sampling: presets, expected [], for a "
                        "preset is what it is")  # fmt: skip
    if plugin.note_duration_s is not None and plugin.note_duration_s > sound_duration_s:
        raise UserError(
            f"{key}.note_duration_s: found {plugin.note_duration_s:g} s, expected at most the sound's "
            f"{sound_duration_s:g} s (dataset.sound_duration_s)"
        )
    for name in ("midi_note_pitch", "midi_note_velocity"):
        values = getattr(plugin, name)
        if len(set(values)) < len(values):
            raise UserError(f"{key}.{name}: found {list(values)}, expected each value once")
