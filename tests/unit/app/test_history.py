"""Undo and redo of settings: gestures are one step, and a study's own echo is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from facelib.app import Explorer
from facelib.app.history import GESTURE, MOST, History
from facelib.errors import BadValueError


class Settings:
    """Three settings; a second one follows the first."""

    running = False

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"people": 10, "faces": 20, "seed": 0}
        self.handlers: list[Callable[[Any], None]] = []

    @property
    def kept(self) -> dict[str, Any]:
        return dict(self.values)

    def take_up(self, kept: Mapping[str, Any]) -> None:
        if kept.get("seed") == 13:
            msg = "no such seed"
            raise BadValueError(msg)
        for name, value in kept.items():
            self.set(name, value)

    def on_settings(self, handler: Callable[[Any], None]) -> None:
        self.handlers.append(handler)

    def set(self, name: str, value: Any) -> None:
        self.values[name] = value
        for handler in self.handlers:
            handler(None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("facelib.app.history.time.monotonic", lambda: now[0])
    return now


def test_steps_lead_back_and_forth(clock: list[float]) -> None:
    study, calls = Settings(), []
    history = History(study, lambda: calls.append(1))
    assert not history.can_undo
    for people in (11, 12, 13):
        clock[0] += 2 * GESTURE
        study.set("people", people)
    history.undo()
    history.undo()
    assert (study.values["people"], history.can_undo, history.can_redo) == (11, True, True)
    history.redo()
    assert study.values["people"] == 12
    clock[0] += 2 * GESTURE
    study.set("seed", 5)
    assert not history.can_redo
    for _ in range(5):
        history.undo()
    assert study.values == {"people": 10, "faces": 20, "seed": 0}
    assert not history.can_undo
    assert calls


def test_a_drag_and_what_follows_from_it_are_one_step(clock: list[float]) -> None:
    study = Settings()
    history = History(study)
    for people in range(11, 40):
        clock[0] += 0.1
        study.set("people", people)
        study.set("faces", 2 * people)
    history.undo()
    assert study.values == {"people": 10, "faces": 20, "seed": 0}
    history.redo()
    assert study.values == {"people": 39, "faces": 78, "seed": 0}


def test_a_setting_that_is_set_to_what_it_is_is_no_step(clock: list[float]) -> None:
    study = Settings()
    history = History(study)
    study.set("people", 10)
    assert not history.can_undo


def test_what_cannot_be_brought_back_is_passed_over(clock: list[float]) -> None:
    study = Settings()
    history = History(study)
    for seed in (13, 14):
        clock[0] += 2 * GESTURE
        study.set("seed", seed)
    history.undo()
    assert study.values["seed"] == 0
    assert not history.can_undo


def test_a_study_that_runs_keeps_its_settings(clock: list[float]) -> None:
    study = Settings()
    history = History(study)
    study.set("people", 30)
    study.running = True
    history.undo()
    assert (study.values["people"], history.can_undo) == (30, True)


def test_only_so_many_steps_are_kept(clock: list[float]) -> None:
    study = Settings()
    history = History(study)
    for seed in range(100, 400):
        clock[0] += 2 * GESTURE
        study.set("seed", seed)
    while history.can_undo:
        history.undo()
    assert study.values["seed"] == 399 - MOST


@pytest.mark.thorough
@pytest.mark.packages
def test_the_explorer_goes_back_and_forth() -> None:
    explorer = Explorer((), background=False)
    first = explorer.face
    assert not explorer.can_redo
    explorer.edit(age=70)
    explorer.edit(hair="long")
    explorer.undo()
    explorer.undo()
    assert (explorer.face, explorer.can_undo, explorer.can_redo) == (first, False, True)
    explorer.redo()
    assert (explorer.face.age, explorer.face.hair) == (70, "tied")
    explorer.redo()
    assert explorer.face.hair == "long"
    assert not explorer.can_redo
    explorer.undo()
    explorer.edit(gender=1.0)
    assert not explorer.can_redo
    explorer.close()
