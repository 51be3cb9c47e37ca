"""The explorer: state, panels and page. Panels work alone in a notebook; `page()` puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facelib.utilities.lazy import lazy

if TYPE_CHECKING:
    from facelib.app.explorer.change_panel import ChangePanel
    from facelib.app.explorer.details_panel import DetailsPanel
    from facelib.app.explorer.export_panel import ExportPanel
    from facelib.app.explorer.face_panel import FacePanel
    from facelib.app.explorer.measured_panel import MeasuredPanel
    from facelib.app.explorer.state import Explorer
    from facelib.app.layout import explore, page
    from facelib.app.live import Live
    from facelib.app.muscles.panel import MusclesPanel
    from facelib.app.studies.observed_panel import ObservedPanel
    from facelib.app.studies.population_panel import PopulationPanel

__all__ = [
    "ChangePanel",
    "DetailsPanel",
    "Explorer",
    "ExportPanel",
    "FacePanel",
    "Live",
    "MeasuredPanel",
    "MusclesPanel",
    "ObservedPanel",
    "PopulationPanel",
    "explore",
    "page",
]

__getattr__, __dir__ = lazy(__name__, __file__, __all__)
