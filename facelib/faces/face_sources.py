"""Where the faces of a set are read from: a folder, a zip, or faces that are there; all can be sent along."""

from __future__ import annotations

import hashlib
import os
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from facelib.faces.archive import Archive
from facelib.faces.face import Face
from facelib.faces.photographs import load_face

KEPT: Final = 32_000_000  # bytes of the pictures read last: some forty heads of 512 px

Which = int | Literal["largest"] | None


class Source(ABC):
    """Faces by their names; it can be pickled, and then takes no pictures along that can be read again."""

    @abstractmethod
    def read(self, name: str) -> Face:
        """Return the face of that name, or raise what is wrong with its picture."""

    @abstractmethod
    def fingerprint(self, name: str) -> str:
        """Return a hash of all that the face is made of: of the file, not of what is read in it."""


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
        with (self.root / name).open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        return _hash(content, self.detect, self.which)


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

    def __reduce__(self) -> tuple[Any, ...]:
        return Kept, (self.source, self.limit)


def face_fingerprint(face: Face) -> str:
    """Return a hash of the picture of a face, its box, eyes and landmarks."""
    content = hashlib.sha256(face.image.tobytes())
    for points in (face.box, face.eyes, face.landmarks):
        content.update(points.tobytes())
    return _hash(face.image.shape, content.hexdigest())


def files_below(root: Path) -> Iterator[str]:
    """Return the names of all files below a folder, ``/`` between folders; links to folders don't count."""
    for folder, inner, files in os.walk(root):
        inner[:] = [name for name in inner if not name.startswith(".")]
        parent = Path(folder).relative_to(root).as_posix()
        yield from files if parent == "." else (f"{parent}/{name}" for name in files)


def _hash(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]
