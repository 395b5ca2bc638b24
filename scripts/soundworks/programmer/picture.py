"""A picture of a match: the spectrograms of target and match on one scale, and the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.config.features import feature_options
from soundworks.features.extractor import Extractor
from soundworks.features.spectrum import Array
from soundworks.presets.preset import printable
from soundworks.programmer.synthesis import PatchRenderer
from soundworks.programmer.target_sound import TargetSound
from soundworks.programmer.targets import Floats

#: Range of the colours below the loudest level, in dB.
_RANGE_DB = 80.0
_N_MELS, _N_FFT, _HOP_LENGTH = 128, 2048, 256
#: Height of one parameter's row, and of all that is above the rows, in inches.
_ROW_INCHES, _TOP_INCHES = 0.22, 3.6


def draw_comparison(path: Path, target: TargetSound, renderer: PatchRenderer, patches: Mapping[str, Floats]) -> None:
    """Draw target and match side by side, over time in s and frequency in Hz, and the parameters of the patches below.

    Parameters
    ----------
    path : Path
        PNG file to write.
    target : TargetSound
    renderer : PatchRenderer
    patches : mapping of str to ndarray, shape (n_parameters,)
        In natural values; the last one is the match.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = renderer.space.names
    figure = Figure(figsize=(9, _TOP_INCHES + 0.8 + _ROW_INCHES * len(names)), layout="constrained", dpi=100)
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, height_ratios=(_TOP_INCHES, 0.8 + _ROW_INCHES * len(names)))
    match = renderer.chunk(list(patches.values())[-1], target.chunk)
    _draw_sounds(figure, grid, {f"target: {target.name}": target.samples, "match": match}, renderer.sample_rate)
    _draw_parameters(figure.add_subplot(grid[1, :]), names, patches, renderer)
    figure.savefig(path, format="png", metadata={"Software": None})


def _draw_sounds(figure: Any, grid: Any, sounds: Mapping[str, Array], sample_rate: int) -> None:
    extractor = _extractor(sample_rate)
    levels = {title: extractor.extract(samples) for title, samples in sounds.items()}
    loudest_db = max(float(level.max()) for level in levels.values())
    axes: list[Any] = []
    image: Any = None
    for column, (title, level) in enumerate(levels.items()):
        ax = figure.add_subplot(grid[0, column], sharey=axes[0] if axes else None)
        times_s = np.arange(level.shape[1]) * _HOP_LENGTH / sample_rate
        image = ax.pcolormesh(times_s, extractor.spectrum.frequencies_hz, level, vmin=loudest_db - _RANGE_DB,
                              vmax=loudest_db, shading="nearest", rasterized=True)  # fmt: skip
        ax.set_title(printable(title), parse_math=False)
        ax.set(xlabel="time (s)", yscale="log")
        axes.append(ax)
    axes[0].set_ylabel("frequency (Hz)")
    axes[1].tick_params(labelleft=False)
    figure.colorbar(image, ax=axes, label="level (dB re a full-scale sine)", pad=0.01)


def _extractor(sample_rate: int) -> Extractor:
    options = feature_options(
        "melspectrogram", sample_rate, n_mels=_N_MELS, n_fft=_N_FFT, hop_length=_HOP_LENGTH, fmin=30,
        fmax=sample_rate / 2, reference="full_scale", top_db=2 * _RANGE_DB, scaler="none", flip=False,
        channel_axis=False,
    )  # fmt: skip
    return Extractor(options, sample_rate)


def _draw_parameters(ax: Any, names: list[str], patches: Mapping[str, Floats], renderer: PatchRenderer) -> None:
    rows = np.arange(len(names))
    for number, (label, values) in enumerate(patches.items()):
        last = number == len(patches) - 1
        style = {"marker": "o", "s": 36} if last else {"marker": "x", "s": 30, "color": "0.5"}
        ax.scatter(renderer.space.to_unit(values), rows, label=label, zorder=2 + last, **style)
    ax.set(xlim=(-0.02, 1.02), ylim=(len(names) - 0.5, -0.5), xlabel="position in the parameter's range, 0 to 1")
    ax.set_yticks(rows, names, fontsize=8, parse_math=False)
    ax.grid(True, alpha=0.3)
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(patches), fontsize=8, frameon=False)
