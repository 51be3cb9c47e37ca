"""Rows for charts: the columns of a tidy table that a chart needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from facelib.errors import BadValueError

if TYPE_CHECKING:
    import pandas as pd

OUTPUTS: Final = ("step", "strength", "classifier", "label", "probability")
BAND: Final = ("classifier", "label", "strength", "low", "high")
DIGITS: Final = 4


def rows(
    table: pd.DataFrame | None, columns: Sequence[str] = OUTPUTS, *, digits: int | None = DIGITS
) -> list[dict[str, Any]]:
    """Return the columns of a table that a chart needs, one mapping per row.

    Not-a-number becomes None.

    Parameters
    ----------
    table
        Tidy table; None: no rows.
    columns
        Such as `OUTPUTS` or `BAND`.
    digits
        Decimals that numbers are rounded to; None: not at all.

    Raises
    ------
    BadValueError
        If a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> rows(pd.DataFrame({"step": [0], "probability": [0.123456]}), ["step", "probability"])
    [{'step': 0, 'probability': 0.1235}]
    """
    if table is None:
        return []
    chosen = needed(table, columns).loc[:, list(columns)]
    if digits is not None:
        chosen = chosen.round(digits)
    # Column by column: to_dict("records") boxes every cell, ten times slower.
    lists = [[None if value != value else value for value in chosen[name].tolist()] for name in columns]  # noqa: PLR0124
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]


def panelled(table: pd.DataFrame, column: str, titles: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return a table with ``order`` and ``title`` of each row's panel; without the column all are in one.

    >>> import pandas as pd
    >>> panelled(pd.DataFrame({"change": ["palsy", "age"]}), "change", {"age": "Age"})["title"].tolist()
    ['palsy', 'Age']
    """
    names = [str(name) for name in table[column]] if column in table else [""] * len(table)
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    shown = titles or {}
    return table.assign(
        order=[places[name] for name in names], title=[str(shown.get(name, name)) for name in names]
    )


def needed(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the table, or raise `BadValueError` if it is none or lacks a column."""
    import pandas as pd

    given: Any = table
    if not isinstance(given, pd.DataFrame):
        tables = tables_of(given)
        came = f"{type(given).__name__}{', whose tables are ' if tables else ''}{', '.join(tables)}"
        msg = f"Expected a tidy table with the columns {', '.join(columns)}; got {came}."
        raise BadValueError(msg)
    missing = [name for name in columns if name not in table.columns]
    if missing:
        msg = f"Expected a tidy table with the columns {', '.join(columns)}; {', '.join(missing)} is missing."
        raise BadValueError(msg)
    return table


def tables_of(thing: Any) -> list[str]:
    """Return the names of the tables that a result has, such as outputs and wide of a sweep."""
    names = []
    for kind in reversed(type(thing).__mro__):
        typed = dict(vars(kind).get("__annotations__", {}))
        for name, item in vars(kind).items():
            function = getattr(item, "fget", None) or getattr(item, "func", None)  # (cached) properties
            typed[name] = getattr(function, "__annotations__", {}).get("return", typed.get(name))
        names += [name for name, what in typed.items() if what == "pd.DataFrame" and name[0] != "_"]
    return list(dict.fromkeys(names))


def classifiers_of(table: pd.DataFrame) -> list[str]:
    """Return the ids of the classifiers in a tidy table, in order of appearance."""
    return [str(name) for name in table["classifier"].drop_duplicates()]


def labels_of_values(outputs: pd.DataFrame) -> list[str]:
    """Return the labels of a tidy table whose outputs are values and no probabilities."""
    if "value" not in outputs:
        return []
    valued = outputs.loc[outputs["probability"].isna() & outputs["value"].notna(), "label"]
    return [str(name) for name in valued.drop_duplicates()]


def check_label(table: pd.DataFrame, label: str) -> str:
    """Return `label`, or raise `BadValueError` if the table has no row of it."""
    known = [str(name) for name in table["label"].drop_duplicates()]
    if label not in known:
        msg = f"Expected a class of the table, one of {', '.join(known)}; got {label!r}."
        raise BadValueError(msg)
    return label
