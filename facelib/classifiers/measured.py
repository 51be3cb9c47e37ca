"""Measurements of classifiers on rendered faces, in words for their cards."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facelib import data

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Named:
    """How rendered faces that show one emotion were named.

    Attributes
    ----------
    emotion
        What they show.
    n
        Faces.
    right, low, high
        Share that was named so, with its 95 % interval by Wilson.
    instead, share
        What was named most often in its place, and on which share of the faces; "" and 0 if nothing was.
    """

    emotion: str
    n: int
    right: float
    low: float
    high: float
    instead: str
    share: float


def by_expression(sha256: str) -> tuple[Named, ...]:
    """Return how the faces of each expression were named by the file with this hash; empty if none were read.

    Examples
    --------
    >>> by_expression("of no file")
    ()
    """
    own = _measured(sha256)
    answers = own[own["what"] == "confusion"]
    return tuple(_named(str(emotion), rows) for emotion, rows in answers.groupby("row", sort=False))


def sentences(sha256: str) -> list[tuple[str, str]]:
    """Return name and words of what was measured of the file with this hash; nothing if nothing was.

    Parameters
    ----------
    sha256
        Hash of the file with the weights: other weights under the same name behave otherwise.
    """
    own = _measured(sha256)
    if own.empty:
        return []
    shown = _table().query("what == 'population'").iloc[0]
    lines = {
        "on": f"{shown['row']} (facelib {shown['column']}); no photographs",
        "accuracy": _accuracy(own),
        "calibration": _calibration(own),
        "mistakes": _mistakes(own),
    }
    groups = own[(own["what"] == "accuracy") & (own["column"] != "")]
    for group, rows in groups.groupby("row", sort=False):
        shares = ", ".join(f"{row['column']}: {_percent(row['value'])}" for _, row in rows.iterrows())
        lines[f"accuracy by {group}"] = shares
    return [(f"measured {name}", words) for name, words in lines.items()]


@functools.cache
def _table() -> pd.DataFrame:
    """Return the measurements of all classifiers; one copy, which nobody changes."""
    return data.table("behaviour")


def _measured(sha256: str) -> pd.DataFrame:
    """Return the rows of the classifier whose file has this hash; none if it wasn't measured."""
    table = _table()
    known = table.loc[(table["what"] == "weights") & (table["row"] == sha256), "classifier"]
    return table[table["classifier"].isin(known)]


def _named(emotion: str, answers: pd.DataFrame) -> Named:
    is_right = answers["column"] == emotion
    wrong = answers[~is_right].nlargest(1, "value").iloc[0]
    n, share = int(wrong["n"]), float(wrong["value"])
    if not is_right.any():
        return Named(emotion, n, 0.0, 0.0, 0.0, str(wrong["column"]), share)
    value, low, high = map(float, answers.loc[is_right, ["value", "low", "high"]].iloc[0])
    return Named(emotion, n, value, low, high, str(wrong["column"]) if share else "", share)


def _over_all(own: pd.DataFrame, what: str) -> pd.Series:
    return own[(own["what"] == what) & (own["row"] == "all")].iloc[0]


def _accuracy(own: pd.DataFrame) -> str:
    share, mean = _over_all(own, "accuracy"), _over_all(own, "P(intended)")
    return (
        f"{_percent(share['value'])} of {share['n']} faces are named as intended (95 % interval "
        f"{_percent(share['low'])} to {_percent(share['high'])}); mean P(intended) {mean['value']:.2f}"
    )


def _calibration(own: pd.DataFrame) -> str:
    """Say how sure it is and how often right."""
    bins = own[own["what"] == "calibration"]
    weighted = bins.assign(value=bins["value"] * bins["n"]).groupby("column")[["value", "n"]].sum()
    means, error = weighted["value"] / weighted["n"], _over_all(own, "calibration error")
    return (
        f"{_percent(means['confidence'])} sure on average, right in {_percent(means['right'])}; expected "
        f"calibration error {error['value']:.2f} (95 % interval {error['low']:.2f} to {error['high']:.2f})"
    )


def _mistakes(own: pd.DataFrame) -> str:
    """Name the three most frequent ones."""
    wrong = own[(own["what"] == "confusion") & (own["row"] != own["column"]) & (own["value"] > 0)]
    worst = wrong.sort_values("value", ascending=False, kind="stable").head(3)
    told = [f"{row['row']} read as {row['column']} ({_percent(row['value'])})" for _, row in worst.iterrows()]
    return ", ".join(told) or "none"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
