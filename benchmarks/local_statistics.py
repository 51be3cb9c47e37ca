"""What is promised about the speed of the local statistics, beside the published loop over permutations.

Run ``python benchmarks/local_statistics.py``: medians in ms, same outputs, one thread. The promise is
made at the app's 21 strengths; 11 and 101 stand beside it. It exits with 1 if it is missed.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from facelib.stats import property_gradient, shuffle_test

CLASSES, CLASSIFIERS, PERMUTATIONS = 7, 6, 1000
PROMISED, OTHERS = 21, (11, 101)
MOST_MS, LEAST_RATIO = 30.0, 20.0
REPEATS, SLOW_REPEATS = 21, 5


def published(p: np.ndarray, seed: int) -> float:
    """Test one series as published: a loop over permutations."""
    rng = np.random.default_rng(seed)
    observed = np.mean(np.abs(np.gradient(p)))
    null = np.array([np.mean(np.abs(np.gradient(rng.permutation(p)))) for _ in range(PERMUTATIONS)])
    mean = null.mean()
    return float(np.mean(np.abs(null - mean) >= np.abs(observed - mean)))


def published_all(outputs: np.ndarray) -> list[float]:
    return [published(series, seed) for seed, series in enumerate(outputs.T)]


def ours_one_by_one(outputs: np.ndarray) -> list[float]:
    """Test every series alone, as a loop over series would: no permutations are shared."""
    return [
        float(shuffle_test(series, PERMUTATIONS, seed=seed).p_value) for seed, series in enumerate(outputs.T)
    ]


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    """Return the median time of some calls, after one that isn't counted."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def agrees(outputs: np.ndarray) -> bool:
    """Whether the published convention gives the p of the loop, within what two draws of it may differ."""
    ours = np.asarray(shuffle_test(outputs, PERMUTATIONS, "published").p_value)
    theirs = np.array(published_all(outputs))
    return bool((np.abs(ours - theirs) < 5 * np.sqrt(2 * 0.25 / PERMUTATIONS)).all())


def main() -> None:
    rng = np.random.default_rng(0)
    print(f"load {os.getloadavg()[0]:.1f}, NumPy {np.__version__}; medians in ms")
    print(
        f"Promise: {PERMUTATIONS} permutations × {CLASSES} classes × {CLASSIFIERS} classifiers at {PROMISED} "
        f"strengths in < {MOST_MS:.0f} ms, and ≥ {LEAST_RATIO:.0f} × the published loop per series"
    )
    print(
        f"{'strengths':>9} {'all at once':>12} {'one by one':>11} {'published':>10} {'ratio':>6} "
        f"{'per series':>11} {'gradients':>10}  kept"
    )
    kept = True
    for n in (PROMISED, *OTHERS):
        outputs = rng.random((n, CLASSES * CLASSIFIERS))
        together = milliseconds(partial(shuffle_test, outputs, PERMUTATIONS), REPEATS)
        alone = milliseconds(partial(ours_one_by_one, outputs), SLOW_REPEATS)
        loop = milliseconds(partial(published_all, outputs), SLOW_REPEATS)
        gradient = milliseconds(partial(property_gradient, outputs), REPEATS)
        verdict = ""
        if n == PROMISED:
            kept = together < MOST_MS and loop / alone >= LEAST_RATIO and agrees(outputs)
            verdict = "yes" if kept else "NO"
        print(
            f"{n:>9} {together:>12.1f} {alone:>11.1f} {loop:>10.0f} {loop / together:>6.0f} "
            f"{loop / alone:>11.0f} {gradient:>10.2f}  {verdict}",
            flush=True,
        )
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
