"""Relaxation of a grid in a latent space: neighbours come to sound equally far apart, and the mesh never folds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from soundworks.grid.latents import Latents
from soundworks.grid.linearize.descent import Descent, Point
from soundworks.grid.linearize.mesh import Mesh, lengths, variation
from soundworks.grid.linearize.options import LinearizeOptions
from soundworks.grid.linearize.space import Features, Generate, Space
from soundworks.grid.linearize.spreading import spread
from soundworks.grid.surface import Floats, Surface, grid_positions, surface_between

#: Iterations over which the unevenness has to change.
_WINDOW = 5
#: A coefficient of variation below this is even.
_EVEN = 1e-5
#: Spreading ends when a step of it takes less than this share of the unevenness.
_LEAST_SPREAD = 0.02


@dataclass(frozen=True)
class Iteration:
    """What one iteration reached.

    Attributes
    ----------
    stage : str
        "start", "spread" or "descend".
    variation : float
        Coefficient of variation of the neighbours' distances.
    unevenness : float
        What is made small; see `objective.Objective`.
    movement : float
        Mean distance that points moved in the plane, in steps of the even grid.
    smallest_jacobian : float
        Of all corners of all cells; 1 in an even grid, positive in one that is not folded.
    evaluations : float
        Of the whole grid by the generator, up to now.
    """

    stage: str
    variation: float
    unevenness: float
    movement: float
    smallest_jacobian: float
    evaluations: float


@dataclass(frozen=True)
class Linearized:
    """A grid that was made even.

    Attributes
    ----------
    latents : ndarray of float32, shape (d1, d0, latent_dim)
    positions : ndarray, shape (d1, d0, 2)
        On the surface between the corners, in [0, 1].
    lift : ndarray, shape (d1, d0, n_directions)
        How far each point is off the surface.
    history : tuple of Iteration
        The first is the grid as it was.
    evaluations : float
        Of the whole grid by the generator.
    seconds : float
    stopped : str
        Why, for people.
    """

    latents: Latents
    positions: Floats
    lift: Floats
    history: tuple[Iteration, ...]
    evaluations: float
    seconds: float
    stopped: str


def linearize_grid(
    latents: Latents,
    generate: Generate,
    features: Features,
    options: LinearizeOptions,
    *,
    surface: Surface | None = None,
    directions: Floats | None = None,
    report: Callable[[Iteration], None] | None = None,
) -> Linearized:
    """Move the points of a grid until neighbours are equally far apart; the corners stay where they are.

    First, points spread over the surface by weighted means of their neighbours (see `spreading.spread`), which takes
    few evaluations and evens out great contrasts. Then damped Gauss-Newton steps make the unevenness itself small (see
    `objective.Objective`). Edges that are not clamped may bend, inwards and off the surface. A step is taken only if it
    lowers the unevenness and leaves each corner of each cell with a positive Jacobian in the plane. A lifted mesh does
    not fold then either: it is a graph over one that does not.

    Parameters
    ----------
    latents : ndarray, shape (d1, d0, latent_dim)
        The grid, its points evenly spaced on the surface.
    generate, features : callable
        From latents to spectrograms, and from those to features whose Euclidean distance is the distance.
    options : LinearizeOptions
        `clamp_edges`, `max_iterations` and `tolerance` count.
    surface : callable, optional
        From positions to latents; bilinear between the grid's corners by default.
    directions : ndarray, shape (n_directions, latent_dim), optional
        Those in which points may leave the surface, such as `space.lift_directions` finds; none by default.
    report : callable, optional
        Is told of each iteration.
    """
    grid = np.asarray(latents)
    mesh = Mesh(*grid.shape[:2])
    if surface is None:
        surface = surface_between(grid[mesh.pinned])
    directions = np.zeros((0, grid.shape[2])) if directions is None or mesh.is_line else directions
    space = Space(surface, directions, generate, features)
    coordinates = np.zeros((mesh.d1, mesh.d0, space.n_coordinates))
    coordinates[..., :2] = grid_positions(mesh.d0, mesh.d1)
    if not np.allclose(space.latents(coordinates), grid, atol=1e-3 * float(np.abs(grid).max(initial=1e-30))):
        raise ValueError("the grid's latents are not evenly spaced on the surface")
    with threadpool_limits(1, "blas"):  # how many threads sum up changes the last digits
        return _Relaxation(mesh, space, options, report).run(coordinates)


class _Relaxation:
    """The state of one relaxation."""

    def __init__(
        self, mesh: Mesh, space: Space, options: LinearizeOptions, report: Callable[[Iteration], None] | None
    ) -> None:
        self.mesh, self.space, self.options, self.report = mesh, space, options, report
        self.descent = Descent(mesh, space, options.clamp_edges)
        self.history: list[Iteration] = []

    def run(self, coordinates: Floats) -> Linearized:
        started = time.monotonic()
        point = Point(coordinates, self.space.features(coordinates))
        self._tell("start", point, point)
        stage, stopped = "spread", self._reason_to_stop(point)
        while stopped is None:
            following = self._spread(point) if stage == "spread" else self.descent.step(point)
            if following is not None:
                self._tell(stage, point, following)
                point = following
                stopped = self._reason_to_stop(point)
            elif stage == "spread":
                stage = "descend"
            else:
                stopped = "no step makes it more even"
        return Linearized(
            self.space.latents(point.coordinates), point.coordinates[..., :2], point.coordinates[..., 2:],
            tuple(self.history), self._evaluations, time.monotonic() - started, stopped,
        )  # fmt: skip

    def _spread(self, point: Point) -> Point | None:
        """Return the mesh after points spread, as far as it helps; None if it does not, or hardly."""
        unevenness = self.descent.objective.unevenness(point.features)
        distances = lengths(point.features, self.mesh.edges)
        target = point.coordinates.copy()
        target[..., :2] = spread(self.mesh, point.coordinates[..., :2], distances)
        for share in (1.0, 0.5, 0.25):
            coordinates = point.coordinates + share * (target - point.coordinates)
            if self._smallest_jacobian(coordinates) <= 0:
                continue
            features = self.space.features(coordinates)
            if self.descent.objective.unevenness(features) < (1.0 - _LEAST_SPREAD) * unevenness:
                return Point(coordinates, features)
        return None

    def _reason_to_stop(self, point: Point) -> str | None:
        history = self.history
        if not self.mesh.movable(self.options.clamp_edges).any():
            return "all points are pinned"
        if not lengths(point.features, self.mesh.edges).any():
            return "all sounds are alike"
        if history[-1].unevenness <= _EVEN**2:
            return "even"
        if len(history) > self.options.max_iterations:
            return "the most iterations that are allowed"
        if len(history) > _WINDOW:
            before = history[-1 - _WINDOW].unevenness
            if before - history[-1].unevenness < self.options.tolerance * before:
                return "hardly more even than five iterations ago"
        return None

    def _tell(self, stage: str, before: Point, point: Point) -> None:
        moved = (point.coordinates - before.coordinates)[..., :2] / self.mesh.spacing
        iteration = Iteration(
            stage, variation(lengths(point.features, self.mesh.edges)),
            self.descent.objective.unevenness(point.features), float(np.linalg.norm(moved, axis=-1).mean()),
            self._smallest_jacobian(point.coordinates), self._evaluations,
        )  # fmt: skip
        self.history.append(iteration)
        if self.report is not None:
            self.report(iteration)

    def _smallest_jacobian(self, coordinates: Floats) -> float:
        return float(self.mesh.jacobians(coordinates[..., :2]).min(initial=1.0))

    @property
    def _evaluations(self) -> float:
        return self.space.n_sounds / self.mesh.n_nodes
