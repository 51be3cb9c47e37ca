"""The pictures of Explore: before, after, difference, and where the classifier finds evidence."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from facelib import attribution
from facelib.app.explorer.fine_pictures import FinePictures
from facelib.app.explorer.network_view import SeenView
from facelib.app.explorer.state import STEPS, Explorer
from facelib.app.widgets.controls import Card, Quiet, grid, labelled, paragraphs
from facelib.app.widgets.stage import Stage
from facelib.attribution.overlay import upright
from facelib.attribution.regions import BLANK
from facelib.classifiers import EMOTIONS, Classifier
from facelib.studies import Sweep, even_strengths
from facelib.studies.sweeps.view import View, cut, fractions, picture_alt, view_of
from facelib.utilities.wording import plain

OVERLAYS = {"none": "none", "map": "map", "change of the map": "change"}
MAPS_COME = "The map follows once all strengths are read: their maps share one scale."
UNSEEN = 0.03  # of the scale that maps of all strengths share: fainter than that nobody sees a map


class PicturesPanel(Card):
    """Shows the pictures and maps; `stage.index` follows the strength slider in the browser.

    Photographs are shown cropped to the face; what is read and measured is always the whole picture.

    Parameters
    ----------
    explorer
        The state that is shown.
    apart
        Leave out the pictures: the page shows them beside the strength.
    """

    def __init__(self, explorer: Explorer, *, apart: bool = False) -> None:
        super().__init__("Evidence" if apart else "Before and after")
        self.explorer = explorer
        self._quiet = Quiet()
        self._shown: tuple[Sweep, View] | None = None
        self.stage = Stage()
        self.fine = FinePictures(explorer, self.stage)
        self.whole = widgets.ToggleButton(
            description="More around the face",
            tooltip="Show all of the picture that is read; numbers are of it in any case",
        )
        self.whole.add_class("facelib-whole-button")
        self.whole.layout.display = "none"
        self.pictures = widgets.VBox([self.stage, self.whole])
        self.pictures.add_class("facelib-pictures")
        names = [model.id for model in explorer.models]
        methods = [(title, name) for name, title in attribution.METHODS.items()]
        self.menus = {
            "classifier": labelled(
                "Classifier", "Which network's evidence is shown on the face", widgets.Dropdown(options=names)
            ),
            "label": labelled(
                "Emotion",
                "The emotion that maps, charts and verdicts are about, in Outputs too",
                widgets.Dropdown(options=EMOTIONS),
            ),
            "cam": labelled(
                "Method",
                "How the map is computed: Grad-CAM, or another class activation map",
                widgets.Dropdown(options=methods),
            ),
        }
        self.hint = widgets.HTML()
        self.hint.add_class("facelib-hint")
        self.seen = SeenView(explorer, self.guarded)
        self.opacity = widgets.FloatSlider(min=0, max=1, step=0.05, value=self.stage.opacity, readout=False)
        self.overlay = widgets.ToggleButtons(options=OVERLAYS, value="none", style={"button_width": "auto"})
        widgets.jslink((self.opacity, "value"), (self.stage, "opacity"))
        self.overlay.observe(lambda event: self.stage.set_trait("overlay", event["new"]), "value")
        self._bind()
        self.follow()
        self.fill(
            *([] if apart else [self.pictures]),
            self.hint,
            grid(
                *self.menus.values(),
                labelled("Opacity", "How strongly the map covers the face", self.opacity),
                columns=2,
            ),
            labelled(
                "Overlay",
                "The plain picture, the map, or how it differs from that at strength 0",
                self.overlay,
            ),
            self.seen,
        )

    def _bind(self) -> None:
        for menu in self.menus.values():
            menu.observe(self.guarded(self._on_menu), "value")
        self.explorer.observe(self.follow, list(self.menus))
        self.explorer.observe(self.guarded(self.show_maps), list(self.menus))
        self.explorer.observe(self.guarded(self.show_pictures), ["shown"])
        self.whole.observe(self.guarded(self.show_pictures), "value")
        self.explorer.observe(self._reset, "resets")

    def _reset(self, _change: object) -> None:
        """Show the plain pictures, as at first."""
        self.overlay.value = "none"
        self.opacity.value = type(self.stage).opacity.default_value

    def _on_menu(self, _event: Any) -> None:
        with self.explorer.lock, self.explorer.hold_trait_notifications():
            if self._quiet:
                return
            for name, menu in self.menus.items():
                self.explorer.set_trait(name, menu.value or "")

    def follow(self, _change: object = None) -> None:
        """Show what the explorer holds."""
        with self._quiet:
            for name, menu in self.menus.items():
                value = getattr(self.explorer, name)
                if value:
                    menu.value = value

    def show_pictures(self, _change: object = None) -> None:
        """Send the pictures: the whole sweep once, or the one that is looked at."""
        result, snapshot = self.explorer.result, self.explorer.snapshot
        view = self._view()
        if result is not None:
            if self._shown is not None and self._shown[0] is result.sweep and self._shown[1] == view:
                return
            self._shown = result.sweep, view
            frames: list[Any] = [cut(image, view) for image in result.sweep.images]
            self.stage.show_sweep(frames, result.sweep.strengths, alt=alt_text(self.explorer))
        elif snapshot is not None:
            self._shown = None
            frames = [cut(snapshot.before.image, view), *[None] * (STEPS - 1)]
            self.stage.show_sweep(frames, even_strengths(STEPS), alt=alt_text(self.explorer))
            self.stage.show_live(self.explorer.step, cut(snapshot.after.image, view))
        else:
            self._shown = None
            self.stage.clear()
        self.show_maps()

    def _view(self) -> View:
        """Return what is shown of the pictures, and offer the whole one where that is a part of it."""
        known = self.explorer.result.sweep if self.explorer.result else self.explorer.snapshot
        first = None if known is None else known.frames.faces[0]
        part = (0, 0, 0, 0) if first is None else view_of(first)
        height, width = (0, 0) if first is None else first.size
        everything = (0, 0, width, height)
        self.whole.layout.display = "none" if part == everything else ""
        mark = self.pictures.remove_class if part == everything else self.pictures.add_class
        mark("facelib-has-whole")
        return everything if self.whole.value else part

    def show_maps(self, _change: object = None) -> None:
        """Send the maps of the class and classifier that are looked at, all on one scale."""
        result, snapshot, name = self.explorer.result, self.explorer.snapshot, self.explorer.classifier
        model = self.explorer.model
        reason = "" if model is None else why_no_map(model, self.explorer.label)
        self.hint.value = paragraphs(reason) if reason else ""
        self.hint.layout.display = "" if reason else "none"
        if model is None or reason:
            self.stage.clear_maps()
            return
        if result is not None and name in result.sweep.readings:
            maps = result.sweep.attribution.maps(name, self.explorer.label, self.explorer.cam)
            frames = result.sweep.frames
        else:  # maps share one scale, which all strengths make: of one alone it would tell something else
            self.stage.clear_maps()
            if snapshot is not None and self.stage.overlay != "none":
                self.hint.value = paragraphs(MAPS_COME)
                self.hint.layout.display = ""
            return
        laid, region = upright(maps, model, frames.box, frames.faces[0].size, points=frames.points[0])
        x1, y1, x2, y2 = self._view()
        box = fractions(region - np.array([x1, y1, x1, y1]), (y2 - y1, x2 - x1))
        self.stage.show_maps(laid, box=box, title=f"{name}: evidence for {self.explorer.label}")
        if words := blank_words(maps, name, self.explorer.label):
            self.hint.value = paragraphs(words)
            self.hint.layout.display = ""


def blank_words(maps: npt.NDArray[np.float32], classifier: str, label: str) -> str:
    """Say at which strengths nothing is seen of the maps, which share one scale; "" if something always is.

    Parameters
    ----------
    maps
        (STEPS, h, w), NaN where they aren't known.

    Examples
    --------
    >>> maps = np.ones((21, 2, 2), np.float32)
    >>> maps[17:] = 0
    >>> blank_words(maps, "fer", "happy")
    'The map of fer is blank from strength .85 to 1.00: no part speaks for happy there.'
    """
    known = ~np.isnan(maps).all(axis=(1, 2))
    tops = np.nan_to_num(maps).max(axis=(1, 2))
    blank = known & (tops <= UNSEEN * tops.max())
    if not blank.any():
        return ""
    if (blank | ~known).all():
        return f"The map of {classifier} is blank: {BLANK} for {label}."
    strengths = even_strengths(STEPS)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], blank, [False]])))
    spans = [
        plain(strengths[start])
        if end == start + 1
        else f"{plain(strengths[start])} to {plain(strengths[end - 1])}"
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]
    where = (
        f"from strength {spans[0]}" if " to " in spans[0] and len(spans) == 1 else f"at {', '.join(spans)}"
    )
    return f"The map of {classifier} is blank {where}: no part speaks for {label} there."


def why_no_map(model: Classifier, label: str) -> str:
    """Return why there is no map of a class, for people; "" if there is one."""
    if model.no_maps:
        return f"There is no map of {model.id}: {model.no_maps}."
    if model.index_of(label) is None:
        return (
            f"There is no map of {label}: {model.id} has no such class. It knows {', '.join(model.labels)}."
        )
    return ""


def alt_text(explorer: Explorer) -> str:
    """Say what the picture shows, for screen readers."""
    return picture_alt(explorer.face)


LookPanel = PicturesPanel  # its former name
