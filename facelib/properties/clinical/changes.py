"""What changed between two sessions of a person, beside the smallest change that is more than error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facelib.errors import BadValueError
from facelib.faces.conditions import conditions
from facelib.properties.clinical.moved import RATIO
from facelib.utilities.wording import counted, listed

if TYPE_CHECKING:
    import pandas as pd

SESSIONS: Final = 2
PLACES: Final = ("first", "second")
MORE, NOT_MORE = "more than error", "not more than error"
CHANGE_COLUMNS: Final = {
    "person": "who is shown",
    "side": "left, right: the person's own; difference: left minus right; weak/strong: the ratio of both",
    "first": "session that is subtracted",
    "second": "session that it is subtracted from",
    "change": "second minus first, in widths of the person's iris; of weak/strong that of the ratio",
    "change_mm": "the same in millimetres",
    "smallest_change": "smallest detectable change of one person: the larger one of both sessions",
    "smallest_change_mm": "the same in millimetres",
    "smallest_from": "what it comes from: retests in this set, or technical error on rendered heads",
    "verdict": f"{MORE} or {NOT_MORE}, in mm where they are known; no clinical improvement; empty: unknown",
    "missing": "why something of this row is missing",
}
"""Columns of `Displacements.changes`, with their meaning."""


def order_of(sessions: Sequence[str], order: Sequence[str] | None) -> tuple[str, str] | None:
    """Return the two sessions that are compared, the first one first; None if there aren't two.

    Parameters
    ----------
    sessions
        Those that there are.
    order
        Two of them, as they are named. None: there are two; words of a beginning come first, as in a study
        of pairs.

    Raises
    ------
    BadValueError
        If the order isn't two of the sessions.

    Examples
    --------
    >>> order_of(["nach", "vor"], None), order_of(["1", "2"], ["2", "1"]), order_of(["1", "2", "3"], None)
    (('vor', 'nach'), ('2', '1'), None)
    """
    if order is None:
        return conditions(sessions) if len(sessions) == SESSIONS else None
    if len(set(order)) != SESSIONS or len(order) != SESSIONS or not set(order) <= set(sessions):
        there = listed(list(map(repr, sessions))) or "none"
        msg = f"The order names two sessions, the first one first; got {list(order)!r:.80}, there is {there}."
        raise BadValueError(msg, hint="order=('before', 'after'); facelib measure … --order before,after.")
    first, second = order
    return first, second


def changes_of(table: pd.DataFrame, order: tuple[str, str] | None, kept: Sequence[str] = ()) -> pd.DataFrame:
    """Return what changed from the first session to the second: `CHANGE_COLUMNS`, a row per person and side.

    Parameters
    ----------
    table
        As of `Displacements.table`.
    order
        The sessions; None: nothing is compared.
    kept
        Columns of it whose values in either session stand beside: first_…, second_….
    """
    import pandas as pd

    rows = [] if order is None else list(_rows(table, order, kept))
    beside = [f"{place}_{name}" for name in kept for place in PLACES]
    return pd.DataFrame(rows, columns=[*CHANGE_COLUMNS, *beside])


def _rows(table: pd.DataFrame, order: tuple[str, str], kept: Sequence[str]) -> Iterator[dict[str, Any]]:
    known: dict[tuple[str, str, str], Mapping[str, Any]] = {
        (str(row["person"]), str(row["side"]), str(row["session"])): {str(key): row[key] for key in row}
        for row in table.to_dict("records")
    }
    there = table[table["session"].isin(order)]
    for person, side in there[["person", "side"]].drop_duplicates().itertuples(index=False, name=None):
        both = [known.get((person, side, when)) for when in order]
        beside = {
            f"{place}_{name}": None if row is None else row[name]
            for place, row in zip(PLACES, both, strict=True)
            for name in kept
        }
        about = {"person": person, "side": side, **dict(zip(PLACES, order, strict=True))}
        yield about | _change(both, order) | beside


def _change(both: Sequence[Mapping[str, Any] | None], order: tuple[str, str]) -> dict[str, Any]:
    """Return the change of one person and side."""
    first, second = both
    if first is None or second is None:
        lost = order[0] if first is None else order[1]
        return {"smallest_from": "", "verdict": "", "missing": f"session {lost!r} isn't measured"}
    reasons = [
        f"{when}: {row['missing']}"
        for when, row in zip(order, (first, second), strict=True)
        if row["missing"]
    ]
    if first["side"] == RATIO and first["weak"] != second["weak"]:
        why = "the weak side isn't the same in both sessions"
        return {"smallest_from": "", "verdict": "", "missing": "; ".join([*reasons, why])}
    found = {
        "change": second["value"] - first["value"],
        "change_mm": second["mm"] - first["mm"],
        **{name: _larger(first[name], second[name]) for name in ("smallest_change", "smallest_change_mm")},
    }
    verdicts = [
        MORE if abs(found[f"change{unit}"]) > found[f"smallest_change{unit}"] else NOT_MORE
        for unit in ("_mm", "")
        if np.isfinite([found[f"change{unit}"], found[f"smallest_change{unit}"]]).all()
    ]
    source = first["smallest_from"] if verdicts else ""
    if not verdicts and np.isfinite(found["change"]):
        reasons.append("the smallest change isn't known")
    verdict = verdicts[0] if verdicts else ""
    return found | {"smallest_from": source, "verdict": verdict, "missing": "; ".join(reasons)}


def _larger(one: float, other: float) -> float:
    """Return the larger of two; NaN if one isn't known."""
    return float(np.maximum(one, other))


def said_of(changes: pd.DataFrame, sessions: Sequence[str], *, guessed: bool) -> Iterator[str]:
    """Say which sessions were compared, how many changes are more than error, and what that isn't.

    Parameters
    ----------
    changes
        As of `changes_of`.
    sessions
        Those that there are.
    guessed
        Whether which comes first was guessed from their names.
    """
    if len(sessions) > SESSIONS and changes.empty:
        yield (
            f"No change is calculated: there are {len(sessions)} sessions. Name two of them, the first one "
            "first (order)."
        )
    if changes.empty:
        return
    first, second = changes.loc[changes.index[0], ["first", "second"]]
    judged = changes[changes["verdict"] != ""]
    people = counted(changes.loc[changes["change"].notna(), "person"].nunique(), "person", "people")
    guess = " Which is first was guessed from their names: order says it." if guessed else ""
    yield (
        f"Changes, {second} minus {first}, of {people}: {(judged['verdict'] == MORE).sum()} of "
        f"{counted(len(judged), 'row')} more than error, by the larger smallest change of both sessions. "
        f"That is no clinical improvement.{guess}"
    )
