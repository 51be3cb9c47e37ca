"""From a head to a picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from facelib.errors import BadValueError
from facelib.faces import camera, mesh
from facelib.faces.anatomy import CAVITY, EYE, LASH_LOWER, LASH_UPPER, SOCKET, TEETH_LOWER, TEETH_UPPER, TONGUE
from facelib.faces.face import Face
from facelib.faces.geometry import load
from facelib.faces.light import Light
from facelib.faces.raster import buffers, rasterise

if TYPE_CHECKING:
    from facelib.faces.head import Head

SIZES = (48, 1024)


def render(head: Head, size: int = 224) -> Face:
    """Return the picture of a head (see `Head.render`)."""
    if not SIZES[0] <= size <= SIZES[1] or int(size) != size:
        msg = f"A picture's size is a whole number of pixels from {SIZES[0]} to {SIZES[1]}; got {size!r}."
        raise BadValueError(msg)
    geometry = load()
    vertices = mesh.fine(mesh.coarse(head), geometry)
    rest = mesh.fine(mesh.identity(head), geometry)
    left, right = camera.eye_vertices(geometry)
    resting = np.stack([rest[left].mean(axis=0), rest[right].mean(axis=0)]).astype(np.float64)
    view = camera.stand(vertices, resting, head.pose)
    normals = mesh.normals(view.positions, geometry.triangles, geometry.around_start, geometry.around_index)
    solid = (geometry.parts != LASH_UPPER) & (geometry.parts != LASH_LOWER)
    triangles = geometry.triangles[solid]
    parts = geometry.parts[solid]
    points = camera.project(view.positions, size * 2)
    depth, seen = buffers(size * 2)
    rasterise(points, triangles, True, 0, depth, seen)
    hit = seen >= 0
    index = triangles[seen[hit]]
    part = parts[seen[hit]]
    normal = normals[index].mean(axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    spot = geometry.canonical[index].mean(axis=1)
    skin = np.array([0.80, 0.56, 0.44]) ** 2.2 * (1 - head.skin_tone) + np.array([0.28, 0.17, 0.12]) ** 2.2 * head.skin_tone
    colour = np.broadcast_to(skin, (len(part), 3)).copy()
    lip = geometry.lip[index].mean(axis=1)[:, None]
    colour = colour * (1 - lip * 0.6) + np.array([0.4, 0.12, 0.11]) * lip * 0.6
    if head.hair != "bald":
        colour[(part == 0) & (spot[:, 1] > 7.98 - 0.9 * (1.3 - spot[:, 2]).clip(0) ** 1.0)] = [0.03, 0.018, 0.01]
    ax = np.abs(spot[:, 0])
    brow = (np.abs(spot[:, 1] - 7.5) < 0.04) & (ax > 0.1) & (ax < 0.55) & (spot[:, 2] > 0.8)
    colour[brow] = [0.03, 0.018, 0.01]
    for k, value in ((CAVITY, [0.1, 0.02, 0.02]), (SOCKET, [0.3, 0.1, 0.08]), (TONGUE, [0.4, 0.12, 0.12]),
                     (TEETH_UPPER, [0.8, 0.77, 0.7]), (TEETH_LOWER, [0.8, 0.77, 0.7]), (EYE, [0.75, 0.72, 0.7])):
        colour[part == k] = value
    iris = (part == EYE) & (np.hypot(ax - 0.315, spot[:, 1] - 7.284) < 0.065)
    colour[iris] = [0.05, 0.025, 0.012]
    light = Light.of(head.light)
    az, el = np.radians([light.azimuth, light.elevation])
    direction = np.array([np.sin(az) * np.cos(el), np.sin(el), np.cos(az) * np.cos(el)])
    key = (normal @ direction * 0.75 + 0.25).clip(0)[:, None] * np.array(light.colour)
    ambient = (0.6 + 0.4 * normal[:, 1:2]) * 0.45
    shaded = colour * (key + ambient) * light.strength
    picture = np.empty((size * 2, size * 2, 3))
    picture[:] = np.array([0.33, 0.36, 0.40])
    picture[hit] = shaded
    picture = picture.reshape(size, 2, size, 2, 3).mean(axis=(1, 3))
    image = (np.clip(picture, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)
    screen = camera.project(view.positions, size)[:, :2]
    eyes = np.stack([screen[left].mean(axis=0), screen[right].mean(axis=0)]).astype(np.float64)
    return Face(image, _box(eyes, head), eyes, attributes=attributes(head), source="rendered")


def _box(eyes, head):
    middle, gap = eyes.mean(axis=0), np.linalg.norm(eyes[0] - eyes[1]) / max(np.cos(np.radians(head.pose[0])), 0.5)
    centre = middle + [0, 0.45 * gap]
    return np.concatenate([centre - 1.15 * gap, centre + 1.15 * gap])


def attributes(head: Head) -> MappingProxyType[str, object]:
    """Return what is known about a rendered face, by name."""
    from dataclasses import fields

    return MappingProxyType({field.name: getattr(head, field.name) for field in fields(head)} | {"key": head.key})


def render_heads(heads: Sequence[Head], size: int = 224, workers: int | None = None) -> list[Face]:
    """Render many heads in threads; the order is kept and the bytes don't depend on `workers`."""
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        return list(pool.map(lambda head: render(head, size), heads))


def warm() -> None:
    """Compile the geometry's cache and the renderer's functions, so that the first picture comes at once."""
    from facelib.faces.head import Head

    render(Head(), SIZES[0])
