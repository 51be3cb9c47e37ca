"""Even shares: categories that occur equally often, and numbers that cover their range evenly."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

_TRIES = 100  # orders of a column, of which the one least correlated with the columns before is taken


def combinations(n: int, sizes: Sequence[int]) -> Ints:
    """Return `n` combinations of categories in an order whose every beginning is even.

    Parameters
    ----------
    n
        How many.
    sizes
        Number of categories of each factor.

    Returns
    -------
    numpy.ndarray
        intp (n, factors), categories from 0 on. Among the first rows, however many, the categories of each
        factor, and the combinations of the first factors, however many, differ by at most one in how often
        they occur.

    Examples
    --------
    >>> combinations(4, (2, 2)).tolist()
    [[0, 0], [1, 1], [0, 1], [1, 0]]
    """
    number, whole = np.arange(n), 1
    columns = np.zeros((n, len(sizes)), np.intp)
    for factor, size in enumerate(sizes):
        before = math.lcm(whole, size)
        whole *= size
        turn = number % whole
        columns[:, factor] = (turn + turn // before) % size  # along the diagonals of (those before) × size
    return columns


def strata(
    n: int, sizes: Sequence[int], columns: int, rng: np.random.Generator
) -> tuple[list[Ints], list[Floats]]:
    """Return categories of `n` rows, and numbers in [0, 1) spread evenly, also within the categories.

    Parameters
    ----------
    n
        Number of rows.
    sizes
        Number of categories of each factor, the most important factor first.
    columns
        How many columns of numbers.
    rng
        Draws the order of rows and categories, and where in its slice a number lies.

    Returns
    -------
    categories
        For each factor intp (n,): its categories differ by at most one in how often they occur, and so do
        the combinations of the first factors, however many.
    numbers
        For each column float64 (n,): one number in each n-th of [0, 1). Of the first factors, as many as
        have no more than n combinations: where these occur m times each, one number in each m-th within each
        of them (a sliced Latin hypercube). Columns are close to uncorrelated with each other.
    """
    cells = 1
    for size in sizes:
        if cells * size > n:
            break
        cells *= size
    order = rng.permutation(n)
    categories = [
        rng.permutation(size)[column][order]
        for size, column in zip(sizes, combinations(n, sizes).T, strict=True)
    ]
    numbers: list[Floats] = []
    for _ in range(columns):
        tries = [_sliced(n, cells, rng) for _ in range(_TRIES if numbers else 1)]
        numbers.append(min(tries, key=lambda one: _dependence(one, numbers)))
    return categories, [((number + rng.random(n)) / n)[order] for number in numbers]


def _sliced(n: int, cells: int, rng: np.random.Generator) -> Floats:
    """Return 0 … n - 1 shuffled so that the rows i, i + cells, i + 2 cells … have one of each slice.

    A slice is `cells` successive numbers; what is left over makes a shorter one, at any place.
    """
    block, cell = np.divmod(np.arange(n), cells)
    slices = np.empty(n, np.intp)
    slices[np.lexsort((rng.random(n), cell))] = block[np.lexsort((block, cell))]
    place = rng.permutation(-(-n // cells))
    numbers = np.empty(n)
    numbers[np.lexsort((rng.random(n), place[slices]))] = np.arange(n)
    return numbers


def _dependence(number: Floats, others: Sequence[Floats]) -> float:
    """Return the largest covariance with other columns; all columns have the same variance."""
    centred = number - (len(number) - 1) / 2
    return max((abs(float(centred @ other)) for other in others), default=0.0)
