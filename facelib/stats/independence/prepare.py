"""Preparation of a user's rows: averaged over persons, arranged, untestable variables set apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from facelib.errors import BadValueError
from facelib.stats.independence.conditioning import Given, as_given
from facelib.stats.independence.permutation.permutations import Orders
from facelib.stats.independence.persons import by_appearance, independent_rows, whole_persons
from facelib.stats.independence.problem import Problem, arrange, check_size, content_key
from facelib.stats.independence.variables import Variable


@dataclass(frozen=True, eq=False)
class Question:
    """Rows ready to be tested: averaged over persons, arranged, untestable variables set apart."""

    problem: Problem
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    shape: tuple[int, int]
    notes: tuple[str, ...]
    why_not: dict[tuple[int, int], str]


def ask(
    xs: Sequence[Variable],
    ys: Sequence[Variable],
    z: Any = None,
    person: Any = None,
    *,
    seed: int,
    workers: int = 1,
) -> Question:
    """Return a question: rows averaged over persons and arranged, constant variables set apart.

    Parameters
    ----------
    xs, ys, z, person
        Properties, outputs, what is held fixed and who is in each picture, one row per face.
    seed, workers
        Of the problem.

    Raises
    ------
    BadValueError
        If lengths differ, a value is missing, or nothing is left that could be compared.
    """
    given = as_given(z, one_length([*xs, *ys]))
    key = content_key([*(v.values for v in (*xs, *ys)), given.numbers])
    rows = independent_rows(person, given, seed, key)
    if rows.persons is not None or rows.count < len(rows.of):
        xs, ys = [rows.variable(x) for x in xs], [rows.variable(y) for y in ys]
        given = rows.given(given)
    check_size(len(given.strata))
    arrangement, given = arrange(xs, ys, given, seed)
    orders: Orders | None = None
    persons = None
    if rows.persons is not None:
        persons = by_appearance(rows.persons[arrangement])
        orders = whole_persons(persons, given.strata, rows.pictures[arrangement], seed)
    xs, ys = [x.take(arrangement) for x in xs], [y.take(arrangement) for y in ys]
    still = [[i for i, v in enumerate(group) if not v.varies_within(given.strata)] for group in (xs, ys)]
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
    return Question(
        problem,
        kept,
        columns,
        (len(xs), len(ys)),
        notes=(*rows.notes, *given.notes),
        why_not=_constant([x.name for x in xs], [y.name for y in ys], still, given),
    )


def _constant(
    xs: Sequence[str], ys: Sequence[str], still: Sequence[Sequence[int]], given: Given
) -> dict[tuple[int, int], str]:
    """Say of pairs, by index, which of the two is constant."""
    where = "within every label" if given.n_strata > 1 else "for all faces"
    why_not = {}
    for i, x in enumerate(xs):
        for j, y in enumerate(ys):
            constant = [x] * (i in still[0]) + [y] * (j in still[1])
            if constant:
                verb = "are" if len(constant) > 1 else "is"
                why_not[i, j] = f"Not testable: {' and '.join(constant)} {verb} the same {where}."
    return why_not


def one_length(variables: Sequence[Variable]) -> int:
    """Return the number of rows, or raise `BadValueError` where variables differ in it."""
    lengths = {variable.name: len(variable.values) for variable in variables}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:6])
        msg = f"Properties and outputs have one row per face; got different lengths: {shown}."
        raise BadValueError(msg)
    return next(iter(lengths.values()))
