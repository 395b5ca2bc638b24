"""How far one set of points is from another: of Gaussians fitted to them, of kernel means, and of nearest neighbours.

All take points whose dimensions are of one unit; `Standard` brings them to it, by the real set alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]

#: Rows whose distances to all others are in memory together.
_BLOCK_ROWS = 1024
#: Share of the largest set that the smaller ones have, from which the Fréchet distance is extrapolated.
_SHARES = (1.0, 0.8, 0.65, 0.5)


@dataclass(frozen=True)
class Standard:
    """The scale on which sets are compared: zero mean and unit variance of each dimension in the real set.

    It is diagonal. Whitening would weight directions in which real sounds hardly differ, and which a few hundred of
    them tell next to nothing about, as much as what they differ in.

    Attributes
    ----------
    mean, scale : ndarray, shape (k,)
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, real: Floats, least: float) -> Standard:
        """Return the standard of a real set (n, k); no dimension counts for less than `least` wide, constant ones too.

        `least` is in the unit of the points; it is what a difference in a constant dimension is measured by.
        """
        return cls(real.mean(axis=0), np.maximum(real.std(axis=0), least))

    def apply(self, points: Floats) -> Floats:
        """Return points of shape (n, k) on this scale."""
        return (points - self.mean) / self.scale


def frechet_distance(first: Floats, second: Floats) -> float:
    """Return the squared Fréchet (2-Wasserstein) distance of Gaussians fitted to two sets.

    |m₁ - m₂|² + tr(S₁ + S₂ - 2 (S₁^½ S₂ S₁^½)^½), D. Dowson, B. Landau: "The Fréchet distance between multivariate
    normal distributions", J. Multivariate Analysis 12, 1982; as a measure of generators, M. Heusel et al., 2017
    (arXiv:1706.08500). Covariances are shrunk (see `shrunk_covariance`), so that sets smaller than their dimension are
    legal; the estimate is biased upward, less the more points there are (see `frechet_limit`).

    Parameters
    ----------
    first, second : ndarray, shapes (n, k) and (m, k)
        At least one point each; a single one has no spread.
    """
    offset = first.mean(axis=0) - second.mean(axis=0)
    one, other = shrunk_covariance(first), shrunk_covariance(second)
    root = _symmetric_root(one)
    # The product is symmetric in exact arithmetic; its eigenvalues are squares, and rounding may put them below 0.
    middle = root @ other @ root
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh((middle + middle.T) / 2.0), 0.0)).sum()
    return max(0.0, float(offset @ offset + np.trace(one) + np.trace(other) - 2.0 * cross))


