"""Millimetres for a face: by the visible iris, or by a distance of the face that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from facelib.errors import BadValueError, UnknownNameError
from facelib.faces import Face
from facelib.properties.clinical.frontal import Floats, Frontal
from facelib.properties.clinical.measures import LEFT, RIGHT, covered, dark_glasses, iris_width
from facelib.utilities.nearest import nearest

Millimetres = Literal["iris"] | Mapping[str, float | str]

IRIS, IRIS_SD = 11.7, 0.5
"""Mean width of the visible iris of adults, and its standard deviation between them, mm.

White to white it is 11.71 ± 0.42 mm in 390 people of 10 to 80 years (Rüfer et al. 2005, Cornea 24:259,
doi:10.1097/01.ico.0000148312.01805.53), and 11.80 mm, with two standard deviations from 10.8 to 12.8 mm, in
4787 adults of 40 to 64 years (Hashemi et al. 2015, J Curr Ophthalmol 27:21, PMC4877715): the wider spread is
taken.
"""
WITHIN: Final = 1.96  # standard deviations: 95 of 100 adults
TURNED: Final = 10.0  # degrees of yaw from which on there are no millimetres by the iris (our choice)
ADULT: Final = 18.0
DISTANCES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"interpupillary": (468, 473), "outer_canthal": (33, 263), "inner_canthal": (133, 362)}
)
"""Distances that can be given, between two landmarks: pupils, outer and inner corners of the eyes."""


@dataclass(frozen=True)
class Scale:
    """Millimetres of one eye distance, with the ends of its 95 % interval; NaN and the reason if unknown."""

    mm: float = np.nan
    low: float = np.nan
    high: float = np.nan
    missing: str = ""


def check_millimetres(mm: Millimetres) -> None:
    """Raise an error unless `mm` is "iris" or names one known distance."""
    if isinstance(mm, str) and mm == "iris":
        return
    if not isinstance(mm, Mapping) or len(mm) != 1:
        came = f"{mm!r:.60}"
        msg = f'Millimetres come from "iris", or one distance, as {{"interpupillary": 63.0}}; got {came}.'
        raise BadValueError(msg)
    ((name, value),) = mm.items()
    if name not in DISTANCES:
        near = nearest(str(name), DISTANCES)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        msg = f"A distance that is given is one of {', '.join(DISTANCES)}; got {f'{name!r}':.40}.{hint}"
        raise UnknownNameError(msg)
    if not isinstance(value, str) and not _length(value):
        came = f"{value!r:.40}"
        msg = f"The {name} distance is millimetres above 0, or the name of a column of the faces; got {came}."
        raise BadValueError(msg)


def scale_of(face: Face, found: Frontal, mm: Millimetres) -> Scale:
    """Return the millimetres of an eye distance.

    Parameters
    ----------
    face, found
        A face and its landmarks without pose.
    mm
        "iris", or the name of one of `DISTANCES` to its millimetres, or to the attribute that has them.
    """
    return _by_iris(face, found) if isinstance(mm, str) else _by_distance(face, found.places, mm)


def too_far(found: Frontal) -> str:
    """Return that a head is turned too far for millimetres by the iris; empty if it isn't."""
    far = abs(found.yaw) > TURNED
    return f"the head is turned by {found.yaw:.0f}°, and the iris tells mm up to {TURNED:.0f}°" if far else ""


def iris_seen(face: Face, found: Frontal) -> tuple[float, str]:
    """Return the mean width of the irises that are seen, in eye distances; else NaN and the reason."""
    if reason := too_far(found) or dark_glasses(face):
        return np.nan, reason
    hidden = {side.name: covered(found.places, side) for side in (LEFT, RIGHT)}
    widths = [iris_width(found.places, side) for side in (LEFT, RIGHT) if not hidden[side.name]]
    if not widths:
        return np.nan, f"no iris is seen: {', '.join(dict.fromkeys(hidden.values()))}"
    return float(np.mean(widths)), ""


def _by_iris(face: Face, found: Frontal) -> Scale:
    age = face.attributes.get("age")
    if isinstance(age, Real) and float(age) < ADULT:
        return Scale(missing=f"the width of the iris is that of adults; the age is {float(age):.0f}")
    width, reason = iris_seen(face, found)
    if reason:
        return Scale(missing=reason)
    spread = WITHIN * IRIS_SD
    return Scale(IRIS / width, (IRIS - spread) / width, (IRIS + spread) / width)


def _by_distance(face: Face, places: Floats, mm: Mapping[str, float | str]) -> Scale:
    ((name, given),) = mm.items()
    value = face.attributes.get(given) if isinstance(given, str) else given
    if not _length(value):
        return Scale(missing=f"{given} isn't millimetres above 0: {f'{value!r}':.40}")
    one, other = DISTANCES[name]
    between = float(np.hypot(*(places[one] - places[other])))
    if not between > 0:
        return Scale(missing=f"the landmarks of the {name} distance aren't known")
    return Scale(float(value) / between)  # type: ignore[arg-type]


def _length(value: object) -> bool:
    return isinstance(value, Real) and 0 < float(value) < np.inf
