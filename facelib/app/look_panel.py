"""The Look panel: before, after, difference, and where the classifier finds evidence."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from facelib import attribution
from facelib import classifiers as zoo
from facelib.app.controls import Quiet, card, grid, labelled
from facelib.app.guard import MessageArea, guarded
from facelib.app.stage import Stage
from facelib.app.state import STEPS, Explorer
from facelib.classifiers import EMOTIONS
from facelib.faces import Head
from facelib.studies import even_strengths

OVERLAYS = {"none": "none", "map": "map", "change of the map": "change"}


def look_panel(explorer: Explorer) -> tuple[widgets.Widget, Stage]:
    """Return the panel, and its stage so that the page can link the strength slider to it."""
    messages, quiet, shown = MessageArea(), Quiet(), SimpleNamespace(sweep=None)
    stage, strengths = Stage(), even_strengths(STEPS)
    classifier = widgets.Dropdown(options=[model.id for model in explorer.models])
    label = widgets.Dropdown(options=list(EMOTIONS))
    overlay = widgets.ToggleButtons(options=OVERLAYS, value="map", style={"button_width": "auto"})
    opacity = widgets.FloatSlider(min=0, max=1, step=0.05, value=0.55, readout=False)
    cam = widgets.Dropdown(options=[(title, name) for name, title in attribution.METHODS.items()])
    widgets.jslink((opacity, "value"), (stage, "opacity"))
    widgets.jslink((overlay, "value"), (stage, "overlay"))

    def pictures(_change: object = None) -> None:
        """Send the pictures: the whole sweep once, or the one that is looked at."""
        result, snapshot = explorer.result, explorer.snapshot
        if result is not None:
            sweep = result.sweep
            if shown.sweep is not sweep:
                stage.show_sweep(sweep.images, sweep.strengths, alt=_alt(explorer))
                shown.sweep = sweep
                maps()
        elif snapshot is not None:
            shown.sweep = None
            before = snapshot.before.image
            stage.show_sweep([before, *[None] * (STEPS - 1)], strengths, alt=_alt(explorer))
            stage.show_live(explorer.step, snapshot.after.image)
            maps()

    def maps(_change: object = None) -> None:
        """Send the maps of the class and classifier that are looked at, all on one scale."""
        result, snapshot = explorer.result, explorer.snapshot
        if result is not None and explorer.classifier in result.sweep.readings:
            found = result.sweep.attribution
            raw = found.maps(explorer.classifier, explorer.label, explorer.cam)
            box = _fractions(found.region(explorer.classifier), result.sweep.frames.faces[0].size)
        elif snapshot is not None and explorer.classifier in snapshot.readings:
            clf = zoo.load(explorer.classifier)
            features = snapshot.readings[explorer.classifier].features
            one = attribution.grad_cam_from(clf, features, explorer.label, method=explorer.cam)[-1]
            raw = np.full((STEPS, *one.shape), np.nan, np.float32)
            raw[explorer.step] = one
            region = clf.crop_boxes(snapshot.frames.box[None], snapshot.before.size)[0]
            box = _fractions(region, snapshot.before.size)
        else:
            return
        stage.show_maps(raw, box=box, title=f"{explorer.classifier}: evidence for {explorer.label}")

    @guarded(messages)
    def on_menu(_event: Any) -> None:
        if quiet:
            return
        with explorer.lock, explorer.hold_trait_notifications():
            explorer.classifier, explorer.label, explorer.cam = classifier.value, label.value, cam.value

    def follow(_change: object = None) -> None:
        with quiet:
            if classifier.options:
                classifier.value = explorer.classifier
            label.value, cam.value = explorer.label, explorer.cam

    for menu in (classifier, label, cam):
        menu.observe(on_menu, "value")
    explorer.observe(follow, ["classifier", "label", "cam"])
    explorer.observe(guarded(messages)(maps), ["classifier", "label", "cam"])
    explorer.observe(guarded(messages)(pictures), ["result", "snapshot"])
    follow()
    panel = card(
        "Look",
        stage,
        grid(
            labelled("Classifier", "Whose evidence is shown on the face", classifier),
            labelled("Emotion", "The class that maps, curves and verdicts are about", label),
            labelled("Method", "Grad-CAM, or another class activation map", cam),
            labelled("Opacity", "How strongly the map covers the face", opacity),
            columns=2,
        ),
        labelled("Overlay", "The map, its change against strength 0, or the plain picture", overlay),
        messages,
    )
    return panel, stage


def _fractions(region: npt.NDArray[np.float64], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return x, y, width, height as fractions of the picture."""
    (x1, y1, x2, y2), (height, width) = region, size
    return x1 / width, y1 / height, (x2 - x1) / width, (y2 - y1) / height


def _alt(explorer: Explorer) -> str:
    face = explorer.face
    if isinstance(face, Head):
        return f"rendered face, {face.age:.0f} years, {face.expression if isinstance(face.expression, str) else 'own expression'}"
    return "photograph of a face"
