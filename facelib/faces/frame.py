"""Everything that the shading kernels read, gathered for one picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facelib.faces.anatomy import Floats, Ints


class Frame(NamedTuple):
    """One head in front of the camera. Lengths in dm, colours linear, all floats float32."""

    points: Floats  # (N, 3) x, y in samples and inverse distance
    normals: Floats  # (N, 3) camera space; tangents for wisps of hair
    fixed: Floats  # (N, 5) canonical x, y, z, lip, occlusion; for wisps across, along, tint, depth in the hair, 0
    triangles: Ints  # (T, 3)
    parts: npt.NDArray[np.uint8]  # (T,)
    focal: float  # samples
    rotation: Floats  # (3, 3) head to camera
    lights: Floats  # (L, 6) direction to the light, colour; the first casts shadows
    sky: Floats  # (2, 3) light from above and from below
    shadow: Floats  # (S, S) nearest depth toward the first light
    toward: Floats  # (3, 3) rows: the shadow map's axes and the direction to the light
    shadow_scale: float  # texels per dm
    skin: Floats  # (h, w, 8) from facelib.faces.skin
    pigment: npt.NDArray[np.uint8]  # (h, w, …)
    slope: npt.NDArray[np.int8]  # (h, w, …)
    wrinkles: Floats  # (2, 4) depth of the wrinkles on the person's left and right
    iris: Floats  # (3,)
    lids: Floats  # (2, 2) height of the upper and lower lid over the middle of the left and right eye, in radii
    eye_centres: Floats  # (2, 3) canonical
    lip: Floats  # (4,) colour of the lips, opacity
    mouth: float  # how much light reaches the teeth, [0, 1]
    hair: Floats  # (3,)
    shirt: Floats  # (3,)
    stickers: Floats  # (K, 9) canonical centre, radius, kind (0 electrode, 1 mole), opacity, colour
    sticker_grid: npt.NDArray[np.uint8]  # (rows, columns) number of a sticker near each cell, or 255
    texel: float  # dm of skin that a pixel covers
    backdrop: Floats  # (2, 3) colours behind the head: in the middle, at the border
