"""Consent to showing a person's picture, as a column of a folder's table says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from numbers import Real
from typing import TYPE_CHECKING, Any, Final

from facelib.utilities.wording import counted

if TYPE_CHECKING:
    import pandas as pd

NAMES: Final = ("consent", "einwilligung")
"""Columns that record it, however they are capitalised."""
YES: Final = frozenset(("yes", "ja", "true", "1"))
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}")


def is_given(value: Any) -> bool:
    """Return whether a cell says that consent was given: yes, ja, true, 1, or the date on which it was.

    Anything else is none: no, nein, an empty cell, a word that isn't known.

    >>> [is_given(value) for value in ("Ja", "2026-03-01", "1.3.2026", True, "nein", "", None, float("nan"))]
    [True, True, True, True, False, False, False, False]
    """
    if isinstance(value, str):
        word = value.strip()
        return word.casefold() in YES or bool(_DATE.fullmatch(word))
    if isinstance(value, date):
        return str(value) != "NaT"  # pandas' own missing date is one, too
    plain = value.item() if hasattr(value, "item") else value
    return isinstance(plain, Real) and bool(plain == 1)


def may_show(attributes: Mapping[str, Any]) -> bool:
    """Return whether a face's picture may be shown: its table has no column of consents, or says that it may.

    >>> may_show({"consent": "no"}), may_show({"consent": "yes"}), may_show({"person": "p1"})
    (False, True, True)
    """
    return all(is_given(attributes[name]) for name in columns_of(attributes))


def columns_of(names: Iterable[Any]) -> list[Any]:
    """Return the columns that record consent, of all that there are.

    >>> columns_of(["file", "Einwilligung", "age"])
    ['Einwilligung']
    """
    return [name for name in names if str(name).strip().casefold() in NAMES]


def recorded(attributes: Mapping[str, Any]) -> str:
    """Return what is recorded of a face's consent, a date say; "" if nothing is.

    >>> recorded({"Einwilligung": "2026-02-03"})
    '2026-02-03'
    """
    return " ".join(str(attributes[name]).strip() for name in columns_of(attributes)).strip()


def said_of(table: pd.DataFrame, people: Iterable[Any]) -> str:
    """Say how many pictures are of people without a recorded consent; "" if all gave it, or nothing says it.

    Parameters
    ----------
    table
        Of the pictures.
    people
        Who is shown in each.

    Examples
    --------
    >>> import pandas as pd
    >>> said_of(pd.DataFrame({"consent": ["ja", "nein"]}), ["p1", "p2"])[:56]
    '1 picture of 1 person without a recorded consent: they a'
    """
    names = columns_of(table)
    given = [all(map(is_given, row)) for row in table[names].itertuples(index=False, name=None)]
    without = [who for who, gave in zip(people, given, strict=True) if not gave]
    if not names or not without:
        return ""
    return (
        f"{counted(len(without), 'picture')} of {counted(len(set(without)), 'person', 'people')} without a "
        "recorded consent: they are read, and shown in no report, export, film or gallery. Pictures that may "
        "not be read don't belong into the folder."
    )
