"""Which of two conditions comes first, by their words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from facelib.faces.table import natural_key

FIRST: Final = frozenset((
    "before", "pre", "without", "bare", "off", "none", "no", "false", "0", "baseline", "first", "healthy",
    "unaffected", "control", "kontrolle", "preop", "präop", "vor", "vorher", "prä", "ohne", "nein", "gesund",
))  # fmt: skip
"""Words of a beginning, or of nothing: their condition comes first, if one of the two is among them."""


def conditions(words: Sequence[str]) -> tuple[str, str]:
    """Return two values in their order: what comes before, or is absent, is the first.

    >>> conditions(["after", "before"]), conditions(["10", "2"]), conditions(["ohne Draht", "mit Draht"])
    (('before', 'after'), ('2', '10'), ('ohne Draht', 'mit Draht'))
    """
    begins = [bool(FIRST & set(re.findall(r"[^\W_]+", word.lower()))) for word in words]
    first, second = sorted(words, key=natural_key)
    if begins[0] != begins[1]:
        first, second = sorted(words, key=lambda word: not begins[list(words).index(word)])
    return first, second
