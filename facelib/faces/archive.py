"""Read zip files without unpacking them; unsafe ones are refused before anything is read."""

from __future__ import annotations

import io
import re
import stat
import weakref
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from facelib.errors import BadArchiveError, BadImageError
from facelib.faces.photographs import MAX_BYTES
from facelib.utilities.content import open_file

MAX_FILES: Final = 100_000
MAX_DIRECTORY: Final = 24_000_000  # bytes of the list of files: room for so many, and little more
MAX_GROWTH: Final = 50  # unpacked over packed, of the whole: pictures hardly shrink in a zip
SMALL: Final = 1_000_000  # bytes unpacked that are fine whatever the growth
NESTED: Final = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")

_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # other methods don't bound what a step unpacks
_SHOWN: Final = 5


class Archive:
    """The files of a zip by their names.

    Parameters
    ----------
    source
        The file, or its content. A file stays open until the archive is gone.

    Attributes
    ----------
    names
        Its files in the order in which they stand, with ``/`` between folders.

    Raises
    ------
    BadArchiveError
        It isn't a zip, is damaged, or isn't safe: encrypted, too many files, nested archives, links, names
        that are there twice or lead out of the archive, or far more content than its size allows.
    """

    def __init__(self, source: str | Path | bytes) -> None:
        try:
            self._file = _opened(source)
            weakref.finalize(self, self._file.close)
            size = self._file.seek(0, io.SEEK_END)
        except OSError as error:
            msg = f"The zip {str(source)!r:.200} can't be read: {error.strerror or error}."
            raise BadArchiveError(msg) from error
        try:
            self._zip = zipfile.ZipFile(self._file)
        except BadArchiveError:
            raise
        except Exception as error:  # whatever zipfile raises on damaged ones, struct.error to RecursionError
            msg = f"The file isn't a zip, or it is damaged: {error}."
            raise BadArchiveError(msg) from error
        self._file.limit = MAX_BYTES
        self._members = {member.filename: member for member in self._zip.infolist() if not member.is_dir()}
        _check(self._zip.infolist(), size)
        self.names = tuple(self._members)

    def read(self, name: str) -> bytes:
        """Return the content of one file.

        Raises
        ------
        BadImageError
            It would be too large, or is damaged.
        """
        member = self._members[name]
        if member.file_size > MAX_BYTES:
            size = member.file_size / 1e6
            msg = f"A picture may have at most {MAX_BYTES // 10**6} MB; this one has {size:.0f} MB."
            raise BadImageError(msg)
        try:
            with self._zip.open(member) as file:
                return file.read(member.file_size)  # without a number, zipfile unpacks whatever is there
        except Exception as error:  # as above: BadZipFile, zlib.error, EOFError, NotImplementedError …
            msg = f"The picture is damaged in the zip: {error}."
            raise BadImageError(msg) from error

    def mark(self, name: str) -> tuple[int, int] | None:
        """Return size and checksum that the list of the zip says of a file; None of an empty one."""
        member = self._members[name]
        return (member.file_size, member.CRC) if member.file_size else None


class _Bounded(io.BufferedReader):
    """A file that refuses to give more than `limit` bytes at once: zipfile reads its list in one go."""

    limit = MAX_DIRECTORY

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to so many bytes from here on; None or below 0: all."""
        here = self.tell()
        left = self.seek(0, io.SEEK_END) - here
        self.seek(here)
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > self.limit:
            msg = f"A zip of faces may hold at most {MAX_FILES} files; the list of this one is far longer."
            raise BadArchiveError(msg)
        return super().read(wanted)


def _opened(source: Any) -> _Bounded:
    if isinstance(source, bytes):
        return _Bounded(io.BytesIO(source))
    if not isinstance(source, str | Path):
        msg = f"A zip is a file or its bytes; got {source!r}."
        raise BadArchiveError(msg)
    path = Path(source).expanduser()
    if not path.is_file():
        msg = f"There is no file {path}."
        raise BadArchiveError(msg)
    return _Bounded(open_file(path).detach())


def _check(members: Iterable[zipfile.ZipInfo], size: int) -> None:
    """Refuse a zip of `size` bytes whose list of files says that it isn't safe."""
    members = list(members)
    if len(members) > MAX_FILES:
        msg = f"A zip of faces may hold at most {MAX_FILES} files; this one has {len(members)}."
        raise BadArchiveError(msg)
    names = [member.orig_filename for member in members]
    _refuse([name for name in names if _leads_out(name)], "leads out of it")
    _refuse([name for name, times in Counter(names).items() if times > 1], "is there several times")
    _refuse(
        [name for name in names if name.lower().endswith(NESTED)], "is an archive itself; unpack it first"
    )
    _refuse([m.filename for m in members if m.flag_bits & 1], "is encrypted; pack it without a password")
    links = [m.filename for m in members if stat.S_ISLNK(m.external_attr >> 16)]
    _refuse(links, "is a link; pack the picture itself")
    others = [m.filename for m in members if m.compress_type not in _PACKED]
    _refuse(others, "is packed by a method other than deflate; pack it anew")
    content = sum(member.file_size for member in members)
    if content > max(SMALL, MAX_GROWTH * size):
        msg = (
            f"The zip has {size / 1e6:.2g} MB and claims to hold {content / 1e6:.2g} MB; "
            f"pictures shrink by {MAX_GROWTH} times at most."
        )
        raise BadArchiveError(msg)


def _leads_out(name: str) -> bool:
    plain = name.replace("\\", "/")
    return (
        "\0" in name
        or plain.startswith("/")
        or ".." in plain.split("/")
        or bool(re.match("[A-Za-z]:", plain))
    )


def _refuse(names: list[str], why: str) -> None:
    if names:
        shown = ", ".join(repr(name[:80]) for name in names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        msg = f"The zip is refused, for what is in it {why}: {shown}{more}."
        raise BadArchiveError(msg)
