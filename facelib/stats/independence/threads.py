"""Threads of the tests, with one BLAS thread each."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

T = TypeVar("T")
R = TypeVar("R")


def available() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threaded(function: Callable[[T], R], items: Iterable[T], workers: int) -> list[R]:
    """Return [function(item) for item in items], on `workers` threads; the first error is raised."""
    todo = list(items)
    if workers <= 1 or len(todo) <= 1:
        return [function(item) for item in todo]
    with ThreadPoolExecutor(min(workers, len(todo))) as pool:
        return list(pool.map(function, todo))


class _Limit:
    """Counts the users of the limit to one BLAS thread; the last one to leave restores the former state."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.holders = 0
        self.controller = ThreadpoolController()
        self.limiter: object = None


@cache
def _limit() -> _Limit:
    return _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread inside: its own threads make small kernels several times slower."""
    limit = _limit()
    with limit.lock:
        if limit.holders == 0:
            limit.limiter = limit.controller.limit(limits=1, user_api="blas")
        limit.holders += 1
    try:
        yield
    finally:
        with limit.lock:
            limit.holders -= 1
            if limit.holders == 0:
                limit.limiter.restore_original_limits()  # type: ignore[attr-defined]
