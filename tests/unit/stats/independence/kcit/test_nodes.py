"""KCIT through nodes, given labels or nothing: as the exact one, within what it says."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from facelib.stats.independence import Kcit
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.kcit import kcit as module
from facelib.stats.independence.kcit.kcit import ExactKcit, FactoredKcit, NodeKcit
from facelib.stats.independence.kernels.gaussian import Gaussian
from facelib.stats.independence.permutation.permutations import WithinStrata
from facelib.stats.independence.problem import Problem, arrange
from facelib.stats.independence.threads import one_blas_thread
from facelib.stats.independence.variables import as_variable


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


def scalars(labels: int, n: int, rng: np.random.Generator, workers: int = 1) -> Problem:
    """Properties and outputs of every kind but vectors; no label: nothing is held fixed."""
    z = rng.integers(0, labels, n).astype(str) if labels else None
    x = rng.standard_normal(n)
    xs = [x, rng.standard_normal(n) > 0.3, rng.choice(list("pqrs"), n)]
    ys = [rng.standard_normal(n), 0.1 * x**2 + rng.standard_t(6, n), rng.integers(0, 2, n)]
    return problem_of(xs, ys, z, workers)


def promised(note: str) -> tuple[float, float]:
    """Relative error of sums and error of p that a note states."""
    found = re.search(r"sums within about (\S+) of the exact ones, p within (\S+)\.$", note)
    assert found is not None
    return float(found[1]), float(found[2])


@pytest.mark.one_case
@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-5])
@pytest.mark.parametrize("labels", [0, 2, 7])
def test_sums_are_as_near_the_exact_ones_as_the_note_says(
    rng: np.random.Generator, labels: int, tolerance: float
) -> None:
    problem = scalars(labels, 1500, rng, workers=2)
    exact = Kcit(approximation="exact").prepare(problem)
    near = Kcit(approximation="low_rank", tolerance=tolerance).prepare(problem)
    assert isinstance(exact, ExactKcit)
    assert isinstance(near, NodeKcit)
    sums, p = promised(near.notes[-1])
    assert tolerance <= sums < 5 * tolerance
    for name in ("product", "square", "trace", "x_square", "y_square", "x_trace", "y_trace"):
        np.testing.assert_allclose(getattr(near.sums, name), getattr(exact.sums, name), rtol=sums)
    assert np.abs(near.analytic() - exact.analytic()).max() <= p
    np.testing.assert_allclose(near.effect, exact.effect, atol=sums)


@pytest.mark.parametrize("labels", [0, 3])
def test_surrogates_are_those_of_all_entries(rng: np.random.Generator, labels: int) -> None:
    problem = scalars(labels, 400, rng, workers=2)
    orders = WithinStrata(problem.given.bounds, 1).draw(3)
    pairs = np.ones(problem.shape, bool)
    pairs[0, 1] = False
    near, exact = (
        Kcit(approximation=kind).prepare(problem).surrogates(orders, pairs) for kind in ("low_rank", "exact")
    )
    np.testing.assert_allclose(near[:, pairs], exact[:, pairs], rtol=1e-5)


def test_one_value_more_or_less_is_no_matter(rng: np.random.Generator) -> None:
    """Labels with one face, and outliers that need nodes of their own."""
    n = 500
    z = np.array(["rare"] + ["often"] * 300 + ["other"] * 199)
    y = rng.standard_normal(n)
    y[7] = 40
    problem = problem_of([rng.standard_normal(n)], [y], z)
    near, exact = (Kcit(approximation=kind).prepare(problem) for kind in ("low_rank", "exact"))
    np.testing.assert_allclose(near.statistic, exact.statistic, rtol=1e-5)
    np.testing.assert_allclose(near.moments, exact.moments, rtol=1e-5)


def test_what_nodes_cannot_carry_is_computed_otherwise(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, logits = rng.standard_normal(300), rng.standard_normal((300, 8))
    z = rng.choice(list("ab"), 300)
    one, all_eight = problem_of([x], [logits[:, 0]], z), problem_of([x], [logits], z)
    assert isinstance(Kcit().prepare(one), ExactKcit)
    assert isinstance(Kcit(approximation="low_rank").prepare(all_eight), FactoredKcit)
    monkeypatch.setattr(module, "EXACT", 100)
    assert isinstance(Kcit().prepare(one), NodeKcit)
    assert isinstance(Kcit().prepare(all_eight), ExactKcit)
    monkeypatch.setattr(module, "EXACT_IF_ROUGH", 200)
    assert isinstance(Kcit().prepare(all_eight), FactoredKcit)


@pytest.mark.thorough
def test_many_labels_need_little_memory(rng: np.random.Generator) -> None:
    """Entries between all nodes under all of 100 labels, and their squares, would take 46 MB."""
    n = 1500
    z = rng.integers(0, 100, n).astype(str)
    problem = problem_of([rng.standard_normal(n)], [rng.standard_normal(n)], z)
    tracemalloc.start()
    near = Kcit(approximation="low_rank", tolerance=1e-7).prepare(problem)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(near, NodeKcit)
    assert peak < 15e6
    sums, _ = promised(near.notes[-1])
    assert 1e-7 < sums < 1e-4
    exact = Kcit(approximation="exact").prepare(problem)
    np.testing.assert_allclose(near.statistic, exact.statistic, rtol=sums)
    np.testing.assert_allclose(near.moments, exact.moments, rtol=sums)


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
        problem = scalars(7, n, rng)
        counted[0] = 0
        tracemalloc.start()
        prepared = Kcit().prepare(problem)
        prepared.surrogates(WithinStrata(problem.given.bounds, 0).draw(2), np.ones(problem.shape, bool))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        entries.append(counted[0])
    assert isinstance(prepared, NodeKcit)
    assert entries[1] < 1.5 * 4 * entries[0]
    assert peaks[1] < 1.5 * 4 * peaks[0]
    assert peaks[1] < 100e6  # a kernel has 3.2 GB
