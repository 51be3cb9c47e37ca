"""One row of the effects over faces in words: about outputs of a network, never about what a person feels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.effects.equivalence import DOES_NOT, MATTERS, SMALLER

STILL = 0.005  # effects below it are shown as none: they round to .00
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
)


def describe_effect(row: Mapping[Any, Any] | pd.Series[Any], *, clause: str = "") -> str:
    """Say in one sentence what a change does to an output over faces.

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
        If the row lacks a column.

    Examples
    --------
    >>> row = {"intervention": "symmetry", "classifier": "fer", "label": "happy", "value": "probability",
    ...        "summary": "difference", "n": 24, "start": 0.986, "mean": -0.624, "low": -0.714, "high": -0.52,
    ...        "alpha": 0.05, "verdict": "matters", "delta": 0.1, "detectable": True}
    >>> print(describe_effect(row, clause="the left side weakens"))
    As the left side weakens, fer's output for happy falls by .62 on average over 24 identities, from .99
    (95 % interval −.71 to −.52). It matters at δ = .10.
    """
    missing = [name for name in NEEDED if name not in row]
    if missing:
        msg = f"A row of effects over faces is needed; this one lacks {', '.join(missing)}."
        raise BadValueError(msg)
    start = f"As {clause}, " if clause else f"Under {row['intervention']}, "
    kind = "output" if row["value"] == "probability" else "logit"
    subject = f"{start}{row['classifier']}'s {kind} for {row['label']}"
    if row["n"] == 0 or not np.isfinite(row["mean"]):
        return f"{subject} is not known for any face."
    people = f"{row['n']} {'identity' if row['n'] == 1 else 'identities'}"
    origin = f", from {_short(row['start'])}" if np.isfinite(row["start"]) else ""
    sentence = f"{subject} {_moves(row)} on average over {people}{origin}"
    if not np.isfinite(row["low"]):
        return f"{sentence}. One face says nothing about others."
    level = 100 * (1 - row["alpha"])
    sentence += f" ({level:g} % interval {_short(row['low'])} to {_short(row['high'])})."
    return sentence if not row["verdict"] else f"{sentence} {_verdict(row)}"


def _moves(row: Mapping[Any, Any] | pd.Series[Any]) -> str:
    mean = float(row["mean"])
    if abs(mean) < STILL:
        return "stays within .005"
    return f"{'rises' if mean > 0 else 'falls'} by {_short(abs(mean))}"


def _verdict(row: Mapping[Any, Any] | pd.Series[Any]) -> str:
    margin = f"δ = {_short(row['delta'])}"
    if row["verdict"] == MATTERS:
        return f"It matters at {margin}."
    if row["verdict"] == DOES_NOT:
        addition = f" ({SMALLER})" if row.get("detectable", False) else ""
        return f"It does not matter at {margin}{addition}."
    return f"Whether it matters at {margin} can't be told."


def _short(number: float) -> str:
    text = f"{abs(number):.2f}"
    text = text.removeprefix("0") if text != "0.00" else "0"
    return f"−{text}" if number < 0 and text != "0" else text
