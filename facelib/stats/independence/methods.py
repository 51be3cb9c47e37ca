"""Choice of tests: the one that decides, others by name, and the paper's three."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from facelib.errors import BadValueError
from facelib.stats.independence.base import TESTS, IndependenceTest
from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.result import check_conditioner, check_numbers
from facelib.stats.independence.single import configured
from facelib.stats.independence.vote import PAPER, VOTERS, default, votes

COST = ("low", "medium", "high")

Methods = Iterable[str | IndependenceTest] | Literal["paper"] | None
"""Ids of tests, or tests with their parameters; "paper": the three that vote; None: the one that decides."""
EXPECTED: Final = f'methods is a list of ids or tests, as ["kcit", "rcot"], or "{PAPER}"'


def as_tests(methods: Iterable[str | IndependenceTest]) -> list[IndependenceTest]:
    """Return the tests of "paper", or of a list of ids and of tests with their parameters.

    Raises
    ------
    BadValueError
        If it is something else.

    Examples
    --------
    >>> [test.id for test in as_tests(["kcit", "rcot"])], [test.id for test in as_tests("paper")]
    (['kcit', 'rcot'], ['chsic', 'rcot', 'cmiknn'])
    """
    given: object = VOTERS if votes(methods) else methods
    if isinstance(given, str | IndependenceTest) or not isinstance(given, Iterable):
        msg = f"{EXPECTED}; got {given!r}."
        raise BadValueError(msg)
    tests = [configured(test, {}) if isinstance(test, str) else test for test in given]
    for test in tests:
        if not isinstance(test, IndependenceTest):
            msg = f'methods holds ids, as "kcit", or tests with their parameters, as Kcit(); got {test!r}.'
            raise BadValueError(msg)
    return tests


def chosen_tests(methods: Methods, given: Given, *, approximate: bool = False) -> list[IndependenceTest]:
    """Return the tests of a grid, cheap ones first.

    Parameters
    ----------
    methods
        See `Methods`.
    given
        What is held fixed.
    approximate
        Whether tests may hold more numbers fixed than they can at their level.

    Raises
    ------
    BadValueError
        If there is none, one comes twice, or one can't hold this fixed.
    """
    tests = as_tests([default(categorical=given.categorical)] if methods is None else methods)
    if not tests or len({test.id for test in tests}) < len(tests):
        msg = f"methods names one test or more, each once; got {[test.id for test in tests]}."
        raise BadValueError(msg)
    for test in tests:
        check_conditioner(test, given)
        check_numbers(test, given, approximate=approximate)
    return sorted(tests, key=lambda test: COST.index(test.cost))


def able_tests(given: Given) -> list[str]:
    """Return the ids of all tests that can hold this fixed at their level, cheap ones first."""
    kind = "categorical" if given.categorical else "continuous"
    able = [
        name
        for name in TESTS
        if kind in TESTS[name].conditioners
        and (TESTS[name].most_numbers is None or given.numbers.shape[1] <= TESTS[name].most_numbers)
    ]
    return sorted(able, key=lambda name: COST.index(TESTS[name].cost))
