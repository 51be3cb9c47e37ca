"""A sweep in a notebook: one slider moves picture and curves; its numbers are those of the sweep."""

from __future__ import annotations

import ipywidgets as widgets
import pytest

import facelib
from facelib.app.explorer.sweep_panel import SweepPanel
from facelib.errors import BadValueError
from facelib.studies import run_references

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]


@pytest.mark.thorough
def test_one_slider_moves_picture_and_curves_in_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    links: list[tuple[object, object]] = []
    monkeypatch.setattr(widgets, "jslink", lambda one, other: links.append((one, other)))
    sweep = facelib.sweep(facelib.Head(seed=3), "symmetry", ["known_unbiased"], 4, size=64)
    *_, references = run_references(sweep, n=2)
    panel = SweepPanel(sweep, references, "neutral", step=2)
    moved = (panel.slider, "value")
    assert links == [(moved, (panel.stage, "index")), (moved, (panel.chart, "index"))]
    assert (panel.slider.value, panel.stage.index, panel.chart.index, panel.slider.max) == (2, 2, 2, 3)
    assert len(panel.stage.frames) == 4
    assert panel.stage.strengths == pytest.approx(sweep.strengths.tolist())
    drawn = {(row["step"], row["label"]): row["probability"] for row in panel.chart.data["outputs"]}
    told = sweep.outputs.set_index(["step", "label"])["probability"].to_dict()
    assert drawn == pytest.approx(told, abs=1e-4)  # the browser gets four places
    assert len(panel.chart.data["band"]) == len(references.band("neutral"))
    assert panel.chart.signals["compared"] is (len(references.band("neutral")) > 0)
    alone = SweepPanel(sweep, step=99)
    assert (alone.slider.value, alone.chart.signals["compared"]) == (3, None)
    with pytest.raises(BadValueError):
        SweepPanel(sweep, label="bored")
