"""One row of the effects over faces in words: about outputs of a classifier, never what a person feels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.effects.equivalence import (
    BLIND,
    CANNOT_TELL,
    DIFFERS,
    DOES_NOT,
    MATTERS,
    SMALLER,
    left_open,
)
from facelib.stats.effects.few_people import DELTA, few_people
from facelib.stats.effects.room import reason
from facelib.utilities.wording import percent

SAME = 1e-9  # relative
ENDS = ("low", "high", "verdict_low", "verdict_high")
CUT = "Intervals are cut off at −1 and +1, the most that a probability can change."
NEEDED = (
    "classifier",
    "label",
    "value",
    "summary",
    "n",
    "start",
    "mean",
    "low",
    "high",
    "alpha",
    "verdict",
    "delta",
    "verdict_low",
    "verdict_high",
)


class Limits(TypedDict):
    """Limits of outputs, as `few_people` takes them."""

    bounded: bool
    span: float


def possible(rows: Any) -> Any:
    """Return effects with intervals cut off where a change of a probability ends: at -1 and +1.

    Student's intervals of few people go beyond. What is stored, and the verdicts, stay as they are: no margin
    reaches that far. Of logits, and of other summaries than the difference, nothing is cut off.

    Parameters
    ----------
    rows
        What `effects_over_faces` or `contrast` returned, or one row of it.

    Examples
    --------
    >>> row = {"value": "probability", "summary": "difference", "low": -1.4, "high": 0.2}
    >>> possible(row)["low"], possible({**row, "value": "logit"})["low"]
    (-1.0, -1.4)
    """
    if isinstance(rows, pd.DataFrame):
        limit = np.where(_ends_at_one(rows), 1.0, np.inf)
        return rows.assign(**{name: rows[name].clip(-limit, limit) for name in ENDS if name in rows})
    end = 1.0 if _ends_at_one(rows) else np.inf
    return {**rows, **{name: min(max(rows[name], -end), end) for name in ENDS if name in rows}}


def beyond_words(row: Mapping[Any, Any]) -> str:
    """Return the shares of people whose output falls and rises by more than δ.

    >>> beyond_words({"beyond_falls": 0.8, "beyond_rises": 0.0}), beyond_words({"beyond_falls": float("nan")})
    ('↓ 80 %, ↑ 0 %', '–')
    """
    if not math.isfinite(row.get("beyond_falls", math.nan)):
        return "–"
    return f"↓ {percent(row['beyond_falls'])}, ↑ {percent(row['beyond_rises'])}"


def cut_off(rows: pd.DataFrame) -> str:
    """Say that intervals are cut off; "" if none is."""
    given = rows[[name for name in ENDS if name in rows]]
    cut = (given != possible(rows)[list(given)]) & given.notna()
    return CUT if cut.to_numpy().any() else ""


def _ends_at_one(rows: Any) -> Any:
    if not {"value", "summary"} <= set(rows.keys()):
        return False
    return (rows["value"] == "probability") & (rows["summary"] == "difference")


def describe_effect(row: Mapping[Any, Any] | pd.Series[Any], *, clause: str = "") -> str:
    """Describe in one sentence the effect of a change on an output over faces.

    The verdict comes from an interval of its own, at level 1 - 2α, which is named with it.

    Parameters
    ----------
    row
        One row of what `effects_over_faces` returned.
    clause
        What happens, as `Intervention.clause` says it: "the left side weakens". Empty: the intervention is
        named.

    Raises
    ------
    BadValueError
        If it is no row, or lacks a column.

    Examples
    --------
    >>> row = {"intervention": "symmetry", "classifier": "fer", "label": "happy", "value": "probability",
    ...        "summary": "difference", "n": 24, "start": 0.986, "mean": -0.624, "low": -0.714, "high": -0.52,
    ...        "alpha": 0.05, "verdict": "matters", "delta": 0.1, "detectable": True, "verdict_low": -0.698,
    ...        "verdict_high": -0.541}
    >>> print(describe_effect(row, clause="the left side weakens"))
    As the left side weakens, fer's output for happy falls by .62 on average over 24 identities, from .99
    (95 % interval −.71 to −.52). It matters at δ = .10 (90 % interval −.70 to −.54).
    >>> row |= {"verdict": "cannot tell", "mean": -0.02, "low": -0.05, "high": 0.01, "verdict_low": -0.04,
    ...        "verdict_high": 0.0}
    >>> print(describe_effect(row))
    Under symmetry, fer's output for happy falls by .02 on average over 24 identities, from .99 (95 % interval
    −.05 to .01). Whether it matters at δ = .10 can't be said (90 % interval −.04 to 0). 24 people: “does not
    matter” at δ = .10 needs at least 29.
    """
    _check(row)
    start = f"As {clause}, " if clause else f"Under {row['intervention']}, "
    kind = "logit" if row["value"] == "logit" else "output"
    subject = f"{start}{row['classifier']}'s {kind} for {row['label']}"
    if row["n"] == 0 or not np.isfinite(row["mean"]):
        return f"{subject} is not known for any face."
    people = _people(row)
    places = _places(row["delta"])
    origin = f", from {_short(row['start'], places)}" if np.isfinite(row["start"]) else ""
    sentence = f"{subject} {_moves(float(row['mean']), places)} on average over {people}{origin}"
    if not np.isfinite(row["low"]):
        return f"{sentence}. One face says nothing about others."
    shown = possible(row)
    sentence += f" ({_interval(shown['low'], shown['high'], 1 - row['alpha'], places)})."
    if row["verdict"]:
        sentence += f" {_verdict(shown, places)}"
    beyond = any(abs(row[name] - shown[name]) > 0 for name in ENDS)
    return f"{sentence} {CUT}" if beyond else sentence


def _check(row: Any) -> None:
    if not isinstance(row, Mapping | pd.Series):
        msg = f"One row of effects over faces is needed, as table.iloc[0]; got {type(row).__name__}."
        raise BadValueError(msg)
    missing = [name for name in NEEDED if name not in row]
    if missing:
        msg = f"A row of effects over faces is needed; this one lacks {', '.join(missing)}."
        raise BadValueError(msg)


def _people(row: Mapping[Any, Any] | pd.Series[Any]) -> str:
    return f"{row['n']} {'identity' if row['n'] == 1 else 'identities'}"


def _moves(mean: float, places: int) -> str:
    still = 0.5 * 10.0**-places  # what is below it rounds to nothing
    if abs(mean) < still:
        return f"changes by less than {f'{still:.{places + 1}f}'.removeprefix('0')}"
    return f"{'rises' if mean > 0 else 'falls'} by {_short(abs(mean), places)}"


def _verdict(row: Mapping[Any, Any] | pd.Series[Any], places: int) -> str:
    margin = f"δ = {_short(row['delta'], places)}"
    low, high = row["verdict_low"], row["verdict_high"]
    interval = _interval(low, high, 1 - 2 * row["alpha"], places)
    if row["verdict"] == MATTERS:
        return " ".join(filter(None, [f"It matters at {margin} ({interval}).", reason(row)]))
    if row["verdict"] == DOES_NOT:
        addition = f"{SMALLER}; " if row.get("detectable", False) else ""
        return f"It does not matter at {margin} ({addition}{interval})."
    if row["verdict"] != CANNOT_TELL:
        begins = {DIFFERS: "It differs between people: ", BLIND: "This output could not have shown it. "}
        begin = begins.get(
            row["verdict"], f"It {str(row['verdict']).removesuffix(' that far')} by {margin}: "
        )
        words = reason(row)
        words = words[:1].lower() + words[1:] if begin.endswith(": ") else words
        return f"{begin}{words.removesuffix('.')} ({interval})."
    why = f": the effects of {_people(row)} are all the same number" if low == high else f" ({interval})"
    side = row.get("alternative", "two-sided")
    few = few_people(row["n"], row["delta"], row["alpha"], side, **limits_of(row))
    few = few or open_words(row)
    return f"Whether it matters at {margin} can't be said{why}.{few and f' {few}'}"


def open_words(row: Mapping[Any, Any] | pd.Series[Any]) -> str:
    """Say that the interval lies inside ± δ, but the bets leave it open; "" if that isn't so."""
    p = row.get("betting_p", math.nan)
    inside = row["verdict_low"] >= -row["delta"] and row["verdict_high"] <= row["delta"]
    return left_open(p, row["delta"], limits_of(row)["span"]) if inside and p > row["alpha"] else ""


