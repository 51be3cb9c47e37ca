"""CMIknn against its definition, counted pair by pair, and against tigramite."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma
from scipy.stats import rankdata

from facelib.errors import BadValueError
from facelib.stats.independence import Cmiknn, independence_test
from facelib.stats.independence.conditioning import Given, as_given
from facelib.stats.independence.permutation.local_permutations import Neighbours
from facelib.stats.independence.permutation.permutations import WithinStrata
from facelib.stats.independence.problem import Problem
from facelib.stats.independence.variables import Variable, as_variable

FEW = settings(max_examples=15, deadline=None)
CONDITIONERS = ("labels", "number", "two numbers", "labels and number", "nothing")


def apart(values: np.ndarray) -> np.ndarray:
    """Chebyshev distances between rows; 0 without columns."""
    far: np.ndarray = np.abs(values[:, None] - values[None]).max(axis=2, initial=0)
    return far


def information(x: np.ndarray, y: np.ndarray, z: np.ndarray, k: int, *, unbiased: bool = False) -> float:
    """I, face by face; faces that share all values with k others count those."""
    in_x, in_y, in_z = apart(x), apart(y), apart(z)
    total = 0.0
    for i in range(len(x)):
        everything = np.maximum(np.maximum(in_x[i], in_y[i]), in_z[i])
        epsilon = np.sort(everything)[k]  # the first is itself
        tied = epsilon == 0

        def count(*far: np.ndarray, tied: bool = tied, epsilon: float = epsilon) -> float:
            near = np.maximum.reduce(far)
            return float(digamma((near == 0).sum() if tied else (near < epsilon * (1 - 1e-9)).sum()))

        first = count(everything) if tied or unbiased else float(digamma(k))
        total += first + count(in_z[i]) - count(in_x[i], in_z[i]) - count(in_y[i], in_z[i])
    return total / len(x)


def transformed(values: np.ndarray, transform: str) -> np.ndarray:
    """Ranks or z-scores inside one label."""
    if transform == "ranks" or not values.size:
        return np.asarray(rankdata(values, axis=0), float).reshape(values.shape)
    spread = values.std(axis=0, ddof=1)
    scaled: np.ndarray = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return scaled


def twin(
    x: Variable, y: Variable, held: Given, order: np.ndarray | None = None, transform: str = "ranks"
) -> tuple[float, float]:
    """I and the effect: the average over labels; an order moves what was transformed."""
    order = np.arange(len(held.strata)) if order is None else order
    labels = [rows for c in range(held.n_strata) if len(rows := np.flatnonzero(held.strata == c)) >= 8]
    share = 0.2 if held.numbers.size and held.n_strata == 1 else 0.1
    found = np.zeros(2)
    for rows in labels:
        m = len(rows)
        near = max(3, min(round(share * m), m - 2))
        moving, still, fixed = (transformed(v[rows], transform) for v in (x.values, y.values, held.numbers))
        if not np.ptp(moving, axis=0).any() or not np.ptp(still, axis=0).any():
            continue
        moved = moving[order[rows] - rows[0]]
        values = [information(moved, still, fixed, near, unbiased=u) for u in (False, True)]
        found += m / sum(map(len, labels)) * np.array(values)
    return float(found[0]), float(np.sqrt(1 - np.exp(-2 * max(found[1], 0))))


def held_fixed(kind: str, rng: np.random.Generator, sizes: list[int]) -> Given:
    n = sum(sizes)
    labels = np.repeat(np.arange(len(sizes)), sizes).astype(str)
    columns = {
        "labels": labels,
        "number": rng.standard_normal(n),
        "two numbers": rng.standard_normal((n, 2)) * [1, 30] + 5,
        "labels and number": {"label": labels, "number": rng.standard_normal(n)},
        "nothing": None,
    }
    return as_given(columns[kind], n)


def problem(rng: np.random.Generator, kind: str, sizes: list[int], workers: int = 1) -> Problem:
    """Every kind of property and output, with and without ties."""
    n, held = sum(sizes), held_fixed(kind, rng, sizes)
    x = rng.standard_normal(n)
    if held.numbers.size:
        x += held.numbers[:, 0]
    xs = (
        as_variable(x, "x"),
        as_variable(rng.standard_normal(n) > 0.3, "glasses"),
        as_variable(np.round(2 * x), "rounded"),
        as_variable(rng.choice(list("abcd"), n), "hair"),
    )
    ys = (
        as_variable(x**2 + rng.standard_normal(n), "curved"),
        as_variable(rng.standard_normal((n, 3)) * [1, 10, 100] + x[:, None], "vector"),
        as_variable(np.round(rng.standard_normal(n)), "stars"),
    )
    return Problem(xs, ys, held, seed=0, workers=workers)


def pairs_of(question: Problem) -> Iterator[tuple[int, int, Variable, Variable]]:
    for (i, x), (j, y) in itertools.product(enumerate(question.xs), enumerate(question.ys)):
        yield i, j, x, y


@pytest.mark.one_case
@pytest.mark.parametrize("kind", CONDITIONERS)
@pytest.mark.parametrize("transform", ["ranks", "standardise"])
def test_statistic_and_effect_follow_the_definition(
    rng: np.random.Generator, kind: str, transform: Any
) -> None:
    question = problem(rng, kind, [45, 20, 9, 5])
    prepared = Cmiknn(transform=transform).prepare(question)
    for i, j, x, y in pairs_of(question):
        statistic, effect = twin(x, y, question.given, transform=transform)
        assert prepared.statistic[i, j] == pytest.approx(statistic, rel=1e-9, abs=1e-12)
        assert prepared.effect[i, j] == pytest.approx(effect, rel=1e-9, abs=1e-6)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", CONDITIONERS)
@pytest.mark.parametrize("workers", [1, 2])
def test_surrogates_move_ranks(rng: np.random.Generator, kind: str, workers: int) -> None:
    question = problem(rng, kind, [30, 20, 9], workers)
    test = Cmiknn()
    prepared = test.prepare(question)
    orders = test.orders(question).draw(2)
    found = prepared.surrogates(orders, np.ones(question.shape, bool))
    for b, order in enumerate(orders):
        for i, j, x, y in pairs_of(question):
            again, _ = twin(x, y, question.given, order)
            assert found[b, i, j] == pytest.approx(again, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kind", ["labels", "nothing"])
def test_surrogates_within_labels_equal_a_new_computation(rng: np.random.Generator, kind: str) -> None:
    question = problem(rng, kind, [40, 30, 9])
    prepared = Cmiknn().prepare(question)
    orders = WithinStrata(question.given.bounds, 3).draw(70)  # more than a task
    found = prepared.surrogates(orders, np.ones(question.shape, bool))
    for b in (0, 1, 69):
        moved = tuple(x.take(orders[b]) for x in question.xs)
        again = Cmiknn().prepare(Problem(moved, question.ys, question.given, seed=0)).statistic
        np.testing.assert_allclose(found[b], again, rtol=1e-12, atol=1e-14)


def test_large_labels_are_counted_without_a_table(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = problem(rng, "labels", [300, 60])
    one = Cmiknn().prepare(question)
    monkeypatch.setattr("facelib.stats.independence.permutation.cmiknn.LARGEST_TABLE", 100)
    other = Cmiknn().prepare(question)
    assert one.xs[0].line is not None
    assert other.xs[0].line is None
    np.testing.assert_allclose(one.statistic, other.statistic, atol=1e-12)
    np.testing.assert_allclose(one.effect, other.effect, atol=1e-9)


def continuous(rng: np.random.Generator, n: int, columns: int) -> tuple[Problem, np.ndarray, np.ndarray]:
    """Tie-free X, Ŷ and `columns` numbers, as a problem and as tigramite has them."""
    z = rng.standard_normal((n, columns))
    x = z.sum(axis=1) + rng.standard_normal(n)
    y = np.sin(z.sum(axis=1)) + 0.3 * x**2 + rng.standard_normal(n)
    rows = np.vstack([x, y, z.T])
    gaps = np.diff(np.sort(rows, axis=1), axis=1).min(axis=1) / rows.std(axis=1)
    assert (gaps > 1e-6).all()  # tigramite's noise must change no rank
    question = Problem((as_variable(x, "x"),), (as_variable(y, "y"),), as_given(z, n), seed=0)
    return question, rows, np.array([0, 1, *[2] * columns])


@pytest.mark.thorough
@pytest.mark.parametrize(("n", "columns", "k"), [(100, 1, 3), (100, 2, 10), (200, 1, 40), (200, 3, 20)])
def test_tigramite_finds_the_same(rng: np.random.Generator, n: int, columns: int, k: int) -> None:
    tigramite = importlib.import_module("tigramite.independence_tests.cmiknn")
    question, rows, roles = continuous(rng, n, columns)
    theirs = tigramite.CMIknn(knn=k, transform="ranks", workers=1).get_dependence_measure(rows.copy(), roles)
    ours = Cmiknn(k=k).prepare(question).statistic[0, 0]
    assert ours == pytest.approx(theirs, abs=1e-9)


@pytest.mark.thorough
def test_tigramite_finds_the_same_in_z_scores(rng: np.random.Generator) -> None:
    tigramite = importlib.import_module("tigramite.independence_tests.cmiknn")
    question, rows, roles = continuous(rng, 150, 2)
    test = tigramite.CMIknn(knn=12, transform="standardize", workers=1)

    class Silent:
        """No noise: here it would move distances."""

        @staticmethod
        def random(shape: tuple[int, ...]) -> np.ndarray:
            return np.zeros(shape)

    test.random_state = Silent
    theirs = test.get_dependence_measure(rows.copy(), roles)
    ours = Cmiknn(k=12, transform="standardise").prepare(question).statistic[0, 0]
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_labels_are_an_average_of_tigramite(rng: np.random.Generator) -> None:
    tigramite = importlib.import_module("tigramite.independence_tests.cmiknn")
    sizes = [60, 35, 9]
    x, y = rng.standard_normal((2, sum(sizes)))
    held = as_given(np.repeat(list("abc"), sizes), sum(sizes))
    theirs = 0.0
    for rows, size, k in zip(np.split(np.arange(104), [60, 95]), sizes, (6, 4, 3), strict=True):
        test = tigramite.CMIknn(knn=k, transform="ranks", workers=1)
        values = np.vstack([x[rows], y[rows]])
        theirs += size / 104 * test.get_dependence_measure(values, np.array([0, 1]))
    ours = Cmiknn().prepare(Problem((as_variable(x, "x"),), (as_variable(y, "y"),), held, seed=0))
    assert ours.statistic[0, 0] == pytest.approx(theirs, abs=1e-9)


def test_labels_with_fewer_than_eight_faces_are_left_out_and_counted(rng: np.random.Generator) -> None:
    sizes = [40, 20, 7, 3]
    labels = np.repeat(list("abcd"), sizes)
    x, y = rng.standard_normal((2, 70))
    result = independence_test(x, y, labels, "cmiknn", n_permutations=99)
    assert "2 labels with fewer than 8 faces left out of CMIknn, 10 faces in all." in result.notes
    assert "CMIknn looks at the k = 3 to 4 nearest faces of a label." in result.notes
    kept = labels < "c"
    less = independence_test(x[kept], y[kept], labels[kept], "cmiknn", n_permutations=99)
    assert result.statistic == pytest.approx(less.statistic)
    one = independence_test(x[:67], y[:67], labels[:67], "cmiknn", n_permutations=99)
    assert "1 label with fewer than 8 faces left out of CMIknn, 7 faces in all." in one.notes


def test_why_nothing_can_be_counted_is_said(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, 42))
    small = independence_test(x, y, np.arange(42) % 6, "cmiknn")
    assert small.notes[0] == "Not testable: every label has fewer than 8 faces."
    assert np.isnan(small.p_value)
    labels = np.repeat(["a", "b"], [35, 7])
    still = independence_test(np.where(labels == "a", 0.0, x), y, labels, "cmiknn")
    assert still.notes[0].startswith("Not testable: property or output is the same inside every label that")


def test_nothing_can_be_said_where_all_labels_are_small(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, 21))
    result = independence_test(x, y, np.repeat(list("abc"), 7), "cmiknn", n_permutations=99)
    assert np.isnan(result.p_value)
    assert np.isnan(result.statistic)
    assert "Not testable" in result.notes[0]


def test_a_label_in_which_nothing_varies_counts_as_zero(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, 60))
    x[:30] = 4.0
    held = as_given(np.repeat(list("ab"), 30), 60)
    ys = (as_variable(y, "y"),)
    both = Cmiknn().prepare(Problem((as_variable(x, "x"),), ys, held, seed=0)).statistic[0, 0]
    assert both == pytest.approx(twin(as_variable(x, "x"), ys[0], held)[0])
    second = as_given(None, 30)
    alone = Problem((as_variable(x[30:], "x"),), (as_variable(y[30:], "y"),), second, seed=0)
    assert both == pytest.approx(Cmiknn().prepare(alone).statistic[0, 0] / 2)


@pytest.mark.thorough
def test_equal_distances_do_not_raise_the_effect() -> None:
    """The docstring: I is raised by .03 at 143 faces a label and by .17 at 20, I′ is not."""
    rng = np.random.default_rng(8)
    for m, raised in ((143, 0.03), (20, 0.17)):
        ys = tuple(as_variable(rng.standard_normal(m), f"y{j}") for j in range(300))
        question = Problem((as_variable(rng.standard_normal(m), "x"),), ys, as_given(None, m), seed=0)
        prepared = Cmiknn().prepare(question)
        assert prepared.statistic.mean() == pytest.approx(raised, abs=0.012)
        unbiased = prepared._information(np.arange(m)[None], np.ones((1, 300), bool), unbiased=True)
        assert abs(unbiased.mean()) < 0.012


def test_effect_is_the_correlation_of_gaussian_variables() -> None:
    rng = np.random.default_rng(9)
    x = rng.standard_normal(2000)
    y = 0.8 * x + 0.6 * rng.standard_normal(2000)
    question = Problem((as_variable(x, "x"),), (as_variable(y, "y"),), as_given(None, 2000), seed=0)
    assert Cmiknn(k=20).prepare(question).effect[0, 0] == pytest.approx(0.8, abs=0.05)


def test_only_pairs_of_interest_are_computed(rng: np.random.Generator) -> None:
    question = problem(rng, "labels", [30, 25])
    prepared = Cmiknn().prepare(question)
    orders = WithinStrata(question.given.bounds, 3).draw(2)
    whole = prepared.surrogates(orders, np.ones(question.shape, bool))
    pairs = rng.random(question.shape) < 0.4
    some = prepared.surrogates(orders, pairs)
    np.testing.assert_array_equal(some[:, pairs], whole[:, pairs])
    assert np.isnan(some[:, ~pairs]).all()


@pytest.mark.parametrize("kind", CONDITIONERS)
def test_the_order_itself_is_a_tie(rng: np.random.Generator, kind: str) -> None:
    question = problem(rng, kind, [30, 25])
    prepared = Cmiknn().prepare(question)
    same = prepared.surrogates(np.arange(55)[None], np.ones(question.shape, bool))[0]
    np.testing.assert_array_equal(same, prepared.extreme)


def test_labels_are_exact_and_neighbours_approximate(rng: np.random.Generator) -> None:
    x, y, z = rng.standard_normal((3, 60))
    labels = rng.integers(0, 2, 60).astype(str)
    exact = independence_test(x, y, labels, "cmiknn", n_permutations=99)
    assert not any("approximate" in note for note in exact.notes)
    for given_z in (z, {"label": labels, "number": z}):
        notes = independence_test(x, y, given_z, "cmiknn", n_permutations=99).notes
        assert any("5 nearest faces" in note and "approximate" in note for note in notes)
    question = problem(rng, "number", [60])
    orders = Cmiknn(shuffle_neighbours=3).orders(question).draw(2)
    np.testing.assert_array_equal(orders, Neighbours(question.given, question.seed, 3).draw(2))


@pytest.mark.parametrize(
    "parameters",
    [
        {"transform": "rank"}, {"transform": None}, {"k": 0}, {"k": 2.5}, {"k": "many"},
        {"shuffle_neighbours": 1}, {"shuffle_neighbours": 2.5}, {"width": 3},
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(rng: np.random.Generator, parameters: dict[str, Any]) -> None:
    x, y = rng.standard_normal((2, 30))
    with pytest.raises(BadValueError, match=f"{next(iter(parameters))}"):
        independence_test(x, y, None, "cmiknn", **parameters)


def test_more_neighbours_than_faces_are_as_many_as_there_can_be(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, 30))
    result = independence_test(x, y, None, "cmiknn", k=1000, n_permutations=99)
    assert any("k = 28" in note for note in result.notes)


@pytest.mark.thorough
@FEW
@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(-50, 50), st.booleans())
def test_nothing_depends_on_units_order_or_names(seed: int, scale: float, shift: float, labels: bool) -> None:
    rng = np.random.default_rng(seed)
    x, y, number = rng.standard_normal((3, 40))
    names = np.repeat(["happy", "sad"], [22, 18])
    rows = rng.permutation(40)
    renamed = np.where(names == "happy", "z", "a")
    z, again_z = (names, renamed[rows]) if labels else (number, scale * number[rows] + shift)
    first = independence_test(x, y, z, "cmiknn", n_permutations=59)
    second = independence_test(scale * x[rows] + shift, y[rows], again_z, "cmiknn", n_permutations=59)
    assert second.statistic == pytest.approx(first.statistic, rel=1e-12)
    assert 0 < second.p_value == first.p_value <= 1


def test_rounding_of_z_scores_decides_nothing(rng: np.random.Generator) -> None:
    """Equal distances between whole numbers stay equal in other units."""
    x, y = np.round(3 * rng.standard_normal((2, 80)))
    found = [
        independence_test(a * x + b, y, None, "cmiknn", transform="standardise", n_permutations=19).statistic
        for a, b in ((1, 0), (0.1, 3), (7.7, -0.3))
    ]
    np.testing.assert_allclose(found, found[0], rtol=1e-12)


def test_ranks_hear_no_monotone_change(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, 60))
    labels = rng.integers(0, 2, 60).astype(str)
    first = independence_test(x, y, labels, "cmiknn", n_permutations=99)
    second = independence_test(np.exp(x), y**3, labels, "cmiknn", n_permutations=99)
    assert first.statistic == pytest.approx(second.statistic, rel=1e-12)
