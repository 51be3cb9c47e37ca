"""How often effects over faces are wrong: level, coverage and verdicts, in exact binomial bands of 99.9 %."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, nct, t

from facelib.stats import adjust, effects_over_faces, mean_distribution, sign_flip
from facelib.stats.effects.equivalence import verdicts

BAND = (0.0005, 0.9995)
DELTA = 0.10
RUNS, BLOCK = 4000, 250  # runs of a block share flips and resamples: many blocks, each with its own seed


def band(runs: int, lowest: float, highest: float | None = None) -> tuple[float, float]:
    """Return where 99.9 % of the observed shares lie if the true one is in [lowest, highest]."""
    low = binom.ppf(BAND[0], runs, lowest) / runs
    high = binom.ppf(BAND[1], runs, lowest if highest is None else highest) / runs
    return float(low), float(high)


def inside(share: float, lowest: float, highest: float | None = None, runs: int = RUNS) -> bool:
    low, high = band(runs, lowest, highest)
    return low <= share <= high


def draw(kind: str, size: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return differences of mean 0 and variance 1."""
    if kind == "normal":
        return rng.normal(size=size)
    if kind == "heavy tails":
        return rng.standard_t(3, size) / math.sqrt(3)
    if kind == "unequal faces":  # symmetric, but some identities react 30 times as much as others
        return rng.normal(size=size) * rng.choice([0.1, 1, 3], size) / math.sqrt(10.01 / 3)
    if kind == "uniform":
        return rng.uniform(-math.sqrt(3), math.sqrt(3), size)
    if kind == "exponential":
        return rng.exponential(size=size) - 1
    assert kind == "lognormal"
    return (rng.lognormal(0, 1, size) - math.exp(0.5)) / math.sqrt((math.e - 1) * math.e)


def blocks(kind: str, n: int, seed: int) -> Iterator[tuple[int, np.ndarray]]:
    rng = np.random.default_rng([seed, n])
    for number in range(RUNS // BLOCK):
        yield number, draw(kind, (n, BLOCK), rng)


def rejected(kind: str, n: int, alternative: str, shift: float = 0.0) -> float:
    shares = [
        np.mean(sign_flip(d + shift, alternative=alternative, n_flips=999, seed=number).p_value <= 0.05)
        for number, d in blocks(kind, n, 1)
    ]
    return float(np.mean(shares))


@pytest.mark.parametrize("kind", ["normal", "heavy tails", "unequal faces"])
@pytest.mark.parametrize("alternative", ["two-sided", "less"])
@pytest.mark.parametrize("n", [6, 10, 20, 60])
def test_symmetric_differences_are_rejected_as_often_as_the_level_says(
    kind: str, alternative: str, n: int
) -> None:
    patterns = 1000 if n > 16 else 2 ** (n - 1) if alternative == "two-sided" else 2**n
    exact = math.floor(0.05 * patterns) / patterns  # p is uniform on multiples of 1 / patterns
    assert inside(rejected(kind, n, alternative), exact)


@pytest.mark.parametrize(
    ("kind", "n", "less", "greater"),
    [
        ("exponential", 20, (0.10, 0.12), (0.015, 0.025)),
        ("exponential", 60, (0.075, 0.095), (0.02, 0.035)),
        ("lognormal", 20, (0.17, 0.19), (0.005, 0.015)),
        ("lognormal", 60, (0.12, 0.14), (0.008, 0.022)),
    ],
)
def test_skewed_differences_of_mean_0_miss_the_level(
    kind: str, n: int, less: tuple[float, float], greater: tuple[float, float]
) -> None:
    assert inside(rejected(kind, n, "less"), *less)
    assert inside(rejected(kind, n, "greater"), *greater)


@pytest.mark.thorough
@pytest.mark.parametrize(("kind", "n", "share"), [("exponential", 60, 0.9), ("lognormal", 60, 0.97)])
def test_skewed_rows_say_so(kind: str, n: int, share: float) -> None:
    rng = np.random.default_rng(20260201)
    labels = [f"label {i}" for i in range(200)]
    faces = [f"face {i}" for i in range(n)]
    index = pd.MultiIndex.from_product([faces, labels], names=["face", "label"])
    for shape in (kind, "normal"):
        ends = pd.DataFrame({"logit": draw(shape, (n, len(labels)), rng).ravel()}, index=index).reset_index()
        table = pd.concat([ends.assign(strength=1.0), ends.assign(strength=0.0, logit=0.0)])
        table = table.assign(intervention="blur", classifier="fer")
        found = effects_over_faces(table, value="logit", alternative="less", n_bootstrap=800)
        said = np.mean(found["notes"].str.contains("the sign-flip p can be too small"))
        assert said > share if shape == kind else said < 0.03


@pytest.mark.parametrize(("n", "effect"), [(12, 0.6), (20, 0.5), (60, 0.3)])
def test_the_power_is_students(n: int, effect: float) -> None:
    found = rejected("normal", n, "less", shift=-effect)
    student = nct.sf(t.ppf(0.95, n - 1), n - 1, effect * math.sqrt(n))
    assert inside(found, student - 0.03, student + 0.01)


def covered(kind: str, n: int, method: str, level: float = 0.95) -> float:
    shares = []
    for number, d in blocks(kind, n, 2):
        low, high = mean_distribution(d, method=method, n_bootstrap=999, seed=number).interval(level)
        shares.append(np.mean((low <= 0) & (high >= 0)))
    return float(np.mean(shares))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("kind", "n", "lowest", "highest"),
    [
        ("normal", 20, 0.94, 0.955),
        ("normal", 60, 0.94, 0.955),
        ("uniform", 20, 0.95, 0.97),
        ("uniform", 60, 0.94, 0.96),
        ("exponential", 20, 0.92, 0.945),
        ("exponential", 60, 0.93, 0.95),
        ("heavy tails", 20, 0.905, 0.93),  # too short: a few faces carry the mean
        ("heavy tails", 60, 0.91, 0.935),
        ("lognormal", 20, 0.88, 0.905),
        ("lognormal", 60, 0.91, 0.93),
    ],
)
def test_coverage_of_the_bca_interval(kind: str, n: int, lowest: float, highest: float) -> None:
    assert inside(covered(kind, n, "bca"), lowest, highest)


