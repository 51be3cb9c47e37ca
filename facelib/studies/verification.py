"""Whether the files of a study are what was written: each is compared with its checksum."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facelib.errors import PATHS, check_kind
from facelib.studies import checksums
from facelib.studies.checksums import DamagedError
from facelib.studies.record import BEGINNING, PROVENANCE, STUDY, read_record
from facelib.studies.store import ASIDE, KINDS, Store, StoreError, read_bytes, rows_of, units_of

if TYPE_CHECKING:
    import pandas as pd

State = Literal["ok", "damaged", "missing", "foreign", "set aside", "not covered"]

WHY = {
    "missing": "the study names it",
    "foreign": "it has no checksum, though the study's own files have",
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
        "ok", "damaged", "missing", "foreign" (no checksum, in a study that has some), "set aside" (found
        damaged before) or "not covered" (of a study that is older than checksums).
    why
        What was found, in words; "" if it is ok.
    """

    name: str
    state: State
    why: str = ""


@dataclass(frozen=True)
class Verification:
    """What `verify` found.

    Attributes
    ----------
    folder
        Of the study.
    files
        One entry per file.
    """

    folder: Path
    files: tuple[File, ...]

    @property
    def sound(self) -> bool:
        """Whether no file is damaged, missing or foreign."""
        return not any(one.state in {"damaged", "missing", "foreign"} for one in self.files)

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
        found = {one.state for one in self.files}
        if found & {"damaged", "missing"}:
            others.append("Run the study again: what was damaged is set aside and computed anew.")
        if "foreign" in found:
            others.append("Move away what is foreign, unless you know where it is from: it may be read, too.")
        return "\n".join([*others, f"{self.folder}: {', '.join(lines) or 'no sound file'}."])


def verify(folder: str | Path) -> Verification:
    """Compare every file of a study with its checksum; nothing is changed.

    It finds damage, not forgery: who changes a file on purpose can change its checksum, too.

    Parameters
    ----------
    folder
        Of the study.

    Raises
    ------
    StoreError
        If there is no study, or a file can't be read, which doesn't mean that it is damaged.
    """
    check_kind(folder, PATHS, "A path, as text or pathlib.Path,")
    store = Store(Path(folder).expanduser())
    if not (store.folder / STUDY).exists():
        read_record(store)  # says what is missing
    names = {STUDY, PROVENANCE, *(name for name in BEGINNING if (store.folder / name).suffix == ".json")}
    there = [*store.folder.glob("*.parquet"), *store.parts()]
    written = [store.folder / name for name in sorted(names) if (store.folder / name).exists()]
    uncovered: State = "not covered" if _is_old(store, there) else "foreign"
    files = [_checked(store, path, uncovered) for path in [*written, *sorted(there)]]
    files += [_named(store, path, "missing") for path in _missing(store)]
    aside = [path for place in ("", *KINDS) for path in sorted((store.folder / place).glob(f"*{ASIDE}"))]
    return Verification(store.folder, (*files, *(_named(store, path, "set aside") for path in aside)))


def _is_old(store: Store, tables: list[Path]) -> bool:
    """Return whether a study is older than checksums: then the tables that it names have none."""
    try:
        return not checksums.is_named(read_record(store).units)
    except StoreError:  # damaged
        return not any(checksums.is_named(path.name) for path in tables)


def _checked(store: Store, path: Path, uncovered: State) -> File:
    """Compare a file with its checksum; one without has to be readable."""
    try:
        content = read_bytes(path)
        if path.suffix == ".json":
            covered = checksums.unsealed(content)[1]
        else:
            covered = checksums.check(path, content)
            rows_of(content, units_of(content)[0] if path.parent.name in KINDS else ())
    except DamagedError as error:
        return File(_inner(store, path), "damaged", str(error))
    except FileNotFoundError:
        return _named(store, path, "missing")
    return File(_inner(store, path), "ok") if covered else _named(store, path, uncovered)


def _missing(store: Store) -> list[Path]:
    """Return the files that the record names and that aren't there."""
    names = [PROVENANCE]
    try:
        record = read_record(store)
    except StoreError:  # its own file is damaged
        pass
    else:
        names += [record.faces, record.units]
    return [store.folder / name for name in names if not (store.folder / name).exists()]


def _named(store: Store, path: Path, state: State) -> File:
    return File(_inner(store, path), state, WHY[state])


def _inner(store: Store, path: Path) -> str:
    return path.relative_to(store.folder).as_posix()
