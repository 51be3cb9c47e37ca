"""Six words for what a change does: the rules of METHODS 2, row by row, and the sentence that counts them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facelib.reports.words import WORDS, counted, verdict
from facelib.stats.effects.equivalence import BLIND, NO_FALL

ROW: dict[str, Any] = {
    "verdict": "changes", "start": 0.9, "low": -0.6, "high": -0.2, "delta": 0.1, "as_much": 0,
    "references": 99, "unmatched": 0,
}  # fmt: skip
STILL = {"verdict": "does not change", "low": -0.02, "high": 0.01}
OPEN = {"verdict": "cannot tell", "low": 0.03, "high": 0.4}


@pytest.mark.parametrize(
    ("row", "options", "word", "reason"),
    [
        ({}, {}, "falls", "0 of 99 placebos"),
        ({"as_much": 4}, {}, "falls", "4 of 99 placebos"),
        ({"as_much": 5}, {}, "unclear", "so do 5 of 99 placebos"),
        ({"low": 0.2, "high": 0.6}, {}, "rises", "0 of 99 placebos"),
        ({"low": 0.2, "high": 0.6, "start": 0.0}, {}, "rises", "0 of 99 placebos"),
        ({"as_much": 2, "references": 19}, {"finished": False}, "falls", "2 of 19 placebos so far"),
        ({"as_much": 1, "references": 9}, {}, "unclear", "so do 1 of 9 placebos"),
        ({"references": 0}, {}, "falls", "−.60 to −.20 shaken"),
        ({"references": 0, "unmatched": 99}, {}, "falls", "no placebo is as large"),
        (STILL, {}, "stays", "also when shaken"),
        (STILL | {"verdict": NO_FALL, "start": 0.004}, {}, "no room", "starts at .00"),
        (STILL | {"verdict": BLIND}, {"moved": -0.02}, "no room", "no expression: −.02"),
        (STILL, {"unmoved": True}, "no room", "nothing to change"),
        (OPEN, {}, "unclear", "+.03 to +.40 shaken"),
        (OPEN | {"start": 0.01}, {}, "unclear", "+.03 to +.40 shaken"),
        (OPEN | {"start": 0.05, "low": -0.3, "high": 0.02}, {}, "no room", "starts at .05"),
    ],
)
def test_a_row_of_effects_has_one_word_and_its_reason(
    row: dict[str, Any], options: dict[str, Any], word: str, reason: str
) -> None:
    said = verdict(ROW | row, **options)
    assert (said.word, said.reason) == (word, reason)
    assert said.hollow == (reason == "no placebo is as large")


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12))
def test_the_sentence_counts_every_classifier_once(words: list[Any]) -> None:
    said = counted("the left side weakens", "happy", words)
    assert said.startswith("As the left side weakens, happy ")
    verbs = {
        "falls": "falls",
        "rises": "rises",
        "stays": "stays",
        "unclear": "is unclear",
        "no room": "has no room",
    }
    for word in WORDS:
        assert (verbs[word] in said) == (word in words)
    if len(set(words)) > 1:
        _, *numbers = [
            int(part) for part in said.replace(",", " ").replace(".", " ").split() if part.isdigit()
        ]
        first = words.count(next(word for word in WORDS if word in words))
        assert numbers[0] == len(words)
        assert first + sum(numbers[1:]) == len(words)


def test_nobody_who_knows_it_is_said() -> None:
    assert counted("the person grows older", "bored", []) == "No classifier here knows bored."
