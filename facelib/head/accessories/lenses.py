"""Lenses: laid over the shaded picture, they dim what lies behind them and mirror the lights a little."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.head.accessories.clearance import Cast
from facelib.head.accessories.glasses import KNOTS, THIN, front
from facelib.head.geometry import camera
from facelib.head.geometry.makehuman import Floats, Ints
from facelib.head.jit import jit
from facelib.head.light import Light

if TYPE_CHECKING:
    from facelib.head.head import Head

Doubles = npt.NDArray[np.float64]

_RINGS = 14
_FRAMES = THIN / 2  # weight of the frame from which on the lenses are whole; they fade in with it
_CLEAR, _DARK = np.array([0.975, 0.98, 0.985]), np.array([0.010, 0.009, 0.008])  # share of light let through
_TINTING = 1.5  # exponent: how fast the tint darkens
_MIRROR, _DARK_MIRROR = 0.028, 0.055  # share of light thrown back head-on by clear and by dark glass
_LAMP = (0.965, 0.990)  # cosines at which the mirrored key light, a soft box, begins and is whole
_STRIP = (0.62, 0.10)  # where a strip of light stands on either side of the camera, and half its width
_BRIGHT, _STRIP_BRIGHT = 5.0, 2.2  # of the soft box relative to the key light, of the strips to the sky
_BULGE = 1.2  # dm; radius of a lens in height
_BIAS = 2e-5  # 1/dm


def lay(head: Head, view: camera.View, depth: Floats, picture: Floats) -> None:
    """Lay the lenses of glasses over a picture (H, W, 3), linear light, in place.

    Parameters
    ----------
    depth
        (2 H, 2 W) inverse distance of the samples: what is nearer than a lens hides it.
    """
    share = min(head.glasses / _FRAMES, 1.0)
    if not share:
        return
    vertices, normals = _surface(head)
    positions = view.place(vertices.astype(np.float32))
    points = camera.project(positions, len(depth))
    through, mirrored = _optics(head, positions, camera.turn(normals.astype(np.float32), view.rotation))
    veils = np.concatenate([share * (1 - through), share * mirrored], axis=1).astype(np.float32)
    size, middle = len(picture), len(picture) / 2
    left, top = np.clip(np.floor(points[:, :2].min(axis=0) / 2 + middle).astype(int) - 1, 0, size)
    right, low = np.clip(np.ceil(points[:, :2].max(axis=0) / 2 + middle).astype(int) + 1, 0, size)
    if left < right and top < low:
        part = np.s_[top:low, left:right]
        corner = np.array([left, top]) * 2 + 0.5 - size
        _lay(
            points, _topology(), veils, depth[2 * top : 2 * low, 2 * left : 2 * right], corner, picture[part]
        )


def _surface(head: Head) -> tuple[Doubles, Doubles]:
    """Return the vertices of both lenses and their normals in the head's space; left, then right."""
    cast = Cast(head)
    shape = front(cast)
    rings = [shape.rim(share) for share in np.linspace(1, 1 / _RINGS, _RINGS)]
    left = np.concatenate([*rings, shape.surface(*np.array(shape.middle)[:, None])])
    flip = np.array([-1.0, 1.0, 1.0])
    normals = shape.normals(left) + np.array([0.0, 1.0, 0.0]) * (left[:, 1:2] - shape.middle[1]) / _BULGE
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return np.concatenate([left, left * flip]) + cast.origin, np.concatenate([normals, normals * flip])


def _optics(head: Head, positions: Floats, normals: Floats) -> tuple[Doubles, Doubles]:
    """Return the share of light (V, 3) that every vertex lets through, and the light (V, 3) it mirrors."""
    light = Light.of(head.light)
    lamps, sky = light.lamps()
    toward = np.array([0.0, 0.0, camera.DISTANCE]) - positions
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    facing = (toward * normals).sum(axis=1, keepdims=True)
    ray = 2 * facing * normals - toward
    head_on = _MIRROR + (_DARK_MIRROR - _MIRROR) * head.lens_tint
    glass = head_on + (1 - head_on) * (1 - np.clip(np.abs(facing), 0, 1)) ** 5
    surround = sky[1] + (sky[0] - sky[1]) * (0.5 + 0.5 * ray[:, 1:2])
    strip = np.clip(1 - np.abs(np.abs(ray[:, :1]) + 0.6 * ray[:, 1:2] - _STRIP[0]) / _STRIP[1], 0, 1)
    surround = surround + _STRIP_BRIGHT * sky[0] * strip**2 * (3 - 2 * strip)
    near = np.clip((ray @ lamps[0, :3].astype(float) - _LAMP[0]) / (_LAMP[1] - _LAMP[0]), 0, 1)[:, None]
    lamp = _BRIGHT * lamps[0, 3:] * near**2 * (3 - 2 * near)
    tinted = _DARK + (_CLEAR - _DARK) * (1 - head.lens_tint) ** _TINTING
    return tinted * (1 - glass), glass * (surround + lamp)


