"""Technical errors of the clinical measures: the committed table, that it comes again, and its arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facelib import Head, properties
from facelib.experiments import load_clinical_error
from facelib.experiments.clinical_error import (
    CONDITIONS,
    ERROR_COLUMNS,
    FRONTAL,
    HEADS,
    MEASURES,
    MILD,
    PART,
    QUICK,
    TABLE,
    error_heads,
    readings,
    summary,
    true_places,
)
from facelib.properties.clinical.frontal import frontal
from facelib.properties.clinical.measures import LEFT, RIGHT, commissure_distance, iris_width
from facelib.properties.symmetry import FOUND

ROOT = Path(__file__).parents[3]
KEYS = ["condition", "levels", "measure", "side"]


@pytest.fixture(scope="module")
def committed() -> pd.DataFrame:
    return load_clinical_error()


def again(condition: str, levels: list[int] | None, committed: pd.DataFrame) -> None:
    """Measure a part of the committed table anew, and compare."""
    made = summary(condition, readings(condition, levels)).set_index(KEYS)
    there = committed.set_index(KEYS).loc[made.index]
    assert (made["unit"] == there["unit"]).all()
    assert (made["n"] == there["n"]).all()
    numbers = list(ERROR_COLUMNS)[7:]
    np.testing.assert_allclose(made[numbers], there[numbers].astype(float), rtol=0.02, atol=0.005)


def test_every_condition_level_and_measure_is_in_the_committed_table(committed: pd.DataFrame) -> None:
    assert list(committed) == list(ERROR_COLUMNS)
    assert TABLE.stat().st_size < 60_000
    assert not committed.duplicated(KEYS).any()
    assert set(committed["condition"]) == set(CONDITIONS)
    first = committed[committed["condition"] == FRONTAL]
    assert set(first["levels"]) == {"0", "1", "2", "3", "4", "5", MILD, "all"}
    for condition in set(CONDITIONS) - {FRONTAL}:
        own = committed.loc[committed["condition"] == condition, "levels"]
        assert set(own) == ({"0", "all"} if condition == QUICK else {"all"})
    for (condition, _), rows in committed.groupby(["condition", "levels"]):
        assert set(rows["measure"]) == set(MEASURES) - ({"mirror_misfit"} if condition != FRONTAL else set())
    whole = committed[(committed["levels"] == "all") & (committed["side"] == "difference")]
    seen = whole["n"] / (1 - whole["missing"])
    assert set(seen.round().astype(int)) == {HEADS, PART}


def test_limits_of_agreement_lie_about_the_bias(committed: pd.DataFrame) -> None:
    there = committed[committed["mae"].notna()]
    assert (there["mae"] >= there["bias"].abs() - 1e-3 * there["mae"]).all()
    middle = (there["low"] + there["high"]) / 2
    assert np.allclose(middle, there["bias"], atol=2e-3 * (there["high"] - there["low"]).max())


@pytest.mark.thorough
@pytest.mark.packages
def test_a_small_part_of_the_committed_table_comes_again(committed: pd.DataFrame) -> None:
    again(QUICK, [0], committed)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_committed_table_comes_again(condition: str, committed: pd.DataFrame) -> None:
    again(condition, None, committed)


def test_heads_have_every_level_on_both_sides_in_equal_numbers() -> None:
    heads = error_heads(48)
    counts = pd.DataFrame([(head.palsy, head.palsy_side) for head in heads]).value_counts()
    assert len(counts) == 12
    assert set(counts) == {4}
    assert all(head.pose == (0, 0, 0) and head.age >= 18 for head in heads)


def test_the_truth_depends_on_neither_pose_nor_light() -> None:
    head = Head(seed=3, palsy=0.6, palsy_side="right", hair="bald")
    places, distance = true_places(head)
    other, same = true_places(head.replace(pose=(25, -10, 12), light="side"))
    np.testing.assert_array_equal(places, other)
    assert distance == same
    assert 55 < distance < 66, "mm"
    eyes = np.hypot(*(places[473] - places[468])) * distance
    assert eyes == pytest.approx(61.57, abs=3), "the model's own scale, between the irises"
    drawn = frontal(head.render(256))
    assert not isinstance(drawn, str)
    for side in (LEFT, RIGHT):
        own = commissure_distance(places, side)
        assert commissure_distance(drawn.places, side) == pytest.approx(own, abs=0.02)


def made_up(rng: np.random.Generator) -> pd.DataFrame:
    """Readings of 60 heads: a bias of .03, a pull of .4 toward the mean of both sides, and a little noise."""
    rows = []
    for head in range(60):
        level, weak = head % 6, ("left", "right")[head // 12 % 2]
        true = {side: 0.5 - 0.05 * level * (side == weak) + rng.normal(0, 0.02) for side in ("left", "right")}
        mean = np.mean(list(true.values()))
        for side, value in true.items():
            found = mean + 0.6 * (value - mean) + 0.03 + rng.normal(0, 0.002)
            rows.append((head, level, weak, "commissure_distance", side, value, found, 60.0, 61.0, 12.0))
    names = ["head", "level", "weak", "measure", "side", "true", "found", "eye_distance", "by_iris", "iris"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.thorough
def test_a_pull_toward_symmetry_is_the_slope_and_biases_have_the_sides_signs(
    rng: np.random.Generator,
) -> None:
    table = made_up(rng)
    rows = summary(FRONTAL, table).set_index(["levels", "side"])
    whole = rows.loc[("all", "difference")]
    assert whole["slope_low"] < 0.6 < whole["slope_high"]
    wide = table.pivot_table(index="head", columns="side", values=["true", "found"])
    true, found = (wide[name]["left"] - wide[name]["right"] for name in ("true", "found"))
    assert whole["slope"] == pytest.approx(np.polyfit(true, found, 1)[0])
    assert rows.loc[("5", "weak"), "bias"] > 0.03 > rows.loc[("5", "healthy"), "bias"]
    both = rows.loc[("all", "both")]
    error = table["found"] - table["true"]
    assert both["bias"] == pytest.approx(error.mean())
    assert both["mae"] == pytest.approx(error.abs().mean())
    assert both["high"] == pytest.approx(error.mean() + 1.96 * error.std())
    assert both["mae_mm"] == pytest.approx(60 * error.abs().mean())
    assert both["mae_iris_mm"] == pytest.approx((61 * table["found"] - 60 * table["true"]).abs().mean())
    ratio = rows.loc[("all", "ratio")]
    wrong = wide["found"]["left"] / wide["found"]["right"] - wide["true"]["left"] / wide["true"]["right"]
    assert ratio["mae"] == pytest.approx(wrong.abs().mean())
    assert rows.loc[(MILD, "both"), "n"] == 80


def test_what_is_missing_is_counted_and_measured_by_nobody(rng: np.random.Generator) -> None:
    table = made_up(rng)
    table.loc[(table["side"] == "left") & (table["level"] == 0), "found"] = np.nan
    rows = summary(FRONTAL, table).set_index(["levels", "side"])
    assert rows.loc[("0", "both"), "missing"] == pytest.approx(0.5)
    assert rows.loc[("0", "difference"), "n"] == 0
    assert np.isnan(rows.loc[("0", "difference"), "mae"])
    assert rows.loc[("all", "difference"), "n"] == 50


def test_what_symmetry_says_of_the_pull_is_what_was_measured(committed: pd.DataFrame) -> None:
    rows = committed.set_index(KEYS)
    found = rows.loc[(FRONTAL, "all", "mirror_misfit", "")]
    assert pytest.approx(found["slope"], abs=0.005) == FOUND
    assert f"{100 * found['slope']:.0f} % of the misfit" in properties.get("symmetry").description
    assert found["slope_high"] < 1, "they pull, beyond chance"


def test_the_irises_of_heads_are_as_wide_as_the_page_says() -> None:
    widths = []
    for head in error_heads(24):
        places, distance = true_places(head)
        widths.append(iris_width(places, LEFT) * distance)
    assert np.mean(widths) == pytest.approx(12.4, abs=0.15)
    assert "(12.4 mm)" in (ROOT / "docs" / "how-to" / "clinical.md").read_text(encoding="utf-8")
