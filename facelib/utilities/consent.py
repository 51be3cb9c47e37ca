"""Consent to showing a person's picture, as a column of a folder's table says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from numbers import Real
from typing import Any, Final

COLUMN: Final = "consent"
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
    return COLUMN not in attributes or is_given(attributes[COLUMN])
