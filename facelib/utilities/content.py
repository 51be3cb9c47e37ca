"""The bytes of an untrusted file, read once, so that what is checked is what is used."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any, Final

from facelib.errors import BadModelError, ReadError

LARGEST_FILE = 4 * 2**30
"""Bytes; emotion classifiers are a hundred times smaller."""
LARGEST_GROWTH = 4
"""How many times an archive's file may unpacked be larger than the archive: weights hardly shrink."""
SMALL = 2**24
"""Bytes that a file may have unpacked however small its archive is: texts shrink well."""


_KINDS: Final = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


def open_file(path: Path) -> io.BufferedReader:
    """Open a regular file, or the target of a link to one: a pipe would wait, and a device may never end.

    Parameters
    ----------
    path
        The file, which is read from its first byte.

    Raises
    ------
    ReadError
        It is something else.
    OSError
        It isn't there, or closed to us.

    Examples
    --------
    >>> open_file(Path(os.devnull)) if os.name == "posix" else None
    Traceback (most recent call last):
    facelib.errors.ReadError: /dev/null is a device, and only files are read. Put the file itself there.
    """
    return open(path, "rb", opener=_regular)


def read_file(path: Path, most: int | None = None) -> bytes:
    """Return the content of a regular file.

    Parameters
    ----------
    path
        The file.
    most
        Bytes that it may have; None: any number.

    Raises
    ------
    ReadError
        It is something else than a file, has more than `most` bytes, or more than its system says.
    OSError
        It isn't there, or closed to us.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if most is not None and size > most:
            msg = f"{path.name} has {size / 1e6:,.0f} MB; at most {most / 1e6:,.0f} MB are read."
            raise ReadError(msg)
        content = file.read(size + 1)
    if len(content) > size:
        msg = f"{path} holds more than the {size:,} bytes that it should have: it is still being written."
        raise ReadError(msg)
    return content


def _regular(path: str, flags: int) -> int:
    _check_regular(path, os.stat(path))  # opening a device may do something already
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    try:
        _check_regular(path, os.fstat(descriptor))
    except ReadError:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(path: str, about: os.stat_result) -> None:
    if not stat.S_ISREG(about.st_mode):
        kind = _KINDS.get(stat.S_IFMT(about.st_mode), "something else")
        verb = "leads to" if Path(path).is_symlink() else "is"
        msg = f"{path} {verb} {kind}, and only files are read. Put the file itself there."
        raise ReadError(msg)


def read_content(path: Path, *, sha256: str | None = None) -> bytes:
    """Return the content of a file.

    Parameters
    ----------
    path
        The file.
    sha256
        Expected sha256, hexadecimal; None: any.

    Raises
    ------
    BadModelError
        It can't be read, is larger than `LARGEST_FILE`, or has another hash.
    """
    content = _from_disk(path)
    if sha256 is not None:
        found = hashlib.sha256(content).hexdigest()
        if found != sha256.lower():
            msg = f"{path.name} has sha256 {found[:16]}…; expected {sha256[:16]}…: another file, or damaged."
            raise BadModelError(msg)
    return content


def _from_disk(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            largest = f"{LARGEST_FILE / 2**30:.0f} GB"
            msg = f"{path.name} has {size / 2**30:.1f} GB; networks of up to {largest} are read."
            raise BadModelError(msg)
        return read_file(path)
    except OSError as error:
        why = str(error) if isinstance(error, ReadError) else f"{error.strerror}."
        msg = f"{path.name} can't be read: {why}"
        raise BadModelError(msg) from error


class Archive:
    """A zip archive in memory; nothing of it is written anywhere, so its names may be anything.

    Parameters
    ----------
    content
        The archive.
    name
        Of its file, for messages.

    Raises
    ------
    BadModelError
        It is no zip archive, or its files would be far larger than it is.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self._name = name
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeError) as error:
            msg = f"{name} is no whole zip archive: {error}"
            raise BadModelError(msg) from error
        claimed = sum(entry.file_size for entry in self._zip.infolist())
        if claimed > max(SMALL, LARGEST_GROWTH * len(content)):
            msg = f"{name} has {len(content)} bytes, but unpacked it would have {claimed}: it is refused."
            raise BadModelError(msg)

    @property
    def names(self) -> list[str]:
        """The names of its files."""
        return self._zip.namelist()

    def read(self, name: str) -> bytes:
        """Return one file; `BadModelError` if it isn't there or damaged."""
        try:
            return self._zip.read(name)
        except Exception as error:  # zipfile and its decompressors raise a dozen kinds
            msg = f"{name} can't be read from {self._name}: {error}"
            raise BadModelError(msg) from error


def parse_json(text: str | bytes, name: str) -> Any:
    """Return the content of a JSON text; `BadModelError`, naming `name`, if it is none or nests endlessly."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"{name} can't be read as JSON: {error}"
        raise BadModelError(msg) from error
