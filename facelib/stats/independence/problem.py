"""One question for a test: many properties × many outputs of the same faces, given the same conditioner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facelib.errors import BadValueError
from facelib.stats.independence.conditioning import Given
from facelib.stats.independence.permutation.permutations import Orders
from facelib.stats.independence.seeds import stream
from facelib.stats.independence.variables import Codes, Variable, z_scores
from facelib.utilities.checks import Floats

FEWEST = 8
"""Rows below which no test is run (our choice)."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Properties, outputs and conditioner of n faces, rows sorted by stratum and shuffled inside.

    Attributes
    ----------
    xs, ys
        Properties and outputs; none is constant within every stratum.
    given
        What is held fixed.
    seed
        Seed of everything random.
    orders
        Orders by whole persons if several rows belong to one person, else None: the test's own null.
    persons
        (n,) who is in each row if several rows belong to one person, else None.
    workers
        Threads that a test may use.
    """

    xs: tuple[Variable, ...]
    ys: tuple[Variable, ...]
    given: Given
    seed: int
    orders: Orders | None = None
    persons: Codes | None = None
    workers: int = 1

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.given.strata)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of properties and of outputs."""
        return len(self.xs), len(self.ys)


def arrange(xs: Sequence[Variable], ys: Sequence[Variable], given: Given, seed: int) -> tuple[Codes, Given]:
    """Return the rows in the order in which they are computed, and the conditioner in that order.

    Strata are sorted by size and content, rows in a stratum by content, then shuffled with the seed. So a
    seeded result depends neither on the order of rows in the user's table, nor on the names of labels, nor on
    units; and no test meets rows in an order that means something. Rows are shuffled inside strata: rows of
    the same content in different strata would show the user's order if all were shuffled together.
    """
    key = content_key([*(x.values for x in xs), *(y.values for y in ys), given.numbers])
    sizes = np.bincount(given.strata)
    content = np.bincount(given.strata, weights=key) / sizes
    strata = np.argsort(np.lexsort((content, -sizes)))[given.strata]
    ordered = np.lexsort((key, strata))
    shuffled = stream(seed, "arrangement").permutation(len(ordered))
    rows = ordered[np.lexsort((shuffled, strata[ordered]))].astype(np.intp)
    return rows, Given(strata[rows], given.numbers[rows], given.notes)


def check_size(n: int) -> None:
    """Raise `BadValueError` if there are too few rows to test anything."""
    if n < FEWEST:
        msg = f"A test of independence needs at least {FEWEST} faces; got {n}."
        raise BadValueError(msg)


def content_key(columns: Sequence[Floats]) -> Floats:
    """Return one number per row that depends on the row's content only, up to units; (n,)."""
    rng = np.random.default_rng(0)
    key = np.zeros(len(columns[0]))
    for block in columns:
        key += z_scores(block) @ rng.uniform(0.5, 1.5, block.shape[1])
    return key
