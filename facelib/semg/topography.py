"""Topography: maps of muscle activity over the face, interpolated between electrodes.

Between electrodes nothing was measured: a map is a picture of the numbers, no more. It passes through every
one of them, takes no value beyond them, and ends where the face ends. The kernel is our choice: distances,
with a constant and no slope. Peaks stay where they were measured, and it levels off beyond the electrodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, UnknownNameError
from facelib.models.electromyogram import Scheme
from facelib.semg.face_plane import inside, named, outline, places
from facelib.semg.recordings.channels import channel_of
from facelib.utilities.checks import whole
from facelib.utilities.short_repr import in_short

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

ROWS: Final = 64
LEAST: Final = 3  # positions
KERNEL: Final[Mapping[str, Any]] = {"kernel": "linear", "degree": 0}
"""As `scipy.interpolate.RBFInterpolator` takes it."""
MARGIN: Final = 2.0  # mm around the face


@in_short()
@dataclass(frozen=True, eq=False)
class Topography:
    """A map of activity at one moment.

    Parameters
    ----------
    grid
        float32 (rows, columns), from above and from the person's right; NaN outside the face.
    x, y
        Middle of columns and rows, mm.
    positions
        Names of the values that it is made of.
    points
        Positions of the measurements, (k, 2) mm.
    values
        The measurements, (k,).
    missing
        Positions of the scheme that are left out, since nothing is known of them.
    unit
        Of the values; "" for what was normalised.
    """

    grid: Floats
    x: Doubles
    y: Doubles
    positions: tuple[str, ...]
    points: Doubles
    values: Doubles
    missing: tuple[str, ...]
    unit: str = ""

    @property
    def range(self) -> tuple[float, float]:
        """Least and largest value."""
        return float(self.values.min()), float(self.values.max())

    def at(self, points: npt.ArrayLike) -> Doubles:
        """Return the map at points (n, 2), mm; NaN outside the face."""
        where = np.atleast_2d(np.asarray(points, np.float64))
        found = (_weights(_key(self.points), _key(where)) @ self.values).clip(*self.range)
        return np.where(inside(where), found, np.nan)


def topography(
    activity: Mapping[str, float] | npt.ArrayLike,
    scheme: Scheme = "fridlund",
    size: int = ROWS,
    *,
    unit: str = "",
) -> Topography:
    """Return the map of muscle activity over the plane of the face.

    Parameters
    ----------
    activity
        Values by channel or position ("zygomaticus_left", "F20", "Zyg li"), or an array: (22,) in the order
        of `facelib.semg.CHANNELS`, or (19,) in the order of the Kuramoto scheme. What is NaN or isn't there
        is left out and said in `missing`.
    scheme
        "fridlund" or "kuramoto".
    size
        Rows of the map.
    unit
        Of the values.

    Raises
    ------
    BadValueError
        If fewer than three values are known, or the array has another length.
    UnknownNameError
        If a name is no position of the scheme.
    UnavailableError
        If the package that holds the positions isn't on this machine.

    Examples
    --------
    >>> smile = topography({"zygomaticus_left": 1, "zygomaticus_right": 0.2, "mentalis_left": 0})
    >>> smile.at([[53, -23]]).round(6).tolist(), len(smile.missing)  # F20
    ([1.0], 19)
    """
    names = tuple(places(scheme))
    values = _by_name(activity, scheme) if isinstance(activity, Mapping) else np.asarray(activity, np.float64)
    if values.ndim != 1:
        msg = f"A map is of one moment: expected ({len(names)},); got {values.shape}. See topographies."
        raise BadValueError(msg)
    grid = topographies(values[None], scheme, size)[0]
    measured = np.isfinite(values)
    x, y = axes(size)
    return Topography(
        grid=grid,
        x=x,
        y=y,
        positions=tuple(name for name, there in zip(names, measured, strict=True) if there),
        points=np.array(list(places(scheme).values()))[measured],
        values=values[measured],
        missing=tuple(name for name, there in zip(names, measured, strict=True) if not there),
        unit=unit,
    )


def topographies(
    activity: npt.ArrayLike, scheme: Scheme = "fridlund", size: int = ROWS, *, everywhere: bool = False
) -> Floats:
    """Return the maps of many moments, float32 (n, rows, columns), NaN outside the face.

    Interpolation is linear in the values: its weights are computed once per set of positions, and a map is a
    product of matrices.

    Parameters
    ----------
    activity
        (n, 22) in the order of `facelib.semg.CHANNELS`, or (n, 19) in the order of the Kuramoto scheme; NaN
        where nothing is known. A moment with fewer than three values has no map: it is all NaN.
    scheme, size
        As for `topography`.
    everywhere
        Whether cells outside the face have a value, too: for callers that mask the face themselves.

    Raises
    ------
    BadValueError
        If no moment has three values, or the array has another shape.
    """
    size = whole("The rows of a map are a whole number from 8 on", size, 8)
    values = np.asarray(activity, np.float64)
    if values.ndim != 2:
        msg = f"Expected values (moments, positions); got an array of the shape {values.shape}."
        raise BadValueError(msg)
    named(scheme, values.shape[1])
    points = np.array(list(places(scheme).values()))
    cells, face = _cells(size)
    if everywhere:
        face = np.ones_like(face)
    maps = np.full((len(values), len(cells)), np.nan, np.float32)
    patterns, which = np.unique(np.isfinite(values), axis=0, return_inverse=True)
    usable = patterns.sum(axis=1) >= LEAST
    if not usable.any():
        msg = f"A map needs values at {LEAST} positions or more."
        raise BadValueError(msg)
    for number, known in enumerate(patterns):
        if usable[number]:
            rows = which.ravel() == number
            chosen = values[np.ix_(rows, known)]
            found = chosen @ _weights(_key(points[known]), _key(cells[face])).T
            low, high = chosen.min(axis=1, keepdims=True), chosen.max(axis=1, keepdims=True)
            maps[np.ix_(rows, face)] = found.clip(low, high)
    return maps.reshape(len(values), size, -1)


@lru_cache(maxsize=8)
def _cells(size: int) -> tuple[Doubles, npt.NDArray[np.bool_]]:
    """Return the middle of all cells of a map, (n, 2) mm, and which of them lie on the face."""
    cells = np.stack(np.meshgrid(*axes(size)), axis=-1).reshape(-1, 2)
    return cells, inside(cells)


def axes(size: int = ROWS) -> tuple[Doubles, Doubles]:
    """Return the middle of columns and rows of a map of so many rows, mm; rows from above.

    Examples
    --------
    >>> x, y = axes(64)
    >>> len(x), len(y), bool(y[0] > y[-1])
    (60, 64, True)
    """
    half_width, half_height = np.abs(outline()).max(axis=0) + MARGIN
    cell = 2 * half_height / size
    columns = 2 * int(np.ceil(half_width / cell))
    return (
        (np.arange(columns) - (columns - 1) / 2) * cell,
        ((size - 1) / 2 - np.arange(size)) * cell,
    )


def _by_name(activity: Mapping[str, float], scheme: Scheme) -> Doubles:
    """Return named values in the order of the scheme; NaN for those that aren't given."""
    names = list(places(scheme))
    values = np.full(len(names), np.nan)
    for name, value in activity.items():
        key = channel_of(name) if scheme == "fridlund" else str(name).upper()
        if key not in names:
            msg = f"The {scheme} scheme has no position {name!r}; it has {', '.join(names)}."
            raise UnknownNameError(msg)
        values[names.index(key)] = float(value)
    return values


def _key(points: Doubles) -> tuple[tuple[int, ...], bytes]:
    """Return points as something that a cache can look up."""
    return points.shape, np.ascontiguousarray(points, np.float64).tobytes()


@lru_cache(maxsize=16)
def _weights(points: tuple[Any, bytes], where: tuple[Any, bytes]) -> Doubles:
    """Return what each value counts for at each place, (n, k)."""
    from scipy.interpolate import RBFInterpolator

    measured, asked = (np.frombuffer(data).reshape(shape) for shape, data in (points, where))
    weights: Doubles = RBFInterpolator(measured, np.eye(len(measured)), **KERNEL)(asked)
    weights.setflags(write=False)
    return weights
