"""A surgical mask: pleated cloth from under the chin up to the bridge of the nose, held by loops at the ears.

Its edges follow landmarks of the moving face; between them the cloth is taut over chin, mouth and nose.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.head.accessories import draping, glasses
from facelib.head.accessories.clearance import Cast
from facelib.head.accessories.thing import Worn, coated, drawable, tube
from facelib.head.geometry import mesh
from facelib.head.geometry.arrays import load
from facelib.head.geometry.makehuman import SKIN, TONGUE, Floats, Ints
from facelib.head.geometry.textures import is_ear
from facelib.head.rendering.skin import linear
from facelib.utilities.bounded_cache import ArrayCache

if TYPE_CHECKING:
    from facelib.head.head import Head

Doubles = npt.NDArray[np.float64]

_UPPER = ({197: 1.0}, {349: 0.5, 330: 0.5}, {347: 0.6, 280: 0.4}, {352: 1.0}, {366: 0.5, 401: 0.5})
_LOWER = ({152: 0.7, 175: 0.3}, {377: 0.5, 378: 0.5}, {378: 0.5, 379: 0.5}, {365: 1.0}, {397: 0.6, 365: 0.4})
"""Landmarks of the edges and their weights, from the midline to the person's left."""
_ACROSS = (0.0, 0.27, 0.52, 0.78, 1.0)  # where they lie across the mask
_UNDER = np.radians(3.0)  # how far the lower edge reaches beyond the landmarks under the chin
_CENTRE = (197, 152, 234, 454)  # landmarks around the point from which distances count
_ABOVE, _BELOW = ((0.73, 7.31, 0.61), (0.72, 7.22, 0.39)), ((0.71, 6.84, 0.52), (0.70, 6.94, 0.48))
"""Canonical points of the person's left that the loops pass: in front of the ear's root, behind it."""
_COLUMNS, _ROWS, _STEP = 57, 73, (2, 3)  # of the cloth; every how many of them the hull is evaluated
_CLEAR, _SLACK, _ROUND = 0.014, 0.042, 0.008  # dm from skin to cloth, from hull to cloth; where both are one
_UNDER_RIMS = 0.034  # dm from the cloth to the middle of the rims of glasses
_OVER = 0.03  # dm by which skin that doesn't hold the cloth may push it out
_LOOP, _KNOTS = 0.011, 22  # dm; radius of a loop
_THERE = 0.08  # how far a mask is pulled up when its loops are as thick as that
_FADE = (0.16, 0.03)  # of the height; skin so far above the edge no longer, below it fully holds the cloth
_PLEATS, _FOLD = (0.27, 0.49, 0.71), 0.022  # where the pleats lie, and how deep they are, dm
_HEM = 0.05  # of the height
_CLOTH, _BORDER, _WHITE = (0.66, 0.81, 0.845), (0.73, 0.86, 0.885), (0.88, 0.90, 0.90)  # sRGB

_SHEETS = ArrayCache(2**20)  # the cloth and its loops ask for the same one


def made(head: Head, vertices: Floats, size: int) -> Worn | None:  # noqa: ARG001, a mask is never thin
    """Return the cloth of the mask that a head wears (see `facelib.head.accessories.registry`)."""
    if not head.mask:
        return None
    outside = _sheet(head, vertices)
    ahead = np.gradient(outside, axis=1), np.gradient(outside, axis=0)
    normals = np.cross(*ahead).reshape(-1, 3)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)  # 0: cloth of no height
    front = outside.reshape(-1, 3)
    colours, sky = _paint()
    return Worn(
        np.concatenate([front, front - 0.005 * normals]).astype(np.float32),
        np.concatenate([normals, -normals]).astype(np.float32),
        np.concatenate([colours, colours]),
        np.stack([np.full(2 * len(sky), 0.3, np.float32), np.concatenate([sky, 0.4 * sky])], axis=1),
        _topology(),
        min(head.mask / _THERE, 1.0),  # its hem comes gradually, as its loops do
    )


