"""Shares of classifier outputs that go with a property: raw, corrected, beside chance and sizes."""

from __future__ import annotations

import pandas as pd

from facelib.errors import BadValueError, check_kind
from facelib.stats.independence.vote import FACTOR, VOTE

SENTENCE = (
    "Share of tests that reject at {alpha:g} with n = {n}; about {alpha:g} is expected if nothing matters; "
    "it rises with n and says nothing about size."
)
"""Stands beside every share (METHODS, introduction)."""

OF_VOTES = (
    "Share of outputs on which the vote rejects at {alpha:g} with n = {n}; if nothing matters, at most "
    "{most:g} is expected, whatever its three tests have in common, and mostly far less; it rises with n and "
    "says nothing about size."
)
"""Stands beside the vote's share: two of three p lie below α in 3α / 2 of all cases at most."""

COLUMNS = {
    "property": "name of the property",
    "method": "id of the test, or vote",
    "tests": "outputs that could be tested",
    "significant": "how many of them reject at alpha",
    "share": "significant / tests",
    "share_holm": "the same with Holm over the whole grid",
    "share_bh": "the same with Benjamini-Hochberg",
    "share_large": "share of outputs with explained >= delta",
    "large_low": "5 % quantile of share_large over random halves of the people, centred on it",
    "large_high": "95 % quantile",
    "null_share": "share for a property of random numbers; NaN if the grid has none",
    "null_large": "share_large for that property",
    "largest": "whether no other property has a larger share with this method",
    "n": "rows tested",
    "alpha": "level",
    "delta": "margin for explained",
    "sentence": "how to read the share",
}
"""Columns of what `share_significant` returns, with their meaning."""


def share_significant(grid: pd.DataFrame) -> pd.DataFrame:
    """Count, for each property and test, the outputs whose test rejects.

    A count of (classifier × class) tests for one property is how the group reports its results. It never
    stands alone: beside it are the shares after correction, the share of effects that aren't tiny with an
    interval over people, and the same shares for a property of random numbers.

    Parameters
    ----------
    grid
        What `independence_grid` returned, with ``null_property=True`` for the last two.

    Returns
    -------
    pandas.DataFrame
        One row per property and method with the columns of `COLUMNS`; the random property isn't a row.

    Raises
    ------
    BadValueError
        If the table isn't a grid.
    """
    check_kind(grid, pd.DataFrame, "A table from independence_grid")
    needed = {"property", "method", "p", "rejects", "p_holm", "p_bh", "explained", "null_property", "alpha"}
    if missing := needed - set(grid.columns):
        msg = f"A table from independence_grid is needed; it lacks {', '.join(sorted(missing))}."
        raise BadValueError(msg)
    null = {str(method): _counts(rows) for method, rows in grid[grid["null_property"]].groupby("method")}
    rows = []
    for (name, method), cells in grid[~grid["null_property"]].groupby(["property", "method"], sort=False):
        counts, chance = _counts(cells), null.get(str(method), {})
        first = cells.iloc[0]
        rows.append(
            {"property": name, "method": method}
            | counts
            | {
                "null_share": chance.get("share", float("nan")),
                "null_large": chance.get("share_large", float("nan")),
                **{key: first[key] for key in ("large_low", "large_high", "n", "alpha", "delta")},
                "sentence": (OF_VOTES if method == VOTE else SENTENCE).format(
                    alpha=first["alpha"], n=int(first["n"]), most=FACTOR * first["alpha"]
                ),
            }
        )
    table = pd.DataFrame(rows)
    table["largest"] = table["share"] == table.groupby("method")["share"].transform("max")
    return table[list(COLUMNS)]


def _counts(cells: pd.DataFrame) -> dict[str, float]:
    tested = cells[cells["p"].notna()]
    alpha = cells["alpha"].iloc[0]
    sized = cells["explained"].dropna()
    return {
        "tests": len(tested),
        "significant": int(tested["rejects"].sum()),
        "share": tested["rejects"].mean() if len(tested) else float("nan"),
        "share_holm": (tested["p_holm"] < alpha).mean() if len(tested) else float("nan"),
        "share_bh": (tested["p_bh"] < alpha).mean() if len(tested) else float("nan"),
        "share_large": (sized >= cells["delta"].iloc[0]).mean() if len(sized) else float("nan"),
    }
