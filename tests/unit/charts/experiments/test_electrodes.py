"""Charts of electrodes: every number in its place, signs by shape, and what isn't sure by its filling."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert

from facelib import charts
from facelib.charts.experiments.electrode_importance import DARK, UNSURE, map_rows, share_rows
from facelib.charts.experiments.electrodes import curve_rows
from facelib.charts.export import figure
from facelib.errors import BadValueError
from facelib.experiments.electrodes.importance import HOW, POSITION_COLUMNS, place_of
from facelib.experiments.electrodes.numbers import NUMBER_COLUMNS
from facelib.experiments.electrodes.outcomes import MEAN
from facelib.experiments.electrodes.shares import SHARE_COLUMNS
from facelib.faces import ELECTRODE_SCHEMES

pytestmark = pytest.mark.packages

Marks = Callable[..., list[dict[str, Any]]]
CLASSIFIERS = ("a", "b'\"<", MEAN)
OUTCOMES = ("probability", "accuracy")


@pytest.fixture
def numbers() -> pd.DataFrame:
    rows = []
    for scheme, most in (("fridlund", 22), ("kuramoto", 19)):
        for kind in ("facs", "tuned"):
            for place, classifier in enumerate(CLASSIFIERS):
                for number in (0, most // 2, most):
                    value = 0.9 - 0.02 * number - 0.1 * place
                    rows.append(
                        {
                            "scheme": scheme, "expression_set": kind, "classifier": classifier,
                            "number": number, "n": 70, "accuracy": value, "accuracy_low": value - 0.1,
                            "accuracy_high": value + 0.05, "probability": value - 0.05,
                            "probability_low": value - 0.1, "probability_high": value,
                            "change": -0.02 * number, "verdict": "matters" if number == most else "",
                            "p_holm": np.nan if classifier == MEAN else 0.0004 if place else 0.2,
                            "alpha": 0.05,
                        }
                    )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def positions() -> pd.DataFrame:
    rows = []
    for scheme, names in ELECTRODE_SCHEMES.items():
        for classifier in CLASSIFIERS:
            for outcome in OUTCOMES:
                for how in HOW:
                    for place, name in enumerate(names):
                        change = 0.01 * (place - 12) * (1 if how == "alone" else 0.5)
                        low, high = change - 0.03, change + 0.03
                        rows.append(
                            {
                                "scheme": scheme, "position": name, "classifier": classifier,
                                "outcome": outcome, "how": how, "n": 42, "change": change, "low": low,
                                "high": high, "p_holm": 0.001 if place == 0 else 0.5,
                                "verdict": "cannot tell", "rank": place + 1, "alpha": 0.05,
                            }
                            | place_of(name)
                        )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def shares() -> pd.DataFrame:
    rows = []
    for by, groups in (("region", ("eye", "mouth", "chin")), ("muscle", ("masseter", "frontalis_medial"))):
        for classifier in CLASSIFIERS:
            for outcome in OUTCOMES:
                for place, group in enumerate(groups):
                    change = 0.05 - 0.04 * place
                    rows.append(
                        {
                            "scheme": "fridlund", "by": by, "group": group, "classifier": classifier,
                            "outcome": outcome, "n": 42, "total": -0.12, "total_low": -0.2,
                            "total_high": -0.05, "change": change, "low": change - 0.02,
                            "high": change + 0.02, "error": 0.001, "p_holm": 0.001 if place == 0 else 0.5,
                            "verdict": "does not matter at δ", "alpha": 0.05,
                        }
                    )  # fmt: skip
    return pd.DataFrame(rows)


def symbols(chart: Any, panel: int, marks: Marks) -> list[dict[str, Any]]:
    return marks(chart, panel, "symbol")


@pytest.mark.thorough
def test_curves_pass_through_every_number(numbers: pd.DataFrame, marks: Marks) -> None:
    chart = charts.electrode_curves(numbers, "probability", "kuramoto")
    own = numbers[numbers["scheme"] == "kuramoto"]
    for panel, classifier in enumerate(CLASSIFIERS):
        rows = own[own["classifier"] == classifier]
        dots = symbols(chart, panel, marks)
        assert len(dots) == len(rows) == 6
        high = {round(dot["y"], 3) for dot in dots}
        expected = 130 * (1.08 - rows["probability"]) / 1.11
        np.testing.assert_allclose(sorted(high), sorted(set(expected.round(3))), atol=0.01)
        assert {dot["shape"] for dot in dots} == {"circle", "square"}
        assert len(marks(chart, panel, "area")) > 0


@pytest.mark.thorough
def test_what_all_electrodes_change_stands_below_the_name(numbers: pd.DataFrame) -> None:
    told = curve_rows(numbers[numbers["scheme"] == "fridlund"], "accuracy")
    words = {row["words"] for row in told if row["end"]}
    assert words == {"90 % to 46 %, p = .200", "80 % to 36 %, p < .001 *", "70 % to 26 %"}
    assert {row["words"] for row in told if not row["end"]} == {""}
    chart = charts.electrode_curves(numbers).to_dict()
    assert chart["concat"][0]["title"]["subtitle"][0] == "facs: 90 % to 46 %, p = .200"
    assert "p < .001 *" in chart["description"]
    output = curve_rows(numbers[numbers["scheme"] == "fridlund"], "probability")
    assert output[2]["words"] == "−.44: matters"


@pytest.mark.thorough
def test_one_set_has_no_legend_and_photographs_have_a_name(numbers: pd.DataFrame) -> None:
    one = numbers[numbers["expression_set"] == "facs"].assign(expression_set="")
    chart = charts.electrode_curves(one).to_dict()
    assert chart["datasets"]["numbers"][0]["series"] == "photographs"
    assert chart["concat"][0]["title"]["subtitle"] == ["90 % to 46 %, p = .200"]


@pytest.mark.thorough
def test_electrodes_are_drawn_where_they_sit(positions: pd.DataFrame, marks: Marks) -> None:
    chart = charts.electrode_map(positions, "kuramoto")
    own = positions[(positions["scheme"] == "kuramoto") & (positions["classifier"] == MEAN)]
    for panel, how in enumerate(HOW):
        rows = own[(own["how"] == how) & (own["outcome"] == "probability")].copy()
        dots = pd.DataFrame(symbols(chart, panel, marks))
        rows["at_x"], rows["at_y"] = 252 * (rows["x"] + 90) / 180, 280 * (100 - rows["y"]) / 200
        rows["area"] = 18 + (480 - 18) * rows["change"].abs() / own["change"].abs().max()
        kinds = np.select([rows["high"] < 0, rows["low"] > 0], ["falls", "rises"], UNSURE)
        shapes = {"falls": "triangle-down", "rises": "triangle-up", UNSURE: "circle"}
        for row, kind in zip(rows.to_dict("records"), kinds, strict=True):
            near = np.hypot(dots["x"] - row["at_x"], dots["y"] - row["at_y"])
            dot = dots.loc[near.idxmin()]
            assert near.min() < 0.1, row["position"]
            assert dot["size"] == pytest.approx(row["area"], abs=0.5)
            assert (dot["shape"], dot["stroke"]) == (shapes[kind], DARK[kind])
            assert (dot["fill"] == "#ffffff") == (kind == UNSURE)


@pytest.mark.thorough
def test_the_largest_are_named_and_the_persons_left_is_at_the_right(
    positions: pd.DataFrame, texts: Callable[[Any], list[str]]
) -> None:
    own = positions[(positions["scheme"] == "fridlund") & (positions["classifier"] == "a")]
    own = own[own["outcome"] == "accuracy"]
    named = {row["name"] for row in map_rows(own) if row["name"]}
    assert named == {"F1", "F2", "F3"}
    written = texts(charts.electrode_map(own, classifier="a", outcome="accuracy"))
    assert {"F1", "F2", "F3", "left", "right"} <= set(written)
    says = next(row["says"] for row in map_rows(own) if row["position"] == "F1" and row["how"] == "alone")
    assert says == "−.120 (−.150 to −.090) *, cannot tell"
    assert place_of("F2")["x"] > 0 > place_of("F1")["x"]


@pytest.mark.thorough
def test_bars_reach_from_zero_to_their_value(shares: pd.DataFrame, marks: Marks) -> None:
    chart = charts.electrode_shares(shares)
    drawn = marks(chart, 0, "rect")
    assert len(drawn) == 3
    lows, highs = 0.05 - 0.08 - 0.02, 0.05 + 0.02
    room = 0.06 * (highs - lows)
    scale = 150 / (highs - lows + 2 * room)
    widths = sorted(item["width"] for item in drawn)
    np.testing.assert_allclose(widths, sorted(abs(v) * scale for v in (0.05, 0.01, -0.03)), atol=0.05)
    fills = {item["fill"] for item in drawn}
    assert fills == {"#7fb2d9", "#ffffff", "#e0a06a"}


@pytest.mark.thorough
def test_groups_stand_in_one_order_with_their_numbers(
    shares: pd.DataFrame, texts: Callable[[Any], list[str]]
) -> None:
    own = shares[(shares["by"] == "region") & (shares["outcome"] == "accuracy")]
    data = share_rows(own)
    assert [row["title"] for row in data] == ["chin", "mouth", "eye"] * 3
    assert [row["words"] for row in data[:3]] == ["−.030", "+.010", "+.050 *"]
    written = texts(charts.electrode_shares(shares, "muscle"))
    assert {"frontalis medial", "masseter", "all together −.120 (−.200 to −.050)"} <= set(written)


@pytest.mark.thorough
def test_charts_come_out_as_pictures_with_words(
    numbers: pd.DataFrame, positions: pd.DataFrame, shares: pd.DataFrame
) -> None:
    for chart in (
        charts.electrode_curves(numbers),
        charts.electrode_map(positions),
        charts.electrode_shares(shares, "muscle", "accuracy"),
    ):
        assert figure(chart, "svg").startswith(b"<svg")
        assert len(chart.to_dict()["description"]) > 80
        vl_convert.vegalite_to_vega(json.loads(json.dumps(chart.to_dict())))


def test_charts_draw_the_columns_that_studies_give(
    numbers: pd.DataFrame, positions: pd.DataFrame, shares: pd.DataFrame
) -> None:
    for table, known in ((numbers, NUMBER_COLUMNS), (positions, POSITION_COLUMNS), (shares, SHARE_COLUMNS)):
        assert set(table) <= set(known)


def test_wrong_requests_say_what_there_is(
    numbers: pd.DataFrame, positions: pd.DataFrame, shares: pd.DataFrame
) -> None:
    with pytest.raises(BadValueError, match="accuracy, probability"):
        charts.electrode_curves(numbers, "logit")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="it has fridlund, kuramoto"):
        charts.electrode_curves(numbers, scheme="ten-twenty")
    with pytest.raises(BadValueError, match="classifier 'fer'"):
        charts.electrode_map(positions, classifier="fer")
    with pytest.raises(BadValueError, match="it has region, muscle"):
        charts.electrode_shares(shares, by="nerve")
    with pytest.raises(BadValueError, match="total is missing"):
        charts.electrode_shares(shares.drop(columns="total"))
