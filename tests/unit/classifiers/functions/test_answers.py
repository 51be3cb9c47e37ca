"""Answers of functions: whatever comes is rows of probabilities, or a typed error that says what came."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facelib.classifiers.functions.answers import ROUNDED, checked_rows, row_faults
from facelib.errors import BadAnswerError

LABELS = ("happy", "sad", "angry")


class Nasty:
    """An object that raises whatever is done to it."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    def __repr__(self) -> str:
        raise ZeroDivisionError


def slow_rows(answer: list[list[float]]) -> dict[int, bool]:
    """Return which rows are probabilities, number by number."""
    return {
        place: all(math.isfinite(one) and -1e-6 <= one <= 1 + 1e-6 for one in row)
        and abs(math.fsum(row) - 1) <= ROUNDED
        for place, row in enumerate(answer)
    }


@pytest.mark.thorough
@given(
    st.lists(
        st.lists(
            st.one_of(st.floats(-0.5, 1.5), st.sampled_from([0.0, 0.33, 0.5, math.nan, math.inf])),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=5,
    )
)  # fmt: skip
def test_rows_are_sound_or_have_a_fault_each(answer: list[list[float]]) -> None:
    rows, faults = checked_rows(answer, len(answer), LABELS, "ask")
    sound = slow_rows(answer)
    borderline = {place for place, row in enumerate(answer) if abs(abs(math.fsum(row) - 1) - ROUNDED) < 1e-9}
    assert {place for place, fine in sound.items() if not fine} - borderline == set(faults) - borderline
    for place, row in enumerate(rows):
        if place in faults:
            assert np.isnan(row).all()
        else:
            np.testing.assert_allclose(row, np.clip(answer[place], 0, 1) / np.clip(answer[place], 0, 1).sum())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "answered with NoneType: None"),
        ("happy", "answered with str: 'happy'"),
        ([{"happy": 1.0}, {"happy": 1.0}], "answered with list"),
        ([[0.5, 0.5], [1.0]], "answered with list"),
        (Nasty(), "answered with Nasty"),
        ([[True, False, False]] * 2, "answered with list"),
        (0.5, r"the shape \(\)"),
        ([0.2, 0.3, 0.5], r"the shape \(3,\): 3 rows for 2 pictures"),
        (np.full((3, 2), 0.5), r"the shape \(3, 2\): it is turned"),
        (np.full((1, 3), 1 / 3), r"\(1, 3\): 1 row for 2 pictures"),
        (np.full((2, 7), 1 / 7), r"the shape \(2, 7\)\."),
        (np.empty((0, 3)), "0 rows for 2 pictures"),
    ],
)
def test_an_answer_of_another_kind_says_what_came(answer: object, words: str) -> None:
    with pytest.raises(BadAnswerError, match=words) as error:
        checked_rows(answer, 2, LABELS, "ask")
    assert "a column for each of happy, sad, angry" in str(error.value)


def test_usual_containers_are_taken() -> None:
    expected = np.array([[0.2, 0.3, 0.5]])
    for answer in (
        [[0.2, 0.3, 0.5]],
        ((0.2, 0.3, 0.5),),
        [0.2, 0.3, 0.5],
        expected,
        torch.tensor(expected, requires_grad=True),
    ):
        np.testing.assert_allclose(checked_rows(answer, 1, LABELS, "ask")[0], expected)  # fmt: skip


def test_the_error_of_rows_names_the_users_own_pictures() -> None:
    _, faults = checked_rows([[0.2, 0.3, 0.5], [2.0, -3.0, 1.0], [1, math.nan, 0]], 3, LABELS, "ask")
    error = row_faults(faults, "ask", [4, 7, 9], 12)
    assert "for pictures 7, 9 of 12" in str(error)
    assert "its numbers lie between -3 and 2, not between 0 and 1" in str(error)
    assert "of logits take the softmax first" in str(error)
