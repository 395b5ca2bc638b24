"""The typed form of a config's `grid` section."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundworks.config.schema import validate_section
from soundworks.grid.surface import Interpolation


@dataclass(frozen=True)
class GridOptions:
    """What a grid is; see `config/schemas/grid.schema.yaml` for the meaning of each key.

    `corners` holds four files, or one, with the folder of the config in front; none where corners are chosen.
    """

    corners: tuple[Path, ...]
    candidates: int
    seed: int
    d0: int
    d1: int
    interpolation: Interpolation


def grid_options(section: dict[str, Any], folder: Path, seed: int) -> GridOptions:
    """Return the options in a `grid` section, its defaults filled in or not.

    Parameters
    ----------
    section : dict
    folder : Path
        Folder that the files of corners are relative to, that of the config.
    seed : int
        The experiment's, which the section's own goes before.

    Raises
    ------
    UserError
        In one sentence: key, found, expected.
    """
    options = validate_section("grid", section)
    corners = options["corners"] or []
    corners = [corners] if isinstance(corners, str) else corners
    options["corners"] = tuple(folder / file for file in corners)
    options["seed"] = seed if options["seed"] is None else options["seed"]
    return GridOptions(**options)
