"""How well one set of values agrees with another: errors as they are heard, share of variance, ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.metrics.comparison import spearman

Floats = NDArray[np.float64]

#: Units in which errors are ratios: as 1/1200 octave, or in percent. In any other they are differences.
CENTS, PERCENT = "cents", "%"
#: The least value that has a logarithm here; 0 counts as this.
_LEAST = 0.1


def scaled(values: Floats, error_unit: str) -> Floats:
    """Return values on a scale of equal steps: cents above 1 where errors are ratios, others, as dB, as they are."""
    if error_unit not in (CENTS, PERCENT):
        return np.asarray(values, np.float64)
    return np.asarray(1200.0 * np.log2(np.maximum(values, _LEAST)))


def errors(found: Floats, reference: Floats, error_unit: str) -> Floats:
    """Return signed errors in a unit, NaN where either is unknown: cents, percent of the reference, or a difference."""
    if error_unit == PERCENT:
        known = np.isfinite(reference) & (reference != 0)
        return np.divide(100.0 * (found - reference), reference, out=np.full(np.shape(found), np.nan), where=known)
    return scaled(found, error_unit) - scaled(reference, error_unit)


def agreement(found: Floats, reference: Floats, error_unit: str) -> dict[str, Any]:
    """Return how well values agree with a reference.

    Parameters
    ----------
    found, reference : ndarray, shape (n,)
        NaN where there is none. Pairs without a reference do not count.
    error_unit : str
        See `errors`.

    Returns
    -------
    measures : dict
        `n`, pairs that count; `unknown`, share of them where nothing was found, each of which is an infinite error to
        `median_error`, the median of the errors' magnitudes. Of the others `mean_error`, the mean of the magnitudes;
        `bias`, the mean of the errors; `r2`, 1 less the sum of squared errors over that of the reference's deviations
        from its mean, both on the scale of `scaled`; `rho`, Spearman's rank correlation, None for fewer than eight.
        `span`, how far the reference reaches on that scale, and `error_of_span`, the median error over it there.
    """
    counts = np.isfinite(reference)
    found, reference = found[counts], reference[counts]
    known = np.isfinite(found)
    signed = errors(found[known], reference[known], error_unit)
    one, other = scaled(found[known], error_unit), scaled(reference[known], error_unit)
    span = float(np.ptp(scaled(reference, error_unit))) if reference.size else None
    return {
        "n": int(reference.size),
        "unknown": _finite(1.0 - known.mean()) if reference.size else None,
        "median_error": median_magnitude(errors(found, reference, error_unit)),
        "mean_error": _finite(np.abs(signed).mean()) if signed.size else None,
        "bias": _finite(signed.mean()) if signed.size else None,
        "r2": _explained(one, other),
        "rho": spearman(found, reference),
        "span": span,
        "error_of_span": _over(median_magnitude(scaled(found, error_unit) - scaled(reference, error_unit)), span),
    }


def median_magnitude(signed: Floats) -> float | None:
    """Return the median of the magnitudes, where an unknown one is infinite; None for infinity, or of none."""
    return _finite(np.median(np.nan_to_num(np.abs(signed), nan=np.inf))) if signed.size else None


def _explained(found: Floats, reference: Floats) -> float | None:
    total = float(np.square(reference - reference.mean()).sum()) if reference.size else 0.0
    return 1.0 - float(np.square(found - reference).sum()) / total if total > 0 else None


def _over(error: float | None, span: float | None) -> float | None:
    return None if error is None or not span else error / span


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
