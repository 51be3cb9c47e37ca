"""The shipped calibration table: rejection rates with a known truth, and sentences about them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.utilities.checks import as_number, as_share
from facelib.utilities.wording import percent

COLUMNS: Final = {
    "method": "id of the test; interval and verdict_… (of the mean over identities, margin half a standard "
    "deviation): measured once",
    "scenario": "id of the setting that data were drawn from",
    "title": "the setting in words",
    "n_labels": "labels held fixed; 0: none",
    "n_numbers": "continuous conditioners held fixed",
    "kind": "kind of property: continuous or binary",
    "n": "faces; strengths for shuffle_test, placebos for reference_p",
    "shape": "shape of the effect; none: the hypothesis is true, and the rate is the level",
    "size": "its size, standard deviations of the output's noise",
    "alpha": (
        "nominal level: a data set with p ≤ alpha is rejected; grids reject where p < alpha, which is never "
        "more often"
    ),
    "runs": "data sets",
    "rejected": "data sets that were rejected",
    "rate": "rejected / runs",
    "low": "lower end of its 95 % interval (Clopper-Pearson)",
    "high": "upper end of it",
    "seed": "seed of everything random",
    "version": "version of facelib that measured it",
}
"""Columns of the table, with their meaning."""

FAR: Final = {"n": 3.0, "n_labels": 2.0}
"""Factors above which the nearest that was measured is far from a user's data (our choice)."""
EXCESS: Final = 1.2
"""A level counts as not held where the lower end of a rate lies above so many times α (our choice)."""

UNITS: Final = {
    "shuffle_test": "strengths",
    "reference_p": "placebos",
    **dict.fromkeys(
        ("sign_flip", "sign_flip_less", "interval", "verdict_matters", "verdict_does_not_matter"),
        "identities",
    ),
}
"""What n counts for methods that hold nothing fixed."""


def load_table() -> pd.DataFrame:
    """Return the shipped table; every call returns a copy.

    Examples
    --------
    >>> list(load_table().columns) == list(COLUMNS)
    True
    """
    return _table().copy()


