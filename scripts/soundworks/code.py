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
    found = {script}
    waiting = [script, *(path for module in modules for path in _module_files(module))]
    while waiting:
        path = waiting.pop()
        new = {file for module in imported_modules(path) for file in _module_files(module)} | {path}
        waiting += sorted(new - found)
        found |= new
    return sorted(found)


@cache
def imported_modules(path: Path) -> tuple[str, ...]:
    """Return the dotted names that a Python file imports; `from a import b` counts as a and a.b."""
    return tuple(_imports(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_files(module: str) -> Iterator[Path]:
    """Yield the files that importing a module of the library runs: its packages' and its own."""
    parts = module.split(".")
    if parts[0] != PACKAGE:
        return
    for depth in range(1, len(parts) + 1):
        base = SCRIPTS_DIR.joinpath(*parts[:depth])
        for candidate in (base / "__init__.py", base.with_suffix(".py")):
            if candidate.is_file():
                yield candidate
