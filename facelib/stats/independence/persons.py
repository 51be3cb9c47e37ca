"""Several rows of one person: averaged per label, and persons exchanged as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facelib.errors import BadValueError
from facelib.stats.checks import Floats
from facelib.stats.independence.given import Given
from facelib.stats.independence.orders import WholePersons
from facelib.stats.independence.variables import ROUNDING, Codes, Variable, coded

ASSUMED = "Assumes one picture per person: no persons were named."
UNEVEN = 1.25
"""Mean of 1/m² over squared mean of 1/m, m pictures a row, above which it is said. At 1.8 (1 and 20 pictures
in turn) .07 were rejected at nominal .05, .16 at .10."""
LEAST_EXCHANGED = 0.5  # share of rows that must be able to move (our choice)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that may be tested: one a person and label, or one a person.

    Attributes
    ----------
    of
        (n,) new row of each old row, −1 where it is left out.
    persons
        (m,) person of each new row; None if every row is its own person.
    notes
        What was done.
    """

    of: Codes
    persons: Codes | None
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of new rows."""
        return int(self.of.max()) + 1

    def mean(self, values: Floats) -> Floats:
        """Return the mean of old rows (n, d) in every new row, (m, d).

        What is the same in all rows of a person stays the same to the last bit, however many rows are
        averaged: a difference of rounding would make age a property that differs within persons.
        """
        kept = self.of >= 0
        of, values = self.of[kept], values[kept]
        first = np.zeros((self.count, values.shape[1]))
        first[of[::-1]] = values[::-1]
        sums = np.zeros_like(first)
        np.add.at(sums, of, values - first[of])
        averages: Floats = first + sums / np.bincount(of, minlength=self.count)[:, None]
        return averages

    def variable(self, variable: Variable) -> Variable:
        """Return the averaged variable; categories with one value a row stay what they are."""
        averages = self.mean(variable.values)
        kind = variable.kind
        if kind in ("binary", "categorical") and not np.isin(averages, (0.0, 1.0)).all():
            kind = "continuous" if kind == "binary" else "vector"
        return Variable(variable.name, kind, averages)

    def unevenness(self, properties: Sequence[Variable]) -> tuple[str, ...]:
        """Say where means over few pictures vary more than others: orders can't tell that from dependence.

        Properties that are the same in all averaged pictures, as age, aren't touched.
        """
        kept = self.of >= 0
        counts = np.bincount(self.of[kept])
        variance = 1.0 / counts
        even = (variance**2).mean() <= UNEVEN * variance.mean() ** 2
        if even or not any(v.take(np.flatnonzero(kept)).varies_within(self.of[kept]) for v in properties):
            return ()
        return (
            f"Properties that differ within persons were averaged over {counts.min()} to {counts.max()} "
            "pictures: means of few vary more, which makes p a little too small.",
        )

    def given(self, given: Given) -> Given:
        """Return the conditioner of the new rows; rows of different labels are never merged."""
        first = np.full(self.count, -1, np.intp)
        old = np.flatnonzero(self.of >= 0)[::-1]
        first[self.of[old]] = old
        strata = np.unique(given.strata[first], return_inverse=True)[1].astype(np.intp)
        return Given(strata, self.mean(given.numbers), given.notes)


def independent_rows(person: Any, given: Given, seed: int) -> Rows:
    """Decide which rows are tested (METHODS: rows must be independent people).

    Nobody named: all rows, with a note. Every person once: all rows. Else the pictures of one person under
    one label are averaged, and persons are exchanged as a whole. Where a continuous conditioner is held
    fixed, or fewer than half of the rows belong to persons who share their set of labels, there is one row a
    person: with numbers, the person's mean; with labels, one label drawn with the seed (the draw depends on
    the names of persons and labels).

    Raises
    ------
    BadValueError
        If `person` has another length or is missing somewhere.
    """
    n = len(given.strata)
    if person is None:
        return Rows(np.arange(n), None, (ASSUMED,))
    codes, names = coded(person, "person")
    if len(codes) != n:
        msg = f"person has {len(codes)} rows but there are {n} faces: one row a face is needed."
        raise BadValueError(msg)
    if len(names) == n:
        return Rows(np.arange(n), None, ())
    pairs = codes * given.n_strata + given.strata
    _, of = np.unique(pairs, return_inverse=True)
    of = of.astype(np.intp)
    new = int(of.max()) + 1
    person_of = np.zeros(new, np.intp)
    person_of[of] = codes
    label_of = np.zeros(new, np.intp)
    label_of[of] = given.strata
    counted = f"{n} rows of {len(names)} persons"
    if given.categorical:
        groups = exchangeable(person_of, label_of)
        moving = sum(rows.size for rows in groups)
        if moving >= LEAST_EXCHANGED * new:
            note = f"{counted}: averaged to {new}, one a person and label; whole persons are exchanged."
            fixed = (
                f" {new - moving} rows have no partner with the same labels and stay." if moving < new else ""
            )
            return Rows(of, person_of, (note + fixed,))
    alone = _one_label(person_of, label_of, seed)
    kept = np.where(np.isin(of, alone), np.searchsorted(alone, of), -1).astype(np.intp)
    if not given.categorical and given.n_strata == 1:
        return Rows(codes, None, (f"{counted}: averaged to one row a person.",))
    note = f"{counted}: one label a person was drawn (seed {seed}), its rows averaged."
    return Rows(kept, None, (note,))


def exchangeable(person: Codes, label: Codes) -> list[Codes]:
    """Return, for each set of labels that several persons share, their rows as (persons, labels)."""
    order = np.lexsort((label, person))
    starts = np.flatnonzero(np.diff(person[order], prepend=-1))
    sets: dict[tuple[int, ...], list[Codes]] = defaultdict(list)
    for rows in np.split(order, starts[1:]):
        sets[tuple(label[rows].tolist())].append(rows)
    return [np.stack(rows) for rows in sets.values() if len(rows) > 1]


def by_appearance(person: Codes) -> Codes:
    """Return codes numbered in the order in which persons appear: names then change nothing.

    >>> by_appearance(np.array([7, 2, 7, 5])).tolist()
    [0, 1, 0, 2]
    """
    _, first, codes = np.unique(person, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[codes].astype(np.intp)


def whole_persons(person: Codes, label: Codes, seed: int) -> WholePersons:
    """Return the orders that exchange persons who share their labels."""
    return WholePersons(exchangeable(person, label), len(person), seed)


def differs_within(variable: Variable, rows: Rows) -> bool:
    """Whether a property takes several values inside one person, as symmetry does and age doesn't."""
    return rows.persons is not None and rows.variable(variable).varies_within(rows.persons)


def within_persons(variables: Sequence[Variable], person: Codes) -> tuple[Variable, ...]:
    """Return variables without their persons' means: what differs inside persons, rounding left out."""
    sizes = np.bincount(person)[:, None]
    centred = []
    for variable in variables:
        values = variable.values
        sums = np.zeros((len(sizes), values.shape[1]))
        np.add.at(sums, person, values)
        apart = values - (sums / sizes)[person]
        apart[np.abs(apart) <= ROUNDING * np.abs(values).max(axis=0)] = 0.0
        centred.append(Variable(variable.name, "vector" if values.shape[1] > 1 else "continuous", apart))
    return tuple(centred)


def _one_label(person: Codes, label: Codes, seed: int) -> Codes:
    """Return one row a person, drawn with the seed, sorted."""
    order = np.random.default_rng(seed).permutation(np.lexsort((label, person)))
    _, first = np.unique(person[order], return_index=True)
    return np.sort(order[first]).astype(np.intp)
