"""Conditioners: labels are held fixed as strata, numbers as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.independence.variables import (
    ROUNDING,
    Codes,
    as_array,
    as_columns,
    coded,
    is_categorical,
    one_hot,
)
from facelib.utilities.checks import Floats

MOST_LABELS = 20
"""Whole numbers with at most so many values are labels, with more they are numbers (our choice)."""


@dataclass(frozen=True, eq=False)
class Given:
    """The conditioner Z of n faces; rows are sorted by stratum once a `Problem` is made.

    Attributes
    ----------
    strata
        (n,) which combination of categorical conditioners a face has, 0 … n_strata − 1; all 0 without any.
    numbers
        (n, q) continuous conditioners, q may be 0.
    notes
        How the conditioners were read.
    """

    strata: Codes
    numbers: Floats
    notes: tuple[str, ...] = ()

    @property
    def categorical(self) -> bool:
        """Whether nothing continuous is held fixed: permutations within strata are exact then."""
        return not self.numbers.size

    @property
    def n_strata(self) -> int:
        """Number of combinations of labels."""
        return int(self.strata.max()) + 1

    @property
    def bounds(self) -> Codes:
        """Where strata begin and end, (n_strata + 1,), for sorted rows."""
        return np.searchsorted(self.strata, np.arange(self.n_strata + 1)).astype(np.intp)

    @property
    def design(self) -> Floats:
        """One-hot strata (no column if there is one stratum) beside the numbers, (n, d), for kernels."""
        labels = one_hot(self.strata, self.n_strata) if self.n_strata > 1 else np.empty((len(self.strata), 0))
        return np.hstack([labels, self.numbers])


def as_given(z: Any, n: int) -> Given:
    """Return labels, numbers, a table of several, or None (nothing is held fixed) as `Given`.

    Text, truth values, pandas categories, whole numbers with at most 20 values and other numbers with two are
    labels: holding a label fixed as if it were a number makes partial correlation reject half of all true
    nulls. Other numbers are continuous. Several labels are held fixed in all their combinations. What is the
    same for all faces is left out, with a note.

    Parameters
    ----------
    z
        (n,) or (n, q) array, Series, DataFrame, mapping of names to columns (n,), or None.
    n
        Number of faces.

    Raises
    ------
    BadValueError
        If lengths differ, a value is missing, or there are as many labels as faces.

    Examples
    --------
    >>> given = as_given(["happy", "sad", "happy", "sad"], 4)
    >>> given.n_strata, given.categorical
    (2, True)
    >>> as_given([0.31, 1.7, 2.2, 0.9], 4).categorical
    False
    """
    strata = np.zeros(n, np.intp)
    numbers: list[Floats] = []
    notes: list[str] = []
    for name, column in _columns(z):
        shape = as_array(column, name).shape
        if shape != (n,):
            msg = f"{name} has shape {shape} but there are {n} faces: one value per face, ({n},), is needed."
            raise BadValueError(msg)
        values = _labels(column, name, notes)
        if values is None:
            numbers.append(as_columns(column, name))
        else:
            strata = np.unique(strata * (values.max() + 1) + values, return_inverse=True)[1].astype(np.intp)
    if n > 1 and int(strata.max()) + 1 > n // 2:
        msg = (
            f"There are {int(strata.max()) + 1} labels for {n} faces: within a label nothing can be "
            "compared. Give at least two faces per label, better ten, or merge labels."
        )
        raise BadValueError(msg)
    matrix = np.column_stack(numbers) if numbers else np.empty((n, 0))
    return Given(strata, matrix, tuple(notes))


def _columns(z: Any) -> list[tuple[str, Any]]:
    if z is None:
        return []
    if isinstance(z, Mapping):
        return [(str(name), column) for name, column in z.items()]
    if isinstance(z, pd.DataFrame):
        return [(str(name), z.iloc[:, i]) for i, name in enumerate(z.columns)]
    if isinstance(z, pd.Series | pd.Index | pd.Categorical):
        return [(str(getattr(z, "name", None) or "label"), z)]
    array = as_array(z, "Conditioners")
    if array.dtype.kind == "U" and not isinstance(z, np.ndarray):
        array = np.asarray(z, dtype=object)  # numbers and gaps beside text stay what they are
    if array.ndim == 1:
        return [("label", array)]
    if array.ndim == 2:
        return [(f"conditioner {i + 1}", array[:, i]) for i in range(array.shape[1])]
    msg = f"Conditioners have shape (n,) or (n, q), one row per face; got {array.shape}."
    raise BadValueError(msg)


def _labels(column: Any, name: str, notes: list[str]) -> Codes | None:
    """Return the codes of a categorical conditioner, None for a continuous one."""
    if is_categorical(column, name):
        codes = coded(column, name)[0]
        if not codes.any():
            notes.append(_constant(name))
        return codes
    values = as_columns(column, name)
    whole = bool((values == np.round(values)).all())
    distinct = np.unique(values)
    if distinct[-1] - distinct[0] <= (0.0 if whole else ROUNDING * np.abs(distinct).max()):
        notes.append(_constant(name))
        return np.zeros(len(values), np.intp)
    if len(distinct) <= (MOST_LABELS if whole else 2):
        if as_array(column, name).dtype.kind == "f":
            what = "whole numbers" if whole else "different numbers"
            notes.append(f"{name} holds {len(distinct)} {what}: it is held fixed as labels.")
        return np.searchsorted(distinct, values).astype(np.intp)
    if whole:
        notes.append(f"{name} holds {len(distinct)} whole numbers: it is held fixed as a number.")
    return None


def _constant(name: str) -> str:
    return f"{name} is the same for all faces, so it is held fixed as it is."
