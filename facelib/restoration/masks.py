"""Where electrodes are: told by what the network finds, or known from the positions that a face wears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.faces import Face
from facelib.faces.drawing import filled
from facelib.faces.electrodes import resolve
from facelib.faces.landmarks import FIRST_IRIS
from facelib.faces.regions import sticking
from facelib.faces.sites import GRIP, RADIUS
from facelib.faces.stickers import NARROW
from facelib.faces.warp import unknown_landmarks

Plane = npt.NDArray[np.float32]

RIM: Final = 1.3  # of an electrode's radius: shadow and thickness lie around it
SURE: Final = 0.9  # probability that a piece of a found mask must reach somewhere
LEAST: Final = 12.0  # px of the crop that it must cover
LOW, HIGH = 0.2, 0.6
"""Probabilities where a found mask begins, and where it is whole."""


def worn_by(face: Face) -> tuple[str, ...]:
    """Return the positions of the electrodes that a face is said to wear and that are seen.

    Raises
    ------
    BadValueError
        If it isn't said which.
    """
    known: Any = face.attributes.get("visible_electrodes", face.attributes.get("electrodes"))
    try:
        return resolve(known if known is None or isinstance(known, str) else tuple(known)) or ()
    except TypeError as error:
        msg = (
            f"Which electrodes are worn isn't known: the attribute 'electrodes' says {known!r}. A scheme, or "
            "names of positions, are needed; or mask='found'."
        )
        raise BadValueError(msg) from error


def known_mask(
    face: Face, names: Sequence[str] | None = None, size: float | None = None, tape: float | None = None
) -> Plane:
    """Return what electrodes at known positions cover, float32 (H, W) in [0, 1]; leads aren't known.

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
    found = np.zeros(face.size, np.float32)
    for name in worn:
        middle, *ways = sticking()[name][:, :FIRST_IRIS] @ points
        shape = _stadium(RIM * radius, max(strip - NARROW * radius, 0.0))
        outline = middle + shape @ np.array(ways)
        found = np.maximum(found, filled(outline, face.size, soft=0.6))
    return found


def _stadium(radius: float, half: float) -> npt.NDArray[np.float64]:
    """Return the outline (n, 2) of a strip with round ends: `half` its length to the middles of the ends."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 24)
    end = np.column_stack([half + radius * np.cos(turn), radius * np.sin(turn)])
    return np.concatenate([end, -end])


def settled(
    p: Plane, *, sure: float = SURE, least: float = LEAST, low: float = LOW, high: float = HIGH
) -> Plane:
    """Return the mask that a map of probabilities means: soft at its edges, 0 where nothing is sure.

    A connected piece of what is above `low` stays if it has a probability of `sure` somewhere and covers
    `least` or more in all: a faint doubt about a mole or a nostril changes nothing.

    Parameters
    ----------
    p
        float32 (h, w), in [0, 1].
    sure
        Probability that a piece must reach.
    least
        Sum of the probabilities of a piece, px.
    low, high
        Below `low` the mask is 0, above `high` 1, even between.

    Examples
    --------
    >>> p = np.zeros((20, 20), np.float32)
    >>> p[2:8, 2:8], p[12:18, 12:18] = 0.99, 0.5
    >>> mask = settled(p)
    >>> mask[4, 4].item(), mask[14, 14].item()
    (1.0, 0.0)
    """
    count, labels = cv2.connectedComponents((p > low).astype(np.uint8), connectivity=8)
    flat = labels.ravel()
    highest = np.zeros(count, np.float32)
    np.maximum.at(highest, flat, p.ravel())
    mass = np.bincount(flat, weights=p.ravel(), minlength=count)
    stays = (highest >= sure) & (mass >= least)
    stays[0] = False
    return np.where(stays[labels], ((p - low) / (high - low)).clip(0, 1), 0).astype(np.float32)
