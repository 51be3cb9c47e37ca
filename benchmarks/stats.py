"""What is promised about the speed of the statistics, beside the peers, in the same run on the same data.

Run ``python benchmarks/stats.py``, or a part of it with ``--only kcit``. BLAS runs on one thread everywhere;
times are medians (ratios are of medians). A promise is a function under `@promise`; it yields rows.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import psutil
from threadpoolctl import threadpool_limits

from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.problem import Problem, arrange
from facelib.stats.independence.threads import available
from facelib.stats.independence.variables import as_variable

PROPERTIES, OUTPUTS, LABELS, FACES = 6, 80, 7, 1000


@dataclass(frozen=True)
class Row:
    """One promise and what came of it.

    Attributes
    ----------
    name, promise
        What was timed, and what is promised about it.
    ours, peer
        Seconds; peer None where the promise is about ours alone.
    kept
        Whether the promise was kept.
    remark
        What else was compared.
    """

    name: str
    promise: str
    ours: float
    peer: float | None
    kept: bool
    remark: str = ""


Promise = Callable[[], Iterator[Row]]
PROMISES: dict[str, list[Promise]] = {}


def promise(group: str) -> Callable[[Promise], Promise]:
    """Add a function that yields rows to a group of `--only`."""

    def add(function: Promise) -> Promise:
        PROMISES.setdefault(group, []).append(function)
        return function

    return add


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes; BLAS and OpenMP libraries, loaded by whomever, get one thread."""
    with threadpool_limits(limits=1):
        start = time.perf_counter()
        work()
        return time.perf_counter() - start


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the median time of some calls, after one that isn't counted."""
    work()
    return statistics.median(seconds(work) for _ in range(repeats))


