"""How closely steady sounds have the controls that their parameters ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.metrics.agreement import agreement, median_magnitude
from soundworks.metrics.comparison import correlations
from soundworks.rnn.evaluate.combinations import Combinations
from soundworks.rnn.evaluate.controls import Assignment, Controls, estimate
from soundworks.rnn.evaluate.subject import Subject

Floats = NDArray[np.float64]


def measure_steady(
    subject: Subject, combinations: Combinations, real: Controls, assignments: Sequence[Assignment], *,
    seconds: float, use: int,
) -> dict[str, Any]:  # fmt: skip
    """Return how well the controls of generated sounds agree with what they should be.

    Parameters
    ----------
    subject : Subject
    combinations : Combinations
        A sound of `seconds` is made of each.
    real : dict of str to ndarray
        Controls of their real sounds; see `real_controls`.
    assignments : sequence of Assignment
        Which control tells which parameter.
    seconds : float
    use : int
        Number of the seeds.

    Returns
    -------
    measures : dict
        `settings`, `seconds` of each, `splits` (counts); `parameters`, for each one assigned: what it is told by, and
        `agreement`s of generated sounds with the reference (`generated`, and `by_split`) and with real sounds of the
        same settings (`against_real`), and of real sounds with the reference (`floor`), None where these are it;
        `levels`, for event rates. `correlations`: Spearman's of each parameter with each control, of `generated` and of
        `real` sounds.
    """
    made = estimate(list(subject.steady(combinations.natural, seconds, use)), subject.sample_rate)
    values = {name: combinations.natural[:, index] for index, name in enumerate(combinations.names)}
    splits, counts = np.unique(combinations.splits, return_counts=True)
    return {
        "settings": len(combinations),
        "seconds": seconds,
        "splits": dict(zip(splits.tolist(), counts.tolist(), strict=True)),
        "parameters": {each.parameter.name: _followed(each, combinations, made, real, seconds) for each in assignments},
        "correlations": {"generated": correlations(values, made), "real": correlations(values, real)},
    }  # fmt: skip


def _followed(
    assignment: Assignment, combinations: Combinations, made: Controls, real: Controls, seconds: float
) -> dict[str, Any]:  # fmt: skip
    control, unit = assignment.measure.name, assignment.measure.error_unit
    natural = combinations.natural[:, combinations.names.index(assignment.parameter.name)]
    generated, heard = made[control], real[control]
    reference = assignment.reference(natural, heard)
    rows = {split: combinations.splits == split for split in np.unique(combinations.splits).tolist()}
    measures = {
        **assignment.to_dict(),
        "generated": agreement(generated, reference, unit),
        "by_split": {split: agreement(generated[here], reference[here], unit) for split, here in rows.items()},
        "against_real": agreement(generated, heard, unit),
        "floor": None if assignment.truth is None else agreement(heard, reference, unit),
    }
    if control == "event_rate":
        measures["levels"] = rate_levels(natural, generated, heard, reference, seconds)
    return measures


def rate_levels(
    natural: Floats, generated: Floats, real: Floats, reference: Floats, seconds: float
) -> list[dict[str, Any]]:
    """Return how often events happen at each value of a parameter: all events in all time, over what is wanted.

    Returns
    -------
    levels : list of dict
        `value`, of the parameter; `settings`; `wanted`, mean rate; `events`, counted in generated sounds; `ratio`, of
        their rate to the wanted one; `noise`, the standard error that the ratio has because rates differ from setting
        to setting, None for one; `real_ratio`, that of the real sounds; `median_error`, of single settings in percent.
    """
    levels = []
    for value in np.unique(natural):
        rows = np.flatnonzero((natural == value) & np.isfinite(reference) & (reference > 0))
        if not rows.size:
            continue
        wanted, ratios = float(reference[rows].sum()), generated[rows] / reference[rows]
        levels.append({
            "value": float(value),
            "settings": int(rows.size),
            "wanted": wanted / rows.size,
            "events": round(float(generated[rows].sum()) * seconds),
            "ratio": float(generated[rows].sum()) / wanted,
            "noise": float(ratios.std(ddof=1) / np.sqrt(rows.size)) if rows.size > 1 else None,
            "real_ratio": float(real[rows].sum()) / wanted,
            "median_error": median_magnitude(100.0 * (ratios - 1.0)),
        })  # fmt: skip
    return levels
