"""Private temporary folders, removed with the process that made them, however it ends."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from facelib.utilities.content import open_file

PREFIX: Final = "facelib-"
LOCK: Final = ".lock"
PAGE: Final = "page"
"""Kind of the folder of a server of pages: sockets and keys of its kernels, nothing about people."""
PATIENCE: Final = 2.0  # seconds that a thread may take to write its last file while its folder is deleted

_held: dict[Path, int] = {}  # descriptors of the locks of this process, open as long as it lives


def new_folder(kind: str, place: Path | None = None) -> Path:
    """Make a folder that this user alone can enter; those that killed processes left are deleted first.

    Parameters
    ----------
    kind
        Its purpose, part of its name.
    place
        Where; None: among temporary files.
    """
    sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-{os.getpid()}-", dir=place))
    _hold(folder)
    return folder


@contextlib.contextmanager
def folder_for(kind: str) -> Iterator[Path]:
    """Yield such a folder until the block ends."""
    folder = new_folder(kind)
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Delete a folder, also while a thread writes its last file there."""
    if (lock := _held.pop(folder, None)) is not None:
        os.close(lock)
    end = time.monotonic() + PATIENCE
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() or time.monotonic() > end:
            return
        time.sleep(0.05)


def folders(place: Path | None = None) -> list[Path]:
    """Return all such folders of this user in a place, those of other processes included."""
    found = []
    for folder in sorted((place or Path(tempfile.gettempdir())).glob(f"{PREFIX}*-*")):
        with contextlib.suppress(OSError):
            mine = not hasattr(os, "getuid") or folder.lstat().st_uid == os.getuid()
            if mine and _is_ours(folder):
                found.append(folder)
    return found


def _is_ours(folder: Path) -> bool:
    """Return whether a folder is one that `new_folder` made: a name alone may be somebody's own."""
    marked = any((folder / name).exists() for name in (LOCK, f"{LOCK}.part"))
    return bool(_owner(folder)) and folder.is_dir() and not folder.is_symlink() and marked


def sweep(place: Path | None = None) -> None:
    """Delete the folders of processes that don't live any more: they were killed."""
    for folder in folders(place):
        if not in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)


def in_use(folder: Path) -> bool:
    """Return whether the process that made a folder lives; where the system doesn't say, yes.

    It holds a lock, which also counts in other containers, where its number means nothing.
    """
    locked = is_locked(folder / LOCK)
    return _lives(_owner(folder)) if locked is None else locked  # without locks, or before it was locked


def is_locked(file: Path) -> bool | None:
    """Return whether a process holds the lock of a file; None where that can't be known."""
    try:
        import fcntl

        with open_file(file) as opened:
            fcntl.flock(opened.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):
        return None
    return False


def _hold(folder: Path) -> None:
    """Lock a folder for as long as this process lives; the lock appears locked."""
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        part = folder / f"{LOCK}.part"
        lock = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        _held[folder] = lock
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.rename(folder / LOCK)


def _owner(folder: Path) -> int:
    """Return the number of the process that made a folder, 0 if its name has none."""
    found = re.fullmatch(rf"{PREFIX}[a-z]+-(\d+)-.*", folder.name)
    return int(found.group(1)) if found else 0


def _lives(process: int) -> bool:
    """Return whether a process lives; on Windows, where asking would end it, yes."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it lives, and isn't ours
    return True
