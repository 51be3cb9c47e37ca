"""Preparation of a user's rows: averaged over persons, arranged, untestable variables set apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from facelib.errors import BadValueError
from facelib.stats.independence.conditioning import Given, as_given
from facelib.stats.independence.permutation.permutations import Orders
from facelib.stats.independence.persons import (
    OF_PERSONS,
    Compare,
    Rows,
    by_appearance,
    independent_rows,
    share_within,
    whole_persons,
    within_persons,
)
from facelib.stats.independence.problem import Problem, arrange, check_size, content_key
from facelib.stats.independence.variables import Codes, Variable


@dataclass(frozen=True, eq=False)
class Question:
    """Rows ready to be tested: averaged over persons, arranged, untestable variables set apart."""

    problem: Problem
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    shape: tuple[int, int]
    notes: tuple[str, ...]
    why_not: dict[tuple[int, int], str]


def questions(
    xs: Sequence[Variable],
    ys: Sequence[Variable],
    z: Any = None,
    person: Any = None,
    *,
    seed: int,
    workers: int = 1,
    compare: Compare | None = None,
) -> list[tuple[tuple[int, ...], Question]]:
    """Return the questions with their properties: those of persons apart from those that differ within.

    Parameters
    ----------
    xs, ys, z, person
        Properties, outputs, what is held fixed and who is in each picture, one row per face.
    seed, workers
        Of the problems.
    compare
        Between persons, or within them (their means taken out); None: within where at least a tenth of a
        property's variance, given the label, lies within persons.

    Raises
    ------
    BadValueError
        If lengths differ, a value is missing, or nothing is left that could be compared.
    """
    n = one_length([*xs, *ys])
    if compare not in (None, "between", "within"):
        msg = f'compare is "between", "within" or None; got {compare!r}.'
        raise BadValueError(msg)
    conditioner = as_given(z, n)
    key = content_key([*(v.values for v in (*xs, *ys)), conditioner.numbers])
    rows = independent_rows(person, conditioner, seed, key)
    if compare == "within" and rows.persons is None:
        why = "no persons were named" if person is None else "there is one row per person"
        msg = f"Nothing can be compared within persons: {why}. Give person, with several labels each."
        raise BadValueError(msg)
    groups: dict[bool, list[int]] = {}
    for i, x in enumerate(xs):
        groups.setdefault(_within(x, conditioner, rows, compare), []).append(i)
    return [
        (
            tuple(group),
            ask([xs[i] for i in group], ys, conditioner, rows, seed=seed, workers=workers, within=within),
        )
        for within, group in groups.items()
    ]


def one_length(variables: Sequence[Variable]) -> int:
    """Return the number of rows, or raise `BadValueError` where variables differ in it."""
    lengths = {variable.name: len(variable.values) for variable in variables}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:6])
        msg = f"Properties and outputs have one row per face; got different lengths: {shown}."
        raise BadValueError(msg)
    return next(iter(lengths.values()))


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
    said: tuple[str, ...] = ()
    if rows.persons is not None or rows.count < len(rows.of):
        xs, ys = [rows.variable(x) for x in xs], [rows.variable(y) for y in ys]
        given = rows.given(given)
    if rows.persons is not None:
        said = (_compared(xs, rows.persons, given, within=within),)
    if within and rows.persons is not None:
        xs, ys = within_persons(xs, rows.persons), within_persons(ys, rows.persons)
    check_size(len(given.strata))
    arrangement, given = arrange(xs, ys, given, seed)
    orders: Orders | None = None
    persons = None
    if rows.persons is not None:
        persons = by_appearance(rows.persons[arrangement])
        orders = whole_persons(persons, given.strata, rows.pictures[arrangement], seed)
    xs, ys = [x.take(arrangement) for x in xs], [y.take(arrangement) for y in ys]
    still = [[i for i, v in enumerate(group) if not v.varies_within(given.strata)] for group in (xs, ys)]
    why_not = {}
    for i in range(len(xs)):
        for j in range(len(ys)):
            constant = [xs[i].name] * (i in still[0]) + [ys[j].name] * (j in still[1])
            if constant:
                where = "within every label" if given.n_strata > 1 else "for all faces"
                where = "in all pictures of each person" if within else where
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
    notes = (*rows.notes, *said, *given.notes)
    return Question(problem, kept, columns, (len(xs), len(ys)), notes, why_not)


def _within(x: Variable, given: Given, rows: Rows, compare: Compare | None) -> bool:
    """Whether a property is compared within persons."""
    if rows.persons is None:
        return False
    if compare is not None:
        return compare == "within"
    return share_within(rows.variable(x), rows.persons, rows.given(given).strata) >= OF_PERSONS


def _compared(xs: Sequence[Variable], persons: Codes, given: Given, *, within: bool) -> str:
    """Say what is compared, and how much of each property lies within persons."""
    shares = {x.name: share_within(x, persons, given.strata) for x in xs}
    shown = ", ".join(f"{name} {100 * share:.2g} %" for name, share in shares.items() if share > 0)
    inside = f" (of the variance given the label, within persons: {shown})" if shown else ""
    if within:
        return f"Compared within persons{inside}: persons' means were taken out."
    return f"Compared between persons{inside}."
