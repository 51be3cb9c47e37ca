"""How often tests were wrong where the truth is known: rows of the shipped table, and sentences."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from facelib import data
from facelib.errors import BadValueError
from facelib.stats.shuffle import SMALLEST_P
from facelib.utilities.checks import as_count, as_number, as_share
from facelib.utilities.wording import percent

__all__ = ["level_note", "level_sentence", "nearest", "order_sentence", "reference_sentence"]

FAR: Final = {"n": 3.0, "n_labels": 2.0}
"""Factors above which the nearest that was measured is far from a user's data (our choice)."""
EXCESS: Final = 1.2
"""A level counts as not held where the lower end of a rate lies above so many times α (our choice)."""
DRIFTS: Final = {"ar1_6": "AR(1), ρ = .6", "ar1_9": "ρ = .9"}
"""Drifts without a trend, in the sentence about the order test."""
COUNTS: Final = {0: "", 1: "one continuous conditioner"} | {
    count: f"{word} continuous conditioners" for count, word in ((2, "two"), (5, "five"))
}


def nearest(
    method: str, n: int, n_labels: int = 0, n_numbers: int = 0, *, alpha: float = 0.05
) -> pd.DataFrame:
    """Return the rows measured nearest to a user's data: same kind of conditioner, nearest n.

    Labels and numbers come first (none, some; then the nearest counts), then n on a logarithmic scale. All
    shapes and sizes of effects are returned, for the user can't know which is true.

    Parameters
    ----------
    method
        Id of a test.
    n
        Faces; strengths for the order test, placebos for the placebo p.
    n_labels, n_numbers
        Labels (combinations of labels) and continuous conditioners held fixed.
    alpha
        Nominal level, .05 or .01; others get the nearest.

    Returns
    -------
    pandas.DataFrame
        Rows of ``data.table("calibration")``, whose columns ``data.about`` explains; no row if the method was
        never measured with such a conditioner.

    Raises
    ------
    BadValueError
        If a count is no count, or alpha doesn't lie between 0 and 1.

    Examples
    --------
    >>> nearest("chsic", 230, n_labels=7)["n"].unique().tolist()
    [200]
    """
    for count, what in ((n, "faces"), (n_labels, "labels"), (n_numbers, "continuous conditioners")):
        as_number(count, f"The number of {what}")
    level = as_share(alpha, "The level alpha")
    if n < 1 or n_labels < 0 or n_numbers < 0:
        msg = f"Faces, labels and numbers are counts; got {n}, {n_labels} and {n_numbers}."
        raise BadValueError(msg)
    rows = _table()
    rows = rows[rows["method"] == method]
    for column, wanted in (("n_labels", _held(n_labels)), ("n_numbers", n_numbers)):
        rows = rows[(rows[column] > 0) == (wanted > 0)]
        rows = _closest(rows, column, wanted)
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
    held, sentence = _described(method, n, n_labels, n_numbers)
    return None if held else sentence


def level_sentence(method: str, n: int, n_labels: int = 0, n_numbers: int = 0) -> str | None:
    """Return how the test held its level near the user's data, good or bad; None if it wasn't measured.

    Examples
    --------
    >>> level_sentence("kcit", 300, n_labels=7)[:41]
    'Held its level in our calibration: reject'
    """
    return _described(method, n, n_labels, n_numbers)[1]


def order_sentence(n: int, alpha: float = 0.05) -> str | None:
    """Return how often the shuffle test rejects series without a trend, near a user's number of strengths.

    Where the user's own number is too small for a curve that goes one way, or for any, it says so.

    Parameters
    ----------
    n
        Strengths.
    alpha
        Nominal level, .05 or .01; others get the nearest.

    Returns
    -------
    str or None
        None if it wasn't measured.

    Raises
    ------
    BadValueError
        If `n` isn't a count.

    Examples
    --------
    >>> order_sentence(21)[:66]
    'At 21 strengths the order test rejected 5.9 % of series without or'
    """
    rows = _true(nearest("shuffle_test", as_count(n, "The number of strengths"), alpha=alpha))
    rates = rows.set_index("scenario")["rate"]
    if not {"independent", *DRIFTS} <= set(rates.index):
        return None
    drifts = " and ".join(f"{percent(rates[name])} ({words})" for name, words in DRIFTS.items())
    level = _plain(rows["alpha"].iloc[0])
    return (
        f"At {_measured(n, rows, 'strengths')} the order test rejected {percent(rates['independent'])} of "
        f"series without order at {level}, but {drifts} of smooth drifts without a trend: order isn't size."
        f"{_too_few(n, float(rows['alpha'].iloc[0]))}"
    )


