"""The page of a data set: two of its parameters as columns and rows, the others to choose from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from soundworks.config.dataset import Axis
from soundworks.contour import Contour, Value
from soundworks.dataset.model import Dataset
from soundworks.dataset.settings import Grid, Position
from soundworks.errors import UserError
from soundworks.grid.page.colors import similar_colors, spectral_features
from soundworks.grid.page.page import Layer, Page, Switch, as_rows, write_page
from soundworks.grid.page.table import first_sounds
from soundworks.synths.parameter import Parameter

#: Sounds on one page, at most. Values of the parameters that are neither rows nor columns are left out until they fit.
MAX_SOUNDS = 4000
#: Samples of all sounds inside one page, at most, in bytes; as `MAX_SOUNDS`.
MAX_BYTES = 120_000_000
_BYTES_PER_SAMPLE = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}


@dataclass(frozen=True)
class Side:
    """A parameter that varies.

    Attributes
    ----------
    index : int
        Of its axis in the data set's grid.
    label : str
        The user's name for it, and its unit.
    name : str
        The name alone.
    ticks, values : tuple of str
        What the page calls each position, without the unit beside the label, and with it.
    shown : tuple of int
        The positions that are on the page, rising.
    """

    index: int
    name: str
    label: str
    ticks: tuple[str, ...]
    values: tuple[str, ...]
    shown: tuple[int, ...]

    @property
    def shown_ticks(self) -> tuple[str, ...]:
        """The ticks of the positions on the page."""
        return tuple(self.ticks[position] for position in self.shown)

    def thinned(self) -> Side:
        """Return the side with about half of its positions, the first and the last among them."""
        count = max(1, math.ceil(len(self.shown) / 2))
        chosen = (round(place * (len(self.shown) - 1) / max(1, count - 1)) for place in range(count))
        return replace(self, shown=tuple(self.shown[place] for place in chosen))


def write_dataset_page(
    folder: Path, path: Path, *, columns: str | None = None, rows: str | None = None, embed: bool = True
) -> None:
    """Write the page of a data set; see `dataset_page` and `page.write_page`."""
    write_page(dataset_page(folder, columns=columns, rows=rows, embed=embed), path, embed=embed)


def dataset_page(folder: Path, *, columns: str | None = None, rows: str | None = None, embed: bool = True) -> Page:
    """Return the page of a data set: the first chunk of the first example of each setting.

    Parameters
    ----------
    folder : Path
        A finished data set, with `dataset.yaml`, `chunks.csv` and `chunks/`.
    columns, rows : str, optional
        Parameters that vary, by the user's name or the synth's; the first that is not taken by default.
    embed : bool
        Whether the sounds will be inside the page, which limits how many there are.

    Raises
    ------
    UserError
        If there are no two parameters that vary, or one of these names, or they have too many values for one page.
    """
    dataset = _read(folder)
    grid, across, down, others = _sides(dataset, folder, columns, rows)
    sample_bytes = dataset.config.chunk_samples * _BYTES_PER_SAMPLE[dataset.config.sample_format]
    limit = min(MAX_SOUNDS, MAX_BYTES // sample_bytes) if embed else MAX_SOUNDS
    n_cells = len(across.shown) * len(down.shown)
    if n_cells > limit:
        raise UserError(
            f"{folder}: found {len(down.shown)} × {len(across.shown)} sounds of {down.name} and {across.name}, "
            f"expected at most {limit:,} on one page"
        )
    fitting = _fitted(others, limit // n_cells)
    files = {setting: row["file"] for setting, row in first_sounds(folder / "chunks.csv").items()}
    layers = _layers(folder, grid, (across, down, *fitting), files)
    return Page(
        f"{dataset.name}: {down.name} by {across.name}",
        _description(dataset, others, fitting),
        down.label,
        across.label,
        layers,
        down.shown_ticks,
        across.shown_ticks,
        tuple(Switch(side.label, side.shown_ticks) for side in fitting),
    )


def _read(folder: Path) -> Dataset:
    path = folder / "dataset.yaml"
    if not path.is_file():
        raise UserError(f"{path}: no such file, expected the definition of a finished data set")
    dataset = Dataset.read(path)
    if dataset.config.plugin is not None:
        raise UserError(
            f"{path}: found patches of {dataset.config.sound_name} drawn at random, expected a synth's data set, whose "
            "parameters vary on a grid"
        )
    return dataset


def _sides(
    dataset: Dataset, folder: Path, columns: str | None, rows: str | None
) -> tuple[Grid, Side, Side, list[Side]]:
    """Return the grid, the parameters along columns and rows, and the others that vary."""
    grid = Grid(dataset)
    axes = dataset.config.parameters
    free = [index for index, positions in enumerate(grid.axes) if len(positions) > 1]
    if len(free) < 2:
        names = ", ".join(axes[index].user_name for index in free) or "none"
        raise UserError(
            f"{folder / 'dataset.yaml'}: found {len(free)} of the parameters to vary ({names}), expected two for "
            "the rows and columns of a page"
        )
    chosen = {key: _named(axes, free, key, name) for key, name in (("columns", columns), ("rows", rows)) if name}
    if len(chosen) == 2 and chosen["columns"] == chosen["rows"]:
        raise UserError(f"page.rows: found {rows!r}, which page.columns has too, expected another parameter")
    for key in ("columns", "rows"):
        if key not in chosen:
            chosen[key] = next(index for index in free if index not in chosen.values())
    sides = {index: _side(dataset, axes[index], grid.axes[index], index) for index in free}
    others = [side for index, side in sides.items() if index not in chosen.values()]
    return grid, sides[chosen["columns"]], sides[chosen["rows"]], others


def _named(axes: Sequence[Axis], free: Sequence[int], key: str, name: str) -> int:
    for index in free:
        if name in (axes[index].user_name, axes[index].name):
            return index
    known = ", ".join(axes[index].user_name for index in free)
    raise UserError(f"page.{key}: found {name!r}, expected a parameter of the data set that varies: {known}")


def _side(dataset: Dataset, axis: Axis, positions: Sequence[Position], index: int) -> Side:
    parameter = dataset.synth_parameter(axis.name)
    pairs = [_texts(parameter, position) for position in positions]
    ticks, values = zip(*pairs, strict=True)
    unit = "" if parameter.labels or not parameter.unit else f" ({parameter.unit})"
    return Side(index, axis.user_name, axis.user_name + unit, ticks, values, tuple(range(len(pairs))))


def _texts(parameter: Parameter, position: Position) -> tuple[str, str]:
    """Return a position's natural value without its unit and with it, and the user's where it is another number."""
    natural, user = position.natural, position.user
    if isinstance(natural, Contour) or isinstance(user, Contour):
        course = _course(natural)
        return course, f"{course} {parameter.unit}".rstrip()
    if parameter.labels:
        return (parameter.labels[round(natural - parameter.minimum)],) * 2
    number = f"{natural:.4g}"
    given = "" if math.isclose(natural, user, rel_tol=1e-9, abs_tol=1e-12) else f" ({user:.4g})"
    return number + given, f"{number} {parameter.unit}".rstrip() + given


def _course(value: Value) -> str:
    if not isinstance(value, Contour):
        return f"{value:.4g}"
    points = value.values if len(value.values) <= 4 else (value.values[0], value.values[-1])
    return " → ".join(f"{point:.4g}" for point in points)


def _fitted(sides: list[Side], limit: int) -> list[Side]:
    """Thin the sides with the most values until there are no more combinations than a limit, at least 1."""
    fitted = list(sides)
    while math.prod(len(side.shown) for side in fitted) > limit:
        widest = max(range(len(fitted)), key=lambda place: len(fitted[place].shown))
        fitted[widest] = fitted[widest].thinned()
    return fitted


def _layers(folder: Path, grid: Grid, sides: Sequence[Side], files: dict[int, str]) -> tuple[Layer, ...]:
    """Return a layer for each combination of the sides after the first two, the last of them fastest."""
    across, down, *others = sides
    n_columns = len(across.shown)
    sounds: list[Path] = []
    values: list[dict[str, str]] = []
    for combination in product(*(side.shown for side in others)):
        for row, column in product(down.shown, across.shown):
            point = dict(zip((side.index for side in sides), (column, row, *combination), strict=True))
            sounds.append(folder / _file(files, _setting(grid, point), folder))
            values.append({side.name: side.values[point[side.index]] for side in sides})
    colors = similar_colors(spectral_features(sounds))
    size = n_columns * len(down.shown)
    parts = [slice(start, start + size) for start in range(0, len(sounds), size)]
    return tuple(
        Layer(
            str(number),
            as_rows(sounds[part], n_columns),
            as_rows(colors[part], n_columns),
            as_rows(values[part], n_columns),
        )
        for number, part in enumerate(parts)
    )


def _setting(grid: Grid, point: dict[int, int]) -> int:
    """Return the number of the first example at a grid point, given by its positions on the axes that vary."""
    number = 0
    for index, positions in enumerate(grid.axes):
        number = number * len(positions) + point.get(index, 0)
    return number * grid.dataset.config.examples


def _file(files: dict[int, str], setting: int, folder: Path) -> str:
    if setting not in files:
        raise UserError(f"{folder / 'chunks.csv'}: found no chunk of setting {setting}, expected all; make it again")
    return files[setting]


def _description(dataset: Dataset, others: Sequence[Side], fitting: Sequence[Side]) -> str:
    config = dataset.config
    part = "" if config.chunks_per_setting == 1 else "the first "
    text = [f"{config.sound_name}: {part}{config.chunk_duration_s:g} s of each setting."]
    for side, shown in zip(others, fitting, strict=True):
        if len(shown.shown) < len(side.shown):
            text.append(f"Of {len(side.shown)} values of {side.name}, {len(shown.shown)} are here.")
    return " ".join(text)
