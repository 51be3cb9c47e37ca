"""Relighting of a face in a photograph: its light is multiplied by a factor of the surface normal.

What changes at the landmarks is interpolated between them, goes on beyond them and fades out at the edge of
the skin. Sheen has the colour of the light: where less light falls it goes, and the skin's colour is left.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.drawing import LUMINANCE, Field, blurred, light_of, picture_of
from facelib.editing.skin_region import skin_region
from facelib.editing.warp import coverage, field
from facelib.face import Face
from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.head.jit import jit

Doubles = npt.NDArray[np.float64]

MOST: Final = 1.4  # of the logarithm of a factor: a quarter to four times the light
_SMOOTH: Final = 0.04  # standard deviation of the smoothing, in widths of the face
_BEYOND: Final = 0.15  # of the smoothing beyond the landmarks, in widths of the face
_SHEEN: Final = 0.5  # how much brighter than most skin, as a share of it, all is sheen
_EDGE: Final = 0.08  # in widths of the face: how far inside its outline all of it is relit


def relit(face: Face, powers: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Return the picture with its light multiplied by the exponentials of `powers`.

    Parameters
    ----------
    face
        A face whose landmarks are known.
    powers
        (478,) at the landmarks, or (478, 3) of red, green and blue; beyond ±`MOST` they are clipped.
    """
    wanted = np.clip(np.asarray(powers, np.float64).reshape(len(face.landmarks), -1), -MOST, MOST)
    width = float(np.ptp(face.landmarks[:FIRST_IRIS, 0]))
    region = skin_region(face)
    share = np.maximum(coverage(face.landmarks, face.size, _EDGE), region)
    layers = [_spread(face, column, _SMOOTH * width) * share for column in wanted.T]
    power = np.stack([layers[min(channel, len(layers) - 1)] for channel in range(3)], axis=-1)
    touched = share > 0
    light = light_of(face.image[touched])
    skin = region[touched]
    usual = np.median(light[skin > 0.9], axis=0) if (skin > 0.9).any() else np.full(3, 1.0, np.float32)
    _multiply(light, np.ascontiguousarray(power[touched]), skin, usual.astype(np.float64))
    result = face.image.copy()
    result[touched] = picture_of(light)
    return result


def _spread(face: Face, values: Doubles, sigma: float) -> Field:
    dense = np.ascontiguousarray(
        field(face.landmarks, np.column_stack([values, 0 * values]), face.size)[..., 0]
    )
    inside = (coverage(face.landmarks, face.size) > 0).astype(np.float32)
    wide = sigma * _BEYOND / _SMOOTH
    around = _coarsely(dense * inside, wide) / (_coarsely(inside, wide) + np.float32(1e-4))
    return blurred(np.where(inside > 0, dense, around).astype(np.float32), sigma)


def _coarsely(values: Field, sigma: float) -> Field:
    """Return a field blurred widely, by way of a smaller one."""
    step = max(int(sigma / 4), 1)
    size = tuple(max(side // step, 1) for side in values.shape[::-1])
    small = blurred(cv2.resize(values, size, interpolation=cv2.INTER_AREA), sigma / step)
    return np.asarray(cv2.resize(small, values.shape[::-1], interpolation=cv2.INTER_LINEAR))


@jit
def _multiply(light: Field, power: Field, skin: Field, usual: Doubles) -> None:
    """Multiply light (n, 3) by the exponentials of powers, in place; it nears 1 and doesn't pass it.

    What is skin (n,), brighter than the usual (3,) and darkened comes to have the usual colour.
    """
    red, green, blue = LUMINANCE
    level = red * usual[0] + green * usual[1] + blue * usual[2]
    for k in range(len(light)):
        bright = (red * light[k, 0] + green * light[k, 1] + blue * light[k, 2]) / level
        sheen = min(max((bright - 1.0) / _SHEEN, 0.0), 1.0) * max(1.0 - np.exp(power[k, 1]), 0.0) * skin[k]
        for c in range(3):
            light[k, c] += sheen * (bright * usual[c] - light[k, c])
        for c in range(3):
            own = light[k, c]
            more = own * (np.exp(power[k, c]) - 1.0)
            room = max(1.0 - own, 1e-6)
            light[k, c] = own + (more if more <= 0.0 else room * (1.0 - np.exp(-more / room)))
