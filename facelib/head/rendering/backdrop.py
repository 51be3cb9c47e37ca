"""Backgrounds: a soft grey, a plain colour, or a room out of focus; all the same left and right.

Only the picture behind the head changes: no backdrop shines on the face.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.makehuman import Floats
from facelib.head.jit import jit
from facelib.head.light import Light
from facelib.head.rendering.skin import linear
from facelib.utilities.bounded_cache import ArrayCache

if TYPE_CHECKING:
    from facelib.head.head import Head

Array = npt.NDArray[np.float64]

_GLOW = ((0.70, 0.715, 0.73), (0.47, 0.50, 0.54))  # sRGB, in the middle and at the border
_PLAIN = {"black": (0.015, 0.015, 0.017), "blue": (0.20, 0.36, 0.66), "green": (0.22, 0.58, 0.34)}  # sRGB
_WHITE = 1.6  # linear; what the tone curve shows as white
_WALL, _LOW_WALL, _FLOOR = (0.66, 0.61, 0.54), (0.50, 0.46, 0.41), (0.36, 0.27, 0.20)  # sRGB, as all below
_WINDOW, _FRAME, _CURTAIN = (0.97, 0.985, 1.0), (0.78, 0.76, 0.72), (0.56, 0.50, 0.44)
_SOFA, _PLANT, _LAMP = (0.27, 0.34, 0.38), (0.25, 0.36, 0.22), (1.0, 0.90, 0.70)

_ROOMS = ArrayCache(24 * 2**20)
_GLOWS = ArrayCache(12 * 2**20)


def fill(picture: Floats, head: Head) -> None:
    """Paint the background over a whole picture (H, W, 3), linear light, in place."""
    brightness = 0.25 + 0.75 * Light.of(head.light).strength
    if isinstance(head.background, str):
        _BACKDROPS[head.background](picture, brightness)
        return
    layer = np.empty_like(picture)
    picture[:] = 0
    for name, share in dict(head.background).items():
        _BACKDROPS[name](layer, brightness)
        picture += np.float32(share) * layer


def _grey(picture: Floats, brightness: float) -> None:
    colours = (linear(np.array(_GLOW)) * brightness).astype(np.float32)
    size = len(picture)
    picture[:] = _GLOWS.get((size, brightness), lambda: _glow(size, colours))


@jit
def _glow(size: int, colours: Floats) -> Floats:
    """Return a soft glow (size, size, 3), symmetric about the middle column."""
    picture = np.empty((size, size, 3), np.float32)
    for row in range(size):
        y = (row + 0.5) / size - 0.42
        for column in range(size):
            x = (column + 0.5) / size - 0.5
            far = min(math.sqrt(x * x + 0.8 * y * y) / 0.72, 1.0)
            share = far * far * (3.0 - 2.0 * far)
            for k in range(3):
                picture[row, column, k] = colours[0, k] + (colours[1, k] - colours[0, k]) * share
    return picture


def _plain(colour: npt.ArrayLike) -> Callable[[Floats, float], None]:
    """Return the painter of one linear colour."""

    def paint(picture: Floats, brightness: float) -> None:
        picture[:] = (np.asarray(colour) * brightness).astype(np.float32)

    return paint


def _room(picture: Floats, brightness: float) -> None:
    size = len(picture)
    picture[:] = _ROOMS.get(size, lambda: _furnished(size)) * np.float32(brightness)


def _furnished(size: int) -> Floats:
    """Return a room (H, W, 3), linear: two windows in a wall, a sofa, plants and lamps, out of focus.

    Everything is a formula in the distance from the middle column, so the room is its own mirror image and
    the same at every size.
    """
    y, x = np.meshgrid(
        (np.arange(size) + 0.5) / size, np.abs((np.arange(size) + 0.5) / size - 0.5), indexing="ij"
    )
    scene = np.empty((size, size, 3))
    scene[:] = linear(np.array(_WALL)) * (1.15 - 0.55 * y[..., None])

    def over(colour: tuple[float, ...], cover: Array, bright: float = 1.0) -> None:
        scene[:] += (linear(np.array(colour)) * bright - scene) * cover[..., None]

    def box(left: float, right: float, top: float, bottom: float, blur: float) -> Array:
        across = _step(left, blur, x) * _step(-right, blur, -x)
        return np.asarray(across * _step(top, blur, y) * _step(-bottom, blur, -y))

    def blob(at: float, height: float, wide: float, tall: float, blur: float) -> Array:
        return _step(-1.0, blur, -np.hypot((x - at) / wide, (y - height) / tall))

    over(_LOW_WALL, _step(0.66, 0.05, y))
    over(_FLOOR, _step(0.90, 0.06, y))
    over(_FRAME, box(0.245, 0.455, -0.2, 0.53, 0.06))
    over(_WINDOW, box(0.265, 0.435, -0.2, 0.505, 0.06), 1.35)
    over(_FRAME, box(0.345, 0.355, -0.2, 0.52, 0.035), 0.9)
    over(_FRAME, box(0.255, 0.445, 0.20, 0.215, 0.035), 0.9)
    over(_CURTAIN, box(0.445, 0.60, -0.2, 0.80, 0.07), 1.05)
    over(_PLANT, blob(0.40, 0.50, 0.055, 0.09, 1.2), 0.9)
    over(_PLANT, blob(0.44, 0.57, 0.05, 0.07, 1.2), 0.6)
    over(_SOFA, box(-0.1, 0.40, 0.70, 0.97, 0.08))
    over(_SOFA, box(0.33, 0.47, 0.64, 0.97, 0.08), 0.75)
    over(_LAMP, blob(0.17, 0.25, 0.040, 0.040, 0.5), 1.1)
    return scene.astype(np.float32)


def _step(edge: float, blur: float, value: Array) -> Array:
    """Return a smooth step from 0 to 1 around an edge."""
    t = np.clip((value - edge) / blur + 0.5, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


_BACKDROPS: dict[str, Callable[[Floats, float], None]] = {
    "grey": _grey,
    "white": _plain(_WHITE),
    "room": _room,
} | {name: _plain(linear(colour)) for name, colour in _PLAIN.items()}
"""Painters by name: picture, brightness; see `facelib.head.head.BACKGROUNDS`."""
