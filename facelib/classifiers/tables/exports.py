"""Files that other tools wrote: found, decoded, and read into one table of scores."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facelib.classifiers.tables.formats import (
    ANYWAY,
    FORMATS,
    Format,
    Outputs,
    Unit,
    recognised,
    unrecognised,
)
from facelib.errors import PATHS, BadTableError, BadValueError, ReadError, check_kind
from facelib.faces.table import MAX_COLUMNS, MAX_LINE, MAX_ROWS, MAX_TABLE, natural_key
from facelib.utilities.content import read_file
from facelib.utilities.wording import counted

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES: Final = (".csv", ".txt", ".tsv")
MOST_FILES: Final = 100_000
MOST_HEADER: Final = 100  # lines before the names of columns
BEFORE: Final = ["file", "frame", "place", "problem"]
"""Columns before the scores: name of the picture as the tool has it; frame; table and line; why it failed."""

_NUMBER: Final = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d{1,3})?")
_EMPTY: Final = ("", "nan", "na", "none", "null")
_SEPARATORS: Final = "\t,;"
_SHOWN: Final = 40  # letters of a cell in a message


@dataclass(frozen=True)
class Asked:
    """What is to be read: see `facelib.classifiers.from_table`."""

    tool: str | None = None
    outputs: str | Sequence[str] | None = None
    file: str | None = None
    frame: str | None = None
    unit: Unit | None = None
    format: Format | None = None


@dataclass(frozen=True, eq=False)
class Export:
    """What a tool wrote of pictures.

    Attributes
    ----------
    format
        Its format.
    kind
        Of the outputs.
    unit
        Of the scores.
    rows
        One row per row of the files: `BEFORE`, then the scores by the tool's own names.
    names
        Of the outputs.
    notes
        What was left out, in sentences.
    sha256
        Hash of all files.
    """

    format: Format
    kind: str
    unit: Unit
    rows: pd.DataFrame
    names: tuple[str, ...]
    notes: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class _Text:
    """A table as text, and where its columns begin."""

    name: str
    format: Format
    header: tuple[str, ...]
    separator: str
    lines: Sequence[str]
    start: int
    film: str


def read_exports(path: str | Path | Iterable[str | Path], asked: Asked) -> Export:
    """Read one table, several, or all of a folder.

    Raises
    ------
    BadValueError
        There is no such file, or something else than a path is given.
    BadTableError
        A table can't be read, is of no known format, or has cells that are no scores.
    """
    import pandas as pd

    files = _files(path)
    hashed = hashlib.sha256()
    parts: list[pd.DataFrame] = []
    chosen: tuple[Format, str, tuple[str, ...], Unit] | None = None
    empty = 0
    for file in files:
        content = _content(file)
        hashed.update(hashlib.sha256(content).digest())
        text = _text(content, file.name, asked)
        kind, outputs, columns = _outputs(text, asked)
        names = outputs.names or columns
        found = (text.format, kind, names, outputs.unit)
        if chosen is not None and found != chosen:
            msg = f"{file.name} isn't like {files[0].name}: another tool, or other outputs. Read each alone."
            raise BadTableError(msg)
        chosen = found
        rows = list(_rows(text, outputs, columns, asked))
        kept = [row for row in rows if row is not None]
        empty += len(rows) - len(kept)
        parts.append(pd.DataFrame(kept, columns=[*BEFORE, *names]))
        if sum(map(len, parts)) > MAX_ROWS:
            msg = f"There are more than {MAX_ROWS:,} rows; read fewer tables at once."
            raise BadTableError(msg)
    if chosen is None or not sum(map(len, parts)):
        msg = f"{', '.join(file.name for file in files[:3])} holds no row of scores below its columns."
        raise BadTableError(msg)
    others = f"{counted(empty, 'row')} of other devices left out (no sample)."
    notes = (others,) if empty else ()
    kind, names, unit = chosen[1:]
    return Export(
        chosen[0], kind, unit, pd.concat(parts, ignore_index=True), names, notes, hashed.hexdigest()
    )


def _files(path: str | Path | Iterable[str | Path]) -> list[Path]:
    check_kind(path, (*PATHS, Iterable), "The name of a table or a folder, or a list of them,")
    given = [path] if isinstance(path, PATHS) else list(path)
    files: list[Path] = []
    for one in given:
        check_kind(one, PATHS, "The name of a table or a folder")
        place = Path(one).expanduser()
        if place.is_dir():
            inside = [found for found in place.iterdir() if found.suffix.lower() in SUFFIXES]
            files += sorted(inside, key=lambda found: natural_key(found.name))
        elif place.is_file():
            files.append(place)
        else:
            msg = f"There is no table {place}."
            raise BadValueError(msg)
    if not files:
        msg = f"There is no table ({', '.join(SUFFIXES)}) in {given[0] if given else 'an empty list'}."
        raise BadValueError(msg)
    if len(files) > MOST_FILES:
        msg = f"At most {MOST_FILES:,} tables are read at once; there are {len(files):,}."
        raise BadValueError(msg)
    return files


def _content(file: Path) -> bytes:
    try:
        return read_file(file, MAX_TABLE)
    except ReadError as error:
        raise BadTableError(str(error)) from error
    except OSError as error:
        msg = f"{file.name} can't be read: {error.strerror}."
        raise BadTableError(msg) from error


def _text(content: bytes, name: str, asked: Asked) -> _Text:
    """Decode a table and find the names of its columns, which a preamble may come before."""
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\0" in text:
        msg = f"{name} is no text: it holds bytes of 0. Tables are read as CSV or text with tabs."
        raise BadTableError(msg)
    lines = re.split(r"\r\n|\r|\n", text)
    if max(map(len, lines)) > MAX_LINE:
        msg = f"{name} has a line of more than {MAX_LINE:,} letters."
        raise BadTableError(msg)
    wanted = asked.format or (None if asked.tool is None else FORMATS[asked.tool])
    film = ""
    for number, line in enumerate(lines[:MOST_HEADER]):
        for separator in _SEPARATORS:
            header = _cells(line, separator)
            if wanted.fits(header) if wanted else any(FORMATS[key].fits(header) for key in FORMATS):
                if len(header) > 10 * MAX_COLUMNS:
                    msg = f"{name} has {len(header):,} columns; at most {10 * MAX_COLUMNS:,} are read."
                    raise BadTableError(msg)
                found = wanted or recognised(header, name)
                return _Text(name, found, header, separator, lines, number + 1, film)
        first, _, rest = line.replace(",", "\t").partition("\t")
        if first.strip().strip(":").casefold() == "filename":
            film = rest.strip()
    if asked.format is not None:
        missing = ", ".join(sorted(min(group) for group in asked.format.marks))
        msg = f"{name} has no line with the names of these columns: {missing}."
        raise BadTableError(msg)
    raise BadTableError(unrecognised(name), hint=ANYWAY)


def _cells(line: str, separator: str) -> tuple[str, ...]:
    try:
        return tuple(cell.strip() for cell in next(csv.reader([line], delimiter=separator), ()))
    except csv.Error:
        return ()


def _outputs(text: _Text, asked: Asked) -> tuple[str, Outputs, tuple[str, ...]]:
    """Return the kind of outputs that is asked for, and the columns that hold it."""
    kinds = text.format.outputs
    there = {
        kind: tuple(dict.fromkeys(name for name in text.header if one.columns.fullmatch(name)))
        for kind, one in kinds.items()
    }
    if asked.outputs is None or isinstance(asked.outputs, str):
        kind = asked.outputs or next(kind for kind in kinds if there[kind])
        if kind not in kinds or not there[kind]:
            has = ", ".join(repr(kind) for kind in kinds if there[kind])
            msg = f"{text.name} has no outputs of the kind {kind!r}; it has {has}."
            raise BadValueError(msg)
        columns = there[kind]
    else:
        columns = tuple(asked.outputs)
        of = {name: kind for kind, names in there.items() for name in names}
        if lost := [name for name in columns if name not in of]:
            msg = f"{text.name} has no scores {', '.join(map(str, lost))}; it has {', '.join(of)}."
            raise BadValueError(msg)
        if not columns or len({of[name] for name in columns}) > 1 or len(set(columns)) < len(columns):
            parts = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in there.items() if names)
            msg = f"Outputs are one or more of one kind, each once; got {', '.join(columns)}. {parts}."
            raise BadValueError(msg)
        kind = of[columns[0]]
    twice = [name for name in columns if text.header.count(name) > 1]
    if twice:
        msg = f"{text.name} has several columns {', '.join(twice)}: keep one of each."
        raise BadTableError(msg)
    outputs = kinds[kind]
    if asked.unit is not None:
        outputs = replace(outputs, unit=asked.unit, words={})
    return kind, outputs, columns


def _rows(
    text: _Text, outputs: Outputs, columns: Sequence[str], asked: Asked
) -> Iterator[list[object] | None]:
    """Yield the rows of a table; None for one of another device."""
    header, form = text.header, text.format
    file = _column(text, asked.file, form.file)
    frame = _column(text, asked.frame, form.frame)
    sample = header.index(form.sample) if form.sample in header else None
    flag = header.index(form.flag) if form.flag in header else None
    places = [header.index(name) for name in columns]
    named = text.film or Path(text.name).stem
    reader = csv.reader((f"{line}\n" for line in text.lines[text.start :]), delimiter=text.separator)
    try:
        for cells in reader:
            line = text.start + reader.line_num
            if not any(map(str.strip, cells)):
                continue
            where = f"{text.name}, line {line}"
            if len(cells) < len(header) or any(map(str.strip, cells[len(header) :])):
                msg = f"{where} has {len(cells)} cells; there are {len(header)} columns. Is it cut off?"
                raise BadTableError(msg)
            if sample is not None and not cells[sample].strip():
                yield None
                continue
            scores, problem = _scores([cells[place] for place in places], outputs, text, where, columns)
            if flag is not None and _is_zero(cells[flag]):
                problem = f"{form.title}: {form.flag} 0"
            if problem:
                scores = [math.nan] * len(scores)
            picture = named if file is None else cells[file].strip()
            yield [picture, "" if frame is None else plain_frame(cells[frame]), where, problem, *scores]
    except csv.Error as error:
        msg = f"{text.name} can't be read as a table near line {text.start + reader.line_num}: {error}."
        raise BadTableError(msg) from error


def _column(text: _Text, asked: str | None, usual: Sequence[str]) -> int | None:
    """Return the place of a column that is asked for, or of the first usual one that is there."""
    if asked is not None:
        if text.header.count(asked) != 1:
            named = ", ".join(text.header[:20]) + (" …" if len(text.header) > 20 else "")
            msg = f"{text.name} has not one column {asked!r}; it has {named}."
            raise BadValueError(msg)
        return text.header.index(asked)
    return next((text.header.index(name) for name in usual if name in text.header), None)


def _scores(
    cells: Sequence[str], outputs: Outputs, text: _Text, where: str, columns: Sequence[str]
) -> tuple[list[float], str]:
    """Return the scores of a row, and why there are none."""
    title = text.format.title
    failed = next((cell.strip() for cell in cells if cell.strip() in text.format.failed), "")
    if failed:
        return [math.nan] * (len(outputs.names) or len(cells)), f"{title}: {failed}"
    if outputs.names:
        scores, named = _unfolded(cells[0].strip(), outputs, f"{where}, {columns[0]}"), outputs.names
    else:
        comma = text.separator != ","
        scores = [
            _number(cell.strip(), outputs, f"{where}, {name}", comma=comma)
            for cell, name in zip(cells, columns, strict=True)
        ]
        named = tuple(columns)
    low, high = outputs.unit.low, outputs.unit.high
    slack = 1e-6 * outputs.unit.width
    for score, name in zip(scores, named, strict=True):
        if not math.isnan(score) and not low - slack <= score <= high + slack:
            msg = f"{where}, {name}: {score:g} is outside {outputs.unit}, the unit of {title}."
            raise BadTableError(msg, hint="Where it is another one, unit=(low, high) says so.")
    empty = [name for score, name in zip(scores, named, strict=True) if math.isnan(score)]
    if len(empty) == len(scores):
        return scores, f"{title} gives no score"
    return scores, f"{title} gives no score of {', '.join(empty)}" if empty else ""


def _number(cell: str, outputs: Outputs, where: str, *, comma: bool) -> float:
    if cell in outputs.words:
        return outputs.words[cell]
    if cell.casefold() in _EMPTY:
        return math.nan
    number = _NUMBER.fullmatch(cell)
    if outputs.words and number:
        words = ", ".join(outputs.words)
        msg = f"{where}: {cell[:_SHOWN]} came where one of {words} is expected."
        raise BadTableError(msg, hint="Where these are numbers, unit=(low, high) says of which scale.")
    if number is None or ("," in cell and not comma):
        msg = f"{where}: {cell[:_SHOWN]!r} is no number, and no word of the tool's."
        raise BadTableError(msg)
    return float(cell.replace(",", "."))


def _unfolded(cell: str, outputs: Outputs, where: str) -> list[float]:
    """Return the scores that one cell holds: a list, or the number of the one that is 1."""
    names = outputs.names
    if cell.casefold() in _EMPTY:
        return [math.nan] * len(names)
    try:
        held = json.loads(cell)
        while isinstance(held, list) and len(held) == 1 and isinstance(held[0], list):
            held = held[0]
        numbers = [float(one) for one in held] if isinstance(held, list) else [float(held)]
    except (ValueError, TypeError, RecursionError, OverflowError):
        numbers = []
    if len(numbers) == len(names) and all(map(math.isfinite, numbers)):
        return numbers
    if len(numbers) == 1 and numbers[0] in range(len(names)):
        return [float(place == numbers[0]) for place in range(len(names))]
    msg = f"{where}: {cell[:_SHOWN]!r} is neither {len(names)} numbers nor one of 0 to {len(names) - 1}."
    raise BadTableError(msg)


def _is_zero(cell: str) -> bool:
    return bool(re.fullmatch(r"\s*(0+([.,]0*)?|false)\s*", cell, re.IGNORECASE))


def plain_frame(cell: object) -> str:
    """Return a frame's number or time as it is compared.

    >>> plain_frame("12.0"), plain_frame(12), plain_frame(" 00:00:01.500 ")
    ('12', '12', '00:00:01.500')
    """
    text = str(cell).strip()
    if re.fullmatch(r"\d{1,15}([.,]\d{1,15})?", text):
        number = float(text.replace(",", "."))
        return str(int(number)) if number.is_integer() else repr(number)
    return text
