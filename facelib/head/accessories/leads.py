"""Leads of the electrodes: twisted pairs that run over the skin to the ear, and hang down from there.

The way of every lead is laid once on the base head, on the person's left, and mirrored; on every head it
follows the skin around it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from facelib.head.accessories.thing import Worn, drawable
from facelib.head.electrodes import ELECTRODE_SCHEMES
from facelib.head.geometry.arrays import load
from facelib.head.geometry.electrode_sites import places
from facelib.head.geometry.makehuman import SKIN, Floats, Ints
from facelib.head.geometry.textures import is_ear
from facelib.head.rendering.skin import linear

if TYPE_CHECKING:
    from facelib.head.head import Head

Doubles = npt.NDArray[np.float64]

STRAND = 0.0045  # dm; radius of one of the two strands of a lead
COLOURS = ((0.86, 0.86, 0.83), (0.13, 0.30, 0.52))  # sRGB, of the two strands
TWIST = 0.09  # dm in which the strands turn once around each other
STEP = 0.02  # dm between the knots of a lead
_MIDDLE = 1e-6  # dm; electrodes nearer to the midline have no side
_HEIGHT = 0.010  # dm above the skin
_APART = 0.024  # dm between leads that run side by side
_TIGHT = 0.017  # dm between the leads of a bundle
_ROWS = 3  # of leads in a bundle
_CORNERS = ((320, 3), (10_000, 5))  # of a strand's outline, in pictures of up to so many px
_STIFF = 4.0  # knots over which a lead evens out the motion of the skin
_NEIGHBOURS = 6  # vertices of the skin that carry a knot
_JAW = (0.585, 6.62, 0.64)
_HANGING = ((0.58, 6.35, 0.63), (0.57, 6.0, 0.68), (0.56, 5.7, 0.77), (0.55, 5.42, 0.92))
_ROUTES = (  # from which height and to which side on, dm, electrodes lead to the jaw, and past what
    (7.40, 0.0, ((0.655, 7.63, 0.88), (0.685, 7.10, 0.72))),
    (7.05, 0.0, ((0.640, 6.96, 0.88),)),
    (6.90, 0.0, ((0.54, 6.94, 1.18), (0.640, 6.83, 0.86))),
    (6.70, 0.3, ((0.62, 6.76, 0.92),)),
    (6.70, 0.0, ((0.20, 6.80, 1.47), (0.43, 6.80, 1.27), (0.61, 6.74, 0.94))),
    (0.0, 0.5, ()),
    (6.45, 0.0, ((0.44, 6.54, 1.18),)),
    (6.40, 0.0, ((0.25, 6.455, 1.41), (0.45, 6.47, 1.12))),
    (0.0, 0.0, ((0.44, 6.42, 1.06),)),
)
_OVER_HEAD = ((7.64, 1.50), (7.78, 1.48), (8.05, 1.30), (8.40, 0.75), (8.47, 0.1), (8.2, -0.7), (7.4, -0.95))
"""Heights and depths that leads from the midline above the nose pass."""


class Leads(NamedTuple):
    """Paths of E leads of M knots on the base head; knots after a lead's end repeat it."""

    rows: dict[str, int]  # position -> row
    path: Floats  # (E, M, 3)
    normals: Floats  # (E, M, 3) away from the skin
    near: Ints  # (E, M, n) fine vertices that carry a knot
    weights: Floats  # (E, M, n)
    knots: Ints  # (E,) of the lead itself
    jaw: Ints  # (E,) knot from which on it hangs; M if it never does


def made(head: Head, vertices: Floats, size: int) -> Worn | None:
    """Return the leads of a head's electrodes, or None (see `facelib.head.accessories.registry`)."""
    names = head.electrode_names
    if not head.wires or not names:
        return None
    leads = laid_leads()
    rows = np.array([leads.rows[name] for name in names])
    path = follow(rows, vertices)
    last = head.wires * (leads.knots[rows] - 1)  # the knot, or between knots, where the lead ends
    at = np.minimum(np.arange(path.shape[1])[None, :], last[:, None])
    radius, opacity = drawable(STRAND, size)
    at = at[:, : math.ceil(last.max()) + 2]
    place, out = _between(path, at), _between(leads.normals[rows], at)
    thick = np.where(np.arange(at.shape[1]) <= last[:, None], radius, 0.0)  # what is beyond closes the end
    along = _unit(np.gradient(place, axis=1) + 1e-9 * out)
    hand = np.where(leads.path[rows, 0, 0] < -_MIDDLE, -1.0, 1.0)[:, None, None]  # mirrored leads twist so
    side = hand * _unit(np.cross(out, along))
    out = hand * np.cross(along, side)
    corners = next(number for most, number in _CORNERS if size <= most)
    return replace(_strands(place, side, out, hand, at, thick, radius, corners), opacity=opacity)


