"""Every dot, cell and line stands for its numbers, and what is drawn is told in words, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facelib import charts
from facelib.charts.muscles.muscles import score_rows, weight_rows
from facelib.errors import BadValueError
from facelib.semg import GROUPS, EMG2Expression, pair_of, simulate_clip, unit_weights
from facelib.semg.evaluation import COLUMNS

Marks = Callable[..., list[dict[str, Any]]]
KNOWN = [name for name, group in GROUPS.items() if group.identifiable]


@pytest.fixture
def scores() -> pd.DataFrame:
    rows = []
    for source in ("true", "read"):
        for by in ("clip", "session"):
            for number, name in enumerate(KNOWN):
                rho = 0.4 + 0.03 * number - 0.1 * (by == "session") + 0.05 * (source == "true")
                rows.append(
                    dict.fromkeys(COLUMNS, 0.0)
                    | {"source": source, "by": by, "level": "group", "name": name, "rho": rho}
                    | {"rho_low": rho - 0.1, "rho_high": rho + 0.05, "n": 900, "clips": 6}
                )
    rows.append(rows[0] | {"level": "channel", "name": "mentalis_left"})
    return pd.DataFrame(rows)


@pytest.mark.thorough
def test_dots_and_intervals_stand_at_their_numbers(scores: pd.DataFrame, marks: Marks) -> None:
    chart = charts.map_scores(scores, panels="source", width=208)
    data = chart.to_dict()["datasets"]["scores"]
    assert len(data) == 4 * len(KNOWN)
    for panel, source in enumerate(("true", "read")):
        own = [row for row in data if row["panel"] == source]
        dots = marks(chart, panel, "symbol")
        assert len(dots) == len(own) == 2 * len(KNOWN)
        at = sorted(dot["x"] for dot in dots)
        expected = sorted(208 * (row["rho"] + 0.02) / 1.04 for row in own)
        np.testing.assert_allclose(at, expected, atol=0.5)


@pytest.mark.thorough
def test_evaluations_differ_in_more_than_colour(scores: pd.DataFrame, marks: Marks) -> None:
    dots = marks(charts.map_scores(scores, panels="source"), 0, "symbol")
    assert {(dot["shape"], dot["fill"] == "#ffffff") for dot in dots} == {
        ("circle", True),
        ("diamond", False),
    }


@pytest.mark.thorough
def test_scores_are_told_in_words(scores: pd.DataFrame) -> None:
    said = charts.map_scores(scores, panels="source").to_dict()["description"]
    assert "true Zygomaticus, left, clips left out: ρ 0.84 (0.74 to 0.89), 900 rows of 6 clips" in said
    assert (
        score_rows(scores.query("source == 'true' and by == 'clip'"))[0]["title"] == "Brow depressors, left"
    )


def test_rows_that_would_lie_on_each_other_are_refused(scores: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="several rows"):
        charts.map_scores(scores)
    with pytest.raises(BadValueError, match="rows of groups"):
        charts.map_scores(scores[scores["level"] == "channel"])
    with pytest.raises(BadValueError, match="rho_low is missing"):
        charts.map_scores(scores.drop(columns="rho_low"))


@pytest.mark.thorough
def test_weights_are_drawn_beside_the_declared_ones(marks: Marks) -> None:
    pairs = [pair_of(simulate_clip(f"Free-{number}", 3.0)) for number in (1, 2)]
    table = EMG2Expression.fit(pairs, context=(0,)).weight_table()
    cells = weight_rows(table)
    declared = [cell for cell in cells if cell["which"] == "declared"]
    moved = unit_weights().any(axis=1).sum()
    assert len(declared) == len(cells) / 2 == moved * 20
    smile = next(c for c in declared if c["unit"] == "mouthSmileLeft" and c["column"] == "zygomaticus l")
    assert smile["weight"] == 1.0
    chart = charts.map_weights(table)
    for panel in (0, 1):
        assert len(marks(chart, panel, "rect")) == moved * 20
    assert "declared: mouthSmileLeft by Zygomaticus left +1.00" in chart.to_dict()["description"]
    with pytest.raises(BadValueError, match="nothing to draw"):
        charts.map_weights(table.iloc[:0])


@pytest.mark.thorough
def test_lines_of_a_clip_are_told_apart(marks: Marks) -> None:
    seconds = np.arange(5) / 30
    table = pd.DataFrame(
        {"seconds": seconds, "name": "zygomaticus_left", "true": [0, 1, 2, 1, 0], "told": [0, 1, 1, 1, 0.5]}
    )
    chart = charts.map_traces(table, unit="µV")
    points = marks(chart, 0, "line")
    heights = {
        stroke: [p["y"] for p in points if p["stroke"] == stroke] for stroke in {p["stroke"] for p in points}
    }
    assert len(heights) == 2
    assert all(len(line) == 5 for line in heights.values())
    assert "Zygomaticus, left" in chart.to_dict()["description"]
    dashes = {tuple(p.get("strokeDash") or ()) for p in points}
    assert len(dashes) == 2
