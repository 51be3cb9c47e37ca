"""The skin of one person, laid over the maps: colour, gloss, fine relief and where hair covers it.

Every skin tone is to show an expression as clearly: from neutral to any of the six, under the lights "studio"
and "frontal", L* in the face box changes by as much, in no tone by over 10 % more than in another. Dark skin
reflects less, so the same relief gives it less to see. What differs by tone is what differs in skin too:
melanin lets less light wander under the surface, so relief, wrinkles and sheen are crisper; light that
bounces between skin and skin, and into the mouth, fills shade the more the lighter the skin is; brows stand
out from light skin, teeth from dark skin. How strong each is was chosen to meet the 10 %.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.head.geometry.arrays import maps
from facelib.head.geometry.makehuman import Floats
from facelib.head.geometry.textures import LEVELS
from facelib.head.jit import jit
from facelib.head.palsy import brought_along
from facelib.utilities.bounded_cache import ArrayCache

if TYPE_CHECKING:
    from facelib.head.head import Head

CHANNELS = 8  # red, green, blue, gloss, slope along the angle, slope upward, hair, light under the skin

_HAIR_COLOURS = {  # sRGB
    "black": (0.115, 0.098, 0.090),
    "brown": (0.300, 0.200, 0.135),
    "chestnut": (0.400, 0.230, 0.135),
    "blond": (0.640, 0.490, 0.310),
    "red": (0.420, 0.205, 0.110),
    "grey": (0.520, 0.512, 0.505),
}
_WHITE = (0.65, 0.645, 0.635)
_BROWS_FOLLOW = 0.63  # of the grey of the hair
_HAIR_EDGE = {"short": 0.03, "long": 0.075, "tied": 0.045, "bald": -9.0}
STEP = 1 / 12000  # of the baked numbers: up to 2.73, in half the room of floats
_FULL, _LARGEST = np.float32(1 / STEP), np.float32(32767)
_SKINS = ArrayCache(32 * 2**20)


def linear(colour: tuple[float, ...] | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return linear light of an sRGB colour in [0, 1]."""
    value = np.asarray(colour, float)
    return np.asarray(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4))


_MEASURED = (
    -53.2,
    -38.8,
    -12.5,
    7.7,
    24.5,
    39.7,
    51.7,
    59.4,
)  # typology angles in pictures under studio light
_PAINTED = (-60.0, -50.0, -29.0, -8.0, 13.0, 34.0, 50.0, 58.0)  # and of the colours that give them


@lru_cache(256)
def skin_colour(tone: float) -> npt.NDArray[np.float64]:
    """Return the linear colour (3,) of a skin tone in [0, 1], cached and read-only.

    The individual typology angle, atan((L − 50) / b), falls linearly from 55° to −50°, as measured on
    forehead and cheeks of a picture in studio light: sheen lifts dark skin, so its colour is deeper than it
    looks. The rest follows the usual range of human skin.
    """
    angle = float(np.interp(55.0 - 105.0 * tone, _MEASURED, _PAINTED))
    # a* and b* by typology angle: the usual range of human skin, our choice
    angles = (-75, -50, -30, 0, 20, 40, 55)
    a = np.interp(angle, angles, (8.0, 10.0, 12.0, 13.0, 12.5, 11.5, 10.5))
    b = np.interp(angle, angles, (11.0, 14.0, 17.0, 20.0, 20.0, 18.5, 16.5))
    colour = _from_lab(np.array([50 + b * np.tan(np.radians(angle)), a, b]))
    colour.flags.writeable = False
    return colour


def _melanin(tone: float) -> float:
    """Return a share of melanin, [0, 1], that rises faster among light tones, as its effects do."""
    return float(tone**0.7)


