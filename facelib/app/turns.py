"""Whose turn it is to compute, among sessions that share a processor: first come, first served."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from facelib.utilities.scratch import is_locked

TURN: Final = ".turn"
POLL: Final = 0.05  # seconds between two looks at the line, for each who is before
LOOK: Final = 2.0  # seconds between two looks whether those before still live


class Turns:
    """A line of processes in a folder: each who wants to compute has a file there, which it keeps locked.

    A killed process loses its lock, and so its place. Where the system has no such locks (Windows) all
    compute at once.

    Parameters
    ----------
    folder
        Shared by all of them.
    at_once
        How many may compute at the same time.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Turns(Path(folder), 1).take(lambda: None):
    ...     len(list(Path(folder).iterdir()))
    1
    """

    def __init__(self, folder: Path, at_once: int) -> None:
        self.folder = folder
        self.at_once = at_once

    @contextlib.contextmanager
    def take(
        self, check: Callable[[], object], tell: Callable[[int], object] | None = None, *, later: float = 0.0
    ) -> Iterator[None]:
        """Wait for a turn, and keep it until the block ends.

        Parameters
        ----------
        check
            Called now and then while waiting; what it raises ends the wait.
        tell
            Called with the number of those who are before, whenever that changes.
        later
            Seconds by which who comes later goes first: for work that is less urgent, and has its turn
            nevertheless; below 0 for who has waited elsewhere.
        """
        with held(self.folder, f"{time.monotonic_ns() + round(later * 1e9):020d}") as mine:
            told, looked = -1, 0.0
            while mine is not None:
                check()
                before = self._before(mine)
                if len(before) >= self.at_once and time.monotonic() - looked > LOOK:
                    looked = time.monotonic()
                    for one in before:
                        if is_locked(one) is False:
                            one.unlink(missing_ok=True)
                    before = self._before(mine)
                if len(before) < self.at_once:
                    break
                if tell is not None and len(before) != told:
                    told = len(before)
                    tell(told)
                time.sleep(POLL * min(len(before), 4))
            yield

    def _before(self, mine: Path) -> list[Path]:
        names = (name for name in os.listdir(self.folder) if name.endswith(TURN))
        return [self.folder / name for name in names if name < mine.name]


@contextlib.contextmanager
def claimed(file: Path) -> Iterator[bool]:
    """Yield whether a file could be locked, which then lasts until the block ends; nobody waits.

    Where the system has no locks everybody gets it.
    """
    try:
        import fcntl
    except ImportError:
        yield True
        return
    lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)


@contextlib.contextmanager
def held(folder: Path, name: str) -> Iterator[Path | None]:
    """Yield a new file in a folder, locked until the block ends; None where the system has no locks."""
    try:
        import fcntl
    except ImportError:
        yield None
        return
    path = folder / f"{name}-{os.getpid()}-{secrets.token_hex(4)}{TURN}"
    part = path.with_suffix(".part")
    lock = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.rename(path)  # it appears locked
        yield path
    finally:
        path.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
        os.close(lock)
