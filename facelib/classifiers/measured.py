"""Measurements of classifiers on rendered faces, in words for their cards."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).parents[1] / "experiments" / "behaviour.csv"
"""Made by studies, which cards can't import: they come later."""

Row = Mapping[Any, Any]


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
    answers = [row for row in own if row["what"] == "confusion"]
    return tuple(
        _named(emotion, [row for row in answers if row["row"] == emotion])
        for emotion in dict.fromkeys(row["row"] for row in answers)
    )


def sentences(sha256: str) -> list[tuple[str, str]]:
    """Return name and words of what was measured of the file with this hash; nothing if nothing was.

    Parameters
    ----------
    sha256
        Hash of the file with the weights: other weights under the same name behave otherwise.
    """
    own = _measured(sha256)
    if not own:
        return []
    (shown,) = (row for row in _rows() if row["what"] == "population")
    return described(own, f"{shown['row']} (facelib {shown['column']})")


def described(own: Sequence[Row], population: str) -> list[tuple[str, str]]:
    """Return name and words of what was measured of one classifier.

    Parameters
    ----------
    own
        Its rows, with the columns of `facelib.experiments.BEHAVIOUR_COLUMNS`.
    population
        The population that was shown.
    """
    lines = {
        "on": f"{population}; no photographs",
        "accuracy": _accuracy(own),
        "calibration": _calibration(own),
        "mistakes": _mistakes(own),
    }
    for group in dict.fromkeys(row["row"] for row in own if row["what"] == "accuracy"):
        shares = [row for row in own if (row["what"], row["row"]) == ("accuracy", group) and row["column"]]
        if shares:
            lines[f"accuracy by {group}"] = ", ".join(f"{row['column']}: {_percent(row)}" for row in shares)
    return [(f"measured {name}", words) for name, words in lines.items()]


def _measured(sha256: str) -> list[Row]:
    """Return the rows of the classifier whose file has this hash; none if it wasn't measured."""
    rows = _rows()
    known = [row["classifier"] for row in rows if (row["what"], row["row"]) == ("weights", sha256)]
    return [row for row in rows if row["classifier"] == known[0]] if sha256 and known else []


def _named(emotion: str, answers: Sequence[Row]) -> Named:
    right = next((row for row in answers if row["column"] == emotion), None)
    wrong = max((row for row in answers if row is not right), key=lambda row: float(row["value"]))
    share = float(wrong["value"])
    if right is None:
        return Named(emotion, int(wrong["n"]), 0.0, 0.0, 0.0, wrong["column"], share)
    value, low, high = (float(right[name]) for name in ("value", "low", "high"))
    return Named(emotion, int(right["n"]), value, low, high, wrong["column"] if share else "", share)


@functools.cache
def _rows() -> tuple[Row, ...]:
    if not TABLE.is_file():
        return ()
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _row_of(own: Sequence[Row], what: str) -> Row:
    return next(row for row in own if (row["what"], row["row"]) == (what, "all"))


def _accuracy(own: Sequence[Row]) -> str:
    share, mean = _row_of(own, "accuracy"), _row_of(own, "P(intended)")
    return (
        f"{_percent(share)} of {share['n']} faces are named as intended (95 % interval "
        f"{_percent(share, 'low')} to {_percent(share, 'high')}); mean P(intended) {float(mean['value']):.2f}"
    )


def _calibration(own: Sequence[Row]) -> str:
    """Say how sure it is and how often right."""
    bins = [row for row in own if row["what"] == "calibration"]
    sure, right = (
        sum(float(row["value"]) * int(row["n"]) for row in bins if row["column"] == column)
        / sum(int(row["n"]) for row in bins if row["column"] == column)
        for column in ("confidence", "right")
    )
    error = _row_of(own, "calibration error")
    low, high = float(error["low"]), float(error["high"])
    return (
        f"{100 * sure:.0f} % sure on average, right in {100 * right:.0f} %; expected calibration error "
        f"{float(error['value']):.2f} (95 % interval {low:.2f} to {high:.2f})"
    )


def _mistakes(own: Sequence[Row]) -> str:
    """Name the three most frequent ones."""
    wrong = [row for row in own if row["what"] == "confusion" and row["row"] != row["column"]]
    worst = sorted(wrong, key=lambda row: -float(row["value"]))[:3]
    told = [
        f"{row['row']} read as {row['column']} ({_percent(row)})" for row in worst if float(row["value"]) > 0
    ]
    return ", ".join(told) or "none"


def _percent(row: Row, column: str = "value") -> str:
    return f"{100 * float(row[column]):.0f} %"
