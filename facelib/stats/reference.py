"""How unusual a change is among harmless ones of the same size, and whether that comparison is calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.stats.checks import as_list, as_number, as_share

LEAST_REFERENCES = 99  # from here on a p of .01 can be reached; below, only the count is shown
TOLERANCE = 1e-9  # relative: a tie did as much


@dataclass(frozen=True)
class ReferenceRank:
    """Where a value stands among the same statistic of harmless changes.

    Attributes
    ----------
    exceed
        Number of references that did as much or more.
    total
        Number of references.
    p_value
        Reference p, (exceed + 1) / (total + 1); None below 99 references. It is calibrated only if the change
        and the references are exchangeable: show `leave_one_kind_out` beside it.
    text
        "3 of 99 harmless changes did as much".
    by_kind
        (kind, exceed, total) for every kind, in order of appearance.
    """

    exceed: int
    total: int
    p_value: float | None
    text: str
    by_kind: tuple[tuple[str, int, int], ...]


def reference_rank(value: float, references: npt.ArrayLike, kinds: Sequence[str]) -> ReferenceRank:
    """Count the harmless changes that did at least as much.

    Parameters
    ----------
    value
        Statistic of the change in question, larger = more (take absolute values before).
    references
        (B,) the same statistic of B >= 1 harmless changes.
    kinds
        (B,) kind of each: "blur", "crop", ...

    Raises
    ------
    BadValueError
        If a number is missing or infinite, or the lengths differ.

    Examples
    --------
    >>> rank = reference_rank(0.3, [0.1, 0.3, 0.2], ["blur", "crop", "crop"])
    >>> rank.text, rank.p_value, rank.by_kind
    ('1 of 3 harmless changes did as much', None, (('blur', 0, 1), ('crop', 1, 2)))
    """
    number = as_number(value, "The value to rank")
    others = as_list(references, "Reference values", least=1)
    names = _names(kinds, len(others))
    as_much = others >= number - TOLERANCE * abs(number)
    exceed, total = int(as_much.sum()), len(others)
    by_kind = tuple(
        (kind, int(as_much[names == kind].sum()), int((names == kind).sum()))
        for kind in dict.fromkeys(names.tolist())
    )
    return ReferenceRank(
        exceed=exceed,
        total=total,
        p_value=(exceed + 1) / (total + 1) if total >= LEAST_REFERENCES else None,
        text=f"{exceed} of {total} harmless change{'' if total == 1 else 's'} did as much",
        by_kind=by_kind,
    )


def leave_one_kind_out(references: npt.ArrayLike, kinds: Sequence[str], alpha: float = 0.05) -> float:
    """Return how often a harmless change of a kind not seen before would be called unusual.

    Every kind in turn plays the intervention: each of its changes is ranked among those of all other kinds.
    The rate is the mean over kinds of the share with (b + 1) / (B + 1) <= `alpha`. A calibrated reference p
    gives about `alpha` or less; more means that its p is too small.

    Parameters
    ----------
    references
        (B,) statistic of the harmless changes, larger = more.
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
    values = as_list(references, "Reference values", least=2)
    names = _names(kinds, len(values))
    level = as_share(alpha, "The level alpha")
    rates = []
    for kind in dict.fromkeys(names.tolist()):
        left_out = names == kind
        others = np.sort(values[~left_out])
        if not len(others):
            msg = f"Leaving one kind out needs at least two kinds of harmless changes; all are {kind!r}."
            raise BadValueError(msg)
        if 1 / (len(others) + 1) > level:
            return float("nan")
        bars = values[left_out] - TOLERANCE * np.abs(values[left_out])
        as_much = len(others) - np.searchsorted(others, bars, side="left")
        rates.append(np.mean((as_much + 1) / (len(others) + 1) <= level))
    return float(np.mean(rates))


def _names(kinds: Sequence[str], count: int) -> npt.NDArray[np.str_]:
    names = np.asarray([str(kind) for kind in kinds], np.str_)
    if names.shape != (count,):
        msg = f"Every reference has one kind; got {count} references and {len(names)} kinds."
        raise BadValueError(msg)
    return names
