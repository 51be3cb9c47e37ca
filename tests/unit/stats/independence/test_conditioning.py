"""What is held fixed: which conditioners are labels, which are numbers, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from facelib.errors import BadValueError
from facelib.stats.independence import independence_test
from facelib.stats.independence.conditioning import MOST_LABELS, Given, as_given

N = 42
TEXT = np.array(["happy", "sad", "angry"])[np.arange(N) % 3]
CODES = np.arange(N) % 3
NUMBERS = np.linspace(0.5, 3.7, N)


@pytest.mark.parametrize(
    "labels",
    [
        TEXT,
        list(TEXT),
        pd.Series(TEXT, name="label", index=np.arange(N) + 5),
        pd.Categorical(TEXT),
        pd.Series(TEXT, dtype="category"),
        pd.Index(TEXT),
        CODES,
        CODES.astype(float),
        CODES - 1.0,
        10**9 * CODES,
        CODES[:, None],
        pd.DataFrame({"label": TEXT}),
        {"label": TEXT},
        CODES.astype(object),
    ],
    ids=lambda labels: type(labels).__name__,
)
def test_labels_are_strata(labels: Any) -> None:
    given = as_given(labels, N)
    assert given.categorical
    assert given.n_strata == 3
    same = given.strata[:, None] == given.strata[None]
    assert np.array_equal(same, TEXT[:, None] == TEXT[None])
    assert given.numbers.shape == (N, 0)


def test_truth_values_are_labels() -> None:
    assert as_given(TEXT == "sad", N).n_strata == 2


def test_nothing_is_one_stratum() -> None:
    several: list[Any] = [None, {}, np.empty((N, 0)), ["all"] * N, np.ones(N)]
    for nothing in several:
        given = as_given(nothing, N)
        assert given.n_strata == 1
        assert given.categorical
        assert given.design.shape == (N, 0)


@pytest.mark.parametrize(
    "same", [["all"] * N, np.ones(N), np.full(N, 0.5), np.full(N, 7), np.where(CODES == 1, 0.1 + 0.2, 0.3)]
)
def test_what_is_the_same_for_all_faces_is_left_out(same: Any) -> None:
    said = "intensity is the same for all faces, so it is held fixed as it is."
    given = as_given({"label": TEXT, "intensity": same, "age": NUMBERS}, N)
    assert given.n_strata == 3
    assert np.array_equal(given.numbers[:, 0], NUMBERS)
    assert given.notes == (said,)
    alone = as_given({"intensity": same}, N)
    assert alone.categorical
    assert alone.n_strata == 1
    assert alone.notes == (said,)


def test_a_constant_number_stops_no_test(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((2, N))
    plain = independence_test(x, y, None, "chsic", n_permutations=99)
    beside = independence_test(x, y, np.full(N, 0.5), "chsic", n_permutations=99)
    assert beside.p_value == plain.p_value
    assert any("so it is held fixed as it is" in note for note in beside.notes)


@pytest.mark.parametrize("two", [(0.5, 1.5), (-0.25, 3.0), (1e-9, 2e-9)])
def test_two_numbers_are_labels(two: tuple[float, float]) -> None:
    given = as_given({"intensity": np.where(np.arange(N) % 2, *two)}, N)
    assert given.categorical
    assert given.n_strata == 2
    assert given.notes == ("intensity holds 2 different numbers: it is held fixed as labels.",)
    assert not as_given(np.array([0.5, 1.5, 2.5])[CODES], N).categorical


def test_a_message_names_the_conditioner() -> None:
    with pytest.raises(BadValueError, match=r"^age must be known for every face"):
        as_given({"age": np.ma.masked_array(CODES, CODES == 2)}, N)


def test_numbers_are_held_fixed_as_they_are() -> None:
    given = as_given(NUMBERS, N)
    assert not given.categorical
    assert given.n_strata == 1
    assert np.array_equal(given.numbers[:, 0], NUMBERS)
    assert given.notes == ()


@pytest.mark.parametrize(("most", "categorical"), [(MOST_LABELS, True), (MOST_LABELS + 1, False)])
def test_whole_numbers_are_labels_while_they_are_few(most: int, categorical: bool) -> None:
    n = 2 * most
    for dtype in (float, int):
        given = as_given((np.arange(n) % most).astype(dtype), n)
        assert given.categorical == categorical
        said = any("whole numbers" in note for note in given.notes)
        assert said == (dtype is float or not categorical)


def test_several_conditioners_are_crossed_and_set_beside() -> None:
    sex = np.array(["f", "m"])[np.arange(N) // 3 % 2]
    given = as_given({"label": TEXT, "sex": sex, "intensity": NUMBERS}, N)
    assert given.n_strata == 6
    assert given.numbers.shape == (N, 1)
    pairs = np.array([f"{a} {b}" for a, b in zip(TEXT, sex, strict=True)])
    assert np.array_equal(given.strata[:, None] == given.strata[None], pairs[:, None] == pairs[None])
    assert given.design.shape == (N, 7)
    assert np.array_equal(given.design[:, :6].sum(axis=1), np.ones(N))


def test_a_list_of_rows_keeps_numbers_beside_text() -> None:
    rows = list(zip(TEXT.tolist(), NUMBERS.tolist(), strict=True))
    given = as_given(rows, N)
    assert given.n_strata == 3
    assert np.array_equal(given.numbers[:, 0], NUMBERS)


def test_columns_of_one_name_are_all_held_fixed() -> None:
    table = pd.DataFrame(np.column_stack([CODES, np.arange(N) // 3 % 2, NUMBERS]), columns=["z", "z", "z"])
    given = as_given(table, N)
    assert given.n_strata == 6
    assert given.numbers.shape == (N, 1)


@pytest.mark.parametrize(
    "bad",
    [
        TEXT[:-1],
        NUMBERS[:-1],
        [],
        5,
        "happy",
        np.zeros((N, 2, 2)),
        np.where(CODES == 1, np.nan, CODES),
        np.where(CODES == 1, np.inf, NUMBERS),
        ["happy", float("nan")] * (N // 2),  # NumPy alone would make the text "nan" of it
        ["happy", None] * (N // 2),
        [("happy", 1.5), ("sad", float("nan"))] * (N // 2),
        pd.Series([None, "a"] * (N // 2), dtype="category"),
        {"label": TEXT, "age": NUMBERS[:-1]},
        {"both": np.zeros((N, 2))},
        {"one": 3},
        [[1, 2], [3]] * (N // 2),
        np.array([f"face {i}" for i in range(N)]),
        np.full(N, 1j),
        np.ma.masked_array(CODES, CODES == 2),
        {"a": TEXT, "b": CODES, "c": np.arange(N) // 3},
    ],
    ids=lambda bad: f"{bad!r:.20}",
)
def test_what_cannot_be_held_fixed_is_refused(bad: Any) -> None:
    with pytest.raises(BadValueError):
        as_given(bad, N)


def test_more_labels_than_faces_can_fill() -> None:
    with pytest.raises(BadValueError, match="22 labels for 42 faces"):
        as_given([f"label {i % 22}" for i in range(N)], N)
    assert as_given([f"label {i % 21}" for i in range(N)], N).n_strata == 21


def test_bounds_of_sorted_strata() -> None:
    given = Given(np.array([0, 0, 0, 1, 2, 2]), np.empty((6, 0)))
    assert given.bounds.tolist() == [0, 3, 4, 6]
