"""The watchdog's kernel side; its page side is tested in a browser."""

from __future__ import annotations

from typing import Any

import pytest

from facelib.app.widgets.watchdog import Watchdog


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    messages: list[Any] = []
    monkeypatch.setattr(Watchdog, "send", lambda _self, content: messages.append(content))
    return messages


def test_pings_are_answered(sent: list[Any]) -> None:
    dog = Watchdog()
    visits: list[Any] = []
    dog.observe(visits.append, "visited")
    for number in (1, 2):
        dog._handle_custom_msg({"ping": number}, [])
    assert sent == [{"pong": 1}, {"pong": 2}]
    assert dog.visited
    assert len(visits) == 1


@pytest.mark.parametrize("content", [{}, {"other": 1}, "ping", None])
def test_anything_else_is_not(sent: list[Any], content: object) -> None:
    dog = Watchdog()
    dog._handle_custom_msg(content, [])
    assert sent == []
    assert not dog.visited


def test_defaults() -> None:
    dog = Watchdog()
    assert dog.period == 1000
    assert dog.ended == "The session has ended. Reload the page to go on."


def test_what_would_be_lost_is_kept_in_mind() -> None:
    dog = Watchdog()
    for name, there in (("study", True), ("photograph", True), ("study", True), ("nothing", False)):
        dog.keep(name, there=there)
    assert dog.unsaved == ["photograph", "study"]
    dog.keep("study", there=False)
    assert dog.unsaved == ["photograph"]
