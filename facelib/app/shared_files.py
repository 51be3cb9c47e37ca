"""Files that the sessions of a server share: whole, checked, and never more than there is room for."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from facelib.errors import ReadError
from facelib.utilities.content import read_file
from facelib.utilities.files import newest_last, written_whole

logger = logging.getLogger(__name__)

MOST: Final = 512 * 2**20  # bytes of all files together (our choice); a computed sweep has some 8 MB
NAME: Final = re.compile(r"([a-z]+)-([0-9a-f]+)-([0-9a-f]{64})\.safetensors")


class SharedFiles:
    """Files by kind and key; the name of each ends with the checksum of its content.

    A file that doesn't fit its checksum is deleted, and isn't there. Checksums find damage, not forgery:
    whoever may write here is the user whom the server belongs to.

    Parameters
    ----------
    folder
        Where they are; its owner alone may enter it.
    most
        Bytes of all together; those that nobody has asked for longest go first.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = SharedFiles(Path(folder))
    ...     files.keep("sweep", "c0ffee", b"numbers")
    ...     files.find("sweep", "c0ffee").read_bytes()
    b'numbers'
    """

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self.folder = folder
        self.most = most

    def find(self, kind: str, key: str) -> Path | None:
        """Return the newest whole file of this kind and key; None if there is none."""
        for path in reversed(newest_last(self.folder.glob(f"{kind}-{key}-*.safetensors"))):
            with contextlib.suppress(OSError):
                if self._is_whole(path):
                    os.utime(path)
                    return path
                logger.warning("A shared file was damaged, and is computed anew: %s", path.name)
                self.drop(path)
        return None

    @staticmethod
    def drop(path: Path) -> None:
        """Delete a file, unless the system doesn't let go of one that is in use."""
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)

    def keep(self, kind: str, key: str, content: bytes) -> None:
        """Keep the content of a file, in the place of what was kept under this kind and key.

        Where there is no room, on the disk or below `most`, nothing is kept.
        """
        if len(content) > self.most:
            return
        path = self.folder / f"{kind}-{key}-{hashlib.sha256(content).hexdigest()}.safetensors"
        try:
            self._make_room(len(content))
            with written_whole(path, private=True) as file:
                file.write(content)
        except OSError as error:
            logger.warning("What was computed can't be shared: %s", error)
            return
        for other in self.folder.glob(f"{kind}-{key}-*.safetensors"):
            if other != path:
                self.drop(other)

    def _is_whole(self, path: Path) -> bool:
        named = NAME.fullmatch(path.name)
        if named is None or path.is_symlink():
            return False
        try:
            return hashlib.sha256(read_file(path, self.most)).hexdigest() == named[3]
        except ReadError:
            return False

    def _make_room(self, size: int) -> None:
        kept = newest_last(self.folder.glob("*.safetensors"))
        sizes = dict(self._sizes(kept))
        room = self.most - size - sum(sizes.values())
        for path, freed in sizes.items():
            if room >= 0:
                return
            self.drop(path)
            room += freed

    @staticmethod
    def _sizes(paths: list[Path]) -> Iterator[tuple[Path, int]]:
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                yield path, path.stat().st_size
