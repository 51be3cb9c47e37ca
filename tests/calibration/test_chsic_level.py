"""Level and power of cHSIC, which decides given labels: exact binomial bands of 99.9 %."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats.calibration import load_table, p_values, simulate
from facelib.stats.calibration.measure import rejection_rate
from facelib.stats.independence import TESTS, independence_grid, independence_test
from facelib.stats.independence.power import faces_to_find, smallest_explained
from facelib.stats.independence.vote import VOTE

SEED = 11  # other data than those of the table


@pytest.mark.parametrize(
    ("scenario", "n"),
    [("none", 100), ("labels_7_unequal", 100), ("labels_7_heteroscedastic", 150)],
)
def test_given_labels_it_rejects_as_often_as_the_level_says(scenario: str, n: int) -> None:
    runs = 300
    p = p_values("chsic", scenario, n, runs=runs, seed=SEED)
    for level in (0.01, 0.05, 0.10, 0.5):
        low, high = binom.interval(0.999, runs, level)
        assert low <= np.sum(p <= level + 1e-12) <= high


def test_given_labels_a_binary_property_is_rejected_no_more_often() -> None:
    runs = 300
    p = p_values("chsic", "labels_7_unequal_binary", 100, runs=runs, seed=SEED)
    for level in (0.01, 0.05, 0.10, 0.5):  # surrogates tie
        assert np.sum(p <= level + 1e-12) <= binom.ppf(0.9995, runs, level)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "n", "shape", "size", "least"),
    [
        ("labels_7", 100, "linear", 0.4, 0.82),
        pytest.param("labels_7", 200, "quadratic", 0.8, 0.97, marks=pytest.mark.thorough),
        ("labels_7", 200, "signs", 0.4, 0.97),
    ],
)
def test_it_finds_what_is_there(scenario: str, n: int, shape: str, size: float, least: float) -> None:
    runs = 100
    found = rejection_rate("chsic", scenario, n, shape, size, runs=runs, seed=SEED)  # type: ignore[arg-type]
    assert found.rejected >= binom.ppf(0.0005, runs, least)


def test_exact_permutations_carry_no_such_note() -> None:
    x, y, z = simulate("labels_7", 200, rng=3)
    notes = independence_test(x, y, z, "chsic", n_permutations=19).notes
    assert not any("in our calibration" in note for note in notes)


def test_no_test_that_holds_its_level_given_labels_finds_more() -> None:
    table = load_table()
    rows = table[(table["n_numbers"] == 0) & table["method"].isin([*TESTS, VOTE])]
    for alpha, here in rows.groupby("alpha"):
        null = here["shape"] == "none"
        highest = here[null].groupby("method")["low"].max()
        holds = set(highest.index[highest <= 1.2 * alpha])
        assert "partial_correlation" not in holds
        cell = ["scenario", "n", "shape", "size"]
        power = here[~null].pivot_table(index=cell, columns="method", values="rate")
        assert power[sorted(holds - {VOTE})].dropna().mean().idxmax() == "chsic"
        both = power.dropna(subset=[VOTE, "chsic"])
        assert (both["chsic"] > both[VOTE]).all()
        assert len(both) == 11


def found(n: int, questions: int, share: float, *, groups: bool = False, outputs: int = 40) -> int:
    """Return how many outputs survive the first step of Holm's correction: new people and noise of each."""
    rng = np.random.default_rng(1)
    labels = (np.arange(n) % 7).astype(str)
    survive = 0
    for _ in range(4):  # as many properties, so that one odd draw of it doesn't decide
        x = rng.uniform(-1, 1, n)
        line = np.where(x > 0, 1.0, -1.0) if groups else x * np.sqrt(3)
        noise = rng.normal(size=(outputs // 4, n))
        read = {str(k): np.sqrt(share) * line + np.sqrt(1 - share) * own for k, own in enumerate(noise)}
        asked = {"x": np.where(x > 0, "a", "b") if groups else x}
        grid = independence_grid(asked, read, labels, n_permutations=int(2 * questions / 0.01))
        survive += int((grid["p"] < 0.01 / questions).sum())
    return survive


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("n", "questions", "groups"), [(350, 10, True), (350, 480, False), (1050, 42, False)]
)
def test_eight_of_ten_are_found_at_the_size_that_a_plan_says(n: int, questions: int, groups: bool) -> None:
    share = smallest_explained(n, questions, alpha=0.01, labels=7)
    assert found(n, questions, share, groups=groups) >= binom.ppf(0.0005, 40, 0.8)
    assert found(n, questions, share / 3, groups=groups) < 20, "it finds far less than it could"


def test_both_formulas_are_one() -> None:
    for n in (100, 1050, 5000):
        for questions in (1, 42, 798):
            share = smallest_explained(n, questions, labels=7)
            assert abs(faces_to_find(share, questions, labels=7) - n) <= 1
    assert smallest_explained(8, 1, labels=7) == 1.0
