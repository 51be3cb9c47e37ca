"""Which of two conditions comes first, by their words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from facelib.faces.table import natural_key

FIRST: Final = frozenset((
    "before", "pre", "without", "bare", "off", "none", "no", "false", "0", "baseline", "first", "healthy",
    "unaffected", "control", "kontrolle", "vor", "vorher", "prae", "ohne", "nein", "gesund",
))  # fmt: skip
"""Words of a beginning, or of nothing: their condition comes first, if one of the two is among them."""
BEFORE: Final = re.compile(
    r"(?:pre|prae|pra|vor)"
    r"(?:op|operat(?:ion|iv|ive|iver|iven|ives|ively)|test|surgery|surgical|treatment|behandlung|"
    r"therap(?:y|ie|eutic|eutisch)|intervention(?:al|ell)?|injection|injektion)"
)
"""Words that say before what: preop, praeoperativ, pretest, Vorbehandlung; spelt as by `_begins`."""
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def conditions(words: Sequence[str]) -> tuple[str, str]:
    """Return two values in their order: what comes before, or is absent, is the first.

    >>> conditions(["after", "before"]), conditions(["10", "2"]), conditions(["ohne Draht", "mit Draht"])
    (('before', 'after'), ('2', '10'), ('ohne Draht', 'mit Draht'))
    """
    first, second = sorted(words, key=natural_key)
    if _begins(second) and not _begins(first):
        first, second = second, first
    return first, second


def _begins(value: str) -> bool:
    """Return whether a value has a word of a beginning; capitals, umlauts and numbers behind don't count.

    >>> _begins("prä-operativ"), _begins("Session_pre1"), _begins("pressure"), _begins("postop")
    (True, True, False, False)
    """
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", value).lower().translate(_UMLAUTS))
    bare = (re.sub(r"(?<=[^0-9])[0-9]+$", "", word) for word in words)  # pre1
    return any(word in FIRST or BEFORE.fullmatch(word) for word in {*words, *bare})
