"""A sound to be matched, as the data set's chunks are: one channel, one sample rate, one length."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.audio import peak_of
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.features.sounds import conform, mono, read_channels, read_sound
from soundworks.features.spectrum import Array
from soundworks.files import sha256_of
from soundworks.programmer.patches import PatchTable
from soundworks.programmer.targets import Floats

#: Peak below which a sound counts as silent: one step of 16 bits.
_SILENCE = 2.0**-15


@dataclass(frozen=True)
class TargetSound:
    """One target.

    Attributes
    ----------
    name : str
        For tables.
    samples : ndarray of float32, shape (n_samples,)
        In [-1, 1].
    chunk : int
        Which chunk of a patch's sound it is to be compared with.
    true : ndarray or None, shape (n_parameters,)
        Natural values of the patch that made it, if it is known.
    heard : ndarray of bool or None, shape (n_parameters,)
        Which of them can be heard.
    prepared : dict
        What was done to the file's sound; see `read_target`.
    """

    name: str
    samples: Array
    chunk: int = 0
    true: Floats | None = None
    heard: NDArray[np.bool_] | None = None
    prepared: dict[str, Any] = field(default_factory=dict)


def chunk_targets(dataset_dir: Path, patches: PatchTable, n_targets: int) -> list[TargetSound]:
    """Return the first sounds of the test split as targets.

    Raises
    ------
    UserError
        If the split is empty, or a file cannot be read.
    """
    rows = patches.rows("test")[:n_targets]
    if not len(rows):
        raise UserError(
            f"{dataset_dir}: found no sound in the split test, expected some to evaluate with; set dataset.splits.test"
        )
    return [
        TargetSound(
            patches.files[row], read_sound(dataset_dir / patches.files[row])[0], int(patches.chunks[row]),
            patches.values[row], patches.heard[row],
        )
        for row in rows
    ]  # fmt: skip


def read_target(path: Path, dataset: Dataset) -> TargetSound:
    """Read any sound file, and bring it to the form of the data set's chunks.

    Channels are averaged, the rate is changed with soxr, the end is cut off or filled up with zeros. The level is kept.
    `prepared` says what was done: sample rate, channels, duration, and level of the file; `resampled_from_hz`,
    `mixed_from_channels`, `cropped_from_s`, `padded_from_s` where they apply, else None.

    Raises
    ------
    UserError
        If the file is no sound, is empty, holds NaN or infinity, or is silent where it would be matched.
    """
    channels, rate = read_channels(path)
    n_channels = 1 if channels.ndim == 1 else channels.shape[1]
    samples = mono(channels)
    config = dataset.config
    conformed = conform(samples, rate, config.sample_rate, config.chunk_samples)
    peak = peak_of(conformed.astype(np.float64))
    if peak < _SILENCE:
        part = f"its first {config.chunk_duration_s:g} s are" if peak_of(samples.astype(float)) >= _SILENCE else "it is"
        raise UserError(f"{path}: {part} silent, expected a sound")
    duration_s = samples.size / rate
    wanted_s = config.chunk_samples / config.sample_rate
    prepared = {
        "file": str(path),
        "sha256": sha256_of(path),
        "sample_rate_hz": rate,
        "channels": n_channels,
        "duration_s": duration_s,
        "resampled_from_hz": rate if rate != config.sample_rate else None,
        "mixed_from_channels": n_channels if n_channels > 1 else None,
        "cropped_from_s": duration_s if duration_s > wanted_s else None,
        "padded_from_s": duration_s if duration_s < wanted_s else None,
        "peak_db": 20 * float(np.log10(peak)),
        "rms_db": level_db(conformed),
    }
    return TargetSound(path.stem, conformed, prepared=prepared)


def level_db(samples: Array) -> float | None:
    """Return the root mean square of a sound, in dB re full scale; None for silence."""
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return 10 * float(np.log10(power)) if power else None
