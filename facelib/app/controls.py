"""Small helpers for panels: labelled controls, cards, grids, and changes that don't echo."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets


def labelled(title: str, help_text: str, widget: Any) -> Any:
    """Give a control its label and its help text, for eyes and for screen readers."""
    widget.description = title
    widget.tooltip = help_text
    widget.style = {"description_width": "82px"}
    widget.layout.width = "100%"
    return widget


def button(title: str, help_text: str, icon: str = "") -> widgets.Button:
    """Return a button with a help text."""
    made = widgets.Button(description=title, tooltip=help_text, icon=icon)
    made.layout.width = "auto"
    return made


def grid(*children: Any, columns: int = 1) -> widgets.GridBox:
    """Return `children` in a grid of equal columns."""
    return widgets.GridBox(
        list(children), layout={"grid_template_columns": f"repeat({columns}, minmax(0, 1fr))", "grid_gap": "2px 6px"}
    )


def card(title: str, *children: Any) -> widgets.VBox:
    """Return a titled box."""
    heading = widgets.HTML(f"<h2>{title}</h2>")
    heading.add_class("facelib-title")
    box = widgets.VBox([heading, *children])
    box.add_class("facelib-card")
    return box


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
