"""The word of a class: long enough, and let in however it is typed."""

from __future__ import annotations

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from facelib.app.server.class_word import CONSONANTS, PAIRS, VOWELS, WORD, class_word, is_class_word
from facelib.app.server.doors import TokenProvider


def asked(provider: TokenProvider, given: str) -> bool:
    handler: Any = SimpleNamespace(
        get_argument=lambda _name, default="": given or default,
        get_cookie=lambda _name: None,
        request=SimpleNamespace(headers={}, host="127.0.0.1:8866"),
    )
    return asyncio.run(provider._get_user(handler)) is not None


def test_words_are_many_and_differ() -> None:
    assert math.log2((len(set(CONSONANTS)) * len(set(VOWELS))) ** PAIRS) > 49
    words = {class_word() for _ in range(2000)}
    assert len(words) == 2000
    assert all(WORD.fullmatch(word) for word in words)
    letters = "".join(words)
    assert all(500 < letters.count(one) < 5000 for one in CONSONANTS)  # 16,000 consonants, 1,143 each


@pytest.mark.parametrize("typed", ["Bado-Kife-Lumi-Tozu", " bado kife lumi tozu ", "badokifelumitozu"])
def test_it_may_be_typed_as_it_is_heard(typed: str) -> None:
    assert asked(TokenProvider(token="bado-kife-lumi-tozu"), typed)


@pytest.mark.parametrize("typed", ["", "bado-kife-lumi", "bado-kife-lumi-tozo", "bado-kife-lumi-tozuu", "--"])
def test_another_word_opens_nothing(typed: str) -> None:
    assert not asked(TokenProvider(token="bado-kife-lumi-tozu"), typed)


def test_other_tokens_are_taken_as_they_are() -> None:
    assert not is_class_word("Open-Sesame")
    assert not asked(TokenProvider(token="Open-Sesame"), "opensesame")