def loops(head: Head, vertices: Floats, size: int) -> Worn | None:
    """Return the loops that hold the mask at the ears (see `facelib.head.accessories.registry`)."""
    if not head.mask:
        return None
    radius, opacity = drawable(_LOOP * min(head.mask / _THERE, 1.0), size)
    sheet, centre = _sheet(head, vertices), _centre(head)
    skin = draping.distances(vertices, centre)
    shapes = []
    for side in (0, 1):
        for row, passed in ((_ROWS - 2, _ABOVE), (1, _BELOW)):
            ear = [vertices[_vertex(point, side)].astype(np.float64) for point in passed]
            out = np.array([0.012 if side == 0 else -0.012, 0.0, 0.0])
            corners = np.stack([sheet[row, -1 if side == 0 else 0], ear[0] + out, ear[1]])
            at = np.linspace(0, 2, _KNOTS)
            path = np.stack([np.interp(at, [0, 1, 2], corner) for corner in corners.T], axis=1)
            angle, elevation, reach = draping.polar(path - centre).T
            least = draping.distance_at(skin, angle, elevation) + radius + 0.006
            held = np.maximum(reach, np.where(at < 1, least, 0))
            path = _place(centre, angle, elevation, held)
            shapes.append(_loop(path.astype(np.float32), radius, side))
    starts = np.cumsum([0, *(len(shape[0]) for shape in shapes)])
    triangles = [shape[2] + np.int32(start) for shape, start in zip(shapes, starts, strict=False)]
    return coated(
        np.concatenate([shape[0] for shape in shapes]),
        np.concatenate([shape[1] for shape in shapes]),
        np.concatenate(triangles), linear(np.array(_WHITE)), 0.4, opacity,
    )  # fmt: skip


def _loop(path: Floats, radius: float, side: int) -> tuple[Floats, Floats, Ints]:
    """Return a tube; those of the two sides are each other's mirror image."""
    flip = np.array([1.0 if side == 0 else -1.0, 1.0, 1.0], np.float32)
    vertices, normals, triangles = tube(path * flip, radius, up=(1.0, 0.0, 0.0))
    return vertices * flip, normals * flip, triangles if side == 0 else triangles[:, ::-1]


def _sheet(head: Head, vertices: Floats) -> Doubles:
    """Return the outside of the cloth (rows, columns, 3), from the lower edge up; cached."""
    return _SHEETS.get(head.key, lambda: _laid(head, vertices))


def _laid(head: Head, vertices: Floats) -> Doubles:
    centre, pulled = _centre(head), head.mask
    height = np.linspace(0, 1, _ROWS)[:, None]
    angle, elevation = (low + (high - low) * pulled * height for low, high in _edges(vertices, centre))
    skin = draping.distance_at(draping.distances(vertices, centre), angle, elevation) + _CLEAR
    hull = _hull(vertices, centre, pulled, angle, elevation)
    skin = np.minimum(skin, hull + _OVER)  # farther out, under the chin, is the neck
    reach = _larger(hull, skin)
    hugging = _hugging(pulled)
    reach += hugging * (skin - reach)
    reach = _larger(_smoothed(reach), skin - 0.006) + _folds() * min(pulled / 0.5, 1.0)
    sheet = _place(centre, angle, elevation, reach)
    if head.glasses:
        cast = Cast(head)
        beyond = glasses.front(cast).beyond(sheet - cast.origin) + _UNDER_RIMS
        pressed = np.maximum(beyond, 0) / np.cos(elevation) / np.cos(angle)
        for _ in range(4):
            pressed = _smoothed(pressed)
        pressed = np.clip(pressed, 0, np.maximum(reach - skin + 0.008, 0))
        sheet = _place(centre, angle, elevation, reach - min(2 * head.glasses / glasses.THIN, 1.0) * pressed)
    return sheet


def _hull(vertices: Floats, centre: Doubles, pulled: float, angle: Doubles, elevation: Doubles) -> Doubles:
    """Return how far the cloth is held off by the skin beneath it where it is taut, (rows, columns)."""
    index, height = _holding()
    share = np.clip((pulled + _FADE[0] - height) / (_FADE[0] + _FADE[1]), 0, 1)
    share = 0.4 + 0.6 * share**2 * (3 - 2 * share)
    points = (vertices[index].astype(np.float64) - centre) * share[:, None]
    some = np.s_[:: _STEP[1], :: _STEP[0]]
    rays = draping.directions(angle[some], elevation[some])
    coarse = draping.taut(points.astype(np.float32), rays.reshape(-1, 3).astype(np.float32)).reshape(
        rays.shape[:2]
    )
    fine = np.einsum("ij,jk->ik", _spline(_ROWS, _STEP[1]), coarse.astype(np.float64))
    return np.asarray(np.einsum("ij,kj->ik", fine, _spline(_COLUMNS, _STEP[0]))) + _SLACK


def _larger(one: Doubles, other: Doubles) -> Doubles:
    return (one + other + np.sqrt((one - other) ** 2 + _ROUND**2)) / 2


