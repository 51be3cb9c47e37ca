"""Several rows of one person: averaged per label, and persons exchanged as a whole.

Means of few pictures vary more than means of many: if persons with different numbers of pictures were
exchanged, every non-linear test would take that for dependence (cHSIC rejected .88 of true nulls at .05 with
1 and 20 pictures in turn). So only persons with the same labels and equally many pictures are exchanged;
where few have partners, pictures are left out by lot until they have.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from facelib.errors import BadValueError
from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.permutation.permutations import WholePersons
from facelib.stats.independence.seeds import stream
from facelib.stats.independence.variables import Codes, Variable, coded
from facelib.utilities.checks import Floats

ASSUMED = "Assumes one picture per person: no persons were named."
LEAST_EXCHANGED = 0.5  # share of rows that must be able to move (our choice)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that may be tested: one per person and label, or one per person.

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

    @property
    def pictures(self) -> Codes:
        """Old rows that are averaged in each new one, (m,)."""
        return np.bincount(self.of[self.of >= 0], minlength=self.count).astype(np.intp)

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
        """Return the averaged variable; categories with one value per row stay what they are."""
        averages = self.mean(variable.values)
        kind = variable.kind
        if kind in ("binary", "categorical") and not np.isin(averages, (0.0, 1.0)).all():
            kind = "continuous" if kind == "binary" else "vector"
        return Variable(variable.name, kind, averages)

    def given(self, given: Given) -> Given:
        """Return the conditioner of the new rows; rows of different labels are never merged."""
        first = np.full(self.count, -1, np.intp)
        old = np.flatnonzero(self.of >= 0)[::-1]
        first[self.of[old]] = old
        strata = np.unique(given.strata[first], return_inverse=True)[1].astype(np.intp)
        return Given(strata, self.mean(given.numbers), given.notes)


def independent_rows(person: Any, given: Given, seed: int, key: Floats) -> Rows:
    """Decide which rows are tested (METHODS: rows must be independent people).

    Nobody named: all rows, with a note. Every person once: all rows. Else the pictures of one person under
    one label are averaged, and persons with the same labels and equally many pictures are exchanged as a
    whole. Where fewer than half of the rows belong to such persons, pictures are left out by lot: down to a
    power of two, then to the fewest that anybody has. If that doesn't help, or a continuous conditioner is
    held fixed, there is one row per person: one label drawn, the mean of equally many of its pictures. Where
    the conditioner differs between those pictures it is one of them: means over a person follow means of the
    conditioner in ways that nothing holds fixed (KCIT rejected all of 60 true nulls for sin 2z).

    Parameters
    ----------
    person
        (n,) who is in each picture, or None.
    given, seed
        What is held fixed; seed of the draws.
    key
        (n,) content of the rows (`content_key`): draws depend neither on their order nor on names.

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
        msg = f"person has {len(codes)} rows but there are {n} faces: one row per face is needed."
        raise BadValueError(msg)
    if len(names) == n:
        return Rows(np.arange(n), None, ())
    cells, of = np.unique(codes * given.n_strata + given.strata, return_inverse=True)
    of = of.astype(np.intp)
    lots = np.empty(n)
    lots[np.argsort(key, kind="stable")] = stream(seed, "pictures").random(n)
    pictures = _Pictures(of.astype(np.intp), *np.divmod(cells, given.n_strata), lots, seed)
    whole = pictures.whole_persons() if given.categorical else None
    return pictures.one_label(given) if whole is None else whole


@dataclass(frozen=True, eq=False)
class _Pictures:
    """Old rows by person and label.

    Attributes
    ----------
    of
        (n,) cell, a person under a label, of each old row.
    person, label
        (m,) of each cell.
    lots
        (n,) random numbers: the smallest stay where pictures are left out.
    seed
        Behind them.
    """

    of: Codes
    person: Codes
    label: Codes
    lots: Floats
    seed: int

    @property
    def counted(self) -> str:
        return f"{len(self.of)} rows of {len(np.unique(self.person))} persons"

    def whole_persons(self) -> Rows | None:
        """Return one row per person and label, with enough persons to exchange; None if there aren't."""
        pictures, m = np.bincount(self.of), len(self.person)
        powers = 2 ** np.floor(np.log2(pictures)).astype(np.intp)
        for wanted in (pictures, powers, np.full_like(pictures, pictures.min())):
            moving = sum(group.size for group in exchangeable(self.person, self.label, wanted))
            if moving >= LEAST_EXCHANGED * m:
                break
        else:
            return None
        notes = [f"{self.counted}: averaged to {m}, one per person and label; whole persons are exchanged."]
        if wanted is not pictures:
            notes.append(
                f"{(pictures - wanted).sum()} pictures were left out by lot (seed {self.seed}): only persons "
                "with equally many can be exchanged."
            )
        if moving < m:
            notes.append(f"{m - moving} rows have no partner with the same labels and numbers and stay.")
        return Rows(fewer(self.of, wanted, self.lots), self.person.astype(np.intp), (" ".join(notes),))

    def one_label(self, given: Given) -> Rows:
        """Return one row per person: the mean of equally many pictures of one label, drawn by lot."""
        codes = self.person[self.of]
        order = np.lexsort((self.lots, codes))
        drawn = order[np.flatnonzero(np.diff(codes[order], prepend=-1))]  # whose lot is the smallest
        kept = np.isin(self.of, self.of[drawn])
        wanted = int(np.bincount(codes[kept]).min())
        numbers = Variable("conditioner", "vector", given.numbers[kept])
        if not given.categorical and numbers.varies_within(codes[kept]):
            wanted = 1
        alone = fewer(np.where(kept, codes, -1), np.full(len(drawn), wanted), self.lots)
        what = f"the mean of {wanted} pictures" if wanted > 1 else "one picture"
        same = " of one label" * (given.n_strata > 1)
        note = f"{self.counted}: {what}{same} was drawn of each person (seed {self.seed})."
        return Rows(alone, None, (note,))


def fewer(of: Codes, wanted: Codes, lots: Floats) -> Codes:
    """Return the rows with −1 for all but the `wanted` (m,) smallest lots of every new row, (n,)."""
    order = np.lexsort((lots, of))
    order = order[of[order] >= 0]
    starts = np.searchsorted(of[order], np.arange(len(wanted)))
    rank = np.arange(len(order)) - starts[of[order]]
    kept = order[rank < wanted[of[order]]]
    left = np.full(len(of), -1, np.intp)
    left[kept] = of[kept]
    return left


def exchangeable(person: Codes, label: Codes, pictures: Codes) -> list[Codes]:
    """Return, for each set of labels and pictures that several persons share, rows as (persons, labels)."""
    order = np.lexsort((label, person))
    starts = np.flatnonzero(np.diff(person[order], prepend=-1))
    sets: dict[tuple[tuple[int, int], ...], list[Codes]] = defaultdict(list)
    for rows in np.split(order, starts[1:]):
        sets[tuple(zip(label[rows].tolist(), pictures[rows].tolist(), strict=True))].append(rows)
    return [np.stack(rows) for rows in sets.values() if len(rows) > 1]


def by_appearance(person: Codes) -> Codes:
    """Return codes numbered in the order in which persons appear: names then change nothing.

    >>> by_appearance(np.array([7, 2, 7, 5])).tolist()
    [0, 1, 0, 2]
    """
    _, first, codes = np.unique(person, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[codes].astype(np.intp)


def whole_persons(person: Codes, label: Codes, pictures: Codes, seed: int) -> WholePersons:
    """Return the orders that exchange persons who share their labels and numbers of pictures."""
    return WholePersons(exchangeable(person, label, pictures), len(person), seed)
