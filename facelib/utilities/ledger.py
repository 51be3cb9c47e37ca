"""A ledger of files that facelib wrote about people on this machine, to show and delete them.

Studies, exports, reports, films and tables go where their owner says; a private list in the user's data
folder names the places. Sessions of the page use `facelib.utilities.scratch`.
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

from facelib.utilities import scratch
from facelib.utilities.content import open_file, read_file
from facelib.utilities.files import for_owner, written_whole

Kind = Literal["session", "study", "export", "report", "film", "table"]

VARIABLE: Final = "FACELIB_DATA"
LIST: Final = "written.jsonl"
_HEX: Final = "[0-9a-f]"
_ENDS: Final = ("parquet", "damaged", "parquet*.part")
_SUMS: Final = tuple(f"-{_HEX * 32}.{end}" for end in _ENDS)  # in the names of what a study stores
_PARTS: Final = tuple(f"{_HEX * 24}{end}" for end in (*_SUMS, *(f".{end}" for end in _ENDS)))
_TABLES: Final = tuple(f"{name}{end}" for name in ("faces", "units", "grid-*") for end in _SUMS)
_STUDY: Final = (
    *("provenance.json", "hypothesis.json", "declaration.json", "run.lock", "study.json*.part"),
    *("provenance.json*.part", "study.damaged", "provenance.damaged", *_TABLES),
    *("faces.parquet", "units.parquet", f"grid-{_HEX * 16}.parquet"),  # of format 1
    *(f"{folder}/{name}" for folder in ("outputs", "measured") for name in _PARTS),
    "study.json",
)
FILES: Final[dict[Kind, tuple[str, ...]]] = {
    "session": ("**/*",),
    "study": (*(f"earlier-*/{name}" for name in _STUDY), *_STUDY),  # also what other versions computed
    "export": (
        *("figures/*.svg", "figures/*.png", "figures/captions.json"),
        *("tables/*.csv", "tables/*.parquet", "columns.json", "provenance.json"),
    ),
    "report": ("",),
    "film": ("",),
    "table": ("",),
}
"""Names of the files that facelib writes, the one that marks the place last; others aren't its own."""
NAMED: Final = {"figures": "figures/captions.json", "tables": "columns.json"}
"""The files that name the figures and the tables of an export: others beside them are its user's own."""
FILM_MARK: Final = "Made with facelib "
"""Stands in the comment of every film of a sweep."""
MARKS: Final[dict[Kind, tuple[str, ...]]] = {
    "study": ("study.json", '"kind"'),
    "export": ("provenance.json", '"made_by": "facelib export"'),
    "report": ("", '<meta name="generator" content="facelib'),
    "film": ("", FILM_MARK),
    "table": (  # what was measured, who is left out and why, what changed between sessions
        "",
        "person,session,side,value,low,high,unit,mm,",
        "file,person,session,reason",
        "person,side,first,second,change,change_mm,",
    ),
}
"""A file that is there, and one of the things that it says, if the place is still what it was."""


