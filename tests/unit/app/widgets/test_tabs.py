"""Tabs: what isn't looked at isn't made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import ipywidgets as widgets
import pytest

from facelib.app.widgets.tabs import Tabs
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
    messages, hint = tabs.boxes[1].children
    assert "The disk is full." in messages.value
    assert "To try again" in hint.value
    tabs.bar.index = 0
    tabs.bar.index = 1
    assert tabs.boxes[1].children[0].value == "there"


def test_the_kernel_answers_between_the_steps_of_a_tab() -> None:
    told: list[str] = []

    def maker() -> Iterator[widgets.Widget | None]:
        told.append("imported")
        yield None
        told.append("frame")
        yield widgets.Label("frame")
        told.append("whole")
        yield widgets.Label("whole")

    async def answer() -> None:
        tabs = Tabs(widgets.Label("first"), [("Two", "", maker)], title="One", help_text="")
        tabs.bar.index = 1
        assert told == []  # first the page says that it is being made
        assert "One moment" in tabs.boxes[1].children[0].value
        tabs.bar.index = 0
        tabs.bar.index = 1  # impatient: it isn't made twice
        seen = []
        while told.count("answer") < 100 and 1 not in tabs.made:
            if not told or told[-1] != "answer":
                told.append("answer")
            seen.append(tabs.boxes[1].children[0].value)
            await asyncio.sleep(0.001)
        assert [one for one in dict.fromkeys(seen) if "One moment" not in one] == ["frame", "whole"]

    asyncio.run(answer())
    assert [one for one in told if one != "answer"] == ["imported", "frame", "whole"]
    assert told[:6] == ["answer", "imported", "answer", "frame", "answer", "whole"]


@pytest.mark.thorough
def test_what_goes_wrong_in_a_later_step_is_said_in_the_place_of_what_was_made() -> None:
    answers = iter([BadValueError("The disk is full."), None])

    def maker() -> Iterator[widgets.Widget | None]:
        yield widgets.Label("frame")
        if error := next(answers):
            raise error
        yield widgets.Label("whole")

    async def twice() -> None:
        tabs = Tabs(widgets.Label("first"), [("Two", "", maker)], title="One", help_text="")
        for index, text in ((1, "The disk is full."), (0, "The disk is full."), (1, "whole")):
            tabs.bar.index = index
            await asyncio.sleep(0.5)
            assert text in tabs.boxes[1].children[0].value
        assert tabs.made == {0, 1}

    asyncio.run(twice())
