"""The book of calls: one cap and one rate for all processes, and answers that survive them."""

from __future__ import annotations

import os
import pickle
import sqlite3
import time
from pathlib import Path

import joblib
import numpy as np
import pytest

from facelib.classifiers.functions.book import Book, session_folder
from facelib.classifiers.functions.terms import Terms
from facelib.errors import BadValueError, BudgetError, UnavailableError

ROW = np.array([0.25, 0.75])


@pytest.mark.thorough
def test_two_processes_spend_one_budget_at_one_rate() -> None:
    book, terms = Book("shared budget"), Terms(price=0.1, budget=9.0, per_minute=6000)

    def spend() -> list[float]:
        """Book calls until nothing is left; return when the turn of each comes."""
        turns = []
        try:
            while True:
                turns.append(time.time() + book.reserve(3, terms))
        except BudgetError:
            return turns

    found = joblib.Parallel(2)(joblib.delayed(spend)() for _ in range(2))
    turns = sorted(turn for one in found for turn in one)
    assert len(turns) == 30  # calls of .30 each
    assert turns[-1] - turns[0] >= 29 * 0.01 - 0.005  # 6,000 a minute are one each hundredth of a second
    account = book.account()
    assert (account.calls, account.pictures) == (30, 90)
    assert account.cost == pytest.approx(9.0)


def test_calls_of_a_minute_are_spread_over_it() -> None:
    book, terms = Book("slow"), Terms(per_minute=60)
    waits = [book.reserve(1, terms) for _ in range(4)]
    np.testing.assert_allclose(waits, [0, 1, 2, 3], atol=0.3)


def test_a_clock_that_was_set_back_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    book, terms = Book("clock"), Terms(per_minute=60)
    monkeypatch.setattr("time.time", lambda: 2e9)
    book.reserve(1, terms)
    monkeypatch.setattr("time.time", lambda: 1e9)
    assert book.reserve(1, terms) == 0


def test_what_was_not_called_costs_nothing() -> None:
    book, terms = Book("released"), Terms(price=2.0, budget=2.0)
    book.reserve(1, terms)
    with pytest.raises(BudgetError, match=r"would cost 2\.00, and 2\.00 of the budget of 2\.00 are spent"):
        book.reserve(1, terms)
    book.release(1, terms)
    book.reserve(1, terms)


def test_the_same_name_is_the_same_book_and_it_can_be_sent() -> None:
    one = Book("a cell")
    one.reserve(5, Terms(price=1.0))
    assert pickle.loads(pickle.dumps(Book("a cell"))).account().cost == 5.0


def test_answers_are_kept_in_a_file_of_ones_own_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    Book("mine", path).keep({b"key": ROW})
    found = Book("another session", path).answers([b"key", b"none"], 2)
    np.testing.assert_array_equal(found.pop(b"key"), ROW)
    assert not found
    assert path.stat().st_mode & 0o077 == 0
    assert session_folder().stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "answer", [b"", b"short", "a text", np.array([0.9, 0.9]).tobytes(), np.array([np.nan, 1.0]).tobytes(), 7]
)
def test_a_kept_answer_that_is_none_is_asked_anew(tmp_path: Path, answer: object) -> None:
    path = tmp_path / "answers.sqlite"
    book = Book("spoilt", path)
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO answers VALUES (?, ?)", (b"key", answer))
    db.close()
    assert book.answers([b"key"], 2) == {}


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to look at" * 9, b"SQLite format 3\0" + b"\xff" * 900]
)
def test_a_file_that_is_no_book_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(BadValueError, match=r"photo\.jpg can't keep answers"):
        Book("wrong", path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE visits (place TEXT)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(BadValueError, match="it is a database of another program"):
        Book("wrong", path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match="can't keep answers"):
        Book("nowhere", tmp_path / "none" / "answers.sqlite")


def test_where_the_book_is_not_nothing_is_called() -> None:
    book = Book("elsewhere")
    os.unlink(book.path)
    with pytest.raises(UnavailableError, match="made on another machine, or its session has ended"):
        book.reserve(1, Terms(budget=1.0))
