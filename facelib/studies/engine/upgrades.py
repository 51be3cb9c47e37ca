"""Studies that another version of facelib computed: they stay as they are, with a note of that version."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facelib.studies.counts import UNITS, count_units
from facelib.studies.engine import fingerprints
from facelib.studies.engine.checksums import sealed, unsealed
from facelib.studies.engine.record import (
    BEGINNING,
    STUDY,
    Record,
    read_provenance,
    read_record,
    read_units,
    write_record,
)
from facelib.studies.engine.store import Store, StoreError

if TYPE_CHECKING:
    import pandas as pd

    from facelib.classifiers import Classifier
    from facelib.interventions import Intervention
    from facelib.studies.engine.observers import Reader

EARLIER: Final = "earlier-"
"""Begin of the names of folders with what another version computed."""

SHORT: Final = 8  # hexadecimal digits of a fingerprint that people read

READING: Final = (
    "labels", "emotions", "size", "colour", "mean", "std", "margin", "fit", "align", "template", "device",
)  # fmt: skip
"""What is said of a classifier in provenance on which its numbers depend, besides its weights."""

BEFORE: Final = {"fit": ("square",), "align": ("none",), "template": ("",), "device": ("cpu", "")}
"""What was so before provenance said it; "" is the device of what isn't a network."""

WORDS: Final = ("faces", "interventions")
"""Settings that are words about faces and changes, which the units distinguish."""

CHOICES: Final = (
    "Rows of two versions are never mixed. Open it as it is (facelib.studies.open_study), compute all of it "
    "anew with this version (recompute=True, or --recompute: what is there is kept in a folder within), or "
    "choose another folder."
)


@dataclass(frozen=True, eq=False)
class Wanted:
    """The parts of a planned study that stored ones are compared with.

    Attributes
    ----------
    settings
        As they are stored.
    units
        Table of its units.
    keys
        From `keys_of`.
    """

    settings: Mapping[str, Any]
    units: pd.DataFrame
    keys: Mapping[str, str]


def by_other(made_by: Mapping[str, str]) -> bool:
    """Return whether other versions computed a study than would compute it now."""
    return dict(made_by) != dict(fingerprints.versions())


def version_note(made_by: Mapping[str, str]) -> str:
    """Return a note on the version that computed a study; "" if it is this one.

    >>> version_note({}).startswith("Computed by facelib of an unknown version; here is facelib 0")
    True
    >>> version_note(fingerprints.versions())
    ''
    """
    if not by_other(made_by):
        return ""
    now = fingerprints.versions()
    others = [name for name in now if name not in {"facelib", "code"} and made_by.get(name) != now[name]]
    return (
        f"Computed by {_words(made_by, others)}; here is {_words(now, others)}. Shown as it was stored: "
        "nothing was computed anew."
    )


def _words(versions: Mapping[str, str], others: list[str]) -> str:
    code = versions.get("code")
    facelib = f"facelib {versions.get('facelib', 'of an unknown version')}"
    first = f"{facelib} (code {code[:SHORT]})" if code else facelib
    return ", ".join([first, *(f"{name} {versions.get(name, 'unknown')}" for name in others if versions)])


def keys_of(
    models: Iterable[Classifier],
    readers: Mapping[str, Reader],
    changes: Mapping[str, Intervention],
    measured: Iterable[str] = (),
) -> dict[str, str]:
    """Return keys of classifiers, own changes and own properties that hold in any version, by their names.

    Parameters
    ----------
    models, readers
        Classifiers, and how they are sent to workers, by id.
    changes
        Interventions by their names in tables, which distinguish those of facelib.
    measured
        Names of properties.
    """
    from facelib import classifiers

    listed = list(models)
    rows = classifiers.provenance(listed).to_dict("records")
    own_changes = {name: one for name, one in changes.items() if fingerprints.is_own(one)}
    code = {name: fingerprints.of_property(name).parts for name in measured}
    own_properties = {
        f"property {name}": fingerprints.fingerprint(*parts) for name, parts in code.items() if parts
    }
    return (
        own_properties
        | {
            f"classifier {model.id}": _classifier_key(row, readers[model.id].key)
            for model, row in zip(listed, rows, strict=True)
        }
        | {f"change {name}": fingerprints.of_intervention(one) for name, one in own_changes.items()}
    )


