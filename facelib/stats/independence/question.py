"""From a user's rows to a problem: averaged over persons, arranged, and what can't be tested set apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facelib.stats.independence.given import Given
from facelib.stats.independence.orders import Orders
from facelib.stats.independence.persons import Rows, by_appearance, whole_persons, within_persons
from facelib.stats.independence.problem import Problem, arrange, check_size
from facelib.stats.independence.variables import Variable


@dataclass(frozen=True, eq=False)
class Question:
    """Rows ready to be tested: averaged over persons, arranged, and what can't be tested set apart."""

    problem: Problem
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    shape: tuple[int, int]
    notes: tuple[str, ...]
    why_not: dict[tuple[int, int], str]


def ask(
    xs: Sequence[Variable],
    ys: Sequence[Variable],
    given: Given,
    rows: Rows,
    *,
    seed: int,
    workers: int = 1,
    within: bool = False,
) -> Question:
    """Arrange a problem and set constant variables apart.

    Parameters
    ----------
    xs, ys, given
        Rows of the user's table.
    rows
        Which rows are tested (`independent_rows`).
    seed, workers
        Of the problem.
    within
        Whether the properties differ inside persons: then persons' means are taken out of them and of the
        outputs; else they are compared between persons.
    """
    uneven: tuple[str, ...] = ()
    if rows.persons is not None or rows.count < len(rows.of):
        uneven = rows.unevenness(xs)
        xs, ys = [rows.variable(x) for x in xs], [rows.variable(y) for y in ys]
        given = rows.given(given)
    if within and rows.persons is not None:
        xs, ys = within_persons(xs, rows.persons), within_persons(ys, rows.persons)
    check_size(len(given.strata))
    arrangement, given = arrange(xs, ys, given, seed)
    orders: Orders | None = None
    persons = None
    if rows.persons is not None:
        persons = by_appearance(rows.persons[arrangement])
        orders = whole_persons(persons, given.strata, seed)
    xs, ys = [x.take(arrangement) for x in xs], [y.take(arrangement) for y in ys]
    still = [[i for i, v in enumerate(group) if not v.varies_within(given.strata)] for group in (xs, ys)]
    why_not = {}
    for i in range(len(xs)):
        for j in range(len(ys)):
            constant = [xs[i].name] * (i in still[0]) + [ys[j].name] * (j in still[1])
            if constant:
                where = "within every label" if given.n_strata > 1 else "for all faces"
                verb = "are" if len(constant) > 1 else "is"
                why_not[i, j] = f"Not testable: {' and '.join(constant)} {verb} the same {where}."
    kept = tuple(i for i in range(len(xs)) if i not in still[0])
    columns = tuple(j for j in range(len(ys)) if j not in still[1])
    problem = Problem(
        tuple(xs[i] for i in kept),
        tuple(ys[j] for j in columns),
        given,
        seed,
        orders=orders,
        persons=persons,
        workers=workers,
    )
    notes = (*rows.notes, *uneven, *given.notes)
    return Question(problem, kept, columns, (len(xs), len(ys)), notes, why_not)
