"""The GAN and its grids on the experiment `pop`, profile cpu, as the workflow makes them: a quarter of an hour."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

from project import ROOT, Project

from bench.figures import Figure, timed
from soundworks.gan.trained import TrainedGan
from soundworks.grid.make import make_grid, read_frame

#: What the training may take, and the linearisation, in minutes.
_TRAINING_MIN, _LINEARISING_MIN = 10, 2
_GRID_REAL_TIME = 50
_CUT, _LONGEST = 0.5, 2.0


def bench(folder: Path) -> list[Figure]:
    """Make pop's grid and its linearised grid, and read what that took and what it gave."""
    project = Project(folder / "p")
    shutil.copy(ROOT / "config/experiments/pop.yaml", project.folder / "config/experiments/pop.yaml")
    project.snakemake("results/pop/gan", "results/pop/linearized", timeout_s=3600)
    return [*_speed(project), *_quality(project), *_evenness(project)]


def _seconds(project: Project, rule: str) -> float:
    """Return the wall time of a rule's job, as Snakemake has measured it."""
    path = project.folder / "benchmarks" / "pop" / f"{rule}.tsv"
    with path.open(encoding="utf-8") as stream:
        return float(next(csv.DictReader(stream, delimiter="\t"))["s"])


def _read(project: Project, file: str) -> Any:
    return json.loads((project.folder / "results" / "pop" / file).read_text(encoding="utf-8"))


def _speed(project: Project) -> list[Figure]:
    training_min = _seconds(project, "train_gan") / 60
    job_s, n_sounds, speed = _seconds(project, "render_grid"), *_rendering(project)
    return [
        Figure("training, profile cpu, the whole job", f"{training_min:.1f} min", f"under {_TRAINING_MIN} min",
               training_min < _TRAINING_MIN),
        Figure(f"a grid of {n_sounds} sounds, with its files; the whole job with Python's start takes {job_s:.1f} s",
               f"{speed:.0f} × real time", f"at least {_GRID_REAL_TIME} ×", speed >= _GRID_REAL_TIME),
    ]  # fmt: skip


def _rendering(project: Project) -> tuple[int, float]:
    """Return the number of sounds of pop's grid, and how many times faster than real time they are made again."""
    results = project.folder / "results" / "pop"
    about = _read(project, "grid/grid.json")
    frame = read_frame(TrainedGan.load(results / "gan"), results / "corners.json", about["interpolation"])
    make_grid(project.folder / "warm", frame.grid(2, 2), frame, {})  # what is compiled and loaded once
    wall_s = timed(lambda: make_grid(project.folder / "again", frame.grid(about["d0"], about["d1"]), frame, {}))
    n_sounds = about["d0"] * about["d1"]
    return n_sounds, n_sounds * frame.gan.transform.options.duration_s / wall_s


def _quality(project: Project) -> list[Figure]:
    """Return how far made sounds are from real ones, beside the least and the most that can be expected."""
    distances = _read(project, "gan/metrics.json")["distribution"]
    rows = {name: distances[name]["frechet"] for name in ("generated", "representation", "floor", "noise")}
    told = ", ".join(f"{name} {value:.3g}" for name, value in rows.items())
    return [Figure("Fréchet distance to real sounds", told, "generated below noise", rows["generated"] < rows["noise"])]


def _evenness(project: Project) -> list[Figure]:
    uniformity = _read(project, "linearized/uniformity.json")
    methods, optimised = uniformity["methods"], uniformity["distance_optimised"]
    seconds = methods["mesh"]["seconds"]
    figures = [
        Figure("linearising, the mesh", f"{seconds:.0f} s, {methods['mesh']['evaluations']:.0f} evaluations",
               f"under {_LINEARISING_MIN} min", seconds < 60 * _LINEARISING_MIN)
    ]  # fmt: skip
    for name in (optimised, *uniformity["distances_not_optimised"]):
        before, *after = (
            methods[method]["distances"][name]["neighbours"] for method in ("initial", "mesh", "original", "som")
        )
        told = ", ".join(f"{row['cv']:.3f}" for row in after)
        what = f"coefficient of variation of neighbours' distance, {name}: mesh, original's rule, SOM"
        goal, most = ("at most half", _CUT) if name == optimised else ("less", 1.0)
        figures.append(Figure(what, f"{before['cv']:.3f} → {told}", goal, after[0]["cv"] <= most * before["cv"]))
        if name == optimised:
            longest = after[0]["max_over_median"]
            told = f"{before['max_over_median']:.2f} → {longest:.2f}"
            figures.append(Figure(f"largest / median, {name}", told, f"at most {_LONGEST:g}", longest <= _LONGEST))
    return figures
