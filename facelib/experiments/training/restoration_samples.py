"""Training samples of the restoration network: patches with or without electrodes, degraded as by cameras."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.experiments.training.restoration_pairs import Pairs
from facelib.restoration.crop import SIDE, Floats, Picture, crop_of, resampled

PATCH: Final = 128  # px, side
BARE: Final = 0.3  # share of patches that show no electrodes
THINGS: Final = 0.06  # share of patches of other pictures, without faces
ALL, ALONE = 0.35, 0.3
"""Shares of the others that show all pieces of what is covered, and a single one: no others hint
at it."""
NEAR: Final = 0.7  # share of patches that lie around a piece of what is covered
PICTURES: Final = (
    "chelsea", "coffee", "rocket", "coins", "camera", "page", "brick", "grass", "gravel", "retina",
)  # fmt: skip
"""Of scikit-image, which come with it: what isn't a face isn't an electrode either."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Patches to learn from.

    Attributes
    ----------
    seen
        uint8 (n, s, s, 3): what the network sees.
    bare
        uint8 (n, s, s, 3): the same without electrodes, without noise.
    mask
        float32 (n, s, s), in [0, 1]: what is covered.
    """

    seen: Picture
    bare: Picture
    mask: npt.NDArray[np.float32]


def batch(
    pairs: Pairs,
    n: int,
    rng: np.random.Generator,
    *,
    patch: int = PATCH,
    empty: float = BARE,
    clutter: float = 0.0,
) -> Batch:
    """Draw patches of side `patch`.

    Parameters
    ----------
    pairs, n, rng
        What is drawn from, how many, and by what.
    patch
        Their side, px.
    empty
        Share of those of faces that show no electrodes.
    clutter
        Share of those of faces on which pieces of other pictures lie, which aren't electrodes.
    """
    drawn = [
        _thing(rng, patch)
        if rng.random() < THINGS * (1 + 2 * clutter)
        else _face(pairs, rng, patch, empty, clutter)
        for _ in range(n)
    ]
    seen, bare, mask = (np.stack(column) for column in zip(*drawn, strict=True))
    return Batch(seen, bare, mask)


def _face(
    pairs: Pairs, rng: np.random.Generator, patch: int, empty: float, clutter: float
) -> tuple[Any, Any, Any]:
    number = int(rng.integers(len(pairs)))
    pieces = pairs.pieces[number]
    mask = _worn(int(pieces.max()), rng, empty)[pieces]
    worn = np.where(mask[:, :, None], pairs.worn[number], pairs.without[number])
    way = _somewhere(crop_of(pairs.boxes[number], pairs.eyes[number]), mask, rng, patch)
    seen, bare, covered = (
        resampled(picture, way, (patch, patch))
        for picture in (worn, pairs.without[number], mask.astype(np.float32))
    )
    if clutter and rng.random() < clutter:
        seen, bare = _cluttered(seen, bare, covered, rng)
    return *worse(seen, bare, rng), covered  # type: ignore[arg-type]


def _worn(count: int, rng: np.random.Generator, empty: float) -> npt.NDArray[np.bool_]:
    """Return which pieces, numbered from 1 on, are shown: none, all, a single one, or some."""
    if rng.random() < empty:
        return np.zeros(count + 1, bool)
    kind = rng.random()
    if kind < ALL:
        stay = np.ones(count, bool)
    elif kind < ALL + ALONE:
        stay = np.arange(count) == rng.integers(max(count, 1))
    else:
        stay = rng.random(count) < rng.random()
    return np.concatenate([[False], stay])


def _cluttered(seen: Any, bare: Any, covered: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return both pictures with pieces of other ones over them, where no electrode is."""
    side = len(seen)
    free = cv2.dilate((covered > 0).astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    for _ in range(int(rng.integers(1, 5))):
        axes = np.exp(rng.uniform(np.log(2), np.log(side / 3), 2)).astype(int) + 1
        shape = np.zeros((side, side), np.float32)
        middle = tuple(rng.integers(0, side, 2).tolist())
        cv2.ellipse(shape, middle, tuple(axes.tolist()), float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
        share = (cv2.GaussianBlur(shape, (0, 0), rng.uniform(0.4, 2.0)) * free)[:, :, None]
        picture = _pictures()[int(rng.integers(len(PICTURES)))]
        step = rng.uniform(0.3, 3.0)
        room = np.maximum(np.array(picture.shape[1::-1]) - step * side, 1)
        piece = resampled(picture, np.column_stack([step * np.eye(2), rng.uniform(0, room)]), (side, side))
        lit = piece.astype(np.float32) * rng.uniform(0.7, 1.8)
        seen, bare = (
            np.rint(x * (1 - share) + lit * share).clip(0, 255).astype(np.uint8) for x in (seen, bare)
        )
    return seen, bare


def _somewhere(crop: Floats, mask: npt.NDArray[np.bool_], rng: np.random.Generator, patch: int) -> Floats:
    """Return the map of a patch that lies anywhere in the crop, turned, scaled and perhaps mirrored."""
    middle = rng.uniform(patch / 2, SIDE - patch / 2, 2) if patch < SIDE else np.array([SIDE / 2, SIDE / 2])
    centre = crop[:, :2] @ middle + crop[:, 2]
    if patch < SIDE and mask.any() and rng.random() < NEAR:
        rows, columns = np.nonzero(mask)
        chosen = rng.integers(len(rows))
        off = crop[:, :2] @ rng.uniform(-patch / 3, patch / 3, 2)
        centre = np.array([columns[chosen], rows[chosen]]) + off
    angle, size = rng.normal(0, np.deg2rad(5)), np.exp(rng.normal(0, 0.12))
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if rng.random() < 0.5:
        turn[:, 0] *= -1
    whole = crop[:, :2] @ turn
    return np.column_stack([whole, centre - whole @ [patch / 2, patch / 2]])


def _thing(rng: np.random.Generator, patch: int) -> tuple[Any, Any, Any]:
    """Return a patch of a picture of something else, in which nothing is covered."""
    picture = _pictures()[int(rng.integers(len(PICTURES)))]
    step = rng.uniform(0.6, min(picture.shape[:2]) / patch)
    room = np.array(picture.shape[1::-1]) - step * patch
    shift = rng.uniform(np.minimum(room, 0), np.maximum(room, 0))
    way = np.column_stack([step * np.eye(2), shift])
    bare = resampled(picture, way, (patch, patch))
    return *worse(bare, bare, rng), np.zeros((patch, patch), np.float32)  # type: ignore[arg-type]


@cache
def _pictures() -> tuple[Picture, ...]:
    import skimage.data

    found = [getattr(skimage.data, name)() for name in PICTURES]
    colour = [np.repeat(one[:, :, None], 3, axis=2) if one.ndim == 2 else one for one in found]
    return tuple(np.ascontiguousarray(one[:, :, :3], np.uint8) for one in colour)


def worse(seen: Picture, bare: Picture, rng: np.random.Generator) -> tuple[Picture, Picture]:
    """Return two pictures in another light, of a worse camera; noise and JPEG in the first only."""
    a, b = (picture.astype(np.float32) for picture in (seen, bare))
    gain = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.06, 3)).astype(np.float32)
    power, lift = np.exp(rng.normal(0, 0.15)), rng.normal(0, 6)
    grey = rng.random() ** 3 if rng.random() < 0.4 else 0.0
    a, b = (255 * (np.clip(x * gain + lift, 0, 255) / 255) ** power for x in (a, b))
    a, b = (x + np.float32(grey) * (x.mean(axis=2, keepdims=True) - x) for x in (a, b))
    if rng.random() < 0.35:
        side = len(a)
        small = max(int(side * rng.uniform(0.28, 0.9)), 8)
        a, b = (
            cv2.resize(cv2.resize(x, (small, small), interpolation=cv2.INTER_AREA), (side, side))
            for x in (a, b)
        )
    elif rng.random() < 0.4:
        sigma = rng.uniform(0.3, 1.5)
        a, b = (cv2.GaussianBlur(x, (0, 0), sigma) for x in (a, b))
    if rng.random() < 0.5:
        a = a + rng.standard_normal(a.shape, np.float32) * np.float32(rng.uniform(0, 8))
    shown, plain = (np.rint(x).clip(0, 255).astype(np.uint8) for x in (a, b))
    if rng.random() < 0.3:
        quality = int(rng.integers(35, 96))
        _, packed = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])
        shown = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return shown, plain
