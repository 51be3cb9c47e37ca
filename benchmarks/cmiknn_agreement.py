"""Whether CMIknn decides as tigramite's does: one or two numbers held fixed, equal k, 500 surrogates each.

Run ``python benchmarks/cmiknn_agreement.py``; a minute of one free core. Of 40 data sets of 300 faces, half
without an effect, both have to decide alike at .01 in 36. Surrogates are random: p near .01 may part.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_limits
from tigramite.independence_tests.cmiknn import CMIknn

from facelib.stats.calibration.scenarios import Shape, simulate
from facelib.stats.independence import independence_test

FACES, DRAWS, LEVEL, LEAST = 300, 500, 0.01, 36
NULLS = ("number_linear", "number_tanh", "number_sin", "number_heteroscedastic", "numbers_2_linear")
EFFECTS: tuple[tuple[str, Shape, float], ...] = (
    ("number_linear", "linear", 0.5),
    ("number_tanh", "quadratic", 1.0),
    ("number_sin", "signs", 0.8),
    ("number_heteroscedastic", "threshold", 0.8),
    ("numbers_2_linear", "variance", 0.8),
)
REPEATS = 4


def cells() -> Iterator[tuple[str, Shape, float, int]]:
    """Yield scenario, shape, size and seed: 20 without an effect, 20 with one."""
    for setting in [*((name, "none", 0.0) for name in NULLS), *EFFECTS]:
        for seed in range(REPEATS):
            yield *setting, seed


def theirs(x: np.ndarray, y: np.ndarray, z: np.ndarray, knn: int, seed: int) -> tuple[float, float]:
    """Return tigramite's statistic and p; X is permuted, as in the paper and here."""
    test = CMIknn(knn=knn, sig_samples=DRAWS, permute="X", workers=1, seed=seed)
    values = np.vstack([x, y, z.reshape(len(x), -1).T])
    roles = np.array([0, 1, *[2] * (len(values) - 2)])
    found = float(test.get_dependence_measure(values.copy(), roles))
    return found, float(test.get_shuffle_significance(values, roles, found))


def main() -> None:
    knn, agreed = round(0.2 * FACES), 0
    print(
        f"{'setting':<24} {'effect':<14} {'seed':>4} {'I ours':>8} {'theirs':>8} {'p ours':>8} {'theirs':>8}"
    )
    for scenario, shape, size, seed in cells():
        x, y, z = simulate(scenario, FACES, shape, size, rng=np.random.default_rng((31, seed)))
        ours = independence_test(x, y, z, "cmiknn", seed, n_permutations=DRAWS, approximate=True, k=knn)
        with threadpool_limits(limits=1):
            statistic, p = theirs(x, y, z, knn, seed)
        same = (ours.p_value < LEVEL) == (p < LEVEL)
        agreed += same
        print(
            f"{scenario:<24} {f'{shape} {size:g}' if size else shape:<14} {seed:>4} {ours.statistic:>8.4f} "
            f"{statistic:>8.4f} {ours.p_value:>8.3f} {p:>8.3f}  {'' if same else 'differ'}",
            flush=True,
        )
    total = (len(NULLS) + len(EFFECTS)) * REPEATS
    print(f"{agreed} of {total} decisions at {LEVEL} agree; at least {LEAST} are promised.")
    sys.exit(0 if agreed >= LEAST else 1)


if __name__ == "__main__":
    main()
