"""One worker thread per session: the newest job wins, and what it finds arrives under one lock."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from facelib.errors import FacelibError

logger = logging.getLogger(__name__)


class Superseded(Exception):  # noqa: N818 (not an error: the work was not needed any more)
    """A newer job has come; `Task.check` raises it and `Latest` swallows it."""


class Task:
    """A job on its way: what the work may ask and tell while it runs.

    Calling it says whether it is stale, so that it can be handed on as the ``stop`` of any work.
    """

    def __init__(
        self,
        owner: Latest,
        work: Callable[[Task], Any],
        done: Callable[[Any], object] | None,
        failed: Callable[[Exception], object] | None,
    ) -> None:
        self.work = work
        self.done = done
        self.failed = failed
        self._owner = owner

    def __call__(self) -> bool:
        """Say whether a newer job has come, so that nobody waits for this one any more."""
        return self._owner.newest is not self  # one reference, read atomically: needs no lock

    def check(self) -> None:
        """Raise `Superseded` if the task is stale: the short way out of nested loops."""
        if self():
            raise Superseded

    def tell(self, callback: Callable[..., object], *what: Any) -> bool:
        """Call ``callback(*what)`` under the session's lock, unless stale; return whether it was called.

        This is how progress and parts of a result reach the page while the work goes on.
        """
        with self._owner.lock:
            if self():
                return False
            callback(*what)
            return True


class Latest:
    """A worker thread with one pending slot: a newer job takes the place of the one that waits.

    Parameters
    ----------
    lock
        The session's lock: whatever a job delivers is delivered while holding it, and callbacks of widgets
        that touch the same state must hold it too. A new one if None.
    name
        Name of the thread, for debuggers.

    Examples
    --------
    >>> squares = []
    >>> with Latest() as worker:
    ...     worker.submit(lambda stale: 7 * 7, done=squares.append)
    ...     worker.wait(5)
    True
    >>> squares
    [49]
    """

    def __init__(self, lock: threading.RLock | None = None, name: str = "facelib-worker") -> None:
        self.lock = lock if lock is not None else threading.RLock()
        self.newest: Task | None = None
        self._changed = threading.Condition(self.lock)
        self._pending: Task | None = None
        self._running: Task | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()
        _at_exit(weakref.WeakMethod(self._expire))

    def submit(
        self,
        work: Callable[[Task], Any],
        failed: Callable[[Exception], object] | None = None,
        done: Callable[[Any], object] | None = None,
    ) -> None:
        """Run ``work(stale)`` soon; a job that waits is dropped, one that runs becomes stale.

        A closed worker ignores it: late events of a page that is going away are no error.

        Parameters
        ----------
        work
            Runs in the worker's thread, outside the lock; it should call ``stale()`` now and then and
            return when that is true.
        failed
            Gets what `work` raised, under the lock, unless stale. What isn't a `FacelibError` is logged
            with its traceback in any case.
        done
            Gets what `work` returned, under the lock, unless stale.
        """
        with self._changed:
            if not self._closed:
                self.newest = self._pending = Task(self, work, done, failed)
                self._changed.notify_all()

    def cancel(self) -> None:
        """Drop what waits and make stale what runs; nothing of it will be delivered."""
        with self._changed:
            self.newest = self._pending = None
            self._changed.notify_all()

    @property
    def busy(self) -> bool:
        """Whether a job waits or runs."""
        return self._pending is not None or self._running is not None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing waits or runs; return whether that came within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.busy, timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Cancel everything and end the thread; don't hold the lock when calling it.

        Work that never calls ``stale()`` is left to end by itself; what it finds is dropped.
        """
        with self._changed:
            self._closed = True
            self.cancel()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _expire(self) -> None:
        # The interpreter is about to end: whoever computes should stop, and nobody wants to hear why it
        # failed. No lock: a thread that will never go on may hold it.
        self._closed = True
        self.newest = self._pending = None

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._pending is not None)
                task, self._pending = self._pending, None
                if task is None:
                    return
                self._running = task
            try:
                self._perform(task)
            except Exception:  # the thread has to outlive whatever a callback does
                logger.exception("A result could not be delivered")
            with self._changed:
                self._running = None
                self._changed.notify_all()

    def _perform(self, task: Task) -> None:
        try:
            result = task.work(task)
        except Superseded:
            return
        except Exception as error:
            if self._closed:
                return
            if not isinstance(error, FacelibError):
                logger.exception("Work in the background failed")
            if task.failed is not None:
                task.tell(task.failed, error)
        else:
            if task.done is not None:
                task.tell(task.done, result)


def _at_exit(method: weakref.WeakMethod[Callable[[], None]]) -> None:
    """Call `method`, if its object still lives, before the interpreter shuts down the pools of threads.

    ``atexit`` comes too late: work that runs on would fail with "cannot schedule new futures".
    """

    def call() -> None:
        if (bound := method()) is not None:
            bound()

    register = getattr(threading, "_register_atexit", None)
    if register is not None:
        register(call)
