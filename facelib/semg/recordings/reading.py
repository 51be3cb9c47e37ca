"""Recordings from files: CSV, TSV, Parquet, EDF and BDF.

Tables have one column per channel, and maybe one of times or an index. Nothing of a file is run, and what was
uploaded is kept nowhere.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast, get_args

import numpy as np
import numpy.typing as npt

from facelib.errors import BadTableError, BadValueError, UnknownNameError
from facelib.semg.recordings.edf import SUFFIXES as EDF
from facelib.semg.recordings.edf import Asked, edf_names, read_edf
from facelib.semg.recordings.file_columns import (
    SECONDS,
    Columns,
    has_unit,
    is_beside,
    is_index,
    is_time,
    is_trigger,
    kind_of,
    microvolts,
    piece,
    rate_of,
    rows_of,
    spread,
    triggers,
    unit_of,
    wanted,
)
from facelib.semg.recordings.headings import heading, unit_line, with_units
from facelib.semg.recordings.recording import Event, Kind, Recording

if TYPE_CHECKING:
    import pandas as pd

TEXT: Final = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUET: Final = (".parquet", ".pq")
SUFFIXES: Final = (*TEXT, *PARQUET, *EDF)
"""Endings of files that are read."""
MOST_BYTES: Final = 2 * 2**30
"""Of a file, also unpacked."""
MOST_NUMBERS: Final = 200_000_000
"""Of a recording: 18 minutes of 44 inputs at 4096 Hz; as float32 .8 GB."""
SAME: Final = 0.01
"""Share by which a rate that was given may differ from the one by the times."""

SLOWEST: Final = 10.0
"""Samples a second below which the unit of times is checked: in ms, 4096 a second look like 4."""


class NoRateError(BadValueError):
    """A file that doesn't say how many samples a second it has."""


_LOOKED_AT: Final = 65_536  # bytes of a text that show how it writes numbers
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")  # first bytes of such a text
_NAMELESS: Final = "Unnamed: "  # how pandas calls columns without a name
_POINT = re.compile(r"\d\.\d")
_COMMA = re.compile(r"\d,\d")


def read_signals(
    source: str | Path | bytes,
    *,
    name: str = "",
    rate: float | None = None,
    kind: Kind | None = None,
    session: str = "",
    columns: Mapping[str, str | None] | None = None,
    start: float | None = None,
    stop: float | None = None,
    skip: int | None = None,
) -> Recording:
    r"""Read a recording.

    Parameters
    ----------
    source
        A file, or the bytes of one that was uploaded.
    name
        What the file is called; its ending gives the format (`SUFFIXES`). Needed for bytes.
    rate
        Samples a second; None: as the file's header or times say.
    kind
        None: "monopolar" where all names are inputs of pairs ("F20a", "F20b"); else "envelope" up to 100 Hz
        and "bipolar" above.
    session
        Which session it belongs to.
    columns
        Column -> what it means ("EMG 1" -> "Zygomaticus_l"), the others are left out; or -> None, to leave
        out that one. None: all by their names, see `facelib.semg.channel_of`; sensors of something else are
        left out, and `Recording.notes` names them.
    start, stop
        Seconds between which it is read; None: from its start, to its end. Of EDF and BDF only these go into
        memory.
    skip
        Of text: lines above the one that names the columns. None: it is found by the numbers below it.

    Returns
    -------
    Recording
        In µV: units stand in brackets behind a column's name, in a line below the names, or in the header of
        EDF; without one, numbers are µV. Samples that are missing by times or index are NaN. Notes, markers
        and triggers are its `events`.

    Raises
    ------
    BadTableError
        If the file isn't there, is too large, or can't be read; or columns mean the same.
    BadValueError
        If the rate isn't known, or isn't that of the times; or times without a unit are below 10 a second.
    UnknownNameError
        If a column means no channel.
    UnavailableError
        If pyedflib is needed and isn't installed.

    Notes
    -----
    Text may be UTF-8, UTF-16 or Windows-1252, with commas, semicolons or tabs between columns, and with
    decimal commas where it isn't commas that separate.

    Examples
    --------
    >>> text = "Zeit [ms];Zyg li [mV]\n0;0,5\n0,5;0,25\n1;0,125\n".encode()
    >>> recording = read_signals(text, name="export.csv")
    >>> recording.rate, recording.channels, recording.signals.ravel().tolist()
    (2000.0, ('zygomaticus_left',), [500.0, 250.0, 125.0])
    """
    content = Path(source) if isinstance(source, str) else source
    called = name or (content.name if isinstance(content, Path) else "")
    if kind is not None and kind not in get_args(Kind):
        msg = f"A recording is {', '.join(get_args(Kind))}; got {kind!r}."
        raise BadValueError(msg)
    if rate is not None and not (np.isfinite(rate) and rate > 0):
        msg = f"A sampling rate is a number of samples a second above 0; got {rate!r}."
        raise BadValueError(msg)
    suffix = _suffix(called)
    _check_size(content, called)
    _check_span(start, stop)
    if skip is not None and suffix not in TEXT:
        msg = f"Lines are skipped in files of text; {called} is none."
        raise BadValueError(msg, hint="In Python: without skip=.")
    if suffix in EDF:
        read = read_edf(content, called, Asked(columns, kind, MOST_NUMBERS, (start, stop)))
    else:
        table = _text(content, called, skip) if suffix in TEXT else _parquet(content, called)
        read = _signals(table, called, columns, kind)
    sampled = _rate(read.rate, rate, called)
    found = Recording(
        read.values,
        sampled,
        read.names,
        kind or kind_of(read.names, sampled),
        session=session,
        source=called,
        events=tuple(Event(row / sampled, word, length / sampled) for row, word, length in read.events),
        notes=read.notes,
    )
    if suffix in EDF or (start is None and stop is None):
        return found
    first, last = piece((start, stop), sampled, len(found), called)
    return found.cut(first / sampled, last / sampled)


