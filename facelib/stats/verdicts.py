"""Verdicts and descriptions for one face: about outputs of a classifier, never what a person feels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, check_kind
from facelib.stats.gradients import MI_STRENGTHS, PropertyGradient, monotone_epgm, unmasked
from facelib.stats.placebo import PlaceboRank
from facelib.stats.power import plain
from facelib.stats.shuffle import SMALLEST_P, ShuffleTest
from facelib.utilities.checks import as_list, as_number
from facelib.utilities.short_repr import in_short
from facelib.utilities.wording import format_number, in_unit, p_is, places_for, shown_name
from facelib.utilities.wording import plain as fixed

Verdict = Literal["changes", "does not change", "cannot tell"]

ALPHA = 0.05
TAIL = 0.05  # of the copies beyond each end of their central 90 %
USUAL = 0.05  # share of placebos that do as much from which on a change isn't unusual among them
USUAL_DELTA = 0.10  # of probabilities
STILL = 0.005  # changes below it are shown as none: they round to .00
TOLERANCE = 1e-9  # relative
UNUSUAL = "this picture is unusual among its own shaken copies"


class Described(NamedTuple):
    """One number as text, with its meaning in plain words."""

    name: str
    value: str
    meaning: str


@in_short()
@dataclass(frozen=True)
class LocalVerdict:
    """Effect of a change on one classifier's output for this face; nothing is inferred to other faces.

    Attributes
    ----------
    verdict
        "changes": the interval lies outside [-delta, delta]; "does not change": inside; "cannot tell":
        neither.
    interval
        Central 90 % range of the end-to-end difference over the picture and its shaken copies, in
        probability; where the picture's own difference is known it reaches as far as that.
    median
        Of the same differences.
    delta
        Margin in probability.
    n
        Number of differences: copies, and the picture itself where its own is known.
    remark
        "this picture is unusual among its own shaken copies" where they alone would decide; else empty.
    """

    verdict: Verdict
    interval: tuple[float, float]
    median: float
    delta: float
    n: int
    remark: str = ""


def local_verdict(d: npt.ArrayLike, delta: float = 0.10, *, shown: float | None = None) -> LocalVerdict:
    """Judge the end-to-end difference of a class probability by shaken copies of the picture.

    The picture counts among its own copies: their central 90 % is taken of all, and reaches as far as the
    difference that is shown. So that one always lies in the interval, and never on the other side of the
    margin than the verdict says.

    Parameters
    ----------
    d
        (R,) probability at strength 1 minus that at strength 0, R >= 2 shaken copies (shift, scale, light;
        the same at all strengths).
    delta
        Margin in probability, above 0, set before the run.
    shown
        The same difference of the picture itself; None: it isn't known.

    Raises
    ------
    BadValueError
        If a number is missing or infinite, there are fewer than two, or the margin isn't positive.

    Examples
    --------
    >>> local_verdict([-0.60, -0.62, -0.64, -0.61]).verdict
    'changes'
    >>> local_verdict([0.02, 0.01, -0.03, 0.00]).verdict
    'does not change'
    >>> local_verdict([0.02, 0.21, 0.14, 0.09]).verdict
    'cannot tell'
    >>> found = local_verdict([0.02, 0.01, -0.03, 0.00], shown=-0.11)
    >>> found.verdict, found.interval[0], found.remark
    ('cannot tell', -0.11, 'this picture is unusual among its own shaken copies')
    """
    differences = as_list(unmasked(d), "Differences of shaken copies", least=2)
    margin = as_number(delta, "The margin delta")
    if margin <= 0:
        msg = f"The margin delta lies above 0; got {delta!r}."
        raise BadValueError(msg)
    verdict = alone = _decided(*_central(differences), margin)
    low, high = _central(differences)
    if shown is not None:
        shown_change = as_number(shown, "The change that is shown")
        differences = np.append(differences, shown_change)
        low, high = _central(differences)
        low, high = min(low, shown_change), max(high, shown_change)
        verdict = _decided(low, high, margin)
    return LocalVerdict(
        verdict=verdict,
        interval=(low, high),
        median=float(np.median(differences)),
        delta=margin,
        n=len(differences),
        remark=UNUSUAL if verdict == "cannot tell" != alone else "",
    )


def _central(differences: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of the central 90 %.

    The upper end is the lower one of what falls: rounding treats rising and falling alike.
    """
    return float(np.quantile(differences, TAIL)), -float(np.quantile(-differences, TAIL))


def _decided(low: float, high: float, margin: float) -> Verdict:
    if low > margin or high < -margin:
        return "changes"
    return "does not change" if low >= -margin and high <= margin else "cannot tell"


