"""Permutations for null distributions: orders of the faces that keep the conditioner fixed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from facelib.stats.independence.seeds import stream
from facelib.stats.independence.variables import Codes

RowOrders = npt.NDArray[np.intp]


class Orders(ABC):
    """A stream of random orders; the property of face `order[i]` is put on face i.

    One stream serves all pairs of a grid, so that their surrogates can be shared and compared.
    """

    exact: ClassVar[bool]
    """Whether the surrogates are exchangeable with the data under the null."""
    note: str = ""
    """What the reader must know about this null."""

    def __init__(self, seed: int) -> None:
        self.rng = stream(seed, "orders")

    @abstractmethod
    def draw(self, count: int) -> RowOrders:
        """Return the next `count` orders, (count, n)."""

    @property
    @abstractmethod
    def log_total(self) -> float:
        """Natural logarithm of the number of distinct orders: p can't go below its inverse."""


class WithinStrata(Orders):
    """All orders within strata are equally likely: exact for categorical conditioners.

    Parameters
    ----------
    bounds
        (k + 1,) where strata begin and end among the sorted rows.
    seed
        Seed.
    """

    exact = True

    def __init__(self, bounds: Codes, seed: int) -> None:
        super().__init__(seed)
        self.bounds = bounds

    def draw(self, count: int) -> RowOrders:
        """Return the next `count` orders, (count, n)."""
        orders = np.empty((count, int(self.bounds[-1])), np.intp)
        for start, end in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            block = np.broadcast_to(np.arange(start, end), (count, end - start))
            orders[:, start:end] = self.rng.permuted(block, axis=1)
        return orders

    @property
    def log_total(self) -> float:
        """Σ ln(size!) over what can be exchanged."""
        return log_factorials(np.diff(self.bounds))


class WholePersons(Orders):
    """Persons exchange all their rows at once, label by label: exact with several rows per person.

    Parameters
    ----------
    groups
        One (m, l) array per set of labels: the rows of m persons under the same l labels.
    n
        Number of rows.
    seed
        Seed.
    """

    exact = True

    def __init__(self, groups: Sequence[Codes], n: int, seed: int) -> None:
        super().__init__(seed)
        self.groups = groups
        self.n = n

    def draw(self, count: int) -> RowOrders:
        """Return the next `count` orders, (count, n)."""
        orders = np.tile(np.arange(self.n), (count, 1))
        for rows in self.groups:
            persons = self.rng.permuted(np.broadcast_to(np.arange(len(rows)), (count, len(rows))), axis=1)
            orders[:, rows] = rows[persons]
        return orders

    @property
    def log_total(self) -> float:
        """Σ ln(size!) over what can be exchanged."""
        return log_factorials(np.array([len(rows) for rows in self.groups]))


def log_factorials(sizes: npt.NDArray[np.integer]) -> float:
    """Return Σ ln(size!)."""
    return float(sum(np.log(np.arange(2, size + 1)).sum() for size in sizes))
