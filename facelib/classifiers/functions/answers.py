"""Check of what a function answers: one row of probabilities for each picture, one number for each label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.classifiers.emotions import shortened
from facelib.errors import BadAnswerError

ROUNDED: Final = 0.02
"""How far the sum of a row may be from 1, as of numbers written with two digits; rows are divided by their
sum (our choice)."""
SLACK: Final = 1e-6
"""How far a number may lie outside 0 … 1, as rounding does it."""

Rows = npt.NDArray[np.float64]


def checked_rows(answer: object, count: int, labels: Sequence[str], name: str) -> tuple[Rows, dict[int, str]]:
    """Return the answer for `count` pictures, (count, K), and what is wrong with single rows of it.

    Parameters
    ----------
    answer
        What a function returned: anything.
    count
        Pictures that it was given.
    labels
        Names of the K outputs.
    name
        Of the function, for messages.

    Returns
    -------
    rows, faults
        Probabilities that sum to 1, NaN in rows with a fault; faults by the row's number, in words.

    Raises
    ------
    BadAnswerError
        The answer as a whole is something else: no numbers, other numbers of rows or columns.

    Examples
    --------
    >>> checked_rows([[0.5, 0.5], [0.9, 0.9]], 2, ["happy", "sad"], "ask")
    (array([[0.5, 0.5], [nan, nan]]), {1: 'its numbers sum to 1.8, not to 1'})
    """
    expected = (
        f"{name} answers with probabilities ({count}, {len(labels)}), a row for each picture and a column "
        f"for each of {shortened(list(labels))}"
    )
    found = _numbers(answer)
    if found is None:
        msg = f"{expected}; it answered with {_told(answer)}."
        raise BadAnswerError(msg)
    if found.ndim == 1 and count == 1 and len(found) == len(labels):
        found = found[None]
    if found.shape != (count, len(labels)):
        msg = f"{expected}; its answer has the shape {found.shape}{_hint(found.shape, count, len(labels))}."
        raise BadAnswerError(msg)
    faults = {place: fault for place, row in enumerate(found) if (fault := _fault(row))}
    rows = np.full(found.shape, np.nan)
    sound = [place for place in range(count) if place not in faults]
    kept = found[sound].clip(0, 1)
    rows[sound] = kept / kept.sum(1, keepdims=True)
    return rows, faults


def _numbers(answer: object) -> Rows | None:
    """Return an answer as numbers; None if it has none."""
    try:
        detach = getattr(answer, "detach", None)  # a tensor, on whatever device
        plain = detach().cpu().numpy() if callable(detach) else answer
        found = np.asarray(plain)
        return found.astype(np.float64) if found.dtype.kind in "fiu" else None
    except Exception:  # rows of several lengths, or an object that raises when it is looked at
        return None


def _fault(row: Rows) -> str:
    """Say why a row is no probabilities; "" if it is."""
    if not np.isfinite(row).all():
        return (
            "one of its numbers isn't finite" if np.isfinite(row).any() else "none of its numbers is finite"
        )
    low, high, total = float(row.min()), float(row.max()), float(row.sum())
    if low < -SLACK or high > 1 + SLACK:
        return f"its numbers lie between {low:.3g} and {high:.3g}, not between 0 and 1"
    return "" if abs(total - 1) <= ROUNDED else f"its numbers sum to {total:.3g}, not to 1"


def _hint(shape: tuple[int, ...], count: int, labels: int) -> str:
    if shape == (labels, count):
        return ": it is turned, a column for each picture"
    if shape[:1] == (count,) or not shape:
        return ""
    return f": {shape[0]} row{'' if shape[0] == 1 else 's'} for {count} picture{'' if count == 1 else 's'}"


def _told(answer: object) -> str:
    """Return what came in short; an object of a stranger may raise even when it is shown."""
    try:
        return f"{type(answer).__name__}: {f'{answer!r}':.60}"
    except Exception:
        return type(answer).__name__


def row_faults(faults: dict[int, str], name: str, numbers: Sequence[int], count: int) -> BadAnswerError:
    """Return the error that names the pictures whose rows are wrong.

    Parameters
    ----------
    faults
        From `checked_rows`.
    name
        Of the function.
    numbers
        Of the pictures, by the row's number: those that the user gave.
    count
        Pictures that were asked for.
    """
    first = min(faults)
    places = shortened([str(numbers[place]) for place in sorted(faults)])
    which = f"picture {places}" if len(faults) == 1 else f"pictures {places}"
    msg = (
        f"{name} didn't answer with probabilities for {which} of {count} (counted from 0): {faults[first]}. "
        "Probabilities lie between 0 and 1 and sum to 1; of logits take the softmax first."
    )
    return BadAnswerError(msg)
