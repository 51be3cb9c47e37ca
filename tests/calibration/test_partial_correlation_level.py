"""Level and power of partial correlation, in exact binomial bands of 99.9 %, and where not to trust it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from facelib.stats.calibration import p_values
from facelib.stats.calibration.scenarios import SCENARIOS
from facelib.stats.calibration.table import level_note
from facelib.stats.independence import independence_test
from facelib.utilities.checks import Floats

RUNS, SEED = 400, 11
METHOD = "partial_correlation"
EXACT = [
    "labels_7",
    "none",
    "labels_2",
    "labels_7_unequal",
    "number_linear",
    "numbers_2_linear",
    "none_binary",
]


def in_band(p: Floats, level: float) -> bool:
    low, high = (binom.ppf(q, len(p), level) for q in (0.0005, 0.9995))
    return bool(low <= (p <= level).sum() <= high)


@pytest.mark.parametrize("scenario", EXACT)
def test_it_rejects_as_often_as_the_level_says(scenario: str) -> None:
    for n in (50, 200):
        p = p_values(METHOD, scenario, n, runs=RUNS, seed=SEED)
        for level in (0.01, 0.05, 0.10, 0.50):
            assert in_band(p, level), (n, level)


@pytest.mark.thorough
@pytest.mark.parametrize("columns", [(1, 3), (3, 3), (6, 8)])
@pytest.mark.parametrize("n", [21, 60])
def test_raos_f_holds_its_level_with_few_faces(columns: tuple[int, int], n: int) -> None:
    rng = np.random.default_rng(SEED)
    label = np.arange(n) % 3
    found = []
    for _ in range(RUNS):
        x = rng.standard_normal((n, columns[0])) + label[:, None]
        y = rng.standard_normal((n, columns[1])) - label[:, None]
        found.append(independence_test(x, y, label, METHOD).p_value)
    p = np.array(found)
    for level in (0.01, 0.05, 0.10, 0.50):
        assert in_band(p, level), level


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("scenario", "size", "least"), [("labels_7", 0.3, 0.95), ("number_linear", 0.3, 0.9)]
)
def test_it_finds_what_is_linear(scenario: str, size: float, least: float) -> None:
    p = p_values(METHOD, scenario, 200, "linear", size, runs=200, seed=SEED)
    assert (p <= 0.05).sum() >= binom.ppf(0.0005, 200, least)


@pytest.mark.thorough
def test_it_is_blind_to_signs_that_differ_between_labels() -> None:
    p = p_values(METHOD, "labels_7", 200, "signs", 0.5, runs=200, seed=SEED)
    assert (p <= 0.05).mean() < 0.3


@pytest.mark.thorough
@pytest.mark.parametrize(("scenario", "least"), [("number_tanh", 0.15), ("number_sin_3", 0.99)])
def test_curved_conditioners_break_the_level_and_it_is_said(scenario: str, least: float) -> None:
    """METHODS, section 4: .283 for tanh and 1.0 for sin 3z at n = 200."""
    p = p_values(METHOD, scenario, 200, runs=300, seed=SEED)
    assert (p <= 0.05).sum() >= binom.ppf(0.0005, 300, least)
    setting = SCENARIOS[scenario]
    note = level_note(METHOD, 200, setting.n_labels, setting.n_numbers)
    assert note is not None
    x, y, number = np.random.default_rng(SEED).standard_normal((3, 200))
    assert note in independence_test(x, y, number, METHOD).notes


@pytest.mark.thorough
def test_integer_codes_taken_as_a_number_break_the_level() -> None:
    """METHODS, section 4: 53 % of true nulls. facelib takes whole numbers for labels, so they are halved."""
    rng = np.random.default_rng(SEED)
    as_number, as_labels = [], []
    for _ in range(300):
        code = rng.integers(0, 7, 300)
        pull = np.array([0.0, 1.0, -0.7, 0.8, -0.5, 0.3, -0.9])[code]
        x, y = pull + rng.standard_normal((2, 300))
        as_number.append(independence_test(x, y, code + 0.5, METHOD).p_value)
        as_labels.append(independence_test(x, y, code, METHOD).p_value)
    assert np.mean(np.array(as_number) <= 0.05) > 0.4
    assert in_band(np.array(as_labels), 0.05)
