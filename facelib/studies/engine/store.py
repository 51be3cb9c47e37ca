"""Store of a study's rows: a folder of small Parquet files, each whole or not there.

A file is a *part*: the rows of some *units* (one face × one intervention × one reader), named by a hash of
them and by the checksum of its content, which is verified whenever it is read. What a unit is made of is in
its key, so that a part never goes stale: a changed study asks for other keys. Units that two parts have are
read once.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal

from facelib.errors import FacelibError
from facelib.studies.engine import checksums
from facelib.studies.engine.checksums import DamagedError
from facelib.utilities.content import read_file
from facelib.utilities.files import UNFINISHED, newest_last, written_whole

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Kind = Literal["outputs", "measured"]
About = tuple[list[str], set[str], str]
"""Units of a part, those that failed, and the fingerprint of what computed them."""
KINDS: Final[tuple[Kind, ...]] = ("outputs", "measured")

DONE: Final = b"facelib.units"
FAILED: Final = b"facelib.failed"
VERSION: Final = b"facelib.version"
FULL: Final = (errno.ENOSPC, errno.EDQUOT)
NO_MEMORY: Final = "A table of the study doesn't fit into memory. Close other programs, and try again."
ASIDE: Final = ".damaged"
"""End of the name of a file that was found damaged."""


class StoreError(FacelibError, OSError):
    """The folder of a study can't be read or written to, is damaged, or another run is writing there."""


