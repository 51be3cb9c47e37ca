"""What a malicious file may cost at most."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psutil
import pytest

SECONDS = 2.0  # of processor time: other tests run beside this one
BYTES = 200_000_000


@pytest.fixture
def bounded() -> Callable[[], AbstractContextManager[None]]:
    return _bounded


@contextmanager
def _bounded() -> Iterator[None]:
    """Fail if the block takes more than `SECONDS`, grows by more than `BYTES`, or leaves a file open."""
    process = psutil.Process()
    before, files, start = process.memory_info().rss, process.num_fds(), time.thread_time()
    peak, done = before, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    gc.collect()
    assert time.thread_time() - start < SECONDS
    assert peak - before < BYTES
    assert process.num_fds() <= files
