"""Bare skin of the forehead in photographs: hair and hats are found by their colour.

Models of colour, light and grain are compared pixel by pixel: that of the skin of each cheek, and that of
what lies above the face. What is nearer to the second, or yellower than the first, isn't bare if it hangs
together with what is above; of a bald person all is.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Self

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.drawing import Field, blurred, filled, light_of
from facelib.editing.regions import OUTSIDE, REGIONS, labels
from facelib.editing.skin_region import WIDE, guided, skin_region
from facelib.editing.warp import coverage, outline
from facelib.face import Face, face_fingerprint
from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.utilities.bounded_cache import ArrayCache

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_TOP, _CHIN, _EYES = 10, 152, (33, 133, 362, 263)  # landmarks
_ABOVE: Final = (0.03, 0.2)  # where hair is looked for: beyond the forehead, in heights of the face
_BESIDE: Final = 0.42  # and how far beside the midline, in widths of it
_GROWN: Final = 1.35  # outline that is searched, in sizes of the face's
_FOREHEAD: Final = ("forehead", "left brow", "right brow")
_FEWEST: Final = 20  # pixels that make a model
_FLOOR: Final = 0.012  # linear light, added before the logarithm
_LEAST: Final = np.array([0.09, 0.09, 0.45, 0.35])  # spread of each feature that is always allowed
_FAR: Final = 4.0  # spreads; what is farther counts as that far
_LEAST_HAIR: Final = 0.15  # share of what lies above the face that is no skin, if there is hair
_SHEEN: Final = 0.7  # share of what sheen is off that counts; of less, a white cap would be sheen
_SHINES: Final = 0.7  # spreads by which sheen is brighter than skin, at least
_LIKE_SKIN: Final = 7.0  # sum of squared spreads up to which what lies above the face may be skin
_NEARER: Final = (0.5, 2.0)  # of log likelihoods: from which it may be hair, from which it is
_WEAKER: Final = (3.0, 0.06)  # less of likelihood, and of yellow, is enough next to what is surely hair
_SURE: Final = 0.5  # of a piece over the forehead, the share that is surely hair
_YELLOW: Final = (0.14, 0.20)  # how much yellower than the cheeks fair hair may be, and is; see `_yellower`
_DARK: Final = (1.4, 2.0)  # how much darker than the cheeks, in logarithms, shade may be, and isn't any more
_EDGE: Final = (0.07, 0.01)  # of the face's outline: where it fades in, in shares of `coverage`, and its blur
_KEPT = ArrayCache(16 * 2**20)
_GUIDE: Final = 0.03  # half the window of the filter that follows edges, in widths of the face


class _Model(NamedTuple):
    """Medians and spreads (4,) of features."""

    middle: Field
    spread: Field

    @classmethod
    def of(cls, features: npt.NDArray[np.floating]) -> Self:
        """Return that of features (n, 4)."""
        middle = np.median(features, axis=0)
        spread = np.maximum(1.4826 * np.median(np.abs(features - middle), axis=0), _LEAST)
        return cls(middle.astype(np.float32), spread.astype(np.float32))

    def away(self, features: Field) -> Field:
        """Return how many spreads (…, 4) features are away."""
        return np.asarray(((features - self.middle) / self.spread).clip(-_FAR, _FAR))

    def likelihood(self, away: Field) -> Field:
        """Return the logarithm (…) of the likelihood of what is so many spreads away, but for a constant."""
        return np.asarray(-0.5 * _squares(away) - np.log(self.spread).sum())


def bare(face: Face) -> Field:
    """Return where things that lie on the skin are seen, float32 (H, W) in [0, 1], read-only.

    In the face and on ears and neck beside it; not where `covered`.
    """

    def found() -> Field:
        return np.asarray(np.minimum(in_front(face, coverage(face.landmarks, face.size)), 1 - covered(face)))

    return _KEPT.get(("bare", face_fingerprint(face)), found)


def in_front(face: Face, inside: Field) -> Field:
    """Return where things beside the head are seen: in the face and on skin, and not on hair beside it.

    Parameters
    ----------
    face
        A face whose landmarks are known.
    inside
        (H, W) how far each pixel is inside the face, see `facelib.editing.warp.coverage`.
    """
    width = float(np.ptp(face.landmarks[:FIRST_IRIS, 0]))
    near = np.minimum(inside / np.float32(_EDGE[0]), 1)
    return np.maximum(blurred(near, _EDGE[1] * width), skin_region(face))


def covered(face: Face) -> Field:
    """Return how much of every pixel of forehead and brows hair or a hat covers, float32 (H, W) in [0, 1].

    Elsewhere it is 0. Read-only.

    Parameters
    ----------
    face
        A face whose landmarks are known.
    """
    return _KEPT.get(("covered", face_fingerprint(face)), lambda: _covered(face))


def _covered(face: Face) -> Field:
    width = max(float(np.ptp(face.landmarks[:FIRST_IRIS, 0])), 1.0)
    scale = min(1.0, WIDE / width)
    rows, columns = (max(round(side * scale), 2) for side in face.size)
    small = cv2.resize(face.image, (columns, rows), interpolation=cv2.INTER_AREA)
    shrunk = face.landmarks * (np.array([columns, rows]) / face.image.shape[1::-1]).astype(np.float32)
    kinds = labels(face, shrunk, (rows, columns), ())
    cover = _over_forehead(small, kinds, shrunk, width * scale)
    if not cover.any():
        return np.zeros(face.size, np.float32)
    followed = guided(face.image, small, cover, max(round(_GUIDE * width * scale), 1))
    zone = cv2.dilate(_among(kinds, _FOREHEAD).astype(np.float32), np.ones((3, 3), np.uint8))
    return np.asarray(
        followed * cv2.resize(zone, face.size[::-1], interpolation=cv2.INTER_LINEAR), np.float32
    )


def _over_forehead(
    image: npt.NDArray[np.uint8], kinds: npt.NDArray[np.uint8], landmarks: Field, width: float
) -> Field:
    zone = _among(kinds, _FOREHEAD)
    features = _features(image, width)
    skins = [
        _Model.of(features[patch])
        for cheek in ("left cheek", "right cheek")
        if (patch := _eroded(_among(kinds, (cheek, "nose")))).sum() >= _FEWEST
    ]
    nothing = np.zeros(image.shape[:2], np.float32)
    if not skins:
        return nothing
    # Hair isn't smoother than skin.
    features[..., 3] = np.maximum(features[..., 3], min(skin.middle[3] for skin in skins))
    sigma = 0.02 * width
    rows = int(np.flatnonzero(zone.any(axis=1)).max(initial=0)) + round(4 * sigma) + 1
    size, features = image.shape[:2], features[:rows]  # below the brows nothing is looked for
    zone, band = zone[:rows], _above(landmarks, kinds)[:rows]
    off = [skin.away(features) for skin in skins]
    plain = [_no_sheen(away) for away in off]
    above = band & (np.min([_squares(away) for away in plain], axis=0) > _LIKE_SKIN)
    if above.sum() < max(_FEWEST, _LEAST_HAIR * band.sum()):
        return nothing
    as_skin = np.max(
        [
            skin.likelihood(_SHEEN * away + (1 - _SHEEN) * matt)
            for skin, away, matt in zip(skins, off, plain, strict=True)
        ],
        axis=0,
    )
    hair_is = _Model.of(features[above])
    nearer = blurred(hair_is.likelihood(hair_is.away(features)) - as_skin, sigma)
    yellow = blurred(np.min([_yellower(features - skin.middle) for skin in skins], axis=0), sigma)
    darker = np.min([skin.middle[2] for skin in skins]) - features[..., 2]
    dark = _rise(darker, *_DARK)

    def hair(less: float, paler: float) -> Field:
        near, fair = _rise(nearer + less, *_NEARER), _rise(yellow + paler, *_YELLOW)
        return np.asarray(np.maximum(np.maximum(near, fair), dark))

    sure = hair(0.0, 0.0)
    weaker = _hanging(hair(*_WEAKER), sure, above, zone)
    found = np.maximum(_hanging(sure, sure, above, zone), weaker)
    return np.asarray(np.pad(found, ((0, size[0] - len(found)), (0, 0))))


def _hanging(likely: Field, sure: Field, above: Flags, zone: Flags) -> Field:
    """Return what is likely hair, of pieces that reach above the forehead and are mostly sure to be hair."""
    count, pieces = cv2.connectedComponents((likely > 0.5).astype(np.uint8), connectivity=4)
    over, surely = (np.bincount(pieces[here], minlength=count) for here in (zone, zone & (sure > 0.5)))
    kept = surely >= _SURE * over
    kept[0] = False
    kept &= np.bincount(pieces[above], minlength=count) > 0
    near = cv2.dilate(kept[pieces].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(likely * near, np.float32)


def _features(image: npt.NDArray[np.uint8], width: float) -> Field:
    """Return red against green, green against blue, light and grain (h, w, 4), logarithms."""
    light = np.log(light_of(image) + np.float32(_FLOOR))
    green = light[..., 1]
    soft = [blurred(one, 0.015 * width) for one in (light[..., 0] - green, green - light[..., 2], green)]
    fine = green - blurred(green, 0.02 * width)
    grain = np.log(np.sqrt(blurred(fine * fine, 0.035 * width)) + np.float32(0.03))
    return np.stack([*soft, grain], axis=-1)


def _no_sheen(away: Field) -> Field:
    """Return spreads (…, 4) of which brighter, and then paler, than skin doesn't count: it shines."""
    shines = (away[..., 0] < 0) & (away[..., 1] < 0) & (away[..., 2] > _SHINES)
    found = away.copy()
    found[..., 2] = np.minimum(found[..., 2], 0)
    found[..., :2] *= ~shines[..., None]
    return found


