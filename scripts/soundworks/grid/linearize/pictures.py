"""Pictures of a grid before and after: distances of neighbours, the mesh, convergence, a histogram."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.grid.linearize.mesh import Mesh, lengths
from soundworks.grid.linearize.relaxation import Iteration
from soundworks.grid.linearize.uniformity import node_means
from soundworks.grid.surface import Floats

#: Features of a grid, shape (d1 · d0, n_features), row by row, by the name of what it is.
Grids = Mapping[str, NDArray[Any]]
_INCHES = 3.4


def draw_maps(path: Path, grids: Grids, d1: int, d0: int, unit: str) -> None:
    """Draw each point's mean distance to its neighbours along rows and columns, all grids on one scale, as a PNG.

    Parameters
    ----------
    path : Path
        PNG file to write.
    grids : mapping
    d1, d0 : int
        Rows and columns.
    unit : str
        What the distance is in, such as "log_spectrogram, dB".
    """
    figure = _figure(_INCHES * len(grids) + 0.9, _INCHES + 0.6)
    maps = {name: node_means(features, d1, d0) for name, features in grids.items()}
    top = max(float(values.max()) for values in maps.values()) or 1.0
    axes: list[Any] = []
    image: Any = None
    for place, (name, values) in enumerate(maps.items(), start=1):
        ax = figure.add_subplot(1, len(maps), place)
        image = ax.imshow(values, vmin=0.0, vmax=top, origin="upper", interpolation="nearest", aspect="auto")
        ax.set_title(name, parse_math=False)
        ax.set(xlabel="column (z0 to z1)")
        _whole_ticks(ax.xaxis)
        _whole_ticks(ax.yaxis)
        axes.append(ax)
    axes[0].set_ylabel("row (z0 to z2)")
    figure.colorbar(image, ax=axes, label=f"mean distance to neighbours ({unit})", pad=0.01)
    _save(figure, path)


def draw_meshes(path: Path, positions: Mapping[str, Floats], grids: Grids, unit: str) -> None:
    """Draw meshes in the plane of the surface between the corners, edges coloured by distance on one scale, as a PNG.

    Parameters
    ----------
    path : Path
        PNG file to write.
    positions : mapping of str to ndarray, shape (d1, d0, 2)
        Positions in [0, 1]; z0 is drawn at the upper left, as the page has it.
    grids : mapping
        Features of the same grids, by the same names.
    unit : str
    """
    from matplotlib.collections import LineCollection

    figure = _figure(_INCHES * len(positions) + 0.9, _INCHES + 0.6)
    meshes = {name: Mesh(*places.shape[:2]) for name, places in positions.items()}
    distances = {name: lengths(grids[name], mesh.edges) for name, mesh in meshes.items()}
    top = max(float(values.max(initial=0.0)) for values in distances.values()) or 1.0
    axes: list[Any] = []
    lines: Any = None
    for place, (name, mesh) in enumerate(meshes.items(), start=1):
        ax = figure.add_subplot(1, len(meshes), place)
        segments = positions[name].reshape(-1, 2)[mesh.edges]
        lines = LineCollection(list(segments), array=distances[name], linewidths=1.2)
        lines.set_clim(0.0, top)
        ax.add_collection(lines)
        ax.set_title(name, parse_math=False)
        ax.set(xlim=(-0.03, 1.03), ylim=(1.03, -0.03), xlabel="z0 to z1", aspect="equal")
        axes.append(ax)
    axes[0].set_ylabel("z0 to z2")
    figure.colorbar(lines, ax=axes, label=f"distance of neighbours ({unit})", pad=0.01)
    _save(figure, path)


def draw_convergence(path: Path, history: Sequence[Iteration], others: Mapping[str, Sequence[float]]) -> None:
    """Draw the coefficient of variation and the movement over evaluations of the generator, as a PNG.

    Parameters
    ----------
    path : Path
        PNG file to write.
    history : sequence of Iteration
        Of the mesh.
    others : mapping of str to sequence of float
        Coefficients of variation after 1, 2, 3 … evaluations, such as those of the original's rule.
    """
    figure = _figure(7.5, 5.2)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    evaluations = [iteration.evaluations for iteration in history]
    for name, variations in others.items():
        above.plot(np.arange(1, len(variations) + 1), variations, label=name, color="0.5")
    above.plot(evaluations, [iteration.variation for iteration in history], marker="o", markersize=3, label="mesh")
    variations = [iteration.variation for iteration in history] + [value for each in others.values() for value in each]
    above.set(ylabel="coefficient of variation\nof neighbours' distances", yscale=_scale_of(variations))
    above.legend(frameon=False)
    movements = np.array([iteration.movement for iteration in history[1:]])
    below.plot(evaluations[1:], np.where(movements > 0, movements, np.nan), marker="o", markersize=3)
    below.set(ylabel="mean movement\n(steps of the even grid)", yscale=_scale_of(movements))
    below.set(xlabel="evaluations of the whole grid by the generator")
    for ax in (above, below):
        ax.grid(True, alpha=0.3, which="both")
    _save(figure, path)


def draw_histogram(path: Path, grids: Grids, d1: int, d0: int, unit: str) -> None:
    """Draw histograms of neighbours' distances, relative to their median, in bins that fit all of them, as a PNG."""
    from matplotlib.ticker import PercentFormatter

    figure = _figure(7.5, 4.0)
    ax = figure.add_subplot()
    distances = {name: lengths(features, Mesh(d1, d0).edges) for name, features in grids.items()}
    medians = {name: float(np.median(values)) if values.size else 0.0 for name, values in distances.items()}
    relative = {name: values / (medians[name] or 1.0) for name, values in distances.items()}
    edges = histogram_edges(list(relative.values()))
    for name, values in relative.items():
        ax.hist(values, bins=edges, weights=np.full(len(values), 1.0 / max(len(values), 1)), histtype="stepfilled",
                alpha=0.45, label=f"{name}, median {medians[name]:.3g}")  # fmt: skip
    ax.axvline(1.0, color="0.3", linewidth=0.8)
    ax.set(xlabel=f"distance of neighbours / its median ({unit})", ylabel="share of neighbours", xlim=(0, edges[-1]))
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.legend(frameon=False)
    _save(figure, path)


def histogram_edges(values: Sequence[Floats]) -> Floats:
    """Return edges of bins from 0 to beyond the largest value, as wide as the narrowest of the data sets asks for.

    The width is D. Freedman's and P. Diaconis' (1981), 2 · interquartile range / n^(1/3), in 10 to 80 bins.
    """
    values = [each for each in values if each.size]
    top = max((float(each.max()) for each in values), default=0.0) * 1.0001 or 1.0
    widths = [2.0 * float(np.subtract(*np.percentile(each, [75, 25]))) / len(each) ** (1 / 3) for each in values]
    width = min((width for width in widths if width > 0), default=top)
    return np.linspace(0.0, top, int(np.clip(np.ceil(top / width), 10, 80)) + 1)


def _scale_of(values: Iterable[float]) -> str:
    """Return the scale of an axis: a logarithm needs something above 0."""
    return "log" if any(value > 0 for value in values) else "linear"


def _figure(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", dpi=100)
    FigureCanvasAgg(figure)
    return figure


def _whole_ticks(axis: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=6, integer=True))


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, format="png", metadata={"Software": None})
