"""Equivalence verdicts: one interval against a margin that was set before the run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.stats.effects.betting import equivalence_p
from facelib.stats.effects.bootstrap import RESAMPLES, MeanDistribution, Method, mean_distribution
from facelib.stats.effects.few_people import ALPHA, DELTA, few_people, fewest_people, fewest_to_matter
from facelib.stats.effects.signflip import Alternative, as_differences
from facelib.utilities.checks import Floats, as_number, as_share
from facelib.utilities.wording import margin, p_is

Verdict = Literal[
    "matters",
    "does not matter at δ",
    "differs between people",
    "cannot fall that far",
    "cannot rise that far",
    "could not have shown it",
    "cannot tell",
]

MATTERS, DOES_NOT, DIFFERS, NO_FALL, NO_RISE, BLIND, CANNOT_TELL = VERDICTS = get_args(Verdict)
UNDECIDED: Final = (DIFFERS, NO_FALL, NO_RISE, BLIND, CANNOT_TELL)
"""Words that say neither that the mean matters nor that it doesn't: they are drawn alike."""
MARGINS: Final = MappingProxyType({"verdict": 1.0, "verdict_half": 0.5, "verdict_double": 2.0})
"""Columns of verdicts, and the margin of each in units of δ."""
SLOPE_BOUND: Final = 1.5  # most that a least-squares slope over evenly spaced strengths can be, of shares
SMALLER = "detectable, but smaller than δ"
LEAST_ALIKE = 6  # identities: with fewer the two-sided sign-flip test can't reject at .05


@dataclass(frozen=True)
class Equivalence:
    """Verdict of n differences at a margin.

    Attributes
    ----------
    verdict
        "matters": the interval lies wholly outside [-δ, δ]; "does not matter at δ": wholly inside, and so
        say the bets (`betting_p`); "cannot tell": neither, or fewer identities than the verdict needs
        (`fewest_people`, `fewest_to_matter`).
    verdict_half, verdict_double
        The same at δ/2 and 2δ.
    detectable
        Whether the interval at level 1 - α excludes 0.
    addition
        "detectable, but smaller than δ" where it does so but the verdict is that it doesn't matter.
    note
        Why the verdict is "cannot tell": few identities all have the same difference, there are fewer than
        a verdict needs (`few_people`), or the bets leave it open (`OPEN`); else empty.
    mean, interval
        Mean difference and its interval at level 1 - 2α.
    betting_p
        p of equivalence by bets: valid however the differences are distributed, within their bounds. NaN
        where they have none.
    delta, alpha, n, method, seed
        What was asked; the method of the interval.
    """

    verdict: Verdict
    verdict_half: Verdict
    verdict_double: Verdict
    detectable: bool
    addition: str
    note: str
    mean: float
    interval: tuple[float, float]
    betting_p: float
    delta: float
    alpha: float
    n: int
    method: str
    seed: int


def equivalence(
    differences: npt.ArrayLike,
    delta: float = DELTA,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    bounded: bool = True,
    method: Method = "auto",
    n_bootstrap: int = RESAMPLES,
    seed: int = 0,
) -> Equivalence:
    """Judge the mean of differences over identities by one interval at level 1 - 2α.

    Differences that are all the same number have an interval without width. From 6 identities on it is taken
    as it is (there the two-sided sign-flip test can reject at .05: our choice); with fewer the verdict is
    "cannot tell". With fewer identities than `fewest_people` the verdict "does not matter" is withheld, with
    fewer than `fewest_to_matter` the verdict "matters", whatever the interval is.

    Of bounded differences "does not matter" takes two things: the interval, and bets (`betting_p`) that hold
    their level for every distribution. An interval from a sample that happens to miss the few people who
    change by much is too narrow; the bets aren't misled by that. They need some people more: 33 without any
    spread at δ = .10 and α = .05.

    Parameters
    ----------
    differences
        (n,) one difference per identity.
    delta
        Margin, above 0, set before the run and never derived from the same data.
    alpha
        Level of each one-sided test.
    alternative
        That the study declares: of the sign-flip test, for `fewest_to_matter`.
    bounded
        Whether these are changes of a probability or a share, which lie in [−1, 1], for `fewest_people` and
        the bets; False: logits, standard deviations, and whatever else has no largest change.
    method
        Of the interval, as in `mean_distribution`; with "t" this is the test of Schuirmann (1987).
    n_bootstrap, seed
        Of the resamples.

    Raises
    ------
    BadValueError
        If the differences aren't one finite list, or the margin isn't positive.

    Examples
    --------
    >>> equivalence([-0.61, -0.55, -0.70, -0.48, -0.66, -0.58]).verdict
    'matters'
    >>> few = equivalence([0.02, 0.03, 0.02, 0.04, 0.03, 0.03])
    >>> few.verdict, few.note
    ('cannot tell', '6 people: “does not matter” at δ = .10 needs at least 29.')
    >>> small = equivalence([0.02, 0.03, 0.04] * 20)
    >>> small.verdict, small.addition
    ('does not matter at δ', 'detectable, but smaller than δ')
    """
    columns, many = as_differences(differences)
    if many:
        msg = f"One verdict is about differences (n,), one per identity; got shape {columns.shape}."
        raise BadValueError(msg)
    edge, level = as_margin(delta), as_level(alpha)
    distribution = mean_distribution(columns[:, 0], method=method, n_bootstrap=n_bootstrap, seed=seed)
    low, high = distribution.interval(1 - 2 * level)
    ends = where_told(distribution, low, high)
    bets = {factor: bets_p(columns, factor * edge, bounded=bounded) for factor in MARGINS.values()}
    verdict, half, double = (
        verdicts(*ends, factor * edge, distribution.n, bets, alpha=level, alternative=alternative)
        for factor, bets in bets.items()
    )
    by_bets = math.nan if (at := bets[1.0]) is None else float(at[0])
    outer = where_told(distribution, *distribution.interval(1 - level))
    detectable = bool(outer[0][0] > 0 or outer[1][0] < 0)
    n = int(distribution.n[0])
    reasons = []
    if n > 1 and np.isnan(ends[0][0]):
        reasons.append(f"the differences of {n} identities are all the same number")
    if verdict[0] == CANNOT_TELL and n:
        few = few_people(n, edge, level, alternative, bounded=bounded)
        inside = bool(ends[0][0] >= -edge and ends[1][0] <= edge)
        reasons.append(
            few or (left_open(by_bets, edge) if inside or (bounded and math.isnan(by_bets)) else "")
        )
    return Equivalence(
        verdict=verdict[0],
        verdict_half=half[0],
        verdict_double=double[0],
        detectable=detectable,
        addition=SMALLER if detectable and verdict[0] == DOES_NOT else "",
        note="; ".join(filter(None, reasons)),
        mean=float(distribution.mean[0]),
        interval=(float(low[0]), float(high[0])),
        betting_p=by_bets,
        delta=edge,
        alpha=level,
        n=int(distribution.n[0]),
        method=str(distribution.method[0]),
        seed=distribution.seed,
    )


