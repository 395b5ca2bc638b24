"""Spectrograms: how well and how fast sounds are made of magnitudes alone, against librosa's Griffin-Lim algorithm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np
from spectrogram_sounds import SAMPLE_RATE, convergence_db, make_transform, pops, recorded, tones
from threadpoolctl import threadpool_limits

from bench.features import shortest_s
from bench.figures import Figure, timed
from soundworks.features.spectrum import Array
from soundworks.spectrogram.transform import Transform
from soundworks.spectrogram.window import gaussian_window

#: Iterations of librosa's algorithm, and of ours after the phases are integrated.
LIBROSA_ITERATIONS, ITERATIONS = 32, 16
LEAST_RATIO = 5.0
#: How much faster than real time a whole grid is to be made, of which this is a part.
LEAST_SPEED = 50.0
#: Sounds in a batch: those of a grid of 21 × 21.
N_SOUNDS = 441
#: The hop that the profile cpu has, in samples.
HOP = 96

_Magnitude = Callable[[Array], Any]


def shipped_transform(**given: Any) -> Transform:
    """Return a transform with every bin and frame where nothing else is given, and the shipped hop."""
    return make_transform(hop=HOP, **given)


def ours(transform: Transform, sound: Array) -> tuple[_Magnitude, Callable[[], Array]]:
    """Return what measures magnitudes, and what makes a sound of those of this one."""

    def magnitude(of: Array) -> Any:
        return 10 ** (transform.decibels(transform.forward([of])) / 20)

    values = transform.forward([sound])
    return magnitude, lambda: transform.inverse(values)[0]


def librosas(sound: Array, options: Any, window: Any) -> tuple[_Magnitude, Callable[[], Array]]:
    """Return the same by librosa; its algorithm is the fast one too, and starts from a fixed seed."""
    given = {"n_fft": options.n_fft, "hop_length": options.hop, "window": window}

    def magnitude(of: Array) -> Any:
        return np.abs(librosa.stft(of, **given))

    goal = magnitude(sound)
    more = {"n_iter": LIBROSA_ITERATIONS, "length": sound.size, "random_state": 0}
    return magnitude, lambda: librosa.griffinlim(goal, **more, **given)


def bench_sound(name: str, sound: Array) -> list[Figure]:
    """Measure one sound: how far the sound made is from the magnitudes wanted, and both algorithms' time."""
    plain, transform = shipped_transform(refine_iterations=0), shipped_transform(refine_iterations=ITERATIONS)
    same = gaussian_window(transform.options.n_fft, transform.options.window_floor)
    ways = [
        ours(plain, sound),
        ours(transform, sound),
        librosas(sound, transform.options, same),
        librosas(sound, transform.options, "hann"),
    ]
    alone_db, ours_db, same_db, hann_db = (convergence_db(magnitude, sound, make()) for magnitude, make in ways)
    alone_s, ours_s, same_s, hann_s = shortest_s([make for _, make in ways], rounds=5)
    ratio, least_db = min(same_s, hann_s) / ours_s, min(same_db, hann_db)
    what = f"{name}, {sound.size / SAMPLE_RATE:.2f} s, 257 × 128, one core"
    return [
        Figure(
            f"{what}: spectral convergence, PGHI and {ITERATIONS} iterations against {LIBROSA_ITERATIONS} of librosa's "
            "Griffin-Lim",
            f"{ours_db:.1f} dB; PGHI alone {alone_db:.1f} dB; librosa {same_db:.1f} dB (Gaussian), "
            f"{hann_db:.1f} dB (Hann)",
            "below librosa's",
            ours_db < least_db,
        ),
        Figure(
            f"{what}: how much faster",
            f"{ratio:.1f} × ({1e3 * ours_s:.1f} ms; PGHI alone {min(same_s, hann_s) / alone_s:.0f} ×)",
            f"{LEAST_RATIO:g} ×",
            ratio >= LEAST_RATIO,
        ),
    ]


def bench_batch(**given: Any) -> Figure:
    """Measure a whole batch in two threads, by the wall clock."""
    transform = shipped_transform(**given)
    sounds = np.array([pops(transform.n_samples, seed) for seed in range(16)])
    values = np.resize(transform.forward(sounds), (N_SOUNDS, *transform.shape))
    transform.inverse(values[:4])
    wall_s = min(timed(lambda: transform.inverse(values)) for _ in range(3))
    speed = N_SOUNDS * transform.options.duration_s / wall_s
    cells, iterations = " × ".join(map(str, transform.shape)), transform.options.refine_iterations
    return Figure(
        f"{N_SOUNDS} spectrograms of {cells} to sounds of {transform.options.duration_s:.2f} s, {iterations} "
        "iterations, two threads",
        f"{speed:,.0f} × real time ({1e3 * wall_s / N_SOUNDS:.1f} ms a sound)",
        f"{LEAST_SPEED:g} × real time",
        speed >= LEAST_SPEED,
    )


def bench(folder: Path) -> list[Figure]:
    """Measure three kinds of sound in one thread, and batches in two."""
    n_samples = shipped_transform().n_samples
    sounds = {"tones": tones(n_samples), "pops": pops(n_samples)}
    name, recording = recorded(n_samples)
    with threadpool_limits(1):
        figures = [figure for item in {**sounds, name: recording}.items() for figure in bench_sound(*item)]
        sizes: list[dict[str, Any]] = [{"bands": 64, "pool": 4}, {}]
        batches = [bench_batch(**size, refine_iterations=count) for size in sizes for count in (0, ITERATIONS)]
    return [*figures, *batches]
