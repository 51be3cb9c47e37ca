"""Read faces with a classifier into a table: a face, some, or a set of any size in small pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from facelib.errors import BadValueError
from facelib.faces import Face, FaceSet, Head
from facelib.faces.face_set import BROKEN
from facelib.properties.measuring import SIZE, in_order
from facelib.utilities.progress import Report, reporting

if TYPE_CHECKING:
    import pandas as pd

    from facelib.classifiers.classifier import Classifier, Logits

COLUMNS: Final = {
    "face": "id of the face, or its number in what was given; of a head its key",
    "classifier": "id of the classifier",
    "label": "the common emotion, or the network's own label where it has none",
    "output": "the network's own label",
    "logit": "before softmax or sigmoid; NaN where the picture can't be read",
    "probability": "all outputs of a face sum to 1; NaN where the picture can't be read",
    "shown": "what the face is meant to show, where that is known",
    "person": "who it is, where that is known",
    "remark": "why a picture can't be read, or a note on it; empty if all is well",
}
"""Columns of what `read` returns, with their meaning."""

CHUNK: Final = 16  # faces that a thread opens and reads before it reports


@dataclass(frozen=True)
class _Given:
    """Faces that are opened one by one."""

    names: Sequence[str]
    open: Callable[[int], Face]
    known: Callable[[int], Mapping[str, Any]] = lambda _row: {}


def read(
    classifier: Classifier,
    faces: Face | Head | Sequence[Face | Head],
    *,
    skip_broken: bool = True,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Return every output of a classifier for every face.

    Pictures are opened and read in pieces, on a thread a core, and nothing of them is kept but the numbers:
    memory doesn't grow with their number. Heads are rendered at 224 px.

    Parameters
    ----------
    classifier
        The classifier.
    faces
        A face, a head, several, or a `FaceSet`.
    skip_broken
        True: a picture that is broken or shows no face has NaN, and the reason stands in ``remark``. False:
        the first such picture raises.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts faces.

    Returns
    -------
    pandas.DataFrame
        One row per face and output, with the columns of `COLUMNS`.

    Raises
    ------
    BadValueError
        If something else than faces or heads is given.
    BadImageError, NoFaceError
        With ``skip_broken=False``, of the first picture that can't be read.
    """
    import pandas as pd

    listed = _listed(faces)
    classifier.engine  # noqa: B018 - made once, before the threads ask for it

    def piece(rows: range) -> pd.DataFrame:
        opened, remarks, attributes = [], [], []
        for row in rows:
            face, remark = _opened(listed, row, skip_broken=skip_broken)
            opened.append(face)
            remarks.append(remark)
            attributes.append({**listed.known(row), **({} if face is None else face.attributes)})
        return _table(classifier, [listed.names[row] for row in rows], opened, remarks, attributes)

    count = len(listed.names)
    tables, done = [], 0
    with reporting(progress, count, f"{classifier.id} reads the faces", unit="face") as report:
        for table in in_order(piece, [range(at, min(at + CHUNK, count)) for at in range(0, count, CHUNK)]):
            tables.append(table)
            done += len(table) // len(classifier.labels)
            report.at(done)
    return pd.concat(tables, ignore_index=True) if tables else piece(range(0))


def count_faces(faces: object) -> int:
    """Return how many faces `read` would read, or raise `BadValueError` if they are something else."""
    return len(_listed(faces).names)


def _listed(faces: object) -> _Given:
    """Return faces with their names, and how each is opened."""
    if isinstance(faces, FaceSet):
        table = faces.table
        rows: list[dict[Any, Any]] = table.to_dict("records")
        return _Given(table["id"].tolist(), faces.__getitem__, lambda row: rows[row])
    if isinstance(faces, str | Path):
        msg = (
            f"Faces are read from memory; got {str(faces)!r}. facelib.load_face(path) opens a picture, "
            "facelib.FaceSet.from_folder(folder) a folder of them."
        )
        raise BadValueError(msg)
    listed: list[Any] = (
        list(faces) if isinstance(faces, Iterable) and not isinstance(faces, np.ndarray) else [faces]
    )
    others = sorted({type(face).__name__ for face in listed if not isinstance(face, Face | Head)})
    if others:
        msg = (
            f"Expected a Face, a Head, a list of them or a FaceSet; got {', '.join(others)}. "
            "facelib.load_face(picture) makes a face of an array or a file; classifier.logits(images, boxes) "
            "takes arrays."
        )
        raise BadValueError(msg)
    names = [_name(face, number) for number, face in enumerate(listed)]
    if len(set(names)) < len(names):
        names = [str(number) for number in range(len(listed))]
    return _Given(
        names, lambda row: listed[row].render(SIZE) if isinstance(listed[row], Head) else listed[row]
    )


def _name(face: Face | Head, number: int) -> str:
    if isinstance(face, Head):
        return face.key
    return str(face.attributes.get("id", face.attributes.get("name", number)))


def _opened(given: _Given, row: int, *, skip_broken: bool) -> tuple[Face | None, str]:
    """Return a face and what is to be noted of it; None if it can't be opened."""
    try:
        face = given.open(row)
    except BROKEN as error:
        if not skip_broken:
            raise
        return None, str(error)
    return face, str(face.attributes.get("note", ""))


def _table(
    classifier: Classifier,
    names: Sequence[str],
    faces: Sequence[Face | None],
    remarks: Sequence[str],
    known: Sequence[Mapping[str, Any]],
) -> pd.DataFrame:
    import pandas as pd

    labels = classifier.labels
    logits = np.full((len(faces), len(labels)), np.nan, np.float32)
    probabilities = logits.copy()
    there = [place for place, face in enumerate(faces) if face is not None]
    if there:
        logits[there] = _logits(classifier, [face for face in faces if face is not None])
        probabilities[there] = classifier.probabilities_from(logits[there])
    each = len(labels)
    columns = {
        "face": np.repeat(np.array(names, object), each),
        "classifier": classifier.id,
        "label": np.tile(
            np.array([classifier.emotions[label] or label for label in labels], object), len(faces)
        ),
        "output": np.tile(np.array(labels, object), len(faces)),
        "logit": logits.ravel().astype(np.float64),
        "probability": probabilities.ravel().astype(np.float64),
        "shown": np.repeat(np.array([_shown(one) for one in known], object), each),
        "person": np.repeat(np.array([_word(one.get("person")) for one in known], object), each),
        "remark": np.repeat(np.array(remarks, object), each),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _shown(attributes: Any) -> str | None:
    return _word(attributes.get("label")) or _word(attributes.get("expression"))


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _logits(classifier: Classifier, faces: Sequence[Face]) -> Logits:
    """Return the logits of faces, whose pictures may differ in size."""
    logits = []
    with torch.no_grad():
        for start in range(0, len(faces), batch := classifier.batch):
            pictures = [
                classifier.prepare(face.image[None], face.box) for face in faces[start : start + batch]
            ]
            logits.append(np.asarray(classifier.logits_from(classifier.engine(torch.cat(pictures))).cpu()))
    return np.concatenate(logits)
