"""Small GANs for tests: a data set of tones, and what to train on it in a second."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from soundworks.gan.options import GanOptions, gan_options
from soundworks.gan.train import GanTraining
from soundworks.spectrogram.options import SpectrogramOptions, spectrogram_options

RATE = 4000
#: 64 samples, 17 frequencies and 8 times: odd at every scale, 5 × 2, 9 × 4, 17 × 8.
SPECTROGRAM: dict[str, Any] = {"n_fft": 32, "hop": 8, "frames": 8, "bands": None, "pool": 1}
OPTIONS: dict[str, Any] = {
    "downsampling": [[4, 4], [2, 2], [1, 1]], "channels": [6, 5, 4], "steps": [4, 4, 8], "batch_size": [4, 4, 6],
    "fade_jumps": [0, 2, 2], "latent_dim": 4, "sample_every": 100, "samples": 2, "ema_decay": 0.9,
}  # fmt: skip
#: Octaves above 250 Hz, and levels, of the tones.
OCTAVES, LEVELS = (0.0, 1.0, 2.0), (0.1, 0.2, 0.4, 0.8)


def make_options(**replaced: Any) -> GanOptions:
    """Return the options of a small GAN."""
    return gan_options({**OPTIONS, **replaced})


def make_spectrogram(**replaced: Any) -> SpectrogramOptions:
    """Return the options of small spectrograms."""
    return spectrogram_options({**SPECTROGRAM, **replaced}, RATE)


def tone(octave: float, level: float, n_samples: int = 64, rate: int = RATE) -> np.ndarray:
    """Return a sine."""
    return level * np.sin(2 * np.pi * 250 * 2**octave * np.arange(n_samples) / rate)


def write_tones(folder: Path, n_samples: int = 64, splits: tuple[str, ...] = ("train",)) -> Path:
    """Write a data set of twelve tones, `chunks.csv` and the files that it lists; return its folder."""
    (folder / "chunks").mkdir(parents=True)
    pairs = [(octave, level) for octave in OCTAVES for level in LEVELS]
    with (folder / "chunks.csv").open("w", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["file", "setting", "chunk", "onset_s", "duration_s", "split", "gain", "octave", "level",
                        "user:octave", "user:level"])  # fmt: skip
        for index, (octave, level) in enumerate(pairs):
            file, split = f"chunks/{index}.wav", splits[index % len(splits)]
            soundfile.write(folder / file, tone(octave, level, n_samples), RATE, subtype="FLOAT")
            table.writerow([file, index, 0, 0, n_samples / RATE, split, 1, octave, level, octave, level])
    return folder


def make_gan_training(data: Path, output: Path, seed: int = 5, **options: Any) -> GanTraining:
    """Return a training of a small GAN."""
    return GanTraining(data, output, make_options(**options), make_spectrogram(), seed)
