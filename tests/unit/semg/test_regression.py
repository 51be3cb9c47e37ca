"""Ridge regression and its penalties against the slow, obvious way; the network only adds what helps."""

from __future__ import annotations

import numpy as np
import pytest

from facelib.semg.regression import FOLDS, Floats, apply, mlp, ridge, with_context

PENALTIES = (1e-3, 1e-1, 1e1)


def slow(x: Floats, y: Floats, penalty: float) -> tuple[Floats, Floats]:
    """Standardise, then solve the normal equations: slope and base for standardised inputs."""
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    slope = np.linalg.solve(z.T @ z + len(x) * penalty * np.eye(x.shape[1]), z.T @ (y - y.mean(axis=0)))
    return slope, y.mean(axis=0)


def drawn(rng: np.random.Generator, clips: int, rows: int = 40) -> tuple[list[Floats], list[Floats]]:
    slope = rng.standard_normal((5, 3))
    x = [rng.standard_normal((rows, 5)) * [1, 2, 3, 4, 5] for _ in range(clips)]
    return x, [rows @ slope + rng.standard_normal((len(rows), 3)) * [0.1, 5, 30] for rows in x]


def test_the_slope_is_the_one_of_the_normal_equations(rng: np.random.Generator) -> None:
    x, y = drawn(rng, 4)
    found = ridge(x, y, PENALTIES)
    every = np.concatenate(x), np.concatenate(y)
    for column, penalty in enumerate(found.penalty):
        slope, base = slow(*every, penalty)
        np.testing.assert_allclose(found.weights["slope"][:, column], slope[:, column], rtol=1e-4, atol=1e-6)
        assert found.weights["base"][column] == pytest.approx(base[column], rel=1e-5)


@pytest.mark.parametrize("clips", [2, 5, FOLDS + 3])
def test_penalties_are_those_that_tell_left_out_clips_best(rng: np.random.Generator, clips: int) -> None:
    x, y = drawn(rng, clips)
    found = ridge(x, y, PENALTIES)
    every = np.concatenate(x)
    z = [(rows - every.mean(axis=0)) / every.std(axis=0) for rows in x]
    errors = np.zeros((len(PENALTIES), 3))
    for part in range(min(FOLDS, clips)):
        out = [number for number in range(clips) if number % min(FOLDS, clips) == part]
        inner = np.concatenate([z[number] for number in range(clips) if number not in out])
        known = np.concatenate([y[number] for number in range(clips) if number not in out])
        centred = inner - inner.mean(axis=0)
        for row, penalty in enumerate(PENALTIES):
            square = centred.T @ centred + len(inner) * penalty * np.eye(5)
            slope = np.linalg.solve(square, centred.T @ (known - known.mean(axis=0)))
            for number in out:
                told = (z[number] - inner.mean(axis=0)) @ slope + known.mean(axis=0)
                errors[row] += np.square(told - y[number]).sum(axis=0)
    errors /= len(every)
    np.testing.assert_allclose(found.error, errors.min(axis=0), rtol=1e-8)
    assert found.penalty == tuple(np.asarray(PENALTIES)[errors.argmin(axis=0)])


def test_of_one_clip_penalties_are_cross_validated_in_closed_form(rng: np.random.Generator) -> None:
    x, y = drawn(rng, 1, 60)
    found = ridge(x, y, PENALTIES)
    z = (x[0] - x[0].mean(axis=0)) / x[0].std(axis=0)
    errors = []
    for penalty in PENALTIES:
        hat = z @ np.linalg.solve(z.T @ z + len(z) * penalty * np.eye(5), z.T)
        rest = (y[0] - y[0].mean(axis=0)) - hat @ (y[0] - y[0].mean(axis=0))
        errors.append(np.square(rest).mean(axis=0) / (1 - (np.trace(hat) + 1) / len(z)) ** 2)
    np.testing.assert_allclose(found.error, np.min(errors, axis=0), rtol=1e-6)


def test_constant_inputs_count_for_nothing(rng: np.random.Generator) -> None:
    x, y = drawn(rng, 3)
    with_constant = [np.column_stack([rows, np.full(len(rows), 7.0)]) for rows in x]
    plain, more = ridge(x, y), ridge(with_constant, y)
    changed = np.column_stack([x[0], np.full(len(x[0]), -100.0)])
    np.testing.assert_allclose(apply(more.weights, changed), apply(plain.weights, x[0]), rtol=1e-5)


@pytest.mark.thorough
def test_the_network_finds_what_is_not_linear_and_is_the_same_for_the_same_seed(
    rng: np.random.Generator, single_threaded: None
) -> None:
    x = [rng.standard_normal((120, 2)) for _ in range(6)]
    y = [np.column_stack([rows[:, 0], np.abs(rows[:, 1])]) for rows in x]
    fresh = rng.standard_normal((500, 2))
    truth = np.column_stack([fresh[:, 0], np.abs(fresh[:, 1])])
    linear, network = ridge(x[:5], y[:5]), mlp(x, y, 1)
    errors = [np.square(apply(one.weights, fresh) - truth).mean(axis=0) for one in (linear, network)]
    assert errors[0][1] > 0.3
    assert errors[1][1] < 0.05
    assert errors[1][0] < 0.01
    again = mlp(x, y, 1)
    for name, array in network.weights.items():
        np.testing.assert_array_equal(array, again.weights[name])


def test_the_network_adds_nothing_to_what_is_linear(rng: np.random.Generator, single_threaded: None) -> None:
    x, y = drawn(rng, 6)
    network = mlp(x, y, 0)
    kept = np.concatenate([x[4], x[4]])
    linear = ridge(
        [rows for number, rows in enumerate(x) if number != 4],
        [rows for number, rows in enumerate(y) if number != 4],
    )
    truth = np.concatenate([y[4], y[4]])
    plain, added = (np.square(apply(one.weights, kept) - truth).mean(axis=0) for one in (linear, network))
    learnt = [np.concatenate([rows for number, rows in enumerate(part) if number != 4]) for part in (x, y)]
    spread = (learnt[1] - apply(linear.weights, learnt[0])).var(axis=0)
    assert (added / spread).mean() <= (plain / spread).mean() * 1.001


def test_context_holds_the_ends() -> None:
    rows = np.arange(6.0).reshape(3, 2)
    found = with_context(rows, (-2, 0, 1))
    np.testing.assert_array_equal(found[0], [0, 1, 0, 1, 2, 3])
    np.testing.assert_array_equal(found[2], [0, 1, 4, 5, 4, 5])
