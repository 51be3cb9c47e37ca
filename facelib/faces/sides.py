"""The affected side of people, as a column of their table says it: the person's own left or right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from facelib.errors import BadTableError
from facelib.utilities.wording import as_word, counted, short_name

if TYPE_CHECKING:
    import pandas as pd

WORDS: Final = {"left": "left", "links": "left", "right": "right", "rechts": "right"}
"""What may stand in the column, in capitals or not; an empty cell is no side, or not known."""


def sides_of(people: pd.Series[Any], sides: pd.Series[Any], name: str) -> dict[str, str]:
    """Return the affected side of everybody who has one, "left" or "right", the person's own.

    Parameters
    ----------
    people
        Who is shown in each picture; missing: nobody that is known.
    sides
        The affected side in each picture's row: `WORDS`, or empty.
    name
        Of that column, for messages.

    Raises
    ------
    BadTableError
        If something else stands in the column, or two sides are one person's.

    Examples
    --------
    >>> import pandas as pd
    >>> sides_of(pd.Series(["p1", "p1", "p2", "p3"]), pd.Series(["Links", "links", "right", None]), "seite")
    {'p1': 'left', 'p2': 'right'}
    """
    from pandas import isna

    found: dict[str, str] = {}
    odd: dict[str, str] = {}
    torn: list[str] = []
    for who, value in zip(people, sides, strict=True):
        word = "" if isna(value) else as_word(value)
        if not word or isna(who):
            continue
        side, person = WORDS.get(word.casefold()), as_word(who)
        if side is None:
            odd.setdefault(word, person)
        elif found.setdefault(person, side) != side:
            torn.append(person)
    if odd:
        word, person = next(iter(odd.items()))
        more = f", and {counted(len(odd) - 1, 'more word', 'more words')}" if len(odd) > 1 else ""
        came = f"{short_name(person)} has {f'{word!r}':.40}{more}"
        msg = f"The affected side ({name}) is one of {', '.join(WORDS)}; {came}."
        raise BadTableError(msg, hint="Leave the cell empty where no side is affected, or both are.")
    if torn:
        msg = f"A person has one affected side ({name}); {short_name(torn[0])} has left and right."
        more = " The sides are the person's own, not the picture's."
        raise BadTableError(msg + more, hint="Leave the cells empty where both sides are affected.")
    return found