@dataclass(frozen=True)
class Contents:
    """Content of a store.

    Attributes
    ----------
    parts
        Path of the part that has a unit, by the unit; where several have it, one in which it didn't fail.
    failed
        Units that failed.
    aside
        Names of parts that were found damaged, now or before.
    versions
        Fingerprints of the versions that made the parts; "" of parts that don't say so.
    """

    parts: Mapping[str, Path]
    failed: frozenset[str]
    aside: tuple[str, ...] = ()
    versions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Store:
    """A folder that a study writes to and reads from; several processes may write parts at once.

    Parameters
    ----------
    folder
        Made when it is first written to.
    """

    folder: Path

    def write(
        self, kind: Kind, table: pa.Table, units: Sequence[str], failed: Iterable[str] = (), version: str = ""
    ) -> Path:
        """Write the rows of some units as one part: all of it, or nothing.

        Parameters
        ----------
        kind
            Of the rows.
        table
            Rows with a column ``unit``.
        units, failed
            Keys of the units, and of those that failed.
        version
            Fingerprint of the versions of what computed them.

        Raises
        ------
        StoreError
            If it can't be written: the disk is full, or the folder is closed to us.
        """
        import hashlib

        import pyarrow.parquet as pq

        bad = sorted(failed)
        what = hashlib.sha256("".join([*units, "|", *bad]).encode()).hexdigest()[:24]
        about = {DONE: " ".join(units), FAILED: " ".join(bad), VERSION: version}
        said = {name: text.encode() for name, text in about.items()}
        buffer = io.BytesIO()
        whole = table.replace_schema_metadata((table.schema.metadata or {}) | said)
        pq.write_table(whole, buffer, compression="zstd")
        return self._put(self.folder / kind, what, buffer.getvalue())

    def contents(self) -> Contents:
        """Return which units are there; a damaged part is renamed to ``….damaged`` and counts for nothing.

        Raises
        ------
        StoreError
            If a part can't be looked into, which doesn't mean that it is damaged.
        """
        sound: dict[Path, About] = {}
        for path in self.parts():
            try:
                sound[path] = units_of(read_sound(path)[0])
            except FileNotFoundError:
                continue  # another process has just found it damaged
            except DamagedError:
                _set_aside(path)
        return self.contents_of(sound)

    def contents_of(self, parts: Mapping[Path, About]) -> Contents:
        """Return the content of the store from its sound parts, as of `units_of`; nothing is read."""
        there: dict[str, Path] = {}
        failed: set[str] = set()
        for path, (units, bad, _) in parts.items():
            for unit in units:
                if unit not in there or (unit in failed and unit not in bad):
                    there[unit] = path
                    (failed.add if unit in bad else failed.discard)(unit)
        aside = tuple(sorted(path.name for kind in KINDS for path in (self.folder / kind).glob(f"*{ASIDE}")))
        return Contents(there, frozenset(failed), aside, frozenset(about[2] for about in parts.values()))

    def read(self, kind: Kind, units: Mapping[str, int], contents: Contents | None = None) -> pd.DataFrame:
        """Return the rows of units in the order of their numbers; those that aren't there are left out.

        Parameters
        ----------
        units
            Number of each unit that is wanted, by its key.
        contents
            What `contents` returned, to spare a second look.

        Returns
        -------
        pandas.DataFrame
            The rows as they were written, with a column ``number``; empty if there are none.

        Raises
        ------
        StoreError
            If a part can't be read; a damaged one is set aside, so that running the study again mends it.
        """
        import pandas as pd
        import pyarrow as pa

        wanted: dict[Path, list[str]] = {}
        for unit, path in (contents or self.contents()).parts.items():
            if unit in units and path.parent.name == kind:
                wanted.setdefault(path, []).append(unit)
        if not wanted:
            return pd.DataFrame()
        tables = []
        for path, here in wanted.items():
            try:
                tables.append(rows_of(read_sound(path)[0], here))
            except (DamagedError, FileNotFoundError) as error:
                _set_aside(path)
                msg = (
                    f"{path} was damaged after it was written. It is set aside; run the study again, and its "
                    "rows are computed anew."
                )
                raise StoreError(msg) from error
        try:
            frame: pd.DataFrame = pa.concat_tables(tables).unify_dictionaries().to_pandas(self_destruct=True)
            frame["number"] = frame["unit"].astype(str).map(units).to_numpy()
        except MemoryError as error:
            raise StoreError(NO_MEMORY) from error
        except Exception as error:  # whatever is made of parts without checksums
            msg = (
                f"The parts in {self.folder / kind} don't fit together ({error}): one of them is damaged, or "
                "foreign. Move away those that aren't of this study, or run it anew in another folder."
            )
            raise StoreError(msg) from error
        return frame.sort_values("number", kind="stable", ignore_index=True)

    def save(self, name: str, content: Mapping[str, Any]) -> None:
        """Write JSON with its checksum, whole or not at all."""
        path = self.folder / name
        with self.saying(path), written_whole(path) as file:
            file.write(checksums.sealed(content))
            self._finish(file)

    def save_table(self, what: str, table: pd.DataFrame) -> Path:
        """Write a table as ``<what>-<checksum>.parquet``, whole or not at all, and return its path."""
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        return self._put(self.folder, what, buffer.getvalue())

    def find_tables(self, what: str) -> list[Path]:
        """Return the tables whose names begin with some words, the newest one last."""
        return newest_last(self.folder.glob(f"{what}*.parquet"))

    def load(self, name: str) -> dict[str, Any]:
        """Return JSON that was saved.

        Raises
        ------
        StoreError
            If there is none, it can't be read, or it is damaged.
        """
        path = self.folder / name
        try:
            return checksums.unsealed(read_bytes(path))[0]
        except (DamagedError, FileNotFoundError) as error:
            raise self._unreadable(path, error) from error

    def load_table(self, name: str | Path, columns: Iterable[str] = ()) -> pd.DataFrame:
        """Return a table that was saved, by its name or its path, which has some columns; see `load`."""
        path = name if isinstance(name, Path) else self.folder / name
        try:
            content = read_sound(path)[0]
            with _parsing("table"):
                table: pd.DataFrame = _table(content).to_pandas()
            if missing := [name for name in columns if name not in table]:
                msg = f"it has no column {', '.join(missing)}"
                raise DamagedError(msg)
        except (DamagedError, FileNotFoundError) as error:
            raise self._unreadable(path, error) from error
        return table

    def set_aside(self, name: str) -> None:
        """Rename a file that is damaged, so that another one can take its place."""
        _set_aside(self.folder / name)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store for one run; it ends with the process, however that ends.

        Raises
        ------
        StoreError
            If the folder can't be written to, or another run holds it.
        """
        path = self.folder / "run.lock"
        with self.saying(path):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # of people: others are let in by hand
            lock = _opened_lock(path)
        try:
            _lock(lock, self.folder)
            for left in self._unfinished():
                with self.saying(left):
                    left.unlink(missing_ok=True)  # of runs that were killed
            try:
                yield
            finally:
                for left in self._unfinished():
                    with suppress(OSError):
                        left.unlink()  # of processes that were ended with the run while they wrote
        finally:
            os.close(lock)

    def _unfinished(self) -> list[Path]:
        """Return the files that were being written when their process ended; others' aren't ours."""
        names = [*self.folder.glob("*.part"), *self.folder.glob("*/*.part")]
        return [path for path in names if UNFINISHED.fullmatch(path.name)]

    def _finish(self, file: IO[bytes]) -> None:
        """Bring a file to the disk, open to whom the folder is."""
        file.flush()
        with suppress(OSError, AttributeError):  # systems without modes
            os.fchmod(file.fileno(), self.folder.stat().st_mode & 0o666)
        os.fsync(file.fileno())

    def parts(self) -> list[Path]:
        """Return the files of all parts, damaged ones that nobody has found yet among them."""
        return [path for kind in KINDS for path in sorted((self.folder / kind).glob("*.parquet"))]

    def _put(self, folder: Path, what: str, content: bytes) -> Path:
        """Write a file that is named after its content."""
        path = folder / checksums.named(what, content)
        with self.saying(path), written_whole(path) as file:
            file.write(content)
            self._finish(file)
        return path

    def _unreadable(self, path: Path, error: Exception) -> StoreError:
        if isinstance(error, FileNotFoundError):
            return StoreError(f"{self.folder} holds no study: its {path.name} can't be read ({error}).")
        return StoreError(
            f"{path} is damaged: {error}. Put an unharmed copy in its place, or run the study again in this "
            "folder: the rows that were computed are kept."
        )

    @contextmanager
    def saying(self, path: Path) -> Iterator[None]:
        """Turn a file error of the system into a `StoreError` that says what to do."""
        try:
            yield
        except OSError as error:
            if isinstance(error, StoreError):
                raise
            if error.errno in FULL or "No space left" in str(error):
                msg = (
                    f"The disk of {self.folder} is full. What was done is kept: make room, and run the study "
                    "again; it goes on where it stopped."
                )
            else:
                msg = f"{path} can't be written ({error.strerror or error}). Choose another folder."
            raise StoreError(msg) from error


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises
    ------
    FileNotFoundError
        If it isn't there.
    StoreError
        If the system doesn't let us read it: it may be whole.
    """
    try:
        return read_file(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        msg = (
            f"{path} can't be read ({error.strerror or error}). Its rows may well be whole: see to it that "
            "the folder of the study can be read, and try again."
        )
        raise StoreError(msg) from error


def read_sound(path: Path) -> tuple[bytes, bool]:
    """Return the content of a table's file, and whether its name has a checksum, which was verified.

    Raises
    ------
    DamagedError
        If the checksum isn't that of the content.
    FileNotFoundError, StoreError
        As from `read_bytes`.
    """
    content = read_bytes(path)
    return content, checksums.check(path, content)


def units_of(content: bytes) -> About:
    """Return the units of a part, those that failed, and the fingerprint of what computed them.

    Raises
    ------
    DamagedError
        If this is no part.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _parsing("part of a study"):
        about = pq.read_metadata(pa.BufferReader(content)).metadata or {}
        units, bad = about[DONE].decode().split(), set(about[FAILED].decode().split())
        return units, bad, about.get(VERSION, b"").decode()


def rows_of(content: bytes, units: Sequence[str]) -> pa.Table:
    """Return the rows of some units of a part, without units all; `DamagedError` if they can't be read."""
    import pyarrow as pa
    import pyarrow.compute as pc

    with _parsing("table"):
        table = _table(content)
        if units and len(units) < len(units_of(content)[0]):
            table = table.filter(pc.is_in(table["unit"].cast(pa.string()), pa.array(units, pa.string())))
        return table


def _table(content: bytes) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.read_table(pa.BufferReader(content))


@contextmanager
def _parsing(what: str) -> Iterator[None]:
    """Turn any error of a parser on damaged bytes into `DamagedError`."""
    try:
        yield
    except DamagedError:
        raise
    except MemoryError as error:
        raise StoreError(NO_MEMORY) from error
    except Exception as error:
        msg = f"it is no {what} ({error})"
        raise DamagedError(msg) from error


def _set_aside(path: Path) -> None:
    """Rename a file that is damaged."""
    with suppress(OSError):
        path.replace(path.with_suffix(ASIDE))


def _opened_lock(path: Path) -> int:
    """Open a lock's file, made if it isn't there, and close it to who may only read: they could hold it."""
    writers = path.parent.stat().st_mode & 0o222
    mode = 0o600 | writers | writers << 1
    lock = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), mode)
    with suppress(OSError, AttributeError):  # another one's, and systems without modes
        os.fchmod(lock, os.fstat(lock).st_mode & mode)
    return lock


def _lock(descriptor: int, folder: Path) -> None:
    """Lock an open file until it is closed; a system, or a file system, without locks does without."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        msg = f"Another run is writing to {folder}. Wait for it, stop it, or choose another folder."
        raise StoreError(msg) from error
    except OSError:
        return
