"""One HTML file out of a template, a style sheet, scripts, data, and sounds."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from soundworks.errors import UserError
from soundworks.features.sounds import read_sound
from soundworks.files import atomic_text

#: Start of every page up to its body; and the body of pages of sounds, a stage and a panel beside it.
HEAD, _FRAME = "head.html", "frame.html"
_STATIC_DIR = Path(__file__).parent / "static"
#: Sound inside a page, in bytes of WAV files; base64 makes 4/3 of it, and a browser holds it all in memory.
MAX_EMBEDDED_BYTES = 300_000_000


@dataclass(frozen=True)
class Sound:
    """What a page knows of a sound without playing it; sample rate in Hz."""

    path: Path
    n_bytes: int
    sample_rate: int
    duration_s: float


@dataclass(frozen=True)
class Parts:
    """What pages differ in: the name of the stage, and the file names of panel, style sheets and scripts, in order."""

    label: str
    panel: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...]


def describe_sound(path: Path) -> Sound:
    """Read what a page says of a WAV file; raise a `UserError` if there is none."""
    samples, sample_rate = read_sound(path)
    with path.open("rb") as stream:
        head = stream.read(12)
        if (head[:4], head[8:]) != (b"RIFF", b"WAVE"):
            raise UserError(f"{path}: found another kind of sound, expected a WAV file, which every browser plays")
    return Sound(path, path.stat().st_size, sample_rate, samples.size / sample_rate)


def write_html(path: Path, parts: Parts, data: dict[str, Any], layers: Sequence[Sequence[Sound]], embed: bool) -> None:
    """Write a page that needs nothing from the network.

    Parameters
    ----------
    path : Path
        The HTML file; it appears whole, or not at all.
    parts : Parts
    data : dict
        Plain values for the scripts, which find them as `page`; `title` and `description` are also in the template.
        `links` is added here: the sounds' addresses by layer, where they are not inside.
    layers : sequence of sequence of Sound
        The sounds of each layer, cell by cell.
    embed : bool
        Whether the sounds are inside the page, as base64 after all else, so that the page shows before they are there.

    Raises
    ------
    UserError
        If more sound is to be inside than a browser takes well.
    """
    n_bytes = sum(sound.n_bytes for layer in layers for sound in layer)
    if embed and n_bytes > MAX_EMBEDDED_BYTES:
        raise UserError(
            f"{path}: found {n_bytes / 1e6:,.0f} MB of sound, expected at most {MAX_EMBEDDED_BYTES / 1e6:,.0f} MB "
            "inside one page; keep the sounds beside it (page.embed: false), or show fewer"
        )
    links = None if embed else [[_address(sound.path, path.parent) for sound in layer] for layer in layers]
    with atomic_text(path) as stream:
        head, tail = _document(parts, {**data, "links": links}).split("{{sounds}}")
        stream.write(head)
        if embed:
            _write_sounds(stream, layers)
        stream.write(tail)


def _address(sound: Path, folder: Path) -> str:
    """Return the relative address of a sound from the page's folder."""
    return quote(Path(os.path.relpath(sound, folder)).as_posix())


def _document(parts: Parts, data: dict[str, Any]) -> str:
    style = "\n".join(map(static, parts.styles))
    script = '"use strict";\n{\n' + "\n".join(map(static, parts.scripts)) + "}\n"
    fields = {
        "policy": _policy(style, script),
        "title": html.escape(data["title"]),
        "description": html.escape(data["description"]),
        "icon": f"data:image/svg+xml,{quote(static('icon.svg').strip())}",
        "plain": static("plain.html").strip(),
        "label": html.escape(parts.label),
        "panel": static(parts.panel).strip(),
        "style": style,
        "data": json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
        "script": script,
    }
    return "".join(filled(static(HEAD) + static(_FRAME), fields))


def filled(template: str, fields: dict[str, str]) -> Iterator[str]:
    """Yield a template with its `{{fields}}` filled in, in one pass: what is filled in may look like a field."""
    for piece in template.split("{{"):
        name, found, rest = piece.partition("}}")
        if not found:
            yield piece
        elif name in fields:
            yield fields[name] + rest
        else:
            yield f"{{{{{name}}}}}{rest}"


def _policy(style: str, script: str) -> str:
    """Return a Content Security Policy (level 3) that runs only our script, and loads only what is beside the page."""
    sources = {
        "default-src": "'none'",
        "script-src": f"'sha256-{digest_of(script)}'",
        "style-src": f"'sha256-{digest_of(style)}'",
        "img-src": "data:",
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items())


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text as a Content Security Policy has it."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def static(name: str) -> str:
    """Return a static part of a page by its file name."""
    return (_STATIC_DIR / name).read_text(encoding="utf-8")


def _write_sounds(stream: IO[Any], layers: Iterable[Iterable[Sound]]) -> None:
    for number, layer in enumerate(layers):
        for cell, sound in enumerate(layer):
            content = base64.b64encode(sound.path.read_bytes()).decode()
            stream.write(f'<script type="text/plain" id="sound-{number}-{cell}">{content}</script>\n')
