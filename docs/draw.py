"""Draw the README's picture from finished data sets: what four of them sound like, over one parameter each.

Run by `make pictures`; reads results/{pop,drip,tone,wind}/chunks.csv, writes docs/dataset.png.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import soundfile
from matplotlib.axes import Axes
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

ROOT = Path(__file__).parents[1]
#: Experiment, parameter along the row, its label, the values of the others (nearest on the grid), frequency limit.
ROWS = [
    ("pop", "rate_exp", "2^{:g} pops/s", {"irreg_exp": 0.5, "cf": 550.0}, 2000),
    ("drip", "cf", "drips from {:.0f} Hz", {"rate_exp": 2.0, "sweep": 330.0}, 2000),
    ("tone", "brightness", "brightness {:.2f}", {"pitch": 57.0, "level": -12.0}, 8000),
    ("wind", "gustiness", "gustiness {:g}", {"strength": 0.75}, 4000),
]
COLUMNS = 4
SECONDS = 2.0


def chosen_chunks(name: str, along: str, others: dict[str, float]) -> pd.DataFrame:
    """Return the first chunk of each value of one parameter, the others nearest to what is asked."""
    table = pd.read_csv(ROOT / "results" / name / "chunks.csv")
    table = table[table["chunk"] == 0]
    for other, value in others.items():
        nearest = table[other].iloc[(table[other] - value).abs().argmin()]
        table = table[table[other] == nearest]
    table = table.sort_values(along).reset_index(drop=True)
    return table.iloc[np.linspace(0, len(table) - 1, COLUMNS).round().astype(int)]


def draw_spectrogram(axes: Axes, path: Path, f_max_hz: float) -> None:
    """Draw a sound's level in dB over time in s and frequency in kHz."""
    samples, sample_rate = soundfile.read(path)
    stft = ShortTimeFFT(hann(512, sym=False), 128, sample_rate, mfft=1024, scale_to="magnitude")
    level_db = 20 * np.log10(np.abs(stft.stft(samples)) + 1e-6)
    extent = (0.0, len(samples) / sample_rate, 0.0, sample_rate / 2000)
    axes.imshow(level_db, origin="lower", aspect="auto", extent=extent, vmin=-95, vmax=-25, cmap="magma")
    axes.set_ylim(0, f_max_hz / 1000)


def main() -> None:
    """Draw all rows."""
    figure, grid = plt.subplots(len(ROWS), COLUMNS, figsize=(12, 8.5), layout="constrained", sharex=True)
    for row, (name, along, label, others, f_max_hz) in zip(grid, ROWS, strict=True):
        chunks = chosen_chunks(name, along, others)
        for axes, (_, chunk) in zip(row, chunks.iterrows(), strict=True):
            draw_spectrogram(axes, ROOT / "results" / name / str(chunk["file"]), f_max_hz)
            axes.set_title(label.format(chunk[along]), fontsize=10)
        row[0].set_ylabel(f"{name}\n\nfrequency (kHz)")
        for axes in row[1:]:
            axes.set_yticklabels([])
    for axes in grid[-1]:
        axes.set_xlabel("time (s)")
        axes.set_xlim(0, SECONDS)
    figure.savefig(ROOT / "docs" / "dataset.png", dpi=80)


if __name__ == "__main__":
    main()
