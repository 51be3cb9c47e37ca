"""Nearest names to a misspelt one: what a slip of the fingers makes of a name comes first."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

ALIKE: Final = 0.6
"""How much a name is like what was typed, as `difflib` measures it; `get_close_matches` has the same."""
SLIP: Final = 0.8
"""How much, where a word of somebody's own is only asked about if it is hardly another one (our choice)."""


def nearest(
    typed: object,
    names: Iterable[str],
    n: int = 1,
    *,
    titles: Mapping[str, str] | None = None,
    alike: float = ALIKE,
) -> list[str]:
    """Return the names that are most like what was typed, the nearest first.

    A name with one letter dropped, doubled or swapped with its neighbour comes before all others. Where no
    name is near, titles are looked at.

    Parameters
    ----------
    typed
        What was typed; capitals don't count.
    names
        Names that there are.
    n
        How many to return at most.
    titles
        Titles by name, such as {"age": "Older or younger"}.
    alike
        How much a name is like it at least, 0 … 1.

    Examples
    --------
    >>> nearest("symetry", ["symmetrise", "symmetry"])
    ['symmetry']
    >>> nearest("blood pressure", ["bp"], titles={"bp": "Blood pressure"}), nearest("x", ["symmetry"])
    (['bp'], [])
    """
    word = str(typed).casefold()
    return _near(word, {name: name for name in names}, n, alike) or _near(word, titles or {}, n, alike)


def _near(word: str, texts: Mapping[str, str], n: int, alike: float) -> list[str]:
    """Return the names whose texts are like a word."""
    matcher = difflib.SequenceMatcher()
    matcher.set_seq2(word)
    ranked = []
    for place, (name, text) in enumerate(texts.items()):
        other = text.casefold()
        matcher.set_seq1(other)
        ratio = matcher.ratio() if matcher.quick_ratio() >= alike else 0.0
        slipped = word in slips(other)
        if slipped or ratio >= alike:
            ranked.append((not slipped, -ratio, place, name))
    return [name for *_, name in sorted(ranked)[:n]]


def slips(name: str) -> set[str]:
    """Return a name with one letter dropped, doubled or swapped with the next, in all ways.

    >>> sorted(slips("age"))
    ['aage', 'ae', 'aeg', 'ag', 'agee', 'agge', 'gae', 'ge']
    """
    found = set()
    for at, letter in enumerate(name):
        before, after = name[:at], name[at + 1 :]
        found |= {before + after, before + letter + letter + after, before + after[:1] + letter + after[1:]}
    return found - {name, ""}
