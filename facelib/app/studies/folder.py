"""Where the page keeps what studies find: a folder for Explore, one a hypothesis; deleted at the end."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Final

from facelib.utilities.scratch import new_folder, remove

EXPLORE: Final = "explore"


class StudyFolder:
    """Folders of one session.

    Parameters
    ----------
    given
        Where to keep everything; None: in a private temporary folder, which is deleted by `delete`, with this
        object, or at the end of the process; where that was killed, by `facelib.utilities.scratch.sweep`.

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
            self._temporary = new_folder("study")
            weakref.finalize(self, remove, self._temporary)
        return self._temporary
