"""Sentences about the power of a number of people."""

from __future__ import annotations

from facelib.errors import check_kind
from facelib.stats.effects.few_people import fewest_people, fewest_to_matter
from facelib.stats.power import Question, SampleSize, StudyPower, as_question, plain

NORMAL = " Changes are taken as normal; where few people change by much, more are needed."


def describe_power(found: StudyPower | SampleSize, question: Question = "matters") -> str:
    """Describe the power of a number of people in a sentence.

    Parameters
    ----------
    found
        From `study_power` or `sample_size`; the latter brings its own question.

    Raises
    ------
    BadValueError
        If the question is unknown.

    Examples
    --------
    >>> from facelib.stats import study_power
    >>> print(describe_power(study_power(24, -0.20, 0.15)))
    With 24 people, a true change of −.20 (standard deviation between people .15) is found to matter at
    δ = .10 in 94 % of studies.
    """
    check_kind(found, (StudyPower, SampleSize), "Power, as power or sample_size returns it,")
    asked = found.question if isinstance(found, SampleSize) else as_question(question)
    study = found.study if isinstance(found, SampleSize) else found
    subject = (
        f"With {study.n} people, a true change of {plain(study.change)} (standard deviation between "
        f"people {plain(study.sd)})"
    )
    share = percent(study.of(asked))
    if asked != "differs":
        least = (
            fewest_to_matter(study.alpha, study.alternative)
            if asked == "matters"
            else fewest_people(study.delta, study.alpha)
        )
        why = f": that needs at least {least} people" if study.n < least else ""
        found_to = "to matter" if asked == "matters" else "not to matter"
        taken = NORMAL if asked == "does not matter" else ""
        return f"{subject} is found {found_to} at δ = {plain(study.delta)} in {share} of studies{why}.{taken}"
    level = f"α = {plain(study.alpha)}"
    level += f", corrected for {study.family} tests" if study.family > 1 else ""
    sides = "two-sided" if study.alternative == "two-sided" else "one-sided"
    why = f" ({study.note})" if study.note else ""
    return f"{subject} is distinguished from no change ({sides}, {level}) in {share} of studies{why}."


def percent(share: float) -> str:
    """Return a share as people say it: 0 only where it can't happen, never all.

    >>> percent(0.8849), percent(0.9999), percent(0.0001), percent(0.0)
    ('88 %', 'more than 99 %', 'less than 1 %', '0 %')
    """
    if share == 0:
        return "0 %"
    if share > 0.99:
        return "more than 99 %"
    return "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"