def _smoothed(field: Doubles) -> Doubles:
    """Return a field (rows, columns) smoothed along both axes; its border keeps its place."""
    for axis in (0, 1):
        inner = np.moveaxis(field.copy(), axis, 0)
        inner[1:-1] = (inner[:-2] + 2 * inner[1:-1] + inner[2:]) / 4
        field = np.moveaxis(inner, 0, axis)
    return field


def _place(centre: Doubles, angle: Doubles, elevation: Doubles, reach: Doubles) -> Doubles:
    return np.asarray(centre + draping.directions(angle, elevation) * reach[..., None])


def _centre(head: Head) -> Doubles:
    """Return the point of the resting head from which distances count."""
    geometry = load()
    near = [_vertex(tuple(geometry.canonical[geometry.landmark_vertices[mark, 0]]), 0) for mark in _CENTRE]
    points = mesh.identity(head)[near].astype(np.float64)
    other = mesh.identity(head)[geometry.mirror[near]] * np.array([-1.0, 1.0, 1.0])
    bridge, chin, *ears = (points + other) / 2
    middle = (points - other)[:2, 0].mean() / 2
    return np.array([middle, (bridge[1] + chin[1]) / 2, (ears[0][2] + ears[1][2]) / 2])


def _edges(vertices: Floats, centre: Doubles) -> tuple[tuple[Doubles, Doubles], tuple[Doubles, Doubles]]:
    """Return the angles of the lower and the upper edge, and their elevations; each (columns,)."""
    across = np.linspace(-1, 1, _COLUMNS)
    edges = []
    for marks in (_LOWER, _UPPER):
        points = [_mixture(vertices, mark, side) for side in (1, 0) for mark in marks]
        right, left = points[: len(marks)], points[len(marks) :]
        knots = np.stack([*right[:0:-1], (right[0] + left[0]) / 2, *left[1:]])
        edges.append(np.einsum("ij,jk->ik", _spline_across(), draping.polar(knots - centre)[:, :2]))
    edges[0][:, 1] -= _UNDER * (1 - across**2)
    (low_angle, low), (high_angle, high) = (edge.T for edge in edges)
    return (low_angle, high_angle), (low, high)


def _mixture(vertices: Floats, marks: dict[int, float], side: int) -> Doubles:
    """Return a weighted mean of landmarks of the person's left (0), or of their partners on the right (1)."""
    geometry = load()
    total = np.zeros(3)
    for mark, share in marks.items():
        index = geometry.landmark_vertices[mark]
        index = index if side == 0 else geometry.fine_mirror[index]
        total += share * (vertices[index].astype(np.float64) * geometry.landmark_weights[mark, :, None]).sum(
            axis=0
        )
    return total


@cache
def _spline_across() -> Doubles:
    """Return what the knots of an edge, right to left, contribute to each column."""
    from scipy.interpolate import CubicSpline

    knots = np.array([*(-np.array(_ACROSS[:0:-1])), *_ACROSS])
    return np.asarray(CubicSpline(knots, np.eye(len(knots)), bc_type="natural")(np.linspace(-1, 1, _COLUMNS)))


@cache
def _spline(count: int, step: int) -> Doubles:
    """Return what every step-th of a row of values contributes to each of them."""
    from scipy.interpolate import CubicSpline

    knots = np.arange(0, count, step)
    return np.asarray(CubicSpline(knots, np.eye(len(knots)), bc_type="natural")(np.arange(count)))


@cache
def _vertex(point: tuple[float, float, float], side: int) -> int:
    """Return the coarse vertex nearest to a canonical point of the left, or its partner on the right."""
    geometry = load()
    nearest = int(np.argmin(np.linalg.norm(geometry.base - np.array(point), axis=1)))
    return nearest if side == 0 else int(geometry.mirror[nearest])