def describe_change(
    *,
    clause: str,
    classifier: str,
    label: str,
    change: float,
    reference: PlaceboRank | None = None,
    verdict: LocalVerdict | None = None,
    on_the_way: tuple[float, float] | None = None,
    unit: str | None = None,
) -> str:
    """Describe in one sentence the effect of a change on an output.

    Parameters
    ----------
    clause
        What was done, as a clause: "the left side weakens".
    classifier, label
        Whose output, for which emotion.
    change
        Probability at strength 1 minus that at strength 0.
    reference
        Rank among placebos of the same size, if there are any yet; not said of an output that stays.
    verdict
        Of `local_verdict`: where it is "cannot tell", the sentence says why.
    on_the_way
        Of `excursion`: where between the ends the output goes beyond both of them.
    unit
        Of an output that is a value and no probability; "" if it has none. Changes below a twentieth of δ
        are then said to be none.

    Raises
    ------
    BadValueError
        If the change isn't a finite number.

    Examples
    --------
    >>> describe_change(clause="the left side weakens", classifier="faceapi", label="happy", change=-0.62)
    "As the left side weakens, face-api.js's output for happy falls by .62 on this face."
    >>> from facelib.stats import reference_rank
    >>> print(describe_change(clause="the left side weakens", classifier="fer", label="happy", change=-0.12,
    ...                       verdict=local_verdict([-0.13, -0.12, -0.11], shown=-0.12),
    ...                       reference=reference_rank(0.12, [0.1, 0.3, 0.2], ["blur", "crop", "crop"])))
    As the left side weakens, fer's output for happy falls by .12 on this face; 2 of 3 placebos did as much.
    Harmless changes of this size do that, too.
    >>> print(describe_change(clause="the left side weakens", classifier="fer", label="happy", change=-0.62,
    ...                       verdict=local_verdict([-0.7, -0.62, 0.0], shown=-0.62)))
    As the left side weakens, fer's output for happy falls by .62 on this face. Whether it changes by
    δ = .10 can't be said: in 90 % of its shaken copies (shift, size, light by up to 3 %) the change is −.69
    to −.09.
    """
    number = as_number(change, "The change")
    valued = unit is not None and verdict is not None
    still, sized, edge = STILL, _hundredths, "" if verdict is None else plain(verdict.delta)
    if unit is not None and verdict is not None:
        still = STILL / USUAL_DELTA * verdict.delta
        sized = partial(_finely, verdict.delta, unit)
        edge = sized(verdict.delta)
    if abs(number) < still:
        moves = f"stays within {in_unit(plain(still), unit)}" if valued else "stays within .005"
    elif verdict is not None and verdict.verdict == "does not change":
        sign = "+" if number > 0 else ""
        moves = f"changes by {sign}{sized(number)}, less than δ = {edge},"
    else:
        moves = f"{'rises' if number > 0 else 'falls'} by {sized(abs(number))}"
    sentence = f"As {clause}, {shown_name(classifier)}'s output for {label} {moves} on this face"
    if on_the_way is not None:
        strength, most = on_the_way
        way = "higher" if most > 0 else "lower"
        size = sized(abs(most))
        sentence += (
            f"; on the way, at strength {_hundredths(strength)}, it was {size} {way} than at the start"
        )
    if reference is not None and abs(number) >= still:
        sentence += f"; {reference.text}.{_beside(verdict, reference)}"
    else:
        sentence += "."
    if verdict is None or verdict.verdict != "cannot tell":
        return sentence
    return f"{sentence} {_why(verdict, sized, edge)}"


def _beside(verdict: LocalVerdict | None, rank: PlaceboRank) -> str:
    """Say how the word on a change goes together with its rank, where they seem to contradict each other."""
    word = verdict.verdict if verdict is not None else ""
    if word == "changes" and rank.exceed > USUAL * rank.total:
        return " Harmless changes of this size do that, too."
    unusual = (rank.exceed + 1) / (rank.total + 1) <= USUAL
    if word == "does not change" and unusual:
        return " Small as it is, fewer than one in twenty placebos did as much."
    return ""


def excursion(
    series: npt.ArrayLike, strengths: npt.ArrayLike, *, delta: float = 0.10
) -> tuple[float, float] | None:
    """Return where an output goes beyond both of its ends by at least δ: the strength, and the change there.

    Parameters
    ----------
    series
        Outputs (n,) along the strengths.
    strengths
        (n,), from 0 to 1.
    delta
        How far beyond the ends it has to go, in (0, 1).

    Examples
    --------
    >>> excursion([0.5, 0.9, 0.4], [0, 0.5, 1]), excursion([0.5, 0.55, 0.4], [0, 0.5, 1])
    ((0.5, 0.4), None)
    """
    values, at = np.asarray(series, float), np.asarray(strengths, float)
    low, high = sorted((values[0], values[-1]))
    beyond = np.maximum(values - high, low - values)
    place = int(beyond.argmax())
    if not beyond[place] >= delta:
        return None
    return float(at[place]), float(values[place] - values[0])


def _why(verdict: LocalVerdict, sized: Callable[[float], str], edge: str) -> str:
    """Say why the verdict of one face is "cannot tell"."""
    low, high = (sized(end) for end in verdict.interval)
    margin = f"Whether it changes by δ = {edge} can't be said"
    copies = "shaken copies (shift, size, light by up to 3 %)"
    if verdict.remark:
        return f"{margin}: {verdict.remark}; with it their change is {low} to {high}."
    return f"{margin}: in 90 % of its {copies} the change is {low} to {high}."


