"""Compile the engine of the page: `python -m soundworks.rnn.page.build` writes engine.wasm and engine.json.

Both are kept beside the source, so that nobody needs the compiler to make a page. The compiler is Clang as in Zig: the
PyPI package `ziglang`, or `zig` on the path.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from soundworks.errors import UserError, sentences_for_users
from soundworks.files import atomic_path, sha256_of
from soundworks.training.provenance import write_json

STATIC_DIR = Path(__file__).parent / "static"
SOURCE, WASM, ORIGIN = (STATIC_DIR / name for name in ("engine.c", "engine.wasm", "engine.json"))
#: Every float operation rounds by itself: no contraction, no relaxed SIMD. Old engines know all features named here.
FLAGS = (
    "-target", "wasm32-freestanding", "-mcpu=mvp+simd128+nontrapping_fptoint+sign_ext", "-O3", "-msimd128",
    "-ffp-contract=off", "-fno-builtin", "-ffreestanding", "-nostdlib", "-Wall", "-Wextra", "-Werror",
    "-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=16384",
)  # fmt: skip


def compiler() -> list[str] | None:
    """Return the command of the compiler; None where there is none."""
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang"]
    found = shutil.which("zig")
    return [found] if found else None


def build(wasm: Path) -> dict[str, Any]:
    """Compile the engine into a file, and return what it was made from and with.

    Raises
    ------
    UserError
        If there is no compiler, or it finds fault with the source.
    """
    command = compiler()
    if command is None:
        raise UserError("found no Zig, expected `zig` on the path or Python's package ziglang")
    version = _run([*command, "version"]).strip()
    with tempfile.TemporaryDirectory() as folder:  # a name of its own would go into the file
        _run([*command, "cc", *FLAGS, "-o", str(Path(folder) / WASM.name), str(SOURCE)])
        with atomic_path(wasm) as temporary:
            shutil.copyfile(Path(folder) / WASM.name, temporary)
    return {"compiler": f"zig {version}", "flags": list(FLAGS), "source_sha256": source_sha256(),
            "wasm_sha256": sha256_of(wasm)}  # fmt: skip


def source_sha256() -> str:
    """Return the checksum of the engine's source."""
    return hashlib.sha256(SOURCE.read_bytes()).hexdigest()


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise UserError(f"{command[0]}: the compiler failed: {' '.join(done.stderr.split())[:400]}")
    return done.stdout


if __name__ == "__main__":
    with sentences_for_users():
        write_json(ORIGIN, build(WASM))
