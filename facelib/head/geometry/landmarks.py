"""The 478 landmarks and the face box of a rendered head, from its mesh.

Where each landmark lies on the base head is a table, `landmarks.csv`: the 478-point network was run on 36
neutral renders of different people, its points were traced back to the mesh, and the median was made
symmetric. What made it and the rule of the box is at commit 27e12a94: benchmarks/landmark_table.py and
face_box_table.py.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.makehuman import CAVITY, EYE, SKIN, SOCKET, Floats, Ints

N_LANDMARKS = 478
FIRST_IRIS = 468
UPPER_RIM = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
"""Landmarks where the upper lip meets the lower, from the person's right corner to the left one."""
LOWER_RIM = (95, 88, 178, 87, 14, 317, 402, 318, 324)
LIP_CONTOUR = (
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146,
)  # fmt: skip
"""Landmarks around the red of the lips, in order."""
EYE_CORNERS = ((263, 362), (33, 133))
"""Outer and inner corner of the person's left eye, and of the right one."""
BOX_POINTS = (33, 133, 362, 263, 1, 234, 454, 152, 10, 61, 291)
"""Landmarks that say where the face box is: corners of the eyes, nose, ears, chin, forehead, mouth."""


def table() -> npt.NDArray[np.float64]:
    """Return the places (478, 3) of the landmarks on the base head, dm."""
    rows = np.loadtxt(Path(__file__).with_name("landmarks.csv"), delimiter=",", skiprows=1)
    return rows[:, 1:]


def bind(
    base: npt.NDArray[np.float64],
    canonical: npt.NDArray[np.float64],
    triangles: Ints,
    parts: Ints,
    jaw: npt.NDArray[np.float64],
) -> tuple[Ints, npt.NDArray[np.float64]]:
    """Bind every landmark to three fine vertices.

    Parameters
    ----------
    base, jaw
        (n, 3): coarse vertices and how an opening jaw moves them: it separates lower and upper lip.
    canonical, triangles, parts
        The fine mesh.

    Returns
    -------
    vertices
        int32 (478, 3).
    weights
        float64 (478, 3); rows add up to 1.
    """
    places = table()
    vertices, weights = np.zeros((N_LANDMARKS, 3), np.int32), np.zeros((N_LANDMARKS, 3))
    outside = _Surface(canonical, triangles[np.isin(parts, [SKIN, SOCKET])])
    balls = _Surface(canonical, triangles[parts == EYE])
    for i, place in enumerate(places):
        vertices[i], weights[i] = (balls if i >= FIRST_IRIS else outside).nearest(place)
    cavity, skin = (np.unique(triangles[parts == part]) for part in (CAVITY, SKIN))
    rim = np.intersect1d(cavity, skin)
    rim = rim[rim < len(base)]
    rim = rim[np.argsort(canonical[rim, 0])]
    low = jaw[rim, 1] < np.median(jaw[rim, 1])
    for chain, points in ((rim[~low], UPPER_RIM), (rim[low], LOWER_RIM)):
        for i in points:
            at = float(np.clip(places[i, 0], canonical[chain[0], 0], canonical[chain[-1], 0]))
            right = int(np.clip(np.searchsorted(canonical[chain, 0], at), 1, len(chain) - 1))
            a, b = chain[right - 1], chain[right]
            share = (at - canonical[a, 0]) / (canonical[b, 0] - canonical[a, 0])
            vertices[i], weights[i] = (a, b, b), (1 - share, share, 0.0)
    return vertices, weights


class _Surface:
    """Some triangles of a mesh, to find the nearest of them."""

    def __init__(self, points: npt.NDArray[np.float64], triangles: Ints) -> None:
        from scipy.spatial import cKDTree

        self.points, self.triangles = points, triangles
        self.used = np.unique(triangles)
        self.tree = cKDTree(points[self.used])

    def nearest(self, place: npt.NDArray[np.float64]) -> tuple[Ints, npt.NDArray[np.float64]]:
        """Return the triangle nearest to a place, and the weights of the place's foot in it."""
        close = self.used[np.asarray(self.tree.query(place, k=3)[1])]
        best: tuple[float, Any, Any] = (np.inf, None, None)
        for triangle in self.triangles[np.isin(self.triangles, close).any(axis=1)]:
            a, b, c = self.points[triangle]
            u, v = np.linalg.lstsq(np.stack([b - a, c - a], axis=1), place - a, rcond=None)[0]
            weight = np.clip(np.array([1 - u - v, u, v]), 0, None)
            weight /= weight.sum()
            gap = float(np.linalg.norm(weight @ self.points[triangle] - place))
            if gap < best[0]:
                best = (gap, triangle, weight)
        return best[1], best[2]


def place(screen: Floats, vertices: Ints, weights: Floats) -> Floats:
    """Return the landmarks (478, 2) px of a head whose fine vertices stand at `screen` (N, 2+) px."""
    points: Floats = (screen[vertices, :2] * weights[:, :, None]).sum(axis=1)
    return points


def eyes_between(landmarks: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the middles (2, 2) between the corners of the person's left and right eye, px.

    Unlike the irises they stay where they are as the eyes turn.
    """
    return np.stack([landmarks[list(pair)].mean(axis=0, dtype=np.float64) for pair in EYE_CORNERS])


def face_box(resting: Floats) -> npt.NDArray[np.float64]:
    """Return the face box, px, as BlazeFace draws it, from the landmarks (478, 2) of the resting face.

    A linear rule in points that no expression moves, fitted to the detector's boxes on 150 rendered heads of
    all poses (mean overlap with 70 others .92); it shifts, scales and mirrors with the face.
    """
    feature, middle, size = box_feature(resting)
    x, y, width, height = box_rule() @ feature * size
    x, y = x + middle[0], y + middle[1]
    return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])


def box_feature(resting: Floats) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Return what the rule of the box is linear in, and the middle (2,) and size of the points, px."""
    points = resting[list(BOX_POINTS)].astype(np.float64)
    middle = points.mean(axis=0)
    size = float(np.sqrt(((points - middle) ** 2).sum(axis=1).mean()))
    return np.append(((points - middle) / size).ravel(), 1.0), middle, size


@cache
def box_rule() -> npt.NDArray[np.float64]:
    """Return the fitted rule (4, 2 × points + 1), see the head of its file."""
    return np.loadtxt(Path(__file__).with_name("face_box.csv"), delimiter=",")
