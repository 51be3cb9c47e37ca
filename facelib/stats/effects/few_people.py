"""Smallest numbers of people for a verdict: with fewer it is withheld, whatever the numbers are."""

from __future__ import annotations

import math
from typing import Final

from facelib.errors import BadValueError
from facelib.stats.effects.signflip import Alternative, as_alternative
from facelib.utilities.checks import as_number, as_share
from facelib.utilities.wording import margin

ALPHA: Final = 0.05
DELTA: Final = 0.10  # in probability
_TWO: Final = 2  # fewer have no interval


def fewest_people(
    delta: float = DELTA, alpha: float = ALPHA, *, bounded: bool = True, span: float = 1.0
) -> int:
    """Return the number of people below which nothing is called "does not matter".

    A mean change of δ can come from a share δ of people whose output changes by all it can, while it stays
    with all others. A sample of n people misses all of them with probability (1 − δ)ⁿ. Below
    n₀ = ⌈ln α / ln(1 − δ)⌉ people that is likelier than α, so no sample, however still, speaks against a mean
    change of δ. It is a floor, not a guarantee of the level.

    Parameters
    ----------
    delta
        Margin of the verdict, above 0.
    alpha
        Level, in (0, 1).
    bounded
        Whether the margin is a share or a probability, whose changes lie in [−1, 1]: the formula is made for
        these. Other scales (logits, standard deviations) have no largest change, so the argument holds for
        every number of people; there the margin counts as at most .10, the usual one of a probability: the
        number is never below that of the same study on probabilities.
    span
        The most that a bounded output can change: 1 of a probability, 2 of a valence in [−1, 1]. Of others,
        what the margin is counted in: a floor can't depend on whether ages are in years or months, so the
        margin of a value counts as .10 (our choice).

    Returns
    -------
    int
        At least 2.

    Raises
    ------
    BadValueError
        If the margin isn't above 0, or the level isn't a share.

    Examples
    --------
    >>> [fewest_people(delta) for delta in (0.05, 0.10, 0.20)]
    [59, 29, 14]
    >>> fewest_people(0.20, span=2.0), fewest_people(3.0, bounded=False)
    (29, 29)
    """
    size, level = as_number(delta, "The margin delta"), as_share(alpha, "The level alpha")
    if size <= 0:
        msg = f"The margin delta lies above 0; got {delta!r}."
        raise BadValueError(msg)
    share = size / span if bounded else min(size / span, DELTA)
    return _TWO if share >= 1 else max(_TWO, _up(math.log(level) / math.log1p(-share)))


def fewest_to_matter(alpha: float = ALPHA, alternative: Alternative = "two-sided") -> int:
    """Return the number of people below which nothing is called "matters".

    With fewer even effects that all point one way can't reach the level in the exact sign-flip test over
    people: its smallest p is 2 · 2⁻ⁿ two-sided, and 2⁻ⁿ one-sided.

    Parameters
    ----------
    alpha
        Level, in (0, 1).
    alternative
        The one that the study declares.

    Raises
    ------
    BadValueError
        If the level isn't a share or the alternative is unknown.

    Examples
    --------
    >>> fewest_to_matter(), fewest_to_matter(alternative="less"), fewest_to_matter(0.01)
    (6, 5, 8)
    """
    level = as_share(alpha, "The level alpha")
    as_alternative(alternative)
    return max(_TWO, _up(-math.log2(level)) + (alternative == "two-sided"))


def few_people(
    n: int,
    delta: float,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    *,
    bounded: bool = True,
    span: float = 1.0,
) -> str:
    """Describe which verdicts n people are too few for; "" if none.

    Parameters
    ----------
    n
        People with data: the unit of inference, not faces or rows.
    delta, alpha, alternative, bounded, span
        As for `fewest_people` and `fewest_to_matter`.

    Examples
    --------
    >>> few_people(12, 0.10)
    '12 people: “does not matter” at δ = .10 needs at least 29.'
    >>> few_people(3, 0.10)
    '3 people: “matters” needs at least 6, “does not matter” at δ = .10 needs at least 29.'
    >>> few_people(29, 0.10)
    ''
    """
    least = fewest_to_matter(alpha, alternative)
    most = fewest_people(delta, alpha, bounded=bounded, span=span)
    lacks = [f"“matters” needs at least {least}"] if n < least else []
    if n < most:
        lacks.append(f"“does not matter” at δ = {margin(delta)} needs at least {most}")
    who = "1 person" if n == 1 else f"{n} people"
    return f"{who}: {', '.join(lacks)}." if lacks else ""


def few_for_nothing(n: int, delta: float, alpha: float = ALPHA) -> str:
    """Say that no dependence found in n people means nothing; "" if n isn't below the floor.

    Parameters
    ----------
    n, delta, alpha
        As for `few_people`; δ is a share of variance here.

    Examples
    --------
    >>> few_for_nothing(11, 0.05, 0.05)
    'Too few people: 11. To say that an output does not depend on a property takes at least 59 (δ = .05,
    α = .05).'
    >>> few_for_nothing(59, 0.05, 0.05)
    ''
    """
    least = fewest_people(delta, alpha)
    if n >= least:
        return ""
    level = f"{alpha:g}".removeprefix("0")
    return (
        f"Too few people: {n}. To say that an output does not depend on a property takes at least {least} "
        f"(δ = {margin(delta)}, α = {level})."
    )


def enough_to_find(n: int, delta: float, alpha: float = ALPHA) -> str:
    """Say before a run what n people may answer, and what takes more of them; "" if n isn't below the floor.

    Parameters
    ----------
    n, delta, alpha
        As for `few_for_nothing`, which says it of what was found.

    Examples
    --------
    >>> enough_to_find(140, 0.01, 0.01)
    '140 people may be enough to find that an output depends on a property. To say that an output does not
    depend on a property takes at least 459 (δ = .01, α = .01).'
    >>> enough_to_find(459, 0.01, 0.01)
    ''
    """
    few = few_for_nothing(n, delta, alpha)
    who = "1 person" if n == 1 else f"{n} people"
    found = f"{who} may be enough to find that an output depends on a property."
    return few and f"{found} {few.partition('. ')[2]}"


def _up(ratio: float) -> int:
    """Return the number rounded up to a whole one, but for rounding errors."""
    return math.ceil(ratio * (1 - 1e-12))
