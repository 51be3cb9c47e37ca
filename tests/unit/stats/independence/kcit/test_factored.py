"""KCIT through factors: as the exact one where kernels are smooth, and honest about what it samples."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats.independence import Kcit
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.kcit import factored
from facelib.stats.independence.kcit.factored import ResidualFactor, Sampled, factored_sums
from facelib.stats.independence.kcit.kcit import FactoredKcit
from facelib.stats.independence.kernels.gaussian import Gaussian
from facelib.stats.independence.kernels.ridge import ridge
from facelib.stats.independence.permutation.permutations import WithinStrata
from facelib.stats.independence.problem import Problem, arrange
from facelib.stats.independence.threads import one_blas_thread
from facelib.stats.independence.variables import as_variable

ALL = 10**6  # more rows than there are: nothing is sampled
NAMES = ("product", "square", "trace", "x_square", "y_square", "x_trace", "y_trace")


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """Run as the grid does: BLAS threads of its own make small products slow."""
    with one_blas_thread():
        yield


def problem_of(xs: list[Any], ys: list[Any], z: Any, workers: int = 1) -> Problem:
    properties = [as_variable(x, f"x{i}") for i, x in enumerate(xs)]
    outputs = [as_variable(y, f"y{j}") for j, y in enumerate(ys)]
    rows, given = arrange(properties, outputs, as_given(z, len(properties[0].values)), 0)
    properties, outputs = [x.take(rows) for x in properties], [y.take(rows) for y in outputs]
    return Problem(tuple(properties), tuple(outputs), given, seed=0, workers=workers)


def problem(kind: str, n: int, rng: np.random.Generator, outputs: int = 3, workers: int = 1) -> Problem:
    labels, number = rng.choice(list("abcde"), n), rng.standard_normal(n)
    z = {"labels": labels, "number": number, "both": {"label": labels, "number": number}, "nothing": None}
    x = np.tanh(number) + rng.standard_normal(n)
    ys = [np.sin(number) + 0.05 * (j % 2) * x**2 + rng.standard_normal(n) for j in range(outputs)]
    return problem_of([x, rng.standard_normal(n) > 0], ys, z[kind], workers)


def stated_left_out(notes: tuple[str, ...]) -> float:
    found = re.search(r"leave out (\S+) of a residual kernel's trace or less\.", " ".join(notes))
    assert found is not None
    return float(found[1])


def factors(kind: str, n: int, rng: np.random.Generator, count: int = 2) -> list[ResidualFactor]:
    given = problem(kind, n, rng).given
    operator = ridge(given, 1.0, 1e-3)
    made = []
    for _ in range(count):
        features = rng.standard_normal((n, 4)) * [1, 0.5, 0.3, 0.1]
        labels = rng.standard_normal((5, 2))[given.strata]
        made.append(ResidualFactor.of(features, labels, operator, 0.0))
    return made


def dense(factor: ResidualFactor) -> np.ndarray:
    """K_R from all features at once, (n, n)."""
    n = len(factor.features)
    features = np.stack([np.kron(factor.features[i], factor.labels[i]) for i in range(n)])
    residuals = features - factor.basis @ factor.explained
    return residuals @ residuals.T


@pytest.mark.one_case
@pytest.mark.parametrize("n", [100, 700])
@pytest.mark.parametrize("kind", ["labels", "number", "both", "nothing"])
def test_sums_of_factors_are_those_of_matrices(rng: np.random.Generator, kind: str, n: int) -> None:
    xs, ys = factors(kind, n, rng), factors(kind, n, rng, count=3)
    sums, error = factored_sums(xs, ys, Sampled.of(n, ALL, 0), workers=2)
    assert (error == 0).all()
    for i, x in enumerate(map(dense, xs)):
        assert sums.x_square[i] == pytest.approx((x**2).sum(), rel=1e-10)
        assert sums.x_trace[i] == pytest.approx(x.trace(), rel=1e-10)
        for j, y in enumerate(map(dense, ys)):
            p = x * y
            assert sums.product[i, j] == pytest.approx(p.sum(), rel=1e-9)
            assert sums.trace[i, j] == pytest.approx(p.trace(), rel=1e-10)
            assert sums.square[i, j] == pytest.approx((p**2).sum(), rel=1e-10)


def test_features_lose_what_the_conditioner_explains(rng: np.random.Generator) -> None:
    n = 150
    given = problem("both", n, rng).given
    operator = ridge(given, 1.0, 1e-3)
    features, labels = rng.standard_normal((n, 3)), rng.standard_normal((5, 2))[given.strata]
    found = ResidualFactor.of(features, labels, operator, 0.0)
    products = (features[:, :, None] * labels[:, None, :]).reshape(n, 6)
    left = products - (operator.basis * operator.shrinkage) @ (operator.basis.T @ products)
    np.testing.assert_allclose(found.rows(slice(None)), left, atol=1e-12)
    chosen = np.array([5, 5, 140, 0])
    np.testing.assert_allclose(found.rows(chosen), left[chosen], atol=1e-12)


@pytest.mark.one_case
@pytest.mark.parametrize("kind", ["labels", "number", "both", "nothing"])
def test_it_equals_the_exact_one_up_to_what_factors_leave_out(rng: np.random.Generator, kind: str) -> None:
    question = problem(kind, 1500, rng, workers=2)
    exact = Kcit(approximation="exact").prepare(question)
    near = FactoredKcit(Kcit(sampled_rows=ALL), question)
    assert stated_left_out(near.notes) < 1e-4
    for name in NAMES:
        np.testing.assert_allclose(getattr(near.sums, name), getattr(exact.sums, name), rtol=3e-4)
    np.testing.assert_allclose(near.analytic(), exact.analytic(), atol=1e-3)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["number", "both"])
def test_sampled_it_is_as_near_as_its_standard_error(rng: np.random.Generator, kind: str) -> None:
    question = problem(kind, 2000, rng)
    exact = Kcit(approximation="exact").prepare(question)
    near = Kcit(approximation="low_rank").prepare(question)
    assert isinstance(near, FactoredKcit)
    np.testing.assert_allclose(near.statistic, exact.statistic, rtol=3e-4)
    found = re.search(r"standard error (\S+)% or less, p within (\S+)\.$", near.notes[1])
    assert found is not None
    assert near.moments[1] == pytest.approx(exact.moments[1], rel=4 * float(found[1]) / 100)
    assert float(found[1]) < 10
    assert np.abs(near.analytic() - exact.analytic()).max() < 2 * float(found[2]) + 1e-3


@pytest.mark.thorough
def test_the_sampled_sum_has_no_bias_and_its_error_is_honest(rng: np.random.Generator) -> None:
    """1.96 standard errors from 16 groups hold .93 of normal estimates, sums of squares are a bit skewed."""
    n, runs = 800, 200
    prepared = FactoredKcit(Kcit(tolerance=1e-2, sampled_rows=ALL), problem("number", n, rng))
    (x, _), (y, *_), truth = prepared.xs, prepared.ys, prepared.sums.square[0, 0]
    found = [factored_sums([x], [y], Sampled.of(n, 128, seed)) for seed in range(runs)]
    estimates = np.array([sums.square[0, 0] for sums, _ in found])
    errors = np.array([error[0, 0] for _, error in found]) * estimates
    assert abs(estimates.mean() - truth) < 3.3 * estimates.std() / np.sqrt(runs)
    assert (np.abs(estimates - truth) < 1.96 * errors).sum() >= binom.ppf(0.0005, runs, 0.9)
    assert estimates.std() == pytest.approx(np.sqrt((errors**2).mean()), rel=0.2)


@pytest.mark.parametrize("size", [32, 64, 512])
def test_sampled_rows_are_spread_evenly(size: int) -> None:
    sampled = Sampled.of(5000, size, seed=3)
    groups, each = sampled.rows.shape
    assert groups == 16
    assert groups * each == size
    assert (np.diff(sampled.rows, axis=1) >= 5000 // each).all()
    assert sampled.rows.min() >= 0
    assert sampled.rows.max() < 5000


def test_threads_and_groups_of_outputs_change_nothing(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Kcit(approximation="low_rank").prepare(problem("both", 500, rng, outputs=4))
    rng = np.random.default_rng(20240412)
    monkeypatch.setattr(factored, "OUTPUTS", 3)
    monkeypatch.setattr(factored, "WIDTH", 37)
    two = Kcit(approximation="low_rank").prepare(problem("both", 500, rng, outputs=4, workers=2))
    for name in NAMES:
        np.testing.assert_allclose(getattr(two.sums, name), getattr(one.sums, name), rtol=1e-9)


@pytest.mark.parametrize("kind", ["labels", "number"])
def test_surrogates_are_those_of_all_entries(rng: np.random.Generator, kind: str) -> None:
    question = problem(kind, 400, rng, workers=2)
    orders = WithinStrata(question.given.bounds, 1).draw(3)
    pairs = np.ones(question.shape, bool)
    near = FactoredKcit(Kcit(), question).surrogates(orders, pairs)
    exact = Kcit(approximation="exact").prepare(question).surrogates(orders, pairs)
    np.testing.assert_allclose(near, exact, rtol=3e-4)


def test_a_vector_has_no_small_rank_and_the_note_says_so(rng: np.random.Generator) -> None:
    z = rng.standard_normal(1000)
    logits = rng.standard_normal((1000, 8))
    rough = Kcit(approximation="low_rank").prepare(problem_of([z + logits[:, 0]], [logits], z))
    assert stated_left_out(rough.notes) > 0.01
    assert any("no small rank" in note for note in rough.notes)
    assert rough.analytic()[0, 0] < 0.05
    smooth = Kcit(approximation="low_rank").prepare(problem_of([z + logits[:, 0]], [logits[:, 1]], z))
    assert not any("no small rank" in note or "too small" in note for note in smooth.notes)
    few = Kcit(approximation="low_rank", rank=12)
    coarse = few.prepare(problem_of([z + logits[:, 0]], [logits[:, 1]], z))
    assert any("no small rank" in note for note in coarse.notes)


def test_a_conditioner_that_is_not_carried_is_told(rng: np.random.Generator) -> None:
    z = rng.standard_t(2, (1000, 4))
    question = problem_of([z[:, 0] + rng.standard_normal(1000)], [rng.standard_normal(1000)], z)
    notes = Kcit(approximation="low_rank", rank=50).prepare(question).notes
    assert any("don't carry" in note and "p may be too small" in note for note in notes)


def test_nothing_of_all_rows_is_formed(rng: np.random.Generator) -> None:
    """A copy of the regression's basis for each block of rows would make cost quadratic."""
    n = 20_000
    operator = ridge(as_given(rng.integers(0, 20, n).astype(str), n), 1.0, 1e-3)
    features, labels = rng.standard_normal((n, 2)), np.ones((n, 1))
    tracemalloc.start()
    factor = ResidualFactor.of(features, labels, operator, 0.0)
    peak = tracemalloc.get_traced_memory()[1]
    factored_sums([factor], [factor], Sampled.of(n, 64, 0))
    peaks = peak, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert operator.basis.nbytes > 3e6
    assert max(peaks) < 1e6


@pytest.mark.thorough
def test_memory_and_entries_computed_grow_as_the_number_of_faces(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = [0]
    tile = Gaussian.tile

    def counting(self: Gaussian, *place: Any, **out: Any) -> np.ndarray:
        block = tile(self, *place, **out)
        counted[0] += block.size
        return block

    monkeypatch.setattr(Gaussian, "tile", counting)
    entries, peaks = [], []
    for n in (5000, 20_000):
        question = problem("number", n, rng)
        counted[0] = 0
        tracemalloc.start()
        prepared = Kcit(sampled_rows=64).prepare(question)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        entries.append(counted[0])
    assert isinstance(prepared, FactoredKcit)
    assert entries[1] < 1.5 * 4 * entries[0]
    assert peaks[1] < 1.5 * 4 * peaks[0]
    assert peaks[1] < 400e6  # a kernel has 3.2 GB
