"""What is measured: something that makes sounds of parameters, a network or what stands in for one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.progress import Meter
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.trained import TrainedRnn
from soundworks.training.torch_setup import generator_seed

Floats = NDArray[np.float64]
Sounds = NDArray[np.float32]

#: Streams of the seed for what is drawn here, and for the seeds of generated sounds.
_CHOICE_STREAM, _SOUND_STREAM = 55, 56
#: Numbers of parameters that are held in memory at a time.
_BLOCK_SIZE = 8_000_000
#: Seconds of each generated sound that are not measured: it begins in silence.
LEAD_S = 0.5


class Make(Protocol):
    """Makes sounds of parameters."""

    def __call__(self, norms: Floats, n_samples: int, seeds: Sequence[int]) -> Sounds:
        """Return sounds, shape (n, n_samples); norms (n, n_parameters) or (n, n_samples, n_parameters) in [0, 1]."""
        ...


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Attributes
    ----------
    parameters : tuple of ControlParameter
    sample_rate : int
        In Hz.
    make : Make
    seed : int
        Of all that is drawn.
    """

    parameters: tuple[ControlParameter, ...]
    sample_rate: int
    make: Make
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    def rng(self, *use: int) -> np.random.Generator:
        """Return the source of randomness for one use."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(_CHOICE_STREAM, *use)))

    def sound_seeds(self, count: int, *use: int) -> list[int]:
        """Return seeds of so many sounds, below 2^63."""
        return [generator_seed(self.seed, _SOUND_STREAM, *use, index) for index in range(count)]

    def to_norms(self, natural: Floats) -> Floats:
        """Return values in [0, 1] of natural values, shape (n, n_parameters)."""
        columns = [parameter.to_norm(natural[:, index]) for index, parameter in enumerate(self.parameters)]
        return np.clip(np.stack(columns, axis=1), 0.0, 1.0)

    def steady(self, natural: Floats, seconds: float, *use: int) -> Sounds:
        """Return a sound of each row of natural values, without its beginning, shape (n, n_samples)."""
        lead, wanted = round(LEAD_S * self.sample_rate), round(seconds * self.sample_rate)
        sounds = self.make(self.to_norms(natural), lead + wanted, self.sound_seeds(len(natural), *use))
        return sounds[:, lead:]


def maker(trained: TrainedRnn, temperature: float) -> Make:
    """Return what makes a network's sounds, many at a time; how many does not change their bytes."""
    from soundworks.rnn.render import render

    threads = len(os.sched_getaffinity(0))

    def make(norms: Floats, n_samples: int, seeds: Sequence[int]) -> Sounds:
        sounds = np.empty((len(norms), n_samples), np.float32)
        block = max(threads, _BLOCK_SIZE // (n_samples * norms.shape[-1]))
        with Meter(len(norms), "sound", "generate") as meter:
            for first in range(0, len(norms), block):
                last = min(first + block, len(norms))
                sounds[first:last] = render(
                    trained, norms[first:last], n_samples=n_samples, seeds=seeds[first:last], temperature=temperature,
                    threads=threads,
                )  # fmt: skip
                meter.advance_to(last)
        if not np.isfinite(sounds).all():
            raise UserError("found NaN or infinity in generated sounds, expected finite samples; train it again")
        return sounds

    return make
