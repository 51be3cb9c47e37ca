"""Rank of a change among placebos of the same size, and the calibration of that comparison."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from facelib.errors import BadValueError
from facelib.stats.gradients import unmasked
from facelib.utilities.checks import Floats, as_list, as_number, as_share
from facelib.utilities.short_repr import in_short

LEAST_PLACEBOS = 99  # from here on a p of .01 can be reached; below, only the count is shown
TOLERANCE = 1e-9  # relative: a tie did as much
KIND_COLUMNS = {
    "kind": "kind of placebo",
    "total": "how many of it there are",
    "exceed": "how many of them did as much as the change in question",
    "p_value": "placebo p within the kind, (exceed + 1) / (total + 1); NaN below 99",
    "unusual": "share of them that all other kinds would call unusual; NaN where those are too few",
}
"""Columns of what `reference_kinds` returns, with their meaning."""


@in_short()
@dataclass(frozen=True)
class PlaceboRank:
    """Rank of a value among the same statistic of placebos.

    Attributes
    ----------
    exceed
        Number of placebos that did as much or more.
    total
        Number of placebos.
    p_value
        Placebo p, (exceed + 1) / (total + 1); None below 99 placebos. It is calibrated only if the change
        and the placebos are exchangeable: show `leave_one_kind_out` beside it.
    text
        "3 of 99 placebos did as much".
    by_kind
        (kind, exceed, total) for every kind, in order of appearance.
    """

    exceed: int
    total: int
    p_value: float | None
    text: str
    by_kind: tuple[tuple[str, int, int], ...]


def reference_rank(value: float, references: npt.ArrayLike, kinds: Sequence[str]) -> PlaceboRank:
    """Count the placebos that did at least as much.

    Parameters
    ----------
    value
        Statistic of the change in question, larger = more (take absolute values before).
    references
        (B,) the same statistic of B >= 1 placebos.
    kinds
        (B,) kind of each: "blur", "crop", ...

    Raises
    ------
    BadValueError
        If a number is missing or infinite, the kinds are no list, or the lengths differ.

    Examples
    --------
    >>> rank = reference_rank(0.3, [0.1, 0.3, 0.2], ["blur", "crop", "crop"])
    >>> rank.text, rank.p_value, rank.by_kind
    ('1 of 3 placebos did as much', None, (('blur', 0, 1), ('crop', 1, 2)))
    """
    number = as_number(value, "The value to rank")
    others = as_list(unmasked(references), "Values of placebos", least=1)
    names = _names(kinds, len(others))
    as_much = others >= number - TOLERANCE * abs(number)
    exceed, total = int(as_much.sum()), len(others)
    by_kind = tuple(
        (kind, int(as_much[names == kind].sum()), int((names == kind).sum()))
        for kind in dict.fromkeys(names.tolist())
    )
    return PlaceboRank(
        exceed=exceed,
        total=total,
        p_value=(exceed + 1) / (total + 1) if total >= LEAST_PLACEBOS else None,
        text=f"{exceed} of {total} placebo{'' if total == 1 else 's'} did as much",
        by_kind=by_kind,
    )


def leave_one_kind_out(references: npt.ArrayLike, kinds: Sequence[str], alpha: float = 0.05) -> float:
    """Return how often a placebo of a kind not seen before would be called unusual.

    Every kind in turn plays the intervention: each of its changes is ranked among those of all other kinds.
    The rate is the mean over kinds of the share with (b + 1) / (B + 1) <= `alpha`. A calibrated placebo p
    gives about `alpha` or less; more means that its p is too small.

    Parameters
    ----------
    references
        (B,) statistic of the placebos, larger = more.
    kinds
        (B,) kind of each, at least two kinds.
    alpha
        Nominal level.

    Returns
    -------
    float
        Observed rate in [0, 1]; NaN where the other kinds are too few for `alpha` to be reached at all.

    Raises
    ------
    BadValueError
        If a number is missing or infinite, the lengths differ, or there are fewer than two kinds.

    Examples
    --------
    >>> leave_one_kind_out([*range(100), *range(100)], ["blur"] * 100 + ["crop"] * 100)
    0.04
    """
    values = as_list(unmasked(references), "Values of placebos", least=2)
    names = _names(kinds, len(values))
    level = as_share(alpha, "The level alpha")
    every = dict.fromkeys(names.tolist())
    if len(every) < 2:
        msg = f"Leaving one kind out needs at least two kinds of placebos; all are {str(names[0])!r}."
        raise BadValueError(msg)
    return float(np.mean([_unusual(values, names == kind, level) for kind in every]))


def reference_kinds(
    value: float, references: npt.ArrayLike, kinds: Sequence[str], alpha: float = 0.05
) -> pd.DataFrame:
    """Rank a value within every kind of placebo, and every kind among all others.

    The second is the validation of the placebo p, kind by kind: `leave_one_kind_out` is its mean. A kind
    with a rate far above `alpha` moves the outputs more than the others do: next to them it would have been
    called unusual although it is a placebo.

    Parameters
    ----------
    value, references, kinds, alpha
        As for `reference_rank` and `leave_one_kind_out`.

    Returns
    -------
    pandas.DataFrame
        One row per kind, the one that moves the outputs most first (by the median of its placebos), with
        the columns of `KIND_COLUMNS`.

    Raises
    ------
    BadValueError
        If a number is missing or infinite, or the lengths differ.

    Examples
    --------
    >>> table = reference_kinds(0.95, [*np.linspace(0, 1, 100), 0.1, 0.97], ["blur"] * 100 + ["crop"] * 2)
    >>> table.round(2).to_numpy().tolist()
    [['crop', 2, 1, nan, 0.5], ['blur', 100, 5, 0.06, nan]]
    """
    rank = reference_rank(value, references, kinds)
    values = as_list(unmasked(references), "Values of placebos", least=1)
    level = as_share(alpha, "The level alpha")
    names = _names(kinds, len(values))
    rows = [
        {
            "kind": kind,
            "total": total,
            "exceed": exceed,
            "p_value": (exceed + 1) / (total + 1) if total >= LEAST_PLACEBOS else np.nan,
            "unusual": _unusual(values, names == kind, level),
            "median": np.median(values[names == kind]),
        }
        for kind, exceed, total in rank.by_kind
    ]
    ordered = pd.DataFrame(rows).sort_values("median", ascending=False, kind="stable", ignore_index=True)
    return ordered[list(KIND_COLUMNS)]


def _unusual(values: Floats, left_out: npt.NDArray[np.bool_], level: float) -> float:
    """Return the share of values left out that the others call unusual; NaN if they are too few to."""
    others = np.sort(values[~left_out])
    if 1 / (len(others) + 1) > level:
        return float("nan")
    bars = values[left_out] - TOLERANCE * np.abs(values[left_out])
    as_much = len(others) - np.searchsorted(others, bars, side="left")
    return float(np.mean((as_much + 1) / (len(others) + 1) <= level))


def _names(kinds: Any, count: int) -> npt.NDArray[np.str_]:
    if isinstance(kinds, str) or not isinstance(kinds, Iterable):
        msg = f"The kinds are a list, one of each placebo; got {type(kinds).__name__}: {f'{kinds!r}':.60}."
        raise BadValueError(msg)
    names = np.asarray([str(kind) for kind in kinds], np.str_)
    if names.shape != (count,):
        msg = f"Every placebo has one kind; got {count} placebos and {len(names)} kinds."
        raise BadValueError(msg)
    return names
