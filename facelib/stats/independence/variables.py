"""Variables of a test: a property or an output as numbers, with its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats, as_floats

Kind = Literal["continuous", "binary", "categorical", "vector"]
Codes = npt.NDArray[np.intp]

ROUNDING = 16 * np.finfo(np.float64).eps
"""Differences below this share of a column's largest value are rounding, not data (our choice)."""

LARGEST = 1e300
FEWEST_A_CATEGORY = 2
"""Mean faces per category below which categories are refused: they are numbers read as text, or ids."""


@dataclass(frozen=True, eq=False)
class Variable:
    """One property or one output over n faces.

    Attributes
    ----------
    name
        For messages and tables.
    kind
        "continuous"; "binary": two values, one column of 0 and 1; "categorical": three categories or more,
        one column each (one-hot); "vector": several numbers per face, as a whole logit vector.
    values
        (n, d) numbers.
    """

    name: str
    kind: Kind
    values: Floats

    @property
    def scaled(self) -> Floats:
        """Columns with mean 0 and standard deviation 1 (ddof 1), as all kernel tests use them; (n, d)."""
        return z_scores(self.values)

    def varies_within(self, strata: Codes) -> bool:
        """Whether any column takes two values inside a stratum; rounding doesn't count."""
        order = np.argsort(strata, kind="stable")
        starts = np.flatnonzero(np.diff(strata[order], prepend=-1))
        values = self.values[order]
        spread = np.maximum.reduceat(values, starts) - np.minimum.reduceat(values, starts)
        return bool((spread > ROUNDING * np.abs(values).max(axis=0)).any())

    def log_arrangements(self, strata: Codes) -> float:
        """Return the natural logarithm of the number of ways to lay its values out inside strata.

        Orders that exchange equal values give the same data: a permutation p can't go below the inverse of
        this number, however many orders there are.

        >>> rare = as_variable([1, 0, 0, 0, 0, 0], "beard")
        >>> round(np.exp(rare.log_arrangements(np.zeros(6, int))))
        6
        """
        together = np.column_stack([strata, self.values])
        equal = np.unique(together, axis=0, return_counts=True)[1]
        return float(gammaln(np.bincount(strata) + 1.0).sum() - gammaln(equal + 1.0).sum())

    def fewest(self, strata: Codes) -> Floats:
        """Count per stratum the faces of the rarest category, or those beside the one value that most share.

        >>> as_variable([1.0, 1.0, 1.0, 0.7, 1.0, 0.2], "output").fewest(np.array([0, 0, 0, 0, 1, 1]))
        array([1., 1.])
        """
        which, counts = np.unique(self.values, axis=0, return_inverse=True, return_counts=True)[1:]
        which = which.ravel()
        chosen = which == counts.argmin() if self.kind == "categorical" else which != counts.argmax()
        return np.bincount(strata, weights=chosen).astype(np.float64)

    def take(self, rows: Codes) -> Variable:
        """Return the variable of the chosen rows, in their order."""
        return Variable(self.name, self.kind, self.values[rows])


def as_variable(values: Any, name: str) -> Variable:
    """Return numbers, truth values, categories or a matrix as a `Variable`.

    Text, truth values and pandas categories are categories; so are numbers with exactly two values. Numbers
    with more are continuous: pass text if they are codes.

    Raises
    ------
    BadValueError
        If a value is missing, infinite or beyond ±1e300, the shape is neither (n,) nor (n, d), or three
        categories or more have fewer than two faces each on average.

    Examples
    --------
    >>> as_variable(["bald", "short", "bald"], "hair").kind
    'binary'
    >>> as_variable([31, 64, 25], "age").kind
    'continuous'
    """
    if is_categorical(values, name):
        codes, categories = coded(values, name)
        if len(categories) <= 2:
            return Variable(name, "binary", codes.astype(np.float64)[:, None])
        _check_categories(categories, len(codes), name)
        return Variable(name, "categorical", one_hot(codes, len(categories)))
    numbers = as_columns(values, name)
    if numbers.ndim == 2 and numbers.shape[1] > 1:
        return Variable(name, "vector", numbers)
    column = numbers.reshape(-1, 1)
    low, high = column.min(), column.max()
    if low < high and ((column == low) | (column == high)).all():
        return Variable(name, "binary", (column == high).astype(np.float64))
    return Variable(name, "continuous", column)


def is_categorical(values: Any, name: str = "Values") -> bool:
    """Whether values are text, truth values or pandas categories; `name` is for messages."""
    if isinstance(values, pd.Series | pd.Index | pd.Categorical) and isinstance(
        values.dtype, pd.CategoricalDtype
    ):
        return True
    series = as_array(values, name)
    return series.ndim == 1 and (series.dtype.kind in "bUST" or _holds_text(series))


