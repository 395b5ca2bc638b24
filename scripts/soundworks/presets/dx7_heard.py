"""When a DX7 parameter can be heard: the 32 algorithms, and the ways by which a parameter reaches the output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import chain, product

#: (parameter, low, high): the parameter lies in [low, high].
Condition = tuple[str, float, float]
#: Conditions that all hold. A parameter is heard only while one of its routes does.
Route = tuple[Condition, ...]

#: Of each algorithm, the chains of operators as on the instrument's panel: "65>4" says that 6 and 5 both modulate 4.
#: Operators that nothing follows are carriers. The last number is the operator that the feedback enters.
#: Yamaha DX7 Operation Manual (1983), table of algorithms.
_ALGORITHMS = (
    "2>1 6>5>4>3 6", "2>1 6>5>4>3 2", "3>2>1 6>5>4 6", "3>2>1 6>5>4 6",
    "2>1 4>3 6>5 6", "2>1 4>3 6>5 6", "2>1 4>3 6>5>3 6", "2>1 4>3 6>5>3 4",
    "2>1 4>3 6>5>3 2", "3>2>1 65>4 3", "3>2>1 65>4 6", "2>1 654>3 2",
    "2>1 654>3 6", "2>1 65>4>3 6", "2>1 65>4>3 2", "2>1 4>3>1 6>5>1 6",
    "2>1 4>3>1 6>5>1 2", "2>1 3>1 6>5>4>1 3", "3>2>1 6>45 6", "3>12 65>4 3",
    "3>12 6>45 3", "2>1 6>345 6", "1 3>2 6>45 6", "1 2 6>345 6",
    "1 2 3 6>45 6", "1 3>2 65>4 6", "1 3>2 65>4 3", "2>1 5>4>3 6 5",
    "1 2 4>3 6>5 6", "1 2 5>4>3 6 5", "1 2 3 4 6>5 6", "1 2 3 4 5 6 6",
)  # fmt: skip

#: Algorithms whose feedback runs around several operators. Dexed computes these even at level 0, where what is left of
#: them (the last bit) can still tip a chaotic feedback over, so their levels prove nothing.
_LOOPS = {4: (4, 5, 6), 6: (5, 6)}

#: An operator's parameters that count even while its output level is 0, since level scaling can lift it.
_LEVEL_PARAMETERS = (
    "output_level",
    "scaling_break_point",
    "scaling_left_depth",
    "scaling_right_depth",
    "scaling_left_curve",
    "scaling_right_curve",
)


@cache
def get_modulation(algorithm: int) -> tuple[frozenset[tuple[int, int]], int]:
    """Return the pairs (modulator, modulated) of algorithm 1 to 32, and the operator that the feedback enters."""
    *chains, feedback = _ALGORITHMS[algorithm - 1].split()
    links = (pair for chain in chains for pair in zip(chain.split(">"), chain.split(">")[1:], strict=False))
    edges = frozenset((int(a), int(b)) for above, below in links for a in above for b in below)
    return edges, int(feedback)


@cache
def _get_paths(algorithm: int, operator: int) -> tuple[tuple[int, ...], ...]:
    """Return every way from an operator down to a carrier, both ends included."""
    below = sorted(b for a, b in get_modulation(algorithm)[0] if a == operator)
    return tuple((operator, *rest) for each in below for rest in _get_paths(algorithm, each)) or ((operator,),)


def _get_levels(operator: int) -> tuple[Route, ...]:
    """Return the ways in which an operator can sound: a level of its own, or one that level scaling adds to it."""
    own = f"op{operator}_"
    rising = (((f"{own}scaling_{s}_curve", 2, 3), (f"{own}scaling_{s}_depth", 1, 99)) for s in ("left", "right"))
    return (((f"{own}output_level", 1, 99),), *rising)


def _open_routes(routes: Iterable[Route], fixed: Mapping[str, float]) -> list[Route]:
    """Drop the routes that the fixed values close, and the conditions that they meet."""
    reduced = dict.fromkeys(
        tuple(condition for condition in route if condition[0] not in fixed)
        for route in routes
        if all(low <= fixed.get(name, low) <= high for name, low, high in route)
    )
    return list(reduced)


class _Routes:
    """The routes of every parameter to the output, given the values of those that are fixed."""

    def __init__(self, fixed: Mapping[str, float]) -> None:
        self._fixed = fixed

    def of(self, name: str) -> Iterable[Route]:
        """Return the routes of a parameter, as (), the empty route, where it needs nothing."""
        if name.startswith("op"):
            return self._of_operator(int(name[2]), name[4:])
        if name.startswith("pitch_eg_rate"):
            return [((f"pitch_eg_level{i}", *side),) for i in range(1, 5) for side in ((0, 49), (51, 99))]
        if name.startswith("lfo_") and not name.endswith("depth"):
            return [*self._of_vibrato(), *self._of_tremolo()]
        special: dict[str, Callable[[], list[Route]]] = {
            "feedback": self._of_feedback,
            "lfo_pitch_mod_depth": lambda: [(("pitch_mod_sensitivity", 1, 7),)],
            "pitch_mod_sensitivity": lambda: [(("lfo_pitch_mod_depth", 1, 99),)],
            "lfo_amp_mod_depth": lambda: [tuple(c for c in r if c[0] != name) for r in self._of_tremolo()],
        }
        return special.get(name, lambda: [()])()

    def _of_operator(self, operator: int, name: str) -> list[Route]:
        own = f"op{operator}_"
        if name in _LEVEL_PARAMETERS:
            sides = [side for side in ("left", "right") if side in name or name == "scaling_break_point"]
            depths: list[Route] = [((f"{own}scaling_{side}_depth", 1, 99),) for side in sides]
            level = self._below(operator)
            return level if name.endswith(("level", "depth")) else _join(depths, level)
        # The sensitivity to amplitude modulation, too, needs no depth of it: a controller at rest lowers the level.
        return self._from(operator)

    def _of_vibrato(self) -> list[Route]:
        return [(("lfo_pitch_mod_depth", 1, 99), ("pitch_mod_sensitivity", 1, 7))]

    def _of_tremolo(self) -> list[Route]:
        depth: Condition = ("lfo_amp_mod_depth", 1, 99)
        senses = {n: (depth, (f"op{n}_amp_mod_sensitivity", 1, 3)) for n in range(1, 7)}
        return [route for n, sense in senses.items() for route in _join([sense], self._from(n))]

    def _of_feedback(self) -> list[Route]:
        return [
            route
            for algorithm in range(1, 33)
            for route in _join([(("algorithm", algorithm, algorithm),)], self._from(get_modulation(algorithm)[1]))
        ]

    def _from(self, operator: int) -> list[Route]:
        """Return the routes of what an operator plays: itself on, and all below it on one way to the output."""
        return self._ways(operator, 0)

    def _below(self, operator: int) -> list[Route]:
        """Return the routes of an operator's level, which counts from 0 on: all below it on one way to the output."""
        return self._ways(operator, 1)

    def _ways(self, operator: int, start: int) -> list[Route]:
        algorithms = [int(self._fixed["algorithm"])] if "algorithm" in self._fixed else range(1, 33)
        return [
            route
            for algorithm in algorithms
            for path in _get_paths(algorithm, operator)
            for route in _join([(("algorithm", algorithm, algorithm),)], *self._are_on(algorithm, path[start:]))
        ]

    def _are_on(self, algorithm: int, operators: Iterable[int]) -> list[list[Route]]:
        needed = (operator for operator in operators if operator not in _LOOPS.get(algorithm, ()))
        return [_open_routes(_get_levels(operator), self._fixed) for operator in needed]


