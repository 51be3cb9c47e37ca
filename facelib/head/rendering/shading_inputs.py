"""Inputs of the shading kernels, gathered for one picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.makehuman import Floats, Ints


class Frame(NamedTuple):
    """One head in front of the camera. Lengths in dm, colours linear, all floats float32."""

    points: Floats  # (N, 3) x, y in samples and inverse distance
    carried: Floats  # (N, 8) normal in camera space, canonical x, y, z, lip, occlusion
    triangles: Ints  # (T, 3)
    parts: npt.NDArray[np.uint8]  # (T,)
    focal: float  # samples
    rotation: Floats  # (3, 3) head to camera
    lights: Floats  # (L, 6) direction to the light, colour; the first casts shadows
    sky: Floats  # (2, 3) light from above and from below
    shadow: Floats  # (S, S) nearest depth toward the first light
    toward: Floats  # (3, 3) rows: the shadow map's axes and the direction to the light
    shadow_scale: float  # texels per dm
    skin: npt.NDArray[np.int16]  # (h, w, 8) from facelib.head.rendering.skin
    furrows: Floats  # (1 or 2, rows, columns, 4) from facelib.head.rendering.wrinkles
    furrows_top: int  # row of the skin where they start
    iris: Floats  # (3,)
    lids: (
        Floats  # (2, 2) height of the upper and lower lid over the middle of the left and right eye, in radii
    )
    eye_centres: Floats  # (2, 3) canonical
    lip: Floats  # (4,) colour of the lips, opacity
    mouth: float  # how much light reaches the teeth, [0, 1]
    hair: Floats  # (3,)
    shirt: Floats  # (3,)
    stickers: Floats  # (K, 16) and …
    sticker_grid: npt.NDArray[np.uint8]  # (rows, columns, layers) see `stickers.stick`
    texel: float  # dm of skin that a pixel covers


class Surfaces(NamedTuple):
    """Surfaces seen in a band of pixels: room for M, each of one pixel."""

    pixel: Ints  # (M,) index into the flattened picture
    share: Floats  # (M,) of the pixel, [0, 1]
    part: npt.NDArray[np.uint8]  # (M,)
    positions: Floats  # (M, 3) camera space
    carried: Floats  # (M, 8) see `Frame.carried`
    bumps: Floats  # (M, 3) normal with relief
    colours: Floats  # (M, 3) albedo, then light
    finish: Floats  # (M, 4) gloss, light under the surface, open share of the sky, moist spark


def surfaces(room: int) -> Surfaces:
    """Return room for a number of surfaces."""

    def floats(n: int) -> Floats:
        return np.empty((room, n), np.float32)

    return Surfaces(
        pixel=np.empty(room, np.int32),
        share=np.empty(room, np.float32),
        part=np.empty(room, np.uint8),
        positions=floats(3),
        carried=floats(8),
        bumps=floats(3),
        colours=floats(3),
        finish=floats(4),
    )
