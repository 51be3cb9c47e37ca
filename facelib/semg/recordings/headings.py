"""Where the table begins in a text that a recorder wrote: below prose, perhaps with a line of units."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Final

from facelib.semg.recordings.file_columns import MICROVOLTS, SECONDS, unit_of

FURTHEST: Final = 200
"""Lines below which no table begins (our choice)."""
_NUMBER: Final = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?$|nan$|[-+]?inf$", re.IGNORECASE)
_MOMENT: Final = re.compile(r"[\d:.,TZ+\- ]+$")  # a date, a time of day
_OTHER_UNITS: Final = (
    "%",
    "n",
    "g",
    "hz",
    "°",
    "deg",
    "a.u.",
    "au",
    "°/s",
    "m/s^2",
    "m/s²",
    "kg",
    "nm",
    "mm",
    "#",
)


def heading(lines: Sequence[str]) -> tuple[int, list[str]]:
    """Return the number of the line that names the columns, and the units that stand below it.

    It is the first line, if that has as many fields as the first two rows of numbers; else the last one above
    these that has.

    Examples
    --------
    >>> heading(["Recorder 7", "Rate: 2000 Hz", "", "Zeit;Zyg li", "ms;mV", "0;0,5", "0,5;0,25"])
    (3, ['ms', 'mV'])
    >>> heading(["time,Zyg li", "0,1"])
    (0, [])
    """
    for number, line in enumerate(lines[:FURTHEST]):
        below = lines[number + 1] if number + 1 < len(lines) else line
        separator = max(";\t,", key=line.count)
        fields = _fields(line, separator)
        if not _is_row(fields) or not _is_row(_fields(below, separator)):
            continue
        return _above(lines, number, len(fields), separator)
    return 0, unit_line(lines, 0)


def _above(lines: Sequence[str], row: int, count: int, separator: str) -> tuple[int, list[str]]:
    """Return the line of names above the first row of numbers, and the units between."""
    if len(_fields(lines[0], separator)) == count:
        return 0, unit_line(lines, 0)
    for above in range(row - 1, -1, -1):
        if len(_fields(lines[above], separator)) < max(count - 1, 2):  # the last one may have no name
            continue
        units = unit_line(lines, above - 1)
        return (above - 1, units) if units else (above, [])
    return 0, []


def unit_line(lines: Sequence[str], names: int) -> list[str]:
    """Return the units of the line below that of the names; none if it holds something else."""
    if not 0 <= names < len(lines) - 1:
        return []
    separator = max(";\t,", key=lines[names].count)
    units = [one.strip("[]() ") for one in _fields(lines[names + 1], separator)]
    known = [one for one in units if one]
    same = len(units) == len(_fields(lines[names], separator))
    return units if same and known and all(map(_is_unit, known)) else []


def with_units(names: Sequence[str], units: Sequence[str]) -> list[str]:
    """Return names with their units in brackets, where they have none.

    >>> with_units(["time", "Zyg li [mV]", "Force"], ["ms", "mV", "N"])
    ['time [ms]', 'Zyg li [mV]', 'Force']
    """
    return [
        f"{name} [{unit}]" if unit.lower() in {*MICROVOLTS, *SECONDS} and not unit_of(name)[1] else name
        for name, unit in zip(names, units, strict=True)
    ]


def _fields(line: str, separator: str) -> list[str]:
    try:
        return [one.strip() for one in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


def _is_row(fields: Sequence[str]) -> bool:
    """Return whether fields are those of a row: numbers, and perhaps a moment before and a marker behind."""
    filled = [one for one in fields if one]
    numbers = [one for one in filled if _NUMBER.match(one)]
    first = bool(filled) and bool(_NUMBER.match(filled[0]) or _MOMENT.match(filled[0]))
    return first and bool(numbers) and 2 * len(numbers) >= len(filled)


def _is_unit(word: str) -> bool:
    return word.lower() in {*MICROVOLTS, *SECONDS, *_OTHER_UNITS}
