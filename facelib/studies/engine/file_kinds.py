"""What a path leads to, where a study's file or folder was expected, and what opens that instead."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

LOOKED_AT: Final = 500  # names of a folder
NAMED: Final = 3
RUN: Final = ("study.json", "run.lock", "declaration.json")
"""Files of which one is in the folder of a study that was run."""

PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp")
DECLARED: Final = (".yml", ".yaml")
KINDS: Final = {
    DECLARED: ("a YAML file, in which a study is declared", "facelib.studies.load_study opens it."),
    (".html", ".htm"): (
        "a page, such as a report",
        "A browser shows it; a study is its folder.",
    ),
    PICTURES: ("a picture", "facelib.load_face opens it."),
    (".csv", ".parquet", ".xlsx"): ("a table", "pandas reads it."),
    (".zip",): ("an archive", "facelib.FaceSet.from_zip opens one of pictures."),
}
"""Kinds of files by their endings: what they are, and what opens them."""

OTHER_FILES: Final = frozenset(ending for endings in KINDS if endings != DECLARED for ending in endings)
"""Endings of files that declare no study."""


@dataclass(frozen=True)
class Came:
    """What a path leads to.

    Attributes
    ----------
    what
        In words: "a folder of pictures".
    instead
        What opens it, in Python: a sentence, or "".
    """

    what: str
    instead: str = ""


def what_came(path: Path) -> Came | None:
    """Return what a path leads to; None if nothing is there, or it can't be looked at.

    Examples
    --------
    >>> import tempfile
    >>> what_came(Path(tempfile.mkdtemp())).what, what_came(Path("nowhere/at all"))
    ('an empty folder', None)
    """
    with suppress(OSError, ValueError):  # ValueError: a name with a null character
        if path.is_dir():
            return _folder(path)
        if path.exists():
            return _file(path)
    return None


def _file(path: Path) -> Came:
    if path.name in RUN or path.name == "provenance.json":
        return Came(
            "a file in the folder of a study", f"facelib.studies.open_study({str(path.parent)!r}) opens that."
        )
    for endings, (what, instead) in KINDS.items():
        if path.suffix.lower() in endings:
            return Came(what, instead)
    return Came("a file")


def _folder(path: Path) -> Came:
    with os.scandir(path) as found:
        entries = list(islice(found, LOOKED_AT))
    names = sorted(one.name for one in entries)
    if not names:
        return Came("an empty folder")
    if any(name in RUN for name in names):
        return Came(
            "the folder of a study that was run", f"facelib.studies.open_study({str(path)!r}) opens it."
        )
    if within := [name for name in names if (path / name / RUN[0]).is_file()]:
        what = f"a folder that has studies in it ({_some(within)})"
        return Came(what, f"facelib.studies.open_study({str(path / within[0])!r}) opens one.")
    if declared := [name for name in names if name.lower().endswith(DECLARED)]:
        what = f"a folder with files that may declare studies ({_some(declared)})"
        return Came(what, f"facelib.studies.load_study({str(path / declared[0])!r}) opens one.")
    if any(name.lower().endswith(PICTURES) for name in names):
        return Came(
            "a folder of pictures",
            "facelib.FaceSet.from_folder opens it; a study's file names it as faces: {folder: …}.",
        )
    return Came("a folder")


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
