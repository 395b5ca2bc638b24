"""Sound without end, written as it is made: raw samples, or a WAV file of unknown length."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from soundworks.dataset.audio import CEILING, encode
from soundworks.dataset.wav import wav_header
from soundworks.rnn.control.generate import playing_of
from soundworks.rnn.control.gestures import Gesture
from soundworks.rnn.control.perform import blocks, start_stream
from soundworks.rnn.trained import TrainedRnn

#: Samples that a WAV header tells of where nobody knows: so many that programs read on until there are no more.
_ENDLESS_SAMPLES = 0x3FFFFFC0
#: Seconds of sound after which a machine that does not keep up is told of.
_WATCHED_S = 2.0


def play_to(
    write: Callable[[bytes], None], gesture: Gesture, rnn: TrainedRnn, n_samples: int | None, *, loop: bool,
    file_format: str, block: int,
) -> None:  # fmt: skip
    """Make sound and write it, block by block.

    Parameters
    ----------
    write : callable
        Takes bytes, and comes back when they are gone.
    gesture : Gesture
    rnn : TrainedRnn
    n_samples : int or None
        How many samples; None for no end.
    loop : bool
        Whether the curves start again at their end; their last values are held otherwise.
    file_format : {"s16le", "f32le", "wav"}
    block : int
        Samples at a time.
    """
    curves = gesture.control_curves(rnn)
    stream = start_stream(rnn, curves, playing_of(gesture))
    if file_format == "wav":
        write(wav_header(_ENDLESS_SAMPLES if n_samples is None else n_samples, rnn.sample_rate, "PCM_16"))
    watch = _Watch(rnn.sample_rate)
    made = blocks(stream, curves, n_samples, block=block, loop=loop)
    while (samples := watch.next_of(made)) is not None:
        write(to_bytes(samples, file_format))


def to_bytes(samples: NDArray[np.float32], file_format: str) -> bytes:
    """Return samples in [-1, 1] as little-endian bytes: floats for f32le, else 16-bit integers."""
    if file_format == "f32le":
        return samples.astype("<f4").tobytes()
    return encode(np.clip(samples.astype(np.float64), -CEILING, CEILING), 1.0, "PCM_16").astype("<i2").tobytes()


class _Watch:
    """Takes the time of making sound, without that of writing it, and says once if that is slower than real time."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.made, self.spent_s, self.told = 0, 0.0, False

    def next_of(self, blocks: Iterator[NDArray[np.float32]]) -> NDArray[np.float32] | None:
        """Return the next block, None at the end."""
        begun = time.perf_counter()
        samples = next(blocks, None)
        self.spent_s += time.perf_counter() - begun
        if samples is not None:
            self.made += samples.size
            self._tell()
        return samples

    def _tell(self) -> None:
        sound_s = self.made / self.sample_rate
        if not self.told and sound_s >= _WATCHED_S:
            self.told = True
            if self.spent_s > sound_s:
                ratio = self.spent_s / sound_s
                print(f"a second of sound takes {ratio:.1f} s here: expect gaps, or a smaller network", file=sys.stderr)
