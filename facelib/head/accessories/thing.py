"""Things worn on the head: geometry of its own that is drawn, lit and shaded together with the head.

A maker (see `facelib.head.accessories.registry`) makes a `Worn`; `place` stands all of them before the
camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facelib.head.geometry import camera
from facelib.head.geometry.makehuman import WISP, Floats, Ints

WORN = WISP + 1  # part number of the first thing that is worn; the next ones count on
_DRAWN = 1.3  # samples; what is thinner would come and go between the samples


@dataclass(frozen=True)
class Worn:
    """One accessory, in the head's own space before its pose: dm, x to the person's left, y up, z forward.

    Parameters
    ----------
    vertices
        float32 (V, 3).
    normals
        float32 (V, 3), unit length, outward.
    colours
        float32 (V, 3), linear.
    finish
        float32 (V, 2): gloss (skin has about 1), share of the sky that the vertex sees.
    triangles
        int32 (T, 3); seen from outside, their corners run counterclockwise. Only this side is drawn.
    opacity
        Share of what is behind it that it hides, [0, 1]; see `drawable`.
    """

    vertices: Floats
    normals: Floats
    colours: Floats
    finish: Floats
    triangles: Ints
    opacity: float = 1.0


class Placed(NamedTuple):
    """All accessories of one head, in camera space."""

    positions: Floats  # (V, 3) camera space, dm
    points: Floats  # (V, 3) see `camera.project`
    carried: Floats  # (V, 8) normal in camera space, colour, gloss, share of the sky
    triangles: Ints  # (T, 3) counted within what is worn
    parts: npt.NDArray[np.uint8]  # (T,)


def place(things: Sequence[Worn], view: camera.View, samples: int) -> Placed | None:
    """Bring a head's accessories into camera space; None if there are none.

    Parameters
    ----------
    samples
        Along each side of the picture.
    """
    if not things:
        return None
    starts = np.cumsum([0, *(len(thing.vertices) for thing in things)])
    positions = view.place(np.concatenate([thing.vertices for thing in things]))
    normals = camera.turn(np.concatenate([thing.normals for thing in things]), view.rotation)
    painted = [np.concatenate([thing.colours, thing.finish], axis=1) for thing in things]
    triangles = [thing.triangles + np.int32(start) for thing, start in zip(things, starts, strict=False)]
    parts = [np.full(len(thing.triangles), WORN + i, np.uint8) for i, thing in enumerate(things)]
    joined = np.concatenate(triangles)
    joined.flags.writeable = False  # the raster is compiled for such
    return Placed(
        positions,
        camera.project(positions, samples),
        np.concatenate([normals, np.concatenate(painted)], axis=1),
        joined,
        np.concatenate(parts),
    )


def drawable(radius: float, size: int) -> tuple[float, float]:
    """Return the radius, dm, with which a thin round thing is drawn in a picture, and its opacity.

    What is thinner than a sample would be torn by the raster; it is drawn as thick as one, but see-through.

    Parameters
    ----------
    radius
        Of the thing, dm.
    size
        Of the picture, px.

    Examples
    --------
    >>> drawable(0.02, 512)
    (0.02, 1.0)
    >>> thick, opacity = drawable(0.001, 512)
    >>> round(thick * opacity, 9)
    0.001
    """
    least = _DRAWN / 2 * camera.DISTANCE / (camera.ZOOM * size * 2)
    return max(radius, least), min(radius / least, 1.0)


def sweep(path: Floats, side: Floats, out: Floats, section: Floats, closed: bool) -> tuple[Floats, Ints]:
    """Move a closed outline along a path.

    Parameters
    ----------
    path
        (n, 3), dm.
    side, out
        (n, 3), axes of the outline at every knot of the path; side × out points along the path.
    section
        (m, 2), the outline, counterclockwise in (side, out).
    closed
        Join the end of the path with its start; open paths get caps.

    Returns
    -------
    vertices
        float32 (n × m, 3).
    triangles
        int32 (T, 3).
    """
    n, m = len(path), len(section)
    vertices = path[:, None] + section[None, :, :1] * side[:, None] + section[None, :, 1:] * out[:, None]
    a = np.arange(n if closed else n - 1)[:, None] * m + np.arange(m)
    b = np.arange(n if closed else n - 1)[:, None] * m + (np.arange(m) + 1) % m
    c, d = (a + m) % (n * m), (b + m) % (n * m)
    sides = np.stack([np.stack([a, b, d], axis=-1), np.stack([a, d, c], axis=-1)], axis=2).reshape(-1, 3)
    if not closed:
        fan = np.arange(1, m - 1)
        first = np.stack([np.zeros_like(fan), fan + 1, fan], axis=1)
        last = np.stack([np.zeros_like(fan), fan, fan + 1], axis=1) + (n - 1) * m
        sides = np.concatenate([sides, first, last])
    return vertices.reshape(-1, 3).astype(np.float32), sides.astype(np.int32)


def tube(path: Floats, radius: float, corners: int = 8, up: tuple[float, float, float] = (0.0, 0.0, 1.0)
         ) -> tuple[Floats, Floats, Ints]:  # fmt: skip
    """Return vertices, normals and triangles of a round tube along an open path.

    Parameters
    ----------
    path
        (n, 3), dm; no two neighbours are the same.
    radius
        Of the tube, dm.
    corners
        Of its outline.
    up
        Any direction that the path never takes.
    """
    along = np.gradient(path.astype(np.float64), axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(np.array(up), along)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    turn = np.arange(corners) * (2 * np.pi / corners)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32)
    out = np.cross(along, side)
    vertices, triangles = sweep(path, side, out, np.float32(radius) * ring, False)
    normals = ring[None, :, :1] * side[:, None] + ring[None, :, 1:] * out[:, None]
    return vertices, normals.reshape(-1, 3).astype(np.float32), triangles


def smooth_normals(vertices: Floats, triangles: Ints) -> Floats:
    """Return unit normals (V, 3), weighted by the areas of the triangles around each vertex."""
    a, b, c = (vertices[triangles[:, corner]].astype(np.float64) for corner in range(3))
    faces = np.cross(b - a, c - a)
    total = np.zeros((len(vertices), 3))
    for corner in range(3):
        for k in range(3):
            total[:, k] += np.bincount(triangles[:, corner], faces[:, k], len(vertices))
    total /= np.linalg.norm(total, axis=1, keepdims=True) + 1e-20
    return total.astype(np.float32)


def coated(  # noqa: PLR0917
    vertices: Floats,
    normals: Floats,
    triangles: Ints,
    colour: npt.ArrayLike,
    gloss: float,
    opacity: float = 1.0,
) -> Worn:
    """Return an accessory of one colour (linear) and gloss under an open sky."""
    colours = np.broadcast_to(np.asarray(colour, np.float32), vertices.shape)
    finish = np.broadcast_to(np.array([gloss, 1.0], np.float32), (len(vertices), 2))
    return Worn(vertices, normals, colours, finish, triangles, opacity)
