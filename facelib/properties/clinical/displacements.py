"""Commissure displacement of everybody in a set of faces, with what is known of its error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError, check_kind
from facelib.faces import Face, FaceSet
from facelib.faces.face_set import BROKEN
from facelib.faces.photographs import SEVERAL
from facelib.faces.sides import sides_of
from facelib.properties.clinical.changes import CHANGE_COLUMNS, changes_of, order_of, said_of
from facelib.properties.clinical.measures import LEFT, RIGHT, Reading, read
from facelib.properties.clinical.millimetres import (
    Millimetres,
    Scale,
    check_millimetres,
    iris_seen,
    scale_of,
    too_far,
)
from facelib.properties.clinical.moved import (
    LENGTHS,
    RATIO,
    Moved,
    Smallest,
    interval_of,
    ratio_of,
    sets_of,
    smallest_of,
    weak_side,
    weaker,
    weaker_side,
)
from facelib.properties.clinical.tables import DISPLACEMENT, displaced
from facelib.properties.clinical.takes import Columns, Take, Takes, check_column, find_takes
from facelib.properties.clinical.technical_error import conditions, shown_of_a_difference
from facelib.properties.measuring import CHUNK, in_order
from facelib.utilities.consent import said_of as said_of_consent
from facelib.utilities.progress import Report, reporting
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import as_word, counted, percent, short_name

if TYPE_CHECKING:
    import pandas as pd

IRISES: Final = "iris widths"
RETESTS, TECHNICAL = "retests", "technical error"
UNITS: Final = {
    "irises": ("value", "low", "high", "smallest_change"),
    "mm": ("mm", "mm_low", "mm_high", "smallest_change_mm"),
}
"""Columns of a length in either unit."""
SHOWN: Final = 5  # files that are named for a reason, in a sentence

DISPLACEMENT_COLUMNS: Final = {
    "person": "who is shown",
    "session": "when; empty: there is one session",
    "side": "left, right: the person's own; difference: left minus right; weak/strong: the ratio of both",
    "value": "displacement in widths of the person's iris, a ratio; mean over takes",
    "low": "lower end of the interval that the landmarks' technical error leaves",
    "high": "upper end of it; empty with a reason in `missing`",
    "unit": "iris widths; nothing for weak/strong",
    "mm": "the same in millimetres, by the iris or by the distance that was given",
    "mm_low": "lower end: technical error, and with it the spread of iris widths between people",
    "mm_high": "upper end of it",
    "smallest_change": "smallest detectable change of one person between single takes, 1.96 · √2 · SEM",
    "smallest_change_mm": "the same in millimetres",
    "smallest_from": f"what its SEM comes from: {RETESTS} in this set, or {TECHNICAL} on rendered heads",
    "weak": "the weak side",
    "weak_from": "table: the column of the affected side; picture: the side that moves less",
    "takes": "pairs of a picture at rest and one with a smile, of which this is the mean",
    "rest": "ids of the pictures at rest",
    "smile": "ids of the pictures with a smile",
    "missing": "why something of this row is missing",
}
"""Columns of `Displacements.table`, with their meaning."""
LOST_COLUMNS: Final = {
    "file": "name of the file, or id of the face",
    "person": "who is shown; empty: not known",
    "session": "when; empty: not known, or there is one session",
    "reason": "why the picture isn't measured",
}
"""Columns of `Displacements.left_out`, with their meaning."""


@in_short(table=lambda found: found.table)
@dataclass(frozen=True, eq=False)
class Displacements:
    """Displacements of everybody in a set of faces.

    Attributes
    ----------
    table
        One row per person, session and side: `DISPLACEMENT_COLUMNS`.
    changes
        One row per person and side, from the first session to the second, with the smallest change that is
        more than error: `facelib.properties.clinical.changes.CHANGE_COLUMNS`. Empty unless there are two.
    left_out
        One row per picture that isn't measured: `LOST_COLUMNS`.
    asked, measured
        How many pairs of pictures there are, also those that lack a half, and of how many the displacement
        is known.
    said
        What else to know, in sentences: see `notes`.
    """

    table: pd.DataFrame
    changes: pd.DataFrame
    left_out: pd.DataFrame
    asked: int
    measured: int
    said: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was measured of how many, what was left out and why, and what the numbers can't say."""
        return (f"Measured: {self.measured:,} of {counted(self.asked, 'pair')} of pictures.", *self.said)


@dataclass(frozen=True)
class _Seen:
    """What is known of one picture; `iris` in eye distances."""

    reading: Reading = (None, [])
    scale: Scale = field(default_factory=Scale)
    iris: float = np.nan
    size: int = 0
    missing: str = ""
    no_iris: str = ""


