"""Electrodes drawn on photographs, placed by the landmarks and foreshortened like the skin below.

They look as those of rendered heads (`facelib.head.accessories.decals`): an adhesive ring, a cup and a snap,
under tape where there is some. Their light is that of the skin below them; a soft shadow lies around them.
Hair and hats lie over them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.drawing import Field, laid, luminance
from facelib.editing.forehead import bare
from facelib.editing.regions import net, sticking
from facelib.editing.skin_region import skin_region
from facelib.editing.surface_normals import Lamp, Stance, lamp, stance
from facelib.face import Face
from facelib.head.accessories.decals import NARROW, stick, sticker_at
from facelib.head.geometry.electrode_sites import GRIP, RADIUS, directions, normals, places
from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.head.geometry.makehuman import Floats
from facelib.head.geometry.textures import AXIS
from facelib.head.head import Head
from facelib.head.jit import jit
from facelib.head.rendering.lighting import lobe, smooth

Doubles = npt.NDArray[np.float64]

FACING: Final = 0.03  # cosine to the camera; electrodes on skin that points away from it more aren't seen
HIDDEN: Final = 0.5  # share of an electrode's middle that is bare; of less, nothing is drawn
_TURNED: Final = 0.55  # cosine to the camera; skin that points to it more isn't near the outline
_WELL_INSIDE: Final = 0.02  # widths of the face from its outline: nearer to it, the picture must show skin
_RIM: Final = 24  # points around an electrode that are tested
_PALE: Final = 0.75  # share of them that is bare; of less, an electrode near the outline looks pale
RING: Final = 0.80  # linear colour of the adhesive ring
_SHADOW: Final = 0.22  # share of the light that it takes
_FALLS: Final = 0.10  # how far it lies from the light, in radii
_SAMPLES: Final = 2  # of a pixel, along each side


def seen(face: Face, names: Sequence[str]) -> tuple[str, ...]:
    """Return the electrodes whose middle would be in the picture, on skin that faces the camera.

    Raises
    ------
    BadValueError
        A name isn't one of an electrode.
    """
    if not names:
        return ()
    height, width = face.size
    turned = stance(face.landmarks).rotation
    visible = []
    for name in names:
        x, y = sticking()[name][0, :FIRST_IRIS] @ face.landmarks[:FIRST_IRIS]
        away = float(turned[2] @ np.array(normals()[name])) < FACING
        if not away and 0 <= x < width and 0 <= y < height:
            visible.append(name)
    return tuple(visible)


def uncovered(face: Face, names: Sequence[str]) -> tuple[str, ...]:
    """Return the electrodes in the picture whose middle isn't under hair or a hat."""
    if not names:
        return ()
    shown = bare(face)
    height, width = face.size
    middles = np.stack([sticking()[name][0, :FIRST_IRIS] for name in names]) @ face.landmarks[:FIRST_IRIS]
    columns, rows = middles.astype(int).T
    there = shown[rows.clip(0, height - 1), columns.clip(0, width - 1)] >= HIDDEN
    return tuple(name for name, open_ in zip(names, there, strict=True) if open_)


def within(face: Face, names: Sequence[str], size: float = 1.0) -> tuple[str, ...]:
    """Return the electrodes in the picture that lie whole within the outline of the face.

    Parameters
    ----------
    face
        A face whose landmarks are known.
    names
        Positions whose skin faces the camera, see `seen`.
    size
        Factor on their diameter.
    """
    facing = stance(face.landmarks).rotation[2]
    turned = [name for name in names if float(facing @ np.array(normals()[name])) < _TURNED]
    if not turned:
        return tuple(names)
    points = face.landmarks[:FIRST_IRIS].astype(np.float64)
    depth = _depth(points, face.size)
    skin, shown, inside = skin_region(face), bare(face), _WELL_INSIDE * float(np.ptp(points[:, 0]))
    turn = np.arange(_RIM) * (2 * np.pi / _RIM)
    circle = RADIUS * size * np.column_stack([np.cos(turn), np.sin(turn)])
    beyond = set()
    for name in turned:
        middle, *ways = sticking()[name][:, :FIRST_IRIS] @ points
        columns, rows = np.floor(np.vstack([middle, middle + circle @ np.array(ways)])).astype(int).T
        height, width = face.size
        at = rows.clip(0, height - 1), columns.clip(0, width - 1)
        off = (depth[at] == 0) | ((depth[at] < inside) & (skin[at] < HIDDEN))
        if off.any() or shown[at].mean() < _PALE:
            beyond.add(name)
    return tuple(name for name in names if name not in beyond)


