"""Text never becomes a formula in a spreadsheet, and comes back as it was."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facelib.faces.table import read_table
from facelib.utilities.spreadsheet import csv_of, guarded, unguarded, write_csv

SEEN = [
    "=cmd|' -C calc'!A1",
    "+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "\ufeff=1",
]
TEXT = st.text(
    st.one_of(
        st.sampled_from(" ',;\"\t\n\r=+-@＝＋－＠\ufeffa1"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"),
    ),
    max_size=12,
)


def cells(content: bytes, separator: str) -> list[str]:
    """Return what a spreadsheet makes cells of, its separator being this one.

    A quote counts at the beginning of a cell only, as spreadsheets have it.
    """
    found, cell, quoted, fresh = [], "", False, True
    for sign in content.decode():
        if quoted:
            quoted = sign != '"'
            cell += "" if sign == '"' else sign
        elif sign == '"' and fresh:
            quoted = True
        elif sign in separator + "\r\n":
            found.append(cell)
            cell, fresh = "", True
            continue
        else:
            cell += sign
        fresh = False
    return [*found, cell]


@pytest.mark.parametrize("text", SEEN)
def test_known_formulas_are_guarded(text: str) -> None:
    table = pd.DataFrame({text: [text, "plain"], "b": [1.5, -0.5]})
    rows = list(csv.reader(io.StringIO(csv_of(table).decode(), newline="")))
    assert rows[0][0][0] == rows[1][0][0] == "'"
    assert rows[1][0][1] == text[0]
    assert [row[1] for row in rows[1:]] == ["1.5", "-0.5"]  # numbers are numbers
    assert unguarded(guarded(table)).equals(table)


@pytest.mark.thorough
@given(st.lists(TEXT, min_size=1, max_size=4), TEXT)
@settings(max_examples=400, deadline=None)
def test_no_text_begins_a_formula_and_all_of_it_comes_back(texts: list[str], name: str) -> None:
    table = pd.DataFrame({"number": -np.arange(len(texts), dtype=float), name + "x": texts}, dtype="object")
    table["number"] = table["number"].astype(float)
    content = csv_of(table)
    for separator in ",;\t":
        for cell in cells(content, separator):
            if not re.fullmatch(r"\s*-?\d+\.\d(,.*)?", cell, re.DOTALL):
                assert not cell.strip().lstrip("\ufeff").startswith(tuple("=+-@＝＋－＠")), cell
    for row, text in zip(list(csv.reader(io.StringIO(content.decode(), newline="")))[1:], texts, strict=True):
        assert not text or row[1].endswith(text[-1])
    pd.testing.assert_frame_equal(unguarded(guarded(table)), table)


def test_all_kinds_of_columns_and_both_axes() -> None:
    table = pd.DataFrame(
        {
            "kind": pd.Categorical(["=a", "b", "=a"]),
            "object": ["=a", -1, None],
            "whole": [-1, 2, 3],
            "when": pd.to_datetime(["2020-01-01"] * 3),
            "flag": [True, False, True],
            "twice": ["@x", "y", "z"],
        },
        index=pd.Index(["=r", "s", "-t"], name="@names"),
    ).rename(columns={"twice": "kind"})
    lines = csv_of(table, index=True).decode().splitlines()
    assert lines[0] == "'@names,kind,object,whole,when,flag,kind"
    assert lines[1] == "'=r,'=a,'=a,-1,2020-01-01,True,'@x"
    assert lines[2] == "s,b,-1,2,2020-01-01,False,y"
    assert lines[3].startswith("'-t,'=a,,3,")
    assert table.columns[0] == "kind"  # what is given stays as it is
    assert table.iloc[0, 0] == "=a"


def test_what_needs_no_guard_is_written_as_pandas_does(tmp_path: object) -> None:
    levels = pd.MultiIndex.from_tuples([(0, -1.5), (1, 2.0)], names=["step", "strength"])
    table = pd.DataFrame({"a": [1.0, -2.0], "b": ["Ä, ö", 'x "y"']}, index=levels)
    assert csv_of(table, index=True) == table.to_csv(lineterminator="\n").encode()
    assert csv_of(table.iloc[:0]) == table.iloc[:0].to_csv(index=False).encode()
    buffer = io.BytesIO()
    write_csv(table, buffer, float_format="%.1f")
    assert buffer.getvalue() == table.to_csv(index=False, float_format="%.1f").encode()


def test_a_table_of_faces_comes_back() -> None:
    table = pd.DataFrame({"file": ["=1.png", "'=1.png", "a.png"], "person": ["-1", "@b", "c;=d"]})
    table["age"] = [1, 2, 3]
    read = read_table(csv_of(table), "faces.csv")
    assert read.astype("object").equals(table.astype("object"))