def commissure_displacements(
    faces: FaceSet,
    *,
    rest: str = "neutral",
    smile: str | None = None,
    label: str = "label",
    person: str = "person",
    session: str | None = None,
    order: Sequence[str] | None = None,
    take: str | None = None,
    side: str | None = None,
    mm: Millimetres = "iris",
    keep: str | Sequence[str] = (),
    progress: bool | Report | None = None,
) -> Displacements:
    """Return how far the corners of everybody's mouth move from rest to smile, with the error that is known.

    `commissure_displacement` of every pair of pictures in a set. Intervals hold the technical error on
    rendered heads, the widest that fits how the pictures were taken, and in millimetres the spread of iris
    widths between people; both are taken to be independent. The error of the iris's own landmarks isn't in
    them, and no clinical validity: nothing of it was tried on patients.

    Parameters
    ----------
    faces
        A `FaceSet` with a column of labels and one of persons.
    rest, smile
        Words of the label. Smile None: the only other one.
    label, person
        Columns of what a picture shows, and who.
    session
        Column of the time: before and after, say. None: there is one.
    order
        Two of its values, the first one first: changes are second minus first. None: there are two, and
        words of a beginning ("before", "vor" …) come first, else the sorted order counts.
    take
        Column that numbers repeated pictures of one session (retests). None: in the order of the set, the
        first smile with the first rest, and so on.
    side
        Column of the affected side, the person's own: left, right, links or rechts; empty: none. None: the
        weak side is the one that moves less in the picture.
    mm
        As for `clinical_measures`.
    keep
        Columns of the faces' table that stand in all tables besides, such as a grade; where pictures of one
        row differ, all their words. In `changes` those of the first and of the second session.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts pictures.

    Returns
    -------
    Displacements
        Its ``table`` has one row per person, session and side, its ``changes`` one per person and side where
        two sessions are compared, its ``left_out`` one per picture that isn't measured, with the reason;
        ``notes`` say all in words.

    Raises
    ------
    BadValueError
        If something else than a set of faces is given, a word or distance is none, the order isn't two of
        the sessions, or a column that is kept has the name of one of the result.
    BadTableError
        If a column isn't there, no picture has one of the labels, the affected side is another word, or
        repeated pictures differ in a column that is neither session nor take.
    UnknownNameError
        If the distance isn't one of the three.

    Examples
    --------
    >>> import facelib
    >>> head = facelib.Head(palsy=1.0, palsy_side="left", light="frontal")
    >>> shown = {"neutral": head.replace(expression="neutral"), "happy": head}
    >>> pictures = [one.render(256).replace(attributes={"id": label, "person": "p1", "label": label})
    ...             for label, one in shown.items()]
    >>> found = commissure_displacements(facelib.FaceSet.from_faces(pictures))
    >>> found.table[["side", "weak", "smallest_from"]].values.tolist()[0]
    ['left', 'left', 'technical error']
    """
    given: object = faces
    if not isinstance(given, FaceSet):
        came = type(given).__name__
        msg = f"Displacements are measured in a set of faces; got {came}."
        raise BadValueError(msg, hint="facelib.FaceSet.from_folder(folder, 'faces.csv') opens one.")
    columns = _columns(
        {"rest": rest, "smile": smile, "label": label, "person": person, "session": session, "take": take,
         "side": side}
    )  # fmt: skip
    check_millimetres(mm)
    kept = _kept_columns(faces.table, keep)
    table = faces.table
    found = find_takes(table, columns)
    sessions = _sessions(table, columns)
    compared = order_of(sessions, _words_of(order))
    known = _known_sides(table, columns)
    lost = dict(found.lost) | _copies(faces, found.takes)
    takes = [one for one in found.takes if one.rest not in lost and one.smile not in lost]
    seen = _read(faces, sorted({row for one in takes for row in (one.rest, one.smile)}), mm, progress)
    moved = [one for one in (_moved(take, seen, mm, lost) for take in takes) if one is not None]
    used = {row for one in moved for row in (one.take.rest, one.take.smile)}
    lost = {row: why for row, why in lost.items() if row not in used}  # a rest may serve another smile
    smallest = smallest_of(moved, known)
    names = table["id"].tolist()
    import pandas as pd

    rows = [
        row | _kept(own, table, kept) for own in sets_of(moved) for row in _rows(own, names, known, smallest)
    ]
    left_out = pd.concat(
        [_left_out(table, lost, columns, kept), _absent(faces.absent, columns, kept)], ignore_index=True
    )
    measured = pd.DataFrame(rows, columns=[*DISPLACEMENT_COLUMNS, *kept])
    changes = changes_of(measured, compared, kept)
    return Displacements(
        table=measured,
        changes=changes,
        left_out=left_out,
        asked=len(found.takes) + found.halves,
        measured=len(moved),
        said=(
            *_said(found, moved, left_out, known, smallest),
            *said_of(changes, sessions, guessed=order is None),
            *filter(None, [said_of_consent(table, map(as_word, table[person]))]),
        ),
    )


