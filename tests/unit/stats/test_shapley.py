"""Shapley values against a slow twin over all orders, known games, and the four axioms."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from math import factorial

import numpy as np
import numpy.typing as npt
import pytest

from facelib.errors import BadValueError
from facelib.stats import shapley
from facelib.stats.shapley import antithetic_orders, coalitions, shapley_sampled

Floats = npt.NDArray[np.float64]


def slow_twin(v: Callable[[frozenset[int]], float], k: int) -> list[float]:
    """Follow the definition: over all k! orders, the mean of what each player adds to those before it."""
    total = [0.0] * k
    for order in itertools.permutations(range(k)):
        before: frozenset[int] = frozenset()
        for player in order:
            total[player] += v(before | {player}) - v(before)
            before |= {player}
    return [value / factorial(k) for value in total]


def number(coalition: frozenset[int]) -> int:
    return sum(2**player for player in coalition)


def along(game: Floats, orders: npt.NDArray[np.int64]) -> Floats:
    """Return the values of the coalitions that grow along orders."""
    grown = np.concatenate([np.zeros((len(orders), 1), int), np.cumsum(2**orders, axis=1)], axis=1)
    return np.asarray(game[grown])


def pairwise_game(alone: Floats, together: Floats) -> Floats:
    inside = coalitions(len(alone)).astype(float)
    return inside @ alone + np.einsum("ci,ij,cj->c", inside, np.triu(together, 1), inside)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 6])
def test_it_is_the_mean_over_all_orders(k: int) -> None:
    game = np.random.default_rng(k).normal(size=2**k)
    expected = slow_twin(lambda coalition: game[number(coalition)], k)
    np.testing.assert_allclose(shapley(game), expected, atol=1e-12)


def test_all_orders_sampled_once_are_exact() -> None:
    game = np.random.default_rng(1).normal(size=2**5)
    orders = np.array(list(itertools.permutations(range(5))))
    np.testing.assert_allclose(shapley_sampled(along(game, orders), orders).values, shapley(game), atol=1e-12)


def test_coalitions_are_numbered_by_who_is_in() -> None:
    inside = coalitions(4)
    assert inside.shape == (16, 4)
    for row, members in enumerate(inside):
        assert number(frozenset(np.flatnonzero(members).tolist())) == row


def test_in_an_additive_game_everyone_gets_what_it_is_worth() -> None:
    worth = np.array([0.5, -0.2, 0.0, 3.0])
    game = coalitions(4) @ worth
    np.testing.assert_allclose(shapley(game), worth, atol=1e-12)
    orders = antithetic_orders(4, 1, seed=3)
    found = shapley_sampled(along(game, orders), orders)
    np.testing.assert_allclose(found.values, worth, atol=1e-12)


def test_what_two_do_together_is_shared() -> None:
    """Players 0 and 1 lose .4 where both are there, or already where one of them is; 2 loses .1 alone."""
    inside = coalitions(3)
    both = -0.4 * (inside[:, 0] & inside[:, 1]) - 0.1 * inside[:, 2]
    either = -0.4 * (inside[:, 0] | inside[:, 1]) - 0.1 * inside[:, 2]
    for game in (both, either):
        np.testing.assert_allclose(shapley(game), [-0.2, -0.2, -0.1], atol=1e-12)


def test_the_axioms_hold() -> None:
    rng = np.random.default_rng(8)
    game, other = rng.normal(size=(2, 2**6))
    values = shapley(game)
    assert values.sum() == pytest.approx(game[-1] - game[0])
    np.testing.assert_allclose(shapley(2 * game - 3 * other), 2 * values - 3 * shapley(other), atol=1e-12)
    inside = coalitions(6)
    silent = game[np.where(inside[:, 2], np.arange(64) - 4, np.arange(64))]  # player 2 changes nothing
    assert shapley(silent)[2] == pytest.approx(0, abs=1e-12)
    swapped = inside.copy()
    swapped[:, [0, 5]] = inside[:, [5, 0]]
    alike = game + game[swapped @ 2 ** np.arange(6)]
    assert shapley(alike)[0] == pytest.approx(shapley(alike)[5])


def test_several_games_are_solved_at_once() -> None:
    games = np.random.default_rng(2).normal(size=(2**4, 3, 2))
    together = shapley(games)
    assert together.shape == (4, 3, 2)
    np.testing.assert_allclose(together[:, 1, 1], shapley(games[:, 1, 1]), atol=1e-12)
    orders = antithetic_orders(4, 3, seed=1)
    sampled = shapley_sampled(along(games, orders), orders)
    one = shapley_sampled(along(games[:, 1, 1], orders), orders)
    np.testing.assert_allclose(sampled.values[:, 1, 1], one.values, atol=1e-12)
    np.testing.assert_allclose(sampled.error[:, 1, 1], one.error, atol=1e-12)


def test_a_pair_of_orders_is_exact_where_players_act_in_pairs() -> None:
    rng = np.random.default_rng(6)
    game = pairwise_game(rng.normal(size=7), rng.normal(size=(7, 7)))
    orders = antithetic_orders(7, 1, seed=2)
    found = shapley_sampled(along(game, orders), orders)
    np.testing.assert_allclose(found.values, shapley(game), atol=1e-12)
    assert (found.units, found.antithetic) == (1, True)
    assert np.isnan(found.error).all()
    single = shapley_sampled(along(game, orders[:1]), orders[:1])
    assert np.abs(single.values - shapley(game)).max() > 0.1


def test_samples_add_up_to_the_whole_change() -> None:
    game = np.random.default_rng(4).normal(size=2**8)
    orders = antithetic_orders(8, 5, seed=2)
    assert shapley_sampled(along(game, orders), orders).values.sum() == pytest.approx(game[-1] - game[0])


def test_the_error_is_that_of_repeated_draws() -> None:
    """Over 400 draws the values scatter around the exact ones as the stated error says."""
    game = np.random.default_rng(9).normal(size=2**6)
    exact, rng = shapley(game), np.random.default_rng(10)
    drawn = [antithetic_orders(6, 20, rng) for _ in range(400)]
    found = [shapley_sampled(along(game, orders), orders) for orders in drawn]
    values, errors = np.array([one.values for one in found]), np.array([one.error for one in found])
    np.testing.assert_allclose(values.mean(axis=0), exact, atol=4 * values.std(axis=0).max() / 20)
    np.testing.assert_allclose(np.sqrt((errors**2).mean(axis=0)), values.std(axis=0), rtol=0.15)


def test_orders_without_their_reverse_are_units_of_their_own() -> None:
    rng = np.random.default_rng(3)
    orders = np.array([rng.permutation(5) for _ in range(40)])
    game = np.random.default_rng(5).normal(size=2**5)
    found = shapley_sampled(along(game, orders), orders)
    assert (found.units, found.antithetic) == (40, False)


def test_orders_come_with_their_reverse_and_from_their_seed() -> None:
    orders = antithetic_orders(6, 3, seed=7)
    assert orders.shape == (6, 6)
    np.testing.assert_array_equal(orders[::2], orders[1::2, ::-1])
    np.testing.assert_array_equal(orders, antithetic_orders(6, 3, seed=7))
    assert (orders != antithetic_orders(6, 3, seed=8)).any()


@pytest.mark.parametrize(
    "values", [[], [1.0, 2.0, 3.0], 5.0, [1.0], [0.0, np.nan], np.zeros(2**21), ["a", "b"]]
)
def test_games_that_are_none_are_refused(values: npt.ArrayLike) -> None:
    with pytest.raises(BadValueError):
        shapley(values)


def test_orders_that_are_none_are_refused() -> None:
    with pytest.raises(BadValueError, match="each of the players"):
        shapley_sampled(np.zeros((1, 3)), [[0, 0]])
    with pytest.raises(BadValueError, match="2 × 3 values"):
        shapley_sampled(np.zeros((2, 2)), [[0, 1], [1, 0]])
    with pytest.raises(BadValueError, match="each of the players"):
        shapley_sampled(np.zeros((0, 1)), np.zeros((0, 0)))
    for wrong in (0, 2.5, 21):
        with pytest.raises(BadValueError):
            coalitions(wrong)  # type: ignore[arg-type]
    with pytest.raises(BadValueError):
        antithetic_orders(3, 0)
