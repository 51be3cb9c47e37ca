"""Sources of a set's faces: a folder, a zip, or faces in memory; all can be sent to other processes."""

from __future__ import annotations

import hashlib
import os
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

from facelib.errors import BadImageError, BadValueError, ReadError
from facelib.face import Face, face_fingerprint
from facelib.faces.archive import Archive
from facelib.faces.copies import START, Copies, alike, digest
from facelib.faces.photographs import MAX_BYTES, load_face
from facelib.faces.table import SUFFIXES, is_hidden, is_picture
from facelib.utilities.content import open_file

KEPT: Final = 32_000_000  # bytes of the pictures read last: some forty heads of 512 px
MAX_ENTRIES: Final = 1_000_000  # files and folders in a folder of photographs
MAX_FOLDERS: Final = 100_000  # of these: each is opened
SYSTEM: Final = ("/proc", "/sys", "/dev")
"""Folders without an end, whose files are no files; in memory, but ordinary, is what lies in `SHARED`."""
SHARED: Final = "/dev/shm"

Which = int | Literal["largest"] | None


class Source(ABC):
    """Faces by their names; it can be pickled, and then takes no pictures along that can be read again."""

    @abstractmethod
    def read(self, name: str) -> Face:
        """Return the face of that name, or raise what is wrong with its picture."""

    @abstractmethod
    def fingerprint(self, name: str) -> str:
        """Return a hash of all that the face is made of: of the file, not of what is read in it."""

    def copies(self, names: Sequence[str]) -> Copies:  # noqa: ARG002 (faces in memory are no files)
        """Return which of the names are one file, byte for byte; none of faces that are no files."""
        return ()


@dataclass(frozen=True)
class Folder(Source):
    """The photographs of a folder; `detect` and `which` are those of `load_face`."""

    root: Path
    detect: bool
    which: Which

    def read(self, name: str) -> Face:
        """Return the face on a photograph."""
        return load_face(self.root / name, self.detect, self.which)

    def fingerprint(self, name: str) -> str:
        """Return a hash of the file and of how it is read."""
        with open_file(self.root / name) as file:
            start = file.read(min(os.fstat(file.fileno()).st_size, MAX_BYTES))  # larger ones aren't read
        return _hash(hashlib.sha256(start).hexdigest(), self.detect, self.which)

    def copies(self, names: Sequence[str]) -> Copies:
        """Return which files are the same: sizes first, then starts, then all of what is left."""

        def size(name: str) -> int | None:
            try:
                count = (self.root / name).stat().st_size
            except OSError:
                return None
            return count if 0 < count <= MAX_BYTES else None

        return alike(names, [size, partial(self._digest, most=START), self._digest])

    def _digest(self, name: str, most: int = MAX_BYTES) -> str | None:
        try:
            with open_file(self.root / name) as file:
                return digest(file.read(most))
        except (OSError, ReadError):  # reading the face says what is wrong with it
            return None


class Zipped(Source):
    """The photographs of a zip: a file, or its bytes."""

    def __init__(self, source: str | Path | bytes, detect: bool, which: Which) -> None:
        self.source, self.detect, self.which = source, detect, which
        self.archive = Archive(source)

    def read(self, name: str) -> Face:
        """Return the face on a photograph."""
        return load_face(self.archive.read(name), self.detect, self.which)

    def fingerprint(self, name: str) -> str:
        """Return a hash of the picture and of how it is read."""
        return _hash(hashlib.sha256(self.archive.read(name)).hexdigest(), self.detect, self.which)

    def copies(self, names: Sequence[str]) -> Copies:
        """Return which pictures are the same: size and checksum first, then all of those that are left."""

        def content(name: str) -> str | None:
            try:
                return digest(self.archive.read(name))
            except BadImageError:  # reading the face says what is wrong with it
                return None

        return alike(names, [self.archive.mark, content])

    def __reduce__(self) -> tuple[Any, ...]:
        return Zipped, (self.source, self.detect, self.which)


@dataclass(frozen=True, eq=False)
class Listed(Source):
    """Faces that are there already, by name."""

    faces: Mapping[str, Face]

    def read(self, name: str) -> Face:
        """Return the face."""
        return self.faces[name]

    def fingerprint(self, name: str) -> str:
        """Return a hash of the picture and its points."""
        return face_fingerprint(self.faces[name])


class Kept(Source):
    """A source that keeps the faces read last, up to so many bytes of pictures; threads may use it."""

    def __init__(self, source: Source, limit: int = KEPT) -> None:
        self.source, self.limit = source, limit
        self._faces: OrderedDict[str, Face] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, name: str) -> Face:
        """Return the face; who changes its picture changes no one else's."""
        with self._lock:
            face = self._faces.get(name)
            if face is not None:
                self._faces.move_to_end(name)
        if face is None:
            face = self.source.read(name)
            with self._lock:
                self._faces[name] = face
                while sum(one.image.nbytes for one in self._faces.values()) > self.limit:
                    self._faces.popitem(last=False)
        return face.replace(image=face.image.copy())

    def fingerprint(self, name: str) -> str:
        """Return the hash that the source gives."""
        return self.source.fingerprint(name)

    def copies(self, names: Sequence[str]) -> Copies:
        """Return what the source gives."""
        return self.source.copies(names)

    def __reduce__(self) -> tuple[Any, ...]:
        return Kept, (self.source, self.limit)