def grid_data(
    n: int = FACES, properties: int = PROPERTIES, outputs: int = OUTPUTS, labels: int = LABELS, seed: int = 0
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Return properties, outputs and labels of a paper-sized grid: a third of the pairs is dependent."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, labels, n)
    xs = {
        f"property {i}": (rng.normal(size=n) > 0).astype(float)
        if i == 1
        else rng.normal(size=n) + 0.3 * label
        for i in range(properties)
    }
    columns = list(xs.values())
    ys = {
        f"output {j}": rng.normal(size=n) + np.sin(label) + (j % 3 == 0) * 0.3 * columns[j % properties] ** 2
        for j in range(outputs)
    }
    return xs, ys, label.astype(str)


def as_problem(
    xs: dict[str, np.ndarray], ys: dict[str, np.ndarray], label: np.ndarray | None, workers: int
) -> Problem:
    """Return the arranged problem that a test gets from the grid."""
    x = [as_variable(values, name) for name, values in xs.items()]
    y = [as_variable(values, name) for name, values in ys.items()]
    given = as_given(label, len(x[0].values))
    rows, given = arrange(x, y, given, 0)
    return Problem(tuple(v.take(rows) for v in x), tuple(v.take(rows) for v in y), given, 0, None, workers)


def peak_memory(work: Callable[[], object]) -> float:
    """Return by how many MB the resident memory of this process rises at most during `work`."""
    process, done, peak = psutil.Process(), threading.Event(), [0]
    before = process.memory_info().rss

    def watch() -> None:
        while not done.wait(0.01):
            peak[0] = max(peak[0], process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return peak[0] / 2**20


@promise("kcit")
def kcit_grid() -> Iterator[Row]:
    """KCIT of the paper-sized grid against a loop over causal-learn's KCI."""
    from causallearn.utils.KCI.KCI import KCI_CInd

    from facelib.stats.independence.kcit.kcit import Kcit

    xs, ys, label = grid_data()
    problem = as_problem(xs, ys, label, 1)
    pairs = [(k % PROPERTIES, (7 * k) % OUTPUTS) for k in range(12)]
    theirs: list[tuple[float, float]] = []

    def ask(i: int, j: int) -> None:
        values = problem.xs[i].values, problem.ys[j].values, problem.given.design
        theirs.append(KCI_CInd().compute_pvalue(*values))

    times = [seconds(partial(ask, *pair)) for pair in pairs]
    peer = statistics.median(times) * PROPERTIES * OUTPUTS
    prepared = Kcit().prepare(problem)
    tail = prepared.analytic()
    off = max(abs(prepared.statistic[pair] / theirs[k][1] - 1) for k, pair in enumerate(pairs))
    far = max(abs(tail[pair] - theirs[k][0]) for k, pair in enumerate(pairs))
    same = f"statistics within {off:.0e}, p within {far:.0e} ({len(pairs)} pairs)"
    for workers, least in ((1, 200), (2, 300)):
        many = as_problem(xs, ys, label, workers)
        ours = median_seconds(lambda many=many: Kcit().prepare(many).analytic(), 7)
        name = f"KCIT, 6 × 80, 7 labels, n = 1000, {workers} thread{'s' * (workers > 1)}"
        yield Row(name, f"≥ {least} × causal-learn", ours, peer, peer / ours >= least and off < 1e-9, same)


@promise("cmiknn")
def cmiknn_grid() -> Iterator[Row]:
    """CMIknn of the paper-sized grid against a loop over tigramite's, whose Z is one column of codes.

    Tigramite runs with its defaults (ranks, k = .2 n); the remark says the ratio at our k of a label.
    """
    from tigramite.independence_tests.cmiknn import CMIknn

    from facelib.stats.independence.permutation.cmiknn import Cmiknn
    from facelib.stats.independence.prepare import Question
    from facelib.stats.independence.result import Outcome, run

    draws, cells, roles = 500, PROPERTIES * OUTPUTS, np.array([0, 1, 2])
    problem = as_problem(*grid_data(), 1)
    columns = [[v.values[:, 0] for v in group] for group in (problem.xs, problem.ys)]

    def theirs(i: int, j: int, knn: float, samples: int) -> None:
        test = CMIknn(knn=knn, sig_samples=samples, workers=1)
        values = np.vstack([columns[0][i], columns[1][j], problem.given.strata])
        test.get_shuffle_significance(values, roles, test.get_dependence_measure(values, roles))

    def loop(knn: float, samples: int) -> float:
        theirs(0, 0, knn, 2)
        times = [seconds(partial(theirs, k, 7 * k, knn, samples)) for k in range(PROPERTIES)]
        return statistics.median(times) * cells * draws / samples

    def ours(sequential: bool) -> Outcome:
        question = Question(problem, (*range(PROPERTIES),), (*range(OUTPUTS),), problem.shape, (), {})
        return run(Cmiknn(), question, n_permutations=draws, sequential=sequential)

    k = round(0.1 * FACES / LABELS)
    peer, equal = loop(0.2, draws), loop(k, 100)
    for sequential, least in ((False, 40), (True, 100)):
        own = median_seconds(partial(ours, sequential), 3)
        how = "stopping early" if sequential else "500 surrogates"
        kept = peer / own >= least and np.isfinite(ours(sequential).p_value).all()
        yield Row(
            f"CMIknn, 6 × 80, n = 1000, {how}, 1 thread", f"≥ {least} × tigramite, all 500",
            own, peer, bool(kept), f"{equal / own:.0f} × its loop with k = {k}",
        )  # fmt: skip


@promise("grid")
def whole_grid() -> Iterator[Row]:
    """Time all tests on the paper-sized grid, and on the small one that has to be live."""
    from facelib.stats import independence_grid
    from facelib.stats.independence import TESTS

    xs, ys, label = grid_data()
    tables = []
    ours = seconds(lambda: tables.append(independence_grid(xs, ys, label, methods=[*TESTS])))
    name = f"all {len(TESTS)} tests, 6 × 80, 7 labels, n = 1000"
    yield Row(name, "< 150 s", ours, None, ours < 150 and len(tables[0]) == 480 * len(TESTS))

    xs, ys, label = grid_data(500, 1, 8)
    ours = median_seconds(lambda: independence_grid(xs, ys, label, methods=[*TESTS]), 5)
    yield Row(f"all {len(TESTS)} tests, 1 × 8, 7 labels, n = 500", "< 1 s", ours, None, ours < 1)


@promise("many")
def many_faces() -> Iterator[Row]:
    """Time the tests whose cost is linear in the number of faces, given labels and given a number."""
    from facelib.stats import independence_grid

    linear = ("partial_correlation", "rcot")
    for kind in ("7 labels", "one number"):
        xs, ys, label = grid_data(100_000, 1, 8)
        given = (
            label
            if kind == "7 labels"
            else np.tanh(xs["property 0"]) + np.random.default_rng(1).normal(size=len(label))
        )
        times: list[float] = []
        grid = partial(independence_grid, xs, ys, given, methods=linear)
        peak = peak_memory(lambda grid=grid, times=times: times.append(seconds(grid)))
        kept = times[0] < 60 and peak < 4096
        name = f"{len(linear)} tests, 1 × 8, {kind}, n = 100,000"
        yield Row(name, "< 60 s, < 4 GB", times[0], None, kept, f"{peak / 1024:.1f} GB")


def report(rows: Iterator[Row]) -> bool:
    """Print rows as they come; return whether all promises were kept."""
    print(f"{'what':<58} {'promise':<28} {'ours':>9} {'peer':>9} {'ratio':>7} kept  remark")
    kept = True
    for row in rows:
        peer = "–" if row.peer is None else f"{row.peer:.1f} s"
        ratio = "–" if row.peer is None else f"{row.peer / row.ours:.0f}"
        ours = f"{row.ours:.2f} s" if row.ours >= 1 else f"{1000 * row.ours:.0f} ms"
        verdict = "yes" if row.kept else "NO"
        print(
            f"{row.name:<58} {row.promise:<28} {ours:>9} {peer:>9} {ratio:>7} {verdict:<5} {row.remark}",
            flush=True,
        )
        kept &= row.kept
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=sorted(PROMISES), help="groups of promises")
    chosen = parser.parse_args().only or list(PROMISES)
    print(f"{available()} cores, load {os.getloadavg()[0]:.1f}, one BLAS thread each, NumPy {np.__version__}")
    kept = report(row for group in chosen for function in PROMISES[group] for row in function())
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
