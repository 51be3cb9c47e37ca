"""Where the page keeps what studies find: a folder for Explore, one a hypothesis; deleted at the end."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
import weakref
from pathlib import Path
from typing import Final

EXPLORE: Final = "explore"
PREFIX: Final = "facelib-study-"
PATIENCE: Final = 2.0  # seconds that a run may take to write its last part while its folder is deleted


class StudyFolder:
    """Folders of one session.

    Parameters
    ----------
    given
        Where to keep everything; None: in a temporary folder, which is deleted by `delete`, with this object,
        or at the end of the process; where that was killed, by `sweep`.

    Examples
    --------
    >>> folder = StudyFolder()
    >>> folder.of("explore").name, folder.of("confirm").name
    ('explore', 'confirm-1')
    >>> folder.begin_another()
    >>> folder.of("confirm").name
    'confirm-2'
    >>> folder.delete()
    """

    def __init__(self, given: str | Path | None = None) -> None:
        self.given = None if given is None else Path(given).expanduser()
        self._temporary: Path | None = None
        self._number = 0

    def of(self, mode: str) -> Path:
        """Return the folder of a mode, "explore" or "confirm"; who writes to it makes it."""
        if mode == EXPLORE:
            return self.given or self._root / EXPLORE
        if not self._number:
            self.begin_another()
        return self._root / f"confirm-{self._number}"

    def known(self, mode: str) -> Path | None:
        """Return the folder of a mode if something may be in it: what is only planned makes none."""
        return None if self.given is None and self._temporary is None else self.of(mode)

    def begin_another(self) -> None:
        """Give the next hypothesis a folder of its own."""
        self._number += 1
        while (self._root / f"confirm-{self._number}").exists():
            self._number += 1

    def delete(self) -> None:
        """Delete the folder if it is a temporary one."""
        if self._temporary is not None:
            remove(self._temporary)

    @property
    def _root(self) -> Path:
        if self.given is not None:
            return self.given
        if self._temporary is None:
            sweep()
            self._temporary = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
            weakref.finalize(self, remove, self._temporary)
        return self._temporary


def remove(folder: Path) -> None:
    """Delete a folder, also while a run writes its last part there."""
    end = time.monotonic() + PATIENCE
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() or time.monotonic() > end:
            return
        time.sleep(0.05)


def sweep() -> None:
    """Delete the temporary folders of processes of ours that don't live any more: they were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        of = re.fullmatch(rf"{PREFIX}(\d+)-.*", folder.name)
        with contextlib.suppress(OSError):
            mine = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
            if of and mine and not _lives(int(of.group(1))):
                shutil.rmtree(folder, ignore_errors=True)


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