def nearest(
    method: str,
    n: int,
    n_labels: int = 0,
    n_numbers: int = 0,
    kind: str | None = None,
    *,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return the rows measured nearest to a user's data: same kind of conditioner, nearest n.

    Labels and numbers come first (none, some; then the nearest counts), then n on a logarithmic scale. All
    shapes and sizes of effects are returned, for the user can't know which is true.

    Parameters
    ----------
    method
        Id of a test.
    n
        Faces.
    n_labels, n_numbers
        Labels (combinations of labels) and continuous conditioners held fixed.
    kind
        "continuous" or "binary" property; None: both. If nothing was measured for a binary one, the rows of
        continuous ones are returned.
    alpha
        Nominal level, .05 or .01; others get the nearest.

    Returns
    -------
    pandas.DataFrame
        Columns of `COLUMNS`; no row if the method was never measured with such a conditioner.

    Raises
    ------
    BadValueError
        If a count is no count, or alpha doesn't lie between 0 and 1.
    """
    for count, what in ((n, "faces"), (n_labels, "labels"), (n_numbers, "continuous conditioners")):
        as_number(count, f"The number of {what}")
    level = as_share(alpha, "The level alpha")
    if n < 1 or n_labels < 0 or n_numbers < 0:
        msg = f"Faces, labels and numbers are counts; got {n}, {n_labels} and {n_numbers}."
        raise BadValueError(msg)
    table = _table()
    rows = table[table["method"] == method]
    for column, wanted in (("n_labels", _held(n_labels)), ("n_numbers", n_numbers)):
        rows = rows[(rows[column] > 0) == (wanted > 0)]
        rows = _closest(rows, column, wanted)
    if kind is not None:
        same = rows[rows["kind"] == kind]
        rows = same if len(same) else rows[rows["kind"] == "continuous"]
    return _closest(_closest(rows, "n", n), "alpha", level).copy()


def level_note(method: str, n: int, n_labels: int = 0, n_numbers: int = 0) -> str | None:
    """Return a sentence where a test is known not to hold its level near the user's data, else None.

    The worst setting counts: the user can't know how labels and numbers act on property and output.

    Examples
    --------
    >>> note = level_note("partial_correlation", 200, n_numbers=1)
    >>> note[:63]
    'With one continuous conditioner at n ≈ 200 this test rejected b'
    """
    described = _described(method, n, n_labels, n_numbers)
    return None if described is None or described[0] else described[1]


def level_sentence(method: str, n: int, n_labels: int = 0, n_numbers: int = 0) -> str | None:
    """Return how the test held its level near the user's data, good or bad; None if it wasn't measured.

    Examples
    --------
    >>> level_sentence("kcit", 300, n_labels=7)[:41]
    'Held its level in our calibration: reject'
    """
    described = _described(method, n, n_labels, n_numbers)
    return None if described is None else described[1]


@cache
def _table() -> pd.DataFrame:
    file = resources.files("facelib.stats.calibration").joinpath("table.csv")
    with file.open(encoding="utf-8") as lines:
        return pd.read_csv(lines, dtype={"version": str, "size": float})


def _held(n_labels: int) -> int:
    """Return the number of labels held fixed: a single one holds nothing fixed."""
    return n_labels if n_labels > 1 else 0


def _closest(rows: pd.DataFrame, column: str, wanted: float) -> pd.DataFrame:
    """Return the rows whose value is nearest on a logarithmic scale."""
    if rows.empty or wanted == 0:
        return rows
    distance = np.abs(np.log(rows[column].to_numpy(np.float64) / wanted))
    near: pd.DataFrame = rows.loc[distance <= distance.min() + 1e-9]
    return near


@cache
def _described(method: str, n: int, n_labels: int, n_numbers: int) -> tuple[bool, str] | None:
    """Return whether the level is held, and the sentence."""
    rows = nearest(method, n, n_labels, n_numbers)
    rows = rows[rows["shape"] == "none"]
    if rows.empty:
        return None
    alpha, measured = float(rows["alpha"].iloc[0]), int(rows["n"].iloc[0])
    rows = rows.sort_values("rate")
    best, worst = rows.iloc[0], rows.iloc[-1]
    broken = rows[rows["low"] > EXCESS * alpha]
    where = _conditions(method, rows, measured)
    labels, wanted = int(rows["n_labels"].iloc[0]), _held(n_labels)
    apart = labels and max(labels / wanted, wanted / labels) > FAR["n_labels"]
    far = max(n / measured, measured / n) > FAR["n"] or apart or _numbers(rows) != n_numbers
    where += ", the nearest measured" if far else ""
    level = f"{alpha:.2f}".lstrip("0")
    if broken.empty:
        between = _between(float(best["rate"]), float(worst["rate"]))
        count = f"{len(rows)} settings" if len(rows) > 1 else "one setting"
        held = (
            f"Held its level in our calibration: rejected {between} of true nulls at {level} "
            f"({where}; {count})."
        )
        beyond = " More continuous conditioners were never measured: don't rely on it alone."
        return (False, held + beyond) if n_numbers > _numbers(rows) else (True, held)
    rates = f"{percent(worst['rate'])} ({worst['title']})"
    if len(rows) > 1:
        rates = f"between {percent(best['rate'])} ({best['title']}) and {rates}"
    return False, (
        f"With {where}{',' if far else ''} this test rejected {rates} of true nulls at {level} in our "
        "calibration; don't rely on it alone."
    )


def _numbers(rows: pd.DataFrame) -> int:
    """Return how many continuous conditioners were held fixed."""
    return int(rows["n_numbers"].iloc[0])


def _conditions(method: str, rows: pd.DataFrame, n: int) -> str:
    if method in UNITS:
        return f"{n} {UNITS[method]}"
    return f"{_conditioner(rows)} at n ≈ {n}"


def _conditioner(rows: pd.DataFrame) -> str:
    labels, numbers = int(rows["n_labels"].iloc[0]), _numbers(rows)
    described = {
        1: "one continuous conditioner",
        2: "two continuous conditioners",
        5: "five continuous conditioners",
    }
    parts = [f"{labels} labels"] * (labels > 0) + [
        described.get(numbers, f"{numbers} continuous conditioners")
    ] * (numbers > 0)
    return " and ".join(parts) or "nothing held fixed"


def _between(low: float, high: float) -> str:
    one, other = percent(low), percent(high)
    return one if one == other else f"{one} to {other}"
