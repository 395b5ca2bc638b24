"""What a generator makes, to look at and to listen to: a picture of spectrograms, and their sounds in a row."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.dataset.audio import CEILING, encode
from soundworks.dataset.wav import wav_bytes, wav_header
from soundworks.features.spectrum import Array
from soundworks.spectrogram.transform import Transform

#: Silence after each sound, in seconds.
_GAP_S = 0.1
#: Width and height of one spectrogram, and what the scale and the labels need, in inches.
_CELL_INCHES, _MARGIN_INCHES = (2.0, 1.6), (1.6, 0.9)
_FORMAT = "PCM_16"


def write_samples(folder: Path, name: str, values: Array, transform: Transform, title: str) -> None:
    """Write `<name>.png` and `<name>.wav`.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    name : str
    values : ndarray, shape (n, n_frequencies, n_times)
        In [-1, 1].
    transform : Transform
    title : str
        Of the picture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw_spectrograms(folder / f"{name}.png", values, transform, title)
    rate = transform.options.sample_rate
    gap = np.zeros((len(values), round(_GAP_S * rate)), np.float32)
    row = np.concatenate([transform.inverse(values), gap], axis=1).ravel()
    samples = encode(np.clip(row.astype(np.float64), -CEILING, CEILING), 1.0, _FORMAT)
    (folder / f"{name}.wav").write_bytes(wav_bytes(samples, wav_header(row.size, rate, _FORMAT)))


def draw_spectrograms(path: Path, values: Array, transform: Transform, title: str) -> None:
    """Draw spectrograms side by side, over time in s and frequency in Hz, on one scale of levels in dB."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = math.ceil(math.sqrt(len(values)))
    rows = math.ceil(len(values) / columns)
    size = [cells * cell + margin for cells, cell, margin in
            zip((columns, rows), _CELL_INCHES, _MARGIN_INCHES, strict=True)]  # fmt: skip
    figure = Figure(figsize=(size[0], size[1]), layout="constrained", dpi=80)
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=10)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    image: Any = None
    for index, ax in enumerate(grid.flat):
        ax.set_visible(index < len(values))
        if index < len(values):
            image = _draw(ax, values[index], transform)
            ax.tick_params(labelsize=7)
    for ax in grid[-1]:
        ax.set_xlabel("time (s)", fontsize=8)
    for ax in grid[:, 0]:
        ax.set_ylabel("frequency (Hz)", fontsize=8)
    figure.colorbar(image, ax=grid, label=_label(transform), pad=0.01)
    figure.savefig(path, format="png", metadata={"Software": None})


def _draw(ax: Any, values: Array, transform: Transform) -> Any:
    """Draw one spectrogram; its frequencies are evenly spaced in the picture, as the generator has them."""
    n_frequencies, n_times = values.shape
    step_s = transform.n_samples / transform.options.sample_rate / n_times
    low, high = (float(level) for level in transform.decibels(np.array([-1.0, 1.0], np.float32)))
    image = ax.imshow(transform.decibels(values), origin="lower", aspect="auto", vmin=low, vmax=high,
                      interpolation="nearest", extent=(0.0, n_times * step_s, -0.5, n_frequencies - 0.5))  # fmt: skip
    places = np.unique(np.linspace(0, n_frequencies - 1, 5).round().astype(int))
    ax.set_yticks(places, [f"{transform.frequencies_hz[place]:.0f}" for place in places])
    return image


def _label(transform: Transform) -> str:
    full = "a full-scale sine" if transform.options.level == "keep" else "the sound's maximum"
    return f"level (dB re {full})"
