"""The page: the explorer, wired so that a drag of the strength slider stays in the browser, and its tabs."""

from __future__ import annotations

import base64
import gc
import html
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any, Final

import ipywidgets as widgets

from facelib.app.explorer.change_panel import ChangePanel
from facelib.app.explorer.compare_panel import ComparePanel
from facelib.app.explorer.details_panel import DetailsPanel
from facelib.app.explorer.export_panel import ExportPanel
from facelib.app.explorer.face_panel import FacePanel
from facelib.app.explorer.gallery import Gallery
from facelib.app.explorer.measured_panel import MeasuredPanel
from facelib.app.explorer.state import Explorer
from facelib.app.live import Follower, Live
from facelib.app.server.precompile import imports
from facelib.app.studies.state import StudyState
from facelib.app.widgets.controls import Card, Fold, button
from facelib.app.widgets.messages import Messages
from facelib.app.widgets.page_memory import PageMemory
from facelib.app.widgets.page_tools import PageTools
from facelib.app.widgets.pictures import encode_jpeg
from facelib.app.widgets.style import PageStyle
from facelib.app.widgets.tabs import TabBar, Tabs
from facelib.app.widgets.watchdog import Watchdog
from facelib.classifiers.classifier import single_threaded
from facelib.faces import Face, Head
from facelib.studies.disclaimer import LIMITS

PEOPLE: Final = 40
AHEAD: Final = f"One face shows what can happen. Does it hold for {PEOPLE} people? →"
Follow = Callable[[str, StudyState], None]
FIRST: Final = "application/vnd.facelib.first+json"  # as in loading.macro.html.j2
MOST_REST: Final = 60.0  # seconds that imports for other tabs wait for the first one's results


def page(explorer: Explorer | None = None, *, scene: str = "") -> widgets.Widget:
    """Return the whole page as one widget, the same in Voila and in JupyterLab.

    Its tabs are Explore, Population, Observed data and Muscles; all but the first are made when they are
    first opened. Served by Voila, it comes back as it was left after a reload; in JupyterLab, where it stays
    open, a cell that is run again starts afresh.

    Parameters
    ----------
    explorer
        The state to show; None: a fresh one on all classifiers of this machine.
    scene
        What is shown first: a link, the part of one behind its #, or the text of a session's file, as the
        page's *Share* gives them.

    Raises
    ------
    BadValueError
        `scene` can't be read.
    """
    single_threaded()  # two threads of ours read faces; more per thread would only make them wait
    if not gc.get_freeze_count():
        gc.freeze()  # what is imported stays: looking through it for garbage halts the page for 0.2 s
    state = explorer or Explorer()
    watchdog = Watchdog()
    face, measured = FacePanel(state), MeasuredPanel(state)
    change, details = ChangePanel(state), DetailsPanel(state)
    live, card = _live(state)
    compare = ComparePanel(state, live)
    for follower in (measured.table, details.table, compare.table):
        widgets.jslink((live, "step"), (follower, "index"))
    change.ask(Gallery(state))
    ahead = button(AHEAD, "The same change and emotion in Population, for people instead of this one face")
    ahead.add_class("facelib-next")
    more = Fold("Compare, measured values, classifiers in detail", compare, measured, details)
    more.add_class("facelib-details")
    folds = [Fold("Download", ExportPanel(state)), more]
    kept: list[PageMemory] = []  # it needs the tabs, and they need it when they are opened

    def follow(name: str, study: StudyState) -> None:
        _watch(study, watchdog, name)
        kept[0].follow_study(name, study)

    tabs = Tabs(
        widgets.VBox([change, card, face, ahead, *folds]),
        [
            (
                "Population",
                "One change on many faces: effects over people",
                lambda: _population(state, follow),
            ),
            (
                "Observed data",
                "Do outputs go with a property, among faces that show the same expression? Do they differ "
                "between two conditions?",
                lambda: _observed(state, follow),
            ),
            (
                "Muscles",
                "A recording of muscles moves a face that classifiers read",
                lambda: _muscles(state, kept[0]),
            ),
        ],
        title="Explore",
        help_text="One face, one change, live",
    )
    limits = widgets.HTML(LIMITS)
    limits.add_class("facelib-limits")
    memory = PageMemory(state, live, tabs.bar)
    kept.append(memory)
    ahead.on_click(card.guarded(lambda _button: _lead_on(state, memory, tabs.bar)))

    def keep_photograph(_change: object = None) -> None:
        watchdog.keep("photograph", there=is_own(state.face))

    state.awake.clear()
    state.observe(keep_photograph, "scene")
    keep_photograph()
    watchdog.observe(lambda _change: _welcome(state), "visited")
    unseen = (PageStyle(), watchdog, memory.keeper)
    root = Whole(state, [*unseen, _header(state, tabs.bar, memory.tools), memory.notice, *tabs.boxes, limits])
    root.add_class("facelib-app")
    state.start()
    if scene:
        memory.begin(scene)
    return root


