"""From a head to a picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.faces import camera, mesh, skin, stickers
from facelib.faces.anatomy import (
    LASH_LOWER,
    LASH_UPPER,
    TEETH_LOWER,
    TEETH_UPPER,
    TONGUE,
    WISP,
    Floats,
    Ints,
)
from facelib.faces.cache import ArrayCache
from facelib.faces.face import Face
from facelib.faces.frame import Frame, surfaces
from facelib.faces.geometry import Geometry, hair, load, maps
from facelib.faces.landmarks import face_box, place
from facelib.faces.lashes import lay_lashes
from facelib.faces.light import Light
from facelib.faces.raster import buffers, rasterise, rasterise_inside, rasterise_wisps
from facelib.faces.resolve import develop, fill_backdrop, shade, tone_curve
from facelib.faces.wisps import STYLES, THICKNESS, cap_height

if TYPE_CHECKING:
    from facelib.faces.head import Head

SIZES = (48, 1024)
SAMPLES = 2  # along each side of a pixel
_BAND = 8192  # pixels that are shaded at a time
_SHADOW_SIZE = 288
_SHADOW_REACH = 1.75  # dm
_IRIS = {  # sRGB
    "brown": (0.36, 0.22, 0.12),
    "hazel": (0.48, 0.35, 0.18),
    "green": (0.39, 0.42, 0.30),
    "blue": (0.36, 0.50, 0.64),
    "grey": (0.48, 0.53, 0.57),
}


def render(head: Head, size: int = 224) -> Face:
    """Return the picture of a head (see `Head.render`)."""
    if not SIZES[0] <= size <= SIZES[1] or int(size) != size:
        msg = f"A picture's size is a whole number of pixels from {SIZES[0]} to {SIZES[1]}; got {size!r}."
        raise BadValueError(msg)
    size = int(size)
    geometry = load()
    rest = mesh.fine(mesh.identity(head), geometry)
    vertices = mesh.fine(mesh.coarse(head), geometry)
    if head.hair in STYLES:
        vertices += cap(head.hair)
    left, right = eye_vertices()
    resting = np.stack([rest[left].mean(axis=0), rest[right].mean(axis=0)]).astype(np.float64)
    view = camera.stand(vertices, resting, head.pose)
    normals = mesh.normals(view.positions, geometry.triangles, geometry.around_start, geometry.around_index)
    points = camera.project(view.positions, size * SAMPLES)
    carried = np.concatenate([normals, fixed_attributes()], axis=1)
    solid, inner = part_numbers()
    depth, seen = buffers(size * SAMPLES)
    rasterise(points, geometry.triangles[: solid], True, 0, depth, seen)
    rasterise_inside(points, geometry.triangles[solid:inner], solid, geometry.parts, depth, seen)
    if head.hair in STYLES:
        wisps = hair(head.hair)
        strands, turned = camera.comb(grow(head), wisps.normals, wisps.carried, view, size * SAMPLES)
        points = np.concatenate([points, strands])
        carried = np.concatenate([carried, turned])
        count = len(geometry.triangles)
        rasterise_wisps(
            strands, wisps.triangles, count, wisp_places(head.hair), wisps.variants, geometry.pattern, depth, seen
        )
    frame = _frame(head, size, vertices, view, points, carried)
    picture = np.empty((size, size, 3), np.float32)
    nearest = np.empty((size, size), np.float32)
    fill_backdrop(picture, frame.backdrop)
    shade(frame, depth, seen, picture, nearest, surfaces(_BAND * 4))
    lay_lashes(
        points, geometry.triangles[inner:], geometry.parts[inner:], geometry.canonical, geometry.lash, depth,
        (frame.hair * 0.12).astype(np.float32), min(size / 640, 1.0), picture,
    )  # fmt: skip
    image = develop(picture, _curve())
    screen = points[:, :2] / SAMPLES + np.float32(size / 2)
    eyes = np.stack([screen[left].mean(axis=0), screen[right].mean(axis=0)]).astype(np.float64)
    marks = geometry.landmark_vertices, geometry.landmark_weights
    still = camera.project(camera.stand(rest, resting, head.pose).positions, size)
    box = face_box(place(still, *marks) + np.float32(size / 2))
    return Face(image, box, eyes, place(screen, *marks), attributes(head), "rendered")


@cache
def cap(style: str) -> Floats:
    """Return how far (N, 3) the hair raises the scalp."""
    geometry = load()
    return (cap_height(THICKNESS[style], geometry.scalp)[:, None] * geometry.facing).astype(np.float32)


@cache
def topology(style: str) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """Return the triangles of head and wisps, and their parts."""
    geometry = load()
    if style not in STYLES:
        return geometry.triangles, geometry.parts
    wisps = hair(style).triangles
    triangles = np.concatenate([geometry.triangles, wisps + np.int32(len(geometry.canonical))])
    return triangles, np.concatenate([geometry.parts, np.full(len(wisps), WISP, np.uint8)])


@cache
def wisp_places(style: str) -> Floats:
    """Return the place (V, 2) along and across its wisp of every hair vertex."""
    wisps = hair(style)
    return np.stack([wisps.carried[:, 4], wisps.edges.astype(np.float32)], axis=1)


_GROWN = ArrayCache(16 * 2**20)


def grow(head: Head) -> Floats:
    """Return the hair vertices (V, 3), dm: they follow the shape of the skull; cached."""

    def make() -> Floats:
        geometry, wisps, person = load(), hair(head.hair), mesh.identity(head)
        moved = person[geometry.anchors] - geometry.base[geometry.anchors]
        return wisps.vertices + wisps.weights @ moved

    key = (head.hair, head.age, head.gender, head.ancestry, head.seed, head.asymmetry)
    return _GROWN.get(key, make)


@cache
def _curve() -> npt.NDArray[np.uint8]:
    return tone_curve()


@cache
def eye_vertices() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the fine vertices of the person's left and of the right eye."""
    return camera.eye_vertices(load())


