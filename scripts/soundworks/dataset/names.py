"""File names of chunks: they read like the originals', are safe on any file system, and never collide."""

from __future__ import annotations

import re

from soundworks.contour import Contour, Value
from soundworks.dataset.model import Dataset
from soundworks.dataset.settings import Grid

#: Longer names (some file systems stop at 255 bytes, some archives earlier) fall back to the setting's number.
MAX_STEM_CHARACTERS = 180
_MAX_DECIMALS = 17


def safe_label(text: str) -> str:
    """Return a name with everything but ASCII letters, digits and dots turned into single underscores."""
    return re.sub(r"[^A-Za-z0-9.]+", "_", text).strip("_.") or "p"


def format_value(value: Value, decimals: int) -> str:
    """Format a value as the originals did, `{:05.2f}`, with "m" for minus and "to" between the points of a contour."""
    if isinstance(value, Contour):
        return "to".join(format_value(point, decimals) for point in value.values)
    text = f"{abs(value):0{decimals + 3}.{decimals}f}"
    return f"m{text}" if value < 0 and float(text) != 0 else text


def distinct_labels(values: list[Value]) -> list[str]:
    """Format an axis's values with two decimals, or as many more as keep them apart."""
    for decimals in range(2, _MAX_DECIMALS + 1):
        labels = [format_value(value, decimals) for value in values]
        if len(set(labels)) == len(labels):
            return labels
    return [f"{label}.{index}" for index, label in enumerate(labels)]


def chunk_file(stem: str, chunk: int) -> str:
    """Return the file name of a chunk from its setting's part of the name."""
    return f"{stem}--v-{chunk:03}.wav"


class PatchNames:
    """File names of a plugin's chunks: `<prefix><engine>--<patch>[--pitch-<MIDI>--velocity-<MIDI>]--v-<chunk>.wav`."""

    def __init__(self, dataset: Dataset) -> None:
        assert dataset.config.plugin is not None
        self.plugin = dataset.config.plugin
        self.digits = max(5, len(str(self.plugin.n_patches - 1)))

    def stem(self, setting: int) -> str:
        """Return a setting's part of the name, without the chunk."""
        notes = self.plugin.notes
        patch, which = divmod(setting, len(notes))
        stem = f"{self.plugin.file_prefix}{self.plugin.engine}--{patch:0{self.digits}}"
        return f"{stem}--pitch-{notes[which][0]:03}--velocity-{notes[which][1]:03}" if len(notes) > 1 else stem

    def file(self, setting: int, chunk: int) -> str:
        """Return the file name of a chunk."""
        return chunk_file(self.stem(setting), chunk)


def chunk_names(dataset: Dataset) -> ChunkNames | PatchNames:
    """Return what names the chunks of a data set."""
    return ChunkNames(dataset) if dataset.config.plugin is None else PatchNames(dataset)


class ChunkNames:
    """File names of all chunks: `<sound>--<fixed>-<value>--<varied>-<user value>--v-<chunk>.wav`."""

    def __init__(self, dataset: Dataset) -> None:
        config = dataset.config
        self.grid = Grid(dataset)
        self.sound = config.sound_name
        self.examples = config.examples
        self.fixed = [f"{safe_label(f.name)}-{format_value(self.grid.fixed[f.name], 2)}" for f in config.fixed]
        self.varied = [
            [f"{safe_label(axis.user_name)}-{label}" for label in distinct_labels([p.user for p in positions])]
            for axis, positions in zip(config.parameters, self.grid.axes, strict=True)
        ]

    def stem(self, setting: int) -> str:
        """Return a setting's part of the name, without the chunk."""
        point, example = divmod(setting, self.examples)
        chosen = [labels[k] for labels, k in zip(self.varied, self.grid.positions(point), strict=True)]
        suffix = [f"x-{example:02}"] if self.examples > 1 else []
        stem = "--".join([self.sound, *self.fixed, *chosen, *suffix])
        return stem if len(stem) <= MAX_STEM_CHARACTERS else f"{self.sound}--setting-{setting:07}"

    def file(self, setting: int, chunk: int) -> str:
        """Return the file name of a chunk."""
        return chunk_file(self.stem(setting), chunk)