def _symmetric_root(matrix: Floats) -> Floats:
    """Return the root of a symmetric matrix without negative eigenvalues, but for rounding."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def shrunk_covariance(points: Floats) -> Floats:
    """Return the covariance of a set (n, k), drawn towards a sphere by what n points cannot tell.

    The oracle approximating shrinkage of Y. Chen, A. Wiesel, Y. Eldar, A. Hero: "Shrinkage algorithms for MMSE
    covariance estimation", IEEE Trans. Signal Processing 58 (10), 2010 (arXiv:0907.4698), eq. 23: of the order 1/n.
    Dimensions that do not vary stay so: the sphere is one of the others.
    """
    n, k = points.shape
    centred = points - points.mean(axis=0)
    covariance = centred.T @ centred / n
    varies = np.diag(covariance) > 0.0
    inner = covariance[np.ix_(varies, varies)]
    size = len(inner)
    if size < 2:
        return covariance
    squares, trace = float(np.square(inner).sum()), float(np.trace(inner))
    excess = squares - trace * trace / size  # 0 where the covariance is a sphere already
    weight = ((1.0 - 2.0 / size) * squares + trace * trace) / max((n + 1.0 - 2.0 / size) * excess, 1e-300)
    weight = min(1.0, weight)
    covariance *= 1.0 - weight
    covariance[np.diag_indices(k)] += varies * (weight * trace / size)
    return covariance


def frechet_limit(first: Floats, second: Floats, rng: np.random.Generator) -> float | None:
    """Return the Fréchet distance extrapolated to sets without end; None for fewer than 32 points.

    Distances of random parts of both sets are fitted by a line over 1/n, whose value at 0 is returned; it may be
    slightly negative. M. Chong, D. Forsyth: "Effectively unbiased FID and Inception Score", CVPR 2020
    (arXiv:1911.07023).
    """
    n = min(len(first), len(second))
    if n < 32:
        return None
    sizes = [round(share * n) for share in _SHARES for _ in range(4)]
    found = [
        frechet_distance(first[rng.permutation(len(first))[:size]], second[rng.permutation(len(second))[:size]])
        for size in sizes
    ]
    return float(np.polyfit(1.0 / np.array(sizes), found, 1)[1])


def kernel_distance(
    first: Floats, second: Floats, kernel: Literal["polynomial", "rbf"] = "polynomial", *, width: float | None = None
) -> float:
    """Return the unbiased estimate of the squared maximum mean discrepancy of two sets; it may be negative.

    A. Gretton et al.: "A kernel two-sample test", JMLR 13, 2012, lemma 6; with the polynomial kernel (x·y / k + 1)³ it
    is the kernel inception distance of M. Bińkowski et al., 2018 (arXiv:1801.01401), but for the embedding. Unlike the
    Fréchet distance, its mean does not depend on the sizes of the sets.

    Parameters
    ----------
    first, second : ndarray, shapes (n, k) and (m, k)
        At least two points each.
    kernel : {"polynomial", "rbf"}
        "rbf" is exp(-|x - y|² / (2 width²)), which far outliers weigh no more in than others.
    width : float, optional
        See `median_distance`; needed by "rbf".
    """

    def values(x: Floats, y: Floats) -> Floats:
        if kernel == "polynomial":
            return (x @ y.T / x.shape[1] + 1.0) ** 3
        assert width is not None
        return np.exp(cdist(x, y, "sqeuclidean") / (-2.0 * width**2))

    n, m = len(first), len(second)
    if min(n, m) < 2:
        raise ValueError(f"found sets of {n} and {m} points, expected at least two each")
    within_first, within_second = values(first, first), values(second, second)
    one = (within_first.sum() - np.trace(within_first)) / (n * (n - 1))
    other = (within_second.sum() - np.trace(within_second)) / (m * (m - 1))
    return float(one + other - 2.0 * values(first, second).mean())


def median_distance(points: Floats) -> float:
    """Return the median distance of two different points of a set, at most 2,000 of them; 1 where all are the same.

    The usual width of a radial kernel (Gretton et al. 2012, section 8).
    """
    some = points[:: -(-len(points) // 2000)]
    distances = cdist(some, some)[np.triu_indices(len(some), 1)]
    return (float(np.median(distances)) if distances.size else 0.0) or 1.0


def nearest(points: Floats, others: Floats, *, same: bool = False) -> tuple[Floats, NDArray[np.intp]]:
    """Return the distance of each point to its nearest other, and which one that is, both of shape (n,).

    Parameters
    ----------
    points, others : ndarray, shapes (n, k) and (m, k)
        At least one other.
    same : bool
        Whether both are one set, in which case no point is its own neighbour.
    """
    if len(others) < 1 + same:
        raise ValueError(f"found {len(others)} points to be near to, expected at least {1 + same}")
    distances, rows = np.empty(len(points)), np.empty(len(points), np.intp)
    for first in range(0, len(points), _BLOCK_ROWS):
        block = cdist(points[first : first + _BLOCK_ROWS], others)
        if same:
            block[np.arange(len(block)), first + np.arange(len(block))] = np.inf
        stop = first + len(block)
        rows[first:stop] = block.argmin(axis=1)
        distances[first:stop] = block[np.arange(len(block)), rows[first:stop]]
    return distances, rows


def coverage(real: Floats, others: Floats, *, neighbours: int = 5) -> float:
    """Return the share of real points that have one of the others as near as their k-th real neighbour.

    Near 1 (1 - 2^-k for equally large sets of one distribution), and near 0 where the others leave most kinds out.
    M. Naeem et al.: "Reliable fidelity and diversity metrics for generative models", ICML 2020 (arXiv:2002.09797).
    """
    within = cdist(real, real)
    kth = min(neighbours, len(real) - 1)
    radii = np.partition(within, kth, axis=1)[:, kth]  # the 0th is the point itself
    return float((nearest(real, others)[0] <= radii).mean())
