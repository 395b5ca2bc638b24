"""What a search costs and remembers: the distance of each patch that it tried, within a budget."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from soundworks.programmer.targets import Floats


@dataclass(frozen=True)
class Budget:
    """What one search may use; the first limit to be reached ends it.

    Attributes
    ----------
    evaluations : int or None
        Number of rendered sounds. It alone gives the same result on every run.
    seconds : float or None
        Wall-clock time.
    """

    evaluations: int | None = None
    seconds: float | None = None


class BudgetSpentError(Exception):
    """Ends a search from within; nobody's mistake."""


class Objective:
    """The distance of patches from a target: each is rendered once, counted against the budget, and the best is kept.

    Parameters
    ----------
    distance : callable
        Natural values, shape (n_parameters,) → distance of their sound.
    budget : Budget
        Time counts from here.

    Attributes
    ----------
    best : ndarray of float, shape (n_parameters,)
        The nearest patch so far, in natural values.
    best_distance : float
    history : list of (int, float)
        (number of evaluations, distance) at each step to a nearer patch.
    """

    best: Floats

    def __init__(self, distance: Callable[[Floats], float], budget: Budget) -> None:
        self._distance = distance
        self._budget = budget
        self._started_s = time.perf_counter()
        self._known: dict[bytes, float] = {}
        self.best_distance = math.inf
        self.history: list[tuple[int, float]] = []

    @property
    def evaluations(self) -> int:
        """Number of sounds rendered so far."""
        return len(self._known)

    @property
    def used(self) -> float:
        """Share of the budget that is used, from 0 to 1 and a little beyond: a sound once begun is finished."""
        limits = self._budget
        counted = 0.0 if limits.evaluations is None else self.evaluations / limits.evaluations
        timed = 0.0 if limits.seconds is None else (time.perf_counter() - self._started_s) / limits.seconds
        return max(counted, timed)

    def __call__(self, values: Floats) -> float:
        """Return the distance of a patch.

        Raises
        ------
        BudgetSpentError
            If it is a new one, and the budget is used up; the first patch is always tried, so that there is one.
        """
        key = values.tobytes()
        if key not in self._known:
            if self._known and self.used >= 1:
                raise BudgetSpentError
            self._known[key] = self._distance(values)
            self._keep(values, self._known[key])
        return self._known[key]

    def _keep(self, values: Floats, distance: float) -> None:
        if not self.history or distance < self.best_distance:
            self.best, self.best_distance = values.copy(), distance
            self.history.append((self.evaluations, distance))
