"""Grids as files: names, table, latents and parameters as the original has them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from numpy.typing import NDArray

from soundworks.grid.latents import read_latent
from soundworks.grid.surface import grid_positions, surface_between
from soundworks.grid.write import GridLatents, grid_parameters, params_text, write_grid
from soundworks.records.params import read_params

RATE = 8000


class Tones:
    """Makes a sound whose level is the first number of the latent."""

    sample_rate = RATE

    def sounds(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        wave = np.sin(2 * np.pi * 440 * np.arange(800) / RATE, dtype=np.float32)
        return latents[:, :1] * wave


def make(folder: Path, d0: int, d1: int, n_variations: int = 1) -> pd.DataFrame:
    corners = np.array([[0.1, 0], [0.5, 0], [0.3, 1], [1.5, 1]], np.float32)
    positions = grid_positions(d0, d1)
    latents = surface_between(corners)(positions.reshape(-1, 2)).reshape(d1, d0, 2)
    folder.mkdir()
    write_grid(folder, GridLatents(latents, positions, n_variations, 0.1, 7), Tones(), {"corners": ["a"]})
    return pd.read_csv(folder / "chunks.csv")


def test_a_grid_is_a_data_set_by_the_original_names(tmp_path: Path) -> None:
    table = make(tmp_path / "grid", 3, 2)

    assert table.file.tolist() == [f"chunks/test_2D4pt_d1.{i}_d0.{j}_v.0.wav" for i in range(2) for j in range(3)]
    assert table.columns.tolist() == ["file", "setting", "chunk", "onset_s", "duration_s", "split", "gain",
                                      "dim0", "dim1", "user:dim0", "user:dim1"]  # fmt: skip
    assert table.dim0.tolist() == [0, 0.5, 1] * 2
    assert table.dim1.tolist() == [0, 0, 0, 1, 1, 1]
    assert (table.duration_s == 0.1).all()
    about = json.loads((tmp_path / "grid" / "grid.json").read_text())
    assert (about["d0"], about["d1"], about["sample_rate"], about["corners"]) == (3, 2, RATE, ["a"])


def test_sound_and_latent_of_a_cell_belong_together(tmp_path: Path) -> None:
    table = make(tmp_path / "grid", 3, 2)

    stored = np.load(tmp_path / "grid" / "latents.npz")
    for row in table.itertuples():
        sound, rate = soundfile.read(tmp_path / "grid" / str(row.file))
        latent = read_latent((tmp_path / "grid" / str(row.file)).with_suffix(".pt"))
        assert rate == RATE
        level = np.sqrt(2 * np.mean(sound**2)) / float(row.gain)  # type: ignore[arg-type]
        assert level == pytest.approx(latent[0], rel=1e-3)
        i, j = divmod(int(row.setting), 3)  # type: ignore[call-overload]
        assert np.array_equal(stored["latents"][i, j], latent)
    assert table.gain.tolist()[:5] == [1] * 5
    assert table.gain.iloc[5] == pytest.approx(1 / 1.5, rel=1e-3)  # it would have clipped


@pytest.mark.parametrize(("d0", "d1", "names"), [(1, 1, []), (1, 3, ["dim1"]), (4, 1, ["dim0"])])
def test_a_side_of_one_point_has_no_parameter(d0: int, d1: int, names: list[str], tmp_path: Path) -> None:
    table = make(tmp_path / "grid", d0, d1)

    assert table.columns.tolist()[7:] == [*names, *(f"user:{name}" for name in names)]
    assert len(table) == d0 * d1
    params = read_params(tmp_path / "grid" / "chunks" / f"test_2D4pt_d1.{d1 - 1}_d0.{d0 - 1}_v.0.params")
    assert list(params.tracks) == [*names, "envPt"]


def test_params_are_laid_out_as_the_original_with_numbers_for_numbers() -> None:
    text = params_text("a.wav", grid_parameters(1, 5, (21, 3)), {"dim0": 21, "dim1": 3}, 1.1)

    content = json.loads(text)
    assert list(content) == ["meta", "dim0", "dim1", "envPt"]
    assert content["meta"]["filename"] == "a.wav"
    assert content["dim0"]["values"] == [0.25, 0.25]
    assert content["dim0"]["units"] == "norm, interp steps in[0,21]"
    assert content["dim1"]["values"] == [0.5, 0.5]
    assert (content["dim1"]["nvals"], content["dim1"]["minval"], content["dim1"]["maxval"]) == (3, 0.0, 1.0)
    assert content["dim0"]["times"] == [0.0, 1.1]
    stairs = content["envPt"]
    assert stairs["values"] == pytest.approx(np.repeat(np.arange(11) / 10, 2))
    assert stairs["times"][:3] == pytest.approx([0, 0.1 - 1e-6, 0.1])
    assert stairs["times"][-1] == pytest.approx(1.1 - 1e-6)


def test_variations_differ_a_little_and_never_drift(tmp_path: Path) -> None:
    make(tmp_path / "grid", 2, 2, n_variations=40)

    for stem in ("d1.0_d0.1", "d1.1_d0.1"):
        latents = np.stack(
            [read_latent(tmp_path / "grid" / "chunks" / f"test_2D4pt_{stem}_v.{v}.pt") for v in range(40)]
        )
        offsets = latents[1:] - latents[0]
        assert 0.07 < offsets.std() < 0.13  # 0.1; a random walk over 39 steps would come to about 0.4
    again = make(tmp_path / "again", 2, 2, n_variations=2)
    for file in again.file:
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / "grid" / file).read_bytes()
