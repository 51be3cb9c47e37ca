"""The scene of one picture: light, shadow, skin, eyes, mouth, things on the skin."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.head.accessories import decals
from facelib.head.accessories.thing import Placed
from facelib.head.geometry import camera, hair
from facelib.head.geometry.arrays import load
from facelib.head.geometry.makehuman import (
    EYE,
    LASH_LOWER,
    LASH_UPPER,
    SOCKET,
    TEETH_LOWER,
    TEETH_UPPER,
    TONGUE,
    Floats,
)
from facelib.head.geometry.raster import buffers, rasterise
from facelib.head.light import Light
from facelib.head.rendering import skin, wrinkles
from facelib.head.rendering.shading_inputs import Frame

if TYPE_CHECKING:
    from facelib.head.head import Head

SAMPLES = 2  # along each side of a pixel
_SHADOW_SIZE = 288
_SHADOW_REACH = 1.75  # dm from the middle of the head
_IRIS = {  # sRGB
    "brown": (0.36, 0.22, 0.12),
    "hazel": (0.48, 0.35, 0.18),
    "green": (0.39, 0.42, 0.30),
    "blue": (0.36, 0.50, 0.64),
    "grey": (0.48, 0.53, 0.57),
}
_SHIRT = (0.30, 0.37, 0.45)  # sRGB
_LIPS_TOUCH, _MOUTH_OPEN = 0.012, 0.072  # dm between the lips: no light, all light reaches the teeth


def frame_of(  # noqa: PLR0917
    head: Head,
    size: int,
    vertices: Floats,
    view: camera.View,
    points: Floats,
    carried: Floats,
    worn: Placed | None = None,
) -> Frame:
    """Return the inputs of the shading of a head.

    Parameters
    ----------
    size
        Of the picture, px.
    vertices
        float32 (N, 3), fine vertices of the head, dm.
    points, carried
        See `Frame`; of head, wisps and what is worn.
    worn
        The head's accessories.
    """
    light = Light.of(head.light)
    lamps, sky = light.lamps()
    level = skin.level_for(size)
    lines, top = wrinkles.furrows(head, level)
    triangles, parts = hair.topology(head.hair)
    if worn:
        first = np.int32(len(points) - len(worn.points))
        triangles = np.concatenate([triangles, worn.triangles + first])
        parts = np.concatenate([parts, worn.parts])
    shadow, axes, scale = _shadow(view.positions, lamps[0, :3], worn)
    sticky, grid = decals.stick(head, skin.skin_colour(head.skin_tone))
    lip, opacity = skin.lip_colour(head)
    return Frame(
        points=points,
        carried=carried,
        triangles=triangles,
        parts=parts,
        focal=float(size * SAMPLES * camera.ZOOM),
        rotation=view.rotation,
        lights=lamps,
        sky=sky,
        shadow=shadow,
        toward=axes,
        shadow_scale=scale,
        skin=skin.bake(head, level),
        furrows=lines,
        furrows_top=top,
        iris=skin.linear(_IRIS[head.eye_colour]).astype(np.float32),
        lids=_lids(vertices),
        eye_centres=_eye_centres(),
        lip=np.array([*lip, opacity], np.float32),
        mouth=_openness(vertices),
        hair=skin.hair_colour(head).astype(np.float32),
        shirt=skin.linear(_SHIRT).astype(np.float32),
        stickers=sticky,
        sticker_grid=grid,
        texel=camera.DISTANCE / (camera.ZOOM * size),
    )


@cache
def eye_vertices() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the fine vertices of the person's left and of the right eye."""
    geometry = load()
    eyes = np.unique(geometry.triangles[geometry.parts == EYE])
    left = geometry.canonical[eyes, 0] > 0
    return eyes[left], eyes[~left]


@cache
def part_numbers() -> tuple[int, int]:
    """Return where the triangles inside the mouth start, and where they end and the lashes start."""
    parts = load().parts
    inside = np.isin(parts, [TEETH_UPPER, TEETH_LOWER, TONGUE])
    lashes = np.isin(parts, [LASH_UPPER, LASH_LOWER])
    return int(np.argmax(inside)), int(np.argmax(lashes))


@cache
def fixed_attributes() -> Floats:
    """Return (N, 8): room for the normal, then canonical x, y, z, lip and occlusion of every fine vertex."""
    geometry = load()
    columns = [geometry.canonical, geometry.lip[:, None], geometry.occlusion[:, None]]
    room = np.zeros((len(geometry.canonical), 3))
    return np.concatenate([room, *columns], axis=1, dtype=np.float32)


def _shadow(positions: Floats, toward: Floats, worn: Placed | None) -> tuple[Floats, Floats, float]:
    """Return the shadow map of a light, its axes and its texels per dm."""
    side = np.cross(np.array([0.0, 1.0, 0.0]), toward)
    length = float(np.linalg.norm(side))
    side = side / length if length > 1e-6 else np.array([1.0, 0.0, 0.0])
    axes = np.stack([side, np.cross(toward, side), toward]).astype(np.float32)
    scale = _SHADOW_SIZE / 2 / _SHADOW_REACH
    geometry = load()
    depth, seen = buffers(_SHADOW_SIZE)
    casting = [(positions[: len(geometry.base)], geometry.coarse_triangles)]
    if worn:
        casting.append((worn.positions, worn.triangles))
    for surface, triangles in casting:
        points = camera.turn(surface, axes * np.array([[scale], [-scale], [1]], np.float32))
        points[:, 2] += np.float32(10)
        rasterise(points, triangles, True, 0, depth, seen)
    return depth, axes, scale


@cache
def _rims() -> npt.NDArray[np.intp]:
    """Return the vertices in the middle of the upper and lower lid, left and right, and of the two lips."""
    geometry = load()
    surface = np.unique(geometry.triangles[geometry.parts <= SOCKET])
    canonical = geometry.canonical[surface]

    def nearest(x: float, y: float, z: float) -> int:
        return int(surface[np.argmin(np.linalg.norm(canonical - np.array([x, y, z]), axis=1))])

    lids = [nearest(x, y, 1.40) for x in (0.31, -0.31) for y in (7.335, 7.245)]
    return np.array([*lids, nearest(0.0, 6.625, 1.53), nearest(0.0, 6.61, 1.50)])


def _lids(vertices: Floats) -> Floats:
    """Return the height (2, 2) of the lids' rims over the eyes' middles, in radii of the eye."""
    rims = _rims()
    result = np.zeros((2, 2), np.float32)
    for side, eye in enumerate(eye_vertices()):
        ball = vertices[eye]
        radius = float(np.ptp(ball[:, 1])) / 2
        result[side] = (vertices[rims[2 * side : 2 * side + 2], 1] - ball[:, 1].mean()) / radius
    return result


@cache
def _eye_centres() -> Floats:
    canonical = load().canonical
    return np.stack([canonical[eye].mean(axis=0) for eye in eye_vertices()])


def _openness(vertices: Floats) -> float:
    """Return how much light reaches the teeth: 0 lips closed, 1 open."""
    upper, lower = vertices[_rims()[4:]]
    gap = float(np.linalg.norm(upper - lower))
    return float(np.clip((gap - _LIPS_TOUCH) / (_MOUTH_OPEN - _LIPS_TOUCH), 0, 1))
