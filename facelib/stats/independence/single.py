"""One test of one pair, as notebooks call it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from facelib.errors import BadValueError
from facelib.stats.independence.base import TESTS, IndependenceTest, Null
from facelib.stats.independence.prepare import ask
from facelib.stats.independence.result import TestResult, check_numbers, run, single
from facelib.stats.independence.threads import available
from facelib.stats.independence.variables import as_variable
from facelib.stats.independence.vote import default
from facelib.utilities.checks import as_count


def independence_test(
    x: Any,
    y: Any,
    z: Any = None,
    method: str | IndependenceTest | None = None,
    seed: int = 0,
    *,
    person: Any = None,
    null: Null | None = None,
    n_permutations: int | None = None,
    approximate: bool = False,
    **parameters: Any,
) -> TestResult:
    """Test whether a property and an output are independent given labels: X ⟂ Ŷ | Z.

    Parameters
    ----------
    x
        (n,) property: numbers, truth values or categories.
    y
        (n,) one output, or (n, k) several at once, as a whole logit vector.
    z
        Labels (text, truth values, categories, whole numbers with at most 20 values) are held fixed as
        strata, other numbers as they are; several as a table; None: nothing is held fixed.
    method
        Id of a test: "partial_correlation", "kcit", "rcot", "chsic", "cmiknn"; or a test with its parameters.
        None: cHSIC, or KCIT where a number is held fixed.
    seed
        Seed of everything random.
    person
        (n,) who is in each picture; rows of one person aren't independent: they are averaged per label, and
        persons are compared with each other.
    null
        "analytic", "permutation", or None: the test's own.
    n_permutations
        Surrogates of a permutation null; None: the test's default.
    approximate
        Whether a test that bends may hold two numbers or more fixed: it then finds dependence where there is
        none (`facelib.stats.calibration`). Partial correlation may anyway.
    **parameters
        Of the test.

    Raises
    ------
    BadValueError
        If a value is missing, lengths differ, there are too few faces or too many labels, or the test can't
        hold this fixed.
    UnknownNameError
        If there is no such test.

    Examples
    --------
    >>> age = [20, 31, 42, 53, 25, 36, 47, 58, 29, 40]
    >>> happy = [0.9, 0.8, 0.6, 0.5, 0.9, 0.7, 0.6, 0.4, 0.8, 0.7]
    >>> result = independence_test(age, happy, method="partial_correlation")
    >>> round(result.effect, 2), result.p_value < 0.001
    (-0.99, True)
    """
    number = as_count(seed, "The seed", least=0)
    if n_permutations is not None:
        n_permutations = as_count(n_permutations, "The number of permutations")
    xs, ys = [as_variable(x, "x")], [as_variable(y, "y")]
    question = ask(xs, ys, z, person, seed=number, workers=available())
    given = question.problem.given
    chosen = default(categorical=given.categorical) if method is None else method
    test = chosen if isinstance(chosen, IndependenceTest) else configured(chosen, parameters)
    check_numbers(test, given, approximate=approximate)
    return single(run(test, question, null=null, n_permutations=n_permutations), test, number)


def configured(method: str, parameters: dict[str, Any]) -> IndependenceTest:
    """Return a test with its parameters, or say which it has."""
    kind = TESTS[method]
    try:
        return kind(**parameters)
    except TypeError:
        names = ", ".join(item.name for item in fields(kind)) or "none"
        msg = (
            f"{kind.title} has the parameters: {names}; got {', '.join(parameters)}. The test itself is "
            f"chosen by method=, one of {', '.join(TESTS)}."
        )
        raise BadValueError(msg) from None
