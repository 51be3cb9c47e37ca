"""The ranking orders by the fall and marks the guess."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from facelib import charts
from facelib.charts import specs
from facelib.charts.sweeps.ranking import KINDS, ranked


@pytest.fixture
def board() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "intervention": ["age", "palsy", "blur"],
            "title": ["age", "one-sided palsy", "blur"],
            "placebo": [False, False, True],
            "start": [0.9, 0.9, 0.9],
            "end": [0.901, 0.2, 0.6],
            "change": [0.001, -0.7, -0.3],
            "before": "happy",
            "after": ["happy", "sad", "happy"],
        }
    )


def test_the_largest_fall_comes_first(board: pd.DataFrame) -> None:
    found = ranked(board)
    assert found["row"].tolist() == ["one-sided palsy", "blur", "age"]
    assert found["words"].tolist() == ["−0.70, now sad", "−0.30", "0.00"]
    usual, placebo, _ = KINDS
    assert found["series"].tolist() == [usual, placebo, usual]


def test_the_guess_is_marked_whatever_it_is(board: pd.DataFrame) -> None:
    for place, guess in enumerate(("palsy", "blur", "age")):
        kinds = ranked(board, guess)["series"].tolist()
        assert [k for k, kind in enumerate(kinds) if kind == "your guess"] == [place]


def test_rows_are_written_from_top_to_bottom(board: pd.DataFrame, texts: Callable[[Any], list[str]]) -> None:
    written = texts(charts.ranking(board, "blur"))
    titles = [text for text in written if text in set(board["title"])]
    assert titles == ["one-sided palsy", "blur", "age"]
    assert "your guess" in written


def test_without_data_it_is_a_specification_for_the_app() -> None:
    empty = specs.of("sweeps.ranking.ranking")
    assert empty["datasets"] == {"ranking": []}
    assert empty["usermeta"]["facelib"]["park"]
