"""One step of Catmull–Clark subdivision as a sparse matrix: any deformed mesh is smoothed by one product."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facelib.head.geometry.makehuman import Ints


def catmull_clark(quads: Ints, n: int) -> tuple[Any, Ints]:
    """Return the matrix from `n` coarse to the fine vertices, and the fine quads (four for each coarse one).

    Parameters
    ----------
    quads
        int32 (m, 4).
    n
        Number of coarse vertices. Fine vertices are the n old ones, then one for each edge, then one for
        each quad.

    Returns
    -------
    matrix
        scipy CSR matrix (n + edges + m, n); its rows add up to 1.
    quads
        int32 (4 m, 4).
    """
    m = len(quads)
    corners = quads.ravel()
    ends = np.stack([quads, np.roll(quads, -1, axis=1)], axis=2).reshape(-1, 2)
    edges, edge_of = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    edge_of = edge_of.reshape(m, 4)
    n_edges = len(edges)
    centre = sparse.csr_matrix((np.full(4 * m, 0.25), (np.repeat(np.arange(m), 4), corners)), shape=(m, n))
    middle = sparse.csr_matrix(
        (np.full(2 * n_edges, 0.5), (np.repeat(np.arange(n_edges), 2), edges.ravel())), shape=(n_edges, n)
    )
    faces_of_edge = sparse.csr_matrix(
        (np.ones(4 * m), (edge_of.ravel(), np.repeat(np.arange(m), 4))), shape=(n_edges, m)
    )
    sides = np.asarray(faces_of_edge.sum(axis=1)).ravel()
    inner = sides == 2
    edge_point = sparse.diags(np.where(inner, 0.5, 1.0)) @ middle + sparse.diags(
        np.where(inner, 0.25, 0.0)
    ) @ (faces_of_edge @ centre)
    old = _old_vertices(n, edges, inner, centre, middle, corners)
    matrix = sparse.vstack([old, edge_point, centre]).tocsr()
    edge_at = n + edge_of
    face_at = n + n_edges + np.arange(m)
    fine = np.stack(
        [quads, edge_at, np.broadcast_to(face_at[:, None], (m, 4)), np.roll(edge_at, 1, axis=1)], axis=2
    ).reshape(-1, 4)
    return matrix, fine.astype(np.int32)


def _old_vertices(  # noqa: PLR0917
    n: int,
    edges: npt.NDArray[Any],
    inner: npt.NDArray[np.bool_],
    centre: Any,
    middle: Any,
    corners: npt.NDArray[Any],
) -> Any:
    """Return the rows of the old vertices: (F + 2 R + (k − 3) P) / k inside, (1, 6, 1) / 8 along a border."""
    m, n_edges = centre.shape[0], len(edges)
    ones = np.ones(2 * n_edges)
    touching = sparse.csr_matrix(
        (ones, (edges.ravel(), np.repeat(np.arange(n_edges), 2))), shape=(n, n_edges)
    )
    around = sparse.csr_matrix((np.ones(4 * m), (corners, np.repeat(np.arange(m), 4))), shape=(n, m))
    valence = np.maximum(np.asarray(touching.sum(axis=1)).ravel(), 1)
    border_edges = touching @ sparse.diags((~inner).astype(float))
    border = np.asarray(border_edges.sum(axis=1)).ravel()
    inside = border == 0
    faces = sparse.diags(np.where(inside, 1 / valence**2, 0.0)) @ (around @ centre)
    rims = sparse.diags(np.where(inside, 2 / valence**2, 0.0)) @ (touching @ middle)
    own = sparse.diags(np.where(inside, (valence - 3) / valence, np.where(border == 2, 0.5, 1.0)))
    along = sparse.diags(np.where(border == 2, 0.25, 0.0)) @ (border_edges @ middle)
    return faces + rims + own + along


def fine_mirror(mirror: Ints, quads: Ints, n_fine: int) -> Ints:
    """Return the mirror map of the fine vertices of `catmull_clark`."""
    m, n = len(quads), len(mirror)
    ends = np.stack([quads, np.roll(quads, -1, axis=1)], axis=2).reshape(-1, 2)
    edges = np.unique(np.sort(ends, axis=1), axis=0)
    edge_index = {(int(a), int(b)): i for i, (a, b) in enumerate(edges)}
    turned = np.sort(mirror[edges], axis=1)
    of_edges = np.array([edge_index[(int(a), int(b))] for a, b in turned])
    quad_index = {tuple(row): i for i, row in enumerate(np.sort(quads, axis=1).tolist())}
    of_quads = np.array([quad_index[tuple(row)] for row in np.sort(mirror[quads], axis=1).tolist()])
    result = np.concatenate([mirror, n + of_edges, n + len(edges) + of_quads]).astype(np.int32)
    if len(result) != n_fine or len(of_quads) != m:
        msg = "the fine mesh doesn't belong to these quads"
        raise ValueError(msg)
    return result