def _finely(delta: float, unit: str, value: float) -> str:
    """Return a value in its unit, as finely as δ is stated.

    >>> _finely(3, "years", -4.2)
    '−4.20 years'
    """
    return in_unit(fixed(value, places_for(delta)), unit)


def _hundredths(value: float) -> str:
    """Return a change with two decimals and a real minus sign.

    >>> _hundredths(-0.999), _hundredths(0.0004), _hundredths(-0.0089)
    ('−1.00', '.00', '−.01')
    """
    text = f"{abs(value):.2f}".removeprefix("0")
    return f"−{text}" if value < 0 and text.strip(".0") else text


def describe_order(test: ShuffleTest) -> str:
    """Describe the result of the shuffle test of one series: order, never size.

    Parameters
    ----------
    test
        Result for a series of shape (n,).

    Raises
    ------
    BadValueError
        If the result holds several series.

    Examples
    --------
    >>> from facelib.stats import shuffle_test
    >>> describe_order(shuffle_test([0.9, 0.8, 0.75, 0.6, 0.5, 0.42, 0.3, 0.2, 0.15, 0.1, 0.05]))
    'the outputs depend on the order of the strengths (p < .001); this says nothing about how much'
    """
    check_kind(test, ShuffleTest, "A test, as shuffle_test returns it,")
    if np.ndim(test.p_value):
        msg = f"One sentence describes one series; got {np.size(test.p_value)}. Describe them one by one."
        raise BadValueError(msg)
    p_value = float(test.p_value)
    if test.epgm == 0 and test.null_mean == 0:
        return "the outputs are the same at every strength: there is no order to depend on"
    if p_value > ALPHA and SMALLEST_P.get(test.n, 0.0) > ALPHA:
        return f"{test.n} strengths are too few to tell whether the outputs depend on their order"
    chance = f"p {p_is(p_value)}"
    if p_value > ALPHA:
        finding = "nothing shows that the outputs depend on the order of the strengths"
    elif test.side == "larger":
        finding = "the outputs depend on the order of the strengths, jumping more than shuffled ones"
    else:
        finding = "the outputs depend on the order of the strengths"
    return f"{finding} ({chance}); this says nothing about how much"


def describe_gradient(gradient: PropertyGradient, change: float, n: int) -> tuple[Described, ...]:
    """Describe each number of one property gradient in plain words.

    Parameters
    ----------
    gradient
        Of a series of shape (n,).
    change
        Last minus first output.
    n
        Number of strengths, >= 3.

    Returns
    -------
    tuple of Described
        Name, value as text, and what it says, for every number but `flips`, which belongs to all classes.

    Raises
    ------
    BadValueError
        If the gradient holds several series, or n is too small.

    Examples
    --------
    >>> from facelib.stats import property_gradient
    >>> rows = describe_gradient(property_gradient([0.9, 0.8, 0.4, 0.3]), -0.6, 4)
    >>> rows[0].value, rows[0].meaning
    ('.175', 'mean step in size; curves that go one way, .600 in all, have .150 to .225 at 4 strengths')
    """
    check_kind(gradient, PropertyGradient, "A gradient, as property_gradient returns it,")
    if np.ndim(gradient.epgm):
        msg = f"One table describes one series; got {np.size(gradient.epgm)}. Describe them one by one."
        raise BadValueError(msg)
    size = abs(as_number(change, "The change"))
    variation, r = float(gradient.total_variation), float(gradient.correlation)
    detour = variation - size
    step, path = "mean step in size", "all steps added, up and down"
    if size:
        least, most = (format_number(float(monotone_epgm(size, ends, n))) for ends in (0.0, size))
        step += (
            f"; curves that go one way, {format_number(size)} in all, have {least} to {most} at {n} strengths"
        )
    if detour > TOLERANCE * variation:
        path += f": {format_number(detour)} more than between the two ends"
    elif size:
        path += ": as much as between the two ends, so it only goes one way"
    information = float(gradient.mutual_information)
    hidden = np.isnan(information)
    return (
        Described(
            "EPGM",
            format_number(float(gradient.epgm)),
            step,
        ),
        Described("total variation", format_number(variation), path),
        Described("mean gradient", format_number(float(gradient.signed)), "mean step with its sign"),
        Described(
            "correlation",
            "none" if np.isnan(r) else format_number(r if abs(r) > TOLERANCE else 0.0),
            "with the strength, −1 … 1" + (": the outputs never change" if np.isnan(r) else ""),
        ),
        Described(
            "mutual information",
            "hidden" if hidden else f"{format_number(information)} nats",
            "dependence of any shape on the strength, 0 is none"
            + (f"; it needs {MI_STRENGTHS} strengths" if hidden else ""),
        ),
    )
