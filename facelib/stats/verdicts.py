"""Words for numbers of one face: descriptive, about outputs of a network, never about what a person feels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.stats.checks import as_list, as_number
from facelib.stats.reference import ReferenceRank
from facelib.stats.shuffle import SMALLEST_P, ShuffleTest

Verdict = Literal["changes", "does not change", "cannot tell"]

ALPHA = 0.05
CENTRAL = (0.05, 0.95)  # quantiles of the replicates: their central 90 %
STILL = 0.005  # changes below it are shown as none: they round to .00


@dataclass(frozen=True)
class LocalVerdict:
    """What a change does to the output of one classifier for this face; nothing is inferred to other faces.

    Attributes
    ----------
    verdict
        "changes": the interval lies outside [-delta, delta]; "does not change": inside; "cannot tell":
        neither.
    interval
        Central 90 % range of the end-to-end difference under the replicates, in probability.
    median
        Of the same differences.
    delta
        Margin in probability.
    n
        Number of replicates.
    """

    verdict: Verdict
    interval: tuple[float, float]
    median: float
    delta: float
    n: int


def local_verdict(d: npt.ArrayLike, delta: float = 0.10) -> LocalVerdict:
    """Judge the end-to-end difference of a class probability under harmless replicates.

    Parameters
    ----------
    d
        (R,) probability at strength 1 minus that at strength 0, R >= 2 replicates (shift, scale, light; the
        same one at all strengths).
    delta
        Margin in probability, above 0, set before the run.

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
    """
    differences = as_list(d, "Replicate differences", least=2)
    margin = as_number(delta, "The margin delta")
    if margin <= 0:
        msg = f"The margin delta lies above 0; got {delta!r}."
        raise BadValueError(msg)
    low, high = (float(end) for end in np.quantile(differences, CENTRAL))
    verdict: Verdict = "cannot tell"
    if low > margin or high < -margin:
        verdict = "changes"
    elif low >= -margin and high <= margin:
        verdict = "does not change"
    return LocalVerdict(
        verdict=verdict,
        interval=(low, high),
        median=float(np.median(differences)),
        delta=margin,
        n=len(differences),
    )


def describe_change(
    *, clause: str, classifier: str, label: str, change: float, reference: ReferenceRank | None = None
) -> str:
    """Say in one sentence what a change did to an output.

    Parameters
    ----------
    clause
        What was done, as a clause: "the left side weakens".
    classifier, label
        Whose output, for which emotion.
    change
        Probability at strength 1 minus that at strength 0.
    reference
        Rank among harmless changes, if there are any yet.

    Raises
    ------
    BadValueError
        If the change isn't a finite number.

    Examples
    --------
    >>> describe_change(clause="the left side weakens", classifier="faceapi", label="happy", change=-0.62)
    "As the left side weakens, faceapi's output for happy falls by .62 on this face."
    """
    number = as_number(change, "The change")
    if abs(number) < STILL:
        moves = "stays within .005"
    else:
        moves = f"{'rises' if number > 0 else 'falls'} by {f'{abs(number):.2f}'.removeprefix('0')}"
    sentence = f"As {clause}, {classifier}'s output for {label} {moves} on this face"
    return f"{sentence}; {reference.text}." if reference is not None else f"{sentence}."


def describe_order(test: ShuffleTest) -> str:
    """Say what the shuffle test of one series found: order, never size.

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
    'the outputs follow the order of the strengths (p < .001); this says nothing about how much'
    """
    if np.ndim(test.p_value):
        msg = f"One sentence describes one series; got {np.size(test.p_value)}. Describe them one by one."
        raise BadValueError(msg)
    p_value = float(test.p_value)
    if test.epgm == 0 and test.null_mean == 0:
        return "the outputs are the same at every strength: there is no order to follow"
    if p_value > ALPHA and SMALLEST_P.get(test.n, 0.0) > ALPHA:
        return f"{test.n} strengths are too few to tell whether the outputs follow their order"
    text = format_p(p_value)
    chance = f"p {text}" if text[0] in "<>" else f"p = {text}"
    if p_value > ALPHA:
        finding = "nothing shows that the outputs follow the order of the strengths"
    elif test.side == "larger":
        finding = "the outputs depend on the order of the strengths, jumping more than shuffled ones"
    else:
        finding = "the outputs follow the order of the strengths"
    return f"{finding} ({chance}); this says nothing about how much"


def format_p(p: float) -> str:
    """Return a p-value as APA writes it: three decimals, no leading zero, never ".000" or "1.000".

    Raises
    ------
    BadValueError
        If it isn't a number from 0 to 1.

    Examples
    --------
    >>> format_p(0.0031), format_p(0.0004), format_p(1)
    ('.003', '< .001', '> .999')
    """
    number = as_number(p, "A p-value")
    if not 0 <= number <= 1:
        msg = f"A p-value lies between 0 and 1; got {p!r}."
        raise BadValueError(msg)
    if number < 0.001:
        return "< .001"
    if number >= 0.9995:
        return "> .999"
    return f"{number:.3f}".removeprefix("0")