def _words_of(order: Sequence[str] | None) -> list[str] | None:
    check_kind(order, (Sequence, type(None)), "The order of two sessions, a list of two texts,")
    return None if order is None else [order] if isinstance(order, str) else list(map(as_word, order))


def _sessions(table: pd.DataFrame, columns: Columns) -> list[str]:
    """Return the sessions that there are."""
    if columns.session is None:
        return []
    words = list(dict.fromkeys(map(as_word, table[columns.session].dropna())))
    return [word for word in words if word]


def _columns(given: Mapping[str, Any]) -> Columns:
    for name, value in given.items():
        optional = name not in ("rest", "label", "person")
        check_kind(
            value, (str, type(None)) if optional else str, f"{name}, a text{' or None' if optional else ''},"
        )
        if value is not None and not value.strip():
            msg = f"{name} is a text with letters; got {value!r}."
            raise BadValueError(msg)
    columns = Columns(**given)
    if columns.smile is not None and columns.smile.strip().casefold() == columns.rest.strip().casefold():
        msg = f"Rest and smile are two labels; got {columns.rest!r} for both."
        raise BadValueError(msg)
    return columns


def _known_sides(table: pd.DataFrame, columns: Columns) -> dict[str, str]:
    if columns.side is None:
        return {}
    check_column(table, columns.side, "says which side is affected (side)")
    return sides_of(table[columns.person], table[columns.side], columns.side)


def _copies(faces: FaceSet, takes: Sequence[Take]) -> dict[int, str]:
    """Return the rows whose picture is both rest and smile: one of the two is another picture's."""
    numbers = {name: number for number, name in enumerate(faces.table["id"])}
    group = {numbers[name]: place for place, names in enumerate(faces.copies) for name in names}
    same = [one for one in takes if group.get(one.rest, -1) == group.get(one.smile, -2)]
    why = "byte for byte the same picture at rest and with a smile"
    return {row: why for one in same for row in (one.rest, one.smile)}


def _read(
    faces: FaceSet, rows: Sequence[int], mm: Millimetres, progress: bool | Report | None
) -> dict[int, _Seen]:
    """Read pictures in pieces on several threads; of each the landmarks without pose are kept, no picture."""

    def piece(places: range) -> list[_Seen]:
        return [_picture(faces, rows[place], mm) for place in places]

    pieces = [range(start, min(start + CHUNK, len(rows))) for start in range(0, len(rows), CHUNK)]
    found: list[_Seen] = []
    with reporting(progress, len(rows), "measuring", unit="picture") as report:
        for part in in_order(piece, pieces):
            found += part
            report.at(len(found))
    return dict(zip(rows, found, strict=True))


def _picture(faces: FaceSet, row: int, mm: Millimetres) -> _Seen:
    try:
        face = faces[row]
    except BROKEN as error:
        told = error.words
        for name in ("file", "id"):
            told = told.removeprefix(f"{faces.table.iloc[row].get(name, '')}: ")
        return _Seen(missing=told.removesuffix("."))
    return _of_face(face, mm)


def _of_face(face: Face, mm: Millimetres) -> _Seen:
    if SEVERAL in str(face.attributes.get("note", "")):
        return _Seen(missing=f"{face.attributes.get('faces_found')} faces are in the picture")
    reading = read(face)
    found = reading[0]
    if found is None:
        return _Seen(reading, missing=reading[1][0].missing)
    iris, no_iris = iris_seen(face, found)
    return _Seen(reading, scale_of(face, found, mm), iris, min(face.size), no_iris=no_iris)