@cache
def _topology() -> Ints:
    """Return the triangles (T, 3) of both lenses: rings around a middle."""
    ring = np.arange(KNOTS)
    ahead = (ring + 1) % KNOTS
    rows = [
        np.concatenate([
            np.stack([ring + k, ahead + k, ahead + k + KNOTS], axis=1),
            np.stack([ring + k, ahead + k + KNOTS, ring + k + KNOTS], axis=1),
        ])
        for k in KNOTS * np.arange(_RINGS - 1)
    ]  # fmt: skip
    middle = np.full(KNOTS, KNOTS * _RINGS)
    last = KNOTS * (_RINGS - 1)
    one = np.concatenate([*rows, np.stack([ring + last, ahead + last, middle], axis=1)])
    return np.concatenate([one, one + KNOTS * _RINGS + 1]).astype(np.int32)


@jit
def _lay(  # noqa: PLR0917, a kernel
    points: Floats, triangles: Ints, veils: Floats, depth: Floats, corner: Doubles, picture: Floats
) -> None:
    """Lay surfaces that are never two deep over a part of a picture, whose first sample lies at `corner`.

    Veils (V, 6) are the share of light lost and the light added.
    """
    height, width = depth.shape
    left, top = corner
    layer = np.zeros((height // 2, width // 2, 7), np.float32)
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = (
            points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1],
        )  # fmt: skip
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0:
            continue
        y0, y1 = max(np.ceil(min(ay, by, cy) - top), 0), min(np.floor(max(ay, by, cy) - top), height - 1)
        x0, x1 = max(np.ceil(min(ax, bx, cx) - left), 0), min(np.floor(max(ax, bx, cx) - left), width - 1)
        for y in range(int(y0), int(y1) + 1):
            for x in range(int(x0), int(x1) + 1):
                px, py = x + left, y + top
                wa = ((bx - px) * (cy - py) - (cx - px) * (by - py)) / area
                wb = ((cx - px) * (ay - py) - (ax - px) * (cy - py)) / area
                wc = 1.0 - wa - wb
                if wa < 0.0 or wb < 0.0 or wc < 0.0:
                    continue
                if wa * points[a, 2] + wb * points[b, 2] + wc * points[c, 2] + _BIAS < depth[y, x]:
                    continue
                pixel = layer[y >> 1, x >> 1]
                if pixel[6] < 1.0:  # an edge belongs to one triangle
                    pixel[6] += 0.25
                    for k in range(6):
                        pixel[k] += 0.25 * (wa * veils[a, k] + wb * veils[b, k] + wc * veils[c, k])
    look(layer, picture)


@jit
def look(layer: Floats, picture: Floats) -> None:
    """Look at a picture through a layer (H, W, 7): light lost, light added, share of the pixel that is glass.

    Of a pixel on the edge only the glass is dimmed, and not the frame: what lies behind it is taken from its
    neighbours that are all glass.
    """
    height, width = picture.shape[:2]
    bare = picture.copy()
    behind = np.empty(3, np.float32)
    for y in range(height):
        for x in range(width):
            glass = layer[y, x, 6]
            if glass <= 0.0:
                continue
            count = 0
            if glass < 1.0:
                behind[:] = 0
                for i in range(max(y - 1, 0), min(y + 2, height)):
                    for j in range(max(x - 1, 0), min(x + 2, width)):
                        if layer[i, j, 6] >= 1.0:
                            count += 1
                            for k in range(3):
                                behind[k] += bare[i, j, k]
            for k in range(3):
                seen = behind[k] / count if count else bare[y, x, k]
                picture[y, x, k] = max(bare[y, x, k] - layer[y, x, k] * seen, 0.0) + layer[y, x, 3 + k]