def _squares(away: Field) -> Field:
    return np.asarray(np.einsum("...k,...k->...", away, away))


def _yellower(off: Field) -> Field:
    """Return how much yellower than skin it is where features are `off` (…): fair hair, not shade or sheen.

    Shade makes skin more red against green and more green against blue, sheen makes it less so; hair that is
    as light as the skin goes one way in one and the other way in the other.
    """
    red, blue = off[..., 0], off[..., 1]
    return np.asarray(np.minimum(1.5 * blue, 0.6 * (blue - red)))


def _above(landmarks: Field, kinds: npt.NDArray[np.uint8]) -> Flags:
    """Return the pixels (h, w) where hair is, if there is any: a band beyond the forehead."""
    points = landmarks[:FIRST_IRIS].astype(np.float64)
    edge, top = points[outline()], points[_TOP]
    up = top - points[_CHIN]
    height = max(float(np.hypot(*up)), 1.0)
    rows, columns = np.mgrid[: kinds.shape[0], : kinds.shape[1]] + 0.5
    x, y = columns - top[0], rows - top[1]
    over = (x * up[0] + y * up[1]) / height**2
    beside = np.abs(x * up[1] - y * up[0]) / height / max(float(np.ptp(points[:, 0])), 1.0)
    middle = edge.mean(axis=0)
    near = filled(middle + _GROWN * (edge - middle), (len(kinds), kinds.shape[1])) > 0.5
    band = (over > _ABOVE[0]) & (over < _ABOVE[1]) & (beside < _BESIDE)
    return np.asarray(near & (kinds == OUTSIDE) & band)


def _among(kinds: npt.NDArray[np.uint8], names: tuple[str, ...]) -> Flags:
    return np.isin(kinds, [REGIONS.index(name) for name in names])


def _eroded(flags: Flags) -> Flags:
    return np.asarray(cv2.erode(flags.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _rise(value: Field, low: float, high: float) -> Field:
    t = ((value - np.float32(low)) / np.float32(high - low)).clip(0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
