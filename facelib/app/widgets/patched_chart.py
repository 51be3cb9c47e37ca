"""A chart whose panels are few and known: embedded with its first data, again when it gets other panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from facelib.app.widgets.chartview import ChartView
from facelib.charts.export import with_data


class PatchedChart(ChartView):
    """Patches its data while panels, rows and columns stay; a chart doesn't grow by being patched.

    Examples
    --------
    >>> from facelib.charts import specs
    >>> view, data = PatchedChart(), {"cells": [{"order": 0, "classifier": "fer", "label": "sad"}]}
    >>> layout = specs.of("studies.heatmap.heatmap_layout")
    >>> view.draw(layout, data, {"cells_titles": ["palsy"]}, "one")
    >>> embedded = view.spec
    >>> view.draw(layout, data, {"cells_titles": ["palsy"]}, "one")
    >>> view.spec is embedded
    True
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._shape: object = None
        self.add_class("facelib-map")

    def draw(
        self,
        spec: Mapping[str, Any],
        data: Mapping[str, Sequence[Mapping[str, Any]]],
        signals: Mapping[str, Any],
        shape: object,
        narrow: Mapping[str, Any] | None = None,
    ) -> None:
        """Show data in a chart of a shape.

        Parameters
        ----------
        spec
            Of the chart without data.
        data, signals
            As `ChartView.show` takes them.
        shape
            What the size of the chart depends on: another one embeds it anew.
        narrow
            The chart for a place less than 450 px wide; None: the same.
        """
        first = shape != self._shape
        self._shape = shape
        with self.hold_sync():
            if first:
                self.narrow = with_data(narrow, data, signals) if narrow else {}
            # Embedded with its first data: Vega warns of scales without any.
            self.show(with_data(spec, data, signals) if first else None, data=data, signals=signals)
