"""Folders of trained models: what may lie in one that a training is to fill."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from soundworks.errors import UserError


def holds_model(folder: Path, mark: str, what: str, *, beside: Set[str], remains: Set[str]) -> bool:
    """Say whether a folder holds a model already.

    Parameters
    ----------
    folder : Path
        The folder to fill.
    mark : str
        Name of the file that tells a folder with a model.
    what : str
        The model, in a sentence.
    beside : set of str
        What other commands put into such a folder.
    remains : set of str
        What a killed training leaves there; empty if its names alone do not tell that.

    Raises
    ------
    UserError
        Unless the folder is new, holds a model, or nothing but what is left of one.
    """
    if folder.name in ("", ".."):
        raise UserError(f"found {str(folder)!r} for the folder of the {what}, expected a path that ends in its name")
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: found a file, expected a folder for the {what}, or none")
    members = {path.name for path in folder.iterdir() if not path.name.startswith(".")} if folder.is_dir() else set()
    if mark not in members and members - beside - remains:
        raise UserError(
            f"{folder / min(members - beside - remains)}: found something else there, expected a new folder, or an "
            f"earlier {what} with {mark}"
        )
    return mark in members


def names_in(folder: Path) -> set[str]:
    """Return the names of a folder's members; none if there is no such folder."""
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()