class Whole(widgets.VBox):
    """All of the page. Its output carries the first picture: it is seen while a browser builds the widgets.

    A photograph isn't carried: outputs are saved with notebooks.
    """

    def __init__(self, explorer: Explorer, parts: list[widgets.Widget]) -> None:
        self._explorer = explorer
        super().__init__(parts)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        explorer = self._explorer
        known = explorer.result.sweep if explorer.result else explorer.snapshot
        if isinstance(explorer.face, Head) and known is not None and not explorer.step:
            jpeg = base64.b64encode(encode_jpeg(known.frames.faces[0].image)).decode("ascii")
            bundle[FIRST] = {"jpeg": jpeg}
        return bundle


def _welcome(state: Explorer) -> None:
    """Do for a visitor what a page that was computed ahead has put off."""
    state.awake.set()
    Thread(target=_ahead, args=[state], name="facelib-imports", daemon=True).start()


def _ahead(state: Explorer) -> None:
    """Import what the other tabs need once the first one has all that it shows."""
    if state.worker.wait(MOST_REST):
        imports()


def is_own(face: Face | Head) -> bool:
    """Return whether a face is a photograph of the visitor's, which nobody else has."""
    return isinstance(face, Face) and face.source != "rendered" and "credit" not in face.attributes


def _population(state: Explorer, follow: Follow) -> Iterator[widgets.Widget | None]:
    from facelib.app.studies.population_panel import PopulationPanel

    yield None
    panel = PopulationPanel(explorer=state)
    follow("population", panel.state)
    yield panel


def _observed(state: Explorer, follow: Follow) -> Iterator[widgets.Widget | None]:
    from facelib.app.studies.observed_panel import ObservedPanel

    yield None
    panel = ObservedPanel(explorer=state)
    follow("observed", panel.state)
    yield panel


def _watch(study: StudyState, watchdog: Watchdog, name: str) -> None:
    """Keep a study that runs, or has found something, from being left by mistake."""

    def follow(_change: object) -> None:
        watchdog.keep(name, there=study.found is not None or study.stage in {"running", "stopping"})

    study.observe(follow, ["found", "stage"])


def _muscles(state: Explorer, memory: PageMemory) -> Iterator[widgets.Widget | None]:
    from facelib.app.muscles.panel import MusclesPanel

    yield None
    panel = MusclesPanel(explorer=state, whole=False)
    memory.follow_study("muscles", panel.state)
    yield from panel.build()


def _lead_on(state: Explorer, memory: PageMemory, bar: TabBar) -> None:
    """Open Population with the change and the emotion that are shown."""
    memory.plan("population", chosen=[state.intervention.id], label=state.label, people=PEOPLE)
    bar.index = 1


def _live(state: Explorer) -> tuple[Live, Card]:
    """Return the live picture, and the card that it is in."""
    card = Card("Before and now")
    live = Follower(state, card.guarded).live
    card.fill(live)
    card.add_class("facelib-sight")
    return live, card


def _header(state: Explorer, bar: TabBar, tools: PageTools) -> widgets.Widget:
    """Name, tabs, undo and share, what is being computed, and what went wrong."""
    title = widgets.HTML("<h1>facelib</h1>")
    status = widgets.HTML()
    status.add_class("facelib-status-line")
    progress = widgets.FloatProgress(min=0, max=1)
    progress.add_class("facelib-progress")
    problem = Messages()

    def follow(_change: object = None) -> None:
        ready = f'<span class="facelib-ready">; {html.escape(state.ready)}</span>' if state.ready else ""
        status.value = f'<span class="facelib-status">{html.escape(state.status)}{ready}</span>'
        progress.value = state.progress
        progress.layout.visibility = "visible" if state.status else "hidden"
        if state.problem:
            problem.show(state.problem)
        else:
            problem.clear()

    state.observe(follow, ["status", "ready", "progress", "problem"])
    follow()
    head = widgets.HBox([title, bar, tools, problem, status, progress])
    head.add_class("facelib-header")
    return head
