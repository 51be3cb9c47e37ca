"""Regions of a face in its picture, from the 478 landmarks: mouth, eyes, brows, nose, cheeks, forehead, chin.

The landmarks of the base head span a net of triangles, and each triangle belongs to one region. In a picture
the net lies where the landmarks are: it turns with the head, and an open mouth is part of the mouth. Left and
right are the person's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.face import N_LANDMARKS, Face
from facelib.head.accessories.decals import NARROW
from facelib.head.electrodes import resolve
from facelib.head.geometry.electrode_sites import GRIP, RADIUS, directions, places
from facelib.head.geometry.landmarks import FIRST_IRIS, LIP_CONTOUR, table
from facelib.head.geometry.textures import AXIS
from facelib.head.jit import jit

Doubles = npt.NDArray[np.float64]
Labels = npt.NDArray[np.uint8]

REGIONS: Final = (
    "mouth", "left eye", "right eye", "left brow", "right brow", "nose", "left cheek", "right cheek",
    "forehead", "chin", "electrodes", "outside",
)  # fmt: skip
"""Names in the order of `masks`. "outside" is what isn't in the net: background, hair, ears, neck."""
ELECTRODES: Final = REGIONS.index("electrodes")
OUTSIDE: Final = REGIONS.index("outside")

_FACE = (
    10, 109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152,
)  # fmt: skip
_HALVES = {
    "mouth": (2, 97, 99, 165, 92, 186, 57, 43, 106, 182, 83, 18),
    "nose": (168, 193, 189, 244, 245, 188, 128, 114, 217, 126, 209, 49, 102, 64, 98, 240, 99, 97, 2),
    "forehead": (
        10, 109, 67, 103, 54, 21, 162, 127, 34, 143, 35, 226, 113, 46, 53, 52, 65, 55, 221, 189, 193, 168,
    ),
    "chin": (18, 83, 182, 106, 43, 204, 211, 170, 149, 176, 148, 152),
}  # fmt: skip
"""The person's right half of the outlines of regions across the midline, from the top to the bottom."""
_SIDES = {
    "right eye": (46, 53, 52, 65, 55, 221, 189, 244, 233, 232, 231, 230, 229, 228, 31, 226, 113),
    "right brow": (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
}
"""Outlines of regions of the person's right side."""
_BEHIND = ("forehead", "chin", "left cheek", "right cheek", "left eye", "right eye", "left brow")
_PAINTED: Final = (*_BEHIND, "right brow", "mouth", "nose")
"""From the back to the front: in a head that is turned away the nose hides what it stands before."""

_ROUND = 0.75  # dm; about how far the face is from the axis of the head
_NEAREST, _CLOSE, _STIFF = 8, 0.05, 1e-4  # landmarks around an electrode; dm; how little their map may tilt
SAMPLES: Final = 4  # a pixel of a mask has SAMPLES² samples


def masks(face: Face, electrodes: str | tuple[str, ...] | None = None) -> npt.NDArray[np.float32]:
    """Return how much of every pixel belongs to each region.

    Parameters
    ----------
    face
        A face whose landmarks are known.
    electrodes
        A scheme or names of positions that make up the region "electrodes"; None: what the face shows.

    Returns
    -------
    float32 (R, H, W)
        In the order of `REGIONS`; the values of a pixel add up to 1.

    Raises
    ------
    BadValueError
        The landmarks aren't known.
    """
    height, width = face.size
    fine = labels(face, face.landmarks * SAMPLES, (height * SAMPLES, width * SAMPLES), electrodes)
    parts = fine.reshape(height, SAMPLES, width, SAMPLES).swapaxes(1, 2).reshape(height, width, -1)
    return np.stack([(parts == region).mean(2, dtype=np.float32) for region in range(len(REGIONS))])


def labels(
    face: Face,
    landmarks: npt.NDArray[np.floating],
    size: tuple[int, int],
    electrodes: str | tuple[str, ...] | None = None,
) -> Labels:
    """Return the region at the middle of every cell of a grid.

    Parameters
    ----------
    face
        Says which electrodes there are, how large, and how much tape.
    landmarks
        (478, 2) where the face's landmarks lie in the grid, in cells.
    size
        Rows and columns of the grid.
    electrodes
        See `masks`.

    Returns
    -------
    uint8 (rows, columns)
        Places in `REGIONS`.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (N_LANDMARKS, 2) or not np.isfinite(points[:FIRST_IRIS]).all():
        msg = (
            "The regions of a face are found from its 478 landmarks, and they aren't all known. Rendered "
            "heads have them; photographs get them from a network of their own."
        )
        raise BadValueError(msg, hint="Run facelib models fetch once, then load_face.")
    grid = np.full(size, OUTSIDE, np.uint8)
    triangles, regions = net()
    _paint(points, triangles, regions, grid)
    names = shown(face) if electrodes is None else resolve(electrodes) or ()
    if names:
        _stick(points, names, _number(face, "electrode_size", 1.0), _number(face, "tape", 0.0), grid)
    return grid


def shown(face: Face) -> tuple[str, ...]:
    """Return the names of the electrodes that a face shows, or, if that isn't known, those it wears."""
    seen = face.attributes.get("visible_electrodes")
    return tuple(seen) if seen is not None else resolve(face.attributes.get("electrodes")) or ()


def _number(face: Face, name: str, default: float) -> float:
    value = face.attributes.get(name)
    return default if value is None else float(value)


@cache
def net() -> tuple[npt.NDArray[np.int32], Labels]:
    """Return the triangles (T, 3) between landmarks and their regions (T,), from the back to the front.

    The corners of a triangle that faces the camera follow each other clockwise in the picture. Lips are
    spanned from rim to rim, whatever is between them; irises are no part of the net.
    """
    from scipy.spatial import Delaunay

    flat, mirror = _unrolled(), _mirror()
    lips = _inside(flat, flat[list(LIP_CONTOUR)])
    lips[list(LIP_CONTOUR)] = False
    right = np.flatnonzero(~lips[:FIRST_IRIS] & (flat[:FIRST_IRIS, 0] <= 0))
    right = right[np.sort(np.unique(flat[right], axis=0, return_index=True)[1])]  # two lie on one place
    triangles = right[Delaunay(flat[right]).simplices]
    middles = flat[triangles].mean(axis=1)
    inside = _inside(middles, flat[list(_both(_FACE))])
    triangles, middles = triangles[inside], middles[inside]
    names = np.full(len(triangles), "right cheek")
    for name, half in _HALVES.items():
        names[_inside(middles, flat[list(_both(half))])] = name
    for name, outline in _SIDES.items():
        names[_inside(middles, flat[list(outline)])] = name
    triangles = np.concatenate([triangles[:, ::-1], mirror[triangles]])
    names = np.concatenate([names, np.char.replace(names, "right", "left")])
    order = np.argsort([_PAINTED.index(name) for name in names], kind="stable")
    regions = np.array([REGIONS.index(name) for name in names[order]], np.uint8)
    return triangles[order].astype(np.int32), regions


def _unrolled() -> Doubles:
    """Return the landmarks (478, 2) of the base head, dm, its face unrolled: way around the head, height."""
    x, y, z = table().T
    return np.column_stack([_ROUND * np.arctan2(x, z - AXIS), y])


def _mirror() -> npt.NDArray[np.int64]:
    """Return the landmark on the other side for each of the 478."""
    places = table()
    gaps = np.linalg.norm(places[:, None] - places[None] * [-1.0, 1.0, 1.0], axis=2)
    return np.asarray(gaps.argmin(axis=1))


def _both(half: Sequence[int]) -> tuple[int, ...]:
    """Return a whole outline from its half on the person's right, which begins and ends on the midline."""
    mirror = _mirror()
    return (*half, *(int(mirror[point]) for point in half[-2:0:-1]))


def _inside(points: Doubles, outline: Doubles) -> npt.NDArray[np.bool_]:
    """Return which points (n, 2) lie inside a closed outline (m, 2): a ray from them crosses it oddly."""
    x, y = points[:, None].transpose(2, 0, 1)
    (x1, y1), (x2, y2) = outline.T, np.roll(outline, -1, axis=0).T
    across = (y1 > y) != (y2 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossed = across & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return np.asarray(crossed.sum(axis=1) % 2 == 1)


@jit
def _paint(points: Doubles, triangles: npt.NDArray[np.int32], regions: Labels, grid: Labels) -> None:
    """Write the region of every triangle into the cells whose middle it covers, its edges included.

    Those that face away come first: what they stand behind covers them.
    """
    rows, columns = grid.shape
    for away in (True, False):
        for t in range(len(triangles)):
            a, b, c = triangles[t]
            ax, ay = points[a, 0] - 0.5, points[a, 1] - 0.5
            bx, by = points[b, 0] - 0.5, points[b, 1] - 0.5
            cx, cy = points[c, 0] - 0.5, points[c, 1] - 0.5
            turned = (bx - ax) * (cy - ay) < (by - ay) * (cx - ax)
            if turned != away:
                continue
            if turned:
                bx, by, cx, cy = cx, cy, bx, by
            top, bottom = max(np.ceil(min(ay, by, cy)), 0.0), min(np.floor(max(ay, by, cy)), rows - 1.0)
            left, right = max(np.ceil(min(ax, bx, cx)), 0.0), min(np.floor(max(ax, bx, cx)), columns - 1.0)
            for row in range(int(top), int(bottom) + 1):
                for column in range(int(left), int(right) + 1):
                    if (
                        (bx - ax) * (row - ay) >= (by - ay) * (column - ax)
                        and (cx - bx) * (row - by) >= (cy - by) * (column - bx)
                        and (ax - cx) * (row - cy) >= (ay - cy) * (column - cx)
                    ):
                        grid[row, column] = regions[t]


@cache
def sticking() -> dict[str, Doubles]:
    """Return how each electrode follows the landmarks: weights (3, 478) by name.

    Times the landmarks they give its middle, and the way in the picture of 1 dm along and across the skin, as
    its strip of tape lies: an affine map of the nearest landmarks, weighted by their closeness to the fourth.
    On rendered heads of 224 px the middles are right to 0.6 px on average and to 2.5 px at most, those of the
    masseters, which lie behind the outermost landmarks, to 3 and 5 px.
    """
    marks = table()[:FIRST_IRIS]
    weights = {}
    for name, place in places().items():
        away = marks - np.array(place)
        near = np.argsort(np.linalg.norm(away, axis=1), kind="stable")[:_NEAREST]
        weight = 1 / (np.square(away[near]).sum(axis=1) + _CLOSE**2) ** 2
        terms = np.column_stack([np.ones(_NEAREST), away[near]])
        pulled = terms.T * (weight / weight.sum())
        fit = np.linalg.solve(pulled @ terms + np.diag([0.0, _STIFF, _STIFF, _STIFF]), pulled)
        weights[name] = np.zeros((3, N_LANDMARKS))
        weights[name][:, near] = np.concatenate([fit[:1], np.array(directions()[name]) @ fit[1:]])
    return weights


def _stick(points: Doubles, names: Sequence[str], size: float, tape: float, grid: Labels) -> None:
    """Write electrodes and their strips of tape into the cells whose middle they cover."""
    radius = RADIUS * size
    half = tape * (radius + GRIP)
    follow = np.stack([sticking()[name][:, :FIRST_IRIS] for name in names])
    middles, *ways = (follow @ points[:FIRST_IRIS]).swapaxes(0, 1)
    skin = np.linalg.pinv(np.stack(ways, axis=2), rcond=1e-3)  # from cells to dm along and across the strip
    reach = np.abs(ways).sum(axis=0) * max(radius, half)
    _cover(middles, skin, reach, radius, half, min(NARROW * radius, half), grid)


@jit
def _cover(  # noqa: PLR0917, a kernel
    middles: Doubles, skin: Doubles, reach: Doubles, radius: float, half: float, width: float, grid: Labels
) -> None:
    rows, columns = grid.shape
    for k in range(len(middles)):
        x, y = middles[k, 0] - 0.5, middles[k, 1] - 0.5
        top, bottom = max(np.ceil(y - reach[k, 1]), 0.0), min(np.floor(y + reach[k, 1]), rows - 1.0)
        left, right = max(np.ceil(x - reach[k, 0]), 0.0), min(np.floor(x + reach[k, 0]), columns - 1.0)
        for row in range(int(top), int(bottom) + 1):
            for column in range(int(left), int(right) + 1):
                along = skin[k, 0, 0] * (column - x) + skin[k, 0, 1] * (row - y)
                across = skin[k, 1, 0] * (column - x) + skin[k, 1, 1] * (row - y)
                beyond = max(abs(along) - (half - width), 0.0)
                if np.hypot(along, across) <= radius or np.hypot(beyond, across) < width:
                    grid[row, column] = ELECTRODES
