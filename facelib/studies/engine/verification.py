"""Verification of a study's files: each is compared with its checksum."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from facelib.errors import PATHS, check_kind
from facelib.studies.counts import Counts, count_lost, count_units
from facelib.studies.engine import checksums
from facelib.studies.engine.checksums import DamagedError
from facelib.studies.engine.record import (
    BEGINNING,
    PROVENANCE,
    STUDY,
    read_provenance,
    read_record,
    read_units,
)
from facelib.studies.engine.store import ASIDE, KINDS, About, Store, StoreError, read_bytes, rows_of, units_of
from facelib.studies.engine.upgrades import EARLIER
from facelib.utilities.files import UNFINISHED

if TYPE_CHECKING:
    import pandas as pd

State = Literal["ok", "damaged", "missing", "foreign", "not read", "set aside", "beside", "not covered"]
UNSOUND: Final = frozenset({"damaged", "missing", "foreign", "not read"})

WHY = {
    "missing": "the study names it",
    "foreign": "it has no checksum, though the study's own files have",
    "beside": "it is no file of the study, and isn't checked",
    "set aside": "a run or an opening found it damaged",
    "not covered": "written before studies had checksums; it can be read",
}
"""What is said of files in these states."""


@dataclass(frozen=True)
class File:
    """A file of a study.

    Attributes
    ----------
    name
        Path in the study's folder.
    state
        "ok", "damaged", "missing", "foreign" (no checksum, in a study that has some, or no table among the
        rows), "not read" (the system doesn't let us), "set aside" (found damaged before), "beside" (no file
        of the study, beside it) or "not covered" (of a study that is older than checksums).
    why
        What was found, in words; "" if it is ok.
    """

    name: str
    state: State
    why: str = ""


@dataclass(frozen=True)
class Verification:
    """Findings of `verify`.

    Attributes
    ----------
    folder
        Of the study.
    files
        One entry per file.
    counts
        How many units (one face × one intervention) are done by what is sound; None: what they are can't be
        read.
    lost
        Units that were there when a run ended, and aren't now. Studies of older versions, and runs that were
        killed, have no such record: then it is what is missing if a part was set aside, else 0.
    """

    folder: Path
    files: tuple[File, ...]
    counts: Counts | None = None
    lost: int = 0

    @property
    def sound(self) -> bool:
        """Whether no file is damaged, missing, foreign or unreadable, and no unit lost."""
        return not self.lost and not any(one.state in UNSOUND for one in self.files)

    @property
    def table(self) -> pd.DataFrame:
        """One row per file: name, state, why."""
        import pandas as pd

        rows = [(one.name, one.state, one.why) for one in self.files]
        return pd.DataFrame(rows, columns=["name", "state", "why"])

    def __str__(self) -> str:
        """Return the findings in words: what isn't ok by name, the rest counted."""
        counts = {state: sum(one.state == state for one in self.files) for state in ("ok", "not covered")}
        others = [f"{one.state}: {one.name} ({one.why})" for one in self.files if one.state not in counts]
        lines = [f"{number} {state}" for state, number in counts.items() if number]
        if counts["not covered"]:
            lines[-1] += f" ({WHY['not covered']})"
        states = {one.state for one in self.files}
        if self.lost:
            verb = "unit that was done isn't" if self.lost == 1 else "units that were done aren't"
            others.append(f"missing: {self.lost:,} {verb} there any more.")
        if states & {"damaged", "missing"} or self.lost:
            others.append(
                "Run the study again: what was damaged is set aside, what is missing computed anew."
            )
        if "foreign" in states:
            others.append("Move away what is foreign, unless you know where it is from: it may be read, too.")
        done = self.counts or "how many units there are can't be read"
        return "\n".join(
            [*others, f"{self.folder}: files: {', '.join(lines) or 'none is sound'}; units: {done}."]
        )