def _moved(take: Take, seen: Mapping[int, _Seen], mm: Millimetres, lost: dict[int, str]) -> Moved | None:
    """Return the displacement of a take; None, and the reason for either picture, if there is none."""
    rest, smile = seen[take.rest], seen[take.smile]
    no_iris = rest.no_iris if mm == "iris" else ""
    own = {take.rest: rest.missing or no_iris, take.smile: smile.missing}
    if not own[take.smile] and smile.reading[0] is not None and mm == "iris":
        own[take.smile] = too_far(smile.reading[0])
    before, after = rest.reading[0], smile.reading[0]
    if before is None or after is None or any(own.values()):
        partner = {take.rest: "smile", take.smile: "rest"}
        lost.update({row: why or f"its {partner[row]} picture isn't measured" for row, why in own.items()})
        return None
    cells = {
        cell.side: cell for cell in displaced(rest.reading, smile.reading) if cell.measure is DISPLACEMENT
    }
    if why := cells["left"].missing or cells["right"].missing:
        lost.update(dict.fromkeys((take.rest, take.smile), why))
        return None
    yaw, pitch = (max(both, key=abs) for both in ((before.yaw, after.yaw), (before.pitch, after.pitch)))
    return Moved(
        take,
        cells["left"].value,
        cells["right"].value,
        Scale(1 / rest.iris) if not rest.no_iris else Scale(missing=rest.no_iris),
        rest.scale,
        conditions(yaw, pitch, min(rest.size, smile.size)),
    )


def _rows(
    own: Sequence[Moved], names: Sequence[str], known: Mapping[str, str], smallest: Smallest
) -> Iterator[dict[str, Any]]:
    weak, weak_from = weak_side(own, known)
    why = {one.fitting for one in own if isinstance(one.fitting, str)}
    no_scale = {f"in mm: {one.mm.missing}" for one in own if one.mm.missing}
    no_iris = {one.irises.missing for one in own if one.irises.missing}
    source = RETESTS if smallest.sets else TECHNICAL
    about = {
        "person": own[0].take.person,
        "session": own[0].take.session,
        "weak": weak,
        "weak_from": weak_from,
        "takes": len(own),
        "rest": ", ".join(dict.fromkeys(names[one.take.rest] for one in own)),
        "smile": ", ".join(dict.fromkeys(names[one.take.smile] for one in own)),
    }
    for row in LENGTHS:
        found: dict[str, Any] = dict(
            about, side=row, unit=IRISES, missing="; ".join(sorted(why | no_scale | no_iris))
        )
        for unit, names_of in UNITS.items():
            value, low, high, change = names_of
            found[value] = float(np.mean([one.of(row) * getattr(one, unit).mm for one in own]))
            found[low], found[high] = interval_of(own, row, unit)
            found[change] = smallest.change(unit, row, own)
        told = np.isfinite([found["smallest_change"], found["smallest_change_mm"]]).any()
        found["smallest_from"] = source if told else ""
        yield found
    yield about | _ratio_row(own, weak, why, smallest)


def _ratio_row(own: Sequence[Moved], weak: str, why: set[str], smallest: Smallest) -> dict[str, Any]:
    """Return weak by strong; its interval goes from end to end of the sides' own."""
    value = ratio_of(own, weak)
    strong = RIGHT.name if weak == LEFT.name else LEFT.name
    plain = [Moved(one.take, one.left, one.right, Scale(1.0), Scale(1.0), one.fitting) for one in own]
    (weak_low, weak_high), (strong_low, strong_high) = (
        interval_of(plain, side, "mm") for side in (weak, strong)
    )
    change = smallest.change("irises", RATIO, own)
    missing = set(why)
    low = high = np.nan
    if not np.isfinite(value):
        missing = {f"no ratio: the corner of the strong side ({strong}) hardly moves"}
    elif np.isfinite(strong_high):
        low, high = weak_low / strong_high, weak_high / strong_low if strong_low > 0 else np.nan
        missing |= {"no upper end: the strong side may not have moved"} if strong_low <= 0 else set()
    return {
        "side": RATIO,
        "value": value,
        "low": low,
        "high": high,
        "unit": "",
        "mm": np.nan,
        "mm_low": np.nan,
        "mm_high": np.nan,
        "smallest_change": change,
        "smallest_change_mm": np.nan,
        "smallest_from": RETESTS if np.isfinite(change) else "",
        "missing": "; ".join(sorted(missing)),
    }


def _kept_columns(table: pd.DataFrame, keep: str | Sequence[str]) -> tuple[str, ...]:
    check_kind(keep, Sequence, "Columns that are kept, a list,")
    names = tuple(dict.fromkeys([keep] if isinstance(keep, str) else keep))
    for name in names:
        check_kind(name, str, "A column that is kept, a text,")
        check_column(table, name, "is to be kept (keep)")
        if name in {*DISPLACEMENT_COLUMNS, *CHANGE_COLUMNS, *LOST_COLUMNS}:
            msg = f"{name} is a column of the result, so that one of the pictures' table can't be kept as it."
            raise BadValueError(msg, hint="Give that column of the table another name.")
    return names


