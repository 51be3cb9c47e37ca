"""Small helpers for panels: labelled controls, cards, grids, and changes that don't echo."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from facelib.app.widgets.messages import Messages, guarded


class Card(widgets.VBox):
    """A titled panel with a place for its messages."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.messages = Messages()
        self.add_class("facelib-card")

    def fill(self, *children: Any) -> None:
        """Put the parts of the panel under its title, the messages last if they aren't among them."""
        heading = widgets.HTML(f"<h2>{html.escape(self.title)}</h2>")
        heading.add_class("facelib-title")
        last = () if self.messages in children else (self.messages,)
        self.children = (heading, *children, *last)

    def guarded(self, callback: Callable[..., Any]) -> Callable[..., Any]:
        """Return `callback` such that what it raises is shown in this panel."""
        return guarded(self.messages)(callback)


class Fold(widgets.VBox):
    """A button that looks like a summary, and what it unfolds; the browser does that without the kernel."""

    def __init__(self, title: str, *children: Any) -> None:
        self.button = widgets.ToggleButton(description=title)
        self.button.add_class("facelib-fold")
        inside = widgets.VBox(list(children))
        inside.add_class("facelib-folded")
        super().__init__([self.button, inside])


class Quiet:
    """While entered, bound handlers stay silent: the panel shows a state instead of changing it."""

    def __init__(self) -> None:
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, *_exception: object) -> None:
        self._depth -= 1

    def __bool__(self) -> bool:
        return self._depth > 0


def labelled(title: str, help_text: str, widget: Any) -> Any:
    """Give a control its label and its help text, for eyes and for screen readers."""
    widget.description = title
    widget.tooltip = help_text
    widget.style = {"description_width": "82px"}
    widget.layout.width = "auto"
    return widget


@dataclass(frozen=True)
class Knob:
    """A slider for a number of the head."""

    field: str
    title: str
    help: str
    low: float
    high: float
    step: float
    format: str = ".2f"

    def slider(self) -> widgets.FloatSlider:
        """Return its slider, labelled."""
        start = min(max(0.0, self.low), self.high)
        made = widgets.FloatSlider(
            min=self.low, max=self.high, step=self.step, value=start, readout_format=self.format
        )
        return labelled(self.title, self.help, made)


def menu(title: str, help_text: str, options: Any, *more: str) -> widgets.Dropdown:
    """Return a menu, labelled."""
    made: widgets.Dropdown = labelled(title, help_text, widgets.Dropdown(options=[*options, *more]))
    return made


def button(title: str, help_text: str) -> widgets.Button:
    """Return a button with a help text."""
    made = widgets.Button(description=title, tooltip=help_text)
    made.layout.width = "auto"
    return made


def grid(*children: Any, columns: int = 1) -> widgets.GridBox:
    """Return `children` in a grid of equal columns."""
    return widgets.GridBox(
        list(children),
        layout={
            "grid_template_columns": f"repeat({columns}, minmax(0, 1fr))",
            "grid_gap": "4px 10px",
            "overflow": "visible",
        },
    )


def folded(title: str, *sentences: str) -> str:
    """Return sentences as HTML that opens with a click on its title; without sentences nothing.

    >>> folded("More", "n < 9")
    '<details><summary>More</summary><p>n &lt; 9</p></details>'
    """
    inside = paragraphs(*sentences)
    return inside and f"<details><summary>{html.escape(title)}</summary>{inside}</details>"


def hidden_while_empty(text: widgets.HTML) -> None:
    """Take the place of a text away while it says nothing: an empty line leaves a gap."""

    def follow(_change: object = None) -> None:
        text.layout.display = "" if text.value else "none"

    text.observe(follow, "value")
    follow()


def paragraphs(*sentences: str) -> str:
    """Return sentences as HTML, escaped.

    >>> paragraphs("n < 9", "p > .05")
    '<p>n &lt; 9</p><p>p &gt; .05</p>'
    """
    return "".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences)
