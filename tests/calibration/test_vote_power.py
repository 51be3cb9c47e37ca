"""The vote of exact tests finds what its formula promises, and not much more: outputs of known size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats import independence_grid
from facelib.stats.independence.vote import EXACT_VOTERS, FACTOR
from facelib.stats.independence.vote_power import faces_to_find, smallest_explained

ALPHA, LABELS = 0.01, 7


def found(n: int, questions: int, share: float, outputs: int, *, groups: bool = False, seed: int = 1) -> int:
    """Return how many outputs survive the first step of Holm's correction: new people and noise of each."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % LABELS
    survive = 0
    for _ in range(4):  # as many properties, so that one odd draw of it doesn't decide
        x = rng.uniform(-1, 1, n)
        line = np.where(x > 0, 1.0, -1.0) if groups else x * np.sqrt(3)
        read = {
            f"output {k}": np.sqrt(share) * line + np.sqrt(1 - share) * rng.normal(size=n)
            for k in range(outputs // 4)
        }
        grid = independence_grid(
            {"x": np.where(x > 0, "a", "b") if groups else x},
            read,
            labels.astype(str),
            methods=EXACT_VOTERS,
            alpha=ALPHA,
            n_permutations=int(2 * FACTOR * questions / ALPHA),
        )
        votes = grid[grid["method"] == "exact_vote"]
        survive += int((votes["p"] < ALPHA / questions).sum())
    return survive


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("n", "questions", "groups"),
    [
        pytest.param(350, 10, False, marks=pytest.mark.thorough),
        (350, 10, True),
        pytest.param(350, 480, False, marks=pytest.mark.thorough),
        pytest.param(1050, 42, False, marks=pytest.mark.thorough),
        pytest.param(1050, 480, False, marks=pytest.mark.thorough),
        pytest.param(1050, 480, True, marks=pytest.mark.thorough),
    ],
)
def test_eight_of_ten_are_found_at_the_size_that_is_said(n: int, questions: int, groups: bool) -> None:
    share = smallest_explained(n, questions, alpha=ALPHA, labels=LABELS)
    assert found(n, questions, share, 80, groups=groups) >= binom.ppf(0.0005, 80, 0.8)
    assert found(n, questions, share / 3, 80, groups=groups, seed=2) < 40, "it finds far less than it could"


def test_both_formulas_are_one() -> None:
    for n in (100, 1050, 5000):
        for questions in (1, 42, 798):
            share = smallest_explained(n, questions, labels=LABELS)
            assert abs(faces_to_find(share, questions, labels=LABELS) - n) <= 1
    assert smallest_explained(8, 1, labels=7) == 1.0