def _join(*groups: Iterable[Route]) -> list[Route]:
    """Return every choice of one route from each group, in one."""
    return [tuple(dict.fromkeys(chain.from_iterable(choice))) for choice in product(*groups)]


def _hull(routes: list[Route], ranges: Mapping[str, tuple[float, float]]) -> Route:
    """Return what all routes have in common: for each parameter that all name, the range that holds all of theirs."""
    spans: dict[str, list[Condition]] = {}
    for route in routes:
        for condition in route:
            spans.setdefault(condition[0], []).append(condition)
    shared = {name: found for name, found in spans.items() if len(found) == len(routes)}
    hulls = ((name, float(min(c[1] for c in found)), float(max(c[2] for c in found))) for name, found in shared.items())
    return tuple(hull for hull in hulls if hull[1:] != ranges[hull[0]])


def get_heard(ranges: Mapping[str, tuple[float, float]], fixed: Mapping[str, float]) -> dict[str, Route]:
    """Return the conditions without which each parameter cannot be heard.

    A parameter may have several routes to the output, of which one is enough; the conditions are what all open routes
    share, so that a parameter is never taken for inaudible wrongly. They hold where no controller (wheel, breath,
    aftertouch) moves the sound.

    Parameters
    ----------
    ranges : mapping of str to (float, float)
        Minimum and maximum of every parameter, in natural units.
    fixed : mapping of str to float
        Natural values of the parameters that do not vary.

    Returns
    -------
    dict of str to tuple of conditions
        Empty where the parameter can always be heard; one that fails where it never can.
    """
    routes = {name: _open_routes(_Routes(fixed).of(name), fixed) for name in ranges}
    return {name: _hull(found, ranges) if found else (_get_failing(name, fixed),) for name, found in routes.items()}


def _get_failing(name: str, fixed: Mapping[str, float]) -> Condition:
    """Return a condition that the fixed values fail, of a parameter all of whose routes they close."""
    conditions = chain.from_iterable(_Routes({}).of(name))
    return next(c for c in conditions if not c[1] <= fixed.get(c[0], c[1]) <= c[2])
