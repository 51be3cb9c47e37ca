"""The figures of Facing Asymmetry draw the rows that were asked for, at their numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from facelib.charts.experiments import asymmetry as figures
from facelib.errors import BadValueError
from facelib.experiments.asymmetry.design import ARMS

LEFT, RIGHT, TOTAL, DISPLACEMENT = (ARMS[name] for name in ("left", "right", "total", "displacement"))
BOTH_INTENSITIES = (1.0, 0.5)


def effect_rows(intervention: str, mean: float, control: str | None = None) -> list[dict[str, Any]]:
    rows = []
    for intensity in BOTH_INTENSITIES:
        for value in ("probability", "logit"):
            number = mean * intensity * (10 if value == "logit" else 1)
            row = {
                "expression": "all", "intensity": intensity, "value": value, "intervention": intervention,
                "classifier": "fer", "label": "intended", "mean": number, "low": number - 0.05,
                "high": number + 0.05, "verdict_low": number - 0.04, "verdict_high": number + 0.04,
                "verdict": "matters" if abs(number) > 0.14 else "cannot tell", "delta": 0.1, "n": 60,
                "alpha": 0.05,
            }  # fmt: skip
            rows.append(row if control is None else row | {"control": control})
    return rows


@pytest.fixture
def effects() -> pd.DataFrame:
    means = {LEFT: -0.4, RIGHT: -0.3, TOTAL: -0.2, DISPLACEMENT: -0.15}
    return pd.DataFrame([row for arm, mean in means.items() for row in effect_rows(arm, mean)])


@pytest.fixture
def contrasts() -> pd.DataFrame:
    means = {
        (LEFT, TOTAL): -0.2,
        (LEFT, DISPLACEMENT): -0.25,
        (RIGHT, TOTAL): -0.1,
        (RIGHT, DISPLACEMENT): -0.15,
        (LEFT, RIGHT): -0.1,
    }
    return pd.DataFrame([row for pair, mean in means.items() for row in effect_rows(pair[0], mean, pair[1])])


@pytest.fixture
def curves() -> pd.DataFrame:
    rows = [
        ("all", intensity, arm, classifier, "intended", strength, 60, 0.5, -0.2 + strength, 1.3)
        for intensity in BOTH_INTENSITIES
        for arm in (TOTAL, RIGHT, LEFT)
        for classifier in ("fer", "facex")
        for strength in (0.0, 1.0)
    ]
    columns = [
        "expression",
        "intensity",
        "intervention",
        "classifier",
        "label",
        "strength",
        "n",
        "mean",
        "low",
    ]
    return pd.DataFrame(rows, columns=[*columns, "high"])


@pytest.fixture
def agreement() -> pd.DataFrame:
    rows = [
        ("total", classifier, value, "left", 0.4, -0.3, -0.5, -0.1, -0.2, -0.3, high, direction, True, 1.5)
        for value in ("probability", "logit")
        for classifier, high, direction in (("fer", -0.1, "same direction"), ("facex", 0.1, "cannot tell"))
    ]
    columns = [
        "held", "classifier", "value", "side", "lost", "observed", "observed_low", "observed_high",
        "interventional", "interventional_low", "interventional_high", "direction", "overlap", "ratio",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def data(chart: Any, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chart.to_dict()["datasets"][name]
    return found


@pytest.mark.thorough
def test_the_forest_has_the_change_and_d_against_each_control(
    effects: pd.DataFrame, contrasts: pd.DataFrame
) -> None:
    chart = figures.asymmetry_forest(effects, contrasts)
    shown = {row["title"]: row["mean"] for row in data(chart, "effects")}
    assert shown == {
        "Change as the left side weakens": -0.4,
        "D: beyond both sides weaker by the same total": -0.2,
        "D: beyond both sides weaker, as visible": -0.25,
    }
    half = data(figures.asymmetry_forest(effects, contrasts, 0.5, side="right"), "effects")
    assert [row["mean"] for row in half] == pytest.approx([-0.15, -0.05, -0.075])
    assert half[0]["title"] == "Change as the right side weakens"
    assert half[0]["verdict"] == "matters"
    assert half[1]["verdict"] == "cannot tell"


@pytest.mark.thorough
def test_curves_come_in_the_order_of_the_arms_and_bands_stay_probabilities(curves: pd.DataFrame) -> None:
    rows = data(figures.asymmetry_curves(curves, 0.5), "curves")
    assert list(dict.fromkeys(row["series"] for row in rows)) == [
        "left side weaker",
        "right side weaker",
        "both weaker, same total",
    ]
    assert {row["title"] for row in rows} == {"fer", "facex"}
    assert len(rows) == 2 * 3 * 2
    assert {row["low"] for row in rows} == {0.0, 0.8}
    assert {row["high"] for row in rows} == {1.0}


def test_observed_and_interventional_stand_beside_each_other(agreement: pd.DataFrame) -> None:
    rows = data(figures.asymmetry_observed(agreement, "probability"), "observed")
    assert [row["series"] for row in rows] == [figures.INTERVENTIONAL, figures.OBSERVED] * 2
    assert [row["mean"] for row in rows[:2]] == [-0.2, -0.3]
    assert rows[0]["words"] == "−.20 (−.30 to −.10)"
    assert [row["direction"] for row in rows[1::2]] == ["same direction", "cannot tell"]


@pytest.mark.thorough
def test_what_the_observed_figure_says_in_words(agreement: pd.DataFrame, texts: Any) -> None:
    chart = figures.asymmetry_observed(agreement)
    written = texts(chart)
    assert {"same direction", "cannot tell", "fer", "facex"} <= set(written)
    assert "fer, predicted from unchanged faces: −.30 (−.50 to −.10)" in chart.to_dict()["description"]


def test_what_is_missing_is_named(
    effects: pd.DataFrame, contrasts: pd.DataFrame, agreement: pd.DataFrame
) -> None:
    with pytest.raises(BadValueError, match=r"no rows of happy at intensity 1; it has all at 1, all at 0\.5"):
        figures.asymmetry_forest(effects, contrasts, expression="happy")
    with pytest.raises(BadValueError, match="no rows for 'odds' with 'total' held; it has 'probab"):
        figures.asymmetry_observed(agreement, "odds")
    with pytest.raises(BadValueError, match="intensity is missing"):
        figures.asymmetry_curves(effects.drop(columns="intensity"))
