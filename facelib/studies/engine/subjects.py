"""Subjects of a study: heads, pictures, or sets of pictures; their keys, persons and attributes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Real
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadImageError, BadValueError, check_kind
from facelib.face import face_fingerprint, of_heads
from facelib.faces import Face, FaceSet, Head
from facelib.studies.engine.fingerprints import fingerprint
from facelib.studies.meant import meant, word_for
from facelib.utilities.progress import Report, reporting
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

Faces = Head | Face | FaceSet | Sequence[Head | Face]

FACE_COLUMNS: Final = {
    "face": "key of the head, or id of the picture; what the other tables name",
    "identity": "who is shown: the unit over which effects are tested",
    "expression": "common emotion that is meant to be shown; empty if that isn't known",
}
"""First columns of the table of faces; what is known of each follows."""

POSE: Final = ("yaw", "pitch", "roll")
"""Properties that the pose of a head gives, degrees."""


WEAKER: Final = "weaker_side"
"""Property that `left` and `right` of a head give: by how much one side moves less than the other, 0 to 1."""

PASSING: Final = {
    "expression": "neutral", "expression_set": "facs", "intensity": 1.0, "left": 1.0, "right": 1.0,
    "gaze": (0.0, 0.0), "pose": (0.0, 0.0, 0.0), "light": "studio", "background": "grey",
    "palsy": 0.0, "palsy_side": "left", "palsy_parts": "both", "synkinesis": 0.0,
    "electrodes": None, "electrode_size": 1.0, "wires": 0.0, "tape": 0.0,
    "glasses": 0.0, "lens_tint": 0.0, "mask": 0.0,
}  # fmt: skip
"""What isn't the person: two heads that differ in nothing else are one, not two that are independent."""


@dataclass(frozen=True, eq=False)
class Place:
    """A place in a set of pictures, which are read when they are asked for; the others don't go along."""

    faces: FaceSet
    number: int

    def open(self) -> Face:
        """Return the picture: a broken one raises what is wrong."""
        return self.faces[self.number]

    def __reduce__(self) -> tuple[Any, ...]:
        return Place, (self.faces[self.number : self.number + 1], 0)


@in_short()
@dataclass(frozen=True, eq=False)
class Subject:
    """One face of a study.

    Attributes
    ----------
    name
        Its name in tables.
    key
        Fingerprint of its content.
    identity
        Who is shown.
    expression
        Common emotion that is meant to be shown, or "".
    known
        What else is known, by name.
    face
        The head or picture; or its place in a set.
    """

    name: str
    key: str
    identity: str
    expression: str
    known: Mapping[str, Any]
    face: Head | Face | Place

    @property
    def of_head(self) -> bool:
        """Whether it is a rendered head, or a picture just as one was rendered."""
        return isinstance(self.face, Head) or (isinstance(self.face, Face) and of_heads([self.face]))

    def open(self) -> Head | Face:
        """Return the head, or the picture: a broken one raises what is wrong."""
        return self.face.open() if isinstance(self.face, Place) else self.face


def identity_of(head: Head) -> str:
    """Return the identity of a head: the same whatever it shows, wears or suffers from, from any view.

    >>> head = Head(seed=3)
    >>> identity_of(head) == identity_of(head.replace(expression="sad", left=0.2, pose=(20, 0, 0), glasses=1))
    True
    """
    check_kind(head, Head, "A head")
    return head.replace(**PASSING).key[:12]


def subjects(faces: Any, *, progress: bool | Report | None = None) -> list[Subject]:
    """Return the faces of a study, each once.

    Parameters
    ----------
    faces
        A head, a picture, several, or a `FaceSet`, whose files are hashed here.
    progress
        True for a progress bar, or a function called with the `Progress`; of a set of faces.

    Raises
    ------
    BadValueError
        If there are none, something else is given, or a face is there twice.
    """
    if isinstance(faces, FaceSet):
        people = _of_set(faces, progress)
    else:
        listed = [faces] if isinstance(faces, Head | Face) else list(faces) if _several(faces) else [faces]
        others = sorted({type(face).__name__ for face in listed if not isinstance(face, Head | Face)})
        if others:
            msg = f"A study looks at heads, faces, or a set of faces; got {', '.join(others)}."
            raise BadValueError(msg)
        people = [
            _of_head(face) if isinstance(face, Head) else _of_face(face, n) for n, face in enumerate(listed)
        ]
    if not people:
        msg = "A study needs at least one face; got none."
        raise BadValueError(msg)
    names = [subject.name for subject in people]
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        msg = f"Every face of a study is another one, or has an id of its own; {twice!r} is there twice."
        raise BadValueError(msg)
    return people


