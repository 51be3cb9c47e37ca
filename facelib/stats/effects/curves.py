"""From the tidy sweep table to one number per identity: end-to-end differences, slopes, curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.effects.rows import SAME, Codes, Rows, read_rows, read_values
from facelib.utilities.checks import Floats, as_list
from facelib.utilities.short_repr import in_short

Value = Literal["probability", "logit", "value"]
Bounds = tuple[float, float]
Summary = Literal["difference", "slope"]

VALUES: tuple[Value, ...] = get_args(Value)
SUMMARIES: tuple[Summary, ...] = get_args(Summary)


@in_short(table=lambda found: found.cells)
@dataclass(frozen=True, eq=False)
class FaceEffects:
    """Differences or slopes of every identity, one column per cell: intervention × classifier × label.

    Attributes
    ----------
    cells
        (m,) rows ``intervention``, ``classifier``, ``label``, in order of appearance.
    identities
        (n,) names, in their order. Faces of one identity are averaged: it is the unit that counts.
    effects, starts
        (n, m) difference or slope, and value at strength 0; NaN where missing.
    faces
        (m,) number of faces behind the effects.
    notes
        (m,) what was left out.
    value, summary
        What was asked.
    bounds
        Ends of the scale of the outputs: 0 and 1 of probabilities; None: without.
    """

    cells: pd.DataFrame
    identities: tuple[str, ...]
    effects: Floats
    starts: Floats
    faces: Codes
    notes: tuple[tuple[str, ...], ...]
    value: Value
    summary: Summary
    bounds: Bounds | None = None

    @property
    def span(self) -> float:
        """The most that an output can change; NaN without bounds."""
        return np.nan if self.bounds is None else self.bounds[1] - self.bounds[0]


def face_effects(
    table: pd.DataFrame,
    *,
    value: Value = "probability",
    summary: Summary = "difference",
    bounds: Bounds | None = None,
) -> FaceEffects:
    """Return one difference or slope per identity and cell.

    Parameters
    ----------
    table
        Tidy sweep table: ``face``, ``intervention``, ``strength`` in [0, 1], ``classifier``, ``label``, and
        the value. Faces (expressions, sides) of one person share an ``identity`` where that column is there.
    value
        "probability", "logit", or "value": the column of that name holds outputs that are neither, such as
        valence or age.
    bounds
        Of "value" only: ends that no output can leave; None: it has none.
    summary
        "difference": value at strength 1 minus that at strength 0. "slope": least squares over all strengths,
        change from strength 0 to 1.

    Raises
    ------
    BadValueError
        If the table isn't one, a column is missing, a number is impossible, a row is there twice, or a face
        has two identities.

    Examples
    --------
    >>> rows = [("a", "blur", s, "fer", "happy", 0.9 - 0.4 * s) for s in (0.0, 0.5, 1.0)]
    >>> columns = ["face", "intervention", "strength", "classifier", "label", "probability"]
    >>> face_effects(pd.DataFrame(rows, columns=columns)).effects.round(3).tolist()
    [[-0.4]]
    """
    ends = check_options(value, summary, bounds)
    return summarise_rows(read_rows(table), read_values(table, value, ends), value, summary, ends)


def check_options(value: Any, summary: Any, bounds: Any = None) -> Bounds | None:
    """Return the ends of the outputs' scale, or raise `BadValueError` for what is unknown or impossible."""
    known = isinstance(value, str) and isinstance(summary, str)
    if not known or value not in VALUES or summary not in SUMMARIES:
        msg = (
            'The value is "probability", "logit" or "value", the summary "difference" or "slope"; '
            f"got {value!r}, {summary!r}."
        )
        raise BadValueError(msg)
    if value != "value":
        if bounds is not None:
            msg = f"Bounds are of values on a scale of their own; the {value} takes none. Got {bounds!r}."
            raise BadValueError(msg, hint="In Python: value='value'.")
        return (0.0, 1.0) if value == "probability" else None
    if bounds is None:
        return None
    low, high = as_list(bounds, "The bounds, two numbers,", least=2).tolist()[:2]
    if len(bounds) != 2 or not low < high:
        msg = f"Bounds are two numbers, the lower one first; got {bounds!r}."
        raise BadValueError(msg)
    return (low, high)


