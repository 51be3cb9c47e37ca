"""The rows of the tidy sweep table, checked and coded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats

CELL = ["intervention", "classifier", "label"]
SAME = 1e-9  # strengths this close together are one

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a table that was checked, as codes and numbers, (N,) each."""

    face: Codes
    cell: Codes
    strength: Floats
    cells: pd.DataFrame
    face_names: tuple[str, ...]
    identity: Codes  # of each face, (F,)
    identity_names: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of faces and of cells."""
        return len(self.face_names), len(self.cells)


def read_rows(table: Any) -> Rows:
    """Check a tidy sweep table and return its rows as codes.

    Raises
    ------
    BadValueError
        If it is no table, a column is missing, there twice or has gaps, two names look the same, a strength
        is impossible, a row is there twice, or a face has two identities.
    """
    if not isinstance(table, pd.DataFrame):
        msg = f"Expected the tidy table of sweeps; got {type(table).__name__}."
        raise BadValueError(msg, hint="It is a pandas DataFrame.")
    need(table, ("face", *CELL, "strength"))
    if table.empty:
        msg = "The tidy table has no rows: there are no faces to summarise."
        raise BadValueError(msg)
    strength = _numbers(table, "strength")
    if not ((strength >= 0) & (strength <= 1)).all():
        msg = "Strengths lie between 0 and 1; some don't, or are missing."
        raise BadValueError(msg)
    rows = _coded(table, strength)
    _check_unique(rows)
    return rows


def read_values(table: pd.DataFrame, column: str, bounds: tuple[float, float] | None = None) -> Floats:
    """Return the outputs (N,) of a tidy table, NaN where missing; impossible ones raise `BadValueError`.

    `bounds` are those of the column "value"; a probability has its own.
    """
    need(table, (column,))
    values = _numbers(table, column)
    if np.isinf(values).any():
        msg = f"{int(np.isinf(values).sum())} of {len(values)} values of {column} are infinite."
        raise BadValueError(msg)
    if column == "probability" and ((values < -SAME) | (values > 1 + SAME)).any():
        msg = "Probabilities lie between 0 and 1; some don't."
        raise BadValueError(msg, hint="For outputs before softmax: value='logit'.")
    if column == "value" and bounds is not None:
        low, high = bounds
        room = 1e-5 * (high - low)  # of single precision
        beyond = (values < low - room) | (values > high + room)
        if beyond.any():
            msg = (
                f"{int(beyond.sum())} of {len(values)} values lie beyond the bounds {low:g} … {high:g}, "
                f"for example {values[beyond][0]:g}: bounds that don't bind give wrong verdicts. State none."
            )
            raise BadValueError(msg)
    return values


def need(table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Raise `BadValueError` unless the table has each of the columns once."""
    missing = [name for name in columns if name not in table.columns]
    if missing:
        there = ", ".join(map(str, table.columns)) or "none"
        msg = f"The tidy table lacks {', '.join(missing)}; its columns: {there}."
        raise BadValueError(msg)
    twice = [name for name in columns if (table.columns == name).sum() > 1]
    if twice:
        msg = f"The tidy table has more than one column {', '.join(twice)}: keep one of each."
        raise BadValueError(msg)


def _coded(table: pd.DataFrame, strength: Floats) -> Rows:
    face, face_names = _factor(table, "face", ordered=True)
    codes = [_factor(table, name) for name in CELL]
    numbers = np.ravel_multi_index(tuple(code for code, _ in codes), tuple(len(names) for _, names in codes))
    cell, present = pd.factorize(numbers)
    unravelled = np.unravel_index(present, tuple(len(names) for _, names in codes))
    cells = pd.DataFrame(
        {
            name: [names[i] for i in which]
            for name, (_, names), which in zip(CELL, codes, unravelled, strict=True)
        }
    )
    if "identity" in table.columns:
        need(table, ("identity",))
        identity, identity_names = _factor(table, "identity", ordered=True)
    else:
        identity, identity_names = face, face_names
    of_face = np.zeros(len(face_names), np.int64)
    of_face[face] = identity
    if (of_face[face] != identity).any():
        where = face_names[int(face[np.flatnonzero(of_face[face] != identity)[0]])]
        msg = f"Every face belongs to one identity; {where!r} has two."
        raise BadValueError(msg)
    return Rows(face, cell.astype(np.int64), strength, cells, face_names, of_face, identity_names)


def _factor(table: pd.DataFrame, column: str, *, ordered: bool = False) -> tuple[Codes, tuple[str, ...]]:
    """Return codes and names, in order of appearance; or ordered by name, whatever the order of the rows."""
    codes, values = pd.factorize(table[column])
    if (codes < 0).any():
        msg = f"{int((codes < 0).sum())} of {len(codes)} rows of the tidy table have no {column}."
        raise BadValueError(msg)
    names = [str(value) for value in values]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        same = ", ".join(f"{value!r}" for value, name in zip(values, names, strict=True) if name == twice)
        msg = f"Different values of {column} have the same name: {same}. Name each in one way."
        raise BadValueError(msg)
    if not ordered:
        return codes.astype(np.int64), tuple(names)
    order = sorted(range(len(names)), key=lambda place: _natural(names[place]))
    return np.argsort(order)[codes].astype(np.int64), tuple(names[place] for place in order)


def _natural(name: str) -> tuple[list[str | int], str]:
    """Return a key that sorts "face 2" before "face 10"."""
    parts = re.split(r"(\d+)", name)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name


def _numbers(table: pd.DataFrame, column: str) -> Floats:
    try:
        return table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        msg = f"The column {column} of the tidy table must hold numbers; it is {table[column].dtype}."
        raise BadValueError(msg) from None


def _check_unique(rows: Rows) -> None:
    steps = np.round(rows.strength / SAME).astype(np.int64)
    keys = pd.DataFrame({"pair": rows.face * len(rows.cells) + rows.cell, "step": steps})
    twice = keys.duplicated().to_numpy()
    if twice.any():
        row = int(np.flatnonzero(twice)[0])
        cell = rows.cells.iloc[int(rows.cell[row])]
        msg = (
            f"{int(twice.sum())} rows are there twice, first face {rows.face_names[int(rows.face[row])]!r}, "
            f"{cell['intervention']!r}, {cell['classifier']!r}, {cell['label']!r}, "
            f"strength {rows.strength[row]:g}. Was a sweep added twice? Runs of one person (expressions, "
            "sides) need their own face names, and an 'identity' column that holds them together."
        )
        raise BadValueError(msg)
