"""Clinical measures as properties: each side's, and what left and right make together.

Lengths are in eye distances (between the middles of the corners of either eye), after the pose is removed;
`facelib.properties.clinical_measures` has them in millimetres, too, with the reason where one is missing.
Dental show and the depth of the nasolabial fold aren't among them: no landmark lies on a tooth or in a fold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from numbers import Real
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from facelib.editing.sunglasses import DARK, light_around_eyes
from facelib.faces import Face
from facelib.head.geometry.landmarks import FIRST_IRIS
from facelib.properties.clinical.frontal import Floats, Frontal, frontal
from facelib.properties.mirror_pairs import PARTNER
from facelib.properties.property import Values, register

Together = Literal["ratio", "difference", ""]
Place = Literal["brow", "eye", "pupil", "mouth", "face"]

EYE_DISTANCES: Final = "eye distances"
COVERED: Final = 0.25
"""Openings of the eye below this share of the iris's width count as covering it, and so does a lid that is
nearer to the middle of the iris than a fifth of that (both our choice)."""
GAZE: Final = 0.07
"""How far both irises may stand to one side, in widths of the eyes: some 10° of gaze (our choice)."""
SET_GAZE: Final = 5.0  # degrees, of heads whose gaze is known (our choice)
SHUT: Final = 0.02  # eye distances, a millimetre: below it on the right there is no ratio (our choice)
LEAST_PAIRS: Final = 100  # of 219 pairs of landmarks, for the index
UNKNOWN: Final = "its landmarks aren't known"


@dataclass(frozen=True)
class Side:
    """Landmarks of one side; `sign` is +1 on the person's left.

    The lids' borders run from corner to corner; `opening` are the pairs p2 p6, p3 p5 and p1 p4 of the
    eye-aspect ratio.
    """

    name: str
    sign: int
    commissure: int
    upper_lid: tuple[int, ...]
    lower_lid: tuple[int, ...]
    iris: int
    iris_edges: tuple[int, int]
    brow: tuple[int, ...]
    opening: tuple[tuple[int, int], ...]


LEFT: Final = Side(
    "left", 1, 291,
    (263, 466, 388, 387, 386, 385, 384, 398, 362), (263, 249, 390, 373, 374, 380, 381, 382, 362),
    473, (474, 476), (293, 334, 296, 283, 282, 295), ((385, 380), (387, 373), (362, 263)),
)  # fmt: skip
RIGHT: Final = Side(
    "right", -1, 61,
    (33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133),
    468, (469, 471), (63, 105, 66, 53, 52, 65), ((160, 144), (158, 153), (33, 133)),
)  # fmt: skip
LIPS: Final = (13, 14)  # middles of the upper and the lower lip, where they meet
PHILTRUM, CHIN = 0, 152


@dataclass(frozen=True)
class ClinicalMeasure:
    """One measure of frontal places, of each side or of the whole face.

    Parameters
    ----------
    name, title, unit, description, low, high
        As of a `Property`; names and titles of a side get its name.
    where
        What must be seen for it.
    together
        What left and right make: left / right, left − right, or nothing: then it is one number of the face.
    of
        (478, 2) places and a side -> value; one number of the face takes either.
    """

    name: str
    title: str
    unit: str
    where: Place
    together: Together
    low: float
    high: float
    of: Callable[[Floats, Side], float]
    description: str

    @property
    def sides(self) -> tuple[str, ...]:
        """Names of its rows in a table."""
        return ("left", "right", self.together) if self.together else ("",)


@dataclass(frozen=True)
class Cell:
    """A measured value, or NaN and the reason."""

    measure: ClinicalMeasure
    side: str
    value: float
    missing: str = ""

    @property
    def unit(self) -> str:
        """Unit of the value; ratios have none."""
        return "" if self.side == "ratio" else self.measure.unit


def _border(places: Floats, line: tuple[int, ...], at: float) -> float:
    """Return how high the border of a lid lies at a place across the face."""
    points = places[list(line)]
    points = points[np.argsort(points[:, 0])]
    return float(np.interp(at, points[:, 0], points[:, 1]))


def _middle(places: Floats, side: Side) -> Floats:
    corners: Floats = places[[side.upper_lid[0], side.upper_lid[-1]]].mean(axis=0)
    return corners


def _apart(places: Floats, pair: tuple[int, int]) -> float:
    return float(np.hypot(*(places[pair[0]] - places[pair[1]])))


def commissure_distance(places: Floats, side: Side) -> float:
    """Return the distance of the corner of the mouth from the midline."""
    return float(side.sign * places[side.commissure, 0])


def brow_height(places: Floats, side: Side) -> float:
    """Return the height of the middle of the brow over the middle between the corners of the eye."""
    return float(places[list(side.brow), 1].mean() - _middle(places, side)[1])


def palpebral_fissure(places: Floats, side: Side) -> float:
    """Return the opening between the lids at the middle between the corners of the eye; 0 if they overlap."""
    at = _middle(places, side)[0]
    gap = _border(places, side.upper_lid, at) - _border(places, side.lower_lid, at)
    return gap if np.isnan(gap) else max(gap, 0.0)


def mrd1(places: Floats, side: Side) -> float:
    """Return the distance from the middle of the iris up to the upper lid."""
    across, up = places[side.iris]
    return _border(places, side.upper_lid, across) - float(up)


def mrd2(places: Floats, side: Side) -> float:
    """Return the distance from the middle of the iris down to the lower lid."""
    across, up = places[side.iris]
    return float(up) - _border(places, side.lower_lid, across)


def eye_aspect_ratio(places: Floats, side: Side) -> float:
    """Return (|p2 p6| + |p3 p5|) / (2 |p1 p4|)."""
    one, other, width = (_apart(places, pair) for pair in side.opening)
    return (one + other) / (2 * width) if width > 0 else np.nan


def mouth_angle(places: Floats, side: Side) -> float:
    """Return how far the line from the middle of the lips to the corner of the mouth rises, degrees."""
    across, up = places[side.commissure] - places[list(LIPS)].mean(axis=0)
    return float(np.degrees(np.arctan2(up, side.sign * across)))


def asymmetry_index(places: Floats, _: Side = LEFT) -> float:
    """Return the mean distance of landmarks from the mirror image of their partners, % of an eye distance."""
    skin = places[:FIRST_IRIS]
    gaps = np.hypot(*(skin - places[PARTNER[:FIRST_IRIS]] * (-1, 1)).T)
    gaps = gaps[np.isfinite(gaps) & (PARTNER[:FIRST_IRIS] != np.arange(FIRST_IRIS))]
    return float(100 * gaps.mean()) if len(gaps) >= 2 * LEAST_PAIRS else np.nan


def iris_width(places: Floats, side: Side) -> float:
    """Return the horizontal width of the iris that is seen."""
    return _apart(places, side.iris_edges)


_REFLEX: Final = "Primary gaze only: from the middle of the iris, which stands for the light reflex"
CLINICAL: Final = (
    ClinicalMeasure(
        "commissure_distance", "Midline to commissure", EYE_DISTANCES, "mouth", "ratio", 0.2, 0.8,
        commissure_distance, "Midline-to-commissure distance: of the corner of the mouth from the midline",
    ),
    ClinicalMeasure(
        "mouth_angle", "Mouth angle", "°", "mouth", "difference", -30.0, 40.0,
        mouth_angle, "How far the line from the middle of the lips to the corner of the mouth rises",
    ),
    ClinicalMeasure(
        "brow_height", "Brow height", EYE_DISTANCES, "brow", "ratio", 0.2, 0.6,
        brow_height, "Height of the middle of the brow over the line between the corners of the eye",
    ),
    ClinicalMeasure(
        "palpebral_fissure", "Palpebral fissure", EYE_DISTANCES, "eye", "ratio", 0.0, 0.3,
        palpebral_fissure, "Opening between the lids at the middle of the eye",
    ),
    ClinicalMeasure(
        "mrd1", "Margin-reflex distance 1", EYE_DISTANCES, "pupil", "difference", 0.0, 0.2,
        mrd1, f"{_REFLEX}, up to the upper lid",
    ),
    ClinicalMeasure(
        "mrd2", "Margin-reflex distance 2", EYE_DISTANCES, "pupil", "difference", 0.0, 0.2,
        mrd2, f"{_REFLEX}, down to the lower lid",
    ),
    ClinicalMeasure(
        "eye_aspect_ratio", "Eye-aspect ratio", "", "eye", "ratio", 0.0, 0.5,
        eye_aspect_ratio, "Eye-aspect ratio: mean of two openings between the lids over the eye's width",
    ),
    ClinicalMeasure(
        "philtrum_deviation", "Philtrum deviation", EYE_DISTANCES, "mouth", "", -0.2, 0.2,
        lambda places, _: float(places[PHILTRUM, 0]),
        "Middle of the upper lip's border from the midline; positive: to the person's left",
    ),
    ClinicalMeasure(
        "chin_deviation", "Chin deviation", EYE_DISTANCES, "mouth", "", -0.2, 0.2,
        lambda places, _: float(places[CHIN, 0]),
        "Lowest point of the chin from the midline; positive: to the person's left",
    ),
    ClinicalMeasure(
        "asymmetry_index", "Facial asymmetry index", "%", "face", "", 0.0, 20.0,
        asymmetry_index,
        "Mean distance of landmarks from the mirror image of their partners at the midline of eyes and nose, "
        "in % of the eye distance; 0 is symmetric (our definition)",
    ),
)  # fmt: skip
"""The measures of one picture, in the order of the properties."""


Reading = tuple[Frontal | None, list[Cell]]


def read(face: Face) -> Reading:
    """Return a face without pose, and every measure of it in the order of `CLINICAL` and its sides."""
    found = frontal(face)
    if isinstance(found, str):
        return None, [Cell(one, side, np.nan, found) for one in CLINICAL for side in one.sides]
    hidden = _hidden(face, found.places)
    return found, list(chain.from_iterable(_cells(one, found.places, hidden[one.where]) for one in CLINICAL))


def covered(places: Floats, side: Side) -> str:
    """Return why the middle of an iris isn't seen between the lids; empty if it is."""
    width = iris_width(places, side)
    room = palpebral_fissure(places, side), 5 * mrd1(places, side), 5 * mrd2(places, side)
    if not (np.isfinite(room).all() and np.isfinite(width)):
        return "the landmarks of the iris aren't known"
    return "" if min(room) >= COVERED * width and width > 0 else "the lids cover the iris"