def files_below(root: Path) -> tuple[list[str], tuple[str, ...]]:
    """Return the files below a folder, ``/`` between folders, and what was left out, in sentences.

    Hidden folders don't count. A link to a file counts if that lies in the folder, too; links to folders
    aren't followed. What leads out of the folder, leads nowhere, is no file or can't be read is left out,
    and said where it is named as a picture or is a folder.

    Raises
    ------
    BadValueError
        It is a folder of the system, can't be read, or holds more than `MAX_ENTRIES` files and folders, or
        more than `MAX_FOLDERS` folders.
    """
    root = root.resolve()
    _check_root(root)
    names: list[str] = []
    left: dict[_Why, list[str]] = defaultdict(list)
    waiting, entries, folders = [""], 0, 0
    while waiting:
        folder = waiting.pop()
        folders += 1
        try:
            with os.scandir(root / folder) as found:
                inside = list(islice(found, MAX_ENTRIES + 1 - entries))
        except OSError as error:
            if not folder:
                msg = f"The folder {root} can't be read ({error.strerror or error}). Choose another one."
                raise BadValueError(msg) from error
            left[_CLOSED].append(folder)
            continue
        entries += len(inside)
        for entry in inside:
            name = f"{folder}/{entry.name}" if folder else entry.name
            kind = _kind_of(entry, root, picture=is_picture(name))
            if kind == "file":
                names.append(name)
            elif kind == "folder":
                waiting.append(name)
            elif kind is not None:
                left[kind].append(name)
        _check_count(root, entries, MAX_ENTRIES, "files")
        _check_count(root, folders + len(waiting), MAX_FOLDERS, "folders")
    return names, tuple(why.told(left[why]) for why in (_OUT, _NOWHERE, _NO_FILE, _CLOSED) if left[why])


@dataclass(frozen=True)
class _Why:
    """A reason for leaving out files of a folder: words for one and for several, and what to do."""

    one: str
    several: str
    remedy: str = ""

    def told(self, names: list[str]) -> str:
        """Return how many there are, why they are left out, and the first of them."""
        shown = ", ".join(sorted(names)[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        return (
            f"{len(names)} left out, {self.one if len(names) == 1 else self.several}: {shown}.{self.remedy}"
        )


_SHOWN: Final = 5
_OUT: Final = _Why(
    "a link that leads out of the folder",
    "links that lead out of the folder",
    " Put the pictures themselves there.",
)
_NOWHERE: Final = _Why("a link that leads nowhere", "links that lead nowhere")
_NO_FILE: Final = _Why("no file but a pipe, a socket or a device", "no files but pipes, sockets or devices")
_CLOSED: Final = _Why("a folder that can't be read", "folders that can't be read")
_OTHER: Final = _Why(
    "a picture of another kind",
    "pictures of other kinds",
    f" PNG, JPEG and WebP are read, in files that end in {', '.join(SUFFIXES)}: save it as one of these.",
)
OTHERS: Final = (
    ".bmp", ".tif", ".tiff", ".gif", ".heic", ".heif", ".avif", ".jp2", ".jfif", ".jpe",
    ".ppm", ".pgm", ".pnm", ".dng", ".cr2", ".cr3", ".nef", ".arw",
)  # fmt: skip


def other_kinds(names: Iterable[str], listed: Iterable[str]) -> tuple[str, ...]:
    """Say which files look like pictures of kinds that aren't read; those that a table lists don't count."""
    known = set(listed)
    others = [
        name
        for name in names
        if PurePosixPath(name).suffix.lower() in OTHERS and name not in known and not is_hidden(name)
    ]
    return (_OTHER.told(others),) if others else ()


_Kind = Literal["file", "folder"] | _Why | None


def _kind_of(entry: os.DirEntry[str], root: Path, *, picture: bool) -> _Kind:
    """Return what an entry of a folder is, or why it is left out; None: it isn't worth a word."""
    hidden = entry.name.startswith(".")
    if entry.is_symlink():
        return _kind_of_link(Path(entry.path), root, picture=picture, hidden=hidden)
    if entry.is_dir(follow_symlinks=False):
        return None if hidden else "folder"
    if entry.is_file(follow_symlinks=False):
        return "file"
    return _NO_FILE if picture else None


def _kind_of_link(link: Path, root: Path, *, picture: bool, hidden: bool) -> _Kind:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # it is gone, or a circle
        return _NOWHERE if picture else None
    if not target.is_relative_to(root):
        return _OUT if picture or (target.is_dir() and not hidden) else None
    if target.is_file():
        return "file"
    return _NO_FILE if picture and not target.is_dir() else None


def _check_count(root: Path, count: int, most: int, what: str) -> None:
    if count > most:
        msg = (
            f"The folder {root} holds more than {most:,} {what}, so it is no folder of photographs. "
            "Choose the folder within it that holds the pictures."
        )
        raise BadValueError(msg)


def _check_root(root: Path) -> None:
    inside = any(root.is_relative_to(one) for one in SYSTEM) and not root.is_relative_to(SHARED)
    if inside or root == Path("/"):
        msg = (
            f"{root} is a folder of the system, which isn't searched for photographs. Choose the folder that "
            "holds the pictures."
        )
        raise BadValueError(msg)


def _hash(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]
