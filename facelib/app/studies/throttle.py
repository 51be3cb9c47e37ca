"""When to look at what a study has found so far: not too often, and for no more than a share of the time."""

from __future__ import annotations

import time
from typing import Any, Final

from facelib.errors import BadValueError

SHARE: Final = 0.15  # of the time that may go to what is shown while a study runs
LEAST: Final = 1.0  # seconds between two looks


class Looks:
    """Says when the next look is due.

    Parameters
    ----------
    least
        Seconds between two looks; None: `LEAST`.
    """

    def __init__(self, least: float | None = None) -> None:
        self._least = LEAST if least is None else least
        self._next = 0.0
        self._begun = 0.0

    @property
    def due(self) -> bool:
        """Whether it is time for another look."""
        return time.monotonic() >= self._next

    def __enter__(self) -> None:
        self._begun = time.monotonic()

    def __exit__(self, *_exception: object) -> None:
        now = time.monotonic()
        self._next = now + max(self._least, (now - self._begun) / SHARE)


def need(value: Any, what: str) -> None:
    """Raise `BadValueError` with what to do, unless there is something."""
    if not value:
        raise BadValueError(what)