@cache
def part_numbers() -> tuple[int, int]:
    """Return where the triangles inside the mouth start, and where they end and the lashes start."""
    parts = load().parts
    inside = np.isin(parts, [TEETH_UPPER, TEETH_LOWER, TONGUE])
    lashes = np.isin(parts, [LASH_UPPER, LASH_LOWER])
    return int(np.argmax(inside)), int(np.argmax(lashes))


def _frame(
    head: Head, size: int, vertices: Floats, view: camera.View, points: Floats, carried: Floats
) -> Frame:
    geometry = load()
    triangles, parts = topology(head.hair)
    light = Light.of(head.light)
    level = skin.level_for(size)
    pigment, slope = maps(level)
    lights, sky = light_setup(light)
    toward = lights[0, :3]
    shadow, axes, scale = _shadow(view.positions, toward, geometry)
    sticky, grid = stickers.stick(head, skin.skin_colour(head.skin_tone))
    lip, opacity = skin.lip_colour(head)
    strength = np.float32(light.strength)
    backdrop = np.array([(0.60, 0.625, 0.65), (0.37, 0.40, 0.44)])
    return Frame(
        points=points,
        carried=carried,
        triangles=triangles,
        parts=parts,
        focal=float(size * SAMPLES * camera.ZOOM),
        rotation=view.rotation,
        lights=lights * np.array([1, 1, 1, strength, strength, strength], np.float32),
        sky=sky * strength,
        shadow=shadow,
        toward=axes,
        shadow_scale=scale,
        skin=skin.bake(head, level),
        pigment=pigment,
        slope=slope,
        wrinkles=skin.wrinkles(head),
        iris=skin.linear(_IRIS[head.eye_colour]).astype(np.float32),
        lids=_lids(vertices),
        eye_centres=_eye_centres(),
        lip=np.array([*lip, opacity], np.float32),
        mouth=_openness(vertices),
        hair=skin.hair_colour(head).astype(np.float32),
        shirt=skin.linear((0.30, 0.37, 0.45)).astype(np.float32),
        stickers=sticky,
        sticker_grid=grid,
        texel=camera.DISTANCE / (camera.ZOOM * size),
        backdrop=(skin.linear(backdrop) * (0.25 + 0.75 * light.strength)).astype(np.float32),
    )


@cache
def fixed_attributes() -> Floats:
    """Return (N, 5): canonical x, y, z, lip and occlusion of every fine vertex."""
    geometry = load()
    return np.concatenate(
        [geometry.canonical, geometry.lip[:, None], geometry.occlusion[:, None]], axis=1, dtype=np.float32
    )


