"""Power of a study: the chances of each verdict over faces, before a single face is changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtri, stdtrit

from facelib.errors import BadValueError
from facelib.stats.effects.equivalence import as_level, as_margin
from facelib.stats.effects.few_people import ALPHA, DELTA, few_people, fewest_people, fewest_to_matter
from facelib.stats.effects.signflip import Alternative, as_alternative, smallest_p
from facelib.stats.power_chances import bets_inside, beyond, inside_margin
from facelib.utilities.checks import as_count, as_number, as_share

Question = Literal["matters", "does not matter", "differs"]

QUESTIONS: tuple[Question, ...] = get_args(Question)
WANTED: Final = 0.80
MOST: Final = 100_000  # people
COLUMNS: Final = {
    "n": "people (identities): the unit that counts",
    "question": "matters: the verdict 'matters' at δ; does not matter: the verdict 'does not matter at δ'; "
    "differs: the sign-flip test rejects 'nothing happens'",
    "power": "share of studies of n people in which that is found",
    "change": "true mean change",
    "sd": "true standard deviation of the change between people",
    "delta": "margin of the verdict",
    "alpha": "level: the verdict's interval is at 1 - 2 alpha",
    "alternative": "of the sign-flip test: two-sided, less or greater",
    "family": "tests that the sign-flip test is corrected for; the verdict isn't",
}
"""Columns of what `power_curve` returns, with their meaning."""


@dataclass(frozen=True)
class StudyPower:
    """The chances of a study of n people whose true effect is known: shares of such studies.

    Attributes
    ----------
    n
        People (identities).
    matters, does_not_matter, cannot_tell
        Chance of each verdict at δ; they add up to 1.
    differs
        Chance that the sign-flip test rejects.
    change, sd
        True mean change and its standard deviation between people.
    delta, alpha, alternative, family
        What was asked.
    note
        Why a chance is 0: "5 people can't have a two-sided p below .0625"; else empty.
    few
        Which verdicts n people are too few for, as `few_people` says it; their chances are 0. Else empty.
    """

    n: int
    matters: float
    does_not_matter: float
    cannot_tell: float
    differs: float
    change: float
    sd: float
    delta: float
    alpha: float
    alternative: Alternative
    family: int
    note: str
    few: str = ""

    def of(self, question: Question) -> float:
        """Return the chance of the verdict or rejection that `question` asks for."""
        known = as_question(question)
        return {"matters": self.matters, "does not matter": self.does_not_matter}.get(known, self.differs)


@dataclass(frozen=True)
class SampleSize:
    """The smallest number of people with which a study has the power that is wanted.

    Attributes
    ----------
    n
        People.
    power
        What n of them have; at least `wanted`.
    wanted, question
        What was asked for.
    study
        All chances of that study.
    """

    n: int
    power: float
    wanted: float
    question: Question
    study: StudyPower


def study_power(
    n: int,
    change: float,
    sd: float,
    *,
    delta: float = DELTA,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    family: int = 1,
) -> StudyPower:
    """Return the chances of each verdict, and of the sign-flip test, if the true effect is as assumed.

    The change of a person is taken as normal. The verdict's interval is then Student's (which the BCa
    interval of 20 people or more resembles), and the sign-flip test has the power of Student's t-test, unless
    people are too few to reach the level at all. Verdicts that so few people can't carry have no chance
    (`fewest_people`, `fewest_to_matter`).

    Parameters
    ----------
    n
        People (identities), 2 or more; several faces of one person count once.
    change
        True mean change, in units of the output: −.20 for a probability that falls by .20.
    sd
        Standard deviation of the change between people, above 0: ``sd`` of the effects of a pilot study, or
        better `cautious_sd` of it.
    delta, alpha
        Margin, and level: the verdict's interval is at 1 − 2α.
    alternative
        Of the sign-flip test.
    family
        Tests that it is corrected for: it is held against α / family (Bonferroni, which Holm never falls
        below).

    Raises
    ------
    BadValueError
        If a number is impossible.

    Notes
    -----
    Given the spread s in the sample, the mean x̄ is normal: "matters" if |x̄| − t s/√n > δ, "does not matter"
    if |x̄| + t s/√n ≤ δ, with t Student's quantile 1 − α at n − 1 degrees of freedom; averaged over the χ
    distribution of s. For "matters" that is the noncentral t: P(T > t) with noncentrality (μ − δ)√n/σ. "Does
    not matter" also takes bets that hold their level for every distribution of changes within ± 1
    (`facelib.stats.effects.betting.betting_p`): its chance is the smaller of the two. Where few people change
    by much and most by nothing, it is smaller than that of normal changes.

    Examples
    --------
    >>> study = study_power(24, -0.20, 0.15)
    >>> round(study.matters, 2), round(study.differs, 2)
    (0.94, 1.0)
    """
    people, number = as_count(n, "The number of people", least=2), _as_family(family)
    mean, spread = as_number(change, "The change"), _as_sd(sd)
    margin, level, side = as_margin(delta), as_level(alpha), as_alternative(alternative)
    corrected = level / number
    t = float(stdtrit(people - 1, 1 - level))
    matters = beyond(people, mean - margin, spread, t) + beyond(people, -mean - margin, spread, t)
    inside = inside_margin(people, mean, spread, t, margin)
    matters = 0.0 if people < fewest_to_matter(level, side) else min(1.0, matters)
    inside = min(inside, bets_inside(people, mean, spread, margin, level))
    inside = 0.0 if people < fewest_people(margin, level) else inside
    least = smallest_p(people, side)
    note = ""
    if least > corrected:
        kind = "" if side != "two-sided" else "two-sided "
        note = f"{people} people can't have a {kind}p below {plain(least)}"
        differs = 0.0
    else:
        bar = float(stdtrit(people - 1, 1 - (corrected / 2 if side == "two-sided" else corrected)))
        up, down = beyond(people, mean, spread, bar), beyond(people, -mean, spread, bar)
        differs = {"two-sided": min(1.0, up + down), "greater": up, "less": down}[side]
    return StudyPower(
        n=people,
        matters=matters,
        does_not_matter=inside,
        cannot_tell=max(0.0, 1.0 - matters - inside),
        differs=differs,
        change=mean,
        sd=spread,
        delta=margin,
        alpha=level,
        alternative=side,
        family=number,
        note=note,
        few=few_people(people, margin, level, side),
    )


def sample_size(
    change: float,
    sd: float,
    *,
    power: float = WANTED,
    question: Question = "matters",
    delta: float = DELTA,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    family: int = 1,
) -> SampleSize:
    """Return the smallest number of people with which `question` is answered as often as wanted.

    Parameters
    ----------
    change, sd, delta, alpha, alternative, family
        As in `study_power`.
    power
        Share of studies that are to find it.
    question
        "matters" (the verdict), "does not matter" (the other verdict), "differs" (the sign-flip test). Of the
        verdicts never fewer than `fewest_to_matter` and `fewest_people`.

    Raises
    ------
    BadValueError
        If a number is impossible, or if no number of people up to 100,000 is enough: a change inside ± δ is
        never found to matter, one outside never not to.

    Examples
    --------
    >>> sample_size(-0.20, 0.15).n
    16
    >>> sample_size(0.0, 0.15, question="does not matter").n
    53
    """
    asked, wanted = as_question(question), as_share(power, "The wanted power")
    _check_possible(asked, as_number(change, "The change"), as_margin(delta), as_alternative(alternative))

    def study(n: int) -> StudyPower:
        return study_power(n, change, sd, delta=delta, alpha=alpha, alternative=alternative, family=family)

    low, high = 1, 2  # fewer than 2 people have no interval
    while study(high).of(asked) < wanted:
        if high >= MOST:
            msg = (
                f"Expected a change that {MOST:,} people are enough for; {plain(change)} with a standard "
                f"deviation of {plain(sd)} is too close to the limit at δ = {plain(delta)}."
            )
            raise BadValueError(msg)
        low, high = high, min(2 * high, MOST)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if study(middle).of(asked) >= wanted else (middle, high)
    at_least = study(high)
    return SampleSize(high, at_least.of(asked), wanted, asked, at_least)


def power_curve(
    change: float,
    sd: float,
    *,
    sizes: Sequence[int] | npt.NDArray[Any] | None = None,
    questions: Sequence[Question] = ("matters",),
    power: float = WANTED,
    delta: float = DELTA,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    family: int = 1,
) -> pd.DataFrame:
    """Return the power over the number of people, one row per number and question; columns as in `COLUMNS`.

    Parameters
    ----------
    change, sd, delta, alpha, alternative, family
        As in `study_power`.
    sizes
        Numbers of people. None: every number from 2 to half as many again as are needed for `power`, 40 at
        least; above 200 some of them, the needed one among these.
    questions
        What is asked, as in `sample_size`.
    power
        The power that the curve has to reach, if `sizes` is None.

    Raises
    ------
    BadValueError
        If a number is impossible.

    Examples
    --------
    >>> curve = power_curve(-0.20, 0.15, sizes=[8, 16, 24])
    >>> curve["power"].round(2).tolist()
    [0.52, 0.82, 0.94]
    """
    asked = [as_question(question) for question in questions]
    if not asked or len(set(asked)) < len(asked):
        msg = f"Expected questions, each once, out of {', '.join(QUESTIONS)}; got {list(questions)}."
        raise BadValueError(msg)
    common: dict[str, Any] = {"delta": delta, "alpha": alpha, "alternative": alternative, "family": family}
    if sizes is None:
        counts = _usual_sizes(change, sd, asked, power, common)
    else:
        counts = [as_count(size, "A number of people", least=2) for size in sizes]
    studies = [study_power(n, change, sd, **common) for n in counts]
    return pd.DataFrame(
        [
            (s.n, question, s.of(question), s.change, s.sd, s.delta, s.alpha, s.alternative, s.family)
            for question in asked
            for s in studies
        ],
        columns=list(COLUMNS),
    )


def cautious_sd(sd: float, n: int, *, confidence: float = 0.80) -> float:
    """Return a standard deviation that the true one lies below with `confidence`, from a pilot of n people.

    A pilot's own standard deviation is too small about half the time, and so is the study planned on it
    (Kieser and Wassmer 1996): sd · √((n − 1) / χ²), with χ² the quantile 1 − confidence.

    Raises
    ------
    BadValueError
        If a number is impossible.

    Examples
    --------
    >>> round(cautious_sd(0.15, 12), 3)
    0.188
    """
    people = as_count(n, "The number of people of the pilot", least=2)
    below = as_share(confidence, "The confidence")
    return _as_sd(sd) * math.sqrt((people - 1) / float(chdtri(people - 1, below)))


def _usual_sizes(
    change: float, sd: float, asked: Sequence[Question], power: float, common: dict[str, Any]
) -> list[int]:
    needed = []
    for question in asked:
        try:
            n = sample_size(change, sd, power=power, question=question, **common).n
        except BadValueError:
            continue  # a curve that never gets there is drawn all the same
        needed.append(n)
    top = max(40, *(math.ceil(1.5 * n) for n in needed), 2)
    if top <= 200:
        return list(range(2, top + 1))
    thinned = np.concatenate([np.linspace(2, top, 120).round(), needed])
    return [int(n) for n in np.unique(thinned)]


def _check_possible(question: Question, change: float, delta: float, alternative: Alternative) -> None:
    size, margin = abs(change), f"δ = {plain(delta)}"
    if question == "matters" and size <= delta:
        msg = (
            f"Expected a change beyond {margin}, which can be found to matter; got {plain(change)}, which "
            "no number of people makes more than that. Ask whether it differs, or set a smaller margin."
        )
    elif question == "does not matter" and size >= delta:
        msg = (
            f"Expected a change inside ± {margin}, which can be found not to matter; got {plain(change)}. "
            "Ask whether it matters, or set a wider margin."
        )
    elif question == "differs" and (
        change == 0 or (change > 0 and alternative == "less") or (change < 0 and alternative == "greater")
    ):
        msg = (
            f"Expected a change that the test can find (alternative {alternative!r}); got {plain(change)}, "
            "which it rejects at its level at most, however many people there are."
        )
    else:
        return
    raise BadValueError(msg)


def as_question(question: Any) -> Question:
    """Return `question`, or raise `BadValueError` if it is none of `QUESTIONS`."""
    if not isinstance(question, str) or question not in QUESTIONS:
        msg = f"The question is one of {', '.join(QUESTIONS)}; got {question!r}."
        raise BadValueError(msg)
    return question


def _as_family(family: int) -> int:
    return as_count(family, "The number of tests in the family")


def _as_sd(sd: float) -> float:
    spread = as_number(sd, "The standard deviation between people")
    if spread <= 0:
        msg = f"The standard deviation between people lies above 0; got {sd!r}. A pilot study shows it."
        raise BadValueError(msg)
    return spread


def plain(number: float) -> str:
    """Return a number without a leading zero, two decimals at least.

    >>> plain(-0.2), plain(0.125), plain(0), plain(1.5)
    ('−.20', '.125', '0', '1.50')
    """
    if number == 0:
        return "0"
    text = f"{abs(number):.4f}".rstrip("0")
    whole, _, after = text.partition(".")
    text = f"{whole}.{after.ljust(2, '0')}".removeprefix("0")
    return f"−{text}" if number < 0 else text
