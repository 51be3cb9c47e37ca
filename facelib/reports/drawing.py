"""Charts of reports as Vega-Lite dictionaries: layouts from the cache, filled with data.

Building a chart takes altair a third of a second, and a report of many changes has dozens of a few kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from facelib.charts import specs
from facelib.charts.export import with_data
from facelib.charts.facets import titles_by_order
from facelib.charts.statistics.dependence import dependence_rows
from facelib.charts.studies.averages import curve_rows, series_of
from facelib.charts.studies.effects import (
    explained_ends,
    explained_legend,
    explained_rows,
    forest_data,
    has_ranges,
)
from facelib.charts.studies.heatmap import heatmap_rows

if TYPE_CHECKING:
    import pandas as pd

Titles = Mapping[str, str]
DECISIONS = ("Yes: depends on it; *: after Holm's correction, too", "Colour: share of the output's variance")


def effects(table: pd.DataFrame, titles: Titles, heading: str) -> dict[str, Any]:
    """Return `facelib.charts.forest` of effects, contrasts or pairs."""
    data, signals = forest_data(table, titles, heading)
    return with_data(specs.of("studies.effects.forest_layout"), {"effects": data}, signals)


def curves(
    table: pd.DataFrame, titles: Titles, heading: str, ends: tuple[float, float] | None = None
) -> dict[str, Any]:
    """Return `facelib.charts.mean_response`; `ends`: of the axis of values, None of probabilities."""
    data = curve_rows(table, titles)
    names = series_of(data)
    axis = {} if ends is None else {"ends": list(ends)}
    return with_data(
        specs.of("studies.averages.mean_layout", lines=len(names), **axis),
        {"curves": data},
        {"curves_titles": titles_by_order(data), "curves_series": names, "curves_heading": [heading]},
    )


def emotions(table: pd.DataFrame, titles: Titles) -> dict[str, Any]:
    """Return the map of effects, classifier by emotion."""
    data = heatmap_rows(table, titles)
    return with_data(
        specs.of("studies.heatmap.heatmap_layout"), {"cells": data}, {"cells_titles": titles_by_order(data)}
    )


def decisions(table: pd.DataFrame, titles: Titles, alpha: float) -> dict[str, Any]:
    """Return the map of decisions on a property, classifier by emotion."""
    data = dependence_rows(table, titles, alpha=alpha)
    heading = list(DECISIONS) if table["explained"].notna().any() else [DECISIONS[0]]
    return with_data(
        specs.of("statistics.dependence.dependence_layout", columns=1),
        {"cells": data},
        {"cells_titles": titles_by_order(data), "cells_heading": heading},
    )


def sizes(
    table: pd.DataFrame, titles: Titles, *, delta: float, alpha: float, most: int, held: bool = True
) -> dict[str, Any]:
    """Return `facelib.charts.explained`; held: whether labels are held fixed."""
    data = explained_rows(table, titles, delta=delta, alpha=alpha, most=most)
    low, high = explained_ends(data, delta)
    return with_data(
        specs.of("studies.effects.explained_layout"),
        {"effects": data},
        {
            "effects_titles": titles_by_order(data),
            "effects_heading": explained_legend(delta, held=held, whiskers=has_ranges(data)),
            "effects_low": low,
            "effects_high": high,
        },
    )
