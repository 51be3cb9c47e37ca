"""Tidy tables of clinical measures: of a set of faces, and of two pictures of one person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.faces import Face, FaceSet, Head
from facelib.faces.face_set import BROKEN
from facelib.properties.clinical.frontal import Frontal, aligned
from facelib.properties.clinical.measures import (
    CLINICAL,
    EYE_DISTANCES,
    LEFT,
    RIGHT,
    Cell,
    ClinicalMeasure,
    Reading,
    eye_aspect_ratio,
    pair,
    read,
)
from facelib.properties.clinical.millimetres import Millimetres, Scale, check_millimetres, scale_of, too_far
from facelib.properties.measuring import CHUNK, SIZE, in_order

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = {
    "face": "id of the face, or its place in the list",
    "measure": "name of the measure",
    "side": "the person's own left or right; ratio: left divided by right; difference: left minus right; "
    "empty: of the whole face",
    "value": "the measure with the pose removed",
    "unit": "eye distances (between the middles of the corners of either eye), °, % or nothing",
    "mm": "lengths in millimetres",
    "mm_low": "lower end that the width of the iris leaves to 95 of 100 adults; the landmarks' error, which "
    "is larger, isn't in it (docs/how-to/clinical.md); empty with a given distance",
    "mm_high": "upper end of it",
    "missing": "why a value, or its millimetres, is missing",
}
"""Columns of `clinical_measures`, with their meaning."""

DISPLACEMENT: Final = ClinicalMeasure(
    "commissure_displacement", "Commissure displacement", EYE_DISTANCES, "mouth", "ratio", 0.0, 0.4,
    lambda shift, side: float(np.hypot(*shift[side.commissure])),
    "How far the corner of the mouth moves from rest to smile",
)  # fmt: skip
LATERAL: Final = ClinicalMeasure(
    "commissure_displacement_lateral", "Commissure displacement, lateral", EYE_DISTANCES, "mouth",
    "difference", -0.4, 0.4, lambda shift, side: float(side.sign * shift[side.commissure, 0]),
    "Its part away from the midline",
)  # fmt: skip
VERTICAL: Final = ClinicalMeasure(
    "commissure_displacement_vertical", "Commissure displacement, vertical", EYE_DISTANCES, "mouth",
    "difference", -0.4, 0.4, lambda shift, side: float(shift[side.commissure, 1]), "Its part upwards",
)  # fmt: skip
RELATIVE: Final = ClinicalMeasure(
    "eye_aspect_ratio_relative", "Eye-aspect ratio of the open eye's", "", "eye", "difference", 0.0, 1.5,
    eye_aspect_ratio, "Eye-aspect ratio divided by that of the same eye when it is open",
)  # fmt: skip


def clinical_measures(
    faces: Face | Head | Iterable[Face | Head] | FaceSet, *, mm: Millimetres = "iris"
) -> pd.DataFrame:
    """Return the clinical measures of faces, left and right, with millimetres.

    Technical measures with a known error on rendered heads (`facelib.data.table("clinical_error")`): not
    validated on patients, and no grade. Ratios are primary: they need no scale. Landmarks of photographs pull
    one-sided faces toward symmetry.

    Parameters
    ----------
    faces
        One face or head, several, or a `FaceSet`. A face whose attribute "mirrored" is true is taken for a
        mirrored picture, such as of a selfie camera; without it left and right are swapped there.
    mm
        "iris": by the width of the visible iris, 11.7 mm with a standard deviation of .5 mm between adults;
        for heads that are turned by 10° of yaw at most. Or one distance of the face that was measured, as
        ``{"interpupillary": 63.0}``; also "outer_canthal", "inner_canthal" (corners of the eyes), and for
        different people the name of the column that has it: ``{"interpupillary": "pd_mm"}``.

    Returns
    -------
    pandas.DataFrame
        One row per face, measure and side: face, measure, side, value, unit, mm, mm_low, mm_high, missing
        (`facelib.properties.clinical.tables.COLUMNS` has their meaning). The interval is that of the scale
        alone; the error of the landmarks isn't in it.

    Raises
    ------
    BadValueError
        If something else than faces is given, or a distance that is no length.
    UnknownNameError
        If the distance isn't one of the three.

    Examples
    --------
    >>> from facelib import Head
    >>> table = clinical_measures(Head(expression="happy", palsy=1.0, palsy_side="left"))
    >>> table.loc[table["measure"] == "commissure_distance", ["side", "value"]].round(1).values.tolist()
    [['left', 0.3], ['right', 0.7], ['ratio', 0.5]]
    """
    import pandas as pd

    check_millimetres(mm)
    rows = _of_set(faces, mm) if isinstance(faces, FaceSet) else _of_list(faces, mm)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def commissure_displacement(
    rest: Face | Head, smile: Face | Head, *, mm: Millimetres = "iris"
) -> pd.DataFrame:
    """Return how far the corners of the mouth move from rest to smile, pose removed.

    Both pictures are seen from the front as `clinical_measures` does it, and the smile is laid over the rest
    by the corners of the eyes and the bridge of the nose. The iris is that of the rest.

    Parameters
    ----------
    rest, smile
        Two pictures of the same person.
    mm
        As for `clinical_measures`.

    Returns
    -------
    pandas.DataFrame
        Rows as of `clinical_measures`: the whole way with left / right, its part away from the midline
        (lateral) and its part upwards (vertical) with left − right. ``face`` is that of the smile.

    Raises
    ------
    BadValueError
        If something else than two faces is given, or two people are (attribute "person").

    Examples
    --------
    >>> from facelib import Head
    >>> head = Head(palsy=1.0, palsy_side="left")
    >>> table = commissure_displacement(head.replace(expression="neutral"), head)
    >>> table.loc[:2, ["measure", "side"]].values.tolist()[2], bool(table["value"][2] < 0.5)
    (['commissure_displacement', 'ratio'], True)
    """
    first, second = _two(rest, smile, "at rest and with a smile")
    check_millimetres(mm)
    before, after = read(first), read(second)
    found = displaced(before, after)
    scale = _scale(first, before[0], mm)
    if mm == "iris" and after[0] is not None and (turned := too_far(after[0])):
        scale = Scale(missing=turned)
    return _table(_name(second, 0), found, scale)


def displaced(rest: Reading, smile: Reading) -> list[Cell]:
    """Return the cells of `commissure_displacement` of two pictures that are read."""
    (one, before), (other, after) = rest, smile
    found = []
    for measure in (DISPLACEMENT, LATERAL, VERTICAL):
        own = []
        for side in (LEFT, RIGHT):
            hidden = {name: _of(cells, side.name) for name, cells in (("rest", before), ("smile", after))}
            why = "; ".join(f"{name}: {cell.missing}" for name, cell in hidden.items() if cell.missing)
            value = np.nan
            if one is not None and other is not None and not why:
                value = measure.of(aligned(other.places, one.places) - one.places, side)
            own.append(Cell(measure, side.name, value, why))
        found += [*own, pair(*own)]
    return found


def relative_eye_opening(open_eyes: Face | Head, face: Face | Head) -> pd.DataFrame:
    """Return the eye-aspect ratio of either eye, divided by that of the person's own open eye.

    Parameters
    ----------
    open_eyes, face
        Two pictures of the same person: with open eyes, and with eyes that close.

    Returns
    -------
    pandas.DataFrame
        Rows as of `clinical_measures`, left, right and left − right: 1 as open as in the first picture. A
        closed eye reads about .2, since the lids' borders have a width.

    Raises
    ------
    BadValueError
        If something else than two faces is given, or two people are (attribute "person").

    Examples
    --------
    >>> from facelib import Head
    >>> head = Head(expression="neutral", palsy=1.0, palsy_side="left")
    >>> table = relative_eye_opening(head, head.replace(expression={"eyeBlink": 1.0}))
    >>> table["value"].round(1).tolist()
    [0.6, 0.2, 0.5]
    """
    first, second = _two(open_eyes, face, "with open and with closing eyes")
    values, name = [], "eye_aspect_ratio"
    for picture in (first, second):
        cells = read(picture)[1]
        values.append({cell.side: cell for cell in cells if cell.measure.name == name})
    own = []
    for side in (LEFT, RIGHT):
        before, after = (cells[side.name] for cells in values)
        why = before.missing or after.missing
        own.append(Cell(RELATIVE, side.name, np.nan if why else after.value / before.value, why))
    return _table(_name(second, 0), [*own, pair(*own)], Scale())


def _of_list(faces: Any, mm: Millimetres) -> list[dict[str, Any]]:
    given = (
        [faces] if isinstance(faces, Face | Head) else list(faces) if isinstance(faces, Iterable) else [faces]
    )
    others = {type(face).__name__ for face in given if not isinstance(face, Face | Head)}
    if others:
        msg = (
            f"Clinical measures are taken of faces, heads or a set of faces; got {', '.join(sorted(others))}."
        )
        raise BadValueError(msg, hint="facelib.load_face(path) opens a picture.")
    rows: list[dict[str, Any]] = []
    for number, one in enumerate(given):
        face = _drawn(one)
        rows += _measured(_name(face, number), face, mm)
    return rows


def _of_set(faces: FaceSet, mm: Millimetres) -> list[dict[str, Any]]:
    """Return the rows of a set of faces, in pieces on several threads; a broken picture has its reason."""

    def piece(places: range) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for place in places:
            name = faces.table["id"].iloc[place]
            try:
                rows += _measured(name, faces[place], mm)
            except BROKEN as error:
                cells = [Cell(one, side, np.nan, str(error)) for one in CLINICAL for side in one.sides]
                rows += _rows(name, cells, Scale())
        return rows

    pieces = [range(start, min(start + CHUNK, len(faces))) for start in range(0, len(faces), CHUNK)]
    return [row for rows in in_order(piece, pieces) for row in rows]


def _measured(name: object, face: Face, mm: Millimetres) -> Iterator[dict[str, Any]]:
    found, cells = read(face)
    return _rows(name, cells, _scale(face, found, mm))


def _scale(face: Face, found: Frontal | None, mm: Millimetres) -> Scale:
    return Scale() if found is None else scale_of(face, found, mm)


def _table(name: object, cells: Sequence[Cell], scale: Scale) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(_rows(name, cells, scale), columns=list(COLUMNS))


def _rows(name: object, cells: Sequence[Cell], scale: Scale) -> Iterator[dict[str, Any]]:
    for cell in cells:
        long = cell.unit == EYE_DISTANCES
        factors = (scale.mm, scale.low, scale.high) if long else (np.nan,) * 3
        mm, *ends = (cell.value * factor for factor in factors)
        unscaled = f"in mm: {scale.missing}" if long and scale.missing and not cell.missing else ""
        yield {
            "face": name,
            "measure": cell.measure.name,
            "side": cell.side,
            "value": cell.value,
            "unit": cell.unit,
            "mm": mm,
            "mm_low": min(ends),
            "mm_high": max(ends),
            "missing": cell.missing or unscaled,
        }


def _two(first: Face | Head, second: Face | Head, what: str) -> tuple[Face, Face]:
    given: tuple[Any, Any] = (first, second)
    if others := [type(one).__name__ for one in given if not isinstance(one, Face | Head)]:
        msg = f"Two faces of one person are needed, {what}; got {', '.join(others)}."
        raise BadValueError(msg, hint="facelib.load_face(path) opens a picture.")
    faces = _drawn(first), _drawn(second)
    people = [face.attributes.get("person") for face in faces]
    if all(isinstance(name, str | int) for name in people) and people[0] != people[1]:
        msg = f"Two faces of one person are needed, {what}; got {people[0]!r:.40} and {people[1]!r:.40}."
        raise BadValueError(msg)
    return faces


def _drawn(face: Face | Head) -> Face:
    return face.render(SIZE) if isinstance(face, Head) else face


def _name(face: Face, number: int) -> object:
    return face.attributes.get("id", number)


def _of(cells: Sequence[Cell], side: str) -> Cell:
    """Return the cell of a corner of the mouth: where it is missing, so is its displacement."""
    return next(one for one in cells if one.measure.name == "commissure_distance" and one.side == side)
