"""Brings the page back as it was left: after a reload, from another page, or after its kernel has died."""

from __future__ import annotations

import html
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import anywidget
import ipywidgets as widgets
import traitlets as t

from facelib.app.address import TAB_NAMES, to_address
from facelib.app.explorer.state import STEPS, Explorer, Scene, usable
from facelib.app.history import History, Settings, Steps
from facelib.app.live import Live
from facelib.app.page_state import PageState, Photograph, from_text, to_plain, to_text
from facelib.app.session import name_of_session, shared_state, to_session
from facelib.app.widgets.controls import button
from facelib.app.widgets.messages import Messages, explain, guarded
from facelib.app.widgets.page_tools import PageTools
from facelib.app.widgets.tabs import TabBar
from facelib.errors import FacelibError
from facelib.faces import Face, Head, sample_photograph

_HERE = Path(__file__).parent
logger = logging.getLogger(__name__)

AS_LEFT: Final = (
    "As you left it. What studies have found isn\u2019t kept, nor are files: run and load them again."
)
WITHOUT_PHOTOGRAPH: Final = (
    "As you left it, but without your photograph: pictures aren\u2019t kept, so that nobody else sees them."
)
OPENED: Final = "This is what was shared. Undo brings back what you had."
OPENED_WITHOUT: Final = (
    "This is what was shared, but without its photograph, which is never shared: a rendered face stands in "
    "its place. Undo brings back what you had."
)
UNREADABLE: Final = "This link or session can\u2019t be opened, and the page stays as it is. {reason}"
UNUSABLE: Final = "What was here before couldn\u2019t be brought back, so the page starts afresh."


class StateKeeper(anywidget.AnyWidget):
    """Keeps a state in the browser tab's sessionStorage, and sends what was kept as ``{"restore": text}``.

    The scene stands behind the # of the page's address, too. Where that is another one (a link, back,
    forward), it is sent as ``{"open": text}``. Nothing is written until the answer ``{"restored": True}``.

    Attributes
    ----------
    state
        What to keep, a JSON object.
    live
        Parts of it that the browser changes by itself: name, and the widget and trait that have it.
    address
        The scene as `facelib.app.address.to_address` writes it, but for strength and tab, which are live.
    tabs
        Names of the tabs in an address.
    steps
        Number of the step whose strength is 1.
    """

    _esm = _HERE / "page_memory.js"
    _css = _HERE / "page_memory.css"

    state = t.Unicode("{}").tag(sync=True)
    live = t.Dict().tag(sync=True, **widgets.widget_serialization)
    address = t.Unicode("").tag(sync=True)
    tabs = t.List(t.Unicode(), default_value=list(TAB_NAMES)).tag(sync=True)
    steps = t.Int(STEPS - 1).tag(sync=True)


