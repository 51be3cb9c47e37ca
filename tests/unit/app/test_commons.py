"""What sessions of a class share: computed once, the same for all, and never of a photograph."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facelib import studies
from facelib.app import classroom
from facelib.app.explorer import state as states
from facelib.app.explorer.state import Explorer
from facelib.faces import sample_photograph

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

QUICK = ("known_unbiased", "known_age_happy")
SECONDS = 60


class Counted:
    """How often something expensive was done."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self.work = work
        self.calls = 0
        self.lock = threading.Lock()

    def __call__(self, *args: Any, **options: Any) -> Any:
        with self.lock:
            self.calls += 1
        return self.work(*args, **options)


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted(studies.sweep)
    monkeypatch.setattr(studies, "sweep", counted)
    return counted


@pytest.fixture
def placebos(monkeypatch: pytest.MonkeyPatch) -> Counted:
    from facelib.studies.sweeps import placebos as module

    counted = Counted(module.read)
    monkeypatch.setattr(module, "read", counted)
    return counted


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], Explorer]]:
    """Open sessions of a class, one after the other; they end with the test."""
    monkeypatch.setenv(classroom.VARIABLE, str(tmp_path))
    monkeypatch.setattr(states, "PLACEBOS", 6)
    monkeypatch.setattr(states, "SHOWN_AT", frozenset([2, 4]))
    monkeypatch.setattr(states, "SETTLE", 0.0)
    made: list[Explorer] = []

    def begin() -> Explorer:
        made.append(Explorer(QUICK))
        return made[-1]

    yield begin
    for one in made:
        one.close()


def finished(explorer: Explorer) -> states.Result:
    assert explorer.worker.wait(SECONDS)
    assert not explorer.problem
    assert explorer.result is not None
    assert explorer.result.finished
    return explorer.result


@pytest.mark.thorough
def test_the_second_visitor_of_a_scene_has_it_at_once(
    session: Callable[[], Explorer], sweeps: Counted, placebos: Counted
) -> None:
    first = session()
    first.start()
    one = finished(first)
    assert (sweeps.calls, placebos.calls) == (1, 6)
    second = session()
    second.start()
    assert second.result is not None  # before anything was computed
    other = finished(second)
    assert (sweeps.calls, placebos.calls) == (1, 6)
    assert other.sweep.effects("happy").equals(one.sweep.effects("happy"))
    np.testing.assert_array_equal(other.sweep.images, one.sweep.images)
    assert one.placebos is not None
    assert other.placebos is not None
    for name in QUICK:
        np.testing.assert_array_equal(
            other.placebos.series(name, "happy"), one.placebos.series(name, "happy")
        )


@pytest.mark.thorough
def test_twelve_who_open_one_scene_together_compute_it_once(
    session: Callable[[], Explorer], sweeps: Counted, placebos: Counted
) -> None:
    together = [session() for _ in range(12)]
    for one in together:
        one.start()
    for one in together:
        finished(one)
    assert (sweeps.calls, placebos.calls) == (1, 6)


@pytest.mark.thorough
def test_who_leaves_hands_on_what_is_there(
    session: Callable[[], Explorer], monkeypatch: pytest.MonkeyPatch, placebos: Counted
) -> None:
    seen = threading.Event()
    usual = Explorer._deliver

    def deliver(self: Explorer, scene: states.Scene, result: states.Result, *rest: float) -> None:
        usual(self, scene, result, *rest)
        if result.placebos is not None and len(result.placebos) >= 4:
            seen.set()
            time.sleep(0.3)

    first = session()
    with monkeypatch.context() as patch:
        patch.setattr(Explorer, "_deliver", deliver)
        first.start()
        assert seen.wait(SECONDS)
        first.close()
    before = placebos.calls
    second = session()
    second.start()
    finished(second)
    assert placebos.calls - before <= 3  # not all six


@pytest.mark.thorough
def test_of_a_photograph_nothing_is_shared(session: Callable[[], Explorer], tmp_path: Path) -> None:
    one = session()
    one.show(sample_photograph())
    assert one.commons is not None
    assert one.commons.key(*one.scene.parts) is None
    finished(one)
    assert list(tmp_path.iterdir()) == []


def test_scenes_that_differ_have_keys_that_differ(session: Callable[[], Explorer]) -> None:
    one = session()
    assert one.commons is not None
    head, change = one.scene.parts
    other = Explorer(QUICK[:1], background=False)
    assert other.commons is not None
    from facelib import interventions

    keys = {
        one.commons.key(*parts)
        for parts in (
            (head, change),
            (one.last_head.replace(age=70), change),
            (head, interventions.get("palsy")),
            (head, interventions.get("palsy", side="right")),
        )
    }
    assert len({*keys, other.commons.key(head, change)}) == 5


@pytest.mark.thorough
def test_damage_is_found_and_computed_anew(
    session: Callable[[], Explorer], sweeps: Counted, tmp_path: Path
) -> None:
    first = session()
    first.start()
    finished(first)
    for path in tmp_path.glob("*.safetensors"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    second = session()
    second.start()
    finished(second)
    assert sweeps.calls == 2


def test_outside_a_class_nothing_is_shared(tmp_path: Path) -> None:
    one = Explorer(QUICK, background=False)
    assert one.commons is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
def test_who_waits_is_told_how_many_come_first(session: Callable[[], Explorer]) -> None:
    one = session()
    said: list[str] = []
    one.observe(lambda change: said.append(change["new"]), "status")
    assert one.commons is not None
    release = threading.Event()

    def keep_busy() -> None:
        assert one.commons is not None
        with one.commons.turns.take(lambda: None):
            release.wait(SECONDS)

    others = [threading.Thread(target=keep_busy) for _ in range(one.commons.turns.at_once)]
    for other in others:
        other.start()
    time.sleep(0.2)
    one.start()
    deadline = time.monotonic() + SECONDS
    while not any("come first" in text for text in said):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    release.set()
    for other in others:
        other.join()
    finished(one)