def as_array(values: Any, name: str) -> npt.NDArray[Any]:
    """Return `values` as they are; rows of different lengths and masked values raise `BadValueError`."""
    try:
        array = np.asarray(values)
    except ValueError:
        msg = f"{name} must have as many values in every row; got {f'{values!r}':.60}."
        raise BadValueError(msg) from None
    hidden = int(np.ma.getmaskarray(values).sum()) if isinstance(values, np.ma.MaskedArray) else 0
    if hidden:
        msg = f"{name} must be known for every face; {hidden} values are masked. Leave them out."
        raise BadValueError(msg)
    return array


def as_columns(values: Any, name: str) -> Floats:
    """Return finite numbers, (n,) or (n, d) with n, d ≥ 1, whose sums and differences are finite too."""
    array = as_array(values, name)
    if array.ndim == 2 and array.shape[1] > 1:  # one by one, so that a message names the column
        for at, column in enumerate(array.T):
            as_floats(column, f"{name}, column {_column_name(values, at)},")
    numbers = as_floats(array, name)
    if numbers.ndim not in (1, 2) or numbers.size == 0:
        msg = f"{name} has shape (n,) or (n, d), one row per face; got {numbers.shape}."
        raise BadValueError(msg)
    largest = np.abs(numbers).max()
    if largest > LARGEST:
        msg = f"{name} must lie within ±{LARGEST:g}, so that sums are finite; got {largest:g}. Divide it."
        raise BadValueError(msg)
    return numbers


def coded(values: Any, name: str) -> tuple[Codes, list[Any]]:
    """Return the code of each value (n,) and the sorted categories.

    Raises
    ------
    BadValueError
        If one is missing, or they can't be compared, as a list with a text.
    """
    as_array(values, name)
    series = np.asarray(values, dtype=object)  # text beside NaN would turn it into "nan"
    if series.ndim != 1:
        msg = f"{name} has shape (n,), one value per face; got {series.shape}."
        raise BadValueError(msg)
    try:
        codes, categories = pd.factorize(pd.Series(series), sort=True)
    except TypeError:
        kinds = ", ".join(sorted({type(value).__name__ for value in series}))
        msg = f"{name} must be of one kind, text or numbers; got {kinds}."
        raise BadValueError(msg) from None
    missing = int((codes < 0).sum())
    if missing:
        msg = f"{name} must be known for every face; {missing} of {len(codes)} are missing. Leave them out."
        raise BadValueError(msg)
    return codes.astype(np.intp), list(categories)


def one_hot(codes: Codes, count: int) -> Floats:
    """Return one column per category, (n, count) of 0 and 1."""
    columns: Floats = (codes[:, None] == np.arange(count)).astype(np.float64)
    return columns


def z_scores(values: Floats) -> Floats:
    """Return columns with mean 0 and standard deviation 1 (ddof 1); constant columns become 0; (n, d)."""
    spread = np.ptp(values, axis=0)
    moving = spread > 0
    moved = np.where(moving, values - values[:1], 0.0)
    scaled = moved / np.where(moving, spread, 1.0)  # no overflow, no loss
    centred = scaled - scaled.mean(axis=0)
    deviation = np.sqrt((centred**2).sum(axis=0) / max(len(values) - 1, 1))
    z: Floats = centred / np.where(moving, deviation, 1.0)
    return z


def _column_name(values: Any, at: int) -> str:
    """Return the name of a column of a table; its number, from 1, if it has none."""
    return repr(values.columns[at]) if isinstance(values, pd.DataFrame) else str(at + 1)


def _check_categories(categories: list[Any], n: int, name: str) -> None:
    """Raise `BadValueError` if most categories have one face: nothing can be compared between them."""
    if len(categories) * FEWEST_A_CATEGORY <= n:
        return
    instead = "They all read as numbers: give them as numbers" if _numeric(categories) else "Merge categories"
    msg = (
        f"{name} has {len(categories)} categories for {n} faces: with fewer than {FEWEST_A_CATEGORY} faces a "
        f"category there is nothing to compare. {instead}, or leave {name} out."
    )
    raise BadValueError(msg)


def _numeric(categories: list[Any]) -> bool:
    """Whether all categories are numbers or read as such."""
    try:
        np.asarray([str(category) for category in categories]).astype(np.float64)
    except ValueError:
        return False
    return True


def _holds_text(values: npt.NDArray[Any]) -> bool:
    return values.dtype.kind == "O" and any(isinstance(value, str | bool | np.bool_) for value in values)
