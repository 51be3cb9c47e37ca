"""The affected side, as a clinic's table says it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facelib.errors import BadTableError
from facelib.faces.sides import WORDS, sides_of


def sides(*rows: tuple[Any, Any]) -> dict[str, str]:
    people, words = zip(*rows, strict=True)
    return sides_of(pd.Series(people, dtype="object"), pd.Series(words, dtype="object"), "seite")


def test_german_and_english_words_are_the_persons_own_side() -> None:
    assert sides((1.0, " Links "), ("p2", "RIGHT"), ("p3", ""), ("p4", None), (None, "left")) == {
        "1": "left", "p2": "right",
    }  # fmt: skip


@pytest.mark.parametrize("word", ["beidseits", "l", "0", 1.0, "left right"])
def test_another_word_is_refused_with_who_has_it(word: Any) -> None:
    with pytest.raises(BadTableError, match=r"seite\) is one of left, links, right, rechts; p9 has"):
        sides(("p1", "left"), ("p9", word))


def test_one_person_has_one_side() -> None:
    with pytest.raises(BadTableError, match=r"p1 has left and right.*the person's own"):
        sides(("p1", "left"), ("p2", "left"), ("p1", "rechts"))


@pytest.mark.thorough
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([*WORDS, "", None, "x", 3])), min_size=1
    )
)
def test_any_column_gives_sides_or_is_refused_in_words(rows: list[tuple[Any, Any]]) -> None:
    with suppress(BadTableError):
        found = sides(*rows)
        assert set(found.values()) <= {"left", "right"}
        assert {who for who, _ in rows} >= set(found)
