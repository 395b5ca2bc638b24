"""The audition page: random sounds to listen to, four of which become the corners of a grid."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.grid.corners import FORMAT, NAMES
from soundworks.grid.page.bundle import Parts, Sound, describe_sound, write_html
from soundworks.grid.page.colors import similar_colors, spectral_features
from soundworks.grid.page.page import sound_data

_PARTS = Parts(
    "Sounds",
    "audition.html",
    ("theme.css", "page.css", "audition.css"),
    ("data.js", "wav.js", "audio.js", "plain.js", "grid.js", "panel.js", "listening.js", "corners.js", "audition.js"),
)
#: Columns for each row, so that the cells fill a screen beside the panel.
_ASPECT = 1.3


def write_audition(
    path: Path,
    sounds: Sequence[Path],
    latents: NDArray[Any],
    names: Sequence[str],
    origin: Mapping[str, Any],
    *,
    title: str = "Random sounds",
    embed: bool = True,
) -> None:
    """Write a page on which sounds are heard and four of them chosen; it saves `corners.json`.

    Parameters
    ----------
    path : Path
        The HTML file.
    sounds : sequence of Path
        WAV files.
    latents : ndarray, shape (n_sounds, latent_dim)
        What the sounds were made from; the page saves these numbers exactly.
    names : sequence of str
        What the sounds are called, on the page and under `file` in `corners.json`.
    origin : mapping of str to plain values
        What tells the GAN, such as `weights_sha256`; it goes to `corners.json` as it is.
    title : str
    embed : bool
        Whether the sounds are inside the page, or linked where they lie.

    Raises
    ------
    UserError
        If a sound cannot be read, or there are more than a page holds.
    ValueError
        If there is no sound, or not one latent vector and one name for each.
    """
    if not len(sounds) == len(latents) == len(names) > 0:
        raise ValueError(f"found {len(sounds)} sounds, {len(latents)} latents and {len(names)} names")
    layers = [[describe_sound(sound) for sound in sounds]]
    data = {
        "title": title,
        "description": f"{len(sounds)} random sounds; choose four of them as the corners of a grid.",
        **_layout(names, layers),
        "latents": np.asarray(latents, np.float64).tolist(),
        "corners": {"format": FORMAT, "names": list(NAMES), "origin": dict(origin)},
    }
    write_html(path, _PARTS, data, layers, embed)


def _layout(names: Sequence[str], layers: Sequence[Sequence[Sound]]) -> dict[str, Any]:
    paths = [sound.path for sound in layers[0]]
    columns = math.ceil(math.sqrt(len(paths) * _ASPECT))
    return {
        "rows": math.ceil(len(paths) / columns),
        "columns": columns,
        "count": len(paths),
        "marks": {cell: str(cell) for cell in range(len(paths))},
        **sound_data(layers),
        "layers": [
            {
                "name": "random",
                "colors": similar_colors(spectral_features(paths)),
                "values": [{"name": name} for name in names],
                "files": [path.name for path in paths],
            }
        ],
    }