def stays(store: Store, wanted: Wanted, *, retry: bool = False) -> Record | None:
    """Return the record of a finished study that other versions computed: it stays as it is.

    Returns
    -------
    Record or None
        None: nothing is there, or this version computed it, so that a run goes on with it.

    Raises
    ------
    StoreError
        If what other versions computed is unfinished, or another study: rows of two versions aren't mixed.
    """
    record = standing(store)
    if record is None:
        return None
    units, there = read_units(store, record), store.contents()
    counts = count_units(units, there)
    if not _alike(store, record, wanted, units):
        what = "another study"
    elif counts.missing:
        what = f"a study of which {counts.done:,} of {counts.total:,} {UNITS} are done{counts.others}"
    elif retry and counts.failed:
        what = f"a study of which {counts.failed:,} of {counts.total:,} {UNITS} failed"
    else:
        return record
    msg = f"{store.folder} holds {what}, computed by {_words(record.made_by, [])}. {CHOICES}"
    raise StoreError(msg)


def declare_anew(store: Store, record: Record, wanted: Wanted) -> None:
    """Write down the settings of a study that stays, if they have changed (a margin, a level)."""
    settings = unsealed(sealed(wanted.settings))[0]
    if any(record.settings.get(name) != value for name, value in settings.items() if name not in WORDS):
        keep(store)
        write_record(store, replace(record, settings=wanted.settings, keys=wanted.keys))


def _alike(store: Store, record: Record, wanted: Wanted, units: pd.DataFrame) -> bool:
    """Return whether two studies read the same pictures with the same readers."""
    keys = record.keys
    if keys is None:
        rows = read_provenance(store)["classifiers"]
        keys = {f"classifier {row.get('classifier')}": _classifier_key(row, "unknown") for row in rows}
    named = ["face", "intervention", "reader", "strengths"]
    mine, theirs = (set(table[named].itertuples(index=False, name=None)) for table in (wanted.units, units))
    return (
        mine == theirs
        and all(record.settings.get(name) == wanted.settings[name] for name in ("kind", "faces_key", "size"))
        and all(keys.get(name) == key for name, key in wanted.keys.items())
    )


def _classifier_key(row: Mapping[Any, Any], otherwise: str) -> str:
    """Return how a classifier reads, by its row of provenance; one in memory by its fingerprint."""
    values = {name: row[name] for name in READING if name in row and row[name] not in BEFORE.get(name, ())}
    return json.dumps(
        [values, row["sha256"] if row.get("sha256") else otherwise], sort_keys=True, default=str
    )


def keep_former(store: Store) -> Path | None:
    """Keep the present results, if there are any, before they are computed anew; return their folder."""
    return keep(store) if (store.folder / STUDY).exists() else None


def keep(store: Store) -> Path:
    """Keep a study as it is in a folder within its own, where it can be opened; return that folder.

    Whenever this is killed, the study itself is untouched, and the folder is whole or not there.
    """
    try:
        code = read_record(store).made_by.get("code", "unknown")[:SHORT]
    except StoreError:
        code = "unknown"
    numbers = (f"{EARLIER}{code}{f'-{number}' if number > 1 else ''}" for number in count(1))
    kept = next(store.folder / name for name in numbers if not (store.folder / name).exists())
    making = store.folder / f"{EARLIER}making"
    with store.saying(kept):
        shutil.rmtree(making, ignore_errors=True)
        for inner in _files(store):
            _link(store.folder / inner, making / inner)
        making.replace(kept)
    return kept


def drop(store: Store, kept: Path) -> None:
    """Remove parts and tables that lie in the folder `kept`, and that the study doesn't need any more.

    What stays of a study that is older than checksums gets one.
    """
    record = read_record(store)
    for name in BEGINNING:
        if (kept / name).suffix == ".json" and (kept / name).exists():
            with suppress(StoreError):  # one that is damaged stays as it is
                store.save(name, store.load(name))
    for inner in _files(store):
        path, named = store.folder / inner, inner.name in {record.faces, record.units}
        if path.suffix == ".parquet" and (kept / inner).exists() and not named:
            with store.saying(path):
                path.unlink(missing_ok=True)


def _files(store: Store) -> list[Path]:
    """Return the files of a study, as they lie in its folder."""
    files = (path.relative_to(store.folder) for path in sorted(store.folder.rglob("*")) if path.is_file())
    return [
        one for one in files if one.suffix in {".json", ".parquet"} and not one.parts[0].startswith(EARLIER)
    ]


def _link(path: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the system can't: files are replaced, never changed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)


def standing(store: Store) -> Record | None:
    """Return the record of a study that other versions computed; None if there is none, or it is of this one.

    Raises
    ------
    StoreError
        If the record is damaged, and the rows that are there aren't of this version.
    """
    if not (store.folder / STUDY).exists():
        return None
    try:
        record = read_record(store)
    except StoreError as error:
        versions = store.contents().versions
        if not versions or fingerprints.version_key() in versions:
            return None  # a run writes it anew
        msg = f"{error} These rows were computed by another version of facelib. {CHOICES}"
        raise StoreError(msg) from error
    return record if by_other(record.made_by) else None
