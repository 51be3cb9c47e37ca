"""Masks of electrodes: found by the network, or known from the positions that a face wears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.editing.drawing import filled
from facelib.editing.regions import sticking
from facelib.editing.warp import unknown_landmarks
from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.head.accessories.decals import NARROW
from facelib.head.electrodes import resolve
from facelib.head.geometry.electrode_sites import GRIP, RADIUS
from facelib.head.geometry.landmarks import FIRST_IRIS

Plane = npt.NDArray[np.float32]

RIM: Final = 1.3  # of an electrode's radius: shadow and thickness lie around it
SURE, LIKELY = 0.93, 0.65  # probabilities that one piece of a found mask, and every one, must reach somewhere
INNER: Final = 0.8  # share of the crop's sides, around its middle, in which one must: at the edges hangs hair
LEAST: Final = 10.0  # px of the crop that a piece must cover
LOW, HIGH = 0.2, 0.6
"""Probabilities where a found mask begins, and where it is whole."""


def worn_by(face: Face) -> tuple[str, ...]:
    """Return the positions of the electrodes that a face is said to wear and that are seen.

    Raises
    ------
    BadValueError
        If it isn't said which.
    """
    worn: Any = face.attributes.get("visible_electrodes", face.attributes.get("electrodes"))
    try:
        return resolve(worn if worn is None or isinstance(worn, str) else tuple(worn)) or ()
    except TypeError as error:
        msg = (
            f"Which electrodes are worn isn't known: the attribute 'electrodes' says {worn!r}. A scheme, or "
            "names of positions, are needed; or mask='found'."
        )
        raise BadValueError(msg) from error


def known_mask(
    face: Face, names: Sequence[str] | None = None, size: float | None = None, tape: float | None = None
) -> Plane:
    """Return the mask of electrodes at known positions, float32 (H, W) in [0, 1]; leads aren't known.

    Parameters
    ----------
    face
        A face whose landmarks are known.
    names
        Positions; None: those that the face wears.
    size, tape
        Factor on the diameter, and how whole the strips of tape are; None: as the face's attributes say.

    Raises
    ------
    BadValueError
        Landmarks, or what is worn, aren't known.
    """
    if reason := unknown_landmarks(face):
        msg = f"A known mask lies where the landmarks say. {reason}"
        raise BadValueError(msg)
    worn = worn_by(face) if names is None else resolve(tuple(names)) or ()
    radius = RADIUS * float(face.attributes.get("electrode_size", 1.0) if size is None else size)
    strip = float(face.attributes.get("tape", 0.0) if tape is None else tape) * (radius + GRIP)
    points = face.landmarks[:FIRST_IRIS].astype(np.float64)
    cover = np.zeros(face.size, np.float32)
    for name in worn:
        middle, *ways = sticking()[name][:, :FIRST_IRIS] @ points
        shape = _stadium(RIM * radius, max(strip - NARROW * radius, 0.0))
        outline = middle + shape @ np.array(ways)
        cover = np.maximum(cover, filled(outline, face.size, soft=0.6))
    return cover


def _stadium(radius: float, half: float) -> npt.NDArray[np.float64]:
    """Return the outline (n, 2) of a strip with round ends: `half` its length to the middles of the ends."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 24)
    end = np.column_stack([half + radius * np.cos(turn), radius * np.sin(turn)])
    return np.concatenate([end, -end])


def _inside(shape: tuple[int, ...], share: float) -> npt.NDArray[np.bool_]:
    """Return which places (h, w) of a plane are within a share of its sides around the middle."""
    down, across = (np.abs(np.arange(n) - (n - 1) / 2) <= share * n / 2 for n in shape)
    return np.asarray(down[:, None] & across)


def settled(
    p: Plane,
    *,
    sure: float = SURE,
    likely: float = LIKELY,
    inner: float = INNER,
    least: float = LEAST,
    low: float = LOW,
    high: float = HIGH,
) -> Plane:
    """Return the mask that a map of probabilities means: soft at its edges, 0 where nothing is sure.

    Pieces are what hangs together above `low`. Unless one of them reaches `sure` somewhere on the face,
    nothing is covered: a doubt about a mole or a tooth changes nothing, nor does a bright strand of hair that
    hangs beside the face as leads do. If one does, electrodes are worn, and pieces that reach `likely` count
    too.

    Parameters
    ----------
    p
        float32 (h, w), in [0, 1].
    sure, likely
        Probability that one piece, and every piece, must reach.
    inner
        Share of the sides, around the middle, in which the one must reach it.
    least
        Sum of the probabilities of a piece that counts, px.
    low, high
        Below `low` the mask is 0, above `high` 1, even between.

    Examples
    --------
    >>> p = np.zeros((20, 20), np.float32)
    >>> p[2:8, 2:8], p[12:18, 12:18] = 0.9, 0.4
    >>> settled(p).any().item()
    False
    >>> p[3, 3] = 0.999
    >>> settled(p)[[4, 14], [4, 14]].tolist()
    [1.0, 0.0]
    """
    count, labels = cv2.connectedComponents((p > low).astype(np.uint8), connectivity=8)
    flat = labels.ravel()
    highest = np.zeros(count, np.float32)
    np.maximum.at(highest, flat, p.ravel())
    large = np.bincount(flat, weights=p.ravel(), minlength=count) >= least
    large[0] = False
    worn = large[labels[(p >= sure) & _inside(p.shape, inner)]].any()
    stays = large & (highest >= likely) & worn
    return np.where(stays[labels], ((p - low) / (high - low)).clip(0, 1), 0).astype(np.float32)
