"""Metadata of a set of photographs, and checks of it against the files."""

from __future__ import annotations

import csv
import io
import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import BadTableError
from facelib.utilities.content import read_file
from facelib.utilities.spreadsheet import unguarded

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp")
TEXT: Final = ("file", "id", "person", "label")
"""Columns that stay text: person 007 isn't number 7."""
MAX_TABLE: Final = 200_000_000  # bytes
MAX_ROWS: Final = 1_000_000
MAX_COLUMNS: Final = 1_000
MAX_CELLS: Final = 10_000_000
MAX_LINE: Final = 1_000_000  # bytes

_UNKNOWN: Final = ["", "NA", "NaN", "nan"]  # not "None" or "null", which may be labels
ABSENT: Final = "pictures that the table lists aren't there"
_SHOWN: Final = 5
_LOOKED_AT: Final = 100  # rows of a text, to find its columns


def natural_key(name: str) -> tuple[Any, ...]:
    """Return a sort key as people sort names: face2 before face10, capitals as small letters.

    >>> sorted(["b1", "a10.png", "A2.png"], key=natural_key)
    ['A2.png', 'a10.png', 'b1']
    """
    parts = re.split(r"([0-9]+)", name.casefold())
    numbers = [part.lstrip("0") for part in parts[1::2]]
    parts[1::2] = [f"{len(number):06d}{number}" for number in numbers]  # int() refuses very long ones
    return (*parts, name)


def is_picture(name: str) -> bool:
    """Return whether a file's name says that it is a picture, and not hidden."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not is_hidden(name)


def is_hidden(name: str) -> bool:
    """Return whether a file or a folder that it is in is hidden."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def read_table(content: Path | bytes, name: str) -> pd.DataFrame:
    """Read a CSV (``,``, ``;`` or tabs between columns, UTF-8) or Parquet table, by the ending of `name`.

    Raises
    ------
    BadTableError
        It isn't there, is too large, or can't be read.
    """
    if isinstance(content, Path) and not content.is_file():
        msg = f"There is no table {content}."
        raise BadTableError(msg)
    if (len(content) if isinstance(content, bytes) else content.stat().st_size) > MAX_TABLE:
        msg = f"A table may have at most {MAX_TABLE // 10**6} MB."
        raise BadTableError(msg)
    try:
        raw = content if isinstance(content, bytes) else read_file(content, MAX_TABLE)
        return (_parquet if name.lower().endswith((".parquet", ".pq")) else _text)(raw)
    except Exception as error:  # pandas and pyarrow raise nearly anything on damaged files
        msg = f"The table {name} can't be read as CSV (UTF-8) or Parquet: {error}."
        raise BadTableError(msg) from error


def _text(raw: bytes) -> pd.DataFrame:
    import pandas as pd

    _bound(max(raw.count(b"\n"), raw.count(b"\r")), 1)
    if max(map(len, raw.splitlines()), default=0) > MAX_LINE:
        msg = f"a line has more than {MAX_LINE // 10**6} MB"
        raise ValueError(msg)
    header = re.split(rb"[\r\n]", raw, maxsplit=1)[0].decode("utf-8-sig")
    separator = max(",;\t", key=header.count)
    start = raw[: 3 * MAX_LINE].decode("utf-8-sig", "replace").splitlines(keepends=True)
    rows = [row for row in itertools.islice(csv.reader(start, delimiter=separator), _LOOKED_AT) if row]
    # The first two rows say how many columns there are: of names, and of names of rows.
    _bound(len(rows), max(map(len, rows[:2]), default=0))
    _bound(1, 1, raw.count(separator.encode()))
    table = pd.read_csv(
        io.BytesIO(raw),
        sep=separator,
        encoding="utf-8-sig",
        dtype=dict.fromkeys(TEXT, "str"),
        keep_default_na=False,
        na_values=_UNKNOWN,
    )
    return unguarded(table)


