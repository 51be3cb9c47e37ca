"""The Muscles tab: a recording moves a face; signals, map and classifiers beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import ipywidgets as widgets

from facelib.app.explorer.state import Explorer
from facelib.app.muscles.exports import MusclesTakeHome
from facelib.app.muscles.film import LONGEST
from facelib.app.muscles.playback import WatchPanel
from facelib.app.muscles.signals_panel import RecordingPanel
from facelib.app.muscles.state import Muscles
from facelib.app.muscles.summary import SaidPanel
from facelib.app.studies.population_panel import classifier_groups
from facelib.app.widgets.checklist import CheckList
from facelib.app.widgets.controls import Card, Quiet, button, labelled, menu
from facelib.app.widgets.style import PageStyle
from facelib.app.widgets.trait_link import bind
from facelib.classifiers import EMOTIONS
from facelib.studies.disclaimer import LIMITS


class MusclesPanel(widgets.VBox):
    """The whole tab as one widget; it also works alone in a notebook.

    Parameters
    ----------
    explorer
        Whose classifiers and face are taken; None: all classifiers of this machine, and the first face.
    state
        Its state; None: a fresh one.
    dataset
        Folder in the layout of "Mimics, Muscles, and Me", whose clips are offered.
    whole
        Whether all of it is there at once; else it is made by the steps of `build`.
    **settings
        Where a fresh state starts, among others with a ``recording`` at hand or with a ``model`` that moves
        the face: see `facelib.app.muscles.state.Muscles`.

    Examples
    --------
    >>> panel = MusclesPanel(models=["known_unbiased"], background=False)
    >>> panel.state.seen.done == len(panel.state.film)
    True
    """

    def __init__(
        self,
        explorer: Explorer | None = None,
        state: Muscles | None = None,
        *,
        dataset: str | Path | None = None,
        whole: bool = True,
        **settings: Any,
    ) -> None:
        if state is None:
            given: dict[str, Any] = {}
            if explorer is not None:
                given = {"models": [model.id for model in explorer.models], "head": explorer.last_head}
            state = Muscles(dataset=dataset, **(given | settings))
        self.state = state
        self._left, self._right = widgets.VBox(), widgets.VBox()
        for column in (self._left, self._right):
            column.add_class("facelib-column")
        body = widgets.Box([self._left, self._right])
        body.add_class("facelib-study")
        if explorer is not None:
            super().__init__([body])
        else:
            limits = widgets.HTML(LIMITS)
            limits.add_class("facelib-limits")
            super().__init__([PageStyle(), body, limits])
            self.add_class("facelib-app")
        self._parts = self._make(explorer)
        if whole:
            for _ in self.build():
                pass

    def build(self) -> Iterator[Self]:
        """Make it in steps, the cards first, then what is in them; give the panel after each step."""
        try:
            for _ in self._parts:
                yield self
        except BaseException:
            self.state.close()
            raise

    def _make(self, explorer: Explorer | None) -> Iterator[None]:
        state = self.state
        with state.lock:  # whoever is quick may change something before all is there
            self.recording = RecordingPanel(state)
            self._left.children = (self.recording,)
        yield
        with state.lock:
            self.shown = ShownPanel(state, explorer)
            self._left.children = (self.recording, self.shown)
        yield
        with state.lock:
            self.said = SaidPanel(state)
            self.watch = WatchPanel(state, self.said.table)
            self._right.children = (self.watch, self.said)
        yield
        self.home = MusclesTakeHome(state)
        self._right.children = (self.watch, self.said, self.home)
        state.begin()
        yield


class ShownPanel(Card):
    """Chooses who is moved, which part is shown, and who reads it."""

    def __init__(self, state: Muscles, explorer: Explorer | None = None) -> None:
        super().__init__("Shown")
        self.state = state
        self.explorer = explorer
        self._quiet = Quiet()
        self.start = labelled(
            "From", "Where the part begins, s", widgets.FloatSlider(step=0.5, continuous_update=False)
        )
        self.seconds = labelled(
            "Seconds",
            "How long the part is; longer ones have fewer pictures a second",
            widgets.FloatSlider(min=1, max=LONGEST, step=0.5, readout_format=".1f", continuous_update=False),
        )
        self.label = menu("Emotion", "The emotion whose output curves and bars show first", EMOTIONS)
        self.models = CheckList(
            "Classifiers",
            "Which networks read the pictures",
            classifier_groups(state.offered),
            state.models,
            columns=2,
        )
        self.electrodes = _check("Electrodes on the face", "The 22 positions of the Fridlund scheme")
        self.removed = _check(
            "Taken off digitally", "Pictures are restored below the electrodes before they are read"
        )
        self.face = button("Take the face of Explore", "Move the head that the first tab shows")
        self.face.on_click(self.guarded(self._on_face))
        self.face.layout.display = "none" if explorer is None else ""
        for name in ("label", "models", "electrodes", "removed"):
            bind(state, name, getattr(self, name), state.lock)
        self._fit()
        self.seconds.observe(self.guarded(self._on_seconds), "value")
        bind(state, "start", self.start, state.lock)
        state.observe(self.guarded(self.follow), ["loaded", "electrodes", "seconds"])
        self.follow()
        ticks = widgets.HBox([self.electrodes, self.removed])
        ticks.add_class("facelib-ticks")
        self.fill(self.start, self.seconds, ticks, self.face, self.label, self.models)

    def _fit(self) -> None:
        """Let the part begin anywhere in the recording."""
        loaded = self.state.loaded
        longest = 0.0 if loaded is None else loaded.envelope.seconds
        self.start.max = max(round(longest - 1, 1), self.state.start, 0.5)
        self.start.layout.display = "" if longest > self.state.seconds or self.state.start else "none"
        with self._quiet:  # a wish for more than this recording has stays, for the next one
            self.seconds.max = min(max(round(longest, 1), 1.0), LONGEST) if longest else LONGEST
            self.seconds.value = min(max(self.state.seconds, 1.0), self.seconds.max)

    def _on_seconds(self, event: Any) -> None:
        if not self._quiet:
            with self.state.lock:
                self.state.seconds = event["new"]

    def follow(self, _change: object = None) -> None:
        """Offer what the recording and the face allow."""
        self._fit()
        self.removed.disabled = not self.state.electrodes

    def _on_face(self, _button: object) -> None:
        if self.explorer is not None:
            with self.state.lock:
                self.state.head = self.explorer.last_head


def _check(title: str, help_text: str) -> widgets.Checkbox:
    return widgets.Checkbox(description=title, tooltip=help_text, indent=False)
