"""Rows of other tools' tables and the pictures that they are of: matched by file, and by frame."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from facelib.classifiers.tables.exports import Export
from facelib.faces.table import SUFFIXES
from facelib.utilities.wording import counted

if TYPE_CHECKING:
    import pandas as pd

Frames = Literal["one", "mean"]

MATCH_COLUMNS: Final = {
    "face": "id of the picture",
    "file": "name that the tool has for it; empty if it has none",
    "rows": "rows of it",
    "used": "rows that its scores are from",
    "problem": "why it has no scores; empty if it has",
}
"""Columns of `Match.scores` before the scores, with their meaning."""

UNUSED_COLUMNS: Final = {
    "file": "name that the tool has for a picture",
    "place": "table, and line of its first row",
    "rows": "rows of it",
    "reason": "why no picture of the study has them",
}
"""Columns of `Match.unused`, with their meaning."""

SHOWN: Final = 5  # names in a sentence


@dataclass(frozen=True)
class Picture:
    """A picture that has to be found in a table.

    Attributes
    ----------
    name
        Its id.
    file
        File that the tool read: the picture's own, or the film that it is a frame of.
    frame
        Number or time of that frame, as `exports.plain_frame` writes it; "" if it isn't known.
    """

    name: str
    file: str
    frame: str = ""


@dataclass(frozen=True, eq=False)
class Match:
    """Pictures with their scores, and rows without a picture.

    Attributes
    ----------
    scores
        One row per picture: `MATCH_COLUMNS`, then the scores by the tool's own names, NaN where there are
        none.
    unused
        One row per file that no picture is matched with: `UNUSED_COLUMNS`.
    """

    scores: pd.DataFrame
    unused: pd.DataFrame

    @property
    def notes(self) -> tuple[str, ...]:
        """What wasn't matched and which scores are missing, in sentences; empty if all is well."""
        found = [
            f"{counted(len(own), 'picture has', 'pictures have')} no scores ({reason}): {_few(own['face'])}."
            for reason, own in _reasons(self.scores, "problem")
        ]
        found += [
            f"{counted(len(own), 'file', 'files')} of the table {'is' if len(own) == 1 else 'are'} not used "
            f"({reason}): {_few(own['file'])}."
            for reason, own in _reasons(self.unused, "reason")
        ]
        return tuple(found)


def match_rows(export: Export, pictures: Sequence[Picture], *, frames: Frames = "one") -> Match:
    """Match the rows of an export with pictures.

    A name fits if one ends as the other does, folder by folder, whatever stands before; capitals don't count,
    and an ending only where both have one of a picture. What could be two is neither.

    Parameters
    ----------
    export
        What a tool wrote.
    pictures
        Those of a study, all of them: whether a name is ambiguous depends on the others.
    frames
        "one": a picture has one row, or names its frame; "mean": the mean over all rows that have scores.
    """
    import pandas as pd

    rows = export.rows
    groups: dict[str, Any] = {str(name): group for name, group in rows.groupby("file", sort=False)}
    wanted = list(dict.fromkeys(one.file for one in pictures))
    fitting, reasons = _pairs(list(groups), wanted)
    found = []
    used: set[str] = set()
    for one in pictures:
        file, problem = fitting[one.file]
        own = groups.get(file) if file else None
        scores, count = np.full(len(export.names), np.nan), 0
        if own is not None:
            used.add(file)
            scores, count, problem = _of_picture(export, own, one, frames)
        found.append([one.name, file, 0 if own is None else len(own), count, problem, *scores])
    unused = [
        [file, str(group["place"].iloc[0]), len(group), reasons.get(file, "no picture of this name")]
        for file, group in groups.items()
        if file not in used
    ]
    return Match(
        pd.DataFrame(found, columns=[*MATCH_COLUMNS, *export.names]),
        pd.DataFrame(unused, columns=list(UNUSED_COLUMNS)),
    )


