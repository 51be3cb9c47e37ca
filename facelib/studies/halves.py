"""Split-face reading: each half of a face, doubled with its mirror image, is read as a whole face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, get_args

import numpy as np

from facelib.classifiers.alignment import points_of
from facelib.errors import BadValueError, check_kind
from facelib.face import shown_of
from facelib.faces import Face, Head
from facelib.faces.landmarker import UNITS, find_landmarks, read_many_face_units
from facelib.head.expressions import PAIRED
from facelib.head.head import Side
from facelib.interventions.symmetry import Symmetrise, flipped, mirrored_unit
from facelib.studies.sweeps.sweep import load_all
from facelib.utilities.short_repr import in_short

if TYPE_CHECKING:
    import pandas as pd

    from facelib.classifiers import Classifier

WHOLE: Final = "whole"
SIDES: Final[tuple[Side, ...]] = get_args(Side)

OUTPUT_COLUMNS: Final = {
    "half": "whole: the face as it is; left, right: that half of the person's, doubled with its mirror image",
    "classifier": "id of the classifier",
    "label": "class of the output",
    "probability": "averaged over the picture and its flipped copy",
}
"""Columns of `Halves.outputs`, with their meaning."""

UNIT_COLUMNS: Final = {
    "half": "as in the outputs",
    "unit": "face unit; of a half those of its own side, and those that have no side",
    "activation": "0 … 1, averaged over the picture and its flipped copy; of one side's unit in a doubled "
    "half the mean of both sides of that picture",
}
"""Columns of `Halves.units`, with their meaning."""


@in_short(picture=lambda read: shown_of(list(read.faces.values())))
@dataclass(frozen=True, eq=False)
class Halves:
    """A face and its halves, as classifiers and the network of face units read them.

    Attributes
    ----------
    faces
        Pictures by name: "whole", and the person's own "left" and "right" half, doubled.
    outputs
        One row per half, classifier and label, `OUTPUT_COLUMNS`.
    units
        One row per half and face unit, `UNIT_COLUMNS`.
    """

    faces: Mapping[str, Face]
    outputs: pd.DataFrame
    units: pd.DataFrame


def read_halves(face: Face, classifiers: str | Sequence[str | Classifier] | None = None) -> Halves:
    """Read a face, and each of its halves doubled with its mirror image as a whole face.

    The landmarks of all pictures are found anew, the doubled ones' too, so that face units of all are read in
    the same way. Whether units are told better so is in `facelib.experiments.load_halves_validity`.

    Parameters
    ----------
    face
        A picture, turned by 8° at most, whose landmarks are known. Left and right are the person's own: a
        picture that a selfie camera mirrored has them swapped.
    classifiers
        Ids or classifiers; None: all that are available here; (): none, face units alone.

    Returns
    -------
    Halves
        Sideways shifts of jaw and mouth are those of the whole face alone: a doubled half has none.

    Raises
    ------
    BadValueError
        If a head or something else is given, the head is turned further, or landmarks aren't known.
    UnavailableError
        If a classifier, or the landmark network, isn't on this machine.

    Examples
    --------
    >>> face = Face(np.zeros((8, 10, 3), np.uint8), np.array([1.0, 2, 5, 6]), np.array([[4.0, 3], [2, 3]]))
    >>> read_halves(face)
    Traceback (most recent call last):
    facelib.errors.BadValueError: No half of this face can be doubled. It moves the 478 landmarks ...
    """
    import pandas as pd

    given: object = face
    if isinstance(given, Head):
        msg = "Halves are read from a picture, and a head was given: render it first."
        raise BadValueError(msg, hint="In Python: read_halves(head.render(224)).")
    check_kind(face, Face, "A picture of a face")
    if reason := Symmetrise("left").unfit(face):
        msg = f"No half of this face can be doubled. {reason}"
        raise BadValueError(msg)
    models = [] if classifiers in ((), []) else load_all(classifiers)
    faces = {WHOLE: face} | {side: Symmetrise(side).apply(face, 1.0) for side in SIDES}
    outputs = [
        (name, model.id, label, probability)
        for model in models
        for name, values in zip(faces, _outputs(model, list(faces.values())), strict=True)
        for label, probability in values.items()
    ]
    units = [
        (name, unit, activation)
        for name, read in zip(faces, _units(list(faces.values())), strict=True)
        for unit, activation in (read if name == WHOLE else of_half(name, read)).items()
    ]
    return Halves(
        MappingProxyType(faces),
        pd.DataFrame(outputs, columns=list(OUTPUT_COLUMNS)),
        pd.DataFrame(units, columns=list(UNIT_COLUMNS)),
    )


def of_half(side: str, units: Mapping[str, float]) -> dict[str, float]:
    """Return the units of a half from those of the picture that was doubled from it.

    Parameters
    ----------
    side
        The person's own, "left" or "right".
    units
        All of `facelib.faces.landmarker.UNITS`.
    """
    return {
        f"{name}{side.capitalize()}": (units[f"{name}Left"] + units[f"{name}Right"]) / 2 for name in PAIRED
    } | {unit: value for unit, value in units.items() if not unit.endswith(("Left", "Right"))}


def _outputs(model: Classifier, faces: Sequence[Face]) -> list[dict[str, float]]:
    """Return the outputs of each face by label, averaged over flips; all are aligned as the first is."""
    shown = [*faces, *map(flipped, faces)]
    start = np.repeat(points_of([faces[0], flipped(faces[0])]), len(faces), axis=0)
    images, boxes = np.stack([one.image for one in shown]), np.stack([one.box for one in shown])
    values = model.probabilities(images, boxes, start)
    mean = values.astype(np.float64).reshape(2, len(faces), -1).mean(axis=0)
    columns = {label: at for label in model.classes if (at := model.index_of(label)) is not None}
    return [{label: float(row[at]) for label, at in columns.items()} for row in mean]


def _units(faces: Sequence[Face]) -> list[dict[str, float]]:
    """Return the face units of each face, averaged over flips, from landmarks that are found anew."""
    shown = [*faces, *map(flipped, faces)]
    read = read_many_face_units(
        np.stack([find_landmarks(one.image, one.box, one.eyes) for one in shown])
    ).reshape(2, len(faces), -1)
    partners = [UNITS.index(mirrored_unit(unit)) for unit in UNITS]
    mean = (read[0] + read[1][:, partners]) / 2
    return [dict(zip(UNITS, row.tolist(), strict=True)) for row in mean]
