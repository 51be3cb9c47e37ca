"""Turns among processes: in the order of coming, and past those that were killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from facelib.app import turns
from facelib.app.turns import TURN, Turns, claimed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="without locks all compute at once")

HOLD = """
import sys, time
from pathlib import Path
from facelib.app.turns import Turns
with Turns(Path(sys.argv[1]), 1).take(lambda: None):
    print("mine", flush=True)
    time.sleep(60)
"""


class Line:
    """Threads that want a turn, each with a name, and the order in which they had it."""

    def __init__(self, folder: Path, at_once: int = 1) -> None:
        self.turns = Turns(folder, at_once)
        self.had: list[str] = []
        self.told: list[int] = []
        self.now = self.most = 0
        self.lock = threading.Lock()
        self.threads: list[threading.Thread] = []

    def join(self, name: str, later: float = 0.0, work: float = 0.05) -> None:
        before = len(list(self.turns.folder.glob(f"*{TURN}")))

        def run() -> None:
            with self.turns.take(lambda: None, self.told.append, later=later):
                with self.lock:
                    self.had.append(name)
                    self.now += 1
                    self.most = max(self.most, self.now)
                time.sleep(work)
                with self.lock:
                    self.now -= 1

        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()
        deadline = time.monotonic() + 10
        while len(list(self.turns.folder.glob(f"*{TURN}"))) <= before and name not in self.had:
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def end(self) -> None:
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()


@pytest.mark.thorough
def test_who_comes_first_computes_first(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.join("first", work=0.5)
    for name in "abcd":
        line.join(name)
    line.end()
    assert line.had == ["first", *"abcd"]
    assert line.most == 1
    assert {1, 2, 3, 4} <= set(line.told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
def test_as_many_at_once_as_there_is_room_for(tmp_path: Path) -> None:
    line = Line(tmp_path, at_once=2)
    for name in "abcdef":
        line.join(name, work=0.2)
    line.end()
    assert line.most == 2


@pytest.mark.thorough
def test_less_urgent_work_lets_others_go_first_but_has_its_turn(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.join("first", work=0.6)
    line.join("placebos", later=0.3)
    line.join("a sweep")
    time.sleep(0.35)
    line.join("a late sweep")
    line.end()
    assert line.had == ["first", "a sweep", "placebos", "a late sweep"]


@pytest.mark.thorough
def test_a_killed_process_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LOOK", 0.1)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    with holder, holder.stdout:
        assert holder.stdout.readline() == "mine\n"
        line = Line(tmp_path)
        line.join("waits")
        time.sleep(0.5)
        assert not line.had
        holder.kill()
        line.end()
    assert line.had == ["waits"]
    assert list(tmp_path.iterdir()) == []


def test_who_isnt_needed_any_more_leaves_the_line(tmp_path: Path) -> None:
    one = Turns(tmp_path, 1)

    def stale() -> None:
        raise InterruptedError

    with one.take(lambda: None):
        with pytest.raises(InterruptedError), one.take(stale):
            pass
        assert len(list(tmp_path.iterdir())) == 1


def test_one_alone_has_a_claim(tmp_path: Path) -> None:
    with claimed(tmp_path / "scene") as first, claimed(tmp_path / "scene") as second:
        assert (first, second) == (True, False)
        with claimed(tmp_path / "other") as third:
            assert third
    with claimed(tmp_path / "scene") as again:
        assert again