def dark_glasses(face: Face) -> str:
    """Return what is said of eyes behind dark glasses; empty if there are none."""
    return (
        "the eyes are dark, as behind dark glasses"
        if light_around_eyes(face.image, face.landmarks) < DARK
        else ""
    )


def pair(left: Cell, right: Cell) -> Cell:
    """Return what both sides of a measure make together."""
    reasons = {one.side: one.missing for one in (left, right) if one.missing}
    missing = "; ".join(f"{side}: {why}" for side, why in reasons.items())
    if left.missing == right.missing:
        missing = left.missing
    if missing:
        return Cell(left.measure, left.measure.together, np.nan, missing)
    if left.measure.together == "difference":
        return Cell(left.measure, "difference", left.value - right.value)
    if right.value < SHUT:
        return Cell(
            left.measure, "ratio", np.nan, f"no ratio: on the right it is {right.value:.3f}, next to 0"
        )
    return Cell(left.measure, "ratio", left.value / right.value)


def _cells(measure: ClinicalMeasure, places: Floats, hidden: Mapping[str, str]) -> Iterator[Cell]:
    sides = (LEFT, RIGHT) if measure.together else (LEFT,)
    own = []
    for side in sides:
        name = side.name if measure.together else ""
        why = hidden[side.name]
        value = np.nan if why else measure.of(places, side)
        own.append(Cell(measure, name, value, why or ("" if np.isfinite(value) else UNKNOWN)))
    yield from own
    if measure.together:
        yield pair(*own)