def where_told(known: MeanDistribution, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return intervals with NaN where they have no width and the identities are too few to trust that."""
    silent = known.constant & (known.n < LEAST_ALIKE)
    return np.where(silent, np.nan, low), np.where(silent, np.nan, high)


def verdicts(
    low: Floats,
    high: Floats,
    delta: float,
    n: npt.ArrayLike,
    bets: Floats | None,
    *,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    span: float = 1.0,
) -> list[Verdict]:
    """Return the verdict of m intervals over (m,) people at one margin.

    It is "cannot tell" without an interval, and with fewer people than a verdict needs (`fewest_people`,
    `fewest_to_matter`). In "does not matter" bets have their say, too: `bets` are their p (`bets_p`); None:
    of differences without bounds. `span` is the most that outputs can change.

    >>> low, high = np.array([0.12, -0.02, 0.05]), np.array([0.3, 0.1, 0.2])
    >>> verdicts(low, high, 0.10, 29, np.full(3, 0.01))
    ['matters', 'does not matter at δ', 'cannot tell']
    >>> verdicts(low, high, 0.10, [6, 28, 28], None), verdicts(low, high, 0.10, 33, np.full(3, 0.06))[1]
    (['matters', 'cannot tell', 'cannot tell'], 'cannot tell')
    """
    people = np.asarray(n)
    outside = ((low > delta) | (high < -delta)) & (people >= fewest_to_matter(alpha, alternative))
    enough = people >= fewest_people(delta, alpha, bounded=bets is not None, span=span)
    inside = (low >= -delta) & (high <= delta) & enough & (True if bets is None else bets <= alpha)
    return [
        MATTERS if out else DOES_NOT if within else CANNOT_TELL
        for out, within in zip(outside, inside, strict=True)
    ]


def bets_p(differences: Floats, delta: float, bound: float = 1.0, *, bounded: bool = True) -> Floats | None:
    """Return (m,) p-values of equivalence by bets, NaN without anybody; None of what has no bounds."""
    if not bounded:
        return None
    p = equivalence_p(differences, delta, bound)
    return np.where(np.isnan(differences).all(axis=0), np.nan, p)


def left_open(p: float, delta: float, span: float = 1.0) -> str:
    """Say that the bets leave open what the interval says.

    >>> left_open(0.08, 0.10)
    "That few people change by much isn't ruled out yet (bets on changes within ± 1: p = .080 at δ = .10)."
    """
    if math.isnan(p):
        return "Differences beyond ± 1 aren't changes of a probability (bounded=False is for others)."
    return (
        f"That few people change by much isn't ruled out yet (bets on changes within ± {span:g}: "
        f"p {p_is(p)} at δ = {margin(delta)})."
    )


def as_margin(delta: float, below: float = math.inf) -> float:
    """Return the margin, or raise `BadValueError` if it isn't above 0 and `below` a bound."""
    size = as_number(delta, "The margin delta")
    if not 0 < size < below:
        upper = f" and below {below:g}, as it is one of probabilities," if below < math.inf else ""
        msg = f"The margin delta lies above 0{upper} and is set before the run; got {delta!r}."
        raise BadValueError(msg)
    return size


def as_level(alpha: float) -> float:
    """Return the level, or raise `BadValueError` if there is no interval at 1 - 2α."""
    level = as_share(alpha, "The level alpha")
    if level >= 0.5:
        msg = f"The level alpha lies below .5, so that there is an interval at 1 - 2α; got {alpha!r}."
        raise BadValueError(msg)
    return level