def limits_of(row: Mapping[Any, Any] | pd.Series[Any]) -> Limits:
    """Return whether the outputs of a row have bounds, and the most that they can change.

    >>> limits_of({"value": "probability"}), limits_of({"value": "value", "span": 2.0, "delta": 0.5})
    ({'bounded': True, 'span': 1.0}, {'bounded': True, 'span': 2.0})
    >>> limits_of({"value": "value", "span": float("nan"), "delta": 3.0})["bounded"]
    False
    """
    span = float(row.get("span", 1.0 if row["value"] == "probability" else math.nan))
    if math.isfinite(span):
        return {"bounded": True, "span": span}
    return {"bounded": False, "span": counted_in(str(row["value"]), float(row["delta"]))}


def counted_in(value: str, delta: float) -> float:
    """Return what the margin of outputs without bounds is counted in: itself, as .10, of values in units.

    >>> counted_in("logit", 0.5), counted_in("value", 3.0)
    (1.0, 30.0)
    """
    return delta / DELTA if value == "value" and delta > 0 else 1.0


def _interval(low: float, high: float, level: float, places: int) -> str:
    return f"{100 * level:g} % interval {_short(low, places)} to {_short(high, places)}"


def _places(delta: float) -> int:
    """Return how many decimals show the margin, two at least: what is said of it is rounded as finely."""
    if not np.isfinite(delta):
        return 2
    finest = 2 + max(0, -int(np.floor(np.log10(delta))))
    for places in range(2, finest):
        if abs(round(delta, places) - delta) <= SAME * delta:
            return places
    return finest


def _short(number: float, places: int) -> str:
    text = f"{abs(number):.{places}f}".removeprefix("0")
    if not text.strip(".0"):
        return "0"
    return f"−{text}" if number < 0 else text
