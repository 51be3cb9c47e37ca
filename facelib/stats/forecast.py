"""Seconds that a grid of tests will take: what each test costs is measured, how much it draws is reckoned."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.stats.corrections import adjust
from facelib.stats.independence.base import IndependenceTest
from facelib.stats.independence.grid import arranged, sizes_of
from facelib.stats.independence.permutation.sequential import Drawing, Progress
from facelib.stats.independence.prepare import Question
from facelib.stats.independence.result import STOP_AFTER, draws_orders
from facelib.stats.independence.threads import one_blas_thread
from facelib.utilities.checks import Floats

FIRST: Final = 4  # surrogates that are timed first
TIMED: Final = 0.03  # seconds for which they are timed then, for some pairs and for few,
AGAIN: Final = 2  # times: the shortest is that of a machine that does nothing else
MANY: Final = 200  # surrogates at most
SOME: Final = (0.25, 0.05)  # shares of the pairs: most surrogates are drawn when most pairs are settled
GROWTH: Final = 1.5  # power of n by which times grow beyond the rows that were timed (our choice)
SEEN: Final = 0.85  # power of p: tests see less than the linear one that p is of,
SEEN_BY: Final = {"cmiknn": 0.5}  # this one much less (both our choice, from 140 rendered people)
DOUBT: Final = 4.0  # power of 1 minus a corrected p: pairs that may be chance hardly count (our choice)
SURE: Final = 1000  # surrogates from which on their own rates say how many more there will be
DEPENDENT: Final = 0.12  # share of pairs that stay open to the end where nothing is known (our choice)
FIRM: Final = 0.3  # seconds of tests, from which on they say how far off the others are


@dataclass(frozen=True)
class Cost:
    """What one test costs.

    Attributes
    ----------
    method
        Id of the test.
    setup
        Seconds until its statistics are there.
    draw, pair
        Seconds of a surrogate whatever the pairs, and besides for each pair that is still open.
    most
        Most surrogates of a pair; 0 where p is analytic.
    """

    method: str
    setup: float
    draw: float = 0.0
    pair: float = 0.0
    most: int = 0

    def drawing(self, p_values: Floats) -> float:
        """Return the seconds of its surrogates: a pair is left after about 10 / p of them."""
        if not self.most or not len(p_values):
            return 0.0
        draws = np.minimum(
            STOP_AFTER / np.maximum(p_values ** SEEN_BY.get(self.method, SEEN), STOP_AFTER / self.most),
            self.most,
        )
        most = np.sort(draws)[-min(2, len(draws))]  # the second largest: one pair alone may be chance
        return self.of(float(most), float(draws.sum()))

    def of(self, taken: float, drawn: float) -> float:
        """Return the seconds of so many surrogates, which all pairs together use so many times."""
        return self.draw * taken + self.pair * drawn

    def left(self, at: Drawing, p_values: Floats, slower: float) -> float:
        """Return the seconds until its last pair is settled: first as p says, later at the rates so far."""
        done = self.of(at.taken, at.drawn)
        rate = slower * (at.seconds + FIRM) / (slower * (self.setup + done) + FIRM)
        sure = min(at.taken / SURE, 1.0) if at.most else 1.0
        thought = max(self.drawing(p_values) - done, 0.0)
        return rate * ((1 - sure) * thought + sure * self.of(at.most, at.more))


@dataclass(frozen=True)
class Forecast:
    """Seconds that a grid of tests will take.

    Attributes
    ----------
    costs
        Of the tests, in the order in which they run.
    pairs
        How many are tested.
    budget
        Seconds after which no more is drawn; inf: no end.
    after
        Seconds of what is computed after the tests: how much is explained.

    Examples
    --------
    >>> forecast = Forecast((Cost("rcot", 1.0), Cost("chsic", 1.0, draw=0.001, pair=0.0001, most=1000)), 20)
    >>> round(forecast.seconds(np.ones(20)), 3), round(forecast.seconds(np.full(20, 1e-6)), 3)
    (2.03, 5.0)
    """

    costs: tuple[Cost, ...]
    pairs: int
    budget: float = math.inf
    after: float = 0.0

    def seconds(self, p_values: Floats | None = None, *, slower: float = 1.0) -> float:
        """Return the seconds of the whole grid.

        Parameters
        ----------
        p_values
            Of the pairs, by a quick test or from fewer faces; None: nothing is known of them.
        slower
            How many times longer everything takes than it was measured.
        """
        return self._of(self.costs, self._known(p_values), self.budget, slower) + slower * self.after

    def left(self, at: Progress, p_values: Floats | None = None, *, slower: float = 1.0) -> float:
        """Return the seconds that are left of a grid that runs.

        Parameters
        ----------
        at
            Its progress.
        p_values, slower
            As for `seconds`; what is over already says how much slower it is.
        """
        place = next((k for k, cost in enumerate(self.costs) if cost.method == at.method), None)
        if place is None:
            return math.nan
        p, own = self._known(p_values), self.costs[place]
        before = at.seconds - at.drawing.seconds
        share = max(self.budget - before, 0.0) / (len(self.costs) - place)
        left = min(own.left(at.drawing, p, slower), max(share - at.drawing.seconds, 0.0))
        expected = self._of(self.costs[:place], p, self.budget, slower)
        expected += slower * (own.setup + own.of(at.drawing.taken, at.drawing.drawn))
        rate = slower * (at.seconds + FIRM) / (expected + FIRM)
        left += self._of(self.costs[place + 1 :], p, self.budget - at.seconds - left, rate)
        return left + rate * self.after

    def _of(self, costs: Sequence[Cost], p_values: Floats, budget: float, slower: float) -> float:
        """Share out what is left of the budget, as the grid does: what one test leaves goes to the others."""
        spent = 0.0
        for place, cost in enumerate(costs):
            share = max(budget - spent, 0.0) / (len(costs) - place)
            setup = slower * cost.setup
            spent += setup + min(slower * cost.drawing(p_values), max(share - setup, 0.0))
        return spent

    def _known(self, p_values: Floats | None) -> Floats:
        """Return p-values; where nothing is known some pairs depend, and the others are even."""
        if p_values is not None:
            return np.asarray(p_values, np.float64)
        dependent = round(DEPENDENT * self.pairs)
        even = (np.arange(self.pairs - dependent) + 0.5) / max(self.pairs - dependent, 1)
        return np.concatenate([np.zeros(dependent), even])


def forecast(
    properties: Any,
    outputs: Any,
    labels: Any = None,
    methods: Sequence[str | IndependenceTest] | None = None,
    alpha: float = 0.01,
    *,
    person: Any = None,
    seed: int = 0,
    budget: float | None = None,
    null_property: bool = False,
    rows: int | None = None,
) -> Forecast:
    """Measure what the tests of a grid cost on these columns; parameters as for `independence_grid`.

    Columns may be of fewer faces than the grid will have, `rows`, and of noise: times hardly depend on what
    is in them, but for how many surrogates are drawn.

    Raises
    ------
    BadValueError
        If no test could be run.

    Examples
    --------
    >>> x, y = np.random.default_rng(0).normal(size=(2, 70))
    >>> found = forecast({"x": x}, {"y": y}, methods=["partial_correlation"])
    >>> found.pairs, found.costs[0].most, found.seconds() < 1
    (1, 0, True)
    """
    tests, parts, plan = arranged(
        properties, outputs, labels, methods, alpha, person=person, seed=seed,
        timed=budget is not None, null_property=null_property,
    )  # fmt: skip
    costs = []
    for test in tests:
        try:
            found = [_measured(test, part.question, plan.count(test, part.family)) for part in parts]
        except BadValueError:  # it refuses these data, which takes no time
            continue
        sums = {name: sum(getattr(one, name) for one in found) for name in ("setup", "draw")}
        costs.append(replace(found[0], **sums))
    begun = time.perf_counter()
    for part in parts:
        sizes_of(part, plan)
    after = time.perf_counter() - begun
    n = max(part.question.problem.n for part in parts)
    grown = max(1.0, (n if rows is None else rows) / n) ** GROWTH
    times = [
        replace(one, setup=grown * one.setup, draw=grown * one.draw, pair=grown * one.pair) for one in costs
    ]
    pairs, ends = sum(part.pairs for part in parts), math.inf if budget is None else budget
    return Forecast(tuple(times), pairs, ends, grown * after)


def _measured(test: IndependenceTest, question: Question, most: int) -> Cost:
    """Run a test up to its statistics, and draw some surrogates."""
    problem = question.problem
    if not (problem.xs and problem.ys):  # nothing can be tested
        return Cost(test.id, 0.0)
    by_orders, method = draws_orders(test, problem), test.id
    test = test.stand_in(problem, permuted=by_orders)
    with one_blas_thread():
        begun = time.perf_counter()
        prepared = test.prepare(problem)
        if not by_orders:
            prepared.analytic()
            return Cost(method, time.perf_counter() - begun)
        setup = time.perf_counter() - begun
        pairs = np.isfinite(prepared.extreme)
        if not pairs.any():
            return Cost(method, setup)
        orders, (some, few) = test.orders(problem), (_spread(pairs, share) for share in SOME)

        def each(chosen: npt.NDArray[np.bool_], count: int) -> float:
            begun = time.perf_counter()
            prepared.surrogates(orders.draw(count), chosen)
            return (time.perf_counter() - begun) / count

        def shortest(chosen: npt.NDArray[np.bool_]) -> float:
            many = int(min(max(TIMED / max(each(chosen, FIRST), 1e-9), FIRST), MANY))
            return min(each(chosen, many) for _ in range(AGAIN))

        of_some, of_few = shortest(some), shortest(few)
    more = int(some.sum() - few.sum())
    pair = max(of_some - of_few, 0.0) / more if more else 0.0
    return Cost(method, setup, max(of_few - pair * int(few.sum()), 0.0), pair, most)


def _spread(pairs: npt.NDArray[np.bool_], share: float) -> npt.NDArray[np.bool_]:
    """Return a share of the pairs, one at least, evenly over properties and outputs."""
    there = np.flatnonzero(pairs)
    chosen = np.zeros(pairs.size, bool)
    chosen[
        there[np.unique(np.linspace(0, len(there) - 1, max(1, round(share * len(there)))).astype(int))]
    ] = True
    return chosen.reshape(pairs.shape)


def at_more_faces(p_values: npt.ArrayLike, faces: int, all_of_them: int) -> Floats:
    """Return the p-values that pairs will have with more faces, if what they show now is so.

    A pair's χ² grows with the number of faces if it isn't chance, which doesn't; its p after Benjamini and
    Hochberg says how sure that is.

    >>> at_more_faces([0.0001, 0.5, 1.0], 50, 200).round(3).tolist()
    [0.0, 0.497, 1.0]
    """
    from scipy import special

    p = np.clip(np.asarray(p_values, np.float64), 1e-300, 1.0)
    more = max(all_of_them / max(faces, 1), 1.0) - 1.0
    sure = (1.0 - adjust(p, "bh")) ** DOUBT
    grown: Floats = special.chdtrc(1, special.chdtri(1, p) * (1.0 + sure * more))
    return grown
