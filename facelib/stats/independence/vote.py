"""The vote of cHSIC, RCoT and CMIknn on every pair: their majority, one p, and its notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.corrections import merged_majority
from facelib.stats.independence.base import TESTS
from facelib.stats.independence.result import NOT_RUN

VOTERS = ("chsic", "rcot", "cmiknn")
"""The tests whose majority decides (METHODS, section 4)."""
RULE = (
    "p is 1.5 times the second smallest of the three: valid however they depend on each other, "
    "if each of the three is."
)


def votes(table: pd.DataFrame, pair: Sequence[str], alpha: float) -> pd.DataFrame:
    """Return the vote on every pair, or nothing where a voter isn't among the methods.

    Parameters
    ----------
    table
        One row per pair and test: method, p, n, notes; if known caveats, one per line (`Outcome.caveats`).
    pair
        The columns that name a pair.
    alpha
        Level at which votes are counted.

    Returns
    -------
    pandas.DataFrame
        The pair, method ("vote"), n, p, rejects, votes, notes. A voter that couldn't test a pair counts as
        p = 1. Where one *wasn't run*, or none could test it, p is NaN and votes is NA.

    Raises
    ------
    BadValueError
        If a test has several rows for one pair.
    """
    if not set(VOTERS) <= set(table["method"]):
        return pd.DataFrame()
    columns = [*pair, "method"]
    if table.duplicated(columns).any():
        twice = table.loc[table.duplicated(columns), columns].iloc[0].to_dict()
        msg = f"A vote needs one row per pair and test; several are of {twice}."
        raise BadValueError(msg)
    pairs = table[list(pair)].drop_duplicates(ignore_index=True)
    with_caveats = table if "caveats" in table else table.assign(caveats="")
    rows = {
        voter: pairs.merge(with_caveats[with_caveats["method"] == voter], how="left", on=list(pair))
        for voter in VOTERS
    }
    absent = np.stack([~rows[voter]["method"].notna() | without_run(rows[voter]) for voter in VOTERS])
    p = np.stack([rows[voter]["p"].to_numpy(np.float64) for voter in VOTERS])
    untested = np.isnan(p) & ~absent
    vote = merged_majority(*p, alpha=alpha)
    decided = ~absent.any(axis=0) & ~untested.all(axis=0)
    caveats = [[rows[voter]["caveats"].fillna("").iloc[i] for voter in VOTERS] for i in range(len(pairs))]
    return pairs.assign(
        method="vote",
        n=rows[VOTERS[0]]["n"],
        p=np.where(decided, vote.p_value, np.nan),
        rejects=vote.rejected & decided,
        votes=pd.array(np.where(decided, vote.votes, np.nan), dtype="Int64"),
        notes=[_notes(absent[:, i], untested[:, i], caveats[i]) for i in range(len(pairs))],
    )


def without_run(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which rows have no p because the test wasn't run, though it perhaps could be; (rows,)."""
    said: npt.NDArray[np.bool_] = table["notes"].fillna("").str.startswith(NOT_RUN).to_numpy(np.bool_)
    return said & table["p"].isna().to_numpy()


def _notes(absent: npt.NDArray[np.bool_], untested: npt.NDArray[np.bool_], caveats: Sequence[str]) -> str:
    """Return the notes on the vote on one pair; those that all its voters share appear once."""
    if absent.any():
        return f"{NOT_RUN}: {_titles(absent)} of the three that vote."
    if untested.all():
        return "Not testable: none of the three could test it."
    said = {
        voter: dict.fromkeys(filter(None, lines.split("\n")))
        for voter, lines, left_out in zip(VOTERS, caveats, untested, strict=True)
        if not left_out
    }
    shared = [
        text for text in next(iter(said.values())) if all(text in remaining for remaining in said.values())
    ]
    parts = [RULE]
    if untested.any():
        parts.append(f"Not testable, counted as p = 1: {_titles(untested)}.")
    parts += shared
    for voter, texts in said.items():
        remaining = [text for text in texts if text not in shared]
        parts += [f"{TESTS[voter].title}: {' '.join(remaining)}"] if remaining else []
    return " ".join(parts)


def _titles(chosen: npt.NDArray[np.bool_]) -> str:
    return ", ".join(TESTS[voter].title for voter, take in zip(VOTERS, chosen, strict=True) if take)
