"""Real sounds that generated ones are measured against, plain and after a passage through the representation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.sounds import SoundTable
from soundworks.features.spectrum import Array
from soundworks.gan.data import Cuts, find_cuts, read_cuts
from soundworks.gan.options import GanOptions
from soundworks.gan.table import read_held_out_rows, read_training_rows
from soundworks.metrics.embedding import SIZE, embed
from soundworks.progress import Meter
from soundworks.spectrogram.transform import Transform

Floats = NDArray[np.float64]

#: Stream of the seed for the choice of real sounds, noise, and random draws.
EVALUATE_STREAM = 39
#: Training sounds at most that generated ones are held against for copies.
MAX_TRAINING = 10_000
#: Fewest that a comparison makes sense with.
LEAST_TRAINING = 4
#: Sounds that are read or made at a time.
BLOCK = 64


@dataclass(frozen=True)
class Reference:
    """Real sounds.

    Attributes
    ----------
    points, represented_points : ndarray, shape (n_points, k)
        Embeddings of all that were read, and of what the representation makes of them.
    rows : ndarray of int, shape (n,)
        Which of the points there are sounds of.
    sounds, represented_sounds : ndarray of float32, shape (n, n_samples)
        These sounds, likewise.
    parameters : dict of str to ndarray, shape (n,)
        Their parameters that vary, in natural units.
    """

    points: Floats
    represented_points: Floats
    rows: NDArray[np.intp]
    sounds: Array
    represented_sounds: Array
    parameters: dict[str, Floats]


def evaluation_rng(seed: int, use: int) -> np.random.Generator:
    """Return the source of randomness for one use."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(EVALUATE_STREAM, use)))


def read_training_sounds(
    dataset_dir: Path, options: GanOptions, transform: Transform, most: int, seed: int
) -> Reference:
    """Return the sounds that a GAN was trained on, at most `MAX_TRAINING`, with `most` of them to listen to."""
    table = read_training_rows(dataset_dir, options.filter)
    cuts = find_cuts(table, transform, options.max_sounds, seed)
    cuts = _some(cuts, MAX_TRAINING, evaluation_rng(seed, 0))
    return _listen(table, cuts, transform, _choice(len(cuts), most, evaluation_rng(seed, 1)))


def read_held_out_sounds(
    dataset_dir: Path, options: GanOptions, transform: Transform, most: int, seed: int
) -> Reference:
    """Return at most so many sounds of the splits validation and test, as embeddings alone; there may be none."""
    table = read_held_out_rows(dataset_dir, options.filter)
    cuts = _some(find_cuts(table, transform, None, seed), most, evaluation_rng(seed, 2))
    return _listen(table, cuts, transform, np.empty(0, np.intp))


def _some(cuts: Cuts, most: int, rng: np.random.Generator) -> Cuts:
    chosen = _choice(len(cuts), most, rng)
    return Cuts(cuts.rows[chosen], cuts.starts[chosen])


def _choice(count: int, most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return `most` of `count` numbers, rising; all if there are no more."""
    return np.sort(rng.permutation(count)[:most])


def _listen(table: SoundTable, cuts: Cuts, transform: Transform, rows: NDArray[np.intp]) -> Reference:
    """Read all cuts, with few of them in memory at a time, and keep the sounds of some."""
    rate, shape = transform.options.sample_rate, (len(rows), transform.n_samples)
    points = np.empty((2, len(cuts), SIZE))
    sounds = np.empty((2, *shape), np.float32)
    if not len(cuts):
        return Reference(points[0], points[1], rows, sounds[0], sounds[1], {})
    done = 0
    with Meter(len(cuts), "sound", "measure real sounds") as meter:
        for block in _blocks(read_cuts(table, cuts, transform)):
            forms = leveled(block, transform), leveled(transform.inverse(transform.forward(block)), transform)
            here = (rows >= done) & (rows < done + len(block))
            for index, form in enumerate(forms):
                points[index, done : done + len(block)] = embed(form, rate)
                sounds[index, here] = form[rows[here] - done]
            done += len(block)
            meter.advance_to(done)
    values = {name: column[cuts.rows[rows]] for name, column in table.values.items()}
    varying = {name: column for name, column in values.items() if column.size and np.ptp(column) > 0}
    return Reference(points[0], points[1], rows, sounds[0], sounds[1], varying)


def _blocks(sounds: Iterator[Array]) -> Iterator[Array]:
    block: list[Array] = []
    for sound in sounds:
        block.append(sound)
        if len(block) == BLOCK:
            yield np.stack(block)
            block = []
    if block:
        yield np.stack(block)


def leveled(sounds: Array, transform: Transform) -> Array:
    """Return sounds with a peak of 1 where the representation forgets levels; else as they are."""
    if transform.options.level == "keep":
        return sounds
    peaks = np.abs(sounds).max(axis=1, keepdims=True)
    return np.asarray(sounds / np.where(peaks > 0, peaks, 1), np.float32)
