"""What a study will look like: a finished one that comes with facelib, where nothing has been run yet."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import ipywidgets as widgets

from facelib import data
from facelib.app.widgets.controls import paragraphs
from facelib.app.widgets.patched_chart import PatchedChart
from facelib.charts import specs
from facelib.charts.specs import fingerprint
from facelib.utilities.kept_files import kept

POPULATION: Final = (
    "Example, not a result of yours",
    "What a weaker left side did to {n} rendered people in the study of facial asymmetry that comes with "
    "facelib. Yours appears here when you run one.",
)
OBSERVED: Final = (
    "Example, not a result of yours",
    "What went with age and facial symmetry among {n:,} rendered people in the study that comes with "
    "facelib. Yours appears here when you run one.",
)
CELL: Final = 62  # px
TABLES: Final = tuple(
    data.FOLDER / f"{name}.parquet"
    for name in ("asymmetry/effects", "power_of_properties/effects", "power_of_properties/properties")
)
"""Files of the numbers that are drawn."""


class ExampleView(widgets.VBox):
    """A map of a shipped study under a heading that says so; nothing is computed before it is shown.

    Parameters
    ----------
    words
        Heading, and a sentence with the number of people as ``n``.
    chart
        Name of the layout, as `facelib.charts.specs.of` takes it.
    made
        Returns the map: ``cells``, ``titles`` and ``n``.
    **options
        Of the layout.
    """

    def __init__(
        self, words: tuple[str, str], chart: str, made: Callable[[], dict[str, Any]], **options: Any
    ) -> None:
        self._words, self._chart, self._made, self._options = words, chart, made, options
        self.heading, self.map = widgets.HTML(), PatchedChart()
        self.heading.add_class("facelib-example-heading")
        super().__init__([self.heading, self.map])
        self.add_class("facelib-example")
        self.layout.display = "none"

    def show(self, *, here: bool) -> None:
        """Show it, or take it away."""
        if here and not self.heading.value:
            found = _kept(self._chart, self._made)
            title, sentence = self._words
            self.heading.value = f"<h3>{title}</h3>{paragraphs(sentence.format(n=found['n']))}"
            spec = specs.of(self._chart, **self._options)
            self.map.draw(spec, {"cells": found["cells"]}, {"cells_titles": found["titles"]}, self._chart)
        self.layout.display = "" if here else "none"


def population_example() -> ExampleView:
    """Return the example of effects over people."""
    return ExampleView(POPULATION, "studies.heatmap.heatmap_layout", asymmetry_map, width=CELL)


def observed_example() -> ExampleView:
    """Return the example of what outputs go with."""
    return ExampleView(OBSERVED, "statistics.dependence.dependence_layout", properties_map)


def asymmetry_map() -> dict[str, Any]:
    """Return the shipped effects of a weaker left side: intended, then each emotion on faces that mean it."""
    from facelib.charts.studies.heatmap import INTENDED, heatmap_rows

    effects = data.table("asymmetry/effects")
    own = effects[(effects["side"] == "left") & (effects["intensity"] == 1)]
    title = "one side weaker"
    table = own.assign(label=own["expression"].replace("all", INTENDED), intervention=title)
    return {"cells": heatmap_rows(table), "titles": [title], "n": int(table["n"].max())}


def properties_map() -> dict[str, Any]:
    """Return the shipped dependences on age and symmetry."""
    from facelib.charts.statistics.dependence import dependence_rows

    effects = data.table("power_of_properties/effects")
    titles = {"age": "Age", "symmetry": "Facial symmetry"}
    table = effects[effects["property"].isin(list(titles))]
    alpha = float(data.table("power_of_properties/properties")["alpha"].iloc[0])
    cells = dependence_rows(table, titles, alpha=alpha)
    return {"cells": cells, "titles": [*titles.values()], "n": int(table["n"].max())}


def _kept(chart: str, made: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return a map from the cache folder: the module that draws it takes a second to import."""
    key = fingerprint(chart.rpartition(".")[0], made.__module__, *TABLES)
    content = kept(f"example-{made.__name__}-{key}.json", lambda: json.dumps(made()).encode())
    found: dict[str, Any] = json.loads(content)
    return found
