"""Atomic files: there whole or not at all, also while other processes write and remove them."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from facelib.errors import FacelibError, WriteError

UNFINISHED: Final = re.compile(r".+\.(parquet|json)[0-9a-f]{16}\.part")
"""Names of tables and JSON while `written_whole` writes them."""

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def written_whole(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """Yield a file to write to, beside `path`; it becomes `path` by one rename when the block ends well.

    Two processes that start at once, a killed one, or a full disk leave no half file. Who may read it is what
    the process gives any file; if it is private, its owner alone, from the first byte.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb", opener=for_owner if private else None) as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def for_owner(path: str, flags: int) -> int:
    """Open a new file for its owner alone: an opener for `open`."""
    return os.open(path, flags, 0o600)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn system errors while `path` is written into errors that say what to do.

    Raises
    ------
    WriteError
        For an `OSError` that isn't one of ours.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, FacelibError):
            raise
        if error.errno in _FULL or "No space left" in str(error):
            msg = f"The disk of {path.parent} is full. Make room, or choose another folder, and try again."
        else:
            msg = f"{path} can't be written ({error.strerror or error}). Choose another folder."
        raise WriteError(msg) from error


def newest_last(paths: Iterable[Path]) -> list[Path]:
    """Return the paths that exist, by time of change: other processes may take some away."""
    changed = []
    for path in paths:
        with suppress(FileNotFoundError):
            changed.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(changed)]
