"""The linearised grid as files: a relaxed mesh or a self-organizing map, measured beside the original's rule."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.files import atomic_members
from soundworks.gan.trained import TrainedGan
from soundworks.grid.linearize.distances import compared_distances
from soundworks.grid.linearize.options import LinearizeOptions
from soundworks.grid.linearize.original import OriginalRun, original_rule
from soundworks.grid.linearize.pictures import draw_convergence, draw_histogram, draw_maps, draw_meshes
from soundworks.grid.linearize.relaxation import Iteration, Linearized, linearize_grid
from soundworks.grid.linearize.som import SomRun, som_grid
from soundworks.grid.linearize.space import Features, lift_directions
from soundworks.grid.linearize.uniformity import measure
from soundworks.grid.make import Frame
from soundworks.grid.write import GRID, MEMBERS, GridLatents, write_grid
from soundworks.progress import Meter
from soundworks.training.provenance import write_json

UNIFORMITY, PICTURES = "uniformity.json", "pictures"
FORMAT = "soundworks uniformity 1"
#: Distances whose features are levels.
_IN_DB = ("log_spectrogram", "mel")
#: Stream of the seed for random sounds.
_CLOUD_STREAM = 43


@dataclass(frozen=True)
class Comparison:
    """What all methods made of one even grid.

    Attributes
    ----------
    even : GridLatents
        The grid as it was.
    mesh : Linearized
    som : SomRun
    original : OriginalRun or None
        None where the options ask for none.
    """

    even: GridLatents
    mesh: Linearized
    som: SomRun
    original: OriginalRun | None

    def latents(self) -> dict[str, NDArray[np.float32]]:
        """Return each method's grid of latents, shape (d1, d0, latent_dim), the even one as "initial"."""
        found = {"initial": self.even.latents, "mesh": self.mesh.latents, "som": self.som.latents}
        return found if self.original is None else {**found, "original": self.original.latents}

    def costs(self) -> dict[str, dict[str, Any]]:
        """Return what each method cost: evaluations of the whole grid by the generator, seconds, and how it ended."""
        mesh, som = self.mesh, self.som
        found: dict[str, dict[str, Any]] = {
            "initial": {"evaluations": 1.0, "seconds": None},
            "mesh": {"evaluations": mesh.evaluations, "seconds": mesh.seconds, "iterations": len(mesh.history) - 1,
                     "stopped": mesh.stopped, "smallest_jacobian": mesh.history[-1].smallest_jacobian},
            "som": {"evaluations": som.evaluations, "seconds": som.seconds,
                    "quantization_error": som.quantization_error},
        }  # fmt: skip
        if self.original is not None:
            run = self.original
            tried = {f"{step:g}": cv for step, cv in run.tried.items()}
            found["original"] = {
                "evaluations": run.evaluations,
                "seconds": run.seconds,
                "step": run.step,
                "tried": tried,
            }
        return found


def compare_methods(
    frame: Frame, sizes: tuple[int, int], features: Features, options: LinearizeOptions, seed: int
) -> Comparison:
    """Let all methods work on the even grid of `sizes`, d0 and d1, between the corners."""
    even, gan = frame.grid(*sizes), frame.gan
    corners = frame.corners.latents
    with Meter(options.max_iterations, "iteration", "linearize") as meter:

        def report(iteration: Iteration) -> None:
            meter.advance_to(meter.done + 1)
            meter.say(f"{iteration.stage}: coefficient of variation {iteration.variation:.3f} after "
                      f"{iteration.evaluations:.0f} evaluations of the grid")  # fmt: skip

        directions = lift_directions(corners, options.directions, seed, frame.n_noise)
        mesh = linearize_grid(even.latents, gan.spectrograms, features, options, surface=frame.surface,
                              directions=directions, report=report)  # fmt: skip
        meter.say("a self-organizing map, for comparison")
        cloud = gan.draw_latents(options.som.sounds, _cloud_seed(seed))
        som = som_grid(cloud, corners, even.latents.shape[:2], gan.spectrograms, features, options.som, seed)
        original = None
        if options.compare:
            meter.say("the original's rule, for comparison")
            budget = max(round(mesh.evaluations), 1)
            original = original_rule(even.latents, gan.spectrograms, features, evaluations=budget,
                                     clamp_edges=options.clamp_edges)  # fmt: skip
    return Comparison(even, mesh, som, original)


def _cloud_seed(seed: int) -> int:
    return int(np.random.SeedSequence(seed, spawn_key=(_CLOUD_STREAM,)).generate_state(1, np.uint32)[0])


