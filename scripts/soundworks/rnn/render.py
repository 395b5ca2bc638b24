"""Many streams of one network at a time, each on a core."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.rnn.layout import Floats
from soundworks.rnn.stream import Stream, count_of
from soundworks.rnn.trained import TrainedRnn


def render(
    trained: TrainedRnn, norms: NDArray[np.floating], *, seeds: Sequence[int], n_samples: int | None = None,
    temperature: float = 1.0, top_p: float = 1.0, weights: str = "float32", threads: int = 2,
) -> Floats:  # fmt: skip
    """Return what many streams read, shape (n_streams, n_samples), as each would alone with its seed.

    Parameters
    ----------
    norms : ndarray, shape (n_streams, n_parameters) or (n_streams, n_samples, n_parameters)
        Parameters in [0, 1], held or for each sample.
    seeds : sequence of int
        One for each stream.
    n_samples : int, optional
        Samples of each stream; needed where parameters are held.
    threads : int
        Streams that are read at the same time, each on a core.
    """
    rows = np.asarray(norms)
    if rows.ndim == 2 and n_samples is not None:
        rows = np.broadcast_to(rows[:, None, :], (len(rows), count_of(n_samples), rows.shape[1]))
    if rows.ndim != 3 or len(rows) != len(seeds) or n_samples not in (None, rows.shape[1]):
        raise UserError(f"norms: found shape {np.shape(norms)}, {len(seeds)} seeds and n_samples {n_samples}, expected "
                        "(seeds, parameters) and n_samples, or (seeds, n_samples, parameters)")  # fmt: skip
    if threads < 1:
        raise UserError(f"threads: found {threads}, expected 1 or more")
    first = Stream(trained, temperature=temperature, top_p=top_p, weights=weights)
    made = np.empty(rows.shape[:2], np.float32)

    def make(i: int) -> None:
        made[i] = first.another(seeds[i]).read_controlled(rows[i])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(make, range(len(rows))))
    return made
