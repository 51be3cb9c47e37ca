"""The worker delivers the newest job, under the lock, and outlives whatever happens in it."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from facelib.app.worker import Latest, Task
from facelib.errors import BadValueError


@pytest.fixture
def worker() -> Iterator[Latest]:
    with Latest() as one:
        yield one


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


def occupy(worker: Latest, gate: threading.Event, done: Callable[[object], object] | None = None) -> Task:
    """Keep the worker busy until `gate` opens; return the task that runs."""
    tasks: list[Task] = []
    began = threading.Event()

    def work(task: Task) -> str:
        tasks.append(task)
        began.set()
        assert gate.wait(5)
        return "first"

    worker.submit(work, done=done)
    assert began.wait(5)
    return tasks[0]


def test_newest_job_wins_and_those_between_never_run(worker: Latest, gate: threading.Event) -> None:
    ran: list[int] = []
    delivered: list[object] = []
    first = occupy(worker, gate, delivered.append)
    assert not first()
    for number in range(10):
        worker.submit(lambda _task, number=number: ran.append(number) or number, done=delivered.append)
    assert first()
    assert worker.busy
    gate.set()
    assert worker.wait(5)
    assert ran == [9]
    assert delivered == [9]
    assert not worker.busy


@pytest.mark.thorough
def test_deliveries_keep_the_order_and_end_with_the_last(worker: Latest, rng: np.random.Generator) -> None:
    delivered: list[int] = []
    pauses = rng.uniform(0, 2e-3, (200, 2))

    def work(task: Task, number: int, pause: float) -> int:
        threading.Event().wait(pause)
        return number

    for number, (before, during) in enumerate(pauses):
        threading.Event().wait(before)
        worker.submit(lambda task, n=number, p=during: work(task, n, p), done=delivered.append)
    assert worker.wait(5)
    assert delivered == sorted(set(delivered))
    assert delivered[-1] == 199


def test_results_and_errors_arrive_while_the_lock_is_held() -> None:
    lock = threading.RLock()
    free: list[bool] = []

    def look(_what: object) -> None:
        other = threading.Thread(target=lambda: free.append(lock.acquire(blocking=False)))
        other.start()
        other.join()

    def fail(_task: Task) -> None:
        raise BadValueError("Expected something else.")

    with Latest(lock) as worker:
        worker.submit(lambda task: task.tell(look, "part"), done=look)
        assert worker.wait(5)
        worker.submit(fail, failed=look)
        assert worker.wait(5)
    assert free == [False, False, False]


def test_work_runs_outside_the_lock(worker: Latest, gate: threading.Event) -> None:
    occupy(worker, gate)
    assert worker.lock.acquire(timeout=1)
    worker.lock.release()
    gate.set()


def test_errors_are_delivered_and_logged_unless_the_user_caused_them(
    worker: Latest, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[Exception] = []
    for error in (BadValueError("Choose another face."), ZeroDivisionError("inside")):

        def work(_task: Task, error: Exception = error) -> None:
            raise error

        worker.submit(work, failed=errors.append)
        assert worker.wait(5)
    assert [type(error) for error in errors] == [BadValueError, ZeroDivisionError]
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_worker_outlives_failing_callbacks(worker: Latest, caplog: pytest.LogCaptureFixture) -> None:
    delivered: list[object] = []

    def fail(_what: object) -> None:
        raise RuntimeError("in a callback")

    worker.submit(lambda _task: 1, done=fail)
    assert worker.wait(5)
    worker.submit(lambda _task: 1 / 0, failed=fail)
    assert worker.wait(5)
    worker.submit(lambda _task: 2, done=delivered.append)
    assert worker.wait(5)
    assert delivered == [2]
    assert sum("could not be delivered" in record.message for record in caplog.records) == 2


def test_stale_work_tells_nothing_and_can_leave_at_once(worker: Latest, gate: threading.Event) -> None:
    told: list[object] = []

    def work(task: Task) -> str:
        task.tell(told.append, "early")
        assert gate.wait(5)
        assert not task.tell(told.append, "late")
        task.check()
        return "not reached"

    worker.submit(work, failed=told.append, done=told.append)
    while not told:
        threading.Event().wait(0.001)
    worker.cancel()
    gate.set()
    assert worker.wait(5)
    assert told == ["early"]


def test_cancel_drops_what_waits(worker: Latest, gate: threading.Event) -> None:
    ran: list[int] = []
    occupy(worker, gate)
    worker.submit(lambda _task: ran.append(1))
    worker.cancel()
    gate.set()
    assert worker.wait(5)
    assert ran == []


def test_wait_gives_up_in_time(worker: Latest, gate: threading.Event) -> None:
    occupy(worker, gate)
    assert not worker.wait(0.05)
    gate.set()


def test_close_ends_the_thread_and_ignores_what_comes_late(caplog: pytest.LogCaptureFixture) -> None:
    before = threading.active_count()
    worker = Latest()
    assert threading.active_count() == before + 1
    worker.close()
    worker.close()
    assert threading.active_count() == before
    worker.submit(lambda _task: 1 / 0)
    assert not worker.busy
    assert not caplog.records


def test_work_stops_silently_when_the_program_ends() -> None:
    code = """
import threading
from concurrent.futures import ThreadPoolExecutor
from facelib.app.worker import Latest

began = threading.Event()
pool = ThreadPoolExecutor(1)

def work(stale):
    began.set()
    while True:
        pool.submit(int).result()

worker = Latest()
worker.submit(work)
assert began.wait(5)
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert answer.stderr == ""


def test_a_job_may_close_its_worker() -> None:
    worker = Latest()
    worker.submit(lambda _task: None, done=lambda _result: worker.close())
    assert worker.wait(5)
    worker._thread.join(5)
    assert not worker._thread.is_alive()


def test_jobs_may_submit_the_next_one(worker: Latest, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    seen: list[int] = []

    def follow(number: int) -> None:
        seen.append(number)
        if number < 5:
            worker.submit(lambda _task: number + 1, done=follow)

    worker.submit(lambda _task: 0, done=follow)
    assert worker.wait(5)
    assert seen == [0, 1, 2, 3, 4, 5]
    assert not caplog.records
