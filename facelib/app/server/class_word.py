"""The word that lets a class in: said aloud, written on a board, typed on a telephone."""

from __future__ import annotations

import re
import secrets
from typing import Final

CONSONANTS: Final = "bdfgklmnprstvz"
VOWELS: Final = "aeiou"
PAIRS: Final = 8
"""Of a consonant and a vowel: 70 ** 8 words, 49 bits. A thousand guesses a second, day and night, find one
in some 9,000 years on average, so that nobody needs to count them."""
PER_PART: Final = 2

_PART: Final = f"(?:[{CONSONANTS}][{VOWELS}]){{{PER_PART}}}"
WORD: Final = re.compile(f"{_PART}(?:-{_PART}){{{PAIRS // PER_PART - 1}}}")


def class_word() -> str:
    """Return a new word, drawn by the system's own source of chance.

    Examples
    --------
    >>> WORD.fullmatch(class_word()) is not None
    True
    """
    pairs = [secrets.choice(CONSONANTS) + secrets.choice(VOWELS) for _ in range(PAIRS)]
    return "-".join("".join(pairs[at : at + PER_PART]) for at in range(0, PAIRS, PER_PART))


def is_class_word(token: str) -> bool:
    """Return whether a token is such a word.

    Examples
    --------
    >>> is_class_word("bado-kife-lumi-tozu"), is_class_word("open-sesame")
    (True, False)
    """
    return WORD.fullmatch(token) is not None


def letters(word: str) -> str:
    """Return the letters of a word as it was typed: capitals, spaces and hyphens don't count.

    Examples
    --------
    >>> letters(" Bado kifelumi-TOZU ")
    'badokifelumitozu'
    """
    return re.sub(r"[\s-]", "", word).lower()
