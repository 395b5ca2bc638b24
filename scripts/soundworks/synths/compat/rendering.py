"""The setting being rendered: its sample rate and its randomness, for code that asks for neither."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

#: The seed that the original classes and helpers take by default.
DEFAULT_SEED = 18005551212
#: A source of randomness as users' classes hold it.
RandomSource = np.random.Generator | np.random.RandomState


@dataclass(frozen=True)
class Rendering:
    """Sample rate in Hz and source of randomness of one setting."""

    sr: int
    rng: np.random.Generator


#: Set by the session in which a user's class runs; None outside of one.
CURRENT: ContextVar[Rendering | None] = ContextVar("soundworks_rendering", default=None)

# numpy's own function: while a session is active, `numpy.random.default_rng` is `reproducible_rng`.
_new_generator = np.random.default_rng


def default_sr(fallback: int) -> int:
    """Return the sample rate in Hz of the setting being rendered, or `fallback` outside of any."""
    current = CURRENT.get()
    return fallback if current is None else current.sr


def generator(seed: Any = None) -> RandomSource:
    """Return the source of randomness that a seed argument of the original interface stands for.

    Parameters
    ----------
    seed : Generator, RandomState, int or None
        A generator is returned as it is. None and the original default seed mean the generator of the setting being
        rendered; outside of any, a fixed one.
    """
    if isinstance(seed, np.random.Generator | np.random.RandomState):
        return seed
    if seed is not None and seed != DEFAULT_SEED:
        return _new_generator(seed)
    current = CURRENT.get()
    return _new_generator(DEFAULT_SEED) if current is None else current.rng


def own_generator(seed: Any = None) -> RandomSource:
    """Return `generator(seed)`, but a new stream where that would be the shared one of the setting."""
    source = generator(seed)
    current = CURRENT.get()
    if current is not None and source is current.rng and seed is not source:
        return current.rng.spawn(1)[0]
    return source


def reproducible_rng(seed: Any = None) -> np.random.Generator:
    """Do what `numpy.random.default_rng` does, but draw a missing seed from the setting being rendered."""
    current = CURRENT.get()
    if seed is None and current is not None:
        return current.rng.spawn(1)[0]
    return _new_generator(seed)
