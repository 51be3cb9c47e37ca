"""Pictures that are in a set twice: byte for byte the same file under several names."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from facelib.utilities.wording import as_word, counted, listed, short_name

if TYPE_CHECKING:
    import pandas as pd

Copies = tuple[tuple[str, ...], ...]
"""Names of the pictures that are one file, each group in the order of the set."""

SHOWN: Final = 5  # groups that are named in a sentence
START: Final = 4_096  # bytes that are compared before whole files are


def alike(names: Iterable[str], keys: Sequence[Callable[[str], Hashable]]) -> Copies:
    """Return the names that have every key in common, the cheapest key first; the others are left alone.

    Parameters
    ----------
    names
        In their order.
    keys
        From a name to what copies share; None: this one isn't looked at.

    Examples
    --------
    >>> sizes = {"a": 3, "b": 3, "c": 4}
    >>> alike("abc", [sizes.get])
    (('a', 'b'),)
    """
    groups: list[list[str]] = [list(names)]
    for key in keys:
        finer: list[list[str]] = []
        for group in groups:
            found: dict[Hashable, list[str]] = defaultdict(list)
            for name in group:
                if (value := key(name)) is not None:
                    found[value].append(name)
            finer += [own for own in found.values() if len(own) > 1]
        groups = finer
    return tuple(map(tuple, groups))


def digest(content: bytes) -> str:
    """Return the sha256 of what a file holds."""
    return hashlib.sha256(content).hexdigest()


def told(copies: Copies, table: pd.DataFrame) -> str:
    """Say which pictures are one file, and of whom they are said to be; "" if there are none.

    Parameters
    ----------
    copies
        Ids of the pictures.
    table
        Of the set: id, and person where that is known.

    Examples
    --------
    >>> import pandas as pd
    >>> told((("a", "b"),), pd.DataFrame({"id": ["a", "b"], "person": ["Anna", "Ben"]}))
    'Byte for byte the same picture under several names: a = b (of Anna and Ben). Is one of them mixed up?'
    """
    if not copies:
        return ""
    people = dict(zip(table["id"], table["person"], strict=True)) if "person" in table else {}
    groups = [f"{_same(group)}{_whose(group, people)}" for group in copies[:SHOWN]]
    more = f"; and {counted(len(copies) - SHOWN, 'more', 'more')}" if len(copies) > SHOWN else ""
    return (
        f"Byte for byte the same picture under several names: {'; '.join(groups)}{more}. "
        f"{'Is one of them' if len(copies) == 1 else 'Are some of them'} mixed up?"
    )


def _same(group: Sequence[str]) -> str:
    return " = ".join([*map(short_name, group[:SHOWN]), *(["…"] if len(group) > SHOWN else [])])


def _whose(group: Sequence[str], people: Mapping[str, Any]) -> str:
    """Say of whom one file is said to be."""
    from pandas import isna

    known = (people[name] for name in group if not isna(people.get(name)))
    named = list(dict.fromkeys(short_name(as_word(who)) for who in known))
    few = named[:SHOWN] if len(named) <= SHOWN else [*named[: SHOWN - 1], f"{len(named) - SHOWN + 1} more"]
    return f" (of {listed(few)})" if named else ""