class PageMemory:
    """Follows what the page shows, restores what its browser tab has kept, and opens what others share.

    What was kept is read as what a stranger wrote; where it can't be used, the page stays as it opened, and
    says so. A photograph of the visitor's isn't kept.

    Parameters
    ----------
    explorer, live, bar
        The parts of the page that have the state.

    Attributes
    ----------
    keeper
        The widget that keeps the state.
    tools
        Undo, Redo and Share, of the tab that is open.
    notice
        Says that the page was restored, and offers to start afresh; empty if it wasn't.
    """

    def __init__(self, explorer: Explorer, live: Live, bar: TabBar) -> None:
        self.explorer, self.live, self.bar = explorer, live, bar
        self._plans: dict[str, Mapping[str, Any]] = {}  # of tabs that aren't made yet, too
        self._studies: dict[str, tuple[Settings, Mapping[str, Any]]] = {}
        self._histories: dict[str, Steps] = {TAB_NAMES[0]: explorer}
        self._opened_with = explorer.face
        self._asked = False
        self.keeper = StateKeeper(live={"step": [live, "step"], "tab": [bar, "index"]})
        self.keeper.on_msg(self._on_msg)
        self.words = widgets.HTML()
        self.afresh = button("Start afresh", "Show what the page opens with; Undo brings the face back")
        self.close = button("OK", "Take this line away")
        messages = Messages()
        self.afresh.on_click(guarded(messages)(self._on_afresh))
        self.close.on_click(guarded(messages)(self._on_close))
        self.notice = widgets.HBox([self.words, self.afresh, self.close, messages])
        self.notice.add_class("facelib-restored")
        self.tools = PageTools(guarded(messages)(self._on_press), guarded(messages)(self._on_shared))
        self.first = self.now
        self._say("")
        explorer.observe(self._follow, ["scene", "label", "classifier", "cam"])
        live.observe(self._follow, "look")
        explorer.observe(self._tell_steps, "scene")
        explorer.observe(self._share, "step")
        self.tools.observe(self._share, "sharing")
        bar.observe(self._tell_steps, "index")
        self._follow()

    @property
    def now(self) -> PageState:
        """What the page shows."""
        explorer = self.explorer
        return PageState(
            head=explorer.last_head,
            photograph=self._photograph(),
            intervention=explorer.intervention,
            step=explorer.step,
            label=explorer.label,
            classifier=explorer.classifier,
            cam=explorer.cam,
            look=self.live.look,
            tab=self.bar.index,
            plans=dict(self._plans),
        )

    def show(self, state: PageState, *, undoable: bool = False) -> None:
        """Show a state; the computing of what was shown before is given up."""
        explorer = self.explorer
        face = self._face(state)
        self.live.look = state.look
        known = state.classifier in {model.id for model in explorer.models}
        explorer.restore(
            Scene(face, usable(state.intervention, face)),
            state.head,
            undoable=undoable,
            step=state.step,
            label=state.label,
            classifier=state.classifier if known else explorer.classifier,
            cam=state.cam,
        )
        self._plans = dict(state.plans)
        for name, (study, first) in self._studies.items():
            _set(study, self._plans.get(name, first), first)

    def begin(self, shared: str) -> None:
        """Open the page with what somebody shared.

        Raises
        ------
        BadValueError
            It can't be read.
        """
        state, _ = shared_state(shared)
        self.show(state)
        self._open(state.tab)
        self.first = self.now

    def open(self, shared: str) -> str:
        """Show what somebody shared, a link or a session's file; return why not, or "".

        "Undo" leads back. Nothing is started, and a link leaves the other tabs as they are set.
        """
        before = self.now
        try:
            state, whole = shared_state(shared)
            if not whole:
                classifier = state.classifier or self._first_classifier
                state = replace(state, plans=before.plans, classifier=classifier)
            self.show(state, undoable=True)
        except FacelibError as error:
            if self.explorer.shown is None:  # it could be read, but not be shown
                self.show(before)
            return explain(error)
        self._open(state.tab)
        self._say(OPENED_WITHOUT if state.photograph == "own" else OPENED)
        return ""

    def follow_study(self, name: str, study: Settings) -> None:
        """Keep how a study is set from now on; a new one is set as it was kept under its name."""
        first = study.kept
        _set(study, self._plans.get(name, {}), first)
        self._studies[name] = study, first

        def keep(_change: object = None) -> None:
            self._plans = self._plans | {name: study.kept}
            self._follow()

        keep()
        study.on_settings(keep)
        self._histories[name] = History(study, self._tell_steps)
        self._tell_steps()

    def plan(self, name: str, **settings: Any) -> None:
        """Set some settings of a tab, also of one that isn't made yet."""
        self._plans = self._plans | {name: {**self._plans.get(name, {}), **settings}}
        if name in self._studies:
            study, first = self._studies[name]
            _set(study, self._plans[name], first)

    def restore(self, text: str) -> None:
        """Show what was kept, or say why not."""
        self.first = self.now
        try:
            state = from_text(text)
            self.show(state)
        except Exception as error:
            if not isinstance(error, FacelibError):
                logger.exception("A state of the page could not be restored")
            self._say(UNUSABLE)
            if self.explorer.shown is None:  # it could be read, but not be shown
                self.show(self.first)
            return
        finally:
            self.keeper.send({"restored": True})
        changed = to_plain(self.now) | {"tab": state.tab} != to_plain(self.first)
        left = WITHOUT_PHOTOGRAPH if state.photograph == "own" else AS_LEFT if changed else ""
        self._say(left)
        self._open(state.tab)

    def _photograph(self) -> Photograph:
        face = self.explorer.face
        if isinstance(face, Head):
            return "none"
        if face is self._opened_with:
            return "first"
        return "sample" if "credit" in face.attributes else "own"

    def _face(self, state: PageState) -> Face | Head:
        if state.photograph == "sample":
            return sample_photograph()
        if state.photograph == "first" and isinstance(self._opened_with, Face):
            return self._opened_with
        return state.head

    def _open(self, tab: int) -> None:
        if tab < len(self.bar.titles):
            self.bar.index = tab

    def _follow(self, _change: object = None) -> None:
        now = self.now
        with self.keeper.hold_sync():
            self.keeper.state = to_text(now)
            self.keeper.address = self._address(replace(now, step=0, tab=0))
        self._share()

    def _address(self, state: PageState) -> str:
        """Return the scene in words; the first classifier needs none."""
        first = state.classifier == self._first_classifier
        return to_address(replace(state, classifier="") if first else state)

    @property
    def _first_classifier(self) -> str:
        return self.explorer.models[0].id if self.explorer.models else ""

    @property
    def _steps(self) -> Steps | None:
        """What can be undone in the tab that is open."""
        index = self.bar.index
        return self._histories.get(TAB_NAMES[index]) if index < len(TAB_NAMES) else None

    def _tell_steps(self, _change: object = None) -> None:
        steps = self._steps
        with self.tools.hold_sync():
            self.tools.can_undo = steps is not None and steps.can_undo
            self.tools.can_redo = steps is not None and steps.can_redo

    def _on_press(self, what: str) -> None:
        if (steps := self._steps) is not None:
            steps.undo() if what == "undo" else steps.redo()
            self._tell_steps()

    def _share(self, _change: object = None) -> None:
        if self.tools.sharing:  # what was moved just before comes after it
            now = self.now
            self.tools.share(self._address(now), to_session(now), name_of_session())

    def _on_shared(self, shared: str) -> None:
        if reason := self.open(shared):
            self.tools.refuse(reason)
        else:
            self.tools.opened()

    def _say(self, words: str) -> None:
        self.words.value = f'<span role="status">{html.escape(words)}</span>' if words else ""
        self.notice.layout.display = "" if words else "none"
        self.afresh.layout.display = "none" if words == UNUSABLE else ""

    def _on_msg(self, _widget: object, content: Any, _buffers: object) -> None:
        given = content if isinstance(content, dict) else {}
        if isinstance(given.get("restore"), str) and not self._asked:
            self._asked = True
            self.restore(given["restore"])
        elif isinstance(given.get("open"), str):
            try:
                reason = self.open(f"#{given['open']}")
                if reason:
                    self._say(UNREADABLE.format(reason=reason))
                elif not given.get("first"):  # back and forward are no news
                    self._say("")
            finally:
                self.keeper.send({"restored": True})

    def _on_afresh(self, _button: object) -> None:
        self._say("")
        self.show(self.first, undoable=True)
        self._open(self.first.tab)

    def _on_close(self, _button: object) -> None:
        self._say("")


def _set(study: Settings, plan: Mapping[str, Any], first: Mapping[str, Any]) -> None:
    """Set a study as it was kept, or as it was at first where that can't be read."""
    try:
        study.take_up(plan)
    except FacelibError as error:
        logger.warning("A plan could not be brought back: %s", error)
        study.take_up(first)
