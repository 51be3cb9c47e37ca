"""Paint on photographs: linear light of a picture and back, soft shapes, and layers over it.

Light adds up and is filtered in linear light, not in the levels of a picture. Where nothing is laid, pixels
stay as they are, bit for bit.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.head.jit import jit
from facelib.head.rendering.skin import linear

Doubles = npt.NDArray[np.float64]
Field = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

LUMINANCE: Final = (0.212671, 0.715160, 0.072169)
"""Weights of linear red, green and blue in luminance (sRGB, D65)."""
SAMPLES: Final = 4
"""Samples of a pixel of a shape, along each side."""
_GRADES: Final = 4096  # equal steps of the square root of light
_REACH: Final = 4.0  # of OpenCV's Gaussian, in standard deviations
_FINE: Final = 4  # bits of a pixel that a sample that corners of a shape are rounded to


@cache
def levels() -> Field:
    """Return the linear light (256,) of the levels of sRGB.

    >>> levels()[[0, 255]].tolist()
    [0.0, 1.0]
    """
    table: Field = linear(np.arange(256) / 255).astype(np.float32)
    table.setflags(write=False)
    return table


def light_of(image: Picture) -> Field:
    """Return the linear light, float32 in [0, 1], of a picture uint8 of the same shape."""
    return np.asarray(levels()[image])


def luminance(image: Picture) -> Field:
    """Return the luminance, float32 (…) in [0, 1], of a picture uint8 (…, 3)."""
    found = np.empty(image.shape[:-1], np.float32)
    _luminance(np.ascontiguousarray(image).reshape(-1, 3), levels(), found.ravel())
    return found


def picture_of(light: Field) -> Picture:
    """Return the levels, uint8, of linear light of the same shape; what lies beyond [0, 1] is clipped."""
    found = np.empty(light.shape, np.uint8)
    _encode(np.ascontiguousarray(light, np.float32).ravel(), _curve(), found.ravel())
    return found


def laid(image: Picture, layer: Field, dim: Field | None = None) -> Picture:
    """Return a picture with a layer over it.

    Parameters
    ----------
    image
        uint8 (H, W, 3).
    layer
        float32 (H, W, 4): linear red, green, blue times the cover, and the cover, in [0, 1].
    dim
        float32 (H, W): the share of the picture's light, below the layer, that is left; None: all of it.
    """
    result = image.copy()
    _lay(
        image, layer, np.ones(image.shape[:2], np.float32) if dim is None else dim, levels(), _curve(), result
    )
    return result


def filled(outline: Doubles, size: tuple[int, int], soft: float = 0.0) -> Field:
    """Return how much of every pixel lies in a closed outline, float32 (H, W) in [0, 1].

    Parameters
    ----------
    outline
        (n, 2) px.
    size
        Height and width of the picture.
    soft
        Standard deviation of a blur of the edge, px.
    """
    cover = np.zeros(size, np.float32)
    low = np.clip(np.floor(outline.min(axis=0)).astype(int) - 1, 0, size[::-1])
    high = np.clip(np.ceil(outline.max(axis=0)).astype(int) + 1, 0, size[::-1])
    if (low < high).all():
        width, height = (high - low).tolist()
        corners = np.rint(((outline - low) * SAMPLES - 0.5) * 2**_FINE).astype(np.int32)
        samples = np.zeros((height * SAMPLES, width * SAMPLES), np.uint8)
        cv2.fillPoly(samples, [corners], 255, cv2.LINE_8, _FINE)
        whole = cv2.resize(samples, (width, height), interpolation=cv2.INTER_AREA)
        cover[low[1] : high[1], low[0] : high[0]] = whole / np.float32(255)
        reach = int(np.ceil(_REACH * soft)) + 1
        first, last = (low - reach).clip(0), high + reach
        part = np.s_[first[1] : last[1], first[0] : last[0]]  # beyond, the blur would find nothing
        cover[part] = blurred(cover[part], soft)
    return cover


def blurred(field: Field, sigma: float) -> Field:
    """Return a field (H, W) or (H, W, k) blurred by a Gaussian of `sigma` px; up to 0.2 px it stays."""
    return field if sigma <= 0.2 else np.asarray(cv2.GaussianBlur(field, (0, 0), sigma))


@cache
def _curve() -> Picture:
    light = np.linspace(0, 1, _GRADES) ** 2
    srgb = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(srgb * 255), np.uint8)


@jit
def _luminance(image: Picture, decode: Field, found: Field) -> None:
    red, green, blue = LUMINANCE
    for k in range(len(image)):
        found[k] = red * decode[image[k, 0]] + green * decode[image[k, 1]] + blue * decode[image[k, 2]]


@jit
def _grey(light: float, curve: Picture) -> int:
    grade = int(np.sqrt(min(max(light, 0.0), 1.0)) * (len(curve) - 1) + 0.5)
    return int(curve[grade])


@jit
def _encode(light: Field, curve: Picture, found: Picture) -> None:
    for k in range(light.size):
        found[k] = _grey(light[k], curve)


@jit
def _lay(  # noqa: PLR0917, a kernel
    image: Picture, layer: Field, dim: Field, decode: Field, curve: Picture, found: Picture
) -> None:
    rows, columns, channels = image.shape
    for row in range(rows):
        for column in range(columns):
            cover, left = layer[row, column, 3], dim[row, column]
            if cover > 0.0 or left != 1.0:
                for c in range(channels):
                    below = decode[image[row, column, c]] * left * (1.0 - cover)
                    found[row, column, c] = _grey(below + layer[row, column, c], curve)
