"""Speed of the statistics beside causal-learn, tigramite and a published loop, on the same data.

Run ``python benchmarks/stats.py``, or a part of it with ``--only kcit``. BLAS runs on one thread everywhere.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits
from timing import end, header, median, peak_while, peer, row, seconds

from facelib.stats import independence_grid, shuffle_test
from facelib.stats.independence import TESTS
from facelib.stats.independence.conditioning import as_given
from facelib.stats.independence.kcit.kcit import Kcit
from facelib.stats.independence.permutation.cmiknn import Cmiknn
from facelib.stats.independence.prepare import Question
from facelib.stats.independence.problem import Problem, arrange
from facelib.stats.independence.result import run
from facelib.stats.independence.variables import as_variable

PROPERTIES, OUTPUTS, LABELS, FACES = 6, 80, 7, 1000
Columns = dict[str, np.ndarray]


def grid_data(
    n: int = FACES, properties: int = PROPERTIES, outputs: int = OUTPUTS
) -> tuple[Columns, Columns, np.ndarray]:
    """Return properties, outputs and labels of a paper-sized grid: a third of the pairs is dependent."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, LABELS, n)
    xs = {f"property {i}": rng.normal(size=n) + 0.3 * label for i in range(properties)}
    if properties > 1:
        xs["property 1"] = (rng.normal(size=n) > 0).astype(float)
    columns = list(xs.values())
    ys = {
        f"output {j}": rng.normal(size=n) + np.sin(label) + (j % 3 == 0) * 0.3 * columns[j % properties] ** 2
        for j in range(outputs)
    }
    return xs, ys, label.astype(str)


def problem_of(workers: int) -> Problem:
    """Return the arranged problem that a test gets from the grid."""
    xs, ys, label = grid_data()
    x, y = ([as_variable(values, name) for name, values in side.items()] for side in (xs, ys))
    given = as_given(label, FACES)
    rows, given = arrange(x, y, given, 0)
    return Problem(tuple(v.take(rows) for v in x), tuple(v.take(rows) for v in y), given, 0, None, workers)


def kcit() -> None:
    """Print KCIT of the grid against a loop over causal-learn's KCI: the median pair, times all pairs."""
    if not peer("causallearn"):
        return
    from causallearn.utils.KCI.KCI import KCI_CInd

    problem, theirs = problem_of(1), []
    pairs = [(k % PROPERTIES, (7 * k) % OUTPUTS) for k in range(12)]

    def ask(i: int, j: int) -> None:
        values = problem.xs[i].values, problem.ys[j].values, problem.given.design
        theirs.append(KCI_CInd().compute_pvalue(*values)[1])

    loop = statistics.median(seconds(partial(ask, *pair)) for pair in pairs) * PROPERTIES * OUTPUTS
    prepared = Kcit().prepare(problem)
    off = max(abs(prepared.statistic[pair] / theirs[k] - 1) for k, pair in enumerate(pairs))
    for workers, least in ((1, 200), (2, 300)):
        many = problem_of(workers)
        ours = median(lambda many=many: Kcit().prepare(many).analytic())
        remark = f"statistics within {off:.0e}"
        row(
            f"KCIT, 6 × 80, n = 1000, {workers} thread(s); causal-learn",
            ours,
            peer=loop,
            times=least,
            remark=remark,
        )


def cmiknn() -> None:
    """Print CMIknn of the grid against a loop over tigramite's at equal k, whose Z is one column of codes."""
    if not peer("tigramite"):
        return
    from tigramite.independence_tests.cmiknn import CMIknn

    draws, problem, roles = 500, problem_of(1), np.array([0, 1, 2])
    columns = [[v.values[:, 0] for v in group] for group in (problem.xs, problem.ys)]

    def theirs(i: int, j: int, knn: float, samples: int) -> None:
        test = CMIknn(knn=knn, sig_samples=samples, workers=1)
        values = np.vstack([columns[0][i], columns[1][j], problem.given.strata])
        test.get_shuffle_significance(values, roles, test.get_dependence_measure(values, roles))

    def loop(knn: float, samples: int) -> float:
        theirs(0, 0, knn, 2)
        times = [seconds(partial(theirs, k, 7 * k, knn, samples)) for k in range(PROPERTIES)]
        return statistics.median(times) * PROPERTIES * OUTPUTS * draws / samples

    question = Question(problem, (*range(PROPERTIES),), (*range(OUTPUTS),), problem.shape, (), {})
    k = round(0.1 * FACES / LABELS)
    peers = {f"k = {k}": (loop(k, 100), None), "its k = .2 n": (loop(0.2, draws), {False: 40, True: 100})}
    for early in (False, True):
        ours = median(partial(run, Cmiknn(), question, n_permutations=draws, sequential=early), 3)
        how = "stopping early" if early else f"{draws} surrogates"
        for at, (time, least) in peers.items():
            what = f"CMIknn, 6 × 80, n = 1000, {how}; tigramite, {at}"
            row(what, ours, peer=time, times=least and least[early])


def grid() -> None:
    """Print the grid of the test that decides, all tests on a small live one, and very many faces."""
    row("cHSIC, 6 × 80, 7 labels, n = 1000, as Holm needs", seconds(partial(independence_grid, *grid_data())))
    small = partial(independence_grid, *grid_data(500, 1, 8), methods=[*TESTS])
    row(f"all {len(TESTS)} tests, 1 × 8, 7 labels, n = 500", median(small, 5), below=1)
    many = grid_data(100_000, 1, 8)
    linear = partial(independence_grid, *many, methods=["partial_correlation", "rcot"])
    took, peak = peak_while(linear)
    what = "partial correlation and RCoT, 1 × 8, n = 100,000"
    row(what, took, below=60)
    row(what, peak / 1000, "GB", below=4)


def local() -> None:
    """Print the order test of a page's outputs against the published loop over permutations."""
    outputs, draws = np.random.default_rng(0).random((21, 42)), 1000

    def published(p: np.ndarray, seed: int) -> float:
        rng, observed = np.random.default_rng(seed), np.mean(np.abs(np.gradient(p)))
        null = np.array([np.mean(np.abs(np.gradient(rng.permutation(p)))) for _ in range(draws)])
        return float(np.mean(np.abs(null - null.mean()) >= np.abs(observed - null.mean())))

    loop = median(lambda: [published(p, seed) for seed, p in enumerate(outputs.T)], 3)
    ours = median(partial(shuffle_test, outputs, draws), 21)
    row(
        "order test, 42 outputs × 21 strengths × 1000; a loop",
        1000 * ours,
        "ms",
        peer=1000 * loop,
        below=30,
        times=20,
    )


PARTS: dict[str, Callable[[], None]] = {"kcit": kcit, "cmiknn": cmiknn, "grid": grid, "local": local}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[*PARTS])
    header("Statistics; medians")
    for part in parser.parse_args().only:
        with threadpool_limits(limits=1):
            PARTS[part]()
    end()


if __name__ == "__main__":
    main()