def _of_picture(
    export: Export, own: pd.DataFrame, one: Picture, frames: Frames
) -> tuple[np.ndarray[Any, Any], int, str]:
    """Return the scores of a picture, how many rows they are from, and why there are none."""
    nothing = np.full(len(export.names), np.nan)
    if one.frame and (own["frame"] != "").any():
        own = own[own["frame"] == one.frame]
        if own.empty:
            return nothing, 0, f"no row of frame {one.frame}"
    doubled = own["frame"].duplicated(keep=False) & export.format.faces
    crowded = own[doubled]
    if frames == "one" or len(own) == 1:
        if len(crowded):
            return nothing, 0, f"{len(crowded)} faces in it, and nothing says which is meant"
        if len(own) > 1:
            return nothing, 0, f"{len(own)} rows of it; frames='mean' takes their mean"
    there = own[(own["problem"] == "") & ~doubled]
    if there.empty:
        reasons = Counter(own["problem"].where(~doubled, "several faces in a frame"))
        said = "; ".join(
            f"{count} × {reason}" if len(own) > 1 else reason for reason, count in reasons.items()
        )
        return nothing, 0, said
    return there[list(export.names)].to_numpy(np.float64).mean(axis=0), len(there), ""


def _pairs(named: Sequence[str], wanted: Sequence[str]) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Return the tool's name of each wanted file, or "" and why; and why names aren't used."""
    places: dict[str, list[str]] = defaultdict(list)
    for file in wanted:
        places[_stem(file)].append(file)
    claims: dict[str, list[tuple[int, str]]] = defaultdict(list)
    reasons: dict[str, str] = {}
    for name in named:
        fits = [(_common(name, file), file) for file in places.get(_stem(name), ())]
        most = max((length for length, _ in fits), default=0)
        best = [file for length, file in fits if length == most and length]
        if len(best) == 1:
            claims[best[0]].append((most, name))
        elif best:
            reasons[name] = f"it may be {_few(best)}"
    unclear: dict[str, list[str]] = defaultdict(list)
    for name in reasons:
        unclear[_stem(name)].append(name)
    found: dict[str, tuple[str, str]] = {}
    for file in wanted:
        most = max((length for length, _ in claims[file]), default=0)
        best = [name for length, name in claims[file] if length == most]
        if len(best) == 1:
            found[file] = (best[0], "")
            others = [name for _, name in claims[file] if name != best[0]]
            reasons |= dict.fromkeys(others, f"{best[0]} fits {file} better")
        elif best:
            found[file] = ("", f"rows of {_few(best)} fit it")
            reasons |= dict.fromkeys(best, f"{file} fits several names")
        else:
            other = next((name for name in unclear[_stem(file)] if _common(name, file)), "")
            found[file] = ("", f"the row of {other} may be of another picture" if other else "no row of it")
    return found, reasons


def _parts(name: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFC", str(name)).replace("\\", "/").casefold()
    return tuple(part for part in plain.split("/") if part not in ("", "."))


def _stem(name: str) -> str:
    parts = _parts(name)
    return _bare(parts[-1]) if parts else ""


def _bare(last: str) -> str:
    path = PurePosixPath(last)
    return path.stem if 1 < len(path.suffix) <= 5 else last


def _common(one: str, other: str) -> int:
    """Return how many parts two names share from their end; 0 if the shorter isn't the end of the longer.

    >>> _common("C:/study/anna/1.JPG", "anna/1.jpg"), _common("1", "ben/1.png"), _common("1.jpg", "1.png")
    (2, 1, 0)
    """
    first, second = _parts(one), _parts(other)
    if not first or not second or _bare(first[-1]) != _bare(second[-1]):
        return 0
    endings = [PurePosixPath(parts[-1]).suffix for parts in (first, second)]
    if all(ending in SUFFIXES for ending in endings) and endings[0] != endings[1]:
        return 0
    shared = min(len(first), len(second))
    return shared if first[:-1][::-1][: shared - 1] == second[:-1][::-1][: shared - 1] else 0


def _few(names: Iterable[str]) -> str:
    names = [str(name) for name in names]
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def _reasons(table: pd.DataFrame, column: str) -> list[tuple[str, pd.DataFrame]]:
    """Return the rows that have a reason, reason by reason."""
    return [(str(why), own) for why, own in table[table[column] != ""].groupby(column, sort=False)]
