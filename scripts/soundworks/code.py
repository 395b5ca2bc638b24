"""Which files a script's behaviour depends on, read from its imports without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SCRIPTS_DIR = Path(__file__).parents[1]
PACKAGE = "soundworks"


def code_files(script: Path, *modules: str) -> list[Path]:
    """Return a script, and every file of the library that it or one of the named modules imports, directly or not.

    Imports inside functions count; modules imported by a computed name do not, so name those in `modules`.
    """
    return _reachable([script, *(path for module in modules for path in _module_files(module))], SCRIPTS_DIR)


def synth_code_files(path: Path) -> list[Path]:
    """Return the files that a user's own synth depends on: its class's, those beside it that it imports, and ours.

    Parameters
    ----------
    path : Path
        The Python file with the class; or a folder, all of whose Python files count.
    """
    if path.is_dir():
        return _reachable(sorted(path.rglob("*.py")), path)
    return _reachable([path], path.parent)


def _reachable(files: list[Path], folder: Path) -> list[Path]:
    """Follow imports of the library's modules, and of modules in a folder, from file to file."""
    found, waiting = set(files), list(files)
    while waiting:
        modules = imported_modules(waiting.pop())
        new = {file for module in modules for file in (*_module_files(module), *_files_in(folder, module))}
        waiting += sorted(new - found)
        found |= new
    return sorted(found)


@cache
def imported_modules(path: Path) -> tuple[str, ...]:
    """Return the dotted names that a Python file imports; `from a import b` counts as a and a.b.

    None for a file that is no Python: loading it tells the user why.
    """
    try:
        return tuple(_imports(ast.parse(path.read_bytes(), filename=str(path))))
    except (SyntaxError, ValueError, OSError):
        return ()


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_files(module: str) -> Iterator[Path]:
    """Yield the files that importing a module of the library runs: its packages' and its own."""
    if module.split(".")[0] == PACKAGE:
        yield from _files_in(SCRIPTS_DIR, module)


def _files_in(folder: Path, module: str) -> Iterator[Path]:
    """Yield the files below a folder that importing a module by its dotted name runs."""
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        base = folder.joinpath(*parts[:depth])
        for candidate in (base / "__init__.py", base.with_suffix(".py")):
            if candidate.is_file():
                yield candidate
