"""Rows of a part: the readings of jobs, as the tables that are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facelib.interventions import Intervention
from facelib.studies.engine.observers import Reader
from facelib.studies.engine.subjects import Subject

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Job:
    """One face × one intervention: rendered once, read by all readers that haven't read it yet.

    Attributes
    ----------
    subject
        The face.
    name, intervention
        Its name in tables, and what is run; "" and None: the face as it is.
    strengths
        (n,), the first is 0.
    size
        Of rendered pictures, px.
    units
        Key of the unit, by the reader's id.
    version
        Fingerprint of the versions of what does it.
    """

    subject: Subject
    name: str
    intervention: Intervention | None
    strengths: tuple[float, ...]
    size: int
    units: Mapping[str, str]
    version: str = ""


@dataclass(frozen=True, eq=False)
class Rows:
    """Readings of one job by one reader: (n, names) numbers, NaN and a reason if it failed."""

    unit: str
    job: Job
    reader: Reader
    logits: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    error: str = ""


def outputs(rows: Sequence[Rows]) -> pa.Table:
    """Return the rows of classifiers: label by label, strengths ascending."""
    import pyarrow as pa

    return pa.table(
        _shared(rows)
        | {
            "classifier": _words([one.reader.id for one in rows], rows),
            "label": _labels(rows),
            "logit": pa.array(np.concatenate([one.logits.T.ravel() for one in rows])),
            "probability": pa.array(np.concatenate([one.values.T.ravel() for one in rows])),
            "error": _words([one.error for one in rows], rows),
        }
    )


def measured(rows: Sequence[Rows]) -> pa.Table:
    """Return the rows of measured properties: property by property, strengths ascending."""
    import pyarrow as pa

    return pa.table(
        _shared(rows)
        | {
            "property": _labels(rows),
            "value": pa.array(np.concatenate([one.values.T.ravel() for one in rows])),
            "error": _words([one.error for one in rows], rows),
        }
    )


def _shared(rows: Sequence[Rows]) -> dict[str, pa.Array]:
    import pyarrow as pa

    steps = np.concatenate(
        [np.tile(np.arange(len(one.job.strengths)), len(one.reader.names)) for one in rows]
    )
    grades = np.concatenate([np.tile(one.job.strengths, len(one.reader.names)) for one in rows])
    return {
        "unit": _words([one.unit for one in rows], rows),
        "face": _words([one.job.subject.name for one in rows], rows),
        "intervention": _words([one.job.name for one in rows], rows),
        "step": pa.array(steps.astype(np.int16)),
        "strength": pa.array(grades.astype(np.float64)),
    }


def _words(words: Sequence[str], rows: Sequence[Rows]) -> pa.Array:
    """Return one word per job and reader, for all of its rows."""
    return _dictionary(words, [one.values.size for one in rows])


def _labels(rows: Sequence[Rows]) -> pa.Array:
    names = [name for one in rows for name in one.reader.names]
    return _dictionary(names, [len(one.job.strengths) for one in rows for _ in one.reader.names])


def _dictionary(words: Sequence[str], counts: Sequence[int]) -> pa.Array:
    import pyarrow as pa

    different = list(dict.fromkeys(words))
    place = {word: number for number, word in enumerate(different)}
    codes = np.repeat([place[word] for word in words], counts).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(different, pa.string()))
