"""Tabs: what isn't looked at isn't made."""

from __future__ import annotations

import ipywidgets as widgets

from facelib.app.tabs import Tabs
from facelib.errors import BadValueError


def test_a_tab_is_made_when_it_is_first_opened_and_once() -> None:
    made: list[str] = []

    def maker(name: str) -> widgets.Widget:
        made.append(name)
        return widgets.Label(name)

    first = widgets.Label("first")
    tabs = Tabs(
        first,
        [("Two", "", lambda: maker("two")), ("Three", "", lambda: maker("three"))],
        title="One",
        help_text="",
    )
    assert tabs.bar.titles == ["One", "Two", "Three"]
    assert tabs.boxes[0].children == (first,)
    assert [box.children for box in tabs.boxes[1:]] == [(), ()]
    tabs.bar.index = 2
    assert made == ["three"]
    assert tabs.boxes[2].children[0].value == "three"
    tabs.bar.index = 0
    tabs.bar.index = 2
    assert made == ["three"]
    tabs.bar.index = 1
    assert made == ["three", "two"]


def test_what_goes_wrong_is_said_in_the_tab_and_opening_it_again_tries_again() -> None:
    answers = iter([BadValueError("The disk is full."), None])

    def maker() -> widgets.Widget:
        if error := next(answers):
            raise error
        return widgets.Label("there")

    tabs = Tabs(widgets.Label("first"), [("Two", "", maker)], title="One", help_text="")
    tabs.bar.index = 1
    (messages,) = tabs.boxes[1].children
    assert "The disk is full." in messages.value
    tabs.bar.index = 0
    tabs.bar.index = 1
    assert tabs.boxes[1].children[0].value == "there"