def _hidden(face: Face, places: Floats) -> dict[Place, dict[str, str]]:
    """Return by place and side why what is measured there can't be seen; empty if it can."""
    dark, away = dark_glasses(face), _looks_away(face, places)
    mask = "a mask is worn" if _number(face, "mask") > 0 else ""
    whole: dict[Place, str] = {"brow": "", "eye": dark, "mouth": mask, "face": ""}
    hidden = {place: {"left": why, "right": why} for place, why in whole.items()}
    hidden["pupil"] = {side.name: dark or covered(places, side) or away for side in (LEFT, RIGHT)}
    return hidden


def _looks_away(face: Face, places: Floats) -> str:
    """Return that the gaze isn't primary, if it is known not to be, or both irises stand to one side."""
    set_to = face.attributes.get("gaze")
    angles = set_to if isinstance(set_to, tuple) else ()
    if any(isinstance(angle, Real) and abs(float(angle)) > SET_GAZE for angle in angles):
        return "the gaze isn't primary: it was set to another direction"
    aside = np.mean(
        [
            (places[one.iris, 0] - _middle(places, one)[0]) / _apart(places, one.opening[2])
            for one in (LEFT, RIGHT)
        ]
    )
    return "the gaze isn't primary: both irises stand to one side" if abs(aside) > GAZE else ""


def _number(face: Face, name: str) -> float:
    value = face.attributes.get(name)
    return float(value) if isinstance(value, Real) else 0.0


TECHNICAL: Final = (
    "Only its technical error on rendered heads is known (documentation, clinical measures): no clinical "
    "validity, no grade."
)
_OF_SIDE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "left": "; the person's left side",
        "right": "; the person's right side",
        "ratio": "; left divided by right",
        "difference": "; left minus right",
        "": "",
    }
)


def _ends(measure: ClinicalMeasure, side: str) -> tuple[float, float]:
    widest = measure.high - measure.low
    return {"ratio": (0.5, 2.0), "difference": (-widest / 2, widest / 2)}.get(
        side, (measure.low, measure.high)
    )


def clinical(faces: Sequence[Face]) -> Values:
    """Return every clinical measure, (n, k), in the order of `NAMES`; NaN where one can't be measured."""
    values = [[cell.value for cell in read(face)[1]] for face in faces]
    return np.array(values, np.float64).reshape(-1, len(NAMES))


def _register() -> Iterator[str]:
    """Register every measure, each side and what both make together."""
    rows = [(one, side) for one in CLINICAL for side in one.sides]
    for column, (one, side) in enumerate(rows):
        name = f"{one.name}_{side}".rstrip("_")
        low, high = _ends(one, side)
        register(
            name,
            title=f"{one.title}{f': {side}' if side else ''}",
            unit="" if side == "ratio" else one.unit,
            source="measured",
            description=f"{one.description}{_OF_SIDE[side]}. The pose is removed. {TECHNICAL}",
            low=low,
            high=high,
            column=column,
        )(clinical)
        yield name


NAMES: Final = tuple(_register())
"""Names of the properties, in order."""
