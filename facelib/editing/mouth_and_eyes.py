"""Mouth and eyes of photographs: lips and lids slide over what is inside.

A plain warp would squeeze teeth and irises together with the lips and lids. Here they stay, the lower teeth
go with the jaw, and where the picture doesn't show them, what is next to them in the opening is stretched.
Nothing is made up: an opening grows by a share of itself at most, and one that is closed stays closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.warp import grid, moved, resampled
from facelib.head.geometry.landmarks import FIRST_IRIS, LOWER_RIM, UPPER_RIM, eyes_between, table

Doubles = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]
Window = tuple[slice, slice]  # rows and columns

REACH: Final = 0.08  # dm on the base head: how far skin goes along with a rim that is held back
HARDLY: Final = 0.012  # eye distances: openings that small count as closed
LEAST: Final = 0.4  # of its way across an opening what is next to a rim keeps: it is stretched by 1 / LEAST
STEP: Final = 3  # px between the places where the move of lips is worked out
TIGHT: Final = 1e-3  # how closely it follows the landmarks (1: hardly)

_UPPER_LIP: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
_UPPER_RED: Final = (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292)
_LOWER_LIP: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
_LOWER_RED: Final = (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292)
_UNDER_LIP: Final = ((181, 182), (84, 83), (17, 18), (314, 313), (405, 406))
"""Landmarks at the edge of the lower lip, and of the skin below it."""
EDGE: Final = 0.03  # eye distances from those landmarks to where the red surely ends


@dataclass(frozen=True)
class Opening:
    """An opening between two rims.

    Parameters
    ----------
    upper, lower
        Landmarks of the rims, column by column from left to right in the picture; the first and the last are
        the corners, which both have.
    touching
        Gap between the rims, in eye distances, at which they touch.
    wider
        Factor by which the gap may grow.
    carried
        Share of the upper rim in what has to be put right.
    """

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    touching: float
    wider: float
    carried: float

    @property
    def around(self) -> list[int]:
        """The landmarks around it, in order."""
        return [*self.upper, *self.lower[-2:0:-1]]

    def gaps(self, points: Doubles, down: Doubles) -> Doubles:
        """Return the gap of every column, px; below 0 where the rims cross."""
        return np.asarray((points[list(self.lower)] - points[list(self.upper)]) @ down)


MOUTH: Final = Opening(UPPER_RIM, (UPPER_RIM[0], *LOWER_RIM, UPPER_RIM[-1]), 0.03, 1.15, 0.5)
EYES: Final = (
    Opening(
        (33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133), 0, 1.3, 0.8
    ),
    Opening(
        (362, 398, 384, 385, 386, 387, 388, 466, 263),
        (362, 382, 381, 380, 374, 373, 390, 249, 263),
        0,
        1.3,
        0.8,
    ),
)


def held(own: Doubles, goal: Doubles, before: Doubles, after: Doubles) -> Doubles:
    """Return the goal of the landmarks, put right so that lids and lips neither cross nor tear open.

    Every gap between rims changes by the factor by which a model's gap changes: what closes in the model
    closes in the picture too. The skin around follows.

    Parameters
    ----------
    own, goal
        (478, 2) px: where the landmarks are, and where they are to be.
    before, after
        (478, 2) px: the model's.
    """
    points = goal.copy()
    eyes = eyes_between(own.astype(np.float32))
    size = float(np.hypot(*(eyes[0] - eyes[1])))
    right = (eyes[0] - eyes[1]) / size
    down = np.array([-right[1], right[0]])
    for opening, (above, below) in zip((MOUTH, *EYES), _followers(), strict=True):
        small, touching = HARDLY * size, opening.touching * size
        ratio = (np.maximum(opening.gaps(after, down) - touching, 0) + small) / (
            np.maximum(opening.gaps(before, down) - touching, 0) + small
        )
        ratio[[0, -1]] = ratio[[1, -2]]  # corners have no gap
        ratio = np.convolve(np.pad(ratio, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
        now = opening.gaps(own, down)
        growing = np.clip((now - small) / small, 0, 1)  # what is closed stays closed
        ratio = np.minimum(ratio, 1 + growing * (opening.wider - 1))
        wanted = np.where(now > 0, now * ratio, now)  # rims that cross in the picture cross no further
        missing = wanted - opening.gaps(goal, down)
        missing[[0, -1]] = 0
        points -= opening.carried * (above @ missing)[:, None] * down
        points += (1 - opening.carried) * (below @ missing)[:, None] * down
    points[FIRST_IRIS:] = own[FIRST_IRIS:]
    return points


@cache
def _followers() -> tuple[tuple[Doubles, Doubles], ...]:
    """Return for every opening how the landmarks (478) go along with the columns (k) of its two rims."""
    places = table()[:, :2]
    followers = []
    for opening in (MOUTH, *EYES):
        shares = []
        for rim, other, way in ((opening.upper, opening.lower, 1), (opening.lower, opening.upper, -1)):
            columns = places[list(rim)]
            middle = (columns[:, 1] + places[list(other), 1]) / 2
            away = np.linalg.norm(places[:, None] - columns, axis=2)
            near = np.exp(-((away / (0.4 * REACH)) ** 2)) + 1e-12
            fading = np.exp(-((away.min(axis=1) / REACH) ** 2) * 2)
            beyond = np.interp(places[:, 0], columns[:, 0], middle)
            fading[way * (places[:, 1] - beyond) <= 0] = 0
            fading[fading < 0.02] = 0
            share = fading[:, None] * near / near.sum(axis=1, keepdims=True)
            share[list({*rim, *other})] = 0
            share[list(rim)] = np.eye(len(rim))
            shares.append(share)
        followers.append((shares[0], shares[1]))
    return tuple(followers)


def slid(image: Picture, own: Doubles, goal: Doubles, jaw: npt.NDArray[np.floating]) -> Picture:
    """Return the picture whose landmarks lie at `goal`: skin is warped, and slides over eyes and teeth.

    Parameters
    ----------
    image
        uint8 (H, W, 3).
    own, goal
        (478, 2) px: where the landmarks are, and where they are to be (see `held`).
    jaw
        (2,) px by which the lower teeth move.
    """
    source = _clear_of_lip(own, goal)
    result = moved(image, source, goal)
    _lay_lips(image, result, source, goal)
    for opening in (MOUTH, *EYES):
        old, new = (_Shape.of(opening, points) for points in (own, goal))
        if old and new:
            way = jaw if opening is MOUTH else np.zeros(2)
            _lay_inside(image, result, old, new, np.asarray(way, np.float64))
    return result


def _clear_of_lip(own: Doubles, goal: Doubles) -> Doubles:
    """Return where to take the skin under the lower lip from: farther down, where it comes into sight.

    A lip that pouts or a jaw that drops hides it. What is stretched there is then skin, not the lip's edge.
    """
    source = own.copy()
    edge, skin = (list(row) for row in zip(*_UNDER_LIP, strict=True))
    eyes = eyes_between(own.astype(np.float32))
    size = float(np.hypot(*(eyes[0] - eyes[1])))
    down = np.array([eyes[1, 1] - eyes[0, 1], eyes[0, 0] - eyes[1, 0]]) / size
    before, after = ((points[skin] - points[edge]) @ down for points in (own, goal))
    hidden = np.clip((after - 1.5 * np.maximum(before, 0)) / (2 * EDGE * size), 0, 1)[:, None]
    source[edge] += EDGE * size * hidden * down
    source[skin] += 2 * EDGE * size * hidden * down
    return source


def _lay_lips(image: Picture, result: Picture, own: Doubles, goal: Doubles) -> None:
    """Draw the lips where they are to be, each from its own landmarks; the upper one last."""
    window = _window(goal[[*_UPPER_LIP, *_LOWER_LIP]], image)
    if window is None:
        return
    lower = ((*_LOWER_LIP, *_LOWER_RED, *MOUTH.lower), (*_LOWER_LIP, *_UPPER_RED[-2:0:-1]))
    upper = ((*_UPPER_LIP, *_UPPER_RED, *MOUTH.upper), (*_UPPER_LIP, *UPPER_RIM[::-1]))
    for anchors, outline in (lower, upper):
        points = list(dict.fromkeys(anchors))
        offsets = _spread(goal[points], own[points] - goal[points], window)
        _lay(image, result, window, offsets.astype(np.float32), _share(goal[list(outline)], window))


def _lay_inside(image: Picture, result: Picture, old: _Shape, new: _Shape, jaw: Doubles) -> None:
    """Draw what an opening shows: what stays is shown where it is, and is stretched next to the rims.

    Parameters
    ----------
    old, new
        The opening where it is, and where it is to be.
    jaw
        (2,) px by which what is next to its lower rim moves.
    """
    window = _window(new.around, image)
    if window is None:
        return
    places = grid(image.shape[:2])[window].astype(np.float64)
    along, down = (way.clip(0, 1) for way in new.inside(places))
    there = old.inside(places - down[..., None] * jaw)
    kept = zip(there, (along, down), strict=True)
    seen = old.place(*(np.clip(way, LEAST * now, 1 - LEAST * (1 - now)) for way, now in kept))
    _lay(image, result, window, (seen - places).astype(np.float32), _share(new.around, window))


@dataclass(frozen=True)
class _Shape:
    """An opening in a picture, as two curves over the line between its corners; places are x + iy, px."""

    around: Doubles  # (k, 2) px
    corner: complex
    line: complex  # to the other corner
    upper: tuple[Doubles, Doubles]  # along the line, in [0, 1], and down from it, in its lengths
    lower: tuple[Doubles, Doubles]

    @classmethod
    def of(cls, opening: Opening, points: Doubles) -> _Shape | None:
        """Return the shape of an opening, or None if it has none."""
        rims = [points[list(rim)] @ [1, 1j] for rim in (opening.upper, opening.lower)]
        corner, line = complex(rims[0][0]), complex(rims[0][-1] - rims[0][0])
        if abs(line) < 2:
            return None
        upper, lower = ((rim - corner) / line for rim in rims)
        return cls(points[opening.around], corner, line, _curve(upper), _curve(lower))

    def inside(self, places: Doubles) -> tuple[Doubles, Doubles]:
        """Return how far along and down places (…, 2) lie in the opening: in [0, 1] both, if they do."""
        found = (places @ [1, 1j] - self.corner) / self.line
        top, gap = self._column(np.asarray(found.real, np.float64))
        return np.asarray(found.real, np.float64), np.asarray((found.imag - top) / gap, np.float64)

    def place(self, along: Doubles, down: Doubles) -> Doubles:
        """Return the places (…, 2) px so far along and down."""
        top, gap = self._column(along)
        found = self.corner + (along + 1j * (top + down * gap)) * self.line
        return np.stack([found.real, found.imag], axis=-1)

    def _column(self, along: Doubles) -> tuple[Doubles, Doubles]:
        top, bottom = np.interp(along, *self.upper), np.interp(along, *self.lower)
        return np.asarray(top, np.float64), np.maximum(bottom - top, 1e-3, dtype=np.float64)


def _curve(rim: npt.NDArray[np.complexfloating]) -> tuple[Doubles, Doubles]:
    """Return a rim as a curve: places along a line, which don't turn back, and how far down from it."""
    return np.maximum.accumulate(rim.real, dtype=np.float64), np.asarray(rim.imag, np.float64)


