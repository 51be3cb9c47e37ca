"""The plane of the electrode schemes: positions, the outline of the face, and its features.

x = 0 is the midline and y = 0 the Frankfort plane, mm; y grows upwards and x towards the person's left, which
is the right of a picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.head.electrodes import ELECTRODE_SCHEMES
from facelib.head.geometry.electrode_sites import FRANKFORT
from facelib.head.geometry.landmarks import LIP_CONTOUR, LOWER_RIM, UPPER_RIM, table
from facelib.models.electromyogram import Scheme, electrode_positions
from facelib.semg.muscles import CHANNELS, POSITIONS

Doubles = npt.NDArray[np.float64]

_HALF: Final = (
    (0, 96), (34, 93), (60, 83), (77, 64), (85, 38), (87, 8), (85, -22), (80, -46), (69, -66), (51, -81),
    (28, -92), (0, -96),
)  # fmt: skip
"""The face's left edge from above, mm: our choice. All positions lie 5 mm or more inside:
schemes measure cheeks along the skin."""
_STEPS: Final = 12  # points of the outline between two of these
_FEATURES: Final = {
    "right eye": (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7, 33),
    "left eye": (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249, 263),
    "right brow": (70, 63, 105, 66, 107),
    "left brow": (300, 293, 334, 296, 336),
    "nose": (129, 98, 97, 2, 326, 327, 358),
    "lips": (*LIP_CONTOUR, LIP_CONTOUR[0]),
    "mouth": (*UPPER_RIM, *LOWER_RIM[::-1], UPPER_RIM[0]),
}
"""Landmarks along features of the average face."""


@cache
def outline() -> Doubles:
    """Return the edge of the face, (n, 2) mm: a closed line that is the same on both sides.

    Examples
    --------
    >>> edge = outline()
    >>> bool((edge[0] == edge[-1]).all())
    True
    """
    from scipy.interpolate import CubicSpline

    half = np.array(_HALF, np.float64)
    whole = np.vstack([half, half[-2::-1] * [-1, 1]])
    length = np.r_[0, np.cumsum(np.hypot(*np.diff(whole, axis=0).T))]
    fine = np.interp(np.arange((len(whole) - 1) * _STEPS + 1) / _STEPS, np.arange(len(whole)), length)
    line: Doubles = CubicSpline(length, whole, bc_type="periodic")(fine)
    line[-1] = line[0]
    line.setflags(write=False)
    return line


@cache
def features() -> Mapping[str, Doubles]:
    """Return lines along eyes, brows, nose and lips of the average face, (n, 2) mm each, by name.

    Examples
    --------
    >>> float(features()["left eye"][:, 0].mean().round())  # the person's left
    32.0
    """
    places = table()
    plane = np.column_stack([100 * places[:, 0], 100 * (places[:, 1] - FRANKFORT)])
    return MappingProxyType({name: plane[list(points)] for name, points in _FEATURES.items()})


def inside(points: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which points (n, 2), mm, lie on the face.

    Examples
    --------
    >>> inside([[0, 0], [100, 0]]).tolist()
    [True, False]
    """
    given = np.atleast_2d(np.asarray(points, np.float64))
    edge = outline()
    (x0, y0), (x1, y1) = edge[:-1].T, edge[1:].T
    x, y = given[:, :1], given[:, 1:]
    crosses = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        right = x < x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    return np.asarray((crosses & right).sum(axis=1) % 2 == 1)


def places(scheme: Scheme = "fridlund") -> dict[str, tuple[float, float]]:
    """Return the positions of a scheme, mm, by what their values are called in an array.

    Of the Fridlund scheme these are `facelib.semg.CHANNELS`, of the Kuramoto scheme names of positions.

    Raises
    ------
    BadValueError
        There is no such scheme.
    UnavailableError
        The package that holds the positions isn't on this machine.
    """
    known = electrode_positions(scheme)
    if scheme == "fridlund":
        return {channel: known[POSITIONS[channel]] for channel in CHANNELS}
    return dict(known)


def named(scheme: Scheme, count: int) -> tuple[str, ...]:
    """Return what the columns of an array of `count` are called, or raise `BadValueError`."""
    names = CHANNELS if scheme == "fridlund" else ELECTRODE_SCHEMES[scheme]
    if count != len(names):
        msg = (
            f"Values of the {scheme} scheme come in an array of {len(names)}, or by name; got an array of "
            f"{count}."
        )
        raise BadValueError(msg)
    return names
