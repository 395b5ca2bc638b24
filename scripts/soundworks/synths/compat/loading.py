"""Finding and importing the Python file that defines a user's class."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from soundworks.errors import UserError
from soundworks.synths.compat.session import private_name

#: Folders that are not searched for a class.
_NOT_SEARCHED = {"__pycache__", "site-packages", "results", "logs"}


@dataclass(frozen=True)
class Source:
    """Where a user's class comes from: its file, the module name it is imported by, and the folders to import from."""

    class_name: str
    file: Path
    module_name: str
    folders: tuple[Path, ...]

    def load(self) -> type:
        """Import the module anew and return its class; a session must be active."""
        with told_of(f"loading the class {self.class_name}", self.folders, self.file):
            module = self._module()
        found = getattr(module, self.class_name, None)
        if not isinstance(found, type):
            raise UserError(f"{self.file}: no class {self.class_name} there, {_found(_classes(self.file))}")
        return found

    def _module(self) -> ModuleType:
        if "." in self.module_name:
            return importlib.import_module(self.module_name)
        spec = importlib.util.spec_from_file_location(self.module_name, self.file)
        if spec is None or spec.loader is None:
            raise UserError(f"{self.file}: not a Python file, expected one that defines the class {self.class_name}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.module_name] = module
        spec.loader.exec_module(module)
        return module


def find_source(name: str, path: Path) -> Source:
    """Find the file that defines class `name`: `path` itself, or one in the folder `path`."""
    if path.is_file():
        return _source(name, path.resolve(), path.resolve().parent)
    if not path.is_dir():
        raise UserError(f"{path}: no such file or folder, expected the Python file that defines the class {name}")
    exact = path.resolve() / f"{name}.py"
    return _source(name, exact if exact.is_file() else _search(name, path), path.resolve())


def _source(name: str, file: Path, folder: Path) -> Source:
    """Describe a file in a folder; if the folder is a package, its modules are imported as parts of it."""
    base = folder
    while (base / "__init__.py").exists():
        base = base.parent
    parts = file.relative_to(base).with_suffix("").parts
    importable = all(part.isidentifier() for part in parts) and parts[0] not in sys.stdlib_module_names
    folders = tuple(dict.fromkeys((folder, file.parent, base)))
    return Source(name, file, ".".join(parts) if importable else private_name(file), folders)


def _search(name: str, folder: Path) -> Path:
    root = folder.resolve()
    files = [file for file in root.rglob("*.py") if _is_searched(file.relative_to(root))]
    found: list[str] = []
    for file in sorted(files, key=lambda file: (len(file.parts), file)):
        classes = _classes(file)
        if name in classes:
            return file
        found += classes
    raise UserError(f"{folder}: no Python file in it defines the class {name}, {_found(found)}")


def _is_searched(file: Path) -> bool:
    return not any(part in _NOT_SEARCHED or part.startswith(".") for part in file.parts)


def _classes(file: Path) -> list[str]:
    """Return the names of the classes that a file defines at its top level; none if it cannot be read."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def _found(classes: list[str]) -> str:
    return f"found: {', '.join(sorted(set(classes)))}" if classes else "and no other class"


@contextlib.contextmanager
def told_of(doing: str, folders: tuple[Path, ...], file: Path | None = None) -> Iterator[None]:
    """Turn any exception of the user's code into a `UserError` that names it and its file and line."""
    try:
        yield
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        message = " ".join(str(error).split())
        what = type(error).__name__ + (f": {message}" if message else "")
        if isinstance(error, ModuleNotFoundError):
            what += ", expected it beside that file or installed where the workflow runs"
        raise UserError(f"{_place(error, folders, file)}: {doing} raised {what}") from error


def _place(error: BaseException, folders: tuple[Path, ...], file: Path | None) -> str:
    """Return "file, line n" of the innermost place in the user's folders, else of the innermost place."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    own = [place for place in places if any(Path(place[0]).is_relative_to(folder) for folder in folders)]
    if not own and file is not None:
        return str(file)
    name, line = (own or places)[-1]
    return f"{name}, line {line}"