def reference_sentence(n: int, kinds: int, alpha: float = 0.05) -> str | None:
    """Return how often the placebo p calls a placebo unusual, near a user's number of them.

    Parameters
    ----------
    n
        Placebos.
    kinds
        Kinds of them. Unequally loud ones count: the user can't know that hers are equally loud.
    alpha
        Nominal level, .05 or .01; others get the nearest.

    Returns
    -------
    str or None
        None if it wasn't measured.

    Raises
    ------
    BadValueError
        If `n` or `kinds` isn't a count.

    Examples
    --------
    >>> reference_sentence(99, 3)[-60:]
    'for 11 % of placebos of another kind: such a p is too small.'
    """
    changes, wanted = as_count(n, "The number of changes"), as_count(kinds, "The number of kinds")
    rows = _true(nearest("reference_p", changes, alpha=alpha))
    rows = rows[~rows["scenario"].str.endswith("_equal")]
    if rows.empty:
        return None
    counts = rows["scenario"].str.extract(r"kinds_(\d+)")[0].astype(int).to_numpy()
    place = int(np.abs(np.log(counts / wanted)).argmin())
    row, count = rows.iloc[place], int(counts[place])
    near = "" if count == wanted else f" (nearest measured to {wanted})"
    broken = row["low"] > EXCESS * row["alpha"]
    return (
        f"With {_measured(changes, rows, 'placebos')} of {count} kinds{near}, unequally loud, the placebo p "
        f"was ≤ {_plain(row['alpha'])} for {percent(row['rate'])} of placebos of another kind"
        f"{': such a p is too small' if broken else ''}."
    )


@cache
def _table() -> pd.DataFrame:
    return data.table("calibration")


@cache
def _described(method: str, n: int, n_labels: int, n_numbers: int) -> tuple[bool, str | None]:
    """Return whether the level is held as far as is known, and the sentence."""
    rows = _true(nearest(method, n, n_labels, n_numbers)).sort_values("rate")
    if rows.empty:
        return True, None
    best, worst = rows.iloc[0], rows.iloc[-1]
    alpha, level = float(worst["alpha"]), _plain(worst["alpha"])
    labels, numbers, measured = (int(worst[name]) for name in ("n_labels", "n_numbers", "n"))
    wanted = _held(n_labels)
    far = max(n / measured, measured / n) > FAR["n"] or numbers != n_numbers
    far |= labels > 0 and max(labels / wanted, wanted / labels) > FAR["n_labels"]
    where = f"{_conditioner(labels, numbers)} at n ≈ {measured}{', the nearest measured' if far else ''}"
    lowest, highest = percent(best["rate"]), percent(worst["rate"])
    if (rows["low"] > EXCESS * alpha).any():
        rates = f"{highest} ({worst['title']})"
        if len(rows) > 1:
            rates = f"between {lowest} ({best['title']}) and {rates}"
        return False, (
            f"With {where}{',' if far else ''} this test rejected {rates} of true nulls at {level} in our "
            "calibration; don't rely on it alone."
        )
    between = lowest if lowest == highest else f"{lowest} to {highest}"
    count = f"{len(rows)} settings" if len(rows) > 1 else "one setting"
    held = (
        f"Held its level in our calibration: rejected {between} of true nulls at {level} ({where}; {count})."
    )
    if n_numbers > numbers:
        return False, f"{held} More continuous conditioners were never measured: don't rely on it alone."
    return True, held


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


def _conditioner(labels: int, numbers: int) -> str:
    parts = [f"{labels} labels" if labels else "", COUNTS.get(numbers, f"{numbers} continuous conditioners")]
    return " and ".join(filter(None, parts)) or "nothing held fixed"


def _too_few(n: int, alpha: float) -> str:
    """Describe what the order test can't find with n strengths; an order and its reversal have one EPGM."""
    one_way, least, level = SMALLEST_P.get(n, 0.0), 2 / math.factorial(n), _plain(alpha)
    if one_way <= alpha:
        return ""
    if least > alpha:
        return (
            f" With {n} strengths no curve has a p below {_short(least)}: none can be significant at {level}."
        )
    return (
        f" With {n} strengths a curve that only rises or falls can't have a p below {_short(one_way)}, "
        f"though a zigzag can: it can't be significant at {level}."
    )


def _true(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in which the null hypothesis is true."""
    return rows[rows["shape"] == "none"]


def _measured(n: int, rows: pd.DataFrame, unit: str) -> str:
    measured = int(rows["n"].iloc[0])
    return f"{measured} {unit}{'' if measured == n else f' (nearest measured to {n})'}"


def _plain(alpha: float) -> str:
    return f"{alpha:.2f}".lstrip("0")


def _short(p: float) -> str:
    return f"{p:.2g}".removeprefix("0")
