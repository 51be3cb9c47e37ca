"""CSV that is safe in spreadsheets: names from untrusted files never become formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from functools import lru_cache
from numbers import Number
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

_FORMULA: Final = r"['\s\ufeff]*[=+\-@＝＋－＠]"
"""Beginnings of text that a spreadsheet may compute, after what it may skip."""
_START: Final = rf"\A{{}}(?=(?:'*[\t\r\n\ufeff]|{_FORMULA}))"
_WITHIN: Final = rf"(?<=[;\t\r\n]){{}}(?={_FORMULA})"  # where other languages' spreadsheets begin a new cell
_BARE: Final = re.compile("|".join(place.format("") for place in (_START, _WITHIN)))
_QUOTED: Final = re.compile("|".join(place.format("'") for place in (_START, _WITHIN)))


def write_csv(table: pd.DataFrame, file: IO[bytes] | Path, *, index: bool = False, **options: Any) -> None:
    """Write a table as CSV (UTF-8), all text in it guarded.

    Parameters
    ----------
    table
        Of anything; numbers stay numbers.
    file
        An open file, or the path of one.
    index
        Write the names of rows, too.
    options
        As of ``pandas.DataFrame.to_csv``.

    Notes
    -----
    A cell, or a name of a column, that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break gets an
    apostrophe before it, as OWASP advises; so does such a beginning after a semicolon, a tab or a line break
    within a cell. `unguarded` takes it away again.
    """
    safe = guarded(table)
    options["quoting"] = _quoting(safe)
    safe.to_csv(file, index=index, **options)


def csv_of(table: pd.DataFrame, *, index: bool = False, **options: Any) -> bytes:
    """Return what `write_csv` writes.

    Examples
    --------
    >>> import pandas as pd
    >>> print(csv_of(pd.DataFrame({"file": ["=1+1.png", "a.png"], "change": [-0.5, 0.5]})).decode())
    file,change
    '=1+1.png,-0.5
    a.png,0.5
    """
    buffer = io.BytesIO()
    write_csv(table, buffer, index=index, **options)
    return buffer.getvalue()


def _quoting(table: pd.DataFrame) -> int:
    """Return how to quote: Python quotes a carriage return only if it quotes all text."""
    import pandas as pd

    axes = (table.index.to_frame(), table.columns.to_frame())
    columns = (frame.iloc[:, place] for frame in (table, *axes) for place in range(frame.shape[1]))
    texts = (
        one.cat.categories if isinstance(one.dtype, pd.CategoricalDtype) else one
        for one in columns
        if not pd.api.types.is_numeric_dtype(one.dtype)
    )
    returns = any("\r" in text for some in texts for text in some if isinstance(text, str))
    return csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL


def guarded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with an apostrophe wherever text could be taken for a formula; see `write_csv`."""
    return _changed(table, _guard)


def unguarded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table that was read from CSV without the apostrophes that `guarded` has put there."""
    return _changed(table, _strip)


@lru_cache(2**14)
def _guard(text: str) -> str:
    return _BARE.sub("'", text)


@lru_cache(2**14)
def _strip(text: str) -> str:
    return _QUOTED.sub("", text)


def _changed(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """Return a copy with `change` applied to all text: cells, names of columns and of rows."""
    import pandas as pd

    copy = table.copy(deep=False)
    copy.columns = pd.RangeIndex(table.shape[1])  # names may come twice
    for place in copy.columns:
        copy[place] = _column(copy[place], change)
    copy.columns, copy.index = _axis(table.columns, change), _axis(table.index, change)
    return copy


def _column(column: pd.Series, change: Callable[[str], str]) -> pd.Series:
    import pandas as pd

    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return column.cat.rename_categories([_cell(cell, change) for cell in kind.categories])
    if pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind):
        changed = [_cell(cell, change) for cell in column]
        return pd.Series(changed, column.index, dtype=kind, name=column.name)
    return column


def _axis(names: pd.Index, change: Callable[[str], str]) -> pd.Index:
    import pandas as pd

    titles = [_cell(part, change) for part in names.names]
    changed: pd.Index = names.set_names(titles)
    if isinstance(names, pd.MultiIndex) and len(names):
        rows = [tuple(_cell(part, change) for part in row) for row in names]
        changed = pd.MultiIndex.from_tuples(rows, names=titles)
    elif not isinstance(names, pd.MultiIndex) and not pd.api.types.is_numeric_dtype(names.dtype):
        changed = pd.Index([_cell(part, change) for part in names], name=titles[0])
    return changed


def _cell(value: Any, change: Callable[[str], str]) -> Any:
    """Return a cell with its text changed; a number stays one, and so does what needs no change."""
    if value is None or isinstance(value, Number):
        return value
    text = value if isinstance(value, str) else str(value)
    changed = change(text)
    return value if changed == text else changed
