"""Tables of any parameters: taken whole, in groups, and refused by the name of what is wrong."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.errors import BadTableError, BadValueError, FacelibError
from facelib.semg import Pair, pair_of, parameters_of, read_parameters, simulate_clip
from facelib.semg.parameters.columns import Parameters, expression_rows, grouped

ARRAYS = {
    "expression_params": np.arange(150.0).reshape(3, 50),
    "jaw_params": np.ones((3, 3)),
    "eyelid_params": np.zeros((3, 2)),
    "pose_params": np.zeros((3, 3)),
}


def test_arrays_of_a_tool_and_their_table_are_the_same() -> None:
    found = parameters_of(ARRAYS)
    table = pd.DataFrame(
        {f"{name}_{n}": array[:, n] for name, array in ARRAYS.items() for n in range(array.shape[1])}
    )
    shuffled = table.sample(frac=1, axis=1, random_state=0).assign(film="a.mp4")
    again = parameters_of(shuffled)
    assert found.names == again.names
    np.testing.assert_array_equal(found.units, again.units)
    assert {name: len(part) for name, part in again.groups.items()} == {
        "expression": 50,
        "jaw": 3,
        "eyelids": 2,
    }
    assert set(again.left_out) == {"pose_params_0", "pose_params_1", "pose_params_2", "film"}
    assert found.names[10] == "expression_params_10"


def test_what_is_not_recognised_is_one_group_or_those_given_by_hand() -> None:
    table = pd.DataFrame({"frame": [0, 1], "b": [1.0, 2], "a": [3, np.nan], "c": [True, False]})
    assert dict(parameters_of(table).groups) == {"parameters": ("b", "a", "c")}
    found = parameters_of(table, {"mine": ["a"], "yours": ["c"]})
    assert found.names == ("a", "c")
    np.testing.assert_array_equal(found.units, [[3, 1], [np.nan, 0]])
    assert dict(parameters_of(found, {"both": ["c", "a"]}).groups) == {"both": ("c", "a")}


def test_codes_of_deca_are_taken_as_they_are() -> None:
    """As `DECA.encode` returns them, with pictures, and light in three dimensions."""
    codes = {
        "shape": np.zeros((4, 100)), "exp": np.ones((4, 50)), "pose": np.arange(24.0).reshape(4, 6),
        "light": np.zeros((4, 9, 3)), "images": np.zeros((4, 3, 8, 8)),
    }  # fmt: skip
    found = parameters_of(codes)
    assert found.groups["jaw"] == ("pose_3", "pose_4", "pose_5")
    np.testing.assert_array_equal(found.units[:, 50:], codes["pose"][:, 3:])


def test_files_are_read_as_signals_are(tmp_path: Path) -> None:
    table = pd.DataFrame({"AU01_r": [0.5, 1.25], "AU12_r": [np.nan, 2.0], "AU12_c": [1, 1]})
    table.to_parquet(tmp_path / "a.parquet")
    table.to_csv(tmp_path / "a.csv.gz", index=False)
    german = "AU01_r;AU12_r;AU12_c\n0,5;;1\n1,25;2,0;1\n"
    (tmp_path / "a.csv").write_text(german)
    for source in ("a.parquet", "a.csv.gz", "a.csv"):
        found = read_parameters(tmp_path / source)
        assert (found.tool, found.names) == ("openface", ("AU01_r", "AU12_r")), source
        np.testing.assert_array_equal(found.units, [[0.5, np.nan], [1.25, 2.0]])
    packed = gzip.compress(german.encode())
    np.testing.assert_array_equal(read_parameters(packed, name="x.csv.gz").units, found.units)


@pytest.mark.parametrize(
    ("given", "groups", "words"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), None, "a stands twice"),
        ({"x": np.zeros((2, 2)), "x_1": [1, 2]}, None, "x_1 stands twice"),
        ({"a": ["1", "two"]}, None, "'a' holds 'two'"),
        ({"a": [1, 2], "task": ["smile", "rest"]}, None, "'task' holds 'smile'"),
        ({"exp_0": [1, 2], "exp_1": ["x", 2]}, None, "'exp_1' holds 'x'"),
        ({"a": [1, 2], "b": [1]}, None, "a has 2 rows, b 1"),
        ({"a": [1, 2]}, {"mine": ["b"]}, "no column b; it has a"),
        ({"a": [1, 2]}, {"mine": ["a"], "yours": ["a"]}, "a stands twice"),
        ({"a": [1, 2]}, {"mine": []}, "holds no column"),
        ({"a": [1, 2]}, {"mine": "a"}, "a list of columns"),
        ({"a": [1, 2]}, {"all": ["a"]}, "not 'all'"),
        ({"a": [1, 2]}, {}, "Groups are names"),
        ({"frame": [1, 2]}, None, "the table has 0"),
        ({"a": 1.0}, None, r"'a' is \(\)"),
        ({"a": np.zeros((2, 2, 2))}, None, r"'a' is \(2, 2, 2\)"),
        ({"a": [[1, 2], [3]]}, None, "'a' holds"),
        (np.zeros((3, 3)), None, "named columns"),
        (None, None, "named columns"),
        ({}, None, "the table has 0"),
    ],
)
def test_what_is_wrong_is_said_with_its_column(given: Any, groups: Any, words: str) -> None:
    with pytest.raises((BadTableError, BadValueError), match=words):
        parameters_of(given, groups)


@pytest.mark.parametrize("content", [b"", b"a,a\n1,2\n", b"\x00\x01\x02", b"a,b\n1,x\n", b"a;b\n1;2;3\n"])
def test_damaged_files_are_typed_errors(content: bytes) -> None:
    with pytest.raises(BadTableError):
        read_parameters(content, name="a.csv")
    with pytest.raises(BadTableError):
        read_parameters(content, name="a.xlsx")


cells = st.one_of(st.floats(), st.none(), st.integers(-5, 5), st.text(max_size=3), st.binary(max_size=2))


@pytest.mark.thorough
@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=4), st.lists(cells, max_size=4), max_size=4), st.booleans())
def test_any_table_is_taken_or_refused_in_words(table: dict[str, list[Any]], by_hand: bool) -> None:
    try:
        found = parameters_of(table, {"mine": list(table)} if by_hand else None)
    except FacelibError:
        return
    assert isinstance(found, Parameters)
    assert found.units.shape == (len(found), len(found.names))
    assert sorted(name for part in found.groups.values() for name in part) == sorted(found.names)


def test_groups_hold_every_column_once() -> None:
    assert dict(grouped(["jaw_params_0", "jaw_params_1", "x"])) == {
        "jaw": ("jaw_params_0", "jaw_params_1"), "other": ("x",),
    }  # fmt: skip
    for groups in ({"a": ["x"]}, {"a": ["x", "y", "z"]}):
        with pytest.raises(BadValueError, match=r"y|z"):
            grouped(["x", "y"], groups)
    with pytest.raises(BadValueError, match="x stands twice"):
        grouped(["x", "x"])
    with pytest.raises(BadValueError, match="a text"):
        grouped(["x", 3])  # type: ignore[list-item]


def test_rows_are_found_by_name_and_what_lacks_is_named() -> None:
    table = pd.DataFrame({"b": [1.0], "text": ["x"], "a": [2.0]})
    np.testing.assert_array_equal(expression_rows(table, ["a", "b"])[0], [[2, 1]])
    np.testing.assert_array_equal(expression_rows(np.array([[2, 1]]), ["a", "b"])[0], [[2, 1]])
    with pytest.raises(BadTableError, match=r"Expected 2 parameters of your own; c missing") as error:
        expression_rows(table, ["a", "c"])
    assert error.value.missing == ("c",)
    with pytest.raises(BadValueError, match=r"\(rows, 2\); got \(1, 3\)"):
        expression_rows(np.zeros((1, 3)), ["a", "b"])


def test_pairs_of_anything_fit_row_by_row() -> None:
    envelope = simulate_clip("happy", 1.0).envelope
    rows = {name: np.resize(array, (30, array.shape[1])) for name, array in ARRAYS.items()}
    pair = pair_of(envelope, rows, id="x", person="anna")
    assert (pair.person, list(pair.groups or {})) == ("anna", ["expression", "jaw", "eyelids"])
    assert pair.replace(units=pair.units[:, :2], names=("a", "b")).groups == {"parameters": ("a", "b")}
    with pytest.raises(
        BadValueError, match=r"30 rows of signals and parameters of FLAME \(SMIRK\) \(3, 55\)"
    ):
        pair_of(envelope, ARRAYS)
    with pytest.raises(BadValueError, match="Envelopes alone"):
        pair_of(envelope)
    with pytest.raises(BadValueError, match="'mentalis_left' is a channel"):
        Pair("x", "", np.zeros((30, 1)), ("mentalis_left",), envelope)
