"""Votes of three tests on every pair, one of exact tests and the former one: one p each, and its notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.corrections import merged_majority
from facelib.stats.independence.base import TESTS
from facelib.stats.independence.result import NOT_RUN

VOTERS: Final = ("chsic", "rcot", "cmiknn")
"""The tests of the former vote (the group's practice, as we remember it), whose majority decides."""
EXACT_VOTERS: Final = ("chsic", "within_dcov", "within_rff")
"""The tests of the vote that decides where labels alone are held fixed: each is exact there."""
VOTES: Final = {"exact_vote": EXACT_VOTERS, "vote": VOTERS}
"""The votes by their ids; the first of those that were cast decides."""
TITLES: Final = {"exact_vote": "vote of three exact tests", "vote": "vote"}
FACTOR: Final = 1.5
"""By how much the p of a vote is larger than the second smallest of its tests, at most."""
RULE: Final = (
    f"p is {FACTOR} times the second smallest of the three: valid however they depend on each other, "
    "if each of the three is."
)


def deciding(methods: Iterable[str]) -> str:
    """Return which of the methods decides: the vote of exact tests, else the former one, else the first.

    >>> deciding(["kcit", "vote", "exact_vote"]), deciding(["kcit", "vote"]), deciding(["kcit", "chsic"])
    ('exact_vote', 'vote', 'kcit')
    """
    there = list(methods)
    return next((vote for vote in VOTES if vote in there), there[0])


def cast(methods: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the votes whose three tests are all among the methods.

    >>> list(cast(["chsic", "within_dcov", "within_rff", "kcit"]))
    ['exact_vote']
    """
    there = set(methods)
    return {vote: voters for vote, voters in VOTES.items() if there.issuperset(voters)}


def votes(table: pd.DataFrame, pair: Sequence[str], alpha: float) -> pd.DataFrame:
    """Return the votes on every pair: those whose three tests are all among the methods.

    The former vote rejects where two of its tests do at α: its level is up to 1.5 · α. The vote of exact
    tests rejects where its p is below α.

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
        The pair, method (an id of `VOTES`), n, p, rejects, votes, notes. A voter that couldn't test a pair
        counts as p = 1. Where one *wasn't run*, or none could test it, p is NaN and votes is NA.

    Raises
    ------
    BadValueError
        If a test has several rows for one pair.
    """
    columns = [*pair, "method"]
    if table.duplicated(columns).any():
        twice = table.loc[table.duplicated(columns), columns].iloc[0].to_dict()
        msg = f"A vote needs one row per pair and test; several are of {twice}."
        raise BadValueError(msg)
    pairs = table[list(pair)].drop_duplicates(ignore_index=True)
    with_caveats = table if "caveats" in table else table.assign(caveats="")
    counted = [_count(with_caveats, pairs, vote, alpha) for vote in cast(table["method"])]
    return pd.concat(counted, ignore_index=True) if counted else pd.DataFrame()


def _count(table: pd.DataFrame, pairs: pd.DataFrame, method: str, alpha: float) -> pd.DataFrame:
    """Return one vote on every pair."""
    voters = VOTES[method]
    rows = {
        voter: pairs.merge(table[table["method"] == voter], how="left", on=list(pairs)) for voter in voters
    }
    absent = np.stack([~rows[voter]["method"].notna() | without_run(rows[voter]) for voter in voters])
    p = np.stack([rows[voter]["p"].to_numpy(np.float64) for voter in voters])
    untested = np.isnan(p) & ~absent
    vote = merged_majority(*p, alpha=alpha)
    decided = ~absent.any(axis=0) & ~untested.all(axis=0)
    caveats = [[rows[voter]["caveats"].fillna("").iloc[i] for voter in voters] for i in range(len(pairs))]
    rejected = vote.rejected if voters == VOTERS else np.asarray(vote.p_value) < alpha
    return pairs.assign(
        method=method,
        n=rows[voters[0]]["n"],
        p=np.where(decided, vote.p_value, np.nan),
        rejects=rejected & decided,
        votes=pd.array(np.where(decided, vote.votes, np.nan), dtype="Int64"),
        notes=[_notes(voters, absent[:, i], untested[:, i], caveats[i]) for i in range(len(pairs))],
    )


def without_run(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which rows have no p because the test wasn't run, though it perhaps could be; (rows,)."""
    said: npt.NDArray[np.bool_] = table["notes"].fillna("").str.startswith(NOT_RUN).to_numpy(np.bool_)
    return said & table["p"].isna().to_numpy()


def _notes(
    voters: Sequence[str],
    absent: npt.NDArray[np.bool_],
    untested: npt.NDArray[np.bool_],
    caveats: Sequence[str],
) -> str:
    """Return the notes on a vote on one pair; those that all its voters share appear once."""
    if absent.any():
        return f"{NOT_RUN}: {_titles(voters, absent)} of the three that vote."
    if untested.all():
        return "Not testable: none of the three could test it."
    said = {
        voter: dict.fromkeys(filter(None, lines.split("\n")))
        for voter, lines, left_out in zip(voters, caveats, untested, strict=True)
        if not left_out
    }
    shared = [
        text for text in next(iter(said.values())) if all(text in remaining for remaining in said.values())
    ]
    parts = [RULE]
    if untested.any():
        parts.append(f"Not testable, counted as p = 1: {_titles(voters, untested)}.")
    parts += shared
    for voter, texts in said.items():
        remaining = [text for text in texts if text not in shared]
        parts += [f"{TESTS[voter].title}: {' '.join(remaining)}"] if remaining else []
    return " ".join(parts)


def _titles(voters: Sequence[str], chosen: npt.NDArray[np.bool_]) -> str:
    return ", ".join(TESTS[voter].title for voter, take in zip(voters, chosen, strict=True) if take)