def light_setup(light: Light) -> tuple[Floats, Floats]:
    """Return the lights (L, 6: direction, colour) and the sky (2, 3: above, below) of a key light.

    A fill stands on the other side of the camera, and two weak rims behind the head; the whole is symmetric where
    the key light is.
    """
    colour = np.array(light.colour)
    hard = 1 - light.softness
    key = 0.98 * (0.35 + 0.65 * hard / 0.5) if hard < 0.5 else 0.98 * (1 + 0.3 * (hard - 0.5) / 0.5)
    fill = 0.30 * light.softness
    rim = 0.26
    rows = [
        [*_direction(light.azimuth, light.elevation), *(key * colour)],
        [*_direction(-0.7 * light.azimuth, 8.0), *(fill * np.array([0.96, 0.99, 1.04]))],
        [*_direction(128.0, 28.0), rim, rim, rim],
        [*_direction(-128.0, 28.0), rim, rim, rim],
    ]
    sky = np.array([[0.60, 0.62, 0.65], [0.30, 0.285, 0.28]]) * light.softness
    return np.array(rows, np.float32), sky.astype(np.float32)


def _direction(azimuth: float, elevation: float) -> tuple[float, float, float]:
    a, e = np.radians([azimuth, elevation])
    return float(np.sin(a) * np.cos(e)), float(np.sin(e)), float(np.cos(a) * np.cos(e))


def _shadow(positions: Floats, toward: Floats, geometry: Geometry) -> tuple[Floats, Floats, float]:
    """Return the shadow map of a light, its axes and its texels per dm."""
    side = np.cross(np.array([0.0, 1.0, 0.0]), toward)
    side = side / np.linalg.norm(side) if np.linalg.norm(side) > 1e-6 else np.array([1.0, 0.0, 0.0])
    axes = np.stack([side, np.cross(toward, side), toward]).astype(np.float32)
    scale = _SHADOW_SIZE / 2 / _SHADOW_REACH
    n = len(geometry.base)
    local = positions[:n] @ axes.T
    points = np.empty_like(local)
    points[:, 0] = scale * local[:, 0]
    points[:, 1] = -scale * local[:, 1]
    points[:, 2] = local[:, 2] + 10
    depth, seen = buffers(_SHADOW_SIZE)
    rasterise(points, geometry.coarse_triangles, False, 0, depth, seen)
    return depth, axes, scale


@cache
def _rims() -> npt.NDArray[np.intp]:
    """Return the vertices in the middle of the upper and lower lid, left and right, and of the two lips."""
    geometry = load()
    skin_vertices = np.unique(geometry.triangles[geometry.parts <= 2])
    canonical = geometry.canonical[skin_vertices]

    def nearest(place: tuple[float, float, float]) -> int:
        return int(skin_vertices[np.argmin(np.linalg.norm(canonical - np.array(place), axis=1))])

    lids = [nearest((x, y, 1.40)) for x in (0.31, -0.31) for y in (7.335, 7.245)]
    return np.array([*lids, nearest((0.0, 6.625, 1.53)), nearest((0.0, 6.61, 1.50))])


def _lids(vertices: Floats) -> Floats:
    """Return the height of the lids' rims over the eyes' middles, in radii of the eye."""
    rims = _rims()
    result = np.zeros((2, 2), np.float32)
    for side, eye in enumerate(eye_vertices()):
        ball = vertices[eye]
        middle = ball.mean(axis=0)
        radius = float(np.ptp(ball[:, 1])) / 2
        result[side] = (vertices[rims[2 * side : 2 * side + 2], 1] - middle[1]) / radius
    return result


@cache
def _eye_centres() -> Floats:
    canonical = load().canonical
    return np.stack([canonical[eye].mean(axis=0) for eye in eye_vertices()])


def _openness(vertices: Floats) -> float:
    """Return how much light reaches the teeth: 0 lips closed, 1 wide open."""
    upper, lower = vertices[_rims()[4:]]
    return float(np.clip((np.linalg.norm(upper - lower) - 0.012) / 0.06, 0, 1))


def attributes(head: Head) -> MappingProxyType[str, Any]:
    """Return what is known about a rendered face, by name."""
    return MappingProxyType({field.name: getattr(head, field.name) for field in fields(head)} | {"key": head.key})


def render_heads(heads: Sequence[Head], size: int = 224, workers: int | None = None) -> list[Face]:
    """Render many heads in threads; the order is kept and the bytes don't depend on `workers`."""
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        return list(pool.map(lambda head: render(head, size), heads))


def warm() -> None:
    """Compile the geometry's cache and the renderer's functions, so that the first picture comes at once."""
    from facelib.faces.head import Head

    render(Head(electrodes="fridlund", moles=1.0), SIZES[0])