def signal_names(source: str | Path | bytes, *, name: str = "", skip: int | None = None) -> list[str]:
    r"""Return the names of a file's columns that may be signals: no times, counters, triggers or notes.

    Parameters
    ----------
    source, name, skip
        As for `read_signals`.

    Raises
    ------
    BadTableError
        If the file isn't there, is too large, or can't be read.

    Examples
    --------
    >>> signal_names(b"time,EXG1,Force,Status\n0,1,2,0\n1,1,2,0\n", name="a.csv")
    ['EXG1', 'Force']
    """
    content = Path(source) if isinstance(source, str) else source
    called = name or (content.name if isinstance(content, Path) else "")
    suffix = _suffix(called)
    _check_size(content, called)
    if suffix in EDF:
        names = edf_names(content, called)
    else:
        table = _text(content, called, skip, rows=2) if suffix in TEXT else _parquet(content, called)
        names = [str(column) for column in table.columns]
    index = names[:1] if names and is_index(names[0]) else []
    return [one for one in names if not is_time(one) and not is_beside(one) and one not in index]


def _check_span(start: float | None, stop: float | None) -> None:
    for what, value in (("start", start), ("stop", stop)):
        known = isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
        if value is not None and not (known and value >= 0):
            msg = (
                f"A piece of a recording begins and ends at so many seconds, 0 or more; {what} is {value!r}."
            )
            raise BadValueError(msg)


def read_table(source: str | Path | bytes, name: str = "") -> pd.DataFrame:
    """Read a table of text or Parquet whose first line names the columns, as `read_signals` reads them.

    Raises
    ------
    BadTableError
        If the file isn't there, is too large or can't be read, or names a column twice (``duplicates``).
    """
    content = source if isinstance(source, bytes) else Path(source)
    called = name or (content.name if isinstance(content, Path) else "")
    suffix = _suffix(called, "A table", (*TEXT, *PARQUET))
    _check_size(content, called, "file")
    if suffix in PARQUET:
        return _parquet(content, called)
    with _opened(content, called) as stream:  # pandas would rename what stands twice
        start = stream.read(_LOOKED_AT)
    header = start.decode(_encoding(start), "replace").replace("\r", "\n").partition("\n")[0]
    names = [one.strip() for one in next(csv.reader([header], delimiter=max(";\t,", key=header.count)), [])]
    if twice := sorted({one for one in names if one and names.count(one) > 1}):
        msg = f"{called} has several columns of the same name: {', '.join(twice)[:200]}."
        raise BadTableError(msg, duplicates=twice)
    return _text(content, called)


