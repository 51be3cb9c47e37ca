"""What facelib has written about people on this machine, so that it can be shown and deleted.

Studies, exports and reports go where their owner says; a private list in the user's data folder names the
places. Sessions of the page use `facelib.models.scratch`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

import platformdirs

from facelib.models import scratch
from facelib.models.writing import written_whole

Kind = Literal["session", "study", "export", "report"]

VARIABLE: Final = "FACELIB_DATA"
LIST: Final = "written.jsonl"
_PARTS: Final = ("[0-9a-f]*.parquet", "[0-9a-f]*.damaged", "[0-9a-f]*.part")
_STUDY: Final = (
    *("provenance.json", "hypothesis.json", "declaration.json", "run.lock", "*.part", "*.damaged"),
    *("faces*.parquet", "units*.parquet", "grid*.parquet"),
    *(f"{folder}/{name}" for folder in ("outputs", "measured") for name in _PARTS),
    "study.json",
)
FILES: Final[dict[Kind, tuple[str, ...]]] = {
    "session": ("**/*",),
    "study": (*(f"earlier-*/{name}" for name in _STUDY), *_STUDY),  # also what other versions computed
    "export": (
        *("columns.json", "figures/captions.json", "figures/*.svg", "figures/*.png"),
        *("tables/*.csv", "tables/*.parquet", "provenance.json"),
    ),
    "report": ("",),
}
"""Names of the files that facelib writes, the one that marks the place last; others aren't its own."""
MARKS: Final[dict[Kind, tuple[str, str]]] = {
    "study": ("study.json", '"kind"'),
    "export": ("provenance.json", '"made_by": "facelib export"'),
    "report": ("", '<meta name="generator" content="facelib'),
}
"""A file that is there, and what it says, if the place is still what it was."""


@dataclass(frozen=True)
class Written:
    """One place with data about people.

    Attributes
    ----------
    kind
        "session", "study", "export" or "report".
    path
        Of the folder, or of the report.
    files
        What facelib wrote there; empty if it is gone, or something else by now.
    in_use
        A session that goes on, or a study that is being run.
    """

    kind: Kind
    path: Path
    files: tuple[Path, ...]
    in_use: bool = False

    @property
    def bytes(self) -> int:
        """Size of its files on disk."""
        total = 0
        for file in self.files:
            with suppress(OSError):
                total += file.stat().st_size
        return total


def ledger() -> Path:
    """Return the list's path; the environment variable ``FACELIB_DATA`` names another folder for it."""
    folder = os.environ.get(VARIABLE) or platformdirs.user_data_dir("facelib", appauthor=False)
    return Path(folder).expanduser() / LIST


def remember(kind: Kind, path: Path) -> None:
    """Note that something about people is written to `path`; a session's folder is closed to others instead.

    Where no list can be kept (a home that can't be written to), there is none: a study goes on.
    """
    path = Path(path).expanduser().absolute()
    with suppress(OSError):
        if any(path.is_relative_to(folder) for folder in scratch.folders()):
            if path.is_dir():
                path.chmod(0o700)
            return
        line = json.dumps({"kind": kind, "path": str(path)})
        if line in _lines():
            return
        file = ledger()
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(file, "a", encoding="utf-8", opener=_private) as stream:
            stream.write(f"{line}\n")


def written() -> list[Written]:
    """Return all that facelib wrote about people on this machine and that it knows of."""
    found = [
        Written("session", folder, _files("session", folder), scratch.in_use(folder))
        for folder in scratch.folders()
    ]
    for line in _lines():
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            kind, path = cast("Kind", entry["kind"]), Path(entry["path"])
            if kind in MARKS:
                busy = kind == "study" and bool(scratch.is_locked(path / "run.lock"))
                found.append(Written(kind, path, _files(kind, path), busy))
    return found


def delete(places: Iterable[Written]) -> list[Path]:
    """Delete what facelib wrote in some places, and forget them.

    Returns
    -------
    list
        Files that could not be deleted; their places stay on the list.
    """
    left: list[Path] = []
    done: set[str] = set()
    for one in places:
        if one.kind == "session":
            scratch.remove(one.path)
            left += [file for file in one.files if file.exists()]
            continue
        here = [file for file in one.files if not _unlinked(file)]
        for folder in sorted({file.parent for file in one.files}, reverse=True):
            with suppress(OSError):
                if one.path.is_dir() and folder != one.path:
                    folder.rmdir()  # if it is empty
        with suppress(OSError):
            if one.path.is_dir():
                one.path.rmdir()
        left += here
        done |= set() if here else {json.dumps({"kind": one.kind, "path": str(one.path)})}
    _forget(done)
    return left


def _forget(lines: set[str]) -> None:
    kept = [line for line in _lines() if line not in lines]
    if not kept:
        ledger().unlink(missing_ok=True)
        return
    with written_whole(ledger()) as file:
        with suppress(OSError, AttributeError):  # systems without modes
            os.fchmod(file.fileno(), 0o600)
        file.write("".join(f"{line}\n" for line in kept).encode())


def _lines() -> list[str]:
    try:
        return list(dict.fromkeys(filter(None, ledger().read_text(encoding="utf-8").splitlines())))
    except (OSError, ValueError):
        return []


def _files(kind: Kind, path: Path) -> tuple[Path, ...]:
    """Return what facelib wrote at a place, nothing if that is something else by now."""
    if kind in MARKS and not _is_marked(path, *MARKS[kind]):
        return ()
    return tuple(_found(kind, path))


def _found(kind: Kind, path: Path) -> Iterator[Path]:
    if kind == "report":
        yield path
        return
    for pattern in FILES[kind]:
        for file in sorted(path.glob(pattern)):
            inside = (one for one in file.parents if one.is_relative_to(path) and one != path)
            if (file.is_file() or file.is_symlink()) and not any(one.is_symlink() for one in inside):
                yield file


def _is_marked(path: Path, name: str, mark: str) -> bool:
    try:
        with (path / name if name else path).open("rb") as file:
            return mark.encode() in file.read(2**20)
    except OSError:
        return False


def _unlinked(file: Path) -> bool:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
