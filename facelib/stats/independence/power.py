"""Power of cHSIC given labels: what n faces show after a correction for many questions."""

from __future__ import annotations

import math
from typing import Final

from facelib.utilities.checks import as_share

EFFICIENCY: Final = 0.65
"""Share of the faces that Pearson's correlation, the best test of a straight line, would take for the same
power: measured by simulation (`tests/calibration/test_levels.py`), rounded down."""


def smallest_explained(
    n: int, questions: int, *, alpha: float = 0.01, power: float = 0.8, labels: int = 1
) -> float:
    """Return the smallest share of an output's variance that cHSIC finds with some power.

    Of an output that follows the property along a straight line inside labels, with normal noise; curved and
    partial dependence takes more. Its power is that of a normal statistic of mean
    √(e (n − k − 1) ω² / (1 − ω²)), k labels, e = `EFFICIENCY`, at the first step of Holm's correction,
    α / questions.

    Parameters
    ----------
    n
        Faces, each of another person.
    questions
        How many pairs of a property and an output are corrected for.
    alpha
        Level after the correction.
    power
        Share of such outputs that are found.
    labels
        Groups that are held fixed.

    Returns
    -------
    float
        In (0, 1]; 1 where there are no more faces than labels.

    Raises
    ------
    BadValueError
        If the level or the power is no share.

    Examples
    --------
    >>> [round(smallest_explained(n, 480, labels=7), 3) for n in (350, 1050, 4200)]
    [0.105, 0.037, 0.009]
    """
    needed = _needed(questions, as_share(alpha, "The level alpha"), as_share(power, "The power"))
    free = n - labels - 1
    return 1.0 if free <= 0 else needed / (needed + free)


def faces_to_find(
    explained: float, questions: int, *, alpha: float = 0.01, power: float = 0.8, labels: int = 1
) -> int:
    """Return how many faces it takes to find a share of variance; see `smallest_explained`.

    Examples
    --------
    >>> [faces_to_find(explained, 480, labels=7) for explained in (0.01, 0.05, 0.1)]
    [3966, 768, 368]
    """
    share = as_share(explained, "The share of variance")
    needed = _needed(questions, as_share(alpha, "The level alpha"), as_share(power, "The power"))
    return math.ceil(needed * (1 - share) / share + labels + 1)


def _needed(questions: int, alpha: float, power: float) -> float:
    """Return how many faces times ω² / (1 − ω²) it takes."""
    from scipy.stats import norm

    return float((norm.isf(alpha / max(questions, 1) / 2) + norm.ppf(power)) ** 2 / EFFICIENCY)
