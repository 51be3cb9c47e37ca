"""Choice of tests: from ids and tests to a list that can hold the conditioner fixed."""

from __future__ import annotations

from collections.abc import Iterable

from facelib.errors import BadValueError
from facelib.stats.independence.base import TESTS, IndependenceTest
from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.result import check_conditioner
from facelib.stats.independence.single import configured

COST = ("low", "medium", "high")


def as_tests(methods: Iterable[str | IndependenceTest]) -> list[IndependenceTest]:
    """Return the tests of a list of ids and of tests with their parameters, or say what is wrong with it.

    >>> [test.id for test in as_tests(["kcit", "rcot"])]
    ['kcit', 'rcot']
    """
    given: object = methods
    if isinstance(given, str | IndependenceTest) or not isinstance(given, Iterable):
        msg = f'methods is a list of ids or tests, as ["kcit", "rcot"]; got {given!r}.'
        raise BadValueError(msg)
    tests = [configured(test, {}) if isinstance(test, str) else test for test in given]
    for test in tests:
        if not isinstance(test, IndependenceTest):
            msg = f'methods holds ids, as "kcit", or tests with their parameters, as Kcit(); got {test!r}.'
            raise BadValueError(msg)
    return tests


def chosen_tests(methods: Iterable[str | IndependenceTest] | None, given: Given) -> list[IndependenceTest]:
    """Return the tests of a grid, cheap ones first; None: all that can hold this fixed.

    Raises
    ------
    BadValueError
        If there is none, one comes twice, or one can't hold this fixed.
    """
    kind = "categorical" if given.categorical else "continuous"
    able = [name for name in TESTS if kind in TESTS[name].conditioners]
    tests = as_tests(able if methods is None else methods)
    if not tests or len({test.id for test in tests}) < len(tests):
        msg = f"methods names one test or more, each once; got {[test.id for test in tests]}."
        raise BadValueError(msg)
    for test in tests:
        check_conditioner(test, given)
    return sorted(tests, key=lambda test: COST.index(test.cost))
