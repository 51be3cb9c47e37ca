"""Digital removal of electrodes: the same people without, with, and restored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib import classifiers, interventions
from facelib.classifiers import Classifier
from facelib.classifiers.alignment import five_points
from facelib.errors import BadValueError
from facelib.experiments.electrodes.likeness import Pattern, worn_on
from facelib.faces import Face, Head, render_heads
from facelib.restoration import METHODS, restore
from facelib.restoration.methods import Plane
from facelib.restoration.restore import mask_of
from facelib.studies.meant import meant, word_for
from facelib.utilities.progress import Report, Stop, check_stop, reporting
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

WITHOUT, WITH = "without", "with"
WORN: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "fridlund": {"electrodes": "fridlund"},
        "kuramoto": {"electrodes": "kuramoto"},
        "fridlund, leads and tape": {"electrodes": "fridlund", "wires": 1.0, "tape": 1.0},
    }
)
"""What people wear, by its name in tables: fields of heads."""
CHUNK: Final = 12  # people at a time

READING_COLUMNS: Final = {
    "person": "number of the person",
    "expression_set": "facs or tuned",
    "expression": "that is shown",
    "worn": "name of what is worn, a key of WORN",
    "picture": "without (electrodes), with, or the method that took them off",
    "classifier": "id of the classifier",
    "probability": "of the expression that is shown",
    "right": "whether the class with the largest output is the one shown",
}
"""Columns of the readings; who shows what a classifier doesn't know is left out."""

PICTURE_COLUMNS: Final = {
    "person": "number of the person",
    "expression_set": "facs or tuned",
    "worn": "name of what is worn",
    "picture": "with, or the method that took electrodes off",
    "error": "mean distance of the landmarks found in the picture from the true ones, px of the picture; NaN "
    "without the network of landmarks",
    "error_share": "the same in % of the distance between the eyes",
    "shift": "mean distance from the landmarks found in the picture without electrodes, % of the distance "
    "between the eyes",
    "ssim_inside": "structural similarity with the picture without electrodes, where something was worn",
    "ssim_outside": "the same where nothing was worn within 3 px",
    "taken_off": "share of what was worn that the mask covers; NaN of the picture with electrodes",
    "too_much": "share of the pixels where nothing was worn within 3 px that were changed; NaN likewise",
}
"""Columns of what is measured of pictures."""

PLACEBO_COLUMNS: Final = {
    "person": "number of the person",
    "expression_set": "facs or tuned",
    "changed": "share of the picture's pixels that the restoration of the bare face changed",
    "largest": "largest change of any class probability of any classifier",
}
"""Columns of what restoring a face without electrodes does."""


@in_short(table=lambda found: found.pictures)
@dataclass(frozen=True, eq=False)
class RestorationRun:
    """Readings and measures of a run.

    Attributes
    ----------
    readings
        `READING_COLUMNS`.
    pictures
        `PICTURE_COLUMNS`.
    placebo
        `PLACEBO_COLUMNS`.
    settings
        methods, classifiers, size, mask, people.
    """

    readings: pd.DataFrame
    pictures: pd.DataFrame
    placebo: pd.DataFrame
    settings: Mapping[str, Any]


