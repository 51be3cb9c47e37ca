"""Where a study keeps its rows: a folder of small Parquet files, each whole or not there, and what they hold.

A file is a *part*: the rows of some *units* (one face × one intervention × one reader), named by a hash of
them. What a unit is made of is in its key, so that a part never goes stale: a changed study asks for other
keys. Units that two parts have are read once.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Literal

from facelib.errors import FacelibError
from facelib.models.writing import written_whole

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Kind = Literal["outputs", "measured"]
KINDS: Final[tuple[Kind, ...]] = ("outputs", "measured")

DONE: Final = b"facelib.units"
FAILED: Final = b"facelib.failed"
FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class StoreError(FacelibError, OSError):
    """The folder of a study can't be written to, or another run is writing there."""


@dataclass(frozen=True)
class Contents:
    """What a store holds.

    Attributes
    ----------
    parts
        Path of the part that has a unit, by the unit; where several have it, one in which it didn't fail.
    failed
        Units that failed.
    """

    parts: Mapping[str, Path]
    failed: frozenset[str]


@dataclass(frozen=True)
class Store:
    """A folder that a study writes to and reads from; several processes may write parts at once.

    Parameters
    ----------
    folder
        Made when it is first written to.
    """

    folder: Path

    def write(self, kind: Kind, table: pa.Table, units: Sequence[str], failed: Iterable[str] = ()) -> Path:
        """Write the rows of some units as one part: all of it, or nothing.

        Raises
        ------
        StoreError
            If it can't be written: the disk is full, or the folder is closed to us.
        """
        import hashlib

        import pyarrow.parquet as pq

        bad = sorted(failed)
        name = hashlib.sha256("".join([*units, "|", *bad]).encode()).hexdigest()[:24]
        path = self.folder / kind / f"{name}.parquet"
        about = {DONE: " ".join(units).encode(), FAILED: " ".join(bad).encode()}
        with self._told(path), written_whole(path) as file:
            pq.write_table(
                table.replace_schema_metadata((table.schema.metadata or {}) | about), file, compression="zstd"
            )
            self._finish(file)
        return path

    def contents(self) -> Contents:
        """Return which units are there; a damaged part is renamed to ``….damaged`` and counts for nothing.

        Raises
        ------
        StoreError
            If a part can't be looked into, which doesn't mean that it is damaged.
        """
        import pyarrow.parquet as pq

        parts: dict[str, Path] = {}
        failed: set[str] = set()
        for path in self._paths():
            try:
                about = pq.read_metadata(path).metadata or {}
                units, bad = about[DONE].decode().split(), set(about[FAILED].decode().split())
            except FileNotFoundError:
                continue  # another process has just found it damaged
            except (OSError, ValueError, KeyError) as error:
                _set_aside(path, error)
                continue
            for unit in units:
                if unit not in parts or (unit in failed and unit not in bad):
                    parts[unit] = path
                    (failed.add if unit in bad else failed.discard)(unit)
        return Contents(parts, frozenset(failed))

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
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        wanted: dict[Path, list[str]] = {}
        for unit, path in (contents or self.contents()).parts.items():
            if unit in units and path.parent.name == kind:
                wanted.setdefault(path, []).append(unit)
        if not wanted:
            return pd.DataFrame()
        tables = []
        for path, here in wanted.items():
            try:
                table = pq.read_table(path)
            except (OSError, ValueError) as error:
                _set_aside(path, error)
                msg = (
                    f"{path} was damaged after it was written. It is set aside; run the study again, and its "
                    "rows are computed anew."
                )
                raise StoreError(msg) from error
            if len(here) < len(table.schema.metadata[DONE].split()):
                table = table.filter(pc.is_in(table["unit"].cast(pa.string()), pa.array(here, pa.string())))
            tables.append(table)
        frame: pd.DataFrame = pa.concat_tables(tables).unify_dictionaries().to_pandas(self_destruct=True)
        frame["number"] = frame["unit"].astype(str).map(units).to_numpy()
        return frame.sort_values("number", kind="stable", ignore_index=True)

    def save(self, name: str, content: Any) -> None:
        """Write JSON, or a table as Parquet, whole or not at all."""
        path = self.folder / name
        with self._told(path), written_whole(path) as file:
            if name.endswith(".parquet"):
                content.to_parquet(file, index=False)
            else:
                file.write(json.dumps(content, indent=2, default=_as_json).encode())
            self._finish(file)

    def load(self, name: str) -> Any:
        """Return JSON that was saved.

        Raises
        ------
        StoreError
            If there is none, or it can't be read.
        """
        path = self.folder / name
        try:
            return json.loads(path.read_text())
        except (OSError, ValueError) as error:
            msg = f"{self.folder} holds no study: its {name} can't be read ({error})."
            raise StoreError(msg) from error

    def load_table(self, name: str) -> pd.DataFrame:
        """Return a table that was saved; see `load`."""
        import pandas as pd

        try:
            return pd.read_parquet(self.folder / name)
        except (OSError, ValueError) as error:
            msg = f"{self.folder} holds no study: its {name} can't be read ({error})."
            raise StoreError(msg) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store for one run; it ends with the process, however that ends.

        Raises
        ------
        StoreError
            If the folder can't be written to, or another run holds it.
        """
        path = self.folder / "run.lock"
        with self._told(path):
            self.folder.mkdir(parents=True, exist_ok=True)
            file = path.open("a+b")
        with file:
            _lock(file.fileno(), self.folder)
            for left in [*self.folder.glob("*.part"), *self.folder.glob("*/*.part")]:
                with self._told(left):
                    left.unlink(missing_ok=True)  # of runs that were killed
            yield

    def _finish(self, file: IO[bytes]) -> None:
        """Bring a file to the disk, open to whom the folder is."""
        file.flush()
        with suppress(OSError, AttributeError):  # systems without modes
            os.fchmod(file.fileno(), self.folder.stat().st_mode & 0o666)
        os.fsync(file.fileno())

    def _paths(self) -> list[Path]:
        return [path for kind in KINDS for path in sorted((self.folder / kind).glob("*.parquet"))]

    @contextmanager
    def _told(self, path: Path) -> Iterator[None]:
        """Turn what the system says of a file into what to do about it."""
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


def _set_aside(path: Path, error: Exception) -> None:
    """Rename a part that is damaged; one that the system doesn't let us read may be whole."""
    if isinstance(error, OSError) and error.errno is not None:
        msg = (
            f"{path} can't be read ({error.strerror or error}). Its rows may well be whole: see to it that "
            "the folder of the study can be read, and try again."
        )
        raise StoreError(msg) from error
    with suppress(OSError):
        path.replace(path.with_suffix(".damaged"))


def _as_json(value: Any) -> Any:
    """Return a number of numpy as Python's, anything else as its text."""
    return value.item() if hasattr(value, "item") else str(value)


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
