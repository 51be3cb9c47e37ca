"""The inventory of a folder in the layout of "Mimics, Muscles, and Me": MMM.csv, and which files exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import BadTableError, UnknownNameError
from facelib.semg.recordings.findings import Finding
from facelib.utilities.spreadsheet import unguarded

if TYPE_CHECKING:
    import pandas as pd

INVENTORY: Final = "MMM.csv"
METHODS: Final = "MMM_3DMM.csv"
METHOD: Final = "MediaPipe"
MOST_BYTES: Final = 50_000_000

NEEDED: Final = ("index", "pid", "rec", "mode", "task", "type", "sync_grade", "use")
PATHS: Final = MappingProxyType(
    {"video": "video", "uncut": "video_no-cut", "emg": "emg", "restored": "video_noelec"}
)
"""Columns of `CLIP_COLUMNS` that are paths, and the inventory's columns that they come from."""

CLIP_COLUMNS: Final = MappingProxyType(
    {
        "clip": "id, as in the names of files",
        "participant": "who; text, since 007 isn't number 7",
        "session": "which recording, e.g. 1S; 99_1S where the folder has several participants",
        "mode": "schaede (tasks of the face) or emotion (imitated expressions)",
        "task": "what was asked for",
        "number": "place of the task in its session and mode; -1 where the id doesn't say",
        "electrodes": "whether electrodes were on the face",
        "paired": "whether the inventory says that there are signals in step with the video",
        "emg": "envelopes; this and the following are paths from the folder, empty where nothing is there",
        "video": "cut to the signals",
        "uncut": "the whole take",
        "restored": "video with the electrodes taken out of the picture",
        "blendshapes": "readings of the restored video, one row per frame: face units, or another method's "
        "parameters",
        "raw": "signals before processing, where the folder has them",
    }
)
"""Columns of `Dataset.clips`, with their meaning."""

_ID: Final = re.compile(r"^(?P<pid>[^_]+)_(?P<rec>[^_]+)_(?P<mode>[^_]+)_(?P<number>\d+)_(?P<task>.+)$")
_READINGS: Final = "video_noelec_params"
_FOLDERS: Final = ("emg", "video", "video_no-cut", "video_noelec", _READINGS)
_SHOWN: Final = 5
_LONGEST: Final = 200  # characters of a path that are shown
_MOST_FILES: Final = 100_000


