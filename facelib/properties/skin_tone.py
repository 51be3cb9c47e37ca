"""Skin tone: the individual typology angle of cheeks and forehead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.faces import Face
from facelib.properties.property import Values, register

# Centres of the patches, in eye distances from the middle between the eyes: to the person's left, and down.
PATCHES: Final = ((0.62, 0.55), (-0.62, 0.55), (0.0, -0.55))
HALF: Final = 0.11  # half a patch's side, in eye distances
NEAREST: Final = 6.0  # px; eyes nearer to each other are too small to measure

_LEVELS = np.arange(256) / 255
LINEAR: Final = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)
"""Linear light of each of the 256 levels of sRGB (IEC 61966-2-1)."""
XYZ: Final = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
WHITE: Final = np.array([0.95047, 1.0, 1.08883])  # D65, 2° observer


def lab(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return sRGB levels (..., 3) as CIE L*a*b* under D65, (..., 3)."""
    ratio = LINEAR[pixels] @ XYZ.T / WHITE
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def patches(face: Face) -> list[npt.NDArray[np.uint8]]:
    """Return the pixels (k, 3) of the patches on left cheek, right cheek and forehead inside the picture."""
    left, right = face.eyes
    across = left - right
    gap = float(np.hypot(*across))
    if not np.isfinite(gap) or gap < NEAREST:
        return []
    down = np.array([-across[1], across[0]])  # a quarter turn from the person's left, y pointing down
    middle, half = (left + right) / 2, max(HALF * gap, 1.0)
    height, width = face.size
    pixels = []
    for sideways, downward in PATCHES:
        x, y = middle + sideways * across + downward * down
        if half <= x < width - half and half <= y < height - half:
            rows, columns = slice(round(y - half), round(y + half)), slice(round(x - half), round(x + half))
            pixels.append(face.image[rows, columns].reshape(-1, 3))
    return pixels


@register(
    "skin_tone",
    title="Skin tone (ITA)",
    unit="°",
    source="measured",
    description=(
        "Individual typology angle of cheeks and forehead as pictured, so it moves with the light too: "
        "above 55° very light, below −30° dark."
    ),
    low=-60.0,
    high=70.0,
)
def skin_tone(faces: Sequence[Face]) -> Values:
    """Return individual typology angles, (n,), degrees (Chardon et al. 1991, Int. J. Cosmet. Sci. 13).

    ITA = arctan2(L* − 50, b*); L* and b* are medians over each patch, and of the three patches' angles the
    median counts, so that hair on the forehead or an electrode on a cheek doesn't.
    """
    return np.array([_angle(patches(face)) for face in faces], np.float64)


def _angle(found: Sequence[npt.NDArray[np.uint8]]) -> float:
    if not found:
        return np.nan
    middles = np.array([np.median(lab(pixels), axis=0) for pixels in found])
    return float(np.median(np.degrees(np.arctan2(middles[:, 0] - 50, middles[:, 2]))))
