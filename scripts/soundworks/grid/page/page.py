"""The page of a grid of sounds: rows and columns of cells to listen to, in one or more layers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from soundworks.errors import UserError
from soundworks.grid.page.bundle import Parts, Sound, describe_sound, write_html

Item = TypeVar("Item")
#: A parameter's value as a page shows it: text, or a number and its unit.
Value = str | tuple[float, str]
_PARTS = Parts(
    "Grid",
    "page.html",
    ("theme.css", "page.css"),
    (
        "data.js",
        "wav.js",
        "audio.js",
        "plain.js",
        "grid.js",
        "panel.js",
        "listening.js",
        "paths.js",
        "player.js",
        "gestures.js",
        "page.js",
    ),
)


@dataclass(frozen=True)
class Layer:
    """One sound for each cell of a grid.

    Attributes
    ----------
    name : str
        What the page calls it, such as "original" or "linearized".
    sounds : rows × columns of Path
        WAV files.
    colors : rows × columns of str
        CSS colours, light enough for black text; see `colors.similar_colors`.
    values : rows × columns of mapping of str to Value
        The parameters of each cell, by name.
    """

    name: str
    sounds: Sequence[Sequence[Path]]
    colors: Sequence[Sequence[str]]
    values: Sequence[Sequence[Mapping[str, Value]]]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        return len(self.sounds), len(self.sounds[0]) if self.sounds else 0


@dataclass(frozen=True)
class Switch:
    """A choice that the page offers; with several, each combination of options is a layer, the last switch fastest."""

    name: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """What a page shows.

    Attributes
    ----------
    title, description : str
    row_label, column_label : str
        What changes from row to row, down the page, and from column to column, to the right.
    layers : tuple of Layer
        All of one size.
    row_values, column_values : tuple of str
        A label for each row and column; none by default.
    switches : tuple of Switch
        How to choose a layer: by their names, if nothing is given.
    marks : mapping of (row, column) to str
        Short labels on cells, such as "z0".
    interval_s : float, optional
        Time from one sound of a path to the next, to begin with; the longest sound's length by default.
    """

    title: str
    description: str
    row_label: str
    column_label: str
    layers: tuple[Layer, ...]
    row_values: tuple[str, ...] = ()
    column_values: tuple[str, ...] = ()
    switches: tuple[Switch, ...] = ()
    marks: Mapping[tuple[int, int], str] = field(default_factory=dict)
    interval_s: float | None = None


def as_rows(items: Sequence[Item], n_columns: int) -> list[Sequence[Item]]:
    """Cut a sequence of cells, row by row, into rows."""
    return [items[start : start + n_columns] for start in range(0, len(items), n_columns)]


def write_page(page: Page, path: Path, *, embed: bool = True) -> None:
    """Write a page as one HTML file.

    Parameters
    ----------
    page : Page
    path : Path
        Such as `results/pop/grid/index.html`.
    embed : bool
        Whether the sounds are inside the page; else it links to the files where they lie, relative to its folder.

    Raises
    ------
    UserError
        If a sound cannot be read, or there are more than a page holds.
    ValueError
        If layers, labels or switches do not fit together.
    """
    _check(page)
    layers = [[describe_sound(path) for row in layer.sounds for path in row] for layer in page.layers]
    write_html(path, _PARTS, _data(page, layers), layers, embed)


def sound_data(layers: Sequence[Sequence[Sound]]) -> dict[str, Any]:
    """Return what the scripts know of the sounds: the greatest sample rate in Hz, and the longest duration in s."""
    sounds = [sound for layer in layers for sound in layer]
    return {
        "sampleRate": max(sound.sample_rate for sound in sounds),
        "durationS": max(sound.duration_s for sound in sounds),
    }


def value_text(value: Value) -> str:
    """Return a value as a page shows it: four digits, and the unit."""
    if isinstance(value, str):
        return value
    number, unit = value
    return f"{number:.4g} {unit}".rstrip()


def _data(page: Page, layers: Sequence[Sequence[Sound]]) -> dict[str, Any]:
    rows, columns = page.layers[0].shape
    sounds = sound_data(layers)
    switches = page.switches or (Switch("Grid", tuple(layer.name for layer in page.layers)),)
    return {
        "title": page.title,
        "description": page.description,
        "rows": rows,
        "columns": columns,
        "count": rows * columns,
        "rowLabel": page.row_label,
        "columnLabel": page.column_label,
        "rowValues": list(page.row_values),
        "columnValues": list(page.column_values),
        "marks": {row * columns + column: text for (row, column), text in page.marks.items()},
        "intervalS": page.interval_s or sounds["durationS"],
        **sounds,
        "switches": [{"name": switch.name, "options": list(switch.options)} for switch in switches],
        "layers": [_layer_data(layer) for layer in page.layers],
    }


def _layer_data(layer: Layer) -> dict[str, Any]:
    cells = [cell for row in layer.values for cell in row]
    return {
        "name": layer.name,
        "colors": [color for row in layer.colors for color in row],
        "values": [{name: value_text(value) for name, value in cell.items()} for cell in cells],
        "files": [path.name for row in layer.sounds for path in row],
    }


def _check(page: Page) -> None:
    if not page.layers:
        raise ValueError("a page needs a layer")
    shape = page.layers[0].shape
    for layer in page.layers:
        for cells in (layer.sounds, layer.colors, layer.values):
            if len(cells) != shape[0] or {len(row) for row in cells} != {shape[1]} or 0 in shape:
                raise ValueError(f"layer {layer.name}: expected {shape[0]} rows of {shape[1]} cells in all it has")
    for labels, count in zip((page.row_values, page.column_values), shape, strict=True):
        if labels and len(labels) != count:
            raise ValueError(f"found {len(labels)} labels, expected {count}")
    if page.switches and math.prod(len(switch.options) for switch in page.switches) != len(page.layers):
        raise ValueError(f"found {len(page.layers)} layers, expected one for each combination of the switches")
    if page.interval_s is not None and not page.interval_s > 0:
        raise UserError(f"the interval between sounds of a path: found {page.interval_s:g} s, expected more than 0")
