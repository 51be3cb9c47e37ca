"""The page: the explorer, wired so that a drag of the strength slider stays in the browser, and its tabs."""

from __future__ import annotations

import gc
import html

import ipywidgets as widgets

from facelib.app.change_panel import ChangePanel
from facelib.app.export_panel import ExportPanel
from facelib.app.face_panel import FacePanel
from facelib.app.guard import Messages, close_output_port
from facelib.app.look_panel import LookPanel
from facelib.app.measured_panel import MeasuredPanel
from facelib.app.outputs_panel import OutputsPanel
from facelib.app.state import Explorer
from facelib.app.study_state import StudyState
from facelib.app.style import PageStyle
from facelib.app.tabs import TabBar, Tabs
from facelib.app.watchdog import Watchdog
from facelib.classifiers import single_threaded
from facelib.faces import Face, Head
from facelib.studies.limits import LIMITS


def page(explorer: Explorer | None = None) -> widgets.Widget:
    """Return the whole page as one widget, the same in Voila and in JupyterLab.

    Its tabs are Explore, Population, Observed data and Muscles; all but the first are made when they are
    first opened.

    Parameters
    ----------
    explorer
        The state to show; None: a fresh one on all classifiers of this machine.
    """
    close_output_port()
    single_threaded()  # two threads of ours read faces; more per thread would only make them wait
    if not gc.get_freeze_count():
        gc.freeze()  # what is imported stays: looking through it for garbage halts the page for 0.2 s
    state = explorer or Explorer()
    watchdog = Watchdog()
    face, measured = FacePanel(state), MeasuredPanel(state)
    change, look, outputs = ChangePanel(state), LookPanel(state), OutputsPanel(state)
    for follower in (look.stage, measured.table, *outputs.linked):
        widgets.jslink((change.slider, "value"), (follower, "index"))
    body = widgets.Box([_column(face, measured), _column(change, look, ExportPanel(state)), _column(outputs)])
    body.add_class("facelib-columns")
    tabs = Tabs(
        body,
        [
            (
                "Population",
                "One change on many faces: effects over people",
                lambda: _population(state, watchdog),
            ),
            (
                "Observed data",
                "Do outputs go with a property, the label given?",
                lambda: _observed(state, watchdog),
            ),
            ("Muscles", "A recording of muscles moves a face that classifiers read", lambda: _muscles(state)),
        ],
        title="Explore",
        help_text="One face, one change, live",
    )
    limits = widgets.HTML(LIMITS)
    limits.add_class("facelib-limits")
    state.awake.clear()
    state.observe(lambda _change: watchdog.keep("photograph", there=is_own(state.face)), "scene")
    watchdog.observe(lambda _change: state.awake.set(), "visited")
    root = widgets.VBox([PageStyle(), watchdog, _header(state, tabs.bar), *tabs.boxes, limits])
    root.add_class("facelib-app")
    state.start()
    return root


def is_own(face: Face | Head) -> bool:
    """Return whether a face is a photograph of the visitor's, which nobody else has."""
    return isinstance(face, Face) and face.source != "rendered" and "credit" not in face.attributes


def _population(state: Explorer, watchdog: Watchdog) -> widgets.Widget:
    from facelib.app.population_panel import PopulationPanel

    panel = PopulationPanel(explorer=state)
    _watch(panel.state, watchdog, "population")
    return panel


def _observed(state: Explorer, watchdog: Watchdog) -> widgets.Widget:
    from facelib.app.observed_panel import ObservedPanel

    panel = ObservedPanel(explorer=state)
    _watch(panel.state, watchdog, "observed")
    return panel


def _watch(study: StudyState, watchdog: Watchdog, name: str) -> None:
    """Keep a study that runs, or has found something, from being left by mistake."""

    def follow(_change: object) -> None:
        watchdog.keep(name, there=study.found is not None or study.stage in {"running", "stopping"})

    study.observe(follow, ["found", "stage"])


def _muscles(state: Explorer) -> widgets.Widget:
    from facelib.app.muscles_panel import MusclesPanel

    return MusclesPanel(explorer=state)


def _column(*panels: widgets.Widget) -> widgets.VBox:
    column = widgets.VBox(list(panels))
    column.add_class("facelib-column")
    return column


def _header(state: Explorer, bar: TabBar) -> widgets.Widget:
    """Name, tabs, what is being computed, and what went wrong."""
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
    head = widgets.HBox([title, bar, problem, status, progress])
    head.add_class("facelib-header")
    return head
