"""Where a file may be made: told before the work that goes into it, and before something else is replaced."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from soundworks.errors import UserError

#: A folder whose members are no files of ours, whatever they are links to.
_DEVICES = Path("/dev")


def check_output(path: Path, inputs: Iterable[Path] = ()) -> None:
    """Raise a `UserError` unless a file can come to a path, at which nothing or a plain file is.

    A file that is renamed into its place, as ours are, would replace a pipe or a device, not write to it.

    Parameters
    ----------
    path : Path
    inputs : iterable of Path
        Files that are read to make it.

    Raises
    ------
    OSError
        If its folder cannot be written to.
    """
    if path.name in ("", ".."):
        raise UserError(f"found {str(path)!r} for the file to make, expected a path that ends in its name")
    if path.is_dir():
        raise UserError(f"{path}: found a folder, expected the name of a file to make")
    if (path.exists() and not path.is_file()) or path.parent.resolve() == _DEVICES:
        raise UserError(f"{path}: found a pipe or a device, expected the name of a file to make")
    folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    if not folder.is_dir():
        raise UserError(f"{path}: found {folder}, which is no folder, expected one, or nothing yet")
    if not os.access(folder, os.W_OK):
        raise PermissionError(13, "permission denied", str(path))
    for source in inputs:
        if path.exists() and source.exists() and path.samefile(source):
            raise UserError(f"{path}: found a file that it is made from, expected another name")