def _suffix(name: str, what: str = "A recording", known: tuple[str, ...] = SUFFIXES) -> str:
    for suffix in sorted(known, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return suffix
    msg = f"{what} ends in {', '.join(known)}; got {name!r}."
    raise BadTableError(msg)


def _check_size(content: Path | bytes, name: str, what: str = "recording") -> None:
    if isinstance(content, Path) and not content.is_file():
        msg = f"There is no {what} {content}."
        raise BadTableError(msg)
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    if size > MOST_BYTES:
        msg = f"{name} has {size / 2**30:.1f} GB; at most {MOST_BYTES / 2**30:.0f} are read. Cut it."
        raise BadTableError(msg)


def _rate(told: float | None, given: float | None, name: str) -> float:
    """Return the rate of a recording, by the file and by what was given."""
    if told is None and given is None:
        msg = f"{name} doesn't say how many samples a second it has: say how many, or add a column of times."
        raise NoRateError(msg, hint="In Python: rate=.")
    if told is not None and given is not None and abs(told / given - 1) > SAME:
        msg = (
            f"{name} has {told:g} samples a second by its own account, not {given:g}. Leave it to the file; "
            "if the times in it are what is wrong, take them out of it."
        )
        raise BadValueError(msg, hint="In Python: without rate=.")
    return float(given or told or 0.0)


def _opened(content: Path | bytes, name: str) -> IO[bytes]:
    """Return a stream of a file's text, unpacked if need be."""
    stream = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
    if not name.lower().endswith(".gz"):
        return cast("IO[bytes]", stream)
    with stream, gzip.GzipFile(fileobj=stream) as packed:
        try:
            whole = packed.read(MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            msg = f"{name} is no gzip file, or damaged: {error}."
            raise BadTableError(msg) from error
    if len(whole) > MOST_BYTES:
        msg = f"{name} unpacks to more than {MOST_BYTES / 2**30:.0f} GB. Cut it."
        raise BadTableError(msg)
    return io.BytesIO(whole)


def _text(content: Path | bytes, name: str, skip: int | None = 0, rows: int | None = None) -> pd.DataFrame:
    """Read a text table; all of its columns that look like numbers are.

    Lines above that of the names are skipped; without `skip` it is the one above the first row of numbers. A
    line of units below it goes to the names.
    """
    import pandas as pd

    with _opened(content, name) as stream:
        start = stream.read(_LOOKED_AT)
        stream.seek(0)
        encoding = _encoding(start)
        lines = re.split(r"\r\n|\r|\n", start.decode(encoding, "replace"))
        above, units = heading(lines) if skip is None else (skip, unit_line(lines, skip))
        header, rest = lines[above] if above < len(lines) else "", "\n".join(lines[above + 1 + bool(units) :])
        separator = max(";\t,", key=header.count)
        names, nameless = _nameless(f"{header}\n{rest}", separator)
        if units and names is None:
            names = with_units(next(csv.reader([header], delimiter=separator, skipinitialspace=True)), units)
        comma = separator != "," and bool(_COMMA.search(rest)) and not _POINT.search(rest)
        try:
            table = pd.read_csv(
                stream,
                sep=separator,
                decimal="," if comma else ".",
                names=names,
                header=0,
                skiprows=[*range(above), *([above + 1] if units else [])],
                encoding=encoding,
                encoding_errors="replace",
                skipinitialspace=True,
                nrows=rows or MOST_NUMBERS // (header.count(separator) + 1) + 1,
            )
        except Exception as error:  # pandas raises nearly anything on damaged files
            msg = (
                f"{name} can't be read as a table whose first line names the columns: {error}. Lines above "
                "that one have to go."
            )
            raise BadTableError(msg) from error
    return _without_ends(table, name, nameless)


def _nameless(lines: str, separator: str) -> tuple[list[str] | None, int]:
    """Return names of all columns if rows have more fields than the first line, and how many more.

    There pandas would take the first column for names of rows, and all others would stand below a wrong name.
    """
    rows = csv.reader(lines.splitlines(), delimiter=separator, skipinitialspace=True)
    try:
        header, first = next(rows, []), next((row for row in rows if row), [])
    except csv.Error:
        return None, 0
    more = [f"{_NAMELESS}{place}" for place in range(len(header), len(first))]
    return ([*header, *more], len(more)) if more else (None, 0)


def _without_ends(table: pd.DataFrame, name: str, nameless: int) -> pd.DataFrame:
    """Leave out the empty column that separators at the ends of lines make."""
    last = str(table.columns[-1]) if len(table.columns) > 1 else ""
    if last.startswith(_NAMELESS) and table.iloc[:, -1].isna().all() and nameless < 2:
        return table.iloc[:, :-1]
    if nameless:
        msg = (
            f"{name} has more fields in its rows than its first line has names: it isn't clear which field "
            "belongs to which name. Name every column; decimal commas need semicolons between columns."
        )
        raise BadTableError(msg)
    return table


def _encoding(start: bytes) -> str:
    """Return how a text is written: UTF-8 or UTF-16, or else as Windows does it in the west of Europe."""
    if start[:2] in _UTF16:
        return "utf-16"
    try:
        start[: start.rfind(b"\n") + 1 or len(start)].decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _parquet(content: Path | bytes, name: str) -> pd.DataFrame:
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(io.BytesIO(content) if isinstance(content, bytes) else content) as file:
            size = file.metadata.num_rows * file.metadata.num_columns
            if size <= MOST_NUMBERS:
                return _with_index(file.read().to_pandas())
    except Exception as error:  # so does pyarrow
        msg = f"{name} can't be read as Parquet: {error}."
        raise BadTableError(msg) from error
    msg = f"{name} has {size} numbers; at most {MOST_NUMBERS} are read. Cut it."
    raise BadTableError(msg)


def _with_index(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose index, if it isn't 0, 1, 2 …, is its first column: times, or numbers of rows."""
    import pandas as pd

    plain = isinstance(table.index, pd.RangeIndex) and table.index.equals(pd.RangeIndex(len(table)))
    return table if plain else table.reset_index()


def _signals(
    table: pd.DataFrame, name: str, columns: Mapping[str, str | None] | None, kind: Kind | None
) -> Columns:
    """Return the signals of a table, in µV and in the rows they belong to."""
    table.columns = [str(column) for column in table.columns]
    names = list(table.columns)
    if not len(table):
        msg = f"{name} has no row of numbers below its names."
        raise BadTableError(msg)
    if len(table) * len(names) > MOST_NUMBERS:
        msg = f"{name} has {len(table) * len(names)} numbers; at most {MOST_NUMBERS} are read. Cut it."
        raise BadTableError(msg)
    if twice := sorted({column for column in names if names.count(column) > 1}):
        msg = f"{name} has several columns of the same name: {', '.join(twice)}."
        raise BadTableError(msg, duplicates=twice)
    taken = columns or {}
    marks = [column for column in names if is_trigger(column) and column not in taken]
    times = next((column for column in names if is_time(column) and column not in taken), None)
    index = next((column for column in names[:1] if is_index(column) and column not in taken), None)
    signal_names, notes = wanted([column for column in names if column not in {times, index}], columns, kind)
    values = np.empty((len(table), len(signal_names)), np.float32)
    for place, column in enumerate(signal_names):
        scale = microvolts(unit_of(column)[1], column)
        with np.errstate(over="ignore"):
            values[:, place] = _numbers(table[column], name) * scale
    rate, rows = None, None
    if times is not None:
        rate, rows = rate_of(_seconds(table[times], name))
        if rate < SLOWEST and not has_unit(times):
            msg = (
                f"By its column {times!r} {name} has {rate:g} samples a second, too few for muscles. No unit "
                "stands there, so it was taken for s: say what it is, as in 'time [ms]' or 'time [s]'."
            )
            raise BadValueError(msg)
    elif index is not None:
        rows = rows_of(_numbers(table[index], name))
    whole = values if rows is None else spread(values, rows, MOST_NUMBERS)
    events = []
    for column in marks:
        found, note = triggers(table[column].to_numpy(), column)
        events += [(float(row if rows is None else rows[int(row)]), word, 0.0) for row, word, _ in found]
        notes += (note,) if note else ()
    return Columns(tuple(signal_names.values()), whole, rate, tuple(sorted(events)), notes)


def _numbers(column: pd.Series[float], name: str) -> npt.NDArray[np.float64]:
    """Return a column as float64; NaN where nothing stands."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column):
        return np.asarray(column.to_numpy(np.float64, na_value=np.nan))
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = column[numbers.isna() & column.notna()]
    if len(wrong):
        word = str(wrong.iloc[0])[:40]
        msg = (
            f"The column {column.name!r} of {name} holds {word!r} in row {wrong.index[0]}, which is no "
            "number. One kind of decimal sign, no thousands' signs, no line of units."
        )
        raise BadTableError(msg)
    return np.asarray(numbers.to_numpy(np.float64, na_value=np.nan))


def _seconds(column: pd.Series[float], name: str) -> npt.NDArray[np.float64]:
    """Return times in seconds: numbers with their unit, s where none stands, or dates as ISO 8601."""
    import pandas as pd

    unit = unit_of(str(column.name))[1]
    if unit and unit not in SECONDS:
        msg = f"Times are in s, ms or µs; the column {column.name!r} is in {unit}."
        raise UnknownNameError(msg)
    if pd.api.types.is_numeric_dtype(column):
        return _numbers(column, name) * SECONDS.get(unit, 1.0)
    try:
        moments = pd.to_datetime(column, format="ISO8601")
        return np.asarray((moments - moments.iloc[0]).dt.total_seconds().to_numpy(np.float64))
    except (ValueError, TypeError, AttributeError):
        return _numbers(column, name) * SECONDS.get(unit, 1.0)