def restoration_study(
    people: Sequence[Head | Face],
    classifiers: str | Sequence[str | Classifier] | None = None,
    *,
    worn: Mapping[str, Mapping[str, Any]] = WORN,
    methods: Sequence[str] | None = None,
    mask: str = "found",
    size: int = 224,
    landmarks: bool = True,
    workers: int | None = None,
    progress: bool | Report | None = None,
    stop: Stop | None = None,
) -> RestorationRun:
    """Show people without and with electrodes, take these off, and read all of it.

    Heads of other seeds than the training's are other people than those that the network learnt from. All
    pictures of a person are read with one face box, which electrodes don't move.

    Parameters
    ----------
    people
        Heads without electrodes, `facelib.studies.electrode_faces` for example, or photographs of bare faces,
        on which electrodes are drawn; all with an expression that has a name (of photographs an attribute).
    classifiers
        None: all pretrained ones that are available on this machine.
    worn
        Name to fields of heads; on photographs a scheme's electrodes, their size, tape and leads are drawn.
    methods
        Names in `facelib.restoration.METHODS`; None: all.
    mask
        "found" or "known"; see `facelib.restoration.restore`.
    size
        Of the pictures of heads, px.
    landmarks
        Whether landmarks are found in every picture, which takes most of the time.
    workers
        Threads that render.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts people.
    stop
        Asked before each dozen of people; True ends the work.

    Raises
    ------
    BadValueError
        If there is nobody, or someone wears electrodes already or shows no named expression.
    Cancelled
        If `stop` answered True.
    """
    import pandas as pd

    listed: list[Any] = list(people)
    expressions = [_expression(one) for one in listed]
    if not listed:
        msg = "The study needs people; got none."
        raise BadValueError(msg)
    named = tuple(METHODS) if methods is None else tuple(methods)
    for name in named:
        METHODS[name]
    readers = _readers(classifiers)
    tables: tuple[list[dict[str, Any]], ...] = ([], [], [])
    with reporting(progress, len(listed), "reading the people", unit="person") as report:
        for start in range(0, len(listed), CHUNK):
            check_stop(stop)
            some = listed[start : start + CHUNK]
            people_here = _People(
                tuple(range(start, start + len(some))),
                tuple(_shown(some, size, workers)),
                tuple(expressions[start : start + CHUNK]),
                {name: tuple(_shown(some, size, workers, fields)) for name, fields in worn.items()},
            )
            chunk = _chunk(people_here, readers, named, mask, landmarks=landmarks)
            for table, rows in zip(tables, chunk, strict=True):
                table.extend(rows)
            report.at(min(start + CHUNK, len(listed)))
    columns = (READING_COLUMNS, PICTURE_COLUMNS, PLACEBO_COLUMNS)
    readings, pictures, placebo = (
        pd.DataFrame(rows, columns=list(names)) for rows, names in zip(tables, columns, strict=True)
    )
    return RestorationRun(
        readings,
        pictures,
        placebo,
        {
            "people": len(listed), "classifiers": [one.id for one in readers], "methods": list(named),
            "mask": mask, "size": size, "worn": {name: dict(fields) for name, fields in worn.items()},
        },
    )  # fmt: skip


@dataclass(frozen=True)
class _People:
    """Some people: their numbers, bare faces, expressions, and faces by what they wear."""

    numbers: tuple[int, ...]
    bare: tuple[Face, ...]
    expressions: tuple[str, ...]
    worn: Mapping[str, tuple[Face, ...]]

    def rows(self, picture: str) -> list[dict[str, Any]]:
        """Return what stands in every row of theirs."""
        return [
            {
                "person": number,
                "expression_set": str(face.attributes.get("expression_set", "")),
                "picture": picture,
            }
            for number, face in zip(self.numbers, self.bare, strict=True)
        ]


def _expression(one: Any) -> str:
    """Return the expression that a head or face shows, or raise `BadValueError` if it doesn't fit."""
    head = isinstance(one, Head)
    if not head and not isinstance(one, Face):
        msg = f"The study needs heads, or faces of photographs; got {type(one).__name__}."
        raise BadValueError(msg)
    worn = one.electrodes if head else one.attributes.get("electrodes")
    if worn:
        msg = "The study begins without electrodes: head.replace(electrodes=None)."
        raise BadValueError(msg)
    shown = one.expression if head else word_for(one.attributes)
    if not isinstance(shown, str) or not shown:
        msg = f"Faces show an expression with a name here, or nothing can be named rightly; got {shown!r}."
        raise BadValueError(msg)
    return shown if head else meant(one) or shown


def _shown(
    people: Sequence[Any], size: int, workers: int | None, worn: Mapping[str, Any] | None = None
) -> list[Face]:
    """Return the faces of some people, with something on."""
    fields = dict(worn or {})
    heads = [one.replace(**fields) for one in people if isinstance(one, Head)]
    rendered = iter(render_heads(heads, size, workers))
    return [next(rendered) if isinstance(one, Head) else _drawn(one, fields) for one in people]


def _drawn(face: Face, fields: Mapping[str, Any]) -> Face:
    """Return a photograph with electrodes drawn on it, their tape and leads."""
    if not fields:
        return face
    known = {name: value for name, value in fields.items() if name != "electrodes"}
    change = interventions.get("electrodes", scheme=fields["electrodes"])
    return change.apply(face.replace(attributes={**face.attributes, **known}), 1.0)


