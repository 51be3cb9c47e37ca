"""A cache of arrays with a limit in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy.typing as npt


class ArrayCache:
    """The arrays used last, up to a number of bytes; safe to use from several threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._items: OrderedDict[Any, npt.NDArray[Any]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Any, make: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Return the array of `key`, made if it isn't there; it is read-only."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                return self._items[key]
        array = make()
        array.flags.writeable = False
        with self._lock:
            if key not in self._items:
                self._items[key] = array
                self._bytes += array.nbytes
            while self._bytes > self.limit and len(self._items) > 1:
                _, old = self._items.popitem(last=False)
                self._bytes -= old.nbytes
        return array
