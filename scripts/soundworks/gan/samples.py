"""What a generator makes, to look at and to listen to: a picture of spectrograms, and their sounds in a row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.dataset.audio import write_sound
from soundworks.features.spectrum import Array
from soundworks.spectrogram.transform import Transform

#: Silence after each sound, in seconds.
_GAP_S = 0.1
#: Width and height of one spectrogram with its gaps, and what labels, title and scale need beside them, in inches.
_CELL_INCHES = (2.0, 1.6)
_LEFT_INCHES, _RIGHT_INCHES, _BOTTOM_INCHES, _TOP_INCHES = 0.7, 1.1, 0.5, 0.35
#: Gap between two spectrograms, as a share of one.
_GAP = 0.04


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
    write_sound(folder / f"{name}.wav", row, rate)


def draw_spectrograms(path: Path, values: Array, transform: Transform, title: str) -> None:
    """Draw spectrograms side by side, over time in s and frequency in Hz, on one scale of levels in dB.

    They are one picture on one pair of axes: axes for each take a minute where there are hundreds.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    mosaic = Mosaic.of(values.shape)
    width, height = mosaic.columns * _CELL_INCHES[0], mosaic.rows * _CELL_INCHES[1]
    size = (_LEFT_INCHES + width + _RIGHT_INCHES, _BOTTOM_INCHES + height + _TOP_INCHES)
    figure = Figure(figsize=size, dpi=80)
    FigureCanvasAgg(figure)
    figure.text(0.5, 1 - 0.5 * _TOP_INCHES / size[1], title, fontsize=10, ha="center", va="center")
    bottom, top = _BOTTOM_INCHES / size[1], height / size[1]
    ax = figure.add_axes((_LEFT_INCHES / size[0], bottom, width / size[0], top))
    low, high = (float(level) for level in transform.decibels(np.array([-1.0, 1.0], np.float32)))
    levels = mosaic.arrange(np.asarray(transform.decibels(values)))
    image = ax.imshow(levels, aspect="auto", vmin=low, vmax=high, interpolation="nearest")
    _label_axes(ax, mosaic, transform)
    bar = figure.add_axes((1 - 0.75 * _RIGHT_INCHES / size[0], bottom, 0.12 / size[0], top))
    figure.colorbar(image, cax=bar).set_label(_label(transform), fontsize=8)
    bar.tick_params(labelsize=7)
    figure.savefig(path, format="png", metadata={"Software": None})


@dataclass(frozen=True)
class Mosaic:
    """Where pictures of one shape are in a large one: row by row, with gaps between them; low frequencies are below."""

    count: int
    columns: int
    rows: int
    height: int
    width: int

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Mosaic:
        """Return the place of pictures, of shape (n, height, width), with about as many rows as columns."""
        columns = math.ceil(math.sqrt(shape[0]))
        return cls(shape[0], columns, math.ceil(shape[0] / columns), shape[1], shape[2])

    @property
    def gaps(self) -> tuple[int, int]:
        """Cells between rows, and between columns."""
        return math.ceil(_GAP * self.height), math.ceil(_GAP * self.width)

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """Return the first cell of a picture, from the upper left."""
        return row * (self.height + self.gaps[0]), column * (self.width + self.gaps[1])

    def arrange(self, pictures: Array) -> Array:
        """Return the large picture, NaN in gaps and where there is no picture."""
        end = self.corner(self.rows, self.columns)
        whole = np.full((end[0] - self.gaps[0], end[1] - self.gaps[1]), np.nan, np.float32)
        for index, picture in enumerate(pictures):
            first, left = self.corner(*divmod(index, self.columns))
            whole[first : first + self.height, left : left + self.width] = picture[::-1]
        return whole


def _label_axes(ax: Any, mosaic: Mosaic, transform: Transform) -> None:
    """Write times below each column, and frequencies beside each row; these are as the generator has them."""
    places = np.unique(np.linspace(0, mosaic.height - 1, 5).round().astype(int))
    ys = [mosaic.corner(row, 0)[0] + mosaic.height - 1 - place for row in range(mosaic.rows) for place in places]
    ax.set_yticks(ys, [f"{transform.frequencies_hz[place]:.0f}" for place in places] * mosaic.rows)
    duration_s = transform.n_samples / transform.options.sample_rate
    shares = np.array([0.0, 0.5])  # the end would run into the next one's start
    xs = [
        mosaic.corner(0, column)[1] - 0.5 + share * mosaic.width for column in range(mosaic.columns) for share in shares
    ]
    ax.set_xticks(xs, [f"{share * duration_s:.3g}" for share in shares] * mosaic.columns)
    ax.tick_params(labelsize=7)
    ax.set_xlabel("time (s)", fontsize=8)
    ax.set_ylabel("frequency (Hz)", fontsize=8)
    ax.spines[:].set_visible(False)


def _label(transform: Transform) -> str:
    full = "a full-scale sine" if transform.options.level == "keep" else "the sound's maximum"
    return f"level (dB re {full})"