def verify(folder: str | Path) -> Verification:
    """Compare every file of a study with its checksum, and count what is there; nothing is changed.

    It finds damage, not forgery: who changes a file on purpose can change its checksum, too.

    Parameters
    ----------
    folder
        Of the study.

    Raises
    ------
    StoreError
        If there is no study.
    """
    check_kind(folder, PATHS, "A path, as text or pathlib.Path,")
    store = Store(Path(folder).expanduser())
    if not (store.folder / STUDY).exists() and not store.parts():
        read_record(store)  # says what is missing
    names = {STUDY, PROVENANCE, *(name for name in BEGINNING if (store.folder / name).suffix == ".json")}
    there = [*store.folder.glob("*.parquet"), *store.parts()]
    written = [store.folder / name for name in sorted(names) if (store.folder / name).exists()]
    uncovered: State = "not covered" if _is_old(store, there) else "foreign"
    parts: dict[Path, About] = {}
    files = [_checked(store, path, uncovered, parts) for path in [*written, *sorted(there)]]
    files += [_named(store, path, "missing") for path in _missing(store)]
    aside = [path for place in ("", *KINDS) for path in sorted((store.folder / place).glob(f"*{ASIDE}"))]
    files += [_named(store, path, "set aside") for path in aside]
    files += _others(store, {*written, *there, *aside})
    counts, lost = _counted(store, parts)
    return Verification(store.folder, tuple(files), counts, lost)


def _counted(store: Store, parts: Mapping[Path, About]) -> tuple[Counts | None, int]:
    """Return how many units are there by the sound parts, and how many are lost."""
    there = store.contents_of(parts)
    try:
        record = read_record(store)
        counts = count_units(read_units(store, record), there)
    except StoreError:  # which stands among the files
        return None, 0
    runs: list[Any] = []
    with suppress(StoreError):
        runs = read_provenance(store)["runs"]
    lost = count_lost(counts, record.units, runs)
    return counts, (counts.missing if there.aside else 0) if lost is None else lost


def _others(store: Store, known: Collection[Path]) -> Iterator[File]:
    """Return foreign files among a study's rows and beside its own files."""
    for kind in KINDS:
        for path in sorted((store.folder / kind).glob("*")):
            if path not in known and not UNFINISHED.fullmatch(path.name):
                yield File(_inner(store, path), "foreign", "it is no file of a study's rows")
    for path in sorted(store.folder.glob("*")):
        ours = path.name in {*KINDS, *BEGINNING} or path.name.startswith(EARLIER)
        if path not in known and not ours and not UNFINISHED.fullmatch(path.name):
            yield _named(store, path, "beside")


def _is_old(store: Store, tables: list[Path]) -> bool:
    """Return whether a study is older than checksums: then the tables that it names have none."""
    try:
        return not checksums.is_named(read_record(store).units)
    except StoreError:  # damaged
        return not any(checksums.is_named(path.name) for path in tables)


def _checked(store: Store, path: Path, uncovered: State, parts: dict[Path, About]) -> File:
    """Compare a file with its checksum; one without has to be readable. Note what a sound part holds."""
    try:
        content = read_bytes(path)
        if path.suffix == ".json":
            covered = checksums.unsealed(content)[1]
        else:
            covered = checksums.check(path, content)
            about = units_of(content) if path.parent.name in KINDS else None
            rows_of(content, about[0] if about else ())
            if about is not None and (covered or uncovered != "foreign"):
                parts[path] = about
    except DamagedError as error:
        return File(_inner(store, path), "damaged", str(error))
    except FileNotFoundError:
        return _named(store, path, "missing")
    except StoreError as error:  # a pipe, a folder, or a file that is closed to us: it may be whole
        return File(_inner(store, path), "not read", str(error))
    return File(_inner(store, path), "ok") if covered else _named(store, path, uncovered)


def _missing(store: Store) -> list[Path]:
    """Return the files that the record names and that aren't there."""
    names = [STUDY, PROVENANCE]
    try:
        record = read_record(store)
    except StoreError:  # its own file is damaged
        pass
    else:
        names += [record.faces, record.units, *record.beside]
    return [store.folder / name for name in names if not (store.folder / name).exists()]


def _named(store: Store, path: Path, state: State) -> File:
    return File(_inner(store, path), state, WHY[state])


def _inner(store: Store, path: Path) -> str:
    return path.relative_to(store.folder).as_posix()
