"""Properties and outputs as numbers: kinds, what is missing, scaling that loses nothing."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.errors import BadValueError
from facelib.stats.independence.variables import (
    Variable,
    as_variable,
    coded,
    is_categorical,
    one_hot,
    z_scores,
)

FEW = settings(max_examples=50, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("values", "kind", "columns"),
    [
        (["bald", "short", "bald"], "binary", [[0], [1], [0]]),
        (["b", "c", "a"] * 2, "categorical", [[0, 1, 0], [0, 0, 1], [1, 0, 0]] * 2),
        ([True, False, True], "binary", [[1], [0], [1]]),
        (np.array([True, True]), "binary", [[0], [0]]),
        (pd.Categorical([3, 1, 2] * 2), "categorical", [[0, 0, 1], [1, 0, 0], [0, 1, 0]] * 2),
        (pd.Series(["x", "y"], dtype="category"), "binary", [[0], [1]]),
        (pd.Series(["x", "y"], dtype="string"), "binary", [[0], [1]]),
        (np.array([1, "b", "a"] * 2, object), "categorical", [[1, 0, 0], [0, 0, 1], [0, 1, 0]] * 2),
        ([3, 3, 7, 3], "binary", [[0], [0], [1], [0]]),
        ([-0.5, 2.5], "binary", [[0], [1]]),
        ([31, 64, 25], "continuous", [[31], [64], [25]]),
        ([5, 5, 5], "continuous", [[5], [5], [5]]),
        ([[1.5], [2.5], [9.5]], "continuous", [[1.5], [2.5], [9.5]]),
        ([[1, 2], [3, 4]], "vector", [[1, 2], [3, 4]]),
        (pd.DataFrame({"a": [1, 2], "b": [0.5, 1]}), "vector", [[1, 0.5], [2, 1]]),
        (pd.Series([1, 2, 3], dtype="Int64"), "continuous", [[1], [2], [3]]),
    ],
)
def test_kinds(values: Any, kind: str, columns: Any) -> None:
    variable = as_variable(values, "x")
    assert variable.kind == kind
    np.testing.assert_array_equal(variable.values, columns)
    assert variable.values.dtype == np.float64


@pytest.mark.parametrize(
    "values",
    [
        ["a", None, "b"],
        ["a", float("nan"), "b"],
        pd.Series(["a", None, "b"], dtype="category"),
        pd.Series(["a", pd.NA], dtype="string"),
        pd.Series([True, pd.NA], dtype="boolean"),
        pd.Series([1, pd.NA], dtype="Int64"),
        [1.0, float("nan")],
        [1.0, float("inf")],
        [None, None],
        np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False]),
        np.ma.masked_array(["a", "b"], [False, True]),
        [],
        5.0,
        "happy",
        np.zeros((2, 2, 2)),
        np.zeros((3, 0)),
        [[1, 2], [3]],
        [1 + 2j, 3],
        [["a", "b"], ["c", "d"]],
        np.array(["2020-01-01"], "datetime64[D]"),
        ["a", ("b", "c"), 5],
        [{"a": 1}, {"b": 2}],
        [1e308, -1e308, 0.0],
        {"a": 1},
        None,
    ],
    ids=str,
)
def test_what_is_no_variable_is_refused(values: Any) -> None:
    with pytest.raises(BadValueError, match=r"[Xx]|Values"):
        as_variable(values, "x")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([f"face {i % 11}" for i in range(20)], ("11 categories for 20 faces", "Merge categories")),
        ([str(20 + i) for i in range(20)], ("20 categories for 20 faces", "give them as numbers")),
        (pd.Series(np.arange(20) + 0.5, dtype="category"), ("20 categories", "give them as numbers")),
    ],
)
def test_nearly_as_many_categories_as_faces_are_refused(values: Any, said: tuple[str, ...]) -> None:
    with pytest.raises(BadValueError, match=r"^age has") as caught:
        as_variable(values, "age")
    assert all(words in str(caught.value) for words in said)


def test_ids_of_many_faces_are_refused_before_a_matrix_is_made() -> None:
    import tracemalloc

    ids = [f"face {i}" for i in range(20_000)]
    tracemalloc.start()
    with pytest.raises(BadValueError, match="20000 categories"):
        as_variable(ids, "id")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000  # one column a category would be 3.2 GB


def test_two_faces_a_category_are_enough() -> None:
    assert as_variable([f"face {i % 10}" for i in range(20)], "pair").values.shape == (20, 10)
    assert as_variable(["a", "b"], "two").kind == "binary"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ma.masked_array([1.0, 2.0], [False, True]), "happy must be known for every face; 1 values"),
        ([[1, 2], [3]], "happy must have as many values in every row"),
        (
            pd.DataFrame({"joy": [0.1, 0.2], "hair": ["bald", "short"]}),
            "happy, column 'hair', must be numbers; got str: 'bald'",
        ),
        (
            pd.DataFrame({"joy": [0.1, 0.2], "age": ["31", "old"]}),
            "happy, column 'age', must be numbers; got str: 'old'",
        ),
        (
            pd.DataFrame({"joy": [0.1, 0.2], "age": [31, np.nan]}),
            "happy, column 'age', must be finite; 1 of 2 are missing",
        ),
        ([[0.1, 1], [0.2, "bald"], [0.3, 2]], "happy, column 1, must be numbers; got str: '0.1'"),
        (np.array([[0.1, 1j]]), "happy, column 1, must be numbers; got complex: "),
    ],
)
def test_a_message_names_the_variable_and_the_column(values: Any, message: str) -> None:
    with pytest.raises(BadValueError) as caught:
        as_variable(values, "happy")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("values", "strata", "count"),
    [
        ([1] + [0] * 59, [0] * 60, 60),
        ([1, 2, 3, 4], [0, 0, 0, 0], 24),
        ([1, 2, 3, 4], [0, 0, 1, 1], 4),
        ([1, 0, 0, 1, 0, 0], [1, 0, 0, 1, 0, 0], 1),
        (["a", "b", "c"] * 2, [0, 0, 0, 1, 1, 1], 36),
        ([[1, 1], [1, 2], [1, 1], [2, 2]], [0, 0, 0, 0], 12),
    ],
)
def test_ways_to_lay_values_out_are_counted(values: Any, strata: list[int], count: int) -> None:
    variable = as_variable(values, "x")
    found = variable.log_arrangements(np.array(strata))
    assert found == pytest.approx(np.log(count), abs=1e-9)
    orders = itertools.permutations(range(len(strata)))
    if len(strata) < 8:
        kept = [o for o in orders if all(strata[i] == strata[o[i]] for i in range(len(strata)))]
        assert len({variable.values[list(o)].tobytes() for o in kept}) == count


def test_text_is_categorical_and_numbers_are_not() -> None:
    assert is_categorical(["1", "2"])
    assert is_categorical(np.array(["a", 1], object))
    assert is_categorical(pd.Index(["a"]).astype("category"))
    assert not is_categorical([1, 2])
    assert not is_categorical(np.array([["a"], ["b"]]))
    assert not is_categorical(pd.Series([1.5, 2.5]))


def test_codes_follow_sorted_categories() -> None:
    codes, categories = coded(["sad", "angry", "sad", "happy"], "label")
    assert categories == ["angry", "happy", "sad"]
    assert codes.tolist() == [2, 0, 2, 1]
    with pytest.raises(BadValueError, match="1 of 3"):
        coded(["a", None, "b"], "label")
    with pytest.raises(BadValueError, match="one value per face"):
        coded(np.zeros((2, 2)), "label")


def test_one_hot_has_one_column_a_category() -> None:
    assert one_hot(np.array([1, 0, 1]), 3).tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]


@FEW
@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=30),
    st.sampled_from([1e-300, 1e-12, 1.0, 1e12, 1e300]),
    st.sampled_from([0.0, 1.0, -1e6]),
)
def test_z_scores_of_any_unit(values: list[int], scale: float, shift: float) -> None:
    column = (np.array(values, float)[:, None] + shift) * scale
    z = z_scores(column)
    if np.ptp(column) == 0:
        assert (z == 0).all()
        return
    assert z.mean() == pytest.approx(0, abs=1e-9)
    assert z.std(ddof=1) == pytest.approx(1, rel=1e-9)
    plain = np.array(values, float)
    np.testing.assert_allclose(z[:, 0], (plain - plain.mean()) / plain.std(ddof=1), rtol=1e-6, atol=1e-8)


def test_z_scores_of_far_numbers_keep_their_digits() -> None:
    z = z_scores(np.array([[1e15], [1e15 + 1], [1e15 + 2]]))
    np.testing.assert_array_equal(z[:, 0], [-1, 0, 1])
    assert z_scores(np.array([[3.0]])).tolist() == [[0.0]]
    column = np.array([[1.0], [3.0]])
    assert np.array_equal(Variable("x", "continuous", column).scaled, z_scores(column))


@pytest.mark.parametrize(
    ("values", "varies"),
    [
        ([1, 1, 2, 2], False),
        ([1, 1, 2, 3], True),
        ([0.1 + 0.2, 0.3, 1, 1], False),  # they differ by rounding
        ([1e-30, 2e-30, 5e-30, 5e-30], True),
        ([[1, 0], [1, 0], [0, 1], [0, 2]], True),
    ],
)
def test_variation_inside_strata(values: Any, varies: bool) -> None:
    variable = as_variable(values, "x")
    assert variable.varies_within(np.array([1, 1, 0, 0])) == varies
    mixed = variable.take(np.array([0, 2, 1, 3]))
    assert mixed.varies_within(np.array([1, 0, 1, 0])) == varies
