"""How long the local statistics of a sweep take, against the published loop over series and permutations.

Run ``python benchmarks/local_statistics.py``; it prints a table of medians in milliseconds.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from facelib.stats import property_gradient, shuffle_test

CLASSES, CLASSIFIERS, PERMUTATIONS = 7, 6, 1000
STRENGTHS = (11, 21, 101)
REPEATS, SLOW_REPEATS = 21, 3


def published(p: np.ndarray, seed: int) -> float:
    """Test one series as published: a loop over permutations."""
    rng = np.random.default_rng(seed)
    observed = np.mean(np.abs(np.gradient(p)))
    null = np.array([np.mean(np.abs(np.gradient(rng.permutation(p)))) for _ in range(PERMUTATIONS)])
    mean = null.mean()
    return float(np.mean(np.abs(null - mean) >= np.abs(observed - mean)))


def published_all(outputs: np.ndarray) -> list[float]:
    return [published(series, seed) for seed, series in enumerate(outputs.T)]


def milliseconds(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the median time and the half range of the middle half."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    low, median, high = statistics.quantiles(times, n=4)
    return median, (high - low) / 2


def main() -> None:
    rng = np.random.default_rng(0)
    print(f"{CLASSES} classes × {CLASSIFIERS} classifiers, {PERMUTATIONS} permutations; medians in ms")
    print(
        f"{'strengths':>9} {'shuffle_test':>16} {'published loop':>18} {'ratio':>6} {'property_gradient':>18}"
    )
    for n in STRENGTHS:
        outputs = rng.random((n, CLASSES * CLASSIFIERS))
        ours, ours_half = milliseconds(partial(shuffle_test, outputs), REPEATS)
        loop, loop_half = milliseconds(partial(published_all, outputs), SLOW_REPEATS)
        gradient, _ = milliseconds(partial(property_gradient, outputs), REPEATS)
        print(
            f"{n:>9} {ours:>9.1f} ± {ours_half:<4.1f} {loop:>11.0f} ± {loop_half:<4.0f} "
            f"{loop / ours:>6.0f} {gradient:>18.2f}"
        )


if __name__ == "__main__":
    main()
