"""Record of a study's folder: its declaration, faces, units, and the versions that computed them.

``study.json`` is written last and names the tables of faces and units by their checksums, so that the three
always belong together, whenever a run is killed. Studies of format 1 have ``faces.parquet`` and
``units.parquet``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facelib.studies.engine.file_kinds import what_came
from facelib.studies.engine.store import Store, StoreError

if TYPE_CHECKING:
    import pandas as pd

STUDY: Final = "study.json"
PROVENANCE: Final = "provenance.json"
STUDIES: Final = ("interventional", "observational", "paired", "chimeric")
STORED: Final = "stored"
UNIT_COLUMNS: Final = ("unit", "face", "intervention", "reader", "strengths")
BEGINNING: Final = ("run.lock", "declaration.json", "hypothesis.json")
"""What is there before `STUDY` is."""


@dataclass(frozen=True)
class Record:
    """Content of ``study.json``.

    Attributes
    ----------
    settings
        The study as it was declared.
    faces, units
        Names of the files of these tables.
    made_by
        Versions of facelib's code and of the packages that computed its units.
    keys
        Fingerprints of the classifiers and of the changes that are its user's own; None: they weren't stored.
    beside
        Names of the files that were beside it: how it was declared, its hypothesis.
    """

    settings: Mapping[str, Any]
    faces: str
    units: str
    made_by: Mapping[str, str]
    keys: Mapping[str, str] | None
    beside: tuple[str, ...] = ()


def write_record(store: Store, record: Record) -> None:
    """Write the record of a run; its tables are there already, those of the last record stay for readers."""
    with suppress(OSError):  # StoreError among them
        before = read_record(store)
        needed = {record.faces, record.units, before.faces, before.units}
        for path in (*store.find_tables("faces-"), *store.find_tables("units-")):
            if path.name not in needed:
                path.unlink(missing_ok=True)
    stored = {
        "faces": record.faces,
        "units": record.units,
        "made_by": dict(record.made_by),
        "keys": dict(record.keys or {}),
        "beside": [name for name in BEGINNING[1:] if (store.folder / name).exists()],
    }
    store.save(STUDY, dict(record.settings) | {STORED: stored})


def read_record(store: Store) -> Record:
    """Return the record of a study's folder.

    Raises
    ------
    StoreError
        If it holds no study, none yet, or what it says is damaged.
    """
    if not (store.folder / STUDY).exists() and (rows := len(store.parts())):
        msg = (
            f"{store.folder} has no {STUDY} any more, though {rows:,} {'file' if rows == 1 else 'files'} of "
            "rows are there. Put a copy of it back, or run the study again in this folder: what was computed "
            "is kept."
        )
        raise StoreError(msg)
    if not (store.folder / STUDY).exists() and any((store.folder / name).exists() for name in BEGINNING):
        msg = (
            f"{store.folder} holds no results yet: a run has just begun there, or was ended before it began. "
            "Try again in a moment, or run the study."
        )
        raise StoreError(msg)
    if not (store.folder / STUDY).exists():
        _say_what_came(store.folder)
    content = store.load(STUDY)
    if (kind := content.get("kind")) not in STUDIES:
        msg = f"{store.folder} holds no study of a kind that this version knows; got {kind!r}."
        raise StoreError(msg)
    stored = content.pop(STORED, None)
    if stored is None:
        versions = dict(read_provenance(store)["versions"])
        versions.pop("python", None)
        return Record(content, "faces.parquet", "units.parquet", versions, None)
    try:
        made_by, keys = dict(stored["made_by"]), dict(stored["keys"])
        beside = tuple(str(name) for name in stored.get("beside", ()) if name in BEGINNING)
        return Record(content, str(stored["faces"]), str(stored["units"]), made_by, keys, beside)
    except (KeyError, TypeError, ValueError) as error:
        raise _foreign(store, STUDY) from error


def _say_what_came(folder: Path) -> None:
    """Raise `StoreError` with what a path leads to that is no study's folder, and what opens it."""
    came = what_came(folder)
    if came is not None or not os.path.lexists(folder):
        what = "nothing is there" if came is None else f"it is {came.what}"
        msg = f"{folder} holds no study: {what}. The folder that a study was run into is needed."
        raise StoreError(msg, hint=came.instead if came else "")


def read_units(store: Store, record: Record) -> pd.DataFrame:
    """Return the table of units; `StoreError` if it isn't one."""
    return store.load_table(record.units, UNIT_COLUMNS)


def read_faces(store: Store, record: Record) -> pd.DataFrame:
    """Return the table of faces; `StoreError` if it isn't one."""
    return store.load_table(record.faces, ("face", "identity", "expression"))


def read_provenance(store: Store) -> dict[str, Any]:
    """Return versions, machine, classifiers and runs.

    Raises
    ------
    StoreError
        If it isn't there, is damaged, or isn't as facelib wrote it.
    """
    content = store.load(PROVENANCE)
    versions, runs = content.get("versions"), content.get("runs")
    listed = [runs, content.get("classifiers")]
    sound = isinstance(versions, Mapping) and all(
        isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows) for rows in listed
    )
    if not sound or not all({"begun", "ended"} <= set(run) for run in runs or ()):
        raise _foreign(store, PROVENANCE)
    return content


def _foreign(store: Store, name: str) -> StoreError:
    return StoreError(
        f"{store.folder / name} isn't as facelib wrote it. Put the original in its place, or run the study "
        "again in this folder: the rows that were computed are kept."
    )