@cache
def _holding() -> tuple[Ints, Doubles]:
    """Return the vertices that can hold the cloth, and how high up the mask they lie: 0 at its lower edge."""
    from scipy.spatial import cKDTree

    from facelib.head.head import Head

    geometry = load()
    base = geometry.canonical
    centre = _centre(Head())
    angle, elevation = _edges(base, centre)
    height, across = np.meshgrid(np.linspace(-0.08, 1.3, 139), np.linspace(-1.15, 1.15, 57), indexing="ij")
    columns = np.linspace(-1, 1, _COLUMNS)
    grid = [
        np.interp(np.clip(across, -1, 1), columns, low) * (1 - height)
        + np.interp(np.clip(across, -1, 1), columns, high) * height
        for low, high in (angle, elevation)
    ]
    grid[0] *= np.maximum(np.abs(across), 1.0)
    tree = cKDTree(np.stack([part.ravel() for part in grid], axis=1))
    small = np.arange(len(base)) < len(geometry.base)
    skin, tongue = (np.zeros(len(base), bool) for _ in range(2))
    skin[np.unique(geometry.triangles[geometry.parts == SKIN])] = True
    tongue[np.unique(geometry.triangles[geometry.parts == TONGUE])] = True
    near = small & skin & ~is_ear(*base.T) & (base[:, 1] > 6.0) & (base[:, 2] > 0.5)
    index = np.flatnonzero(near)
    gap, place = tree.query(draping.polar(base[index].astype(np.float64) - centre)[:, :2])
    index, place = index[gap < 0.04], np.asarray(place)[gap < 0.04]
    tongue_index = np.flatnonzero(tongue & small)
    mouth = np.full(len(tongue_index), 0.5)
    return np.concatenate([index, tongue_index]).astype(np.int32), np.concatenate(
        [height.ravel()[place], mouth]
    )


def _places() -> tuple[Doubles, Doubles]:
    """Return where the vertices of the cloth lie: up, [0, 1], and across, [-1, 1]; (rows, columns)."""
    up, across = np.meshgrid(np.linspace(0, 1, _ROWS), np.linspace(-1, 1, _COLUMNS), indexing="ij")
    return up, across


def _hugging(pulled: float) -> Doubles:
    """Return how closely the cloth follows the skin: at its sides, and by a wire over the nose."""
    up, across = _places()
    side = 0.8 * _step(0.80, 1.0, np.abs(across))
    wire = (
        0.85 * _step(0.84, 1.0, up) * _step(0.62, 0.30, np.abs(across)) * _step(0.80, 1.0, np.array(pulled))
    )
    return np.maximum(side, wire)


@cache
def _folds() -> Doubles:
    """Return how far the pleats stand off, dm: each layer hangs over the one below it."""
    up, across = _places()
    fold = np.zeros_like(up)
    for low, high in pairwise((*_PLEATS, 0.96)):
        layer = np.clip((high - up) / (high - low), 0, 1) * _step(low - 0.012, low + 0.006, up)
        fold = np.maximum(fold, layer)
    return np.asarray(_FOLD * fold * (1 - 0.75 * across**4))


@cache
def _paint() -> tuple[Floats, Floats]:
    """Return the linear colour (V, 3) of every vertex, and how much of the sky it sees (V,)."""
    up, across = _places()
    edge = np.minimum(np.minimum(up, 1 - up) / _HEM, (1 - np.abs(across)) / (0.8 * _HEM))
    hem = _step(1.0, 0.8, edge)[..., None]
    colour = linear(np.array(_CLOTH)) * (1 - hem) + linear(np.array(_BORDER)) * hem
    shade = 1 - 0.16 * _step(0.5, 0.0, np.abs(edge - 1.0) / 0.35)
    for low in _PLEATS:
        shade *= 1 - 0.42 * _step(low - 0.075, low - 0.012, up) * _step(low + 0.004, low - 0.006, up)
    sky = 0.9 * shade * (0.55 + 0.45 * _step(0.0, 0.45, up))
    colour *= (0.35 + 0.65 * shade)[..., None]
    return colour.reshape(-1, 3).astype(np.float32), sky.ravel().astype(np.float32)


def _step(low: float, high: float, value: Doubles) -> Doubles:
    """Return 0 below `low`, 1 above `high` and a smooth step between; low > high falls."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


@cache
def _topology() -> Ints:
    """Return the triangles of the outside and of the inside; quads are cut along mirrored diagonals."""
    row, column = np.meshgrid(np.arange(_ROWS - 1), np.arange(_COLUMNS - 1), indexing="ij")
    a = (row * _COLUMNS + column).ravel()
    b, c, d = a + 1, a + 1 + _COLUMNS, a + _COLUMNS
    left = (column.ravel() < (_COLUMNS - 1) // 2)[:, None, None]
    one = np.stack([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)], axis=1)
    other = np.stack([np.stack([a, b, d], axis=1), np.stack([b, c, d], axis=1)], axis=1)
    outside = np.where(left, one, other).reshape(-1, 3)
    return np.concatenate([outside, outside[:, ::-1] + _ROWS * _COLUMNS]).astype(np.int32)