def summarise_rows(
    rows: Rows, values: Floats, value: Value, summary: Summary, bounds: Bounds | None
) -> FaceEffects:
    """Return the result of `face_effects` from rows that are already read."""
    present = ~np.isnan(values)
    first, last = (_at(rows, values, strength) for strength in (0.0, 1.0))
    by_face = last - first if summary == "difference" else _slopes(rows, values)
    usable = ~np.isnan(by_face)
    effects, starts = (_average(rows, np.where(usable, numbers, np.nan)) for numbers in (by_face, first))
    kept = np.asarray((~np.isnan(effects)).any(axis=1))
    return FaceEffects(
        cells=rows.cells,
        identities=tuple(name for name, keep in zip(rows.identity_names, kept, strict=True) if keep),
        effects=effects[kept],
        starts=starts[kept],
        faces=usable.sum(axis=0),
        notes=_notes(rows, present, usable, summary),
        value=value,
        summary=summary,
        bounds=bounds,
    )


def _at(rows: Rows, values: Floats, strength: float) -> Floats:
    """Return the value of every face and cell at one strength, (F, m), NaN where there is none."""
    chosen = np.abs(rows.strength - strength) <= SAME
    result = np.full(rows.shape, np.nan)
    result[rows.face[chosen], rows.cell[chosen]] = values[chosen]
    return result


def _slopes(rows: Rows, values: Floats) -> Floats:
    """Return the least-squares slope of every face and cell, (F, m), NaN below two strengths."""
    present = np.flatnonzero(~np.isnan(values))
    present = present[
        np.argsort(rows.strength[present], kind="stable")
    ]  # sums don't depend on the order of rows
    pair = (rows.face * rows.shape[1] + rows.cell)[present]
    s, v = rows.strength[present], values[present]
    size = rows.shape[0] * rows.shape[1]
    count = np.maximum(np.bincount(pair, minlength=size), 1)
    s = s - (np.bincount(pair, s, size) / count)[pair]
    v = v - (np.bincount(pair, v, size) / count)[pair]
    spread = np.bincount(pair, s * s, size)
    slopes = np.full(size, np.nan)
    np.divide(np.bincount(pair, s * v, size), spread, out=slopes, where=spread > SAME**2)
    return slopes.reshape(rows.shape)


def _average(rows: Rows, by_face: Floats) -> Floats:
    """Average the faces of each identity, (F, m) -> (n, m); NaN where it has none."""
    if len(rows.identity_names) == len(rows.face_names):
        result = np.full(by_face.shape, np.nan)
        result[rows.identity] = by_face
        return result
    present = ~np.isnan(by_face)
    total = np.zeros((len(rows.identity_names), by_face.shape[1]))
    count = np.zeros(total.shape)
    np.add.at(total, rows.identity, np.where(present, by_face, 0.0))
    np.add.at(count, rows.identity, present)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _notes(
    rows: Rows, given: npt.NDArray[np.bool_], usable: npt.NDArray[np.bool_], summary: Summary
) -> tuple[tuple[str, ...], ...]:
    """Say for every cell which faces were left out."""
    faces, m = rows.shape
    lost = np.bincount(rows.cell[~given], minlength=m)
    present = np.zeros((faces, m), bool)
    present[rows.face, rows.cell] = True
    interventions, _ = pd.factorize(rows.cells["intervention"])
    in_run = np.zeros((faces, m), bool)
    for code in np.unique(interventions):
        which = interventions == code
        in_run[:, which] = present[:, which].any(axis=1, keepdims=True)
    absent = (in_run & ~present).sum(axis=0)
    unusable = (present & ~usable).sum(axis=0)
    counts = np.zeros((len(rows.identity_names), m), np.int64)
    np.add.at(counts, rows.identity, usable)
    needs = "strength 0 or 1" if summary == "difference" else "two strengths"
    steps = np.bincount(rows.face[given] * m + rows.cell[given], minlength=faces * m).reshape(faces, m)
    notes = []
    for cell in range(m):
        lines = []
        if lost[cell]:
            lines.append(f"Rows left out because they have no value: {lost[cell]}.")
        if unusable[cell]:
            lines.append(f"{unusable[cell]} of {in_run[:, cell].sum()} faces lack {needs} and are left out.")
        if absent[cell]:
            lines.append(f"{absent[cell]} of {in_run[:, cell].sum()} faces have no rows here.")
        read = steps[usable[:, cell], cell]
        if summary == "slope" and len(read) and read.min() < read.max():
            lines.append(
                f"Slopes are over {read.min()} to {read.max()} strengths: compare at equal strengths."
            )
        many = counts[counts[:, cell] > 0, cell]
        if len(many) and many.max() > 1:
            each = f"{many.min()}" if many.min() == many.max() else f"{many.min()} to {many.max()}"
            lines.append(f"Each identity counts once: the mean of its {each} faces.")
        notes.append(tuple(lines))
    return tuple(notes)
