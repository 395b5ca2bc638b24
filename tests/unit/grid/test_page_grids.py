"""The page of grids: each cell has its sound, and every damage of the files is one sentence."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.grid.page.of_grids import grids_page
from soundworks.grid.surface import grid_positions
from soundworks.grid.write import GridLatents, write_grid

D0, D1 = 3, 2


class Tones:
    """Makes tones of 0.1 s as loud as the first number of the latent."""

    sample_rate = 8000

    def sounds(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        return latents[:, :1] * np.sin(np.arange(800) * 0.3, dtype=np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "grid"
    folder.mkdir()
    positions = grid_positions(D0, D1)
    write_grid(folder, GridLatents((positions * 0.4 + 0.1).astype(np.float32), positions, 2, 0.01), Tones(), {})
    return folder


@pytest.fixture
def grid(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "grid")
    return tmp_path / "grid"


def test_each_cell_has_its_sound(grid: Path) -> None:
    shutil.copytree(grid, grid.parent / "linearized")
    page = grids_page([grid, grid.parent / "linearized"], "pop")
    assert [layer.name for layer in page.layers] == ["original", "linearized"]
    assert [layer.shape for layer in page.layers] == [(D1, D0)] * 2
    for row, column in np.ndindex(D1, D0):
        assert page.layers[0].sounds[row][column] == grid / f"chunks/test_2D4pt_d1.{row}_d0.{column}_v.0.wav"
        assert page.layers[1].values[row][column] == {"dim0": (column / 2, ""), "dim1": (float(row), "")}
    assert page.marks == {(0, 0): "z0", (0, 2): "z1", (1, 0): "z2", (1, 2): "z3"}


@pytest.mark.parametrize(
    ("d0", "d1", "marks"),
    [
        (1, 1, {(0, 0): "z0"}),
        (4, 1, {(0, 0): "z0", (0, 3): "z1"}),
        (1, 4, {(0, 0): "z0", (3, 0): "z2"}),
    ],
)
def test_a_line_has_its_own_ends_marked(d0: int, d1: int, marks: dict[tuple[int, int], str], tmp_path: Path) -> None:
    positions = grid_positions(d0, d1)
    write_grid(tmp_path, GridLatents((positions * 0.4 + 0.1).astype(np.float32), positions), Tones(), {})

    assert grids_page([tmp_path], "line").marks == marks


def test_a_map_has_no_corners_to_mark(grid: Path) -> None:
    about = json.loads((grid / "grid.json").read_text())
    (grid / "grid.json").write_text(json.dumps({**about, "method": "som"}))

    assert grids_page([grid], "map").marks == {}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text[:0], "this is no table of sounds (it has no column file)"),
        (lambda text: text.splitlines()[0] + "\n", "found 0 points, expected 3 × 2 as in grid.json"),
        (lambda text: text[:-30], "has another number of values than the first"),
        (lambda text: "".join(text.splitlines(True)[:3] + text.splitlines(True)[4:]), "found 5 points, expected 3 × 2"),
        (lambda text: text + text.splitlines(True)[1], "line 14 is the second with the first chunk of setting 0"),
        (lambda text: text.replace("chunk,", "chink,", 1), "it has no column chunk"),
        (lambda text: text.replace("dim0", "dim7"), "setting 0: dim0: found nothing (null), expected 0 in a grid"),
        (lambda text: text.replace("wav,3,", "wav,three,"), "line 8 has 'three' where a whole number is expected"),
        (lambda text: text.replace("wav,5,", "wav,6,"), "found 6 points, expected 3 × 2"),
        (lambda text: text.replace("0.5", "half"), "setting 1: dim0: found the text 'half', expected 0.5"),
        (lambda text: text.replace("chunks/test_2D4pt_d1.0_d0.1_v.0.wav", ""), "line 4 names no file"),
        (lambda text: text.replace("chunks/", "x" * 200_000, 1), "this is no table of sounds"),
        (lambda text: text.replace("chunks/", "\udcff", 1), "can't decode byte 0xff"),
    ],
)
def test_a_damaged_table_is_one_sentence(grid: Path, change: Callable[[str], str], sentence: str) -> None:
    path = grid / "chunks.csv"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8", errors="surrogateescape")

    with pytest.raises(UserError, match=rf"^{path}: .*{re.escape(sentence)}") as caught:
        grids_page([grid], "pop")

    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value)


def test_a_grid_without_a_table(grid: Path) -> None:
    (grid / "chunks.csv").unlink()

    with pytest.raises(UserError, match=r"chunks\.csv: no such file, expected the table of a finished"):
        grids_page([grid], "pop")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"d0": 0}, "d0: found 0, expected a whole number above 0"),
        ({"d1": -1}, "d1: found -1, expected a whole number above 0"),
        ({"d0": "x"}, "d0: found the text 'x', expected a whole number above 0"),
        ({"d0": None}, r"d0: found nothing \(null\), expected a whole number above 0"),
        ({"d1": 1.5}, "d1: found 1.5, expected a whole number above 0"),
        ({"d0": True}, "d0: found true, expected a whole number above 0"),
        ({"format": "x"}, "this says nothing of a grid, expected the format 'soundworks grid 1'"),
        ([], "this says nothing of a grid, expected the format 'soundworks grid 1'"),
        ("[" * 100_000, "found JSON of too many levels, expected a grid"),
        ("", "found no JSON, expected a grid, in the format 'soundworks grid 1'"),
    ],
)
def test_a_damaged_description_is_one_sentence(grid: Path, change: Any, sentence: str) -> None:
    path = grid / "grid.json"
    document = {**json.loads(path.read_text()), **change} if isinstance(change, dict) else change
    path.write_text(document if isinstance(document, str) else json.dumps(document))

    with pytest.raises(UserError, match=rf"^{path}: {sentence}"):
        grids_page([grid], "pop")


@pytest.mark.parametrize(("d0", "d1", "sentence"), [
    (4, 2, "found 6 points, expected 4 × 2 as in grid.json"),
    (10**30, 1, "found 6 points, expected 1000000000000000000000000000000 × 1"),
    (2, 3, "setting 1: dim0: found the text '0.5', expected 1 in a grid of 2 × 3"),
])  # fmt: skip
def test_a_description_of_another_grid_is_one_sentence(grid: Path, d0: int, d1: int, sentence: str) -> None:
    about = json.loads((grid / "grid.json").read_text())
    (grid / "grid.json").write_text(json.dumps({**about, "d0": d0, "d1": d1}))

    with pytest.raises(UserError, match=rf"^{grid}/chunks.csv: {sentence}"):
        grids_page([grid], "pop")
