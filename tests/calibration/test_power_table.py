"""What the committed table promises is found again with new data: power at least, known trouble said."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy.stats import binom

from facelib.stats.calibration import load_table, p_values, simulate
from facelib.stats.calibration.measure import rejection_rate, scenarios_of
from facelib.stats.calibration.scenarios import SCENARIOS
from facelib.stats.calibration.table import level_note
from facelib.stats.independence import TESTS, independence_test

FAST = ("partial_correlation", "chsic", "kcit")
RUNS, SEED = 60, 7  # other data than those of the table


def rows(method: str) -> pd.DataFrame:
    table = load_table()
    return table[(table["method"] == method) & (table["alpha"] == 0.05) & (table["n"] <= 200)]


@pytest.mark.parametrize("method", FAST)
@pytest.mark.parametrize("shape", ["linear", "quadratic", "signs"])
def test_power_is_at_least_what_the_table_promises(method: str, shape: str) -> None:
    promised = rows(method).query("shape == @shape and scenario == 'labels_7' and n == 200 and size == 0.4")
    row = promised.iloc[0]
    again = rejection_rate(method, "labels_7", 200, row["shape"], float(row["size"]), runs=RUNS, seed=SEED)
    assert again.rejected >= binom.ppf(0.0005, RUNS, row["low"])


@pytest.mark.thorough
@pytest.mark.parametrize("method", FAST)
def test_level_is_found_again(method: str) -> None:
    level = rows(method).query("shape == 'none' and scenario == 'labels_7_unequal' and n == 100").iloc[0]
    again = rejection_rate(method, "labels_7_unequal", 100, runs=5 * RUNS, seed=SEED)
    low, high = binom.ppf([0.0005, 0.9995], 5 * RUNS, [level["low"], level["high"]])
    assert low <= again.rejected <= high


@pytest.mark.thorough
@pytest.mark.parametrize("method", list(TESTS))
def test_wherever_a_level_is_broken_the_result_says_so(method: str) -> None:
    """Data drawn from every setting that was measured, and what stands in the notes of a real result.

    A setting counts as broken if any with the same conditioners and n is: the user can't know which is hers.
    """
    table = load_table()
    level = table[(table["method"] == method) & (table["shape"] == "none") & (table["alpha"] == 0.05)]
    assert set(level["scenario"]) == set(scenarios_of(method))
    for _, alike in level.groupby(["n", "n_labels", "n_numbers"]):
        broken = bool((alike["low"] > 1.2 * alike["alpha"]).any())
        row = alike.sort_values("rate").iloc[-1]
        x, y, z = simulate(row["scenario"], int(row["n"]), rng=SEED)
        few = {"n_permutations": 19} if TESTS[method].null == "permutation" else {}
        result = independence_test(x, y, z, method, approximate=True, **few)
        warned = any("don't rely on it alone" in note for note in result.notes)
        assert warned == broken, (row["scenario"], int(row["n"]), result.notes)


@pytest.mark.parametrize(
    ("method", "scenario", "n", "least"),
    [
        # METHODS, section 4, on our generators: tanh .283, sin 3z 1.0 for partial correlation
        ("partial_correlation", "number_tanh", 200, 0.15),
        ("partial_correlation", "number_sin_3", 200, 0.99),
        ("kcit", "numbers_2_sin", 100, 0.12),
    ],
)
def test_known_trouble_is_still_there(method: str, scenario: str, n: int, least: float) -> None:
    setting = SCENARIOS[scenario]
    p = p_values(method, scenario, n, runs=RUNS, seed=SEED)
    assert (p <= 0.05).sum() >= binom.ppf(0.0005, RUNS, least)
    assert level_note(method, n, setting.n_labels, setting.n_numbers) is not None


@pytest.mark.thorough
def test_order_test_takes_drift_for_order() -> None:
    drift = rejection_rate("shuffle_test", "ar1_6", 101, runs=5 * RUNS, seed=SEED)
    assert drift.low < 0.86 < drift.high
    note = level_note("shuffle_test", 101)
    assert note is not None
    assert "AR(1)" in note
