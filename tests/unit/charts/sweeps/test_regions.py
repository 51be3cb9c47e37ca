"""Where the evidence lies: every region has a panel on one scale, and its lines stand at the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facelib import charts
from facelib.charts.sweeps.regions import grouped
from facelib.errors import BadValueError

Marks = Callable[..., list[dict[str, Any]]]
AREAS = {"mouth": 0.1, "left eye": 0.05, "right eye": 0.06, "electrodes": 0.0, "outside": 0.79}
HEIGHT = 80


@pytest.fixture
def table(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for classifier in ("fer", "facex"):
        for step in range(4):
            shares = rng.dirichlet(np.ones(4))
            for (region, area), share in zip(AREAS.items(), [*shares[:3], 0.0, shares[3]], strict=True):
                rows.append((step / 3, classifier, "happy", region, share, share / 5, area))
    return pd.DataFrame(
        rows, columns=["strength", "classifier", "label", "region", "share", "evidence", "area"]
    )


def test_sides_are_added_up_or_apart_and_what_is_never_seen_is_left_out(table: pd.DataFrame) -> None:
    together = grouped(table, "share", sides=False)
    assert set(together["region"]) == {"mouth", "eyes", "outside"}
    np.testing.assert_allclose(together.groupby(["classifier", "strength"])["value"].sum(), 1)
    np.testing.assert_allclose(together.loc[together["region"] == "eyes", "usual"], 0.11)
    apart = grouped(table, "share", sides=True)
    right = apart[apart["side"] == "right"]
    assert set(right["region"]) == {"eyes"}
    expected = table.loc[table["region"] == "right eye", "share"]
    assert sorted(right["value"]) == pytest.approx(sorted(expected))


@pytest.mark.thorough
def test_lines_stand_at_the_numbers_on_one_scale(table: pd.DataFrame, marks: Marks) -> None:
    chart = charts.region_curves(table, height=HEIGHT)
    drawn = grouped(table, "share", sides=False)
    top = 1.05 * drawn[["value", "usual"]].to_numpy().max()
    for panel, region in enumerate(("mouth", "eyes", "outside")):
        read = [(1 - item["y"] / HEIGHT) * top for item in marks(chart, panel, "line")]
        expected = drawn.loc[drawn["region"] == region, "value"]
        assert sorted(read) == pytest.approx(sorted(expected), abs=1e-3)


def test_a_blank_map_interrupts_the_line(table: pd.DataFrame, marks: Marks) -> None:
    gap = table["strength"].between(0.3, 0.4)
    broken = charts.region_curves(table.assign(share=table["share"].mask(gap)))
    defined = [item.get("defined", True) for item in marks(broken, 0, "line")]
    assert defined == [True, False, True, True] * 2
    blank = table["strength"] == 0
    drawn = grouped(table.assign(share=table["share"].mask(blank)), "share", sides=False)
    assert drawn.loc[drawn["strength"] == 0, "value"].isna().all()
    assert drawn.loc[drawn["strength"] > 0, "value"].notna().all()


@pytest.mark.thorough
def test_it_says_what_it_shows(table: pd.DataFrame, texts: Callable[[Any], list[str]]) -> None:
    chart = charts.region_curves(table)
    written = texts(chart)
    assert {"mouth", "eyes", "outside", "fer", "facex"} <= set(written)
    assert "Share of the evidence for happy in each region; grey: its share of the area" in written
    assert "one line per classifier (fer, facex)" in chart.to_dict()["description"]
    assert "right" in texts(charts.region_curves(table, sides=True))
    assert any("part of the map's mean" in text for text in texts(charts.region_curves(table, "evidence")))


def test_bad_tables_are_named(table: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="area is missing"):
        charts.region_curves(table.drop(columns="area"))
    with pytest.raises(BadValueError, match="one of share, evidence; got 'density'"):
        charts.region_curves(table, "density")  # type: ignore[arg-type]
    with pytest.raises(BadValueError, match="got an empty table"):
        charts.region_curves(table.iloc[:0])
    with pytest.raises(BadValueError, match="one class; got happy, sad"):
        charts.region_curves(pd.concat([table, table.assign(label="sad")]))