def _strands(  # noqa: PLR0917
    place: Doubles,
    side: Doubles,
    out: Doubles,
    hand: Doubles,
    at: Doubles,
    thick: Doubles,
    radius: float,
    corners: int,
) -> Worn:
    """Return two strands around each way (E, M, 3); where `hand` (E, 1, 1) is −1, all runs the other way."""
    count, knots = at.shape
    corner = np.arange(corners) * (2 * np.pi / corners)
    vertices, normals, colours = [], [], []
    for number, colour in enumerate(COLOURS):
        turn = at * (STEP / TWIST * 2 * np.pi) + number * np.pi
        away = np.cos(turn)[..., None] * side + np.sin(turn)[..., None] * out
        middle = place + radius * away
        up = hand[..., None] * np.sin(corner)[:, None] * out[..., None, :]  # outside stays out
        ring = np.cos(corner)[:, None] * side[..., None, :] + up
        vertices.append(middle[..., None, :] + thick[..., None, None] * ring)
        normals.append(ring)
        colours.append(np.broadcast_to(linear(colour), ring.shape))
    solid = np.stack(vertices).reshape(-1, 3).astype(np.float32)
    finish = np.broadcast_to(np.array([0.7, 0.9], np.float32), (len(solid), 2))
    return Worn(
        solid,
        np.stack(normals).reshape(-1, 3).astype(np.float32),
        np.stack(colours).reshape(-1, 3).astype(np.float32),
        finish,
        _skin_of_tubes(len(COLOURS) * count, knots, corners),
    )


@cache
def _skin_of_tubes(count: int, knots: int, corners: int) -> Ints:
    """Return the triangles of `count` tubes."""
    a = np.arange(knots - 1)[:, None] * corners + np.arange(corners)
    b = np.arange(knots - 1)[:, None] * corners + (np.arange(corners) + 1) % corners
    one = np.stack([a, b, b + corners, a, b + corners, a + corners], axis=-1).reshape(-1, 3)
    start = np.arange(count) * (knots * corners)
    return np.asarray((start[:, None, None] + one).reshape(-1, 3), np.int32)


def follow(rows: npt.NDArray[np.intp], vertices: Floats) -> Doubles:
    """Return the paths (E, M, 3) of leads on a head whose fine vertices (N, 3) are given.

    A lead is stiffer than the skin: it spans folds, and below the jaw it hangs straight.
    """
    leads = laid_leads()
    near, weights, jaw = leads.near[rows], leads.weights[rows], leads.jaw[rows][:, None]
    moved = ((vertices[near] - load().canonical[near]) * weights[..., None]).sum(axis=2, dtype=np.float64)
    knot = np.arange(moved.shape[1])
    eased = gaussian_filter1d(moved, _STIFF, axis=1)
    leaving = np.take_along_axis(eased, np.minimum(jaw, knot[-1])[..., None], axis=1)
    fallen = np.clip((knot - jaw) / (leads.knots[rows][:, None] - jaw).clip(1), 0, 1)[..., None]
    hanging = leaving + fallen * (moved[:, -1:] - leaving)
    eased = gaussian_filter1d(np.where(fallen > 0, hanging, eased), _STIFF, axis=1)
    held = np.minimum(knot / 6, 1.0)[:, None]  # it stays on its electrode
    eased = (1 - held) * moved + held * eased
    sunk = ((moved - eased) * leads.normals[rows]).sum(axis=2).clip(0) * (knot < jaw - 2 * _STIFF)
    return np.asarray(leads.path[rows] + eased + sunk[..., None] * leads.normals[rows])


def _between(values: npt.NDArray[np.floating], at: Doubles) -> Doubles:
    """Return values (E, M, 3) between their knots, at (E, m)."""
    low = np.minimum(at.astype(int), values.shape[1] - 2)
    lead = np.arange(len(values))[:, None]
    share = (at - low)[..., None]
    return np.asarray(values[lead, low] * (1 - share) + values[lead, low + 1] * share)


def _unit(vectors: Doubles) -> Doubles:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))


@cache
def laid_leads() -> Leads:
    """Lay the lead of every position."""
    body = _Body()
    ways: dict[str, Doubles] = {}
    for scheme in ELECTRODE_SCHEMES.values():
        left = sorted(
            (name for name in scheme if places()[name][0] >= 0),
            key=lambda name: (_route(places()[name]), -places()[name][1]),
        )
        laid = dict(zip(left, _lay([np.array(places()[name]) for name in left], body), strict=True))
        for name in scheme:
            x, y, z = places()[name]
            twin = min(left, key=lambda other: math.dist(places()[other], (abs(x), y, z)))
            ways[name] = laid[twin] * np.array([-1.0 if x < 0 else 1.0, 1.0, 1.0])
    knots = np.array([len(way) for way in ways.values()], np.int32)
    most = int(knots.max())
    path = np.stack([way[np.minimum(np.arange(most), len(way) - 1)] for way in ways.values()])
    flat = path.reshape(-1, 3)
    gap, near = map(np.asarray, body.tree.query(flat, k=_NEIGHBOURS))
    weights = np.exp(-((gap / (gap[:, :1] + 0.05)) ** 2))
    weights /= weights.sum(axis=1, keepdims=True)
    shape = (*path.shape[:2], _NEIGHBOURS)
    jaw = np.array([(np.linalg.norm(np.abs(way) - np.array(_JAW), axis=1)).argmin() for way in path])
    jaw[np.abs(path[:, -1, 0]) < 0.1] = most  # over the head
    return Leads(
        {name: row for row, name in enumerate(ways)},
        path.astype(np.float32),
        body.height(flat)[1].reshape(path.shape).astype(np.float32),
        body.numbers[near].reshape(shape).astype(np.int32),
        weights.reshape(shape).astype(np.float32),
        knots,
        jaw.astype(np.int32),
    )


