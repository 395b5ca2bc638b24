"""The picture of a made sound: its spectrogram, with the courses of the parameters on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.rnn.control.curves import ControlCurves, Floats
from soundworks.rnn.parameters import ControlParameter

#: Window of the spectrogram in s, columns at most, levels below the loudest that are shown in dB.
_WINDOW_S, _COLUMNS, _RANGE_DB = 0.032, 1600, 80.0
#: Points of a drawn course.
_POINTS = 2000
_COLORS = ("#ff9500", "#35d0ff", "#7dff5a", "#ff6bd5", "#fff35c", "#c9a3ff")


def draw_gesture(
    path: Path, samples: NDArray[np.float32], sample_rate: int, curves: ControlCurves,
    parameters: Sequence[ControlParameter],
) -> None:  # fmt: skip
    """Draw a sound's spectrogram with the courses of all parameters on it, each over its whole range, as a PNG.

    Parameters
    ----------
    path : Path
        PNG file to write.
    samples : ndarray, shape (n_samples,)
    sample_rate : int
        In Hz.
    curves : ControlCurves
    parameters : sequence of ControlParameter
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 4.6), layout="constrained", dpi=100)
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    levels, extent = spectrogram(samples, sample_rate)
    top = float(levels.max())
    image = ax.imshow(
        levels, origin="lower", aspect="auto", extent=extent, cmap="magma", vmin=top - _RANGE_DB, vmax=top
    )
    ax.set(xlabel="time (s)", ylabel="frequency (kHz)")
    shares = ax.twinx()
    _draw_courses(shares, curves, parameters)
    shares.set(ylim=(-0.03, 1.03), xlim=extent[:2], ylabel="course within its range")
    figure.colorbar(image, ax=[ax, shares], label="level (dB re a full-scale sine)", pad=0.02)
    if parameters:
        figure.legend(loc="outside upper left", ncols=min(3, len(parameters)), frameon=False, fontsize=9)
    figure.savefig(path, format="png", metadata={"Software": None})


def _draw_courses(ax: Any, curves: ControlCurves, parameters: Sequence[ControlParameter]) -> None:
    from matplotlib.patheffects import Normal, Stroke

    outline = [Stroke(linewidth=3.4, foreground="black"), Normal()]
    times = np.linspace(0.0, curves.seconds, _POINTS)
    for index, (parameter, norms) in enumerate(zip(parameters, curves.at(times).T, strict=True)):
        color = _COLORS[index % len(_COLORS)]
        ax.plot(times, norms, color=color, linewidth=1.8, label=describe_range(parameter), path_effects=outline)


def describe_range(parameter: ControlParameter) -> str:
    """Say what 0 and 1 of a parameter stand for."""
    scale = ", log." if parameter.scale == "log" else ""
    return f"{parameter.name}, {parameter.minimum:g} to {parameter.maximum:g} {parameter.unit}".rstrip() + scale


def spectrogram(samples: NDArray[np.float32], sample_rate: int) -> tuple[Floats, tuple[float, float, float, float]]:
    """Return levels in dB re a full-scale sine, shape (n_bins, n_frames), and their extent in s and kHz.

    Hann windows of 32 ms, at most 1600 of them.
    """
    length = max(16, 2 * round(_WINDOW_S * sample_rate / 2))
    hop = max(length // 8, -(-samples.size // _COLUMNS))
    n_frames = max(1, -(-samples.size // hop))
    padded = np.pad(samples.astype(np.float64), (length // 2, length // 2 + n_frames * hop))
    window = np.hanning(length + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[: n_frames * hop : hop]
    magnitudes = np.abs(np.fft.rfft(frames * window, axis=1)) * (2.0 / window.sum())
    levels: Floats = 20.0 * np.log10(np.maximum(magnitudes.T, 1e-7))
    half_bin_khz = 0.5e-3 * sample_rate / length
    end_s, half_s = (n_frames - 0.5) * hop / sample_rate, 0.5 * hop / sample_rate
    return levels, (-half_s, end_s, -half_bin_khz, 0.5e-3 * sample_rate + half_bin_khz)
