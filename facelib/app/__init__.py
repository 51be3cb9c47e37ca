"""The explorer: state, panels and page. Panels work alone in a notebook; `page()` puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.lazy import lazy

if TYPE_CHECKING:
    from facelib.app.change_panel import ChangePanel
    from facelib.app.export_panel import ExportPanel
    from facelib.app.face_panel import FacePanel
    from facelib.app.layout import page
    from facelib.app.look_panel import LookPanel
    from facelib.app.measured_panel import MeasuredPanel
    from facelib.app.muscles_panel import MusclesPanel
    from facelib.app.observed_panel import ObservedPanel
    from facelib.app.outputs_panel import OutputsPanel
    from facelib.app.population_panel import PopulationPanel
    from facelib.app.state import Explorer

_NAMES = {
    "ChangePanel": "change_panel",
    "Explorer": "state",
    "ExportPanel": "export_panel",
    "FacePanel": "face_panel",
    "LookPanel": "look_panel",
    "MeasuredPanel": "measured_panel",
    "MusclesPanel": "muscles_panel",
    "ObservedPanel": "observed_panel",
    "OutputsPanel": "outputs_panel",
    "PopulationPanel": "population_panel",
    "page": "layout",
}

__all__ = [
    "ChangePanel",
    "Explorer",
    "ExportPanel",
    "FacePanel",
    "LookPanel",
    "MeasuredPanel",
    "MusclesPanel",
    "ObservedPanel",
    "OutputsPanel",
    "PopulationPanel",
    "page",
]

__getattr__, __dir__ = lazy(__name__, _NAMES, __all__)