def read_inventory(folder: Path) -> pd.DataFrame:
    """Return MMM.csv, all columns as text, empty where nothing stands.

    Raises
    ------
    BadTableError
        It isn't there, lacks columns, or names a clip twice.
    """
    path = folder / INVENTORY
    if not path.is_file():
        msg = f"{folder} has no {INVENTORY}: choose the folder that holds it, with emg/ and video/ beside."
        raise BadTableError(msg, missing=[INVENTORY])
    table = _read(path)
    if lacking := [column for column in NEEDED if column not in table.columns]:
        msg = f"{INVENTORY} has no column {', '.join(lacking)}; it has {', '.join(table.columns)}."
        raise BadTableError(msg, missing=lacking)
    table = table[(table != "").any(axis=1)]  # spreadsheets leave empty rows
    ids = table["index"]
    if twice := sorted(ids[ids.duplicated()].unique()):
        msg = f"{INVENTORY} names clips twice: {', '.join(twice[:_SHOWN])}."
        raise BadTableError(msg, duplicates=twice)
    return table


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    if path.stat().st_size > MOST_BYTES:
        msg = f"{path.name} has more than {MOST_BYTES // 10**6} MB: that is no inventory."
        raise BadTableError(msg)
    try:
        return unguarded(pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig"))
    except Exception as error:  # pandas raises nearly anything on damaged files
        msg = f"{path.name} can't be read as a table: {error}."
        raise BadTableError(msg) from error


def clips_of(folder: Path, method: str = METHOD) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return the clips of a folder, see `CLIP_COLUMNS`, and what is wrong with it.

    Parameters
    ----------
    folder
        Its path.
    method
        Whose readings of the face are wanted: a column of MMM_3DMM.csv, or a folder in
        ``video_noelec_params``.

    Raises
    ------
    BadTableError
        As `read_inventory`.
    UnknownNameError
        If there is no reading by that method.
    """
    import pandas as pd

    table = read_inventory(folder)
    units = _unit_paths(folder, method)
    findings: list[Finding] = []
    rows = [_row(folder, row, units, findings, method) for row in table.to_dict("records")]
    clips = pd.DataFrame(rows, columns=list(CLIP_COLUMNS))
    if len(clips["participant"].unique()) > 1:  # electrodes of one say nothing of another's
        clips["session"] = clips["participant"] + "_" + clips["session"]
    findings.extend(_of_sessions(clips))
    findings.extend(_unlisted(folder, clips, method))
    return clips, tuple(findings)


def _row(
    folder: Path, row: dict[Any, str], units: dict[str, str], found: list[Finding], method: str
) -> dict[str, Any]:
    """Return one row of the clips; what is wrong with it goes to `found`."""
    clip = row["index"]
    parts = _ID.match(clip)
    if parts is None or (parts["pid"], parts["rec"]) != (row["pid"], row["rec"]):
        text = f"Its id {clip!r} isn't participant_session_mode_number_task of its row in {INVENTORY}."
        remedy = "It can't be paired with its counterpart without electrodes; correct the row."
        found.append(Finding("warning", "inventory", text, remedy, clip=clip))
    at = f"{row['pid']}_{row['rec']}/{clip}"
    stated = {name: row.get(column, "") for name, column in PATHS.items()}
    stated["blendshapes"] = units.get(clip, "")
    paths = {name: _there(folder, path, clip, name, found) for name, path in stated.items()}
    if not stated["blendshapes"]:
        paths["blendshapes"] = _quietly(folder, f"{_READINGS}/{method}/{at}_params.csv.gz")
    electrodes = row["type"] == "sensor" or (row["type"] != "normal" and row["rec"].endswith("S"))
    if electrodes and not stated["emg"]:
        text = "Electrodes were on the face, but the inventory names no signals."
        found.append(Finding("warning", "missing file", text, "The clip has a video only.", clip=clip))
    return {
        "clip": clip,
        "participant": row["pid"],
        "session": row["rec"],
        "mode": row["mode"],
        "task": row["task"].lstrip("-"),
        "number": int(parts["number"]) if parts else -1,
        "electrodes": electrodes,
        "paired": row["use"] == "yes",
        **paths,
        "raw": _quietly(folder, f"raw/{at}.parquet"),
    }


def _there(folder: Path, path: str, clip: str, name: str, found: list[Finding]) -> str:
    """Return a path if its file is there and inside the folder; else say so."""
    if not path:
        return ""
    inside = _inside(folder, path)
    if inside is None:
        text = f"{INVENTORY} names a file outside of the folder ({name}: {path!r}); it isn't opened."
        found.append(Finding("error", "path", text, "Paths are relative to the folder.", clip=clip))
        return ""
    if not _is_file(inside):
        text = f"The file {_short(path)} isn't there ({CLIP_COLUMNS[name]})."
        remedy = "Fetch the data set's archive again, or go without this part."
        found.append(Finding("warning", "missing file", text, remedy, clip=clip))
        return ""
    return path


def _quietly(folder: Path, path: str) -> str:
    """Return a path if its file is there and inside the folder."""
    inside = _inside(folder, path)
    return path if inside is not None and _is_file(inside) else ""


def _short(path: str) -> str:
    return path if len(path) <= _LONGEST else f"{path[:_LONGEST]} …"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have
        return False


def _inside(folder: Path, path: str) -> Path | None:
    """Return where a path leads, links followed, or None if that is outside of the folder."""
    if "\0" in path or "\\" in path:
        return None
    try:
        whole = (folder / path).resolve()
    except (OSError, RuntimeError):  # a circle of links
        return None
    return whole if whole.is_relative_to(folder.resolve()) else None


def _unit_paths(folder: Path, method: str) -> dict[str, str]:
    """Return clip -> path of a method's readings of the face, by the table of methods if there is one."""
    path = folder / METHODS
    known: dict[str, str] = {}
    if path.is_file():
        table = _read(path)
        known = {name.lower(): name for name in table.columns if name != "index"}
        column = known.get(method.lower())
        if column is not None and "index" in table.columns:
            return {clip: there for clip, there in zip(table["index"], table[column], strict=True) if there}
    plain = re.fullmatch(r"[\w .+-]{1,60}", method) and method.strip(".")
    if method != METHOD and not (plain and (folder / _READINGS / method).is_dir()):
        there = folder / _READINGS
        names = {one.name for one in there.iterdir() if one.is_dir()} if there.is_dir() else set()
        names |= set(known.values())
        listed = ", ".join(sorted(names)) or "none"
        msg = f"There are no readings of the face by {method[:60]!r}; the folder has {listed}."
        raise UnknownNameError(msg)
    return {}


def _of_sessions(clips: pd.DataFrame) -> Iterator[Finding]:
    """Say which sessions have no signals, and why."""
    for (participant, session), part in clips.groupby(["participant", "session"], sort=False):
        if not (part["emg"] != "").any():
            without = not part["electrodes"].any()
            text = f"Session {session} of participant {participant} has no EMG"
            yield Finding(
                "note" if without else "error",
                "session without EMG",
                f"{text}: it was filmed without electrodes." if without else f"{text} that can be read.",
                "Its clips have videos only." if without else "Fetch emg/ again.",
            )


def _unlisted(folder: Path, clips: pd.DataFrame, method: str) -> Iterator[Finding]:
    """Say which files of signals and videos no row of the inventory names."""
    named = {path for name in (*PATHS, "blendshapes") for path in clips[name] if path}
    named = {str(Path(path)) for path in named}
    strange, count = [], 0
    for part in _FOLDERS:
        where = folder / part
        if part == _READINGS:
            where /= method  # other methods have no column here
        inside = where.is_dir() and _inside(folder, str(where.relative_to(folder))) is not None
        for file in where.rglob("*") if inside else ():
            count += 1
            if count > _MOST_FILES:
                return
            relative = str(file.relative_to(folder))
            if file.is_file() and not file.name.startswith(".") and relative not in named:
                strange.append(relative)
    if strange:
        shown = ", ".join(sorted(strange)[:_SHOWN]) + (" …" if len(strange) > _SHOWN else "")
        words = f"{len(strange)} files are named by no row of {INVENTORY}: {shown}."
        yield Finding("note", "files without a row", words, "They are left out.")
