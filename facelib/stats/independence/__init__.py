"""Tests of independence of an output and a property given the label, one file per test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.stats.independence.base import TESTS, IndependenceTest, Prepared, register
from facelib.stats.independence.grid import COLUMNS, independence_grid
from facelib.stats.independence.kcit.kcit import Kcit
from facelib.stats.independence.partial_correlation import PartialCorrelation
from facelib.stats.independence.permutation.chsic import Chsic
from facelib.stats.independence.permutation.cmiknn import Cmiknn
from facelib.stats.independence.rcot import Rcot
from facelib.stats.independence.result import TestResult
from facelib.stats.independence.shares import share_significant
from facelib.stats.independence.single import independence_test
from facelib.utilities.lazy import listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "COLUMNS",
    "TESTS",
    "Chsic",
    "Cmiknn",
    "IndependenceTest",
    "Kcit",
    "PartialCorrelation",
    "Prepared",
    "Rcot",
    "TestResult",
    "available",
    "get",
    "independence_grid",
    "independence_test",
    "register",
    "share_significant",
    "table",
]

__dir__ = listing(__all__)


def get(id: str) -> type[IndependenceTest]:  # noqa: A002
    """Return the test that is registered under `id`.

    Raises
    ------
    UnknownNameError
        If no test has this id.

    Examples
    --------
    >>> get("kcit").__name__
    'Kcit'
    """
    return TESTS[id]


def available() -> list[str]:
    """Return the ids of the tests."""
    return TESTS.names()


def table() -> pd.DataFrame:
    """Return the tests, one row each.

    Returns
    -------
    pandas.DataFrame
        Columns id, title, null (analytic or by permutation), cost (low, medium, high), conditioners (kinds of
        labels or numbers that can be held fixed), draws (permutations unless asked otherwise).

    Examples
    --------
    >>> table().set_index("id").loc["kcit", "title"]
    'KCIT'
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "id": test.id,
                "title": test.title,
                "null": test.null,
                "cost": test.cost,
                "conditioners": ", ".join(sorted(test.conditioners)),
                "draws": test.draws,
            }
            for test in map(get, TESTS)
        ]
    )