def _parquet(raw: bytes) -> pd.DataFrame:
    """Read Parquet; texts that are there many times are counted before they are written out."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    with ParquetFile(io.BytesIO(raw)) as file:
        about, schema = file.metadata, file.schema_arrow
    _bound(about.num_rows, len(schema))
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    _fits(sum(group.total_byte_size for group in groups))
    if nested := [field.name for field in schema if pa.types.is_nested(field.type)]:
        msg = f"its columns {', '.join(nested[:_SHOWN])} hold lists or tables, not one value per row"
        raise ValueError(msg)
    with ParquetFile(io.BytesIO(raw), read_dictionary=schema.names) as file:
        table = file.read()
    _fits(sum(_unpacked(chunk) for column in table.columns for chunk in column.chunks))
    made: pd.DataFrame = table.cast(schema).to_pandas()
    return made


def _unpacked(chunk: Any) -> int:
    """Return the bytes of a part of a column once each row has its own text."""
    import pyarrow as pa
    from pyarrow import compute

    if not pa.types.is_dictionary(chunk.type):
        return int(chunk.nbytes)
    lengths = compute.take(compute.binary_length(chunk.dictionary), chunk.indices)
    return int(compute.sum(compute.cast(lengths, pa.int64())).as_py() or 0)


def _bound(rows: int, columns: int, cells: int = 0) -> None:
    """Raise if a table is larger than any of faces."""
    if rows > MAX_ROWS or columns > MAX_COLUMNS or max(rows * columns, cells) > MAX_CELLS:
        msg = (
            f"it has more than {MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns or {MAX_CELLS:,} cells; leave out "
            "what isn't needed"
        )
        raise ValueError(msg)


def _fits(size: int) -> None:
    if size > MAX_TABLE:
        msg = f"unpacked it has {size // 10**6:,} MB; {MAX_TABLE // 10**6} MB are read"
        raise ValueError(msg)


def bare_table(names: Iterable[str]) -> pd.DataFrame:
    """Return the table of pictures without metadata: columns id, file, folder, in natural order."""
    import pandas as pd

    files = sorted((name for name in names if is_picture(name)), key=natural_key)
    folders = [name.rpartition("/")[0] for name in files]
    return pd.DataFrame({"id": files, "file": files, "folder": folders}, dtype="str")


def matched(
    table: pd.DataFrame, names: Iterable[str], *, only_listed: bool = False, only_there: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Return a table with the columns id and file first, checked against the files, and what was left out.

    That are rows whose picture isn't there, and sentences on them.

    Parameters
    ----------
    table
        Column ``file``: names as in `names`; ``id``, if there, is unique. Its order stays.
    names
        All files of the set.
    only_listed
        Leave out pictures that aren't listed, instead of raising.
    only_there
        Leave out rows whose picture isn't there, instead of raising; a sentence names them. Not if none is.

    Raises
    ------
    BadTableError
        With lists of what is missing, not listed, or listed several times.
    """
    table = table.rename(columns=lambda name: str(name).strip()).reset_index(drop=True)
    if "file" not in table or not table.columns.is_unique:
        msg = f"A table of faces has one column 'file', and no column twice; got {', '.join(table.columns)}."
        raise BadTableError(msg)
    there = {_plain(name): name for name in names}
    listed = [_plain(str(name)) for name in table["file"].astype("object").where(table["file"].notna(), "")]
    missing = [name or "(empty)" for name in listed if name not in there]
    known = set(listed)
    unlisted = sorted(
        (name for plain, name in there.items() if plain not in known and is_picture(name)), key=natural_key
    )
    unlisted = [] if only_listed else unlisted
    duplicates = _repeated(listed)
    notes: tuple[str, ...] = ()
    absent = table.iloc[:0]
    if only_there and missing and len(missing) < len(listed):
        named = ", ".join(missing[:_SHOWN]) + (" …" if len(missing) > _SHOWN else "")
        notes = (f"{len(missing)} of {len(listed)} {ABSENT}: {named}.",)
        found = [name in there for name in listed]
        absent = table[[not one for one in found]].reset_index(drop=True)
        table = table[found].reset_index(drop=True)
        listed, missing = [name for name in listed if name in there], []
    if missing or unlisted or duplicates:
        lines = [
            _line(
                "listed, but not there",
                missing,
                "check their names" if only_there else "check their names, or leave them out",
            ),
            _line(
                "there, but not listed",
                unlisted,
                "add them, or leave them out",
            ),
            _line("listed several times", duplicates, "keep one row per file"),
        ]
        msg = "The table doesn't fit the pictures. " + " ".join(line for line in lines if line)
        options = ["only_there"] * bool(missing and not only_there) + ["only_listed"] * bool(unlisted)
        ways = [f"{name}=True (in a study's file, {name}: true)" for name in options]
        hint = f"What leaves them out: {', '.join(ways)}." if ways else ""
        raise BadTableError(msg, missing=missing, unlisted=unlisted, duplicates=duplicates, hint=hint)
    table["file"] = [there[name] for name in listed]
    if "id" not in table:
        table["id"] = table["file"]
    ids = table["id"].astype("str")
    if ids.duplicated().any() or table["id"].isna().any():
        twice = _repeated(ids.tolist())
        hint = _line("given several times", twice, "change them") or "some are empty."
        msg = f"Each row of a table of faces has an id of its own; {hint}"
        raise BadTableError(msg, duplicates=twice)
    table["id"] = ids
    first = ["id", "file"]
    return table[[*first, *(name for name in table if name not in first)]], absent, notes


def _plain(name: str) -> str:
    """Return a name as it is compared: Windows' backslashes and macOS's accents are written as elsewhere."""
    return unicodedata.normalize("NFC", name.strip().replace("\\", "/").removeprefix("./"))


def _repeated(names: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    return list(dict.fromkeys(name for name in names if name in seen or seen.add(name)))  # type: ignore[func-returns-value]


def _line(what: str, names: Sequence[str], hint: str) -> str:
    if not names:
        return ""
    more = " …" if len(names) > _SHOWN else ""
    return f"{len(names)} {what}: {', '.join(names[:_SHOWN])}{more}; {hint}."
