"""The page of grids of generated sounds: the original one and the linearised one, to hear and to compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from soundworks.config.sentences import describe_value
from soundworks.errors import UserError
from soundworks.grid.corners import NAMES
from soundworks.grid.page.colors import similar_colors, spectral_features
from soundworks.grid.page.page import Layer, Page, Value, as_rows, write_page
from soundworks.grid.page.table import first_sounds
from soundworks.grid.write import FORMAT, GRID, TABLE, grid_parameters
from soundworks.json_file import read_json

#: What a page calls the grids in folders of these names; others by the folder's name.
_LAYERS = {"grid": "original"}
#: More labels than this at a side are too many to read.
_MOST_LABELS = 11


def write_grids_page(folders: Sequence[Path], path: Path, title: str, *, embed: bool = True) -> None:
    """Write the page of grids of one size; see `grids_page` and `page.write_page`."""
    write_page(grids_page(folders, title), path, embed=embed)


def grids_page(folders: Sequence[Path], title: str) -> Page:
    """Return the page of grids of one size, a layer each, with one scale of colours for all.

    Parameters
    ----------
    folders : sequence of Path
        Folders with `grid.json`, `chunks.csv` and `chunks/`, as `write_grid` makes them.
    title : str

    Raises
    ------
    UserError
        If one of them is no grid, or they are of different sizes.
    """
    abouts = [_read_about(folder) for folder in folders]
    d0, d1 = abouts[0]["d0"], abouts[0]["d1"]
    for folder, about in zip(folders, abouts, strict=True):
        if (about["d0"], about["d1"]) != (d0, d1):
            raise UserError(
                f"{folder / GRID}: found a grid of {about['d0']} × {about['d1']}, expected {d0} × {d1} as in "
                f"{folders[0]}"
            )
    tables = [_cells(folder, d0, d1) for folder in folders]
    sounds = [folder / row["file"] for folder, table in zip(folders, tables, strict=True) for row in table]
    colors = iter(similar_colors(spectral_features(sounds)))
    layers = tuple(
        _layer(folder, table, [next(colors) for _ in table], d0) for folder, table in zip(folders, tables, strict=True)
    )
    description = (
        f"{d0} × {d1} sounds between {'four corners' if min(d0, d1) > 1 else 'two ends'} in a GAN's latent space."
    )
    marks = {} if any(about.get("method") == "som" for about in abouts) else _corner_marks(d0, d1)
    return Page(title, description, "dim1", "dim0", layers, _shares(d1), _shares(d0), marks=marks)


def _corner_marks(d0: int, d1: int) -> dict[tuple[int, int], str]:
    """Return the corners' names by their cells; one that two corners share has the first one's."""
    places = ((0, 0), (0, d0 - 1), (d1 - 1, 0), (d1 - 1, d0 - 1))
    return dict(reversed(list(zip(places, NAMES, strict=True))))


def _read_about(folder: Path) -> dict[str, Any]:
    path = folder / GRID
    about = read_json(path, f"a grid, in the format {FORMAT!r}")
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise UserError(f"{path}: this says nothing of a grid, expected the format {FORMAT!r}")
    for key in ("d0", "d1"):
        if type(about.get(key)) is not int or about[key] < 1:
            raise UserError(f"{path}: {key}: found {describe_value(about.get(key))}, expected a whole number above 0")
    return about


def _shares(count: int) -> tuple[str, ...]:
    """Return labels of rows or columns; of all where there are few, else of every fifth."""
    every = 1 if count <= _MOST_LABELS else 5
    return tuple(f"{index / max(count - 1, 1):.2f}" if index % every == 0 else "" for index in range(count))


def _cells(folder: Path, d0: int, d1: int) -> list[dict[str, str]]:
    """Return the rows of a grid's table without variations, row by row as they lie; all must be there."""
    path = folder / TABLE
    rows = first_sounds(path)
    if len(rows) != d0 * d1 or max(rows) != d0 * d1 - 1:
        raise UserError(f"{path}: found {len(rows)} points, expected {d0} × {d1} as in {GRID}; make the grid again")
    cells = [rows[setting] for setting in range(d0 * d1)]
    for setting, cell in enumerate(cells):
        for name, share in grid_parameters(*divmod(setting, d0), (d0, d1)).items():
            if not _is_number(cell.get(name, ""), share):
                raise UserError(
                    f"{path}: setting {setting}: {name}: found {describe_value(cell.get(name))}, expected {share:.4g} "
                    f"in a grid of {d0} × {d1}; make the grid again"
                )
    return cells


def _is_number(text: str, number: float) -> bool:
    try:
        return math.isclose(float(text), number, abs_tol=1e-9)
    except ValueError:
        return False


def _layer(folder: Path, table: list[dict[str, str]], colors: list[str], d0: int) -> Layer:
    names = [name for name in ("dim0", "dim1") if name in table[0]]
    values: list[dict[str, Value]] = [{name: (float(row[name]), "") for name in names} for row in table]
    sounds = [folder / row["file"] for row in table]
    name = _LAYERS.get(folder.name, folder.name)
    return Layer(name, as_rows(sounds, d0), as_rows(colors, d0), as_rows(values, d0))
