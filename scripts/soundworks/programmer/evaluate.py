"""The comparison of all ways to find a patch: parameter error, audio error, and what each costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from soundworks.programmer.comparison import AUDIO_ERRORS, patch_errors
from soundworks.programmer.methods import Matcher, Method
from soundworks.programmer.target_sound import TargetSound
from soundworks.programmer.targets import Codec, Floats
from soundworks.progress import track


@dataclass(frozen=True)
class Outcome:
    """What one method came to on one target.

    Attributes
    ----------
    method, target : str
    values : ndarray, shape (n_parameters,)
        The patch, in natural values.
    audio : dict of str to float
        Distances of its sound from the target's; infinite where it is not finite.
    evaluations : int
        Sounds that were rendered on the way.
    seconds : float
        Time for prediction and search; models, features and engine were loaded and warm.
    """

    method: str
    target: str
    values: Floats
    audio: dict[str, float]
    evaluations: int
    seconds: float


def run_methods(matcher: Matcher, methods: Sequence[Method], targets: Sequence[TargetSound]) -> list[Outcome]:
    """Run every method on every target, one after the other in this process, so that seconds mean something.

    NumPy's libraries have one thread, whatever the machine, so that numbers mean the same everywhere.
    """
    pairs = [(method, index) for method in methods for index in range(len(targets))]
    with threadpool_limits(1):
        for method in methods:  # the first call compiles, maps files and starts engines, which no target should pay for
            matcher.run(method, targets[0], 0)
        return [
            _run(matcher, method, targets[index], index)
            for method, index in track(pairs, total=len(pairs), unit="target", label="evaluate")
        ]


def _run(matcher: Matcher, method: Method, target: TargetSound, index: int) -> Outcome:
    started_s = time.perf_counter()
    found = matcher.run(method, target, index)
    seconds = time.perf_counter() - started_s
    errors = patch_errors(matcher.renderer, found.values, target)
    return Outcome(method.name, target.name, found.values, errors, found.evaluations, seconds)


def summarize(outcomes: Sequence[Outcome], targets: Sequence[TargetSound], codec: Codec) -> dict[str, Any]:
    """Return what one method came to over all targets; parameter errors only where every true patch is known.

    Returns
    -------
    summary : dict
        `parameters` (see `parameter_summary`), `audio` (mean, median and greatest of each distance), `evaluations`.
    """
    audio = {name: spread([outcome.audio[name] for outcome in outcomes]) for name in AUDIO_ERRORS}
    summary = {"audio": audio, "evaluations": float(np.mean([outcome.evaluations for outcome in outcomes]))}
    truths = [target.true for target in targets if target.true is not None]
    masks = [target.heard for target in targets if target.heard is not None]
    if len(truths) < len(targets):
        return summary
    found = codec.normalize([outcome.values for outcome in outcomes])
    return {"parameters": parameter_summary(codec, found, codec.normalize(truths), np.stack(masks)), **summary}


def parameter_summary(codec: Codec, found: Floats, true: Floats, heard: Any) -> dict[str, float | None]:
    """Return RMSE and MAE over normalised continuous and integer parameters, and accuracy over categorical ones.

    The three with `_heard` leave out what cannot be heard in the true patch. None stands where nothing is left.

    Parameters
    ----------
    codec : Codec
    found, true : ndarray, shape (n_targets, n_parameters)
        In [0, 1].
    heard : ndarray of bool, shape (n_targets, n_parameters)
    """
    named = np.array([target.kind == "categorical" for target in codec.targets])
    errors = found - true
    hits = codec.denormalize(found) == codec.denormalize(true)
    summary: dict[str, float | None] = {}
    for suffix, counts in (("", np.ones_like(heard)), ("_heard", heard)):
        numbers, choices = errors[counts & ~named], hits[counts & named]
        summary["rmse" + suffix] = float(np.sqrt(np.mean(numbers**2))) if numbers.size else None
        summary["mae" + suffix] = float(np.mean(np.abs(numbers))) if numbers.size else None
        summary["accuracy" + suffix] = float(np.mean(choices)) if choices.size else None
    return summary


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return mean, median and greatest of some values."""
    return {"mean": float(np.mean(values)), "median": float(np.median(values)), "max": float(np.max(values))}
