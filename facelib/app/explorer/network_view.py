"""What the network sees: the face before and after, at the network's own size and in its colours."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from facelib.app.explorer.state import Explorer
from facelib.app.widgets.pictures import encode_png
from facelib.classifiers import five_points
from facelib.faces import Face

TITLE = "What the network sees"
HELP = "The face as it reaches the classifier: its crop, size and colours"


class SeenView(widgets.VBox):
    """A button, and what it unfolds: the input of the chosen classifier, and how it is made.

    Parameters
    ----------
    explorer
        The state that is shown.
    guarded
        Of the panel that it is in: shows what goes wrong there.
    """

    def __init__(self, explorer: Explorer, guarded: Callable[[Callable[..., Any]], Any]) -> None:
        self.explorer = explorer
        self.button = widgets.ToggleButton(description=TITLE, tooltip=HELP)
        self.button.add_class("facelib-fold")
        self._content = widgets.HTML()
        self._content.add_class("facelib-seen")
        self._content.layout.display = "none"
        super().__init__([self.button, self._content])
        update = guarded(self.update)
        explorer.observe(update, ["shown", "step", "classifier"])
        self.button.observe(update, "value")

    @property
    def value(self) -> str:
        """What is shown, as HTML."""
        return str(self._content.value)

    def update(self, _change: object = None) -> None:
        """Show what the explorer holds, if this is open: a drag sends nothing to a view that is closed."""
        self._content.layout.display = "" if self.button.value else "none"
        if not self.button.value:
            return
        model = self.explorer.model
        pictures = self._pictures()
        if model is None or pictures is None:
            self._content.value = ""
            return
        images, start = pictures
        seen = model.preparation.seen(images, start.box, five_points(start))
        after = f"after (strength {self.explorer.strength:.2f})"
        figures = [figure(image, name, model.id) for image, name in zip(seen, ("before", after), strict=True)]
        words = f"{model.id}: {model.preparation.describe()}. Shown before that scaling."
        self._content.value = f"<div>{''.join(figures)}</div><p>{html.escape(words)}</p>"

    def _pictures(self) -> tuple[npt.NDArray[np.uint8], Face] | None:
        """Return the pictures before and after, and the face whose box and points serve both."""
        result, snapshot = self.explorer.result, self.explorer.snapshot
        if result is not None:
            return result.sweep.images[[0, self.explorer.step]], result.sweep.frames.faces[0]
        if snapshot is not None:
            return np.stack([snapshot.before.image, snapshot.after.image]), snapshot.before
        return None


def figure(image: npt.NDArray[np.uint8], name: str, classifier: str) -> str:
    """Return a small picture, uint8 (h, w, 3), without loss and with its caption, as HTML."""
    height, width = image.shape[:2]
    shown = picture(image, f"what {classifier} sees {name}, {width} × {height} pixels")
    return f"<figure>{shown}<figcaption>{html.escape(name)}</figcaption></figure>"


def picture(image: npt.NDArray[np.uint8], alt: str) -> str:
    """Return a picture, uint8 (h, w, 3), without loss, as HTML; `alt` is for screen readers."""
    source = f"data:image/png;base64,{base64.b64encode(encode_png(image)).decode()}"
    return f'<img src="{source}" alt="{html.escape(alt, quote=True)}">'
