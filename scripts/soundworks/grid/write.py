"""A grid of sounds as files: audio, latents and parameters by the original's names, and the table of a data set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.audio import write_sound
from soundworks.dataset.sound_table import write_sound_table
from soundworks.grid.latents import Latents, write_latent
from soundworks.progress import Meter
from soundworks.records.params import ParamTrack
from soundworks.training.provenance import write_json

GRID, TABLE, LATENTS, CHUNKS = "grid.json", "chunks.csv", "latents.npz", "chunks"
FORMAT = "soundworks grid 1"
#: All that `write_grid` makes.
MEMBERS = (GRID, TABLE, LATENTS, CHUNKS)
#: Sounds that are made at a time.
_BLOCK = 64
#: Stream of the seed; see `soundworks.dataset.settings` for the others.
_VARIATION_STREAM = 44
#: Stairs of the parameter `envPt`, and how long before the next stair each ends, in s; the original's numbers.
_ENVELOPE_STEPS, _BEFORE_S = 11, 1e-6


class Generator(Protocol):
    """What makes sounds from latents; `soundworks.gan.trained.TrainedGan` does."""

    @property
    def sample_rate(self) -> int:
        """Sample rate of the sounds, in Hz."""

    def sounds(self, latents: Latents) -> NDArray[np.float32]:
        """Return sounds, (n, latent_dim) → (n, n_samples)."""


@dataclass(frozen=True)
class Cell:
    """One sound of a grid: where it is, which of the variations there, and its latent, shape (latent_dim,)."""

    row: int
    column: int
    variation: int
    latent: Latents

    @property
    def name(self) -> str:
        """Name of its files, as the original has it."""
        return f"test_2D4pt_d1.{self.row}_d0.{self.column}_v.{self.variation}"


@dataclass(frozen=True)
class GridLatents:
    """The latents of a grid, with variations of each.

    Attributes
    ----------
    latents : ndarray of float32, shape (d1, d0, latent_dim)
    positions : ndarray, shape (d1, d0, 2)
        Where each point is on the surface between the corners, along d0 and along d1, in [0, 1].
    n_variations : int
        Sounds at each point; the first is the point itself, the others are drawn around it.
    deviation : float
        Standard deviation of what is added to the latents of the others.
    seed : int
        Of what is added.
    """

    latents: Latents
    positions: NDArray[np.float64]
    n_variations: int = 1
    deviation: float = 0.0
    seed: int = 0

    def cells(self) -> Iterator[Cell]:
        """Yield each sound: row by row, and the variations of a point one after the other, as the original."""
        for row, column in np.ndindex(*self.latents.shape[:2]):
            for variation in range(self.n_variations):
                yield Cell(row, column, variation, self._varied(row, column, variation))

    def _varied(self, row: int, column: int, variation: int) -> Latents:
        latent: Latents = self.latents[row, column]
        if variation == 0:
            return latent
        sequence = np.random.SeedSequence(self.seed, spawn_key=(_VARIATION_STREAM, row, column, variation))
        noise = np.random.default_rng(sequence).standard_normal(latent.size)
        return (latent + self.deviation * noise).astype(np.float32)


def write_grid(
    folder: Path, grid: GridLatents, generator: Generator, about: dict[str, Any], *, params: bool = True
) -> None:
    """Fill a folder with `chunks/`, `chunks.csv`, `latents.npz` and `grid.json`.

    Parameters
    ----------
    folder : Path
        An empty folder.
    grid : GridLatents
    generator : Generator
    about : dict
        What `grid.json` says beside sizes: corners, interpolation, provenance.
    params : bool
        Whether each sound gets its `.params` file.
    """
    (folder / CHUNKS).mkdir()
    d1, d0 = grid.latents.shape[:2]
    rows: list[list[Any]] = []
    total = d0 * d1 * grid.n_variations
    with Meter(total, "sound", "grid") as meter:
        for block in _blocks(grid.cells()):
            sounds = generator.sounds(np.stack([cell.latent for cell in block]))
            rows += [_write_cell(folder, cell, sound, generator.sample_rate, (d0, d1), params)
                     for cell, sound in zip(block, sounds, strict=True)]  # fmt: skip
            meter.advance_to(len(rows))
    write_sound_table(folder / TABLE, list(grid_parameters(0, 0, (d0, d1))), rows)
    np.savez(folder / LATENTS, allow_pickle=False, latents=grid.latents, positions=grid.positions)
    sizes = {"d0": d0, "d1": d1, "variations": grid.n_variations, "deviation": grid.deviation}
    if grid.n_variations > 1:
        sizes["variations_seed"] = grid.seed
    write_json(folder / GRID, {**about, "format": FORMAT, **sizes, "sample_rate": generator.sample_rate})


def _blocks(cells: Iterator[Cell]) -> Iterator[list[Cell]]:
    while block := list(islice(cells, _BLOCK)):
        yield block


def _write_cell(
    folder: Path, cell: Cell, sound: NDArray[np.float32], sample_rate: int, sizes: tuple[int, int], params: bool
) -> list[Any]:
    """Write the files of one sound; return its row of the table."""
    gain = write_sound(folder / CHUNKS / f"{cell.name}.wav", sound, sample_rate)
    write_latent(folder / CHUNKS / f"{cell.name}.pt", cell.latent)
    norm = grid_parameters(cell.row, cell.column, sizes)
    duration_s = sound.size / sample_rate
    if params:
        text = params_text(f"{cell.name}.wav", norm, dict(zip(("dim0", "dim1"), sizes, strict=True)), duration_s)
        (folder / CHUNKS / f"{cell.name}.params").write_text(text, encoding="utf-8")
    setting = cell.row * sizes[0] + cell.column
    values = [*norm.values()] * 2
    return [f"{CHUNKS}/{cell.name}.wav", setting, cell.variation, 0.0, duration_s, "train", gain, *values]


def grid_parameters(row: int, column: int, sizes: tuple[int, int]) -> dict[str, float]:
    """Return a point's parameters, in [0, 1]: `dim0` along a row, `dim1` along a column; none for a side of one."""
    parameters = {"dim0": (column, sizes[0]), "dim1": (row, sizes[1])}
    return {name: index / (count - 1) for name, (index, count) in parameters.items() if count > 1}


def params_text(file: str, norm: dict[str, float], counts: dict[str, int], duration_s: float) -> str:
    """Return a `.params` file as the original's grids have it, with `envPt`, a staircase over the sound's duration.

    See `soundworks.records.params` for the format. `minval` and `maxval` are numbers here, not the text "null".
    """
    tracks = {
        name: ParamTrack((0.0, duration_s), (value, value), f"norm, interp steps in[0,{counts[name]}]", counts[name])
        for name, value in norm.items()
    }
    stairs_s = np.linspace(0.0, duration_s, _ENVELOPE_STEPS + 1).tolist()
    times_s = [time for start, end in pairwise(stairs_s) for time in (start, end - _BEFORE_S)]
    values = [stair / (_ENVELOPE_STEPS - 1) for stair in range(_ENVELOPE_STEPS) for _ in range(2)]
    units = f"norm, duration in[0,{_ENVELOPE_STEPS}]"
    tracks["envPt"] = ParamTrack(tuple(times_s), tuple(values), units, _ENVELOPE_STEPS)
    return json.dumps({"meta": {"filename": file}} | {name: asdict(track) for name, track in tracks.items()}, indent=4)
