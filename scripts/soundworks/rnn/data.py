"""What a training step hears: a window of each lane's sound, which the next step goes on with; and held-out windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundworks.rnn.mulaw import SILENCE
from soundworks.rnn.options import RnnOptions
from soundworks.rnn.sounds import Codes, Sounds

Array = NDArray[np.float32]

#: Stream of the experiment's seed for what the lanes hear.
_VISIT_STREAM = 51
#: Samples of a held-out window, and those at its start that do not count: the network comes out of silence there.
WINDOW_SAMPLES, UNCOUNTED_SAMPLES = 4096, 1000
#: Held-out windows at a time.
_BLOCK = 128


@dataclass(frozen=True)
class Batch:
    """Windows of some sounds.

    Attributes
    ----------
    codes : ndarray of uint8, shape (batch, time)
        What the network is to tell; silence after the end of a sound.
    norms : ndarray of float32, shape (batch, time or 1, n_parameters)
        Parameters in [0, 1]; once for all times if none of them moves.
    counted : ndarray of bool, shape (batch, time), or None
        Which samples count; None for all.
    begins : ndarray of bool, shape (batch,)
        Where the network starts from silence.
    """

    codes: Codes
    norms: Array
    counted: NDArray[np.bool_] | None
    begins: NDArray[np.bool_]


def cut(sounds: Sounds, which: NDArray[np.intp], starts: NDArray[np.int64], length: int) -> Batch:
    """Return windows of sounds, each from a sample of its own sound on."""
    firsts = sounds.firsts[which] + starts
    places = firsts[:, None] + np.arange(length)
    counted = places < sounds.lasts[which][:, None]
    if counted.all():
        codes = sounds.codes[places]
    else:
        codes = np.where(counted, sounds.codes[np.minimum(places, len(sounds.codes) - 1)], np.uint8(SILENCE))
    begins = np.ones(len(which), np.bool_)
    return Batch(codes, _norms(sounds, which, starts, length), None if counted.all() else counted, begins)


def _norms(sounds: Sounds, which: NDArray[np.intp], starts: NDArray[np.int64], length: int) -> Array:
    if not sounds.courses:
        return sounds.constants[which][:, None]
    pairs = zip(which.tolist(), starts.tolist(), strict=True)
    return np.stack([sounds.norms(sound, start, length) for sound, start in pairs])


class Lanes:
    """What each place of a batch, a lane, hears at each step.

    A lane goes through windows of `seq_len` samples. In a visit of `windows` of them, they follow one another in one
    sound; if that ends, in another from its start. Lanes change at different steps: lane b is at window (s + b) mod
    `windows` in step s. What a visit hears depends on the seed, the lane and the number of the visit alone.

    Parameters
    ----------
    sounds : Sounds
    options : RnnOptions
    seed : int
    """

    def __init__(self, sounds: Sounds, options: RnnOptions, seed: int) -> None:
        self.sounds, self.options, self.seed = sounds, options, seed
        self._lengths = (sounds.lasts - sounds.firsts).tolist()
        self._ends = np.cumsum(sounds.lasts - sounds.firsts)
        self._lanes = np.arange(options.batch_size)
        shape = (options.batch_size, options.windows)
        self._which, self._starts, self._begins = (
            np.zeros(shape, np.intp),
            np.zeros(shape, np.int64),
            np.ones(shape, bool),
        )
        self._planned: NDArray[np.int64] = np.full(options.batch_size, -1)

    def batch(self, step: int) -> Batch:
        """Return what all lanes hear at a step, which may be any."""
        visits, windows = np.divmod(step + self._lanes, self.options.windows)
        for lane in np.flatnonzero(visits != self._planned).tolist():
            self._plan(lane, int(visits[lane]))
        at = (self._lanes, windows)
        batch = cut(self.sounds, self._which[at], self._starts[at], self.options.seq_len)
        return Batch(batch.codes, batch.norms, batch.counted, self._begins[at])

    def _plan(self, lane: int, visit: int) -> None:
        """Draw the sounds of a visit: any sample of any sound is as likely, as far as the windows after it fit in."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(_VISIT_STREAM, lane, visit)))
        n_windows, seq_len = self.options.windows, self.options.seq_len
        window = 0
        while window < n_windows:
            stays = rng.random() < self.options.splice
            sound = int(np.searchsorted(self._ends, rng.integers(self._ends[-1]), side="right"))
            spare = self._lengths[sound] - (n_windows - window) * seq_len
            start = int(rng.integers(spare + 1)) if spare > 0 else 0
            count = min(n_windows - window, -(-self._lengths[sound] // seq_len))
            part = slice(window, window + count)
            self._which[lane, part] = sound
            self._starts[lane, part] = start + seq_len * np.arange(count)
            self._begins[lane, part] = False
            self._begins[lane, window] = not stays
            window += count
        self._planned[lane] = visit


class HeldOut:
    """Windows of held-out sounds, always the same, evenly spread over all of them.

    Parameters
    ----------
    sounds : Sounds
    n_samples : int
        Samples at most, all windows together; at least one window is taken.
    """

    def __init__(self, sounds: Sounds, n_samples: int) -> None:
        self.sounds = sounds
        lengths = sounds.lasts - sounds.firsts
        self.window = int(min(WINDOW_SAMPLES, lengths.max(initial=0)))
        starts = [np.arange(0, max(1, length - self.window + 1), self.window) for length in lengths.tolist()]
        which = np.repeat(np.arange(len(sounds)), [len(part) for part in starts])
        count = min(len(which), max(1, n_samples // max(self.window, 1)))
        chosen = np.unique(np.rint(np.linspace(0, len(which) - 1, count)).astype(np.intp)) if count else slice(0)
        self.which, self.starts = which[chosen], np.concatenate([*starts, np.zeros(0, np.int64)])[chosen]

    def __len__(self) -> int:
        return len(self.which)

    def batches(self) -> Iterator[Batch]:
        """Yield all windows, some at a time; samples at the start of each, a quarter at most, do not count."""
        for first in range(0, len(self), _BLOCK):
            part = slice(first, first + _BLOCK)
            which, starts = self.which[part], self.starts[part]
            batch = cut(self.sounds, which, starts, self.window)
            lengths = np.minimum(self.sounds.lasts[which] - self.sounds.firsts[which] - starts, self.window)
            heard = np.arange(self.window) >= np.minimum(UNCOUNTED_SAMPLES, lengths // 4)[:, None]
            yield Batch(
                batch.codes, batch.norms, heard if batch.counted is None else heard & batch.counted, batch.begins
            )
