"""A session: the world in which one setting of a user's synth is loaded and run, and which leaves no trace.

A user's class may keep state anywhere in the process: global random generators, variables of its modules, sys.path.
Each setting therefore gets a session of its own, with freshly imported modules and random states derived from its
seed; they are put in place while the user's code runs and taken away afterwards. So a setting gives the same sound
whatever was rendered before it, and two experiments may have modules of the same name.

A session swaps state of the whole process: run one at a time, and render in parallel with processes, not threads.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from soundworks.synths.compat.rendering import CURRENT, Rendering, reproducible_rng
from soundworks.synths.compat.stand_in import INTERFACE, PACKAGES, stand_ins

#: Modules that a user's file of the same name does not replace.
_KEPT = frozenset(sys.stdlib_module_names) | {"soundworks", "numpy", "scipy"}


@dataclass
class Session:
    """Modules, random states and sample rate for one setting.

    Parameters
    ----------
    sr : int
        Sample rate in Hz.
    seed : int
        All randomness of the session derives from it.
    folders : tuple of Path
        Where the user's modules are, in the order of sys.path; none for a class that is at hand already.
    """

    sr: int
    seed: int
    folders: tuple[Path, ...] = ()
    constructor_seed: int = field(init=False)
    _rendering: Rendering = field(init=False)
    _states: tuple[Any, Any] = field(init=False)
    _modules: dict[str, ModuleType] = field(init=False)
    _path: list[str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        rendering, numpys, pythons, constructors = np.random.SeedSequence(self.seed).spawn(4)
        self._rendering = Rendering(self.sr, np.random.Generator(np.random.PCG64(rendering)))
        self._states = (
            np.random.RandomState(numpys.generate_state(4)).get_state(),
            random.Random(int(pythons.generate_state(1)[0])).getstate(),
        )
        self.constructor_seed = int(constructors.generate_state(1)[0])
        self._owned = _names_in(self.folders)
        token = CURRENT.set(self._rendering)
        self._modules = {name: module for name, module in stand_ins().items() if _top(name) not in self._owned}
        CURRENT.reset(token)
        self._owned |= {INTERFACE, *PACKAGES}

    @property
    def rng(self) -> np.random.Generator:
        """The session's source of randomness."""
        return self._rendering.rng

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Put the session in place; what it changes in the process is undone at the end and kept for the next time."""
        with contextlib.ExitStack() as stack:
            token = CURRENT.set(self._rendering)
            stack.callback(CURRENT.reset, token)
            stack.enter_context(self._random_states())
            stack.enter_context(self._imports())
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))
            stack.enter_context(np.errstate())
            stack.callback(os.chdir, Path.cwd())
            yield

    @contextlib.contextmanager
    def _random_states(self) -> Iterator[None]:
        callers = np.random.get_state(), random.getstate(), np.random.default_rng
        np.random.set_state(self._states[0])
        random.setstate(self._states[1])
        np.random.default_rng = reproducible_rng
        try:
            yield
        finally:
            self._states = np.random.get_state(), random.getstate()
            np.random.set_state(callers[0])
            random.setstate(callers[1])
            np.random.default_rng = callers[2]

    @contextlib.contextmanager
    def _imports(self) -> Iterator[None]:
        callers_path, writes_no_bytecode = list(sys.path), sys.dont_write_bytecode
        hidden = self._take_modules()
        sys.modules.update(self._modules)
        sys.path[:] = self._path or [*map(str, self.folders), *callers_path]
        sys.dont_write_bytecode = True  # the user's folder is an input: nothing is written there
        importlib.invalidate_caches()
        try:
            yield
        finally:
            self._modules, self._path = self._take_modules(), list(sys.path)
            sys.modules.update(hidden)
            sys.path[:] = callers_path
            sys.dont_write_bytecode = writes_no_bytecode

    def _take_modules(self) -> dict[str, ModuleType]:
        """Remove and return the loaded modules whose names belong to the user's folders or to the stand-ins."""
        names = [name for name in sys.modules if _top(name) in self._owned]
        return {name: sys.modules.pop(name) for name in names}


def private_name(file: Path) -> str:
    """Return a module name for a file whose own name cannot be imported, or is that of a standard module."""
    return f"user_{file.stem.replace('.', '_')}"


def _top(name: str) -> str:
    return name.partition(".")[0]


def _names_in(folders: tuple[Path, ...]) -> set[str]:
    """Return the top-level module names that the folders provide.

    A mere folder (without `__init__.py`) does not stand in the way of an installed package of its name.
    """
    names: set[str] = set()
    for folder in folders:
        for path in folder.glob("*.py"):
            names |= {path.stem, private_name(path)}
        for path in folder.iterdir():
            installed = getattr(sys.modules.get(path.name), "__file__", None)
            if path.is_dir() and ((path / "__init__.py").exists() or (_is_module_folder(path) and not installed)):
                names.add(path.name)
    return names - _KEPT


def _is_module_folder(folder: Path) -> bool:
    """Whether a folder without `__init__.py` can be imported from: it or a folder in it has Python files."""
    if folder.name in PACKAGES:
        return (folder / f"{INTERFACE}.py").exists()
    return folder.name.isidentifier() and (any(folder.glob("*.py")) or any(folder.glob("*/*.py")))