def _chunk(
    people: _People, readers: Sequence[Classifier], methods: Sequence[str], mask: str, *, landmarks: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of some people: readings, pictures, placebo."""
    patterns = [Pattern.of(face, landmarks=landmarks) for face in people.bare]
    plain = _read(people.bare, people, WITHOUT, readers)
    readings: list[dict[str, Any]] = []
    pictures: list[dict[str, Any]] = []
    for name, faces in people.worn.items():
        readings += [row | {"worn": name} for row in plain]
        covers = [worn_on(bare.image, face.image) for bare, face in zip(people.bare, faces, strict=True)]
        for picture, shown, masks in _versions(faces, methods, mask):
            readings += [row | {"worn": name} for row in _read(shown, people, picture, readers)]
            pictures += [
                row | {"worn": name} | pattern.compared(face, cover, found)
                for row, pattern, face, cover, found in zip(
                    people.rows(picture), patterns, shown, covers, masks, strict=True
                )
            ]
    return readings, pictures, _placebo(people, readers)


def _readers(given: str | Sequence[str | Classifier] | None) -> list[Classifier]:
    names: Sequence[str | Classifier] = (
        classifiers.available() if given is None else [given] if isinstance(given, str) else given
    )
    return [classifiers.load(one) if isinstance(one, str) else one for one in names]


def _versions(
    faces: Sequence[Face], methods: Sequence[str], mask: str
) -> Iterator[tuple[str, list[Face], list[Plane | None]]]:
    """Give the faces with electrodes, and those that each method made of them, with what it filled in."""
    yield WITH, list(faces), [None] * len(faces)
    masks = [mask_of(face, mask) for face in faces]
    for name in methods:
        done = [restore(face, name, found) for face, found in zip(faces, masks, strict=True)]
        shown = [face.replace(image=one.image) for face, one in zip(faces, done, strict=True)]
        yield name, shown, [one.mask for one in done]


def _read(
    faces: Sequence[Face], people: _People, picture: str, readers: Sequence[Classifier]
) -> list[dict[str, Any]]:
    readings = []
    for reader in readers:
        p = np.concatenate(
            [reader.probabilities(face.image[None], face.box, five_points(face)) for face in faces]
        )
        for row, expression, output in zip(people.rows(picture), people.expressions, p, strict=True):
            place = reader.index_of(expression)
            if place is not None:
                readings.append(
                    row
                    | {
                        "expression": expression, "classifier": reader.id,
                        "probability": float(output[place]), "right": int(output.argmax()) == place,
                    }
                )  # fmt: skip
    return readings


def restored_bare(
    people: Sequence[Head | Face],
    classifiers: str | Sequence[str | Classifier] | None = None,
    *,
    size: int = 224,
    workers: int | None = None,
) -> pd.DataFrame:
    """Restore faces without electrodes: a placebo, which should change nothing.

    Parameters
    ----------
    people, classifiers, size, workers
        As for `restoration_study`; what people express doesn't matter.

    Returns
    -------
    pandas.DataFrame
        One row per person, `PLACEBO_COLUMNS`.
    """
    import pandas as pd

    readers = _readers(classifiers)
    rows: list[dict[str, Any]] = []
    for start in range(0, len(people), CHUNK):
        some = people[start : start + CHUNK]
        numbers = tuple(range(start, start + len(some)))
        rows += _placebo(_People(numbers, tuple(_shown(some, size, workers)), (), {}), readers)
    return pd.DataFrame(rows, columns=list(PLACEBO_COLUMNS))


def _placebo(people: _People, readers: Sequence[Classifier]) -> list[dict[str, Any]]:
    """Return the effect of restoring bare faces; classifiers read only those that were changed."""
    rows = []
    for row, face in zip(people.rows("network"), people.bare, strict=True):
        after = restore(face).image
        changed = float((after != face.image).any(axis=2).mean())
        largest = 0.0
        if changed:
            images, points = np.stack([face.image, after]), five_points(face)
            both = [reader.probabilities(images, face.box, points) for reader in readers]
            largest = max((float(np.abs(p[1] - p[0]).max()) for p in both), default=0.0)
        rows.append(row | {"changed": changed, "largest": largest})
    return rows
