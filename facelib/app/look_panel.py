"""The Look panel: before, after, difference, and where the classifier finds evidence."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from facelib import attribution
from facelib import classifiers as zoo
from facelib.app.controls import Card, Quiet, grid, labelled
from facelib.app.stage import Stage
from facelib.app.state import STEPS, Explorer
from facelib.classifiers import EMOTIONS
from facelib.faces import Head
from facelib.studies import Snapshot, Sweep, even_strengths

OVERLAYS = {"none": "none", "map": "map", "change of the map": "change"}


class LookPanel(Card):
    """Shows the pictures and maps; `stage.index` follows the strength slider in the browser."""

    def __init__(self, explorer: Explorer) -> None:
        super().__init__("Look")
        self.explorer = explorer
        self._quiet = Quiet()
        self._shown: Sweep | None = None
        self.stage = Stage(overlay="map")
        names = [model.id for model in explorer.models]
        methods = [(title, name) for name, title in attribution.METHODS.items()]
        self.menus = {
            "classifier": labelled(
                "Classifier", "Whose evidence is shown on the face", widgets.Dropdown(options=names)
            ),
            "label": labelled(
                "Emotion",
                "The class that maps, curves and verdicts are about",
                widgets.Dropdown(options=EMOTIONS),
            ),
            "cam": labelled(
                "Method", "Grad-CAM, or another class activation map", widgets.Dropdown(options=methods)
            ),
        }
        opacity = widgets.FloatSlider(min=0, max=1, step=0.05, value=self.stage.opacity, readout=False)
        overlay = widgets.ToggleButtons(options=OVERLAYS, value="map", style={"button_width": "auto"})
        widgets.jslink((opacity, "value"), (self.stage, "opacity"))
        overlay.observe(lambda event: self.stage.set_trait("overlay", event["new"]), "value")
        self._bind()
        self.follow()
        self.fill(
            self.stage,
            grid(
                *self.menus.values(),
                labelled("Opacity", "How strongly the map covers the face", opacity),
                columns=2,
            ),
            labelled("Overlay", "The map, its change against strength 0, or the plain picture", overlay),
        )

    def _bind(self) -> None:
        for menu in self.menus.values():
            menu.observe(self.guarded(self._on_menu), "value")
        self.explorer.observe(self.follow, list(self.menus))
        self.explorer.observe(self.guarded(self.show_maps), list(self.menus))
        self.explorer.observe(self.guarded(self.show_pictures), ["shown"])

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
        if result is not None:
            if result.sweep is self._shown:
                return
            self._shown = result.sweep
            self.stage.show_sweep(result.sweep.images, result.sweep.strengths, alt=alt_text(self.explorer))
        elif snapshot is not None:
            self._shown = None
            frames = [snapshot.before.image, *[None] * (STEPS - 1)]
            self.stage.show_sweep(frames, even_strengths(STEPS), alt=alt_text(self.explorer))
            self.stage.show_live(self.explorer.step, snapshot.after.image)
        else:
            self._shown = None
            self.stage.clear()
        self.show_maps()

    def show_maps(self, _change: object = None) -> None:
        """Send the maps of the class and classifier that are looked at, all on one scale."""
        result, snapshot, name = self.explorer.result, self.explorer.snapshot, self.explorer.classifier
        if result is not None and name in result.sweep.readings:
            maps = result.sweep.attribution.maps(name, self.explorer.label, self.explorer.cam)
            frames = result.sweep.frames
        elif snapshot is not None and name in snapshot.readings:
            maps = self._live_maps(snapshot)
            frames = snapshot.frames
        else:
            return
        region = zoo.load(name).crop_boxes(frames.box, frames.faces[0].size)[0]
        box = fractions(region, frames.faces[0].size)
        self.stage.show_maps(maps, box=box, title=f"{name}: evidence for {self.explorer.label}")

    def _live_maps(self, snapshot: Snapshot) -> npt.NDArray[np.float32]:
        """Return maps that are known for the strength of the slider only."""
        name, step = self.explorer.classifier, self.explorer.step
        features = snapshot.readings[name].features
        one = attribution.grad_cam_from(
            zoo.load(name), features, self.explorer.label, method=self.explorer.cam
        )[-1]
        maps = np.full((STEPS, *one.shape), np.nan, np.float32)
        maps[step] = one
        return maps


def fractions(region: npt.NDArray[np.float64], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return x, y, width, height of a region in px as fractions of a picture of `size` (height, width).

    >>> fractions(np.array([10.0, 0.0, 20.0, 50.0]), (100, 100))
    (0.1, 0.0, 0.1, 0.5)
    """
    (x1, y1, x2, y2), (height, width) = (float(edge) for edge in region), size
    return x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height


def alt_text(explorer: Explorer) -> str:
    """Say what the picture shows, for screen readers."""
    face = explorer.face
    if not isinstance(face, Head):
        return "photograph of a face"
    expression = face.expression if isinstance(face.expression, str) else "own"
    return f"rendered face, {face.age:.0f} years, expression {expression}"
