"""Measure properties of faces into a table: of some in memory, or of a set of any size in small pieces."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from facelib.errors import BadValueError, UnavailableError, check_kind
from facelib.faces import Face, FaceSet, Head
from facelib.faces.face_set import BROKEN
from facelib.properties.property import PROPERTIES, Measure, Values
from facelib.utilities.progress import Report, reporting
from facelib.utilities.registry import named, place_of

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

CHUNK: Final = 16  # faces that a thread reads and measures before it reports
SIZE: Final = 224  # of rendered heads, px
AHEAD: Final = 2  # pieces per thread that wait or are ready: a slow one doesn't stop the others


def measure(
    faces: Face | Head | Sequence[Face | Head],
    names: Sequence[str] | str | None = None,
    *,
    progress: bool | Report | None = None,
) -> pd.DataFrame:
    """Return properties of faces as a table.

    A `FaceSet` is read in small pieces, on a thread a core, and nothing of it is kept but the numbers. A
    picture that is broken or shows no face has NaN and a remark that says why; a note of a face is one, too.

    Parameters
    ----------
    faces
        One face or head, several, or a `FaceSet`. Heads are rendered at 224 px. A face that comes several
        times is measured once.
    names
        Properties, by the names of `available()`; None: all. Those of cost "network" take some ms per face.
    progress
        True for a progress bar, or a function called with the `Progress`, which counts faces; of a set of
        faces. What it raises ends the measuring.

    Returns
    -------
    pandas.DataFrame
        One row per face, one float column per property; NaN where a face lacks it, and, with None, where
        the model package isn't on this machine. Of a `FaceSet` also ``id``, the first column, and
        ``remark``, the last: empty if all is well.

    Raises
    ------
    UnknownNameError
        If there is no property of that name.
    BadValueError
        If something else than faces and heads is given, or no property is named.
    UnavailableError
        If a property was asked for by name and its model package isn't on this machine, or if the detector
        that a set of photographs needs isn't.
    """
    check_kind(names, (str, Iterable, type(None)), "A list of properties, or None for all,")
    wanted = [names] if isinstance(names, str) else list(PROPERTIES if names is None else names)
    if not wanted:
        msg = "Nothing is asked for: name a property or more."
        raise BadValueError(msg, hint="In Python: ['symmetry'], or None for all.")
    needed = list(dict.fromkeys(PROPERTIES[name].read for name in wanted))  # wrong names are reported at once
    if isinstance(faces, FaceSet):
        return _of_set(faces, wanted, needed, names is not None, progress)
    rows = list(faces) if isinstance(faces, Iterable) else [faces]
    others = {type(face).__name__ for face in rows if not isinstance(face, Face | Head)}
    if others:
        msg = f"Properties are measured on faces, heads or a set of faces; got {', '.join(sorted(others))}."
        raise BadValueError(msg, hint="facelib.load_face(path) opens a picture.")
    drawn = {id(head): head.render(SIZE) for head in rows if isinstance(head, Head)}
    pictures = [drawn[id(face)] if isinstance(face, Head) else face for face in rows]
    return _table(pictures, wanted, needed, strict=names is not None)


def _table(
    rows: Sequence[Face], wanted: Sequence[str], needed: Sequence[Measure], *, strict: bool
) -> pd.DataFrame:
    """Return the properties of faces; what is read together is read once."""
    import pandas as pd

    different = list({id(face): face for face in rows}.values())
    place = {id(face): number for number, face in enumerate(different)}
    by_function: dict[Measure, Values | None] = {}
    for read in needed:
        read_here = [name for name in wanted if PROPERTIES[name].read is read]
        try:
            with named(read, "property", read_here[0]):
                given = [face.lent() for face in different] if place_of(read) else different
                by_function[read] = _checked(read(given), read_here, len(different))
        except UnavailableError:
            if strict:
                raise
            by_function[read] = None
    unknown = np.full(len(different), np.nan)
    columns = {
        name: unknown if (values := by_function[item.read]) is None else item.pick(values)
        for name, item in ((name, PROPERTIES[name]) for name in wanted)
    }
    return pd.DataFrame(columns).iloc[[place[id(face)] for face in rows]].reset_index(drop=True)


def _checked(values: object, names: Sequence[str], count: int) -> Values:
    """Return what a function read of `count` faces as an array, if that fits the properties it measures."""
    columns = [column for name in names if (column := PROPERTIES[name].column) is not None]
    expected = f"({count}, {max(columns) + 1})" if columns else f"({count},)"
    try:
        numbers = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        msg = (
            f"The property {', '.join(names)} reads numbers, float64 {expected} for {count} faces; "
            f"got {type(values).__name__}."
        )
        raise BadValueError(msg) from error
    shape = numbers.shape
    if shape[:1] != (count,) or len(shape) != 1 + bool(columns) or (columns and shape[1] <= max(columns)):
        msg = (
            f"The property {', '.join(names)} reads one number per face, shape {expected} for {count} faces; "
            f"got shape {shape}."
        )
        raise BadValueError(msg)
    return numbers


def _of_set(
    faces: FaceSet,
    wanted: Sequence[str],
    needed: Sequence[Measure],
    strict: bool,
    progress: bool | Report | None,
) -> pd.DataFrame:
    """Return the properties of a set of faces, in pieces on several threads."""
    import pandas as pd

    reasons = _words_for_numbers(faces.table, wanted)

    def piece(rows: range) -> pd.DataFrame:
        remarks, there, read = [""] * len(rows), [], []
        for place, row in enumerate(rows):
            try:
                face = faces[row]
                read.append(face)
                there.append(place)
                given = [why for name, why in reasons.items() if isinstance(face.attributes.get(name), str)]
                remarks[place] = " ".join(filter(None, [str(face.attributes.get("note", "")), *given]))
            except BROKEN as error:
                remarks[place] = str(error)
        table = _table(read, wanted, needed, strict=strict).set_axis(there).reindex(range(len(rows)))
        return table.assign(remark=remarks)

    pieces = [range(start, min(start + CHUNK, len(faces))) for start in range(0, len(faces), CHUNK)]
    tables = []
    done = 0
    with reporting(progress, len(faces), "measuring", unit="face") as report:
        for table in in_order(piece, pieces):
            tables.append(table)
            done += len(table)
            report.at(done)
    found = pd.concat(tables, ignore_index=True) if tables else piece(range(0))
    found.insert(0, "id", faces.table["id"])
    return found


def _words_for_numbers(table: pd.DataFrame, wanted: Sequence[str]) -> dict[str, str]:
    """Return why given properties whose column holds words have no number, by name."""
    import pandas as pd

    reasons = {}
    for name in wanted:
        if PROPERTIES[name].source != "given" or name not in table:
            continue
        values = table[name].dropna()
        if (texts := values[values.map(lambda value: isinstance(value, str))]).empty:
            continue
        bad = texts[pd.to_numeric(texts, errors="coerce").isna()]
        one = (bad if len(bad) else texts).iloc[0]
        reasons[name] = f"The column {name} is words, not numbers, for one of them is {f'{one!r}':.40}."
    return reasons


def in_order(piece: Callable[[range], T], pieces: Sequence[range]) -> Iterator[T]:
    """Yield the results of the pieces, in their order; few are computed at once."""
    import torch

    workers = max(1, min(_cores(), len(pieces)))
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))
    ahead: deque[Future[T]] = deque()
    try:
        for rows in pieces:
            ahead.append(pool.submit(piece, rows))
            if len(ahead) > AHEAD * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)  # a thread's own choice is that of all that start later


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