def _depth(points: Doubles, size: tuple[int, int]) -> Field:
    """Return how far, px, each pixel (H, W) is inside the face as landmarks (468, 2) span it; outside 0."""
    spanned = np.zeros(size, np.uint8)
    for corners in np.rint((points[net()[0]] - 0.5) * 16).astype(np.int32):  # with 4 bits of a pixel
        cv2.fillConvexPoly(spanned, corners, 1, shift=4)
    return np.asarray(cv2.distanceTransform(spanned, cv2.DIST_L2, 5), np.float32)


def attached(face: Face, names: Sequence[str], size: float = 1.0, tape: float = 0.0) -> Face:
    """Return the face with electrodes drawn on it; its attributes stay.

    Parameters
    ----------
    face
        A face whose landmarks are known.
    names
        Positions (`facelib.faces.ELECTRODE_SCHEMES`) whose electrodes are drawn, all of them.
    size
        Factor on their diameter.
    tape
        Extent of the strips of tape over them, [0, 1].
    """
    if not names:
        return face
    stands = stance(face.landmarks)
    lit = lamp(face, stands)
    points = face.landmarks[:FIRST_IRIS].astype(np.float64)
    follow = np.stack([sticking()[name][:, :FIRST_IRIS] for name in names])
    middles, *ways = np.ascontiguousarray((follow @ points).swapaxes(0, 1))  # one kind for the kernel
    skin = np.linalg.pinv(np.stack(ways, axis=2), rcond=1e-3)  # from px to dm along and across the strip
    radius = RADIUS * size
    reach = np.abs(ways).sum(axis=0) * max(1.5 * radius, tape * (radius + GRIP))
    frames = np.stack(
        [np.concatenate([[places()[name]], directions()[name], [normals()[name]]]) for name in names]
    )
    stickers, grid = stick(Head(electrodes=tuple(names), electrode_size=size, tape=tape), np.zeros(3))
    layer, dim = np.zeros((*face.size, 4), np.float32), np.ones(face.size, np.float32)
    half = tape * (radius + GRIP)
    strip = np.array([radius, max(half - NARROW * radius, 0.0)])
    _draw(
        middles, skin, reach, strip, frames, stands.rotation, stickers, grid,
        _brightness(face, lit, stands, middles, frames, radius=radius), lit.ambient, lit.toward, layer, dim,
    )  # fmt: skip
    shown = bare(face)
    return face.replace(image=laid(face.image, layer * shown[..., None], 1 - (1 - dim) * shown))


def _brightness(
    face: Face, lit: Lamp, stands: Stance, middles: Doubles, frames: Doubles, *, radius: float
) -> Doubles:
    """Return the linear light (k, 3) of the adhesive rings, by the skin below them and how it lies."""
    height, width = face.size
    across = 2 * max(round(radius * stands.scale), 1) + 1
    level = cv2.blur(luminance(face.image), (across, across))
    columns, rows = middles.astype(int).T
    below = level[rows.clip(0, height - 1), columns.clip(0, width - 1)] / lit.usual
    share = np.sqrt(np.clip(below, 0.3, 1.5) * lit.on(frames[:, 3] @ stands.rotation.T))
    return np.asarray(np.clip(share, 0.35, 1.1)[:, None] * lit.white / RING)


