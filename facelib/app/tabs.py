"""Tabs of the page: one is seen, the others are made when they are first opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets as t

from facelib.app.controls import paragraphs
from facelib.app.guard import Messages, guarded

_HERE = Path(__file__).parent
WAITS = "One moment: this part of the page is being made."


class TabBar(anywidget.AnyWidget):
    """The row of tabs; it shows and hides boxes of the page by itself, without asking the kernel.

    Attributes
    ----------
    titles, helps
        Names of the tabs, and what is in them.
    index
        The tab that is open.
    """

    _esm = _HERE / "tabs.js"
    _css = _HERE / "tabs.css"

    titles = t.List(t.Unicode()).tag(sync=True)
    helps = t.List(t.Unicode()).tag(sync=True)
    index = t.Int(0).tag(sync=True)


class Tabs:
    """A bar, and a box for each tab; those after the first are filled when they are first opened.

    Parameters
    ----------
    first
        What is in the first tab.
    later
        Title, help text and maker of each of the others.
    title, help_text
        Of the first.

    Attributes
    ----------
    bar
        The row of tabs.
    boxes
        One a tab.
    """

    def __init__(
        self,
        first: widgets.Widget,
        later: Sequence[tuple[str, str, Callable[[], widgets.Widget]]],
        *,
        title: str,
        help_text: str,
    ) -> None:
        self._makers = [maker for *_, maker in later]
        titles, helps = [name for name, *_ in later], [words for _, words, _ in later]
        self.bar = TabBar(titles=[title, *titles], helps=[help_text, *helps])
        self.boxes = [widgets.VBox([first]), *(widgets.VBox() for _ in later)]
        for place, box in enumerate(self.boxes):
            box.add_class("facelib-tab")
            box.add_class(f"facelib-tab-{place}")
        self.made: set[int] = {0}
        self.bar.observe(self._on_index, "index")

    def _on_index(self, event: Any) -> None:
        place = event["new"]
        if place in self.made or not 0 < place < len(self.boxes):
            return
        box, messages = self.boxes[place], Messages()
        waits = widgets.HTML(paragraphs(WAITS))
        waits.add_class("facelib-hint")
        box.children = (waits, messages)

        @guarded(messages)
        def fill() -> None:
            made = self._makers[place - 1]()
            self.made.add(place)
            box.children = (made,)

        fill()
        if place not in self.made:
            box.children = (messages,)  # opening it again tries again