def _window(points: Doubles, image: Picture) -> Window | None:
    """Return the rows and columns around some points, or None if they aren't in the picture."""
    height, width = image.shape[:2]
    left, top = np.maximum(np.floor(points.min(axis=0)).astype(int) - 2, 0)
    right, bottom = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 3, [width, height])
    return (slice(top, bottom), slice(left, right)) if right - left > 2 and bottom - top > 2 else None


def _spread(points: Doubles, values: Doubles, window: Window) -> Doubles:
    """Return values at points (k, 2) px as a smooth field (h, w, d) over a window: a thin plate."""
    from scipy.interpolate import RBFInterpolator

    rows, columns = window
    height, width = rows.stop - rows.start, columns.stop - columns.start
    down, across = (np.linspace(0, n - 1, max((n - 1) // STEP + 1, 2)) for n in (height, width))
    y, x = np.meshgrid(down + rows.start + 0.5, across + columns.start + 0.5, indexing="ij")
    size = float(np.ptp(points[:, 0]))
    plate = RBFInterpolator(points / size, values, smoothing=TIGHT, kernel="thin_plate_spline")
    coarse = plate(np.column_stack([x.ravel(), y.ravel()]) / size).reshape(len(down), len(across), -1)
    scale_x, scale_y = (len(across) - 1) / (width - 1), (len(down) - 1) / (height - 1)
    to_x, to_y = np.meshgrid(np.arange(width) * scale_x, np.arange(height) * scale_y)
    fine = cv2.remap(
        coarse.astype(np.float32), to_x.astype(np.float32), to_y.astype(np.float32), cv2.INTER_LINEAR
    )
    return np.asarray(fine.reshape(height, width, -1), np.float64)


def _share(outline: Doubles, window: Window) -> npt.NDArray[np.float32]:
    """Return how much of every pixel of a window an outline covers, about, float32 (h, w, 1)."""
    rows, columns = window
    mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    places = np.rint((outline - [columns.start, rows.start] - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(mask, [places], 255, cv2.LINE_AA, shift=4)
    return np.divide(mask[..., None], 255, dtype=np.float32)


def _lay(
    image: Picture,
    result: Picture,
    window: Window,
    offsets: npt.NDArray[np.float32],
    share: npt.NDArray[np.float32],
) -> None:
    """Draw the picture, seen through offsets (h, w, 2), into a window of the result, by shares (h, w, 1)."""
    rows, columns = window
    seen = resampled(image, offsets, grid(image.shape[:2])[rows, columns])
    below = result[rows, columns].astype(np.float32)
    result[rows, columns] = np.rint(below + share * (seen - below)).astype(np.uint8)
