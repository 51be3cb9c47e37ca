"""Skin of another tone in a photograph: its light is multiplied, channel by channel, within the skin region.

Melanin takes a share of the light that depends on its colour, and leaves the shading. What the skin mirrors
has the colour of the light and stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from facelib.faces.drawing import LUMINANCE, Field, light_of, picture_of
from facelib.faces.face import Face
from facelib.faces.kernels import jit
from facelib.faces.skin import skin_colour
from facelib.faces.skin_region import skin_region

Doubles = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]

_ALIKE: Final = 0.8  # how far skin whose tone changes by 1 comes to have the colour of rendered skin
_BEYOND: Final = 3.5  # logarithm of the light by which a tone beyond [0, 1] differs, per 1
_SHEEN: Final = (1.45, 0.65)  # what is brighter than this many times the usual skin is sheen, by this share


def gains(start: float, end: float, colour: npt.NDArray[np.floating] | None = None) -> Doubles:
    """Return the factors (3,) on linear red, green, blue from one tone to another.

    Those of the colours of rendered heads (`facelib.faces.skin.skin_colour`); beyond [0, 1] light and dark go
    on. Skin of another `colour`, linear (3,), comes to have theirs the more, the more its tone changes: very
    pale skin would become grey.

    >>> bool((gains(0.2, 0.8) < 1).all()), gains(0.4, 0.4).tolist()
    (True, [1.0, 1.0, 1.0])
    """
    first, last = np.clip([start, end], 0, 1)
    past = (end - last) - (start - first)
    before, after = skin_colour(float(first)), skin_colour(float(last))
    factors = after / before * np.exp(-_BEYOND * past)
    if colour is not None:
        hue = before / np.maximum(colour, 1e-4)
        factors = factors * (hue / (hue @ LUMINANCE)) ** (_ALIKE * min(abs(end - start), 1.0))
    return np.asarray(factors)


@dataclass(frozen=True, eq=False)
class Complexion:
    """A photograph whose skin can be given other tones.

    Parameters
    ----------
    image
        uint8 (H, W, 3).
    region
        float32 (H, W), see `facelib.faces.skin_region.skin_region`.
    usual
        Linear colour (3,) of the skin, its median.
    """

    image: Picture
    region: Field
    usual: Doubles

    @classmethod
    def of(cls, face: Face) -> Self:
        """Return that of a face whose landmarks are known."""
        region = skin_region(face)
        shown = light_of(face.image[region > 0.9])
        usual = np.median(shown, axis=0) if len(shown) else np.full(3, 0.2)
        return cls(face.image, region, np.asarray(usual, np.float64))

    def part(self, rows: slice, columns: slice) -> Complexion:
        """Return that of a part of the picture."""
        return Complexion(self.image[rows, columns], self.region[rows, columns], self.usual)

    def toned(self, factors: Doubles) -> Picture:
        """Return the picture with the skin's light multiplied by `factors` (3,)."""
        found = self.image.copy()
        touched = self.region > 0
        light = light_of(self.image[touched])
        _tone(
            light, self.region[touched], np.log(factors), float(self.usual @ LUMINANCE) * _SHEEN[0], _SHEEN[1]
        )
        found[touched] = picture_of(light)
        return found


@jit
def _tone(light: Field, region: Field, powers: Doubles, sheen: float, share: float) -> None:
    """Multiply light (n, 3), but for sheen, by the exponentials of powers (3,) times the region, in place."""
    for k in range(len(light)):
        level = 0.2127 * light[k, 0] + 0.7152 * light[k, 1] + 0.0722 * light[k, 2]
        mirrored = share * max(level - sheen, 0.0) / max(level, 1e-6)
        for c in range(3):
            own = light[k, c]
            light[k, c] = own * (mirrored + (1.0 - mirrored) * np.exp(powers[c] * region[k]))