@dataclass(frozen=True)
class Written:
    """One place with data about people.

    Attributes
    ----------
    kind
        "session", "study", "export", "report", "film" or "table".
    path
        Of the folder, or of the report, film or table.
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
    path = path.resolve() if ".." in path.parts else path
    with suppress(OSError):
        if any(path.is_relative_to(folder) for folder in scratch.folders()):
            if path.is_dir():
                path.chmod(0o700)
            return
        line = _entry(kind, path)
        if line in _lines():
            return
        file = ledger()
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        torn = file.exists() and not file.read_bytes().endswith(b"\n")
        with open(file, "a", encoding="utf-8", opener=for_owner) as stream:
            stream.write(f"{chr(10) * torn}{line}\n")


def written() -> list[Written]:
    """Return all that facelib wrote about people on this machine and that it knows of."""
    places = [
        Written("session", folder, files_at("session", folder), scratch.in_use(folder))
        for folder in scratch.folders()
        if not folder.name.startswith(f"{scratch.PREFIX}{scratch.PAGE}-")
    ]
    for line in _lines():
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            kind, path = cast("Kind", entry["kind"]), Path(entry["path"])
            if kind in MARKS:
                busy = kind == "study" and bool(scratch.is_locked(path / "run.lock"))
                places.append(Written(kind, path, files_at(kind, path), busy))
    return places


def delete(places: Iterable[Written]) -> list[Path]:
    """Delete what facelib wrote in some places, and forget those where something was deleted, and all of it.

    Returns
    -------
    list
        What could not be deleted: files, and links to folders elsewhere; their places stay on the list.
    """
    left: list[Path] = []
    done: set[str] = set()
    for place in places:
        if place.kind == "session":
            scratch.remove(place.path)
            left += [file for file in place.files if file.exists()]
            continue
        here = [file for file in place.files if not _unlinked(file)]
        here += [folder for name in ("outputs", "measured") if (folder := place.path / name).is_symlink()]
        for folder in sorted({file.parent for file in place.files}, reverse=True):
            with suppress(OSError):
                if place.path.is_dir() and folder != place.path:
                    folder.rmdir()  # if it is empty
        with suppress(OSError):
            if place.path.is_dir():
                place.path.rmdir()
        left += here
        if place.files and not here:  # else its disk may come back
            done.add(_entry(place.kind, place.path))
    _forget(done)
    return left


def forget(places: Iterable[Written]) -> None:
    """Take places off the list; nothing is deleted."""
    _forget({_entry(one.kind, one.path) for one in places})


def _entry(kind: Kind, path: Path) -> str:
    return json.dumps({"kind": kind, "path": str(path)})


def _forget(lines: set[str]) -> None:
    kept = [line for line in _lines() if line not in lines]
    if not kept:
        ledger().unlink(missing_ok=True)
        return
    with written_whole(ledger(), private=True) as file:
        file.write("".join(f"{line}\n" for line in kept).encode())


def _lines() -> list[str]:
    try:
        text = ledger().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return list(dict.fromkeys(filter(None, text.splitlines())))  # a damaged line hides no other


def files_at(kind: Kind, path: Path) -> tuple[Path, ...]:
    """Return what facelib wrote at a place: nothing if that is something else by now."""
    begun = kind == "study" and (path / "run.lock").exists() and not (path / "study.json").exists()
    if kind == "study" and any(True for name in _TABLES for _ in path.glob(name)):
        begun = True  # its mark may be damaged
    if kind in MARKS and not begun and not _is_marked(path, *MARKS[kind]):
        return ()
    return tuple(_walk(kind, path))


def _walk(kind: Kind, path: Path) -> Iterator[Path]:
    if FILES[kind] == ("",):
        yield path
        return
    own = {path / folder: _names(path / by) for folder, by in NAMED.items()} if kind == "export" else {}
    for pattern in FILES[kind]:
        for file in sorted(path.glob(pattern)):
            if file.suffix != ".json" and file.stem not in own.get(file.parent, {file.stem}):
                continue
            inside = (one for one in file.parents if one.is_relative_to(path) and one != path)
            if (file.is_file() or file.is_symlink()) and not any(one.is_symlink() for one in inside):
                yield file


def _names(path: Path) -> set[str]:
    """Return the names that a file of JSON explains; none if it can't be read."""
    try:
        content = json.loads(read_file(path))
    except (OSError, ValueError, RecursionError):
        return set()
    return set(content) if isinstance(content, dict) else set()


def _is_marked(path: Path, name: str, *marks: str) -> bool:
    try:
        with open_file(path / name if name else path) as file:
            begin = file.read(2**20)
            file.seek(max(file.seek(0, os.SEEK_END) - 2**16, 0))  # an MP4 says at its end what it is
            end = file.read()
            return any(mark.encode() in part for mark in marks for part in (begin, end))
    except OSError:
        return False


def _unlinked(file: Path) -> bool:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return False
    return True
