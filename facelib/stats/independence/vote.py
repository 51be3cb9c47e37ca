"""Which test decides, and a vote of three tests, which decides where it is chosen by name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.stats.independence.result import NOT_RUN

PAPER: Final = "paper"
"""What chooses the vote, for comparison with counts of votes: ``methods="paper"``."""
VOTE: Final = "vote"
"""Method of the vote's rows."""
VOTERS: Final = ("chsic", "rcot", "cmiknn")
"""The tests that vote: two of three decide."""
DECIDERS: Final = (VOTE, "chsic", "kcit")
"""Who decides, the first that is there: a vote that was asked for; cHSIC; KCIT, where a number is held
fixed."""
FACTOR: Final = 1.5
"""By how much the vote's p is larger than the second smallest of its tests, at most (Rüger 1978)."""
RULE: Final = (
    f"Rejects where two of three do. p is {FACTOR} times the second smallest of the three: valid however "
    "they depend on each other, if each of the three is."
)


def votes(methods: object) -> bool:
    """Return whether these methods are the paper's three and their vote.

    >>> votes("paper"), votes(["chsic"]), votes(None)
    (True, False, False)
    """
    return isinstance(methods, str) and methods == PAPER


def draws_needed(methods: object, pairs: int, alpha: float) -> int:
    """Return how many permutations a p takes to survive Holm's correction over so many pairs.

    >>> draws_needed(None, 56, 0.01), draws_needed("paper", 56, 0.01)
    (5600, 8400)
    """
    return math.ceil((FACTOR if votes(methods) else 1.0) * pairs / alpha)


def default(*, categorical: bool) -> str:
    """Return the id of the test that is run where none is named: cHSIC, or KCIT where numbers are held fixed.

    >>> default(categorical=True), default(categorical=False)
    ('chsic', 'kcit')
    """
    return "chsic" if categorical else "kcit"


def deciding(methods: Iterable[str]) -> str:
    """Return which of the methods decides: see `DECIDERS`; else the first.

    >>> deciding(["kcit", "chsic"]), deciding(["rcot", "chsic", "cmiknn", "vote"]), deciding(["rcot"])
    ('chsic', 'vote', 'rcot')
    """
    there = list(methods)
    return next((method for method in DECIDERS if method in there), there[0])


def vote(tables: Sequence[pd.DataFrame], alpha: float) -> pd.DataFrame:
    """Return the vote of three tests on every pair, one row each.

    Its level is up to 1.5 · α, whatever its tests have in common.

    Parameters
    ----------
    tables
        One per test, the same pairs in the same order: property, output, n, p, notes.
    alpha
        Level of each of the three.

    Returns
    -------
    pandas.DataFrame
        property, output, n, method, statistic (how many reject), p, rejects, n_permutations, notes. A test
        that couldn't test a pair counts as p = 1. Where one *wasn't run*, or none could test it, p is NaN.
    """
    p = np.stack([table["p"].to_numpy(np.float64) for table in tables])
    absent: npt.NDArray[np.bool_] = np.logical_or.reduce([without_run(table) for table in tables])
    decided = ~(absent | np.logical_and.reduce(np.isnan(p)))
    second = np.sort(np.where(np.isnan(p), 1.0, p), axis=0)[1]
    return tables[0][["property", "output", "n"]].assign(
        method=VOTE,
        statistic=np.where(decided, (p < alpha).sum(axis=0), np.nan),
        p=np.where(decided, np.minimum(FACTOR * second, 1.0), np.nan),
        rejects=decided & (second < alpha),
        n_permutations=0,
        notes=[
            RULE if known else f"{NOT_RUN}: not all of its tests were." if left else "Not testable."
            for known, left in zip(decided, absent, strict=True)
        ],
    )


def without_run(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which rows have no p because the test wasn't run, though it perhaps could be; (rows,)."""
    said: npt.NDArray[np.bool_] = table["notes"].fillna("").str.startswith(NOT_RUN).to_numpy(np.bool_)
    return said & table["p"].isna().to_numpy()
