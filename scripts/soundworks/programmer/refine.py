"""Refinement: from some patches, a bounded search for one whose sound is nearer to the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from soundworks.errors import UserError
from soundworks.programmer.search import Budget, BudgetSpentError, Objective
from soundworks.programmer.space import SearchSpace
from soundworks.programmer.targets import Floats

#: Least and greatest standard deviation that the first steps take over from the starts, as a share of the range: where
#: all starts agree they may be wrong together, and 0.3 is as wide as knowing nothing.
_LEAST_SPREAD, _GREATEST_SPREAD = 0.03, 0.3
#: Starts whose spread counts: the nearest of them.
_SPREAD_OF = 20
#: Distance over a whole population below which CMA-ES has arrived; a hundredth of what can be heard.
_FLAT = 1e-3
#: Generations, or single steps, without a patch that is new: nothing is left to try around here.
_IDLE_GENERATIONS, _IDLE_STEPS = 5, 1000


@dataclass(frozen=True)
class RefineOptions:
    """The section `programmer.refine`; see `config/schemas/programmer.schema.yaml` for the meaning of each key."""

    distance: str
    level: str
    evaluations: int | None
    seconds: float | None
    samples: int
    nearest: int
    feature: str
    sigma: float
    population: int | None
    polish: float

    @classmethod
    def from_section(cls, section: dict[str, Any]) -> RefineOptions:
        """Build from a validated section with all defaults filled in.

        Raises
        ------
        UserError
            If nothing would end the search.
        """
        options = cls(**section)
        if options.evaluations is None and options.seconds is None:
            raise UserError("programmer.refine: found null for evaluations and for seconds, expected a limit in one")
        return options

    @property
    def budget(self) -> Budget:
        """The limits of one search."""
        return Budget(self.evaluations, self.seconds)


@dataclass(frozen=True)
class Refined:
    """What a search found.

    Attributes
    ----------
    values : ndarray of float, shape (n_parameters,)
        The nearest patch, in natural values.
    distance : float
        Of its sound from the target.
    start_distance : float
        Of the first start, the prediction.
    evaluations : int
        Sounds that were rendered.
    history : list of (int, float)
        (evaluations, distance) at each step to a nearer patch.
    """

    values: Floats
    distance: float
    start_distance: float
    evaluations: int
    history: list[tuple[int, float]]


def refine(
    objective: Objective, space: SearchSpace, starts: Sequence[Floats], options: RefineOptions, rng: np.random.Generator
) -> Refined:
    """Return the nearest patch that the budget allows to find; it is never farther than any start that was tried.

    The starts are tried first. CMA-ES (N. Hansen, A. Ostermeier: "Completely derandomized self-adaptation in evolution
    strategies", Evolutionary Computation 9 (2), 2001; package cma) then searches from the nearest of them, its first
    steps in proportion to how far the starts are apart, with categorical parameters held. The rest of the budget,
    `options.polish`, goes to steps along one parameter at a time, which suit whole numbers, and choices by name.

    Parameters
    ----------
    objective : Objective
        Distance, budget, and what was tried before.
    space : SearchSpace
    starts : sequence of ndarray, shape (n_parameters,)
        In natural values; the first is the prediction.
    options : RefineOptions
    rng : numpy.random.Generator
    """
    start_distance = objective(space.legal(starts[0]))
    try:
        ranked = _rank(objective, [space.legal(start) for start in starts])
        spread = _spread(space, ranked[:_SPREAD_OF])
        for start in ranked:
            if objective.used >= 1 - options.polish:
                break
            _cma(objective, space, start, spread, options, rng)
        _polish(objective, space, ranked, spread, rng)
    except BudgetSpentError:
        pass
    return Refined(
        objective.best, objective.best_distance, start_distance, objective.evaluations, list(objective.history)
    )


def _rank(objective: Objective, starts: Sequence[Floats]) -> list[Floats]:
    """Return the starts without repetitions, the nearest first."""
    unique = list({start.tobytes(): start for start in starts}.values())
    return sorted(unique, key=objective)


def _spread(space: SearchSpace, starts: Sequence[Floats]) -> Floats:
    """Return the standard deviation of each parameter over the starts, in [0, 1] of its range."""
    if len(starts) == 1:
        return np.full(len(space.names), _GREATEST_SPREAD)
    return np.clip(space.to_unit(np.stack(starts)).std(axis=0), _LEAST_SPREAD, _GREATEST_SPREAD)


def _cma(
    objective: Objective, space: SearchSpace, start: Floats, spread: Floats, options: RefineOptions,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Search around a start with CMA-ES until it has converged or its share of the budget is used."""
    free = space.of_kind("continuous", "integer")
    if len(free) < 2:  # nothing to adapt; the package cannot, and steps along one parameter do as well
        return
    import cma

    # All randomness is that of `rng`: a seed of NaN lets NumPy's global generator, which others may use, alone.
    settings = {"bounds": [0, 1], "CMA_stds": spread[free].tolist(), "randn": lambda *shape: rng.standard_normal(shape),
                "seed": np.nan, "tolfun": _FLAT, "verbose": -10}  # fmt: skip
    if options.population is not None:
        settings["popsize"] = options.population
    origin = space.to_unit(start)
    strategy = cma.CMAEvolutionStrategy(origin[free], options.sigma, settings)
    idle = 0
    while not strategy.stop() and idle < _IDLE_GENERATIONS and objective.used < 1 - options.polish:
        before = objective.evaluations
        points = strategy.ask()
        units = np.tile(origin, (len(points), 1))
        units[:, free] = points
        strategy.tell(points, [objective(values) for values in space.to_natural(units)])
        idle = 0 if objective.evaluations > before else idle + 1


def _polish(
    objective: Objective, space: SearchSpace, starts: Sequence[Floats], spread: Floats, rng: np.random.Generator
) -> None:
    """Step from the best patch along one parameter at a time, until the budget is used or nothing new turns up.

    An evolution strategy of one parent and one child; the width of a step is drawn anew each time, mostly from a tenth
    of the starts' spread to all of it. A categorical parameter takes a value that one of the starts has.
    """
    named = space.of_kind("categorical")
    free = [*space.of_kind("continuous", "integer"), *named]
    idle = 0
    while free and idle < _IDLE_STEPS:
        before = objective.evaluations
        values, chosen = objective.best.copy(), int(rng.choice(free))
        if chosen in named:
            values[chosen] = starts[int(rng.integers(len(starts)))][chosen]
        else:
            units = space.to_unit(values)
            units[chosen] += rng.standard_normal() * spread[chosen] * np.exp(rng.normal(-1.0, 1.0))
            values[chosen] = space.to_natural(units)[chosen]
        objective(values)
        idle = 0 if objective.evaluations > before else idle + 1
