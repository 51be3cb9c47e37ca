"""Base of the tests of independence: tags, parameters, and the statistics of a whole grid at once."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError, check_kind
from facelib.stats.independence.permutation.permutations import Orders, RowOrders, WithinStrata
from facelib.stats.independence.problem import Problem
from facelib.utilities.checks import Floats
from facelib.utilities.registry import Registry, place_of

Null = Literal["analytic", "permutation"]
Conditioner = Literal["categorical", "continuous"]
Pairs = npt.NDArray[np.bool_]


class Prepared(ABC):
    """Statistics that a test has computed for all pairs of a problem; P properties × O outputs.

    Attributes
    ----------
    statistic
        (P, O) as it is reported; NaN where a pair can't be tested.
    effect
        (P, O) size of the dependence, as the test's docstring says; in [0, 1], signed for a correlation.
    extreme
        (P, O) what surrogates are compared with: larger is more dependent.
    notes
        What the reader must know, for all pairs.
    """

    statistic: Floats
    effect: Floats
    notes: tuple[str, ...] = ()

    @property
    def extreme(self) -> Floats:
        """The statistic, unless its sign carries meaning."""
        return self.statistic

    @property
    def nothing(self) -> Pairs:
        """(P, O) where `extreme` is zero but for rounding: every surrogate is as extreme."""
        return np.zeros(self.statistic.shape, bool)

    def why_not(self, i: int, j: int) -> str:  # noqa: ARG002 (tests that have other reasons use them)
        """Return why property i and output j can't be tested, where their statistic is NaN."""
        return "the conditioner leaves too little of it"

    def analytic(self) -> Floats:
        """Return p from the test's own null distribution, (P, O); a test whose null is analytic has one.

        Raises
        ------
        BadValueError
            If it declares one but computes none.
        """
        msg = f"{type(self).__name__} has no analytic null: its test must declare null = 'permutation'."
        raise BadValueError(msg)

    @abstractmethod
    def surrogates(self, orders: RowOrders, pairs: Pairs) -> Floats:
        """Return the statistic, in units of `extreme`, with the property's rows in other orders.

        Parameters
        ----------
        orders
            (B, n): face i gets the property of face orders[b, i].
        pairs
            (P, O) which pairs are still of interest.

        Returns
        -------
        (B, P, O), anything where a pair isn't of interest.
        """


@dataclass(frozen=True)
class IndependenceTest(ABC):
    """A test of X ⟂ Ŷ | Z with its parameters as fields.

    Class attributes are its tags: menus and documentation are made from them.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    data_types: ClassVar[frozenset[str]] = frozenset({"continuous", "binary", "categorical", "vector"})
    conditioners: ClassVar[frozenset[Conditioner]] = frozenset({"categorical", "continuous"})
    most_numbers: ClassVar[int | None] = 1
    """Numbers that it can hold fixed at its level, None: any; more need ``approximate=True``."""
    cost: ClassVar[Literal["low", "medium", "high"]] = "medium"
    null: ClassVar[Null] = "permutation"
    draws: ClassVar[int] = 999
    """Permutations drawn unless asked otherwise."""

    @abstractmethod
    def prepare(self, problem: Problem) -> Prepared:
        """Compute the statistic of all pairs, sharing what can be shared."""

    def stand_in(self, problem: Problem, *, permuted: bool) -> IndependenceTest:  # noqa: ARG002 (see `Kcit`)
        """Return the test that is run on these data: this one, unless they are too many for it.

        Parameters
        ----------
        problem
            What is to be tested.
        permuted
            Whether p, of some pairs at least, will come from permutations.
        """
        return self

    def orders(self, problem: Problem) -> Orders:
        """Return the orders of this test's permutation null: a new stream, whatever was drawn before."""
        if problem.orders is not None:
            return copy.deepcopy(problem.orders)
        if not problem.given.categorical:
            msg = (
                f"{self.title} has no permutation null for a continuous conditioner: "
                "leave the null to the test, or condition on labels only."
            )
            raise BadValueError(msg)
        return WithinStrata(problem.given.bounds, problem.seed)

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters that were set, by name."""
        return asdict(self)


TESTS: Registry[type[IndependenceTest]] = Registry(
    "test of independence", "facelib.independence_tests", "facelib.stats.independence.register"
)


def title_of(method: str) -> str:
    """Return the title of a test; of one that isn't registered in this session, its id in words.

    >>> title_of("partial_correlation"), title_of("a_test_of_mine")
    ('partial correlation', 'a test of mine')
    """
    return TESTS[method].title if method in TESTS else method.replace("_", " ")


def register(test: type[IndependenceTest]) -> type[IndependenceTest]:
    """Register the user's own test under its id, for `independence_test`, `independence_grid` and studies.

    The same class again replaces what was there: a cell of a notebook can be run again.

    Parameters
    ----------
    test
        A frozen dataclass whose fields are the test's parameters. ``prepare`` computes all pairs of
        properties and outputs at once; permutations, p-values and corrections are facelib's.

    Raises
    ------
    BadValueError
        If another test has this id.

    Examples
    --------
    Rank correlation inside labels; the null permutes faces of the same label:

    >>> import numpy as np
    >>> from dataclasses import dataclass
    >>> from scipy.stats import rankdata
    >>> from facelib.stats import independence, independence_test
    >>> class Ranks(independence.Prepared):
    ...     def __init__(self, problem):
    ...         strata = problem.given.strata
    ...         def centred(variable):
    ...             ranks = rankdata(variable.values[:, 0])
    ...             ranks = ranks - (np.bincount(strata, ranks) / np.bincount(strata))[strata]
    ...             return ranks / np.linalg.norm(ranks)
    ...         self.xs = np.stack([centred(x) for x in problem.xs])
    ...         self.ys = np.stack([centred(y) for y in problem.ys])
    ...         self.statistic = self.effect = self.xs @ self.ys.T
    ...     @property
    ...     def extreme(self):
    ...         return np.abs(self.statistic)
    ...     def surrogates(self, orders, pairs):
    ...         return np.abs(np.einsum("pbn,on->bpo", self.xs[:, orders], self.ys))
    >>> @independence.register  # doctest: +SKIP
    ... @dataclass(frozen=True)
    ... class RankCorrelation(independence.IndependenceTest):
    ...     id = "rank_correlation"
    ...     title = "rank correlation inside labels"
    ...     conditioners = frozenset({"categorical"})
    ...     def prepare(self, problem):
    ...         return Ranks(problem)
    >>> age = np.arange(20, 60)
    >>> output, label = np.exp(-age / 30), ["happy", "sad"] * 20
    >>> result = independence_test(age, output, label, method="rank_correlation")  # doctest: +SKIP
    >>> round(result.statistic, 2), result.p_value  # doctest: +SKIP
    (-1.0, 0.001)
    """
    check_kind(test, type, "A class of IndependenceTest")
    return TESTS.register(test.id, test, place_of(test))
