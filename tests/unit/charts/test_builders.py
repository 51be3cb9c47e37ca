"""What the builders draw is the table: its numbers in their places, its words in the chart and read out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facelib import charts
from facelib.charts.cells import FALLS, NONE, RISES, STAYS, cells, stacked
from facelib.charts.export import figure
from facelib.charts.interval_dots import Look, looks
from facelib.charts.statistics import decisions, independence
from facelib.charts.statistics.dependence import dependence
from facelib.charts.studies.heatmap import heatmap
from facelib.charts.studies.shares import KINDS as KINDS_OF_SHARES
from facelib.charts.sweeps.placebos import LOOKS
from facelib.charts.sweeps.ranking import KINDS
from facelib.errors import BadValueError

Marks = Callable[..., list[dict[str, Any]]]
Texts = Callable[[Any], list[str]]
ODD = '<b>"odd"</b> o\'clock</script>'
NAMES = ("fer", ODD, "known_age")
EMOTIONS = ("happy", "sad", "fear")


def crossed(rng: np.random.Generator, **columns: Any) -> pd.DataFrame:
    """Two panels of three classifiers and three emotions, the last of them without numbers."""
    pairs = [(name, label) for name in NAMES for label in EMOTIONS]
    table = pd.concat(
        pd.DataFrame(pairs, columns=["classifier", "label"]).assign(intervention=name, property=name)
        for name in ("age", "skin tone")
    ).reset_index(drop=True)
    table["mean"] = table["explained"] = rng.uniform(-0.6, 0.6, len(table)).round(3)
    table.loc[len(table) - 1, ["mean", "explained"]] = math.nan
    table["n"], table["p"] = 24, rng.choice([0.001, 0.03, 0.4], len(table))
    return table.assign(**columns)


def effects(rng: np.random.Generator) -> pd.DataFrame:
    table = crossed(rng, delta=0.1)
    verdicts = rng.choice(["matters", "does not matter at δ", "cannot tell"], len(table))
    return table.assign(
        low=table["mean"] - 0.2, high=table["mean"] + 0.1, verdict_low=table["mean"] - 0.1,
        verdict_high=table["mean"] + 0.05, p_holm=table["p"] * 2, verdict=verdicts,
    )  # fmt: skip


def sizes(rng: np.random.Generator) -> pd.DataFrame:
    table = crossed(rng)
    return table.assign(
        explained_low=table["explained"] - 0.1, explained_high=table["explained"] + 0.1,
        rejects=table["p"] < 0.05, p_holm=table["p"] * 2, method="chsic", alpha=0.01,
        output=table["classifier"] + " " + table["label"],
    )  # fmt: skip


def manipulation(rng: np.random.Generator) -> pd.DataFrame:
    table = crossed(rng, heads=30, change=0.2, monotone=1.0).query("property == 'age'")
    return table.assign(
        intervention=table["classifier"], property=table["label"], moved=6 * table["mean"],
        own=table["label"] == "sad", leaks=table["label"] == "fear",
    )  # fmt: skip


def behaviour(rng: np.random.Generator) -> pd.DataFrame:
    pairs = [(one, other) for one in NAMES for other in NAMES if one < other]
    parts = [
        [(name, "confusion", row, column) for name in NAMES for row in EMOTIONS for column in EMOTIONS],
        [(name, what, "all", "") for name in NAMES for what in ("accuracy", "calibration error")],
        [(*pair, column) for pair in pairs for column in ("share", "kappa")],
        [(name, "calibration", str(k), side) for name in NAMES for k in (1, 2) for side in SIDES],
    ]
    parts[2] = [(one, "disagreement", other, column) for one, other, column in parts[2]]
    table = pd.DataFrame(
        [row for part in parts for row in part], columns=["classifier", "what", "row", "column"]
    )
    shares = rng.random(len(table)).round(3)
    return table.assign(value=shares, low=shares * 0.9, high=0.1 + shares * 0.9, n=40)


SIDES = ("confidence", "right")
# Table, chart, data set, columns (row, column, amount, what is read out), amount of the full colour.
CELLS: dict[str, tuple[Any, Any, str, tuple[str, str, str, str], float]] = {
    "heatmap": (effects, heatmap, "cells", ("classifier", "label", "mean", "says"), -0.5),
    "dependence": (sizes, dependence, "cells", ("classifier", "label", "explained", "says"), 0.25),
    "matrix": (manipulation, charts.matrix, "cells", ("intervention", "property", "moved", "words"), -3),
    "grid": (sizes, decisions.grid, "cells", ("output", "property", "explained", "words"), 0),
    "confusion": (behaviour, charts.confusion, "confusion", ("meant", "named", "value", "says"), 1),
    "disagreement": (behaviour, charts.disagreement, "disagreement", ("first", "second", "share", "says"), 1),
}


def shares(rng: np.random.Generator) -> pd.DataFrame:
    table = pd.DataFrame({"property": NAMES, "method": "chsic", "tests": 40, "significant": [4, 9, 0]})
    columns = ["share", "share_holm", "share_bh", "null_share"]
    return table.assign(alpha=0.01, **{column: rng.random(3).round(3) for column in columns})


def rates(rng: np.random.Generator) -> pd.DataFrame:
    pairs = [(name, method) for name in NAMES for method in ("kcit", "chsic")]
    table = pd.DataFrame(pairs, columns=["setting", "method"]).assign(share=rng.random(6).round(3))
    return table.assign(low=table["share"] / 2, high=table["share"] / 2 + 0.5, repetitions=100)


def p_of_tests(_: np.random.Generator) -> pd.DataFrame:
    table = pd.DataFrame({"method": ["partial_correlation", "kcit", "chsic"], "p": [0.5, 0.001, math.nan]})
    return table.assign(rejects=[False, True, False], words=["", "", ODD])


def board(rng: np.random.Generator) -> pd.DataFrame:
    table = pd.DataFrame({"intervention": NAMES, "title": NAMES, "placebo": [False, True, False]})
    table = table.assign(start=0.9, end=rng.random(3).round(3), before="happy", after=["happy", "sad", "sad"])
    return table.assign(change=table["end"] - table["start"])


def placebos(rng: np.random.Generator) -> pd.DataFrame:
    table = pd.DataFrame({"kind": [*NAMES] * 4, "change": rng.uniform(-0.9, 0.9, 12)})
    return table.assign(matched=rng.random(12) < 0.6)


# Table, chart, data set, its numbers, its ends of lines, what is read out, looks of the series.
DOTS: dict[str, tuple[Any, Any, str, str, tuple[str, ...], str, dict[Any, Look]]] = {
    "forest": (effects, charts.forest, "effects", "mean", ("low", "high"), "words", {}),
    "explained": (sizes, charts.explained, "effects", "mean", ("low", "high"), "words", {}),
    "dots": (
        lambda rng: effects(rng).dropna(),
        lambda table: charts.dots(table, "mean", "classifier", panel="intervention", series="label"),
        "dots", "value", ("low", "high"), "says", looks(EMOTIONS),
    ),
    "shares": (shares, charts.significant_shares, "shares", "share", (), "says", KINDS_OF_SHARES),
    "rejections": (
        rates, independence.rejections, "levels", "share", ("low", "high"), "words", looks(["KCIT", "cHSIC"]),
    ),
    "p values": (p_of_tests, independence.p_values, "tests", "shown", ("start", "shown"), "words", {}),
    "ranking": (
        board, lambda table: charts.ranking(table, ODD), "ranking", "end", ("start", "end"), "words", KINDS,
    ),
    "placebos": (placebos, lambda table: charts.kinds(table, -0.4), "kinds", "size", (), "says", LOOKS),
}  # fmt: skip


@pytest.mark.parametrize("name", DOTS)
def test_dots_and_lines_stand_at_their_numbers_in_the_look_of_their_series(
    name: str, rng: np.random.Generator, marks: Marks
) -> None:
    made, draw, data_set, value, ends, _, look = DOTS[name]
    chart = draw(made(rng))
    data = chart.to_dict()["datasets"][data_set]
    read = math.log10 if name == "p values" else float
    for panel in sorted({row["order"] for row in data}):
        own = [row for row in data if row["order"] == panel and row[value] is not None]
        drawn = marks(chart, panel, "symbol")
        at, numbers = [dot["x"] for dot in drawn], [read(row[value]) for row in own]
        assert len(at) == len(own)
        scale = np.polyfit(numbers, at, 1)
        assert at == pytest.approx(np.polyval(scale, numbers), abs=1e-6)
        lines = [(line["x"], line["x2"]) for line in marks(chart, panel, "rule") if "x2" in line]
        for row in own if ends else []:
            wanted = sorted(np.polyval(scale, [read(row[end]) for end in ends]))
            assert any(sorted(line) == pytest.approx(wanted, abs=1e-6) for line in lines)
        for row, dot in zip(own, drawn, strict=True):
            expected = look.get(row.get("series"))
            assert expected is None or dot["shape"] == expected.shape
            assert expected is None or (dot["fill"] == "white") != expected.filled
    assert len(set(look)) == len({(one.shape, one.filled) for one in look.values()})  # whatever the colours


@pytest.mark.parametrize("name", DOTS)
def test_dots_are_read_out_and_odd_names_stay_text(name: str, rng: np.random.Generator, texts: Texts) -> None:
    made, draw, data_set, *_, said, _ = DOTS[name]
    chart = draw(made(rng))
    spec, written = chart.to_dict(), texts(chart)
    for row in spec["datasets"][data_set]:
        assert f"{row[said]}" in spec["description"]
        assert row["row"] in spec["description"]
        assert not row.get("words") or row["words"] in written
    assert any(ODD in text for text in written)
    assert "<b>" not in figure(spec, "svg").decode()


def painted(amount: float, full: float) -> list[float]:
    """Return the colour of an amount, red, green and blue: falls and rises where `full` is negative."""
    ends, shades = ([full, 0, -full], [FALLS, STAYS, RISES]) if full < 0 else ([0, full], [NONE, RISES])
    channels = [[int(shade[k : k + 2], 16) for shade in shades] for k in (1, 3, 5)]
    return [float(np.interp(amount, ends, channel)) for channel in channels]


@pytest.mark.parametrize("name", CELLS)
def test_cells_have_the_colours_words_and_frames_of_their_rows(
    name: str, rng: np.random.Generator, marks: Marks
) -> None:
    made, draw, data_set, (_, _, amount, _), full = CELLS[name]
    chart = draw(made(rng))
    data = chart.to_dict()["datasets"][data_set]
    full = full or max(row[amount] or 0 for row in data)
    for panel in sorted({row["order"] for row in data}):
        own = [row for row in data if row["order"] == panel]
        known = [row for row in own if row[amount] is not None]
        squares, frames = np.split(np.array(marks(chart, panel, "rect")), [len(known)])
        texts = marks(chart, panel, "text")
        assert [text["text"] for text in texts[: len(own)]] == [row["words"] for row in own]
        assert len(frames) == sum(bool(flag(row, "matters", "own", "right")) for row in own)
        for row, square, text in zip(known, squares, texts, strict=False):
            assert (text.get("fontWeight") == "bold") == bool(flag(row, "strong", "rejects", "leaks"))
            assert text["x"] == pytest.approx(square["x"] + square["width"] / 2)
            assert abs(text["y"] - square["y"] - square["height"] / 2) < 1
            shade = [int(channel) for channel in re.findall(r"\d+", square["fill"])]
            assert shade == pytest.approx(painted(row[amount], full), abs=1)


def flag(row: dict[str, Any], *names: str) -> Any:
    return next((row[name] for name in names if name in row), False)


@pytest.mark.parametrize("name", CELLS)
def test_cells_are_read_out_and_odd_names_stay_text(
    name: str, rng: np.random.Generator, texts: Texts
) -> None:
    made, draw, data_set, (row, column, _, said), _ = CELLS[name]
    spec = draw(made(rng)).to_dict()
    for cell in spec["datasets"][data_set]:
        assert f"{cell[row]}, {cell[column]}: {cell[said]}" in spec["description"]
    assert ODD in " ".join(texts(draw(made(rng))))
    picture = figure(spec, "svg").decode()
    assert "<b>" not in picture
    assert "</script>" not in picture


@pytest.mark.parametrize("name", [*CELLS, *DOTS])
def test_what_a_table_lacks_is_named(name: str, rng: np.random.Generator) -> None:
    made, draw, *_ = (CELLS | DOTS)[name]
    with pytest.raises(BadValueError, match=r"missing\."):
        draw(made(rng).drop(columns=["classifier", "method", "kind", "title", "moved"], errors="ignore"))


def test_emptied_rows_are_no_cells_and_names_are_stacked(marks: Marks) -> None:
    row = {"order": 0, "title": "", "who": "fer", "what": "skin tone", "share": 0.2, "words": "20 %"}
    look: dict[str, Any] = {
        "row": "who", "column": "what", "amount": "share", "full": 1.0, "heading": ["Shares"],
        "description": "Table.", "tooltip": ["words"], "across": stacked(["skin tone", "age"]),
    }  # fmt: skip
    chart = cells([row, dict.fromkeys(row)], **look, titles=[""])
    assert len(marks(chart, 0, "rect")) == 1
    empty = cells(**look).to_dict()
    assert empty["datasets"] == {"cells": []}
    assert empty["usermeta"]["facelib"] == {"columns": 1, "park": True}
