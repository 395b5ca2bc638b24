"""The page that plays a trained network live: one HTML file with its weights and all else inside."""

from __future__ import annotations

import base64
import html
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import ArrayLike

from soundworks.errors import UserError
from soundworks.files import atomic_text
from soundworks.grid.page.bundle import HEAD, digest_of, filled, static
from soundworks.rnn import mulaw
from soundworks.rnn.output_file import check_output
from soundworks.rnn.page.build import STATIC_DIR, WASM
from soundworks.rnn.page.weights import packed_weights
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.trained import TrainedRnn

#: Weights inside a page, in bytes; base64 makes 4/3 of it, and a browser holds it all in memory, twice.
MAX_WEIGHT_BYTES = 100_000_000
_STYLES = ("theme.css", "page.css", "play.css")
_SCRIPTS = ("data.js", "panel.js", "scales.js", "engine.js", "voice.js", "live.js", "tape.js", "pad.js", "strip.js",
            "midi.js", "controls.js", "play.js")  # fmt: skip
_WORKLET = ("engine.js", "voice.js", "processor.js")


def write_play_page(
    trained: TrainedRnn, path: Path, title: str, *, settings: ArrayLike = (), grid_page: Path | None = None
) -> None:
    """Write the page of a network as one HTML file, which needs nothing else, from disk or from any web server.

    Parameters
    ----------
    trained : TrainedRnn
    path : Path
        Such as `results/tone/play/index.html`; the file appears whole, or not at all.
    title : str
    settings : array, shape (n_settings, n_parameters)
        What the network has learnt from, in [0, 1], to show as dots; see `settings.read_norms`.
    grid_page : Path, optional
        A page of the sounds that the network has learnt from, which is linked relative to the page's folder.

    Raises
    ------
    UserError
        If the network is larger than a page holds.
    """
    check_output(path)
    weights = packed_weights(trained)
    if weights.nbytes > MAX_WEIGHT_BYTES:
        raise UserError(
            f"{trained.folder}: found {weights.nbytes / 1e6:,.0f} MB of weights, expected at most "
            f"{MAX_WEIGHT_BYTES / 1e6:,.0f} MB inside one page; train a smaller network (rnn.layers, rnn.hidden)"
        )
    link = None if grid_page is None else quote(Path(os.path.relpath(grid_page, path.parent)).as_posix())
    data = {
        "title": title,
        "fileName": re.sub(r"[^\w.-]+", "-", title).strip("-.") or "sound",
        "links": None,
        "gridPage": link,
        "network": _network(trained),
        "parameters": [_parameter(parameter) for parameter in trained.parameters],
        "settings": np.round(np.asarray(settings, np.float64), 4).tolist(),
        "worklet": "\n".join(map(_part, _WORKLET)),
        "wasm": _base64(WASM.read_bytes()),
        "weights": _base64(weights.astype("<f4").tobytes()),
    }
    with atomic_text(path) as stream:
        stream.writelines(filled(static(HEAD) + _part("play.html"), _fields(data, _description(trained))))


def _network(trained: TrainedRnn) -> dict[str, Any]:
    samples = mulaw.decode_table()
    return {
        "layers": trained.options.layers,
        "hidden": trained.options.hidden,
        "parameters": len(trained.parameters),
        "sampleInputs": trained.options.sample_inputs,
        "sampleRate": trained.sample_rate,
        "table": samples.tolist(),
        "steps": np.clip(np.rint(samples.astype(np.float64) * 32768), -32768, 32767).astype(int).tolist(),
    }


def _parameter(parameter: ControlParameter) -> dict[str, Any]:
    return {**parameter.to_dict(), "label": parameter.user_name or parameter.name}


def _description(trained: TrainedRnn) -> str:
    names = [parameter.user_name or parameter.name for parameter in trained.parameters]
    size = f"{trained.options.layers} × {trained.options.hidden}"
    told = f"A recurrent network of {size} units makes this sound as you listen, sample by sample."
    if not names:
        return told
    return f"{told} It follows {' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}."


def _fields(data: dict[str, Any], description: str) -> dict[str, str]:
    style = "\n".join(map(_part, _STYLES))
    script = '"use strict";\n{\n' + "\n".join(map(_part, _SCRIPTS)) + "}\n"
    return {
        "policy": _policy(style, script),
        "title": html.escape(data["title"]),
        "description": html.escape(description),
        "icon": f"data:image/svg+xml,{quote(_part('icon.svg').strip())}",
        "style": style,
        "data": json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
        "script": script,
    }


def _policy(style: str, script: str) -> str:
    """Return a Content Security Policy (level 3): our script, WebAssembly, the worklet out of the page, and no more."""
    sources = {
        "default-src": "'none'",
        "script-src": f"'sha256-{digest_of(script)}' 'wasm-unsafe-eval' data: blob:",
        "style-src": f"'sha256-{digest_of(style)}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items())


def _part(name: str) -> str:
    """Return a static part: ours, or one that all pages share."""
    own = STATIC_DIR / name
    return own.read_text(encoding="utf-8") if own.is_file() else static(name)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
