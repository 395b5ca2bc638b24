"""Files that are either whole or absent, and their checksums."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from soundworks.errors import UserError

_BLOCK_BYTES = 1 << 20


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; it becomes `path` at the end, or vanishes on any error.

    What a killed process left of the same path is removed: its name is the path's alone, so only one process at a time
    may write a path. Snakemake sees to that, and so does `locked` on the command line.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    _remove(temporary)
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        _name_file(error, path)
        raise
    finally:
        _remove(temporary)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def atomic_text(path: Path) -> Iterator[IO[Any]]:
    """Open a UTF-8 text file for writing that appears whole, or not at all."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        yield stream


@contextmanager
def atomic_dir(path: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `path`, replacing what was there, or vanishes on any error."""
    replaced = path.with_name(f".{path.name}.replaced")
    with atomic_path(path) as temporary:
        _remove(replaced)
        temporary.mkdir()
        yield temporary
        if path.exists():
            path.replace(replaced)  # in one step: removed in place, a folder would be there in part for a while
    _remove(replaced)


@contextmanager
def atomic_members(folder: Path, mark: str, members: Iterable[str] = ()) -> Iterator[Path]:
    """Yield an empty folder whose files and folders become members of `folder` at the end, or vanish on any error.

    Other members stay as they are. The member `mark` is taken away first and put in place last: while it is there, all
    of them are.

    Parameters
    ----------
    folder : Path
    mark : str
        Name of the file that says that all are there.
    members : iterable of str
        Names of what will be put into the folder. Where there is no mark, none of them may be there already.

    Raises
    ------
    UserError
        If one of them is there and not ours, or another process is at work in the folder.
    """
    temporary = folder / f".{mark}.members"  # also the sign that a killed process was about to replace members
    with locked(folder):
        _refuse_strangers(folder, mark, temporary, members)
        _remove(temporary)
        temporary.mkdir()
        try:
            yield temporary
            (folder / mark).unlink(missing_ok=True)
            for member in sorted(temporary.iterdir(), key=lambda path: (path.name == mark, path.name)):
                _remove(folder / member.name)
                member.replace(folder / member.name)
        except OSError as error:
            _name_file(error, folder)
            raise
        finally:
            _remove(temporary)


def _refuse_strangers(folder: Path, mark: str, temporary: Path, members: Iterable[str]) -> None:
    if (folder / mark).is_file() or temporary.is_dir():
        return
    strangers = [name for name in members if os.path.lexists(folder / name)]
    if strangers:
        raise UserError(
            f"{folder / strangers[0]}: found something else there, expected a new folder, or an earlier one with {mark}"
        )


def _name_file(error: OSError, path: Path) -> None:
    """Give an error the file that it is about: a full disk is noticed by a write, which knows no name."""
    if error.errno is not None and error.filename is None:
        error.filename = str(path)


def refuse_stranger(folder: Path, mark: str) -> None:
    """Raise a `UserError` where `atomic_dir` would replace something that is not ours, or has no name to make.

    Parameters
    ----------
    folder : Path
        Folder to make.
    mark : str
        File that every finished folder of this kind holds; an empty folder, or none, is fine too.
    """
    if folder.name in ("", ".."):
        raise UserError(f"found {str(folder)!r} for the folder to make, expected a path that ends in its name")
    if folder.is_dir():
        is_stranger = any(folder.iterdir()) and not (folder / mark).is_file()
    else:
        is_stranger = os.path.lexists(folder)
    if is_stranger:
        raise UserError(f"{folder}: found something else there, expected a new folder, or an earlier one with {mark}")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes that ask for it out of a folder; raise a `UserError` if one is in it already."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{folder}: another run is writing there, expected to be alone") from None
        try:
            yield
        finally:
            (folder / ".lock").unlink(missing_ok=True)


def write_bytes(path: str, content: bytes) -> None:
    """Write a file in as few steps as the system allows; an error names the file.

    With os.open and os.write it costs half of what a Python file object does, and data sets have a million files.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError as error:
        error.filename = path
        raise
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def link_or_copy(source: Path | str, target: Path | str) -> None:
    """Give a file a second name, or copy it where the file system knows no hard links."""
    try:
        os.link(source, target)
    except FileExistsError:
        Path(target).unlink()
        link_or_copy(source, target)
    except OSError:
        shutil.copyfile(source, target)
