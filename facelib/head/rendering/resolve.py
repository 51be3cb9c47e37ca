"""Resolve samples into pixels: each surface in a pixel is shaded once and weighted by its samples."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.camera import DISTANCE
from facelib.head.geometry.makehuman import Floats, Ints
from facelib.head.jit import jit
from facelib.head.rendering.lighting import illuminate, unit
from facelib.head.rendering.materials import paint
from facelib.head.rendering.shading_inputs import Frame, Surfaces

_APART = 0.05  # dm; samples of one pixel that are farther apart in depth are different surfaces
_FAR = 100  # added to the part of what lies behind a nearer surface of the same part
_GRADES = 4096
_BRIGHTEST = 1.6  # linear light at the end of the tone curve


@jit
def gather(  # noqa: PLR0912, PLR0915, one loop
    frame: Frame, depth: Floats, seen: Ints, rows: tuple[int, int], surfaces: Surfaces
) -> int:
    """List the surfaces that the pixels of some rows show, of 2 × 2 samples each; return their number.

    Parameters
    ----------
    depth, seen
        (2 H, 2 W) inverse distance and triangle number of every sample.
    rows
        First row and the row after the last.
    surfaces
        Room for four surfaces per pixel; pixel, share, part, positions and carried are filled.
    """
    points, vertex, triangles, parts = frame.points, frame.carried, frame.triangles, frame.parts
    carried, positions, pixels, shares, kinds = (
        surfaces.carried, surfaces.positions, surfaces.pixel, surfaces.share, surfaces.part,
    )  # fmt: skip
    width = depth.shape[1] // 2
    half, focal = depth.shape[0] * 0.5, frame.focal
    t4, group, z4 = np.empty(4, np.int32), np.empty(4, np.int32), np.empty(4, np.float32)
    count = 0
    for row in range(rows[0], rows[1]):
        for column in range(width):
            # the pixel's four samples: triangle, inverse distance, part; farthest and nearest depth
            near, far = np.float32(0), np.float32(1e9)
            bare = 0
            for k in range(4):
                i, j = 2 * row + (k >> 1), 2 * column + (k & 1)
                t4[k], z4[k], group[k] = seen[i, j], depth[i, j], -1
                if t4[k] < 0:
                    bare += 1
                else:
                    group[k] = parts[t4[k]]
                    near, far = max(near, z4[k]), min(far, z4[k])
            if bare == 4:
                continue
            # samples of one part far apart in depth are two surfaces, such as nose and cheek
            if near - far > _APART * near * near:
                _split(group, z4)
            for k in range(4):
                # each group becomes one surface: the mean of its triangles' interpolated values
                mine = group[k]
                if mine < 0:
                    continue
                for c in range(8):
                    carried[count, c] = 0
                members, sx, sy, inverse = 0, 0.0, 0.0, 0.0
                for m in range(k, 4):
                    if group[m] != mine:
                        continue
                    t, same, x, y = t4[m], 0, 0.0, 0.0
                    for other in range(m, 4):  # a triangle's samples are one evaluation at their middle
                        if group[other] == mine and t4[other] == t:
                            group[other] = -1
                            same += 1
                            x += (other & 1) + 0.5
                            y += (other >> 1) + 0.5
                            inverse += z4[other]
                    members += same
                    x, y = x / same + 2 * column - half, y / same + 2 * row - half
                    sx += same * x
                    sy += same * y
                    a, b, d = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                    ax, ay, bx, by, dx, dy = (
                        points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[d, 0], points[d, 1],
                    )  # fmt: skip
                    # perspective-correct barycentric weights at that middle: areas times inverse distance
                    wa = ((bx - x) * (dy - y) - (dx - x) * (by - y)) * points[a, 2]
                    wb = ((dx - x) * (ay - y) - (ax - x) * (dy - y)) * points[b, 2]
                    wd = ((ax - x) * (by - y) - (bx - x) * (ay - y)) * points[d, 2]
                    total = same / (wa + wb + wd)
                    ga, gb, gd = np.float32(wa * total), np.float32(wb * total), np.float32(wd * total)
                    for c in range(8):
                        carried[count, c] += ga * vertex[a, c] + gb * vertex[b, c] + gd * vertex[d, c]
                share = 1.0 / members
                for c in range(8):
                    carried[count, c] *= np.float32(share)
                # position in camera space from the mean place and the mean inverse distance
                away = members / inverse
                positions[count, 0] = sx * share * away / focal
                positions[count, 1] = -sy * share * away / focal
                positions[count, 2] = DISTANCE - away
                carried[count, 0], carried[count, 1], carried[count, 2] = unit(
                    carried[count, 0], carried[count, 1], carried[count, 2]
                )
                kinds[count] = mine % _FAR
                pixels[count] = row * width + column
                shares[count] = 0.25 * members
                count += 1
    return count


@jit
def _split(group: Ints, depth: Floats) -> None:
    """Separate surfaces of one part by depth: the near ones keep their group, the far ones get another.

    The order of the four samples plays no part, so that mirrored pixels split alike.
    """
    kinds = group.copy()
    for k in range(4):
        if kinds[k] < 0:
            continue
        near = far = depth[k]
        for m in range(4):
            if kinds[m] == kinds[k]:
                near, far = max(near, depth[m]), min(far, depth[m])
        if near - far > _APART * near * near and depth[k] < 0.5 * (near + far):
            group[k] = kinds[k] + _FAR


@jit
def lay(surfaces: Surfaces, count: int, picture: Floats) -> None:
    """Lay surfaces over the backdrop: (H, W, 3) linear light, changed in place."""
    flat, pixels, shares, colours = picture.reshape(-1, 3), surfaces.pixel, surfaces.share, surfaces.colours
    first = 0
    while first < count:
        pixel = pixels[first]
        share = red = green = blue = 0.0
        last = first
        while last < count and pixels[last] == pixel:
            part = shares[last]
            share += part
            red += part * colours[last, 0]
            green += part * colours[last, 1]
            blue += part * colours[last, 2]
            last += 1
        flat[pixel, 0] = flat[pixel, 0] * (1.0 - share) + red
        flat[pixel, 1] = flat[pixel, 1] * (1.0 - share) + green
        flat[pixel, 2] = flat[pixel, 2] * (1.0 - share) + blue
        first = last


@jit
def shade(frame: Frame, depth: Floats, seen: Ints, picture: Floats, surfaces: Surfaces) -> None:
    """Shade a picture band by band, so that what is worked on stays in the processor's cache."""
    height, width = picture.shape[:2]
    band = max(len(surfaces.pixel) // (4 * width), 1)
    for start in range(0, height, band):
        count = gather(frame, depth, seen, (start, min(start + band, height)), surfaces)
        paint(frame, surfaces, count)
        illuminate(frame, surfaces, count)
        lay(surfaces, count, picture)


def tone_curve() -> npt.NDArray[np.uint8]:
    """Return the grey level of linear light from 0 to `_BRIGHTEST` in equal steps of its square root.

    Faithful up to 0.6, then a gentle shoulder, so that highlights keep their shape.
    """
    light = np.linspace(0, 1, _GRADES) ** 2 * _BRIGHTEST
    knee = 0.6
    over = np.maximum(light - knee, 0)
    curve = np.where(light < knee, light, knee + (1 - knee) * (1 - np.exp(-over / (1 - knee))))
    srgb = np.where(curve <= 0.0031308, curve * 12.92, 1.055 * np.maximum(curve, 1e-9) ** (1 / 2.4) - 0.055)
    return np.round(srgb * 255).clip(0, 255).astype(np.uint8)


@jit
def develop(picture: Floats, curve: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the 8-bit picture of linear light."""
    light, top = picture.ravel(), len(curve) - 1
    grade, image = np.empty(light.size, np.int32), np.empty(picture.shape, np.uint8)
    for k in range(light.size):  # a loop of its own: the processor takes several roots at a time
        grade[k] = int(math.sqrt(min(max(light[k] / _BRIGHTEST, 0.0), 1.0)) * top + 0.5)
    flat = image.ravel()
    for k in range(light.size):
        flat[k] = curve[grade[k]]
    return image