def _kept(own: Sequence[Moved], table: pd.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """Return what the table says of the pictures of a row: one value, or all words if they differ."""
    rows = sorted({row for one in own for row in (one.take.rest, one.take.smile)})
    found: dict[str, Any] = {}
    for name in names:
        values = table[name].iloc[rows].dropna().unique().tolist()
        found[name] = values[0] if len(values) == 1 else ", ".join(map(as_word, values)) or None
    return found


def _left_out(
    table: pd.DataFrame, lost: Mapping[int, str], columns: Columns, kept: Sequence[str]
) -> pd.DataFrame:
    from pandas import DataFrame, isna

    def word(row: int, name: str | None) -> str:
        value = table[name].iloc[row] if name else None
        return "" if isna(value) else as_word(value)

    files = table["file" if "file" in table else "id"].tolist()
    rows = [
        (
            files[row],
            *(word(row, name) for name in (columns.person, columns.session)),
            lost[row],
            *(table[name].iloc[row] for name in kept),
        )
        for row in sorted(lost)
    ]
    return DataFrame(rows, columns=[*LOST_COLUMNS, *kept])


def _absent(table: pd.DataFrame, columns: Columns, kept: Sequence[str]) -> pd.DataFrame:
    """Return the pictures that the table lists and that aren't there, as what is left out."""
    return _left_out(table, dict.fromkeys(range(len(table)), "the picture isn't there"), columns, kept)


def _said(
    found: Takes,
    moved: Sequence[Moved],
    left_out: pd.DataFrame,
    known: Mapping[str, str],
    smallest: Smallest,
) -> Iterator[str]:
    for reason, own in left_out.groupby("reason", sort=False):
        files = [short_name(str(name)) for name in own["file"].head(SHOWN)]
        more = " …" if len(own) > len(files) else ""
        yield f"{counted(len(own), 'picture')} left out: {reason} ({', '.join(files)}{more})."
    if found.others:
        count = sum(found.others.values())
        which = ", ".join(f"{short_name(word)} {n}" for word, n in list(found.others.items())[:SHOWN])
        more = " …" if len(found.others) > SHOWN else ""
        these = counted(count, "picture shows", "pictures show")
        yield f"{these} something else ({which}{more}): not looked at."
    if known:
        yield from _sides_disagree(moved, known)
    if not moved:
        return
    if smallest.sets:
        yield (
            f"The smallest detectable change comes from retests: {counted(smallest.sets, 'set')} of repeated "
            f"pairs, {smallest.pictures:,} in all. It holds for a change between two such pairs."
        )
    else:
        yield (
            "The smallest detectable change comes from the technical error on rendered heads, since nobody "
            "has retests here: how much a patient's own smile varies isn't in it."
        )
    yield (
        "Intervals hold the technical error on rendered heads, the widest that fits: no clinical validity, "
        "no grade. Of a true difference between the sides the landmarks show some "
        f"{percent(shown_of_a_difference())}."
    )


def _sides_disagree(moved: Sequence[Moved], known: Mapping[str, str]) -> Iterator[str]:
    """Say of how many the weaker side in the pictures isn't the table's."""
    people: dict[str, list[Moved]] = defaultdict(list)
    for one in moved:
        people[one.take.person].append(one)
    asked = [who for who in people if who in known]
    other = [who for who in asked if weaker_side(people[who]) not in ("", known[who])]
    if other:
        named = ", ".join(map(short_name, other[:SHOWN])) + (" …" if len(other) > SHOWN else "")
        yield sides_note(len(other), len(asked), named)


def weaker_side_of(smile: Face, rest: Face | None = None) -> str:
    """Return the side whose corner of the mouth clearly moves less, "left" or "right"; "" if neither does.

    Parameters
    ----------
    smile, rest
        Two pictures of one person. Without a rest, the side whose corner stands nearer to the midline.
    """
    after = read(smile)
    cells = after[1] if rest is None else displaced(read(rest), after)
    name = "commissure_distance" if rest is None else DISPLACEMENT.name
    value = {one.side: one.value for one in cells if one.measure.name == name}
    return weaker(value["left"], value["right"])


def sides_note(other: int, asked: int, named: str) -> str:
    """Say that the weaker side in pictures isn't the table's.

    >>> sides_note(1, 8, "p3")[:70]
    "Of 1 of 8 people the side that moves less in the picture isn't the tab"
    """
    return (
        f"Of {other:,} of {counted(asked, 'person', 'people')} the side that moves less in the picture isn't "
        f"the table's affected side ({named}): mirrored pictures (selfies; column mirrored) do that, and "
        "sides of the picture in the table instead of the person's own."
    )