@pytest.mark.parametrize("n", [5, 12, 19])
def test_few_faces_get_an_exact_interval_if_normal(n: int) -> None:
    assert inside(covered("normal", n, "auto"), 0.95)


@pytest.mark.parametrize(("n", "lowest", "highest"), [(8, 0.05, 0.05), (20, 0.045, 0.055), (60, 0.045, 0.06)])
def test_equivalence_at_the_margin_is_claimed_at_the_level(n: int, lowest: float, highest: float) -> None:
    inner, matters, none = [], [], []
    for number, d in blocks("normal", n, 3):
        for sign in (1, -1):
            known = mean_distribution(sign * DELTA + 0.1 * d, n_bootstrap=999, seed=number)
            low, high = known.interval(0.90)
            found = verdicts(low, high, DELTA, n, None)
            inner.append(np.mean((low >= -DELTA) & (high <= DELTA)))
            none.append(np.mean([verdict == "does not matter at δ" for verdict in found]))
            matters.append(np.mean([verdict == "matters" for verdict in found]))
    # Far from the other margin each of the two errors is that of one one-sided test.
    slack = 0.02 if n < 12 else 0.0  # at 8 faces of this spread the interval often doesn't fit inside at all
    assert inside(float(np.mean(inner)), lowest - slack, highest, 2 * RUNS)
    assert inside(float(np.mean(matters)), lowest, highest, 2 * RUNS)
    if n < 29:
        assert not np.any(none)  # so few people don't carry the word
    else:
        assert np.mean(inner) == np.mean(none)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("mean", "spread", "verdict", "least"),
    [
        (0.00, 0.10, "does not matter at δ", 0.95),
        (0.02, 0.10, "does not matter at δ", 0.90),
        (0.25, 0.10, "matters", 0.99),
        (-0.25, 0.20, "matters", 0.85),
        (0.10, 0.10, "cannot tell", 0.85),
    ],
)
def test_verdicts_of_thirty_faces(mean: float, spread: float, verdict: str, least: float) -> None:
    found: list[str] = []
    for number, d in blocks("normal", 30, 4):
        known = mean_distribution(mean + spread * d, n_bootstrap=999, seed=number)
        found += verdicts(*known.interval(0.90), DELTA, 30, None)
    assert np.mean([one == verdict for one in found]) > least
    if mean == 0.0:
        assert "matters" not in found


@pytest.mark.thorough
@pytest.mark.parametrize("shared", [0.0, 0.8])
def test_the_family_is_rejected_no_more_often_than_the_level_says(shared: float) -> None:
    rng = np.random.default_rng(20260202)
    runs, columns = 1500, 12
    holm = np.zeros(runs)
    for run in range(runs):
        common = rng.normal(size=(12, 1))
        d = math.sqrt(shared) * common + math.sqrt(1 - shared) * rng.normal(size=(12, columns))
        test = sign_flip(d, exact_up_to=0, n_flips=499, seed=run)
        holm[run] = np.min(adjust(test.p_value, "holm"))
    assert np.mean(holm <= 0.05) <= band(runs, 0.05)[1]


def test_faces_of_one_person_are_no_new_people() -> None:
    rng = np.random.default_rng(20260203)
    people, faces = 10, 4
    alone, together = [], []
    for _ in range(RUNS // BLOCK):
        d = rng.normal(size=(people, 1, BLOCK)) * math.sqrt(0.5)
        d = d + rng.normal(size=(people, faces, BLOCK)) * math.sqrt(0.5)
        together.append(np.mean(sign_flip(d.mean(axis=1)).p_value <= 0.05))
        alone.append(np.mean(sign_flip(d.reshape(-1, BLOCK), n_flips=999).p_value <= 0.05))
    exact = math.floor(0.05 * 2 ** (people - 1)) / 2 ** (people - 1)
    assert inside(float(np.mean(together)), exact)
    assert np.mean(alone) > 0.15  # intra-class correlation .5, four faces each