def _route(place: tuple[float, float, float]) -> int:
    """Return the number of the route that a lead on the person's left takes; −1 is over the head."""
    x, y, _ = place
    if x == 0.0 and y > 7.0:
        return -1
    return next(i for i, (height, side, _) in enumerate(_ROUTES) if y > height and x >= side)


def _lay(starts: list[Doubles], body: _Body) -> list[Doubles]:
    """Return the ways (n, 3) of one side's leads, sorted by route, in steps of `STEP`.

    Those of one route run side by side; at the jaw all of them come together in a bundle.
    """
    routes = [_route(tuple(start)) for start in starts]
    aside = [route for route in routes if route >= 0]
    ways = []
    for number, (start, route) in enumerate(zip(starts, routes, strict=True)):
        same = [i for i, other in enumerate(routes) if other == route]
        rank = (len(same) - 1) / 2 - same.index(number)
        if route < 0:
            points = np.array([(0.0, y, z) for y, z in _OVER_HEAD if y > start[1] + 0.08 or z < 1.4])
            points[:, 0] = rank * _APART
            ways.append(_settle(body, _curve(np.concatenate([start[None], points])), _HEIGHT))
            continue
        place = number - (len(routes) - len(aside))
        column, row = place // _ROWS - (len(aside) - 1) / 2 / _ROWS, place % _ROWS
        via = _ROUTES[route][2]
        points = np.array([tuple(start), *via, _JAW, *_HANGING])
        normal = body.height(points)[1]
        across = _unit(np.cross(normal, _unit(np.gradient(points, axis=0))))
        bundled = 1 + len(via)
        points[1:bundled] += rank * _APART * across[1:bundled]
        points[bundled:] += -column * _TIGHT * across[bundled:] + row * _TIGHT * normal[bundled:]
        ways.append(_settle(body, _curve(points), _HEIGHT))
    return ways


def _curve(points: Doubles) -> Doubles:
    """Return a smooth curve through points, in equal steps."""
    from scipy.interpolate import PchipInterpolator

    far = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    fine = PchipInterpolator(far, points)(np.linspace(0, far[-1], 400))
    return _even(fine)


def _even(points: Doubles) -> Doubles:
    far = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.arange(0, far[-1], STEP)
    return np.stack([np.interp(at, far, points[:, axis]) for axis in range(3)], axis=1)


def _settle(body: _Body, way: Doubles, height: float) -> Doubles:
    """Let a rough way sink onto the skin down to the jaw, and hang clear of the body from there on."""
    to_jaw = np.linalg.norm(way - np.array(_JAW), axis=1).argmin() if way[-1, 2] > 0 else len(way)
    clinging = np.clip((to_jaw - np.arange(len(way))) / 8, 0, 1)
    wanted = np.minimum(height, 0.004 + np.arange(len(way)) * 0.004)
    for _ in range(30):
        gap, normal = body.height(way)
        way = way + normal * np.where(gap < wanted, wanted - gap, 0.6 * clinging * (wanted - gap))[:, None]
        way[1:-1] = 0.5 * way[1:-1] + 0.25 * (way[:-2] + way[2:])
    return _even(way)


class _Body:
    """The skin that leads lie on: that of the base head, without its ears."""

    def __init__(self) -> None:
        geometry = load()
        skin = np.unique(geometry.triangles[geometry.parts == SKIN])
        bare = skin[~is_ear(*geometry.canonical[skin].T)]
        self.numbers = bare
        self.points = geometry.canonical[bare].astype(np.float64)
        self.facing = geometry.facing[bare].astype(np.float64)
        self.tree = cKDTree(self.points)

    def height(self, positions: Doubles) -> tuple[Doubles, Doubles]:
        """Return how far positions lie outside, and the direction away from the skin there."""
        gap, near = map(np.asarray, self.tree.query(positions, k=8))
        weight = 1 / (gap + 0.02) ** 2
        weight /= weight.sum(axis=1, keepdims=True)
        normal = _unit((self.facing[near] * weight[:, :, None]).sum(axis=1))
        offset = ((positions[:, None, :] - self.points[near]) * self.facing[near]).sum(axis=2)
        return (offset * weight).sum(axis=1), normal
