"""A network that plays courses of its parameters, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundworks.features.sounds import conform, read_sound
from soundworks.rnn.control.curves import ControlCurves
from soundworks.rnn.trained import TrainedRnn

if TYPE_CHECKING:
    from soundworks.rnn.stream import Stream

#: Samples that are made at a time; no sound depends on it.
BLOCK = 4096
#: Length of silence or noise before the sound where none is given, in s.
DEFAULT_PRIME_S = 0.1


@dataclass(frozen=True)
class Playing:
    """How a network plays.

    Attributes
    ----------
    seed : int
        Of the samples.
    temperature, top_p : float
        How samples are drawn; see `soundworks.rnn.stream.Stream`.
    prime : str or Path
        What it hears before: "none", "silence", "noise", or a sound file.
    prime_seconds : float or None
        How long; None for 0.1 s of silence or noise, or the whole file. Of a longer file, its end.
    weights : {"float32", "int8"}
        How the weights are kept; see `soundworks.rnn.stream.Stream`.
    """

    seed: int = 0
    temperature: float = 1.0
    top_p: float = 1.0
    prime: str | Path = "none"
    prime_seconds: float | None = None
    weights: str = "float32"


def start_stream(rnn: TrainedRnn, curves: ControlCurves, playing: Playing) -> Stream:
    """Return a stream that has heard what it is primed with, with the parameters of the curves' start."""
    from soundworks.rnn.stream import Stream  # compiles its loop, which help texts need not wait for

    stream = Stream(
        rnn, seed=playing.seed, temperature=playing.temperature, top_p=playing.top_p, weights=playing.weights
    )
    for name, norm in zip(rnn.names, curves.at([0.0])[0], strict=True):
        stream.set_norm(name, float(norm))
    seconds = DEFAULT_PRIME_S if playing.prime_seconds is None else playing.prime_seconds
    if isinstance(playing.prime, Path):
        stream.prime(prime_samples(playing.prime, rnn.sample_rate, playing.prime_seconds))
    elif playing.prime == "silence":
        stream.prime_silence(seconds)
    elif playing.prime == "noise":
        stream.prime_noise(seconds)
    return stream


def prime_samples(path: Path, sample_rate: int, seconds: float | None) -> NDArray[np.float32]:
    """Return a sound file at a sample rate in Hz, or its last seconds, mono in [-1, 1], shape (n,)."""
    samples, rate = read_sound(path)
    heard = conform(samples, rate, sample_rate, max(1, round(samples.size * sample_rate / rate)))
    if seconds is not None:
        heard = heard[-max(1, round(seconds * sample_rate)) :]
    return np.ascontiguousarray(np.clip(heard, -1.0, 1.0), np.float32)


def blocks(
    stream: Stream, curves: ControlCurves, n_samples: int | None, *, block: int = BLOCK, loop: bool = False
) -> Iterator[NDArray[np.float32]]:
    """Yield samples that follow curves, in [-1, 1], at most `block` at a time.

    Parameters
    ----------
    stream : Stream
    curves : ControlCurves
        After their end, the last values are held.
    n_samples : int or None
        How many in all; None for no end.
    block : int
    loop : bool
        Whether the curves start again at their end.
    """
    length = curves.n_samples(stream.sample_rate)
    done = 0
    while n_samples is None or done < n_samples:
        count = block if n_samples is None else min(block, n_samples - done)
        start = done % length if loop else done
        count = min(count, length - start) if loop else count
        yield stream.read_controlled(curves.at_samples(start, count, stream.sample_rate))
        done += count


def perform(
    rnn: TrainedRnn, curves: ControlCurves, playing: Playing, advance_to: Callable[[int], None] | None = None
) -> NDArray[np.float32]:
    """Return the sound of a network that follows curves, in [-1, 1], shape (n_samples,).

    `advance_to` is told of the samples that are done.
    """
    stream = start_stream(rnn, curves, playing)
    sound = np.empty(curves.n_samples(rnn.sample_rate), np.float32)
    done = 0
    for samples in blocks(stream, curves, sound.size):
        sound[done : done + samples.size] = samples
        done += samples.size
        if advance_to is not None:
            advance_to(done)
    return sound
