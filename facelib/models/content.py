"""The bytes of a file that a stranger gave: read once, so that what is checked is what is used."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from facelib.errors import BadModelError

LARGEST_FILE = 4 * 2**30
"""Bytes; emotion classifiers are a hundred times smaller."""
LARGEST_GROWTH = 4
"""How many times an archive's file may unpacked be larger than the archive: weights hardly shrink."""
SMALL = 2**24
"""Bytes that a file may have unpacked however small its archive is: texts shrink well."""


def read_content(path: Path, *, sha256: str | None = None) -> bytes:
    """Return the content of a file.

    Parameters
    ----------
    path
        The file.
    sha256
        What its hash, hexadecimal, has to be; None: anything.

    Raises
    ------
    BadModelError
        It can't be read, is larger than `LARGEST_FILE`, or has another hash.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            largest = f"{LARGEST_FILE / 2**30:.0f} GB"
            msg = f"{path.name} has {size / 2**30:.1f} GB; networks of up to {largest} are read."
            raise BadModelError(msg)
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path.name} can't be read: {error.strerror}."
        raise BadModelError(msg) from error
    if sha256 is not None:
        found = hashlib.sha256(content).hexdigest()
        if found != sha256.lower():
            msg = f"{path.name} has sha256 {found[:16]}…; expected {sha256[:16]}…: another file, or damaged."
            raise BadModelError(msg)
    return content


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
    """Return what a JSON text holds; `BadModelError`, naming `name`, if it isn't one or nests without end."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"{name} can't be read as JSON: {error}"
        raise BadModelError(msg) from error