def make_linearized(
    folder: Path,
    frame: Frame,
    sizes: tuple[int, int],
    options: LinearizeOptions,
    *,
    seed: int,
    provenance: dict[str, Any],
) -> dict[str, Any]:
    """Make the files of a linearised grid in a folder: those of a grid, `uniformity.json` and `pictures/`.

    Parameters
    ----------
    folder : Path
    frame : Frame
        The corners and what is between them.
    sizes : tuple of int
        d0 and d1.
    options : LinearizeOptions
        A distance of one's own is a path from the current folder.
    seed : int
        Of directions and random sounds.
    provenance : dict
        What `grid.json` and `uniformity.json` say beside.

    Returns
    -------
    uniformity : dict
        What `uniformity.json` holds.
    """
    gan, about = frame.gan, {**frame.describe(), **provenance}
    distances = compared_distances(options.distance, gan.transform)
    with atomic_members(folder, GRID, (*MEMBERS, UNIFORMITY, PICTURES)) as members:
        comparison = compare_methods(frame, sizes, next(iter(distances.values())), options, seed)
        found = _features(comparison, gan, distances)
        uniformity = _uniformity(comparison, found, options, about)
        write_grid(members, _chosen(comparison, options), gan, {**about, "method": options.method})
        write_json(members / UNIFORMITY, uniformity)
        _draw(members / PICTURES, comparison, next(iter(found.values())), options)
    return uniformity


def _chosen(comparison: Comparison, options: LinearizeOptions) -> GridLatents:
    """Return the grid of the method that the options choose; a map's points have no place on the surface."""
    mesh = comparison.mesh
    if options.method == "som":
        return GridLatents(comparison.som.latents, np.full_like(mesh.positions, np.nan))
    return GridLatents(mesh.latents, mesh.positions)


#: Features of each method's grid, by distance and then by method.
_Found = dict[str, dict[str, NDArray[Any]]]


def _features(comparison: Comparison, gan: TrainedGan, distances: dict[str, Features]) -> _Found:
    spectrograms = {
        method: gan.spectrograms(latents.reshape(-1, latents.shape[-1]))
        for method, latents in comparison.latents().items()
    }
    return {
        distance: {method: features(values) for method, values in spectrograms.items()}
        for distance, features in distances.items()
    }


def _uniformity(
    comparison: Comparison, found: _Found, options: LinearizeOptions, about: dict[str, Any]
) -> dict[str, Any]:
    d1, d0 = comparison.even.latents.shape[:2]
    costs = comparison.costs()
    methods = {
        method: {**costs[method], "distances": {name: measure(grids[method], d1, d0) for name, grids in found.items()}}
        for method in costs
    }
    optimised, *others = found
    return {
        "format": FORMAT,
        "neighbours": "along rows and columns",
        "distance_optimised": optimised,
        "distances_not_optimised": others,
        "chosen": options.method,
        "methods": methods,
        "options": options.to_dict(),
        **about,
    }


def _draw(folder: Path, comparison: Comparison, grids: dict[str, NDArray[Any]], options: LinearizeOptions) -> None:
    folder.mkdir()
    d1, d0 = comparison.even.latents.shape[:2]
    unit = f"{Path(options.distance).name}, dB" if options.distance in _IN_DB else Path(options.distance).name
    draw_maps(folder / "distances.png", {name: grid for name, grid in grids.items() if name != "som"}, d1, d0, unit)
    positions = {"initial": comparison.even.positions, "mesh": comparison.mesh.positions}
    draw_meshes(folder / "mesh.png", positions, grids, unit)
    others = {} if comparison.original is None else {"original": comparison.original.variations}
    draw_convergence(folder / "convergence.png", comparison.mesh.history, others)
    draw_histogram(folder / "histogram.png", grids, d1, d0, unit)


def describe_uniformity(uniformity: dict[str, Any]) -> list[str]:
    """Say how even and how straight each method's grid is, by each distance, a line each."""
    return [
        f"{method}: coefficient of variation {', '.join(_described(name, m) for name, m in row['distances'].items())}"
        for method, row in uniformity["methods"].items()
    ]


def _described(distance: str, measures: dict[str, Any]) -> str:
    spread, straight = measures["neighbours"], measures["straightness"]
    if spread is None:
        return f"of {distance}: no neighbours"
    ratio = "" if spread["max_over_median"] is None else f", max/median {spread['max_over_median']:.2f}"
    straightness = "" if straight is None else f", straightness {straight['mean']:.2f}"
    return f"of {distance} {spread['cv']:.3f} ({ratio.removeprefix(', ')}{straightness})"
