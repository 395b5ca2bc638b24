"""Pictures can be read, are the same again, and histograms hold all that they are of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from linearizing import as_they_are, bump, generator, linearized, square
from matplotlib.image import imread

from soundworks.grid.linearize.pictures import draw_convergence, draw_histogram, draw_maps, draw_meshes, histogram_edges
from soundworks.grid.surface import grid_positions

MESH = linearized(bump, 7, 5, max_iterations=4)
GRIDS = {
    name: as_they_are(generator(bump)(latents.reshape(-1, 2)))
    for name, latents in (("initial", square(7, 5)), ("mesh $1", MESH.latents))
}
POSITIONS = {"initial": grid_positions(7, 5), "mesh $1": MESH.positions}
ALIKE = {"initial": np.zeros((35, 2))}


@pytest.mark.parametrize(
    "draw",
    [
        lambda path: draw_maps(path, GRIDS, 5, 7, "dB"),
        lambda path: draw_maps(path, ALIKE, 5, 7, "dB"),
        lambda path: draw_meshes(path, POSITIONS, GRIDS, "dB"),
        lambda path: draw_meshes(path, {"initial": grid_positions(7, 5)}, ALIKE, "dB"),
        lambda path: draw_convergence(path, MESH.history, {"original": [0.5, 0.4]}),
        lambda path: draw_convergence(path, MESH.history[:1], {}),
        lambda path: draw_histogram(path, GRIDS, 5, 7, "dB"),
        lambda path: draw_histogram(path, ALIKE, 5, 7, "dB"),
    ],
)
def test_a_picture_is_drawn_the_same_again(tmp_path: Path, draw: Callable[[Path], None]) -> None:
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    draw(first)
    draw(second)
    assert first.read_bytes() == second.read_bytes()
    pixels = imread(first)
    assert min(pixels.shape[:2]) > 200
    assert pixels[..., :3].std() > 0.01


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("d0", "d1"), [(1, 1), (2, 1), (1, 3)])
def test_grids_of_a_point_and_of_sounds_that_are_alike(tmp_path: Path, d0: int, d1: int) -> None:
    """No neighbours, or no distance: nothing is divided by 0, and no axis is a logarithm of nothing."""
    found = linearized(lambda u, v: (0 * u, 0 * v), d0, d1)
    alike = {"initial": np.zeros((d0 * d1, 2)), "mesh": np.zeros((d0 * d1, 2))}

    draw_maps(tmp_path / "maps.png", alike, d1, d0, "dB")
    draw_meshes(tmp_path / "meshes.png", {"initial": grid_positions(d0, d1), "mesh": found.positions}, alike, "dB")
    draw_convergence(tmp_path / "convergence.png", found.history, {"original": [0.0, 0.0]})
    draw_histogram(tmp_path / "histogram.png", alike, d1, d0, "dB")

    assert len(list(tmp_path.glob("*.png"))) == 4


def test_the_bins_of_a_histogram_fit() -> None:
    values = [np.random.default_rng(0).gamma(4.0, 30.0, 800), np.full(800, 110.0)]
    edges = histogram_edges(values)
    assert edges[0] == 0
    assert edges[-1] > max(each.max() for each in values)
    assert 10 <= len(edges) - 1 <= 80
    assert np.histogram(values[0], edges)[0].sum() == 800
    assert np.count_nonzero(np.histogram(values[0], edges)[0]) > 10
    assert len(histogram_edges([np.zeros(5)])) == 11
    assert histogram_edges([np.zeros(0)])[[0, -1]].tolist() == [0.0, 1.0]