def _from_lab(lab: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # CIE L*a*b* under D65 to linear sRGB
    y = (lab[0] + 16) / 116
    f = np.array([y + lab[1] / 500, y, y - lab[2] / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * np.array([0.95047, 1.0, 1.08883])
    matrix = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    return np.asarray((matrix @ xyz).clip(0.0, 1.0))


def hair_colour(head: Head) -> npt.NDArray[np.float64]:
    """Return the linear colour (3,) of the hair, with its share of grey."""
    grey = head.greying
    return np.asarray(linear(_HAIR_COLOURS[head.hair_colour]) * (1 - grey) + linear(_WHITE) * grey)


def brow_colour(head: Head) -> npt.NDArray[np.float64]:
    """Return the linear colour (3,) of the brows, which turn grey later than the hair."""
    grey = np.clip((head.age - 55) / 40, 0, 1) * 0.8
    if head.grey is not None:  # from what is usual at this age, down and up with the hair
        usual = head.replace(grey=None).greying
        fewer, more = min(head.grey, usual), max(head.grey - usual, 0.0)
        grey = (grey * fewer / usual if usual else 0.0) + _BROWS_FOLLOW * more
    pigment = linear(_HAIR_COLOURS[head.hair_colour]) * (0.44 - 0.19 * head.skin_tone)
    hairs = pigment * (1 - grey) + linear(_WHITE) * 0.5 * grey
    return np.asarray(
        hairs + (0.45 - 0.35 * head.skin_tone) * skin_colour(head.skin_tone)
    )  # which shows between them


def level_for(size: int) -> int:
    """Return the map level that gives about one to two texels to a pixel of a picture."""
    texels = 958.0 / size
    return int(np.clip(np.ceil(np.log2(texels / 2.3)), 0, LEVELS - 1))


@lru_cache(1024)
def _mottling(seed: int) -> float:
    """Return how the two patterns of the mottling are mixed, an angle."""
    return float(2 * np.pi * np.random.default_rng([seed, 3]).random()) if seed else 0.7


def parameters(head: Head) -> Floats:
    """Return the parameters of `_bake` for a head."""
    turn = _mottling(head.seed)
    tone, melanin = head.skin_tone, _melanin(head.skin_tone)
    old = np.clip((head.age - 30) / 50, 0, 1)
    young = np.clip((18 - head.age) / 12, 0, 1)
    mottle = 0.16 + 0.18 * old
    full = np.clip(0.15 + 0.75 * head.gender, 0, 1) * (1 - 0.6 * young)
    # strengths by age, tone and gender: our choice, by eye; those by tone are tuned to the 10 % above
    values = [
        *skin_colour(tone),  # 0–2
        mottle * np.cos(turn),
        mottle * np.sin(turn),
        0.14 * (1 - 0.55 * tone) * (1 + 0.25 * young) * (1 - 0.3 * old),  # 5 redness
        0.10 + 0.08 * old,  # 6 shade around the eyes
        0.30 * np.clip((head.age - 42) / 40, 0, 1) * (1 - 0.45 * tone),  # 7 spots
        head.facial_hair,  # 8
        _HAIR_EDGE[head.hair],  # 9 how far hair reaches beyond the hairline, dm
        *hair_colour(head),  # 10–12
        *brow_colour(head),  # 13–15
        full,  # 16
        0.95 - 0.25 * young,  # 17 brows
        0.06 + 1.15 * old**1.2,  # 18 crepe
        0.9 - 0.6 * young,  # 19 pores
        (1.0 - 0.4 * old) * (0.82 + 0.27 * melanin),  # 20 gloss: old skin is dry
        1.7 - 1.35 * melanin,  # 21 light under the skin: melanin lets less of it through
        1.0 - head.thinning,  # 22 painted hair
    ]
    return np.array(values, np.float32)


def bake(head: Head, level: int) -> npt.NDArray[np.int16]:
    """Return the skin of a head, int16 (H, W, `CHANNELS`) in `STEP`, over the half map of a level; cached."""
    values = parameters(head)
    pigment, slope = maps(level)
    return _SKINS.get((values.tobytes(), level), lambda: _bake(pigment, slope, values))


@jit
def _kept(value: float) -> np.int16:
    return np.int16(np.rint(min(max(value * _FULL, -_LARGEST), _LARGEST)))


@jit
def _bake(pigment: npt.NDArray[np.uint8], slope: npt.NDArray[np.int8], p: Floats) -> npt.NDArray[np.int16]:
    height, width = pigment.shape[:2]
    skin = np.empty((height, width, 8), np.int16)
    one, half, unit = np.float32(1), np.float32(0.5), np.float32(1 / 255)
    grade = np.float32(0.01)
    for i in range(height):
        for j in range(width):
            # base colour: mottling, pores, redness and crepe over the skin's colour
            q = pigment[i, j]
            mottle = (np.float32(q[0]) * unit - half) * p[3] + (np.float32(q[1]) * unit - half) * p[4]
            pores = (np.float32(q[2]) * unit - half) * np.float32(0.14) * p[19]
            red = np.float32(q[3]) * unit * p[5]
            shade = np.float32(q[4]) * unit * p[6]
            spots = np.float32(q[8]) * unit * p[7]
            dark = (one + pores) * (one - np.float32(q[11]) * unit * p[18] * np.float32(0.16))
            r = p[0] * (one + mottle * np.float32(0.6)) * dark * (one + red * np.float32(0.7))
            g = p[1] * (one + mottle) * dark * (one - red * np.float32(1.5))
            b = p[2] * (one + mottle * np.float32(1.1)) * dark * (one - red * np.float32(1.4))
            # shaded eyes and age spots darken blue and green more than red
            r *= (one - shade * np.float32(0.75)) * (one - spots * np.float32(0.8))
            g *= (one - shade) * (one - spots * np.float32(1.2))
            b *= (one - shade * np.float32(0.95)) * (one - spots * np.float32(1.5))
            # beard and hair beneath the cards: where the maps have them, darker between the strands
            beard = min(np.float32(q[5]) * unit * p[8] * np.float32(1.5), np.float32(0.92))
            strand = np.float32(q[7]) * unit
            hair = np.float32(0)
            if p[9] > -1:
                edge = (np.float32(q[6]) * unit - half) * np.float32(0.8) + (strand - half) * np.float32(0.10)
                hair = min(max((edge + p[9]) * np.float32(8), np.float32(0)), one) * p[22]
            # brows: thin and full map mixed by gender
            brow = (np.float32(q[9]) * (one - p[16]) + np.float32(q[10]) * p[16]) * unit * p[17]
            tone = np.float32(0.55) + strand * np.float32(0.9)
            curl = np.float32(0.35) + np.float32(q[5]) * unit * np.float32(0.2) + strand * np.float32(0.45)
            r += (p[10] * curl - r) * beard
            g += (p[11] * curl - g) * beard
            b += (p[12] * curl - b) * beard
            r += (p[13] - r) * brow
            g += (p[14] - g) * brow
            b += (p[15] - b) * brow
            skin[i, j, 0] = _kept(r + (p[10] * tone * np.float32(0.6) - r) * hair)
            skin[i, j, 1] = _kept(g + (p[11] * tone * np.float32(0.6) - g) * hair)
            skin[i, j, 2] = _kept(b + (p[12] * tone * np.float32(0.6) - b) * hair)
            # gloss: none on hair, little on beard and brows
            bare = (one - hair) * (one - np.float32(0.7) * beard)
            skin[i, j, 3] = _kept(bare * (one - np.float32(0.85) * brow) * p[20])
            # relief: pores and crepe
            s = slope[i, j]
            skin[i, j, 4] = _kept((np.float32(s[0]) * p[19] + np.float32(s[2]) * p[18]) * grade * bare)
            skin[i, j, 5] = _kept((np.float32(s[1]) * p[19] + np.float32(s[3]) * p[18]) * grade * bare)
            skin[i, j, 6] = _kept(hair)
            skin[i, j, 7] = _kept((one - hair) * (one - brow) * (one - beard) * p[21])
    return skin


def lip_colour(head: Head) -> tuple[npt.NDArray[np.float64], float]:
    """Return the linear colour (3,) of the lips and its opacity: the skin's own, redder and darker."""
    skin = skin_colour(head.skin_tone)
    old = float(np.clip((head.age - 40) / 50, 0, 1))
    fair, dark = np.array([0.92, 0.58, 0.59]), np.array([0.76, 0.55, 0.63])
    return skin * (fair * (1 - head.skin_tone) + dark * head.skin_tone), (0.95 - 0.36 * head.skin_tone) * (
        1 - 0.35 * old
    )


def wrinkles(head: Head) -> Floats:
    """Return the depth (2, 4) of the wrinkles of forehead, frown, eye and fold, person's left and right.

    Age carves them, an expression deepens them on the side that moves; a palsy smooths its side: what age
    carved, what the expression deepened, or both, by its parts.
    """
    old = float(np.clip((head.age - 28) / 50, 0, 1)) ** 1.1
    supple = float(np.interp(head.age, [8, 25, 60, 80], [0.12, 0.45, 0.9, 1.0]))
    # depth at rest of forehead, frown, eye and fold in old age; by eye
    resting = np.array([1.1, 0.6, 1.3, 1.55]) * old
    u = head.units
    along = brought_along(head)
    result = np.zeros((2, 4))
    for side, name in enumerate(("Left", "Right")):
        # share of each face unit in the wrinkles that it makes; by eye
        raised = 0.7 * u["browInnerUp"][side] + 0.6 * u[f"browOuterUp{name}"][side]
        smile = u[f"mouthSmile{name}"][side]
        squint = max(u[f"cheekSquint{name}"][side], u[f"eyeSquint{name}"][side])
        if name.lower() == head.palsy_side:
            smile, squint = smile + along.get("mouthSmile", 0.0), squint + along.get("eyeSquint", 0.0)
        sneer = max(u[f"noseSneer{name}"][side], u[f"mouthUpperUp{name}"][side])
        moved = [
            raised,
            u[f"browDown{name}"][side],
            0.45 * squint + 0.6 * min(smile, squint + 0.4),
            max(0.8 * smile, 0.55 * sneer, 0.5 * u[f"mouthStretch{name}"][side]),
        ]
        # a palsy flattens what its parts take: lines at rest, those of movement, or both
        slack = 1 - 0.75 * head.palsy if name.lower() == head.palsy_side else 1.0
        carved, deepened = resting, supple * np.array(moved)
        smoothed, kept = {
            "both": (carved + deepened, 0.0),
            "resting": (carved, deepened),
            "dynamic": (deepened, carved),
        }[head.palsy_parts]
        result[side] = smoothed * slack + kept
    result *= 0.58 + 0.74 * _melanin(head.skin_tone)  # as much to see in every tone
    result[:, 3] *= 1.4 - 0.4 * head.skin_tone  # folds: dark skin shows a smile by the teeth already
    return result.clip(0, 2).astype(np.float32)
