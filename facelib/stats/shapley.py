"""Shapley values: the contribution of each player, averaged over all orders in which they come.

A game gives every coalition S of k players a number v(S). The Shapley value of player i is the mean, over all
k! orders in which the players may come, of v(S and i) - v(S), S being those who came before (Shapley 1953,
doi 10.1515/9781400881970-018). The values of all players add up to v(all) - v(none): it is a share of the
whole change. Two players who do the same share what they do; so a value of 0 doesn't say that a player has no
effect alone, and a large one doesn't say that it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Final

import numpy as np
import numpy.typing as npt

from facelib.errors import BadValueError
from facelib.utilities.checks import Floats, as_count, as_floats
from facelib.utilities.short_repr import in_short

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOST: Final = 20  # players of an exact value: a million coalitions
_STREAM: Final = 61  # keeps orders apart from others drawn with the same seed


@in_short()
@dataclass(frozen=True, eq=False)
class SampledShapley:
    """Shapley values from some of the orders.

    Attributes
    ----------
    values
        (k, ...) of each player.
    error
        (k, ...) standard error: how far the values may lie from those over all orders, since only some were
        drawn. NaN where there is one unit.
    units
        How many independent draws there are: pairs of an order and its reverse, or orders.
    antithetic
        Whether orders come in such pairs.
    """

    values: Floats
    error: Floats
    units: int
    antithetic: bool


def coalitions(players: int) -> Bools:
    """Return the members of each coalition, (2^k, k): player i is in number c if bit i of c is set.

    Raises
    ------
    BadValueError
        Unless there are 1 to 20 players.

    Examples
    --------
    >>> coalitions(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    k = _players(players)
    return (np.arange(2**k)[:, None] >> np.arange(k) & 1).astype(bool)


def shapley(values: npt.ArrayLike) -> Floats:
    """Return the exact Shapley value of each player from the values of all coalitions.

    Parameters
    ----------
    values
        (2^k, ...) v of each coalition, in the order of `coalitions`; several games at once in further axes.

    Returns
    -------
    float64 (k, ...)
        They add up to ``values[-1] - values[0]``.

    Raises
    ------
    BadValueError
        Unless there are 2^k values, 1 to 20 players, all finite.

    Examples
    --------
    Two players who achieve 6 alone or together share it:

    >>> shapley([0, 6, 6, 6]).tolist()
    [3.0, 3.0]
    """
    game = as_floats(values, "The values of coalitions")
    k = len(game).bit_length() - 1 if game.ndim else 0
    if game.ndim == 0 or len(game) != 2**k or not 1 <= k <= MOST:
        msg = f"All coalitions of 1 to {MOST} players have a value each, 2^k of them; got {game.shape}."
        raise BadValueError(msg)
    inside = coalitions(k)
    before = inside.sum(axis=1)
    shares = np.empty((k, *game.shape[1:]))
    for player in range(k):
        without = np.flatnonzero(~inside[:, player])
        weights = np.array([factorial(n) * factorial(k - n - 1) / factorial(k) for n in range(k)])
        gains = game[without | 1 << player] - game[without]
        shares[player] = np.tensordot(weights[before[without]], gains, axes=1)
    return shares


def antithetic_orders(players: int, pairs: int, seed: int | np.random.Generator = 0) -> Ints:
    """Draw orders of the players in pairs: each is followed by its reverse.

    Who comes early in one comes late in the other, so that errors cancel: where players only act in pairs,
    one pair of orders gives the exact values.

    Parameters
    ----------
    players, pairs
        How many.
    seed
        Of the draw, or a generator.

    Returns
    -------
    int64 (2 pairs, players)
        Who comes first, second …

    Raises
    ------
    BadValueError
        Unless both are whole numbers of 1 or more.

    Examples
    --------
    >>> one, other = antithetic_orders(4, 1)
    >>> (one == other[::-1]).all(), sorted(one.tolist())
    (np.True_, [0, 1, 2, 3])
    """
    k, count = as_count(players, "The number of players"), as_count(pairs, "The number of pairs of orders")
    rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng([_seed(seed), _STREAM])
    drawn = np.stack([rng.permutation(k) for _ in range(count)])
    return np.stack([drawn, drawn[:, ::-1]], axis=1).reshape(2 * count, k)


def shapley_sampled(values: npt.ArrayLike, orders: npt.ArrayLike) -> SampledShapley:
    """Estimate Shapley values from coalitions that grow along some orders.

    Parameters
    ----------
    values
        (m, k + 1, ...) v of what is there when 0, 1 … k players of each order have come.
    orders
        (m, k) who comes first, second … Drawn at random; pairs of an order and its reverse
        (`antithetic_orders`) are noticed.

    Returns
    -------
    SampledShapley
        Its values add up to the mean of ``values[:, -1] - values[:, 0]``.

    Raises
    ------
    BadValueError
        If an order isn't one of all players, or the values have another shape or aren't finite.

    Examples
    --------
    >>> found = shapley_sampled([[0, 6, 6], [0, 6, 6]], [[0, 1], [1, 0]])
    >>> found.values.tolist(), found.units
    ([3.0, 3.0], 1)
    """
    came = _orders(orders)
    m, k = came.shape
    game = as_floats(values, "Values along orders")
    if game.shape[:2] != (m, k + 1):
        msg = f"{m} orders of {k} players have {m} × {k + 1} values; got {game.shape}."
        raise BadValueError(msg)
    gains = np.empty((m, k, *game.shape[2:]))
    gains[np.arange(m)[:, None], came] = np.diff(game, axis=1)
    antithetic = m % 2 == 0 and bool((came[::2] == came[1::2, ::-1]).all())
    if antithetic:
        gains = gains.reshape(m // 2, 2, *gains.shape[1:]).mean(axis=1)
    units = len(gains)
    error = gains.std(axis=0, ddof=1) / np.sqrt(units) if units > 1 else np.full(gains.shape[1:], np.nan)
    return SampledShapley(gains.mean(axis=0), error, units, antithetic)


def _orders(orders: npt.ArrayLike) -> Ints:
    given = as_floats(orders, "Orders of players")
    if given.ndim != 2 or given.size == 0 or (np.sort(given, axis=1) != np.arange(given.shape[1])).any():
        msg = f"Every order has each of the players 0 to k - 1 once, shape (m, k); got shape {given.shape}."
        raise BadValueError(msg)
    return given.astype(np.int64)


def _players(players: int) -> int:
    k = as_count(players, "The number of players")
    if k > MOST:
        msg = f"There are at most {MOST} players, {2**MOST} coalitions; got {k}. Sample orders instead."
        raise BadValueError(msg)
    return k


def _seed(seed: int) -> int:
    return as_count(seed, "The seed", least=0)
