"""Shipped tables: each can be read, says how it was made, and a wrong name is told the right ones."""

from __future__ import annotations

import pytest

from facelib import data
from facelib.errors import BadValueError


@pytest.mark.parametrize("name", data.names())
def test_each_table_can_be_read_and_says_how_it_was_made(name: str) -> None:
    assert len(data.table(name)) > 0
    assert {"script", "commit"} <= set(data.about(name))


def test_float32_comes_back_as_the_decimals_that_were_meant() -> None:
    assert 0.05 in set(data.table("calibration")["alpha"])


@pytest.mark.parametrize("read", [data.table, data.about])
@pytest.mark.parametrize("wrong", ["asymetry", "../secrets", 3])
def test_a_wrong_name_is_told_the_right_ones(read: object, wrong: object) -> None:
    with pytest.raises(BadValueError, match=r"asymmetry|name of a"):
        read(wrong)  # type: ignore[operator]
