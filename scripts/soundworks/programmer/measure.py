"""How far predictions are from the truth, over normalised parameter values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.programmer.targets import Codec

Norm = NDArray[np.floating]


def rmse(predicted: Norm, true: Norm, counts: NDArray[np.bool_] | None = None) -> float:
    """Return the root of the mean squared error over all sounds and parameters, or over those that count.

    Parameters
    ----------
    predicted, true : ndarray, shape (n, n_parameters)
        In [0, 1]. Predicting 0.5 for uniform values gives 0.289.
    counts : ndarray of bool, shape (n, n_parameters), optional
        NaN comes back where nothing counts.
    """
    errors = np.square(np.asarray(predicted, np.float64) - true)
    chosen = errors if counts is None else errors[counts]
    return float(np.sqrt(chosen.mean())) if chosen.size else float("nan")


def parameter_errors(codec: Codec, predicted: Norm, true: Norm, heard: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Return a row a parameter: RMSE and MAE of normalised values, accuracy of whole-numbered ones.

    The three with `_heard` leave out the sounds in which the parameter cannot be heard; None where that is all of them.
    """
    hits = codec.denormalize(predicted) == codec.denormalize(true)
    rows = []
    for column, target in enumerate(codec.targets):
        row: dict[str, Any] = {"parameter": target.name, "kind": target.kind}
        for suffix, counts in (("", np.ones(len(true), np.bool_)), ("_heard", heard[:, column])):
            errors = (predicted - true)[counts, column].astype(np.float64)
            row[f"rmse{suffix}"] = float(np.sqrt(np.mean(errors**2))) if errors.size else None
            row[f"mae{suffix}"] = float(np.mean(np.abs(errors))) if errors.size else None
            whole = target.kind != "continuous" and errors.size
            row[f"accuracy{suffix}"] = float(hits[counts, column].mean()) if whole else None
        rows.append({**row, "heard": float(heard[:, column].mean())})
    return rows