@jit
def _draw(  # noqa: PLR0917, a kernel
    middles: Doubles,
    skin: Doubles,
    reach: Doubles,
    strip: Doubles,
    frames: Doubles,
    rotation: Doubles,
    stickers: Floats,
    grid: npt.NDArray[np.uint8],
    white: Doubles,
    ambient: float,
    toward: Doubles,
    layer: Field,
    dim: Field,
) -> None:
    """Fill in the layer of all electrodes, and what their shadows leave of the light."""
    rows, columns, _ = layer.shape
    radius = strip[0]
    step, strength = 1.0 / _SAMPLES, math.sqrt((toward * toward).sum()) + 1e-9
    for k in range(len(middles)):
        texel = math.sqrt(abs(skin[k, 0, 0] * skin[k, 1, 1] - skin[k, 0, 1] * skin[k, 1, 0]))
        top, bottom = max(middles[k, 1] - reach[k, 1], 0.0), min(middles[k, 1] + reach[k, 1] + 1, rows * 1.0)
        left, right = (
            max(middles[k, 0] - reach[k, 0], 0.0),
            min(middles[k, 0] + reach[k, 0] + 1, columns * 1.0),
        )
        lean_x = toward[0] / strength * _FALLS * radius / texel
        lean_y = -toward[1] / strength * _FALLS * radius / texel
        for row in range(int(top), int(bottom)):
            for column in range(int(left), int(right)):
                x, y = column + 0.5 - middles[k, 0] + lean_x, row + 0.5 - middles[k, 1] + lean_y
                u, v = skin[k, 0, 0] * x + skin[k, 0, 1] * y, skin[k, 1, 0] * x + skin[k, 1, 1] * y
                dark = _SHADOW * smooth(1.4 + texel / radius, 0.8, math.sqrt(u * u + v * v) / radius)
                dim[row, column] = min(dim[row, column], 1.0 - dark)
                x, y = x - lean_x, y - lean_y
                if _off(skin[k], strip, x, y) > strip[0] + texel:
                    continue
                for sample in range(_SAMPLES * _SAMPLES):
                    px = column + (sample % _SAMPLES + 0.5) * step
                    py = row + (sample // _SAMPLES + 0.5) * step
                    if _owned(middles, skin, strip, k, px, py):
                        _show(
                            px - middles[k, 0], py - middles[k, 1], skin[k], frames[k], rotation, stickers,
                            grid, texel * step, white[k], ambient, toward, step * step, layer[row, column],
                        )  # fmt: skip


@jit
def _off(skin: Doubles, strip: Doubles, x: float, y: float) -> float:
    """Return how far a place is from the middle line of a strip, dm, (x, y) px from its electrode."""
    u, v = skin[0, 0] * x + skin[0, 1] * y, skin[1, 0] * x + skin[1, 1] * y
    beyond = max(abs(u) - strip[1], 0.0)
    return math.sqrt(beyond * beyond + v * v)


@jit
def _owned(middles: Doubles, skin: Doubles, strip: Doubles, k: int, x: float, y: float) -> bool:  # noqa: PLR0917
    """Return whether a place is on an electrode's disc or strip, and nearer to it than to any other's."""
    own = _off(skin[k], strip, x - middles[k, 0], y - middles[k, 1])
    if own > strip[0]:
        return False
    for other in range(len(middles)):
        off = _off(skin[other], strip, x - middles[other, 0], y - middles[other, 1])
        if off < own or (off == own and other < k):
            return False
    return True


@jit
def _show(  # noqa: PLR0917, a kernel
    x: float,
    y: float,
    skin: Doubles,
    frame: Doubles,
    rotation: Doubles,
    stickers: Floats,
    grid: npt.NDArray[np.uint8],
    texel: float,
    white: Doubles,
    ambient: float,
    toward: Doubles,
    weight: float,
    found: Field,
) -> None:
    """Add what a sticker shows (x, y) px from its middle: it is lit as its surface is tilted."""
    u, v = skin[0, 0] * x + skin[0, 1] * y, skin[1, 0] * x + skin[1, 1] * y
    cx = frame[0, 0] + u * frame[1, 0] + v * frame[2, 0]
    cy = frame[0, 1] + u * frame[1, 1] + v * frame[2, 1]
    cz = frame[0, 2] + u * frame[1, 2] + v * frame[2, 2]
    angle = math.atan2(abs(cx), cz - AXIS)
    cover, red, green, blue, gloss, tilt_x, tilt_y = sticker_at(stickers, grid, texel, cx, cy, cz, angle)
    if cover <= 0.0:
        return
    flat = tilted = shine = length = along = 0.0
    for i in range(3):
        straight = rotation[i, 0] * frame[3, 0] + rotation[i, 1] * frame[3, 1] + rotation[i, 2] * frame[3, 2]
        bent = straight + tilt_x * rotation[i, 0] + tilt_y * rotation[i, 1]
        flat += toward[i] * straight
        tilted += toward[i] * bent
        shine += (toward[i] + (0.5 if i == 2 else 0.0)) * bent
        length += bent * bent
        along += (toward[i] + (0.5 if i == 2 else 0.0)) ** 2
    tilted /= math.sqrt(length)
    shine /= math.sqrt(length * along + 1e-12)
    share = max(ambient + tilted, 0.25) / max(ambient + flat, 0.25)
    glint = 0.05 * gloss * lobe(shine, 40.0)
    found[0] += weight * cover * white[0] * (red * share + glint)
    found[1] += weight * cover * white[1] * (green * share + glint)
    found[2] += weight * cover * white[2] * (blue * share + glint)
    found[3] += weight * cover
