"""Cached files with a seal: read only if they are as they were written.

Each file ends with the sha256 of all before it, and lies in a folder that nobody else may write to. A damaged
file counts as missing, so that it is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import stat
from functools import cache
from pathlib import Path

from facelib.errors import UnavailableError
from facelib.utilities.files import written_whole
from facelib.utilities.home import home

_SEAL = hashlib.sha256().digest_size  # bytes
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def folder() -> Path:
    """Return the folder ``compiled`` of `home`, made for this user alone if it isn't there.

    Raises
    ------
    UnavailableError
        It belongs to another user, who could have put anything there.
    """
    path = home() / "compiled"
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    if not hasattr(os, "getuid"):
        return path
    about = path.stat()
    if about.st_uid not in (os.getuid(), 0):
        msg = (
            f"{path} belongs to another user, so what is in it can't be trusted. Set FACELIB_HOME to a "
            "folder of your own."
        )
        raise UnavailableError(msg)
    if about.st_mode & _OTHERS:
        path.chmod(0o700)
    return path


def sealed(content: bytes) -> bytes:
    """Return a content with its seal."""
    return content + hashlib.sha256(content).digest()


def read(path: Path) -> bytes | None:
    """Return the content of a sealed file; None if it isn't there, or not as it was written."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if hashlib.sha256(content[:-_SEAL]).digest() == content[-_SEAL:]:
        return content[:-_SEAL]
    logging.getLogger(__name__).warning("%s was damaged or changed; it is made again", path)
    return None


def is_whole(path: Path) -> bool:
    """Return whether a kept file is there as it was written; each state of it is checked once."""
    try:
        about = path.stat()
    except FileNotFoundError:
        return False
    return _is_whole(path, about.st_size, about.st_mtime_ns)


@cache
def _is_whole(path: Path, _size: int, _changed: int) -> bool:
    return read(path) is not None


def write(path: Path, content: bytes) -> None:
    """Write a content to a file, with its seal."""
    with written_whole(path) as file:
        file.write(sealed(content))
