"""The page: all panels of the explorer, wired so that a drag of the strength slider stays in the browser."""

from __future__ import annotations

import gc
import html

import ipywidgets as widgets

from facelib.app.change_panel import ChangePanel
from facelib.app.export_panel import LIMITS, ExportPanel
from facelib.app.face_panel import FacePanel
from facelib.app.guard import Messages
from facelib.app.look_panel import LookPanel
from facelib.app.measured_panel import MeasuredPanel
from facelib.app.outputs_panel import OutputsPanel
from facelib.app.state import Explorer
from facelib.app.style import PageStyle
from facelib.app.watchdog import Watchdog
from facelib.classifiers import single_threaded


def page(explorer: Explorer | None = None) -> widgets.Widget:
    """Return the whole explorer as one widget; the same in Voila and in JupyterLab.

    Parameters
    ----------
    explorer
        The state to show; None: a fresh one on all classifiers of this machine.
    """
    single_threaded()  # two threads of ours read faces; more per thread would only make them wait
    if not gc.get_freeze_count():
        gc.freeze()  # what is imported stays: looking through it for garbage halts the page for 0.2 s
    state = explorer or Explorer()
    face, measured = FacePanel(state), MeasuredPanel(state)
    change, look, outputs = ChangePanel(state), LookPanel(state), OutputsPanel(state)
    for follower in (look.stage, measured.table, *outputs.linked):
        widgets.jslink((change.slider, "value"), (follower, "index"))
    body = widgets.Box([_column(face, measured), _column(change, look, ExportPanel(state)), _column(outputs)])
    body.add_class("facelib-columns")
    limits = widgets.HTML(LIMITS)
    limits.add_class("facelib-limits")
    watchdog = Watchdog()
    state.awake.clear()
    watchdog.observe(lambda _change: state.awake.set(), "visited")
    root = widgets.VBox([PageStyle(), watchdog, _header(state), body, limits])
    root.add_class("facelib-app")
    state.start()
    return root


def _column(*panels: widgets.Widget) -> widgets.VBox:
    column = widgets.VBox(list(panels))
    column.add_class("facelib-column")
    return column


def _header(state: Explorer) -> widgets.Widget:
    """Name, what is being computed, and what went wrong."""
    title = widgets.HTML("<h1>facelib explorer</h1>")
    status = widgets.HTML()
    progress = widgets.FloatProgress(min=0, max=1)
    progress.add_class("facelib-progress")
    problem = Messages()

    def follow(_change: object = None) -> None:
        status.value = f'<span role="status">{html.escape(state.status)}</span>'
        progress.value = state.progress
        progress.layout.visibility = "visible" if state.status else "hidden"
        if state.problem:
            problem.show(state.problem)
        else:
            problem.clear()

    state.observe(follow, ["status", "progress", "problem"])
    follow()
    head = widgets.HBox([title, problem, status, progress])
    head.add_class("facelib-header")
    return head
