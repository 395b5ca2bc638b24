"""Generated sounds against real ones: how alike the sets are, whether some are copies, and what controls they reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, wasserstein_distance

from soundworks.metrics.controls import CONTROLS
from soundworks.metrics.distribution import (
    Standard,
    coverage,
    frechet_distance,
    frechet_limit,
    kernel_distance,
    median_distance,
    nearest,
)

Floats = NDArray[np.float64]

#: Least scale of a dimension of the embedding, in dB: less is heard by nobody.
LEAST_SPREAD_DB = 0.1
#: Random draws that each distance is averaged over.
_DRAWS = 5
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Ratios of median distances to the nearest training sound, beyond which generated sounds are called out of line.
_NEAR, _FAR = 0.5, 1.5
#: Share of generated sounds that are nearer to a training sound than all but 5 % of these, from which that is told.
_MANY = 0.15
#: Fewest held-out sounds that are compared as a set.
_LEAST_HELD_OUT = 16
#: Fewest pairs that are ranked.
_LEAST_PAIRS = 8


@dataclass(frozen=True)
class SoundSets:
    """Embeddings of the sounds that are compared.

    A generator works in a representation that loses something of every sound. So real sounds come twice, plain, and
    `represented`, after a passage through it.

    Attributes
    ----------
    training, represented : ndarray, shape (n_training, k)
        Real sounds to be near to.
    rows : ndarray of int, shape (n_real,)
        Those of them of which random halves are compared.
    noise : ndarray, shape (n_real, k)
        White noise of their levels.
    generated : ndarray, shape (n_generated, k)
    held_out, represented_held_out : ndarray, shape (n_held_out, k)
        Real sounds that nothing was trained on; there may be none.
    """

    training: Floats
    represented: Floats
    rows: NDArray[np.intp]
    noise: Floats
    generated: Floats
    held_out: Floats
    represented_held_out: Floats

    def standard(self) -> SoundSets:
        """Return the sets on the scale of the training sounds."""
        scale = Standard.of(self.training, LEAST_SPREAD_DB).apply
        return SoundSets(
            scale(self.training), scale(self.represented), self.rows, scale(self.noise), scale(self.generated),
            scale(self.held_out), scale(self.represented_held_out),
        )  # fmt: skip


def compare_distributions(sets: SoundSets, rng: np.random.Generator) -> dict[str, Any]:
    """Return distances of sets from a set of real sounds, each the mean over random draws, with its deviation.

    All sets are of one `size`, which the Fréchet distance and the coverage depend on; `held_out` may have fewer.

    Returns
    -------
    distances : dict
        `size`, then for each set a dict of `frechet`, `frechet_limit`, `kernel`, `kernel_rbf`, `coverage`:
        `generated`;
        `generated_in_representation`, from represented real sounds instead of real ones: what training left to learn;
        `floor`, other real sounds: what a perfect generator reads;
        `representation`, other real sounds, represented: what no generator in this representation can beat;
        `noise`, white noise of real sounds' levels;
        `held_out`, where there are enough: real sounds of settings that nothing was trained on.
    """
    real, represented = sets.training[sets.rows], sets.represented[sets.rows]
    size = min(len(real) // 2, len(sets.generated))
    width = median_distance(real)
    found: dict[str, list[dict[str, float | None]]] = {}
    for _ in range(_DRAWS):
        order = rng.permutation(len(real))
        first, second = order[:size], order[size : 2 * size]
        generated = sets.generated[rng.permutation(len(sets.generated))[:size]]
        held_out = sets.held_out[rng.permutation(len(sets.held_out))[:size]]
        pairs = {
            "generated": (real[first], generated),
            "generated_in_representation": (represented[first], generated),
            "floor": (real[first], real[second]),
            "representation": (real[first], represented[second]),
            "noise": (real[first], sets.noise[second]),
        }
        if len(held_out) >= min(size, _LEAST_HELD_OUT):
            pairs["held_out"] = (real[first], held_out)
        for name, pair in pairs.items():
            found.setdefault(name, []).append(_distances(*pair, width, rng))
    distances: dict[str, Any] = {name: _averaged(rows) for name, rows in found.items()}
    if "held_out" in distances:
        distances["held_out"]["size"] = min(size, len(sets.held_out))
    return {"size": size, **distances}


def _distances(real: Floats, others: Floats, width: float, rng: np.random.Generator) -> dict[str, float | None]:
    return {
        "frechet": frechet_distance(real, others),
        "frechet_limit": frechet_limit(real, others, rng),
        "kernel": kernel_distance(real, others),
        "kernel_rbf": kernel_distance(real, others, "rbf", width=width),
        "coverage": coverage(real, others),
    }


def _averaged(rows: list[dict[str, float | None]]) -> dict[str, float | None]:
    """Return the mean of each value over draws, and its standard deviation as `<name>_deviation`."""
    averaged: dict[str, float | None] = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        known = np.array([value for value in values if value is not None])
        averaged[name] = float(known.mean()) if known.size else None
        averaged[f"{name}_deviation"] = float(known.std()) if known.size else None
    return averaged


def compare_nearest(sets: SoundSets) -> dict[str, Any]:
    """Return how near generated sounds are to training sounds, and how near other sounds are, by quantiles.

    All real sounds are represented ones, for so are copies that a generator makes: they are at distances near 0.

    Returns
    -------
    distances : dict
        `generated`; `training`, each to the nearest other one; `held_out`, where there are any. `ratio` is the median
        of `generated` over that of `training`, `ratio_to_held_out` over that of `held_out`; `nearer_than_real` the
        share of generated sounds that are nearer than all but 5 % of `training`, 0.05 where both are alike; `reading`
        says what that means.
    """
    training = nearest(sets.represented, sets.represented, same=True)[0]
    generated = nearest(sets.generated, sets.represented)[0]
    held_out = nearest(sets.represented_held_out, sets.represented)[0] if len(sets.held_out) else None
    ratio = _ratio(generated, training)
    nearer = float((generated < np.quantile(training, 0.05)).mean())
    return {
        "generated": quantiles(generated),
        "training": quantiles(training),
        "held_out": None if held_out is None else quantiles(held_out),
        "ratio": ratio,
        "ratio_to_held_out": None if held_out is None else _ratio(generated, held_out),
        "nearer_than_real": nearer,
        "reading": _reading(ratio, nearer),
    }


def _ratio(distances: Floats, others: Floats) -> float | None:
    median = float(np.median(others))
    return float(np.median(distances)) / median if median > 0 else None


def _reading(ratio: float | None, nearer: float) -> str:
    if ratio is None:
        return "most training sounds have an equal among them, so that copies cannot be told"
    if ratio < _NEAR:
        return "far nearer to training sounds than these are to each other: copies"
    if nearer > _MANY:
        return "more than real ones are very near to a training sound: copies among them, or many of one common kind"
    if ratio > _FAR:
        return "farther from training sounds than these are from each other: not copies, and not alike"
    return "about as near to training sounds as these are to each other: not copies"


def compare_controls(
    real: Mapping[str, Floats], represented: Mapping[str, Floats], generated: Mapping[str, Floats]
) -> dict[str, Any]:
    """Return the estimated controls of generated sounds beside those of real ones, plain and after the representation.

    Returns
    -------
    controls : dict of str to dict
        Of each of `CONTROLS`: `unit`; for `real`, `representation` and `generated` quantiles and the share of sounds
        that have one (`defined`); for the last two, of those, the share `inside` the range of the real ones, and
        `wasserstein`, the 1-Wasserstein distance from the real ones in standard deviations of these.
    """
    return {
        name: {
            "unit": unit,
            "real": _described(real[name]),
            "representation": {**_described(represented[name]), **_matched(real[name], represented[name])},
            "generated": {**_described(generated[name]), **_matched(real[name], generated[name])},
        }
        for name, unit in CONTROLS.items()
    }


def _described(values: Floats) -> dict[str, Any]:
    known = values[np.isfinite(values)]
    return {"defined": float(np.isfinite(values).mean()), **quantiles(known)}


def _matched(real: Floats, others: Floats) -> dict[str, float | None]:
    real, others = real[np.isfinite(real)], others[np.isfinite(others)]
    if not real.size or not others.size:
        return {"inside": None, "wasserstein": None}
    inside = float(((others >= real.min()) & (others <= real.max())).mean())
    spread = float(real.std())
    return {"inside": inside, "wasserstein": float(wasserstein_distance(real, others)) / spread if spread > 0 else None}


def quantiles(values: Floats) -> dict[str, float | None]:
    """Return minimum, some quantiles, and maximum; None each where there are no values."""
    names = ["min", *(f"q{100 * share:02.0f}" for share in _QUANTILES), "max"]
    if not values.size:
        return dict.fromkeys(names)
    return dict(zip(names, np.quantile(values, (0.0, *_QUANTILES, 1.0)).tolist(), strict=True))


def correlations(parameters: Mapping[str, Floats], estimates: Mapping[str, Floats]) -> dict[str, dict[str, Any]]:
    """Return Spearman's rank correlation of each parameter with each estimate, and the `best` estimate's name.

    Parameters
    ----------
    parameters, estimates : mapping of str to ndarray, shape (n,)
        Of the same sounds; NaN where there is none.

    Returns
    -------
    found : dict of parameter to dict of estimate to float
        None where fewer than eight pairs are known, or one side does not vary.
    """
    found: dict[str, dict[str, Any]] = {}
    for parameter, values in parameters.items():
        ranks = {name: spearman(values, estimate) for name, estimate in estimates.items()}
        known = {name: abs(rank) for name, rank in ranks.items() if rank is not None}
        found[parameter] = {**ranks, "best": max(known, key=lambda name: known[name]) if known else None}
    return found


def spearman(first: Floats, second: Floats) -> float | None:
    """Return Spearman's rank correlation of the pairs that are known; see `correlations`."""
    known = np.isfinite(first) & np.isfinite(second)
    if known.sum() < _LEAST_PAIRS:
        return None
    one, other = rankdata(first[known]), rankdata(second[known])
    if one.std() == 0 or other.std() == 0:
        return None
    return float(np.clip(np.corrcoef(one, other)[0, 1], -1.0, 1.0))
