"""A sweep in a notebook: pictures beside the curves, both moved by one slider, as wide as the cell."""

from __future__ import annotations

import ipywidgets as widgets

from facelib import studies
from facelib.app.widgets.chartview import ChartView
from facelib.app.widgets.controls import Card, labelled
from facelib.app.widgets.stage import Stage
from facelib.app.widgets.style import PageStyle
from facelib.charts import specs
from facelib.charts.tables import BAND, OUTPUTS, check_label, classifiers_of, needed, rows
from facelib.errors import check_kind
from facelib.studies.sweeps.placebos import References


class SweepPanel(widgets.VBox):
    """Shows a sweep that was computed: a drag of its slider moves picture and cursor, in the browser alone.

    Parameters
    ----------
    sweep
        As `facelib.sweep` returns it.
    references
        Its placebos, as the last of `facelib.studies.run_references`; None: no grey band.
    label
        The class whose probability is drawn.
    step
        Where the slider stands first.

    Raises
    ------
    BadValueError
        If no classifier has such a class.

    Examples
    --------
    >>> import facelib
    >>> sweep = facelib.sweep(facelib.Head(seed=3), "symmetry", ["known_unbiased"], 3, size=64)
    >>> SweepPanel(sweep, label="neutral").slider.max
    2
    """

    def __init__(
        self,
        sweep: studies.Sweep,
        references: References | None = None,
        label: str = "happy",
        *,
        step: int = 0,
    ) -> None:
        check_kind(sweep, studies.Sweep, "A sweep")
        outputs = needed(sweep.outputs, OUTPUTS)
        check_label(outputs, label)
        names, last = classifiers_of(outputs), len(sweep.strengths) - 1
        self.slider = widgets.IntSlider(value=min(max(step, 0), last), min=0, max=last, readout=False)
        labelled("Strength", "Moves the picture and the cursor of the curves", self.slider)
        self.stage = Stage()
        self.stage.show_sweep(sweep.images, sweep.strengths, index=self.slider.value, alt="the swept face")
        having = set(classifiers_of(outputs[outputs["label"] == label]))
        lack = {"without": [name for name in names if name not in having]}
        self.chart = ChartView(
            spec=specs.response(names, **lack), narrow=specs.response(names, lines=True, **lack)
        )
        band = None if references is None else references.band(label)
        signals = {"label": label, "compared": None if band is None else len(band) > 0}
        self.chart.show(data={"outputs": rows(outputs), "band": rows(band, BAND)}, signals=signals)
        self.chart.index = self.slider.value
        for follower in (self.stage, self.chart):
            widgets.jslink((self.slider, "value"), (follower, "index"))
        moved = widgets.VBox([self.stage, self.slider])
        both = widgets.Box([moved, self.chart])
        both.add_class("facelib-sweep")
        card = Card(f"{sweep.intervention.title}: {label}".capitalize())
        card.fill(both)
        super().__init__([PageStyle(), card])
        self.add_class("facelib-app")
