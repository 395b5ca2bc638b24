"""Large moves: points spread along the edges and over the plane so that density times area evens out."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from soundworks.grid.linearize.mesh import Mesh
from soundworks.grid.surface import Floats

#: Densities below this share of the mean count as this much: without it, points would run to where all sounds alike.
_LEAST_DENSITY = 1e-3


def spread(mesh: Mesh, positions: Floats, distances: Floats) -> Floats:
    """Return positions at which each edge's share of the plane goes against its density, distance / length.

    Along each side of the grid the points are placed so that they divide it evenly (de Boor 1974). Inside, each is the
    mean of its neighbours, weighted by the densities. Such a mesh cannot fold, whatever the positive weights, for the
    outline is convex (Tutte 1963; Floater, "One-to-one piecewise linear mappings over triangulations", Math. Comp. 72,
    2003, for the triangles of any triangulation; quads are checked by who takes the step).

    Parameters
    ----------
    mesh : Mesh
    positions : ndarray, shape (d1, d0, 2)
    distances : ndarray, shape (n_edges,)
        Of `mesh.edges`; not all are zero.
    """
    flat = positions.reshape(-1, 2)
    length = np.linalg.norm(flat[mesh.edges[:, 0]] - flat[mesh.edges[:, 1]], axis=1)
    density = distances / length
    density = np.maximum(density, _LEAST_DENSITY * density.mean())
    moved = positions.copy()
    n_rows = len(mesh.rows)
    if mesh.d0 > 1:
        along_rows = density[:n_rows].reshape(mesh.d1, -1)
        moved[0, :, 0], moved[-1, :, 0] = _divided(along_rows[0]), _divided(along_rows[-1])
    if mesh.d1 > 1:
        along_columns = density[n_rows:].reshape(mesh.d1 - 1, mesh.d0)
        moved[:, 0, 1], moved[:, -1, 1] = _divided(along_columns[:, 0]), _divided(along_columns[:, -1])
    return _balanced(mesh, moved, density) if min(mesh.d0, mesh.d1) > 2 else moved


def _divided(density: Floats) -> Floats:
    """Return the places in [0, 1] between which intervals go against a density."""
    places = np.concatenate([[0.0], np.cumsum(1.0 / density)])
    places /= places[-1]
    places[-1] = 1.0
    return places


def _balanced(mesh: Mesh, positions: Floats, density: Floats) -> Floats:
    """Return positions whose inner points are the weighted means of their neighbours."""
    n = mesh.n_nodes
    weights = sparse.coo_matrix((density, mesh.edges.T), shape=(n, n)).tocsr()
    weights = weights + weights.T
    laplacian = (sparse.diags(np.asarray(weights.sum(axis=1)).ravel()) - weights).tocsr()
    inside = mesh.nodes[1:-1, 1:-1].ravel()
    outline = np.setdiff1d(mesh.nodes.ravel(), inside)
    points = positions.reshape(-1, 2).copy()
    points[inside] = splu(laplacian[inside][:, inside].tocsc()).solve(
        -(laplacian[inside][:, outline] @ points[outline])
    )
    return points.reshape(positions.shape)
