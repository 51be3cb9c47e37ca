"""Sentences about the calibration of the tests of one face: the order test and the placebo p."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pandas as pd

from facelib.stats.calibration.table import EXCESS, UNITS, nearest
from facelib.stats.shuffle import SMALLEST_P
from facelib.utilities.checks import as_count
from facelib.utilities.wording import percent

ORDER: Final = "shuffle_test"
PLACEBO_P: Final = "reference_p"
NO_ORDER: Final = "independent"
DRIFTS: Final = {"ar1_6": "AR(1), ρ = .6", "ar1_9": "ρ = .9"}  # the two in the sentence
EQUAL: Final = "_equal"  # ends the id of kinds that are equally loud: nobody knows that of his own


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
    rows = _true(nearest(ORDER, as_count(n, "The number of strengths"), alpha=alpha))
    rates = {str(name): float(rate) for name, rate in zip(rows["scenario"], rows["rate"], strict=True)}
    if not {NO_ORDER, *DRIFTS} <= set(rates):
        return None
    drifts = " and ".join(f"{percent(rates[name])} ({words})" for name, words in DRIFTS.items())
    return (
        f"At {_measured(n, rows)} the order test rejected {percent(rates[NO_ORDER])} of series without order "
        f"at {_level(rows)}, but {drifts} of smooth drifts without a trend: order isn't size."
        f"{_too_few(n, rows)}"
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
    rows = _true(nearest(PLACEBO_P, changes, alpha=alpha))
    rows = rows[~rows["scenario"].str.endswith(EQUAL)]
    if rows.empty:
        return None
    counts = rows["scenario"].str.extract(r"kinds_(\d+)")[0].astype(int).to_numpy()
    place = int(np.abs(np.log(counts / wanted)).argmin())
    row, count = rows.iloc[place], int(counts[place])
    near = "" if count == wanted else f" (nearest measured to {wanted})"
    broken = row["low"] > EXCESS * row["alpha"]
    return (
        f"With {_measured(changes, rows)} of {count} kinds{near}, unequally loud, the placebo p was ≤ "
        f"{_level(rows)} for {percent(row['rate'])} of placebos of another kind"
        f"{': such a p is too small' if broken else ''}."
    )


def _too_few(n: int, rows: pd.DataFrame) -> str:
    """Describe what the order test can't find with n strengths; an order and its reversal have one EPGM."""
    alpha, one_way = float(rows["alpha"].iloc[0]), SMALLEST_P.get(n, 0.0)
    if one_way <= alpha:
        return ""
    least, level = 2 / math.factorial(n), _level(rows)
    if least > alpha:
        return (
            f" With {n} strengths no curve has a p below {_short(least)}: none can be significant at {level}."
        )
    return (
        f" With {n} strengths a curve that only rises or falls can't have a p below {_short(one_way)}, "
        f"though a zigzag can: it can't be significant at {level}."
    )


def _short(p: float) -> str:
    return f"{p:.2g}".removeprefix("0")


def _true(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in which the null hypothesis is true."""
    return rows[rows["shape"] == "none"]


def _measured(n: int, rows: pd.DataFrame) -> str:
    measured = int(rows["n"].iloc[0])
    near = "" if measured == n else f" (nearest measured to {n})"
    return f"{measured} {UNITS[str(rows['method'].iloc[0])]}{near}"


def _level(rows: pd.DataFrame) -> str:
    return f"{rows['alpha'].iloc[0]:.2f}".lstrip("0")
