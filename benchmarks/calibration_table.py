"""Measure the table that `facelib.stats.calibration` ships: level and power of every test.

Run ``python benchmarks/calibration_table.py``; about six hours of one core for a table from nothing. It
writes after every cell and skips what the table holds already, of as many data sets as planned: run it again
to go on after an interruption, or with ``--again METHOD`` to measure a test anew after it was changed. Every
cell has the same seed, so all tests see the same data sets.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import pandas as pd

import facelib
from facelib.stats.calibration import measure, table
from facelib.stats.calibration.measure import Cell, rates, scenarios_of
from facelib.stats.independence import TESTS
from facelib.stats.independence.threads import available
from facelib.stats.independence.vote import VOTE

SEED = 20261125
ALPHAS = (0.05, 0.01)
TABLE = Path(table.__file__).with_name("table.csv")
NS = (50, 100, 200, 500, 1000)
LEVEL_RUNS = 2000
POWER_RUNS = 300
CHEAP_RUNS = 2000  # order test, placebo p, sign flips: no test of independence
SIZES = (0.2, 0.4, 0.8)
CHEAP_SIZES = (0.2, 0.4, 0.5)
CURVES = {"shuffle_test": (6, 7, 11, 21, 51, 101), "reference_p": (99, 198, 999)}
IDENTITIES = (10, 20, 50, 100, 200)
KEY = ["method", "scenario", "n", "shape", "size"]


def plan(methods: Sequence[str]) -> Iterator[tuple[Cell, int]]:
    """Yield the cells of the table with their number of data sets, cheap ones first."""
    for method in methods:
        if method in measure.OTHERS:
            ns = CURVES.get(method, IDENTITIES)
            for name, n in itertools.product(scenarios_of(method), ns):
                yield Cell(method, name, n), CHEAP_RUNS
            if method != "reference_p":
                plain = scenarios_of(method)[0]
                sizes = (1.0, 2.0, 4.0) if method in CURVES else CHEAP_SIZES
                for n, size in itertools.product(ns[1:4], sizes):
                    yield Cell(method, plain, n, "linear", size), CHEAP_RUNS
            continue
        if method == VOTE:
            yield from of_the_vote()
            continue
        for name, n in itertools.product(scenarios_of(method), NS):
            yield Cell(method, name, n), LEVEL_RUNS
        for cell in power(method):
            yield cell, POWER_RUNS


def of_the_vote() -> Iterator[tuple[Cell, int]]:
    """Yield the cells of the vote: where labels alone, or nothing, are held fixed, as its tests can."""
    for name, n in itertools.product(scenarios_of(VOTE), NS[:-1]):
        yield Cell(VOTE, name, n), POWER_RUNS
    for shape in ("linear", "quadratic", "signs", "variance", "threshold"):
        for n in NS[:3]:
            yield Cell(VOTE, "labels_7", n, shape, 0.4), POWER_RUNS


def power(method: str) -> Iterator[Cell]:
    """Yield where there is something to find: all shapes at n = 200, three of them over n, other settings."""
    shapes = ("linear", "quadratic", "signs", "variance", "threshold")
    for shape, size in itertools.product(shapes, SIZES):
        yield Cell(method, "labels_7", 200, shape, size)
    for shape, n in itertools.product(shapes[:3], (50, 100, 500, 1000)):
        yield Cell(method, "labels_7", n, shape, 0.4)
    for size in SIZES:
        yield Cell(method, "labels_7_unequal_binary", 200, "linear", size)
    for shape in shapes[:2]:
        yield Cell(method, "none", 200, shape, 0.4)
    if "number_tanh" in scenarios_of(method):
        for shape, size in itertools.product(shapes[:3], SIZES):
            yield Cell(method, "number_tanh", 200, shape, size)


def measured(cell: Cell, runs: int) -> pd.DataFrame:
    return rates([cell], runs=runs, alphas=ALPHAS, seed=SEED).assign(version=facelib.__version__)


def key(cell: Cell) -> tuple[object, ...]:
    return cell.method, cell.scenario, cell.n, cell.shape, cell.size


def load(path: Path, again: Sequence[str]) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame(columns=list(table.COLUMNS))
    known = pd.read_csv(path, dtype={"version": str, "size": float})
    return known[~known["method"].isin(again)]


def save(rows: pd.DataFrame, order: dict[tuple[object, ...], int], path: Path) -> None:
    """Write the table in the order of the plan, whole or not at all."""
    place = rows[KEY].apply(tuple, axis=1).map(order).fillna(len(order))
    ordered = rows.assign(_place=place).sort_values(
        ["_place", "alpha"], ascending=[True, False], kind="stable"
    )
    half = path.with_suffix(".part")
    ordered.drop(columns="_place").to_csv(half, index=False, lineterminator="\n")
    half.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--methods", nargs="*", default=[*measure.OTHERS, *TESTS, VOTE])
    parser.add_argument("--again", nargs="*", default=[], help="methods whose rows are measured anew")
    parser.add_argument("--workers", type=int, default=available(), help="processes")
    options = parser.parse_args()
    every = list(plan([*measure.OTHERS, *TESTS, VOTE]))
    order = {key(cell): place for place, (cell, _) in enumerate(every)}
    rows = load(options.table, options.again)
    save(rows, order, options.table)  # the tests themselves read the table, so it must be there
    held = rows.groupby(KEY)["runs"].max().to_dict()
    wanted = [(cell, runs) for cell, runs in every if cell.method in options.methods]
    todo = [(cell, runs) for cell, runs in wanted if held.get(key(cell), 0) < runs]
    todo.sort(key=lambda one: one[0].n)  # what is measured sooner comes first
    print(f"{len(held)} cells are in the table, {len(todo)} are to be measured; seed {SEED}")
    with ProcessPoolExecutor(options.workers, multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(measured, cell, runs): cell for cell, runs in todo}
        for done, future in enumerate(as_completed(running), start=1):
            found, cell = future.result(), running[future]
            rows = rows[(rows[KEY] != list(key(cell))).any(axis=1)]
            rows = pd.concat([rows, found], ignore_index=True) if len(rows) else found
            save(rows, order, options.table)
            first = found.iloc[0]
            print(
                f"{done:>4}/{len(todo)} {cell.method:>22} {first['scenario']:<26} n = {cell.n:<5}"
                f"{cell.shape:>10} {cell.size:<4} rejects {first['rate']:.3f} of {first['runs']} at .05",
                flush=True,
            )


if __name__ == "__main__":
    main()