def example(faces: Any) -> Head | Face:
    """Return a face of the study's kind, without reading a picture.

    Raises
    ------
    BadValueError
        If there is none.
    """
    if isinstance(faces, Head | Face):
        return faces
    if isinstance(faces, FaceSet):
        return Face(
            np.zeros((64, 64, 3), np.uint8), np.array([0.0, 0.0, 64.0, 64.0]), np.full((2, 2), np.nan)
        )
    first = next(iter(faces), None) if _several(faces) else None
    if not isinstance(first, Head | Face):
        msg = f"A study looks at heads, faces, or a set of faces; got {faces!r}."
        raise BadValueError(msg)
    return first


def faces_table(people: Sequence[Subject]) -> pd.DataFrame:
    """Return one row per face: `FACE_COLUMNS`, then its attributes; numbers among words are words."""
    import pandas as pd

    rows = [
        {"face": one.name, "identity": one.identity, "expression": one.expression}
        | {name: value for name, value in one.known.items() if name not in FACE_COLUMNS}
        for one in people
    ]
    table = pd.DataFrame(rows)
    for name in [name for name in table if table[name].dtype.kind == "O"]:
        present = table[name].dropna()
        if len({isinstance(value, str) for value in present}) > 1:
            table[name] = present.map(str).reindex(table.index)
    return table


def _several(faces: Any) -> bool:
    return isinstance(faces, Iterable) and not isinstance(faces, str | bytes | Mapping)


def _of_head(head: Head) -> Subject:
    known = {item.name: _as_cell(getattr(head, item.name)) for item in fields(head)}
    known |= dict(zip(POSE, head.pose, strict=True)) | {WEAKER: round(abs(head.left - head.right), 6)}
    return Subject(head.key, head.key, identity_of(head), meant(head), known, head)


def _of_face(face: Face, number: int) -> Subject:
    given = face.attributes.items()
    attributes = {
        name: value for name, value in given if isinstance(value, Real | str) and not _missing(value)
    }
    name = str(face.attributes.get("id") or face.attributes.get("name") or number)
    return _with_attributes(name, _key(face_fingerprint(face), face.attributes), attributes, face)


def _of_set(faces: FaceSet, progress: bool | Report | None) -> list[Subject]:
    people = []
    table = faces.table
    with reporting(progress, len(faces), "hashing the pictures", unit="face") as report:
        for number, row in enumerate(table.to_dict("records")):
            attributes = {str(name): value for name, value in row.items() if not _missing(value)}
            place = Place(faces, number) if "file" in table else faces[number]  # else all of them go along
            try:
                key = _key(faces.fingerprint(number), attributes)
            except BadImageError as error:  # the picture alone: its rows will say so
                key = fingerprint("damaged", str(error))
            except OSError as error:
                msg = f"{row['id']}: the picture can't be read: {error}."
                raise BadValueError(msg) from error
            people.append(_with_attributes(str(row["id"]), key, attributes, place))
            report.at(number + 1)
    return people


def _key(picture: str, known: Mapping[str, Any]) -> str:
    """Return the fingerprint of a picture and its attributes: changes and measures use both."""

    def as_key(value: Any) -> str:
        try:
            return fingerprint(value)
        except BadValueError:  # a date, or what only its own library knows
            text = repr(value)
            return type(value).__qualname__ if " at 0x" in text else text  # where it lies isn't what it is

    return fingerprint(picture, {str(name): as_key(value) for name, value in known.items()})


def _with_attributes(name: str, key: str, known: Mapping[str, Any], face: Face | Place) -> Subject:
    identity = str(known.get("person", known.get("identity", name)))
    if word := word_for(known):
        known = {"label": word, **known}  # the column expression holds common emotions only
    return Subject(name, key, identity, meant(known), known, face)


def _as_cell(value: Any) -> Any:
    """Return a field of a head as a cell of a table."""
    if isinstance(value, tuple):
        return "; ".join(" ".join(map(str, item)) if isinstance(item, tuple) else str(item) for item in value)
    return value if value is None or isinstance(value, Real | str) else str(value)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and bool(np.isnan(value)))
