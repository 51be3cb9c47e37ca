"""Where the page keeps what studies find: a folder for Explore, one a hypothesis; deleted at the end."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

EXPLORE = "explore"


class StudyFolder:
    """Folders of one session.

    Parameters
    ----------
    given
        Where to keep everything; None: in a temporary folder, which is deleted by `delete`, with this object,
        or at the end of the process, whichever comes first.

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

    def begin_another(self) -> None:
        """Give the next hypothesis a folder of its own."""
        self._number += 1
        while (self._root / f"confirm-{self._number}").exists():
            self._number += 1

    def delete(self) -> None:
        """Delete the folder if it is a temporary one."""
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    @property
    def _root(self) -> Path:
        if self.given is not None:
            return self.given
        if self._temporary is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="facelib-study-"))
            weakref.finalize(self, shutil.rmtree, self._temporary, ignore_errors=True)
        return self._temporary
