from __future__ import annotations

import pytest

from facelib.app.widgets.livetable import LiveTable
from facelib.errors import BadValueError

COLUMNS = ({"title": "classifier"}, {"title": "now", "align": "right", "help": "probability"})


def test_columns_and_rows_are_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    table = LiveTable()
    sent: list[set[str]] = []
    monkeypatch.setattr(
        table, "send_state", lambda key=None: sent.append({key} if isinstance(key, str) else set(key))
    )
    table.show(COLUMNS, [["fer", {"series": ["0.98", "0.61"]}]], "happy, on this face")
    assert sent == [{"columns", "rows", "caption"}]
    assert table.caption == "happy, on this face"
    table.show(COLUMNS, [])
    assert table.caption == "happy, on this face"
    assert table.rows == []


def test_rows_are_as_long_as_the_columns() -> None:
    with pytest.raises(BadValueError, match="Expected 2 cells in each row; got a row of 1"):
        LiveTable().show(COLUMNS, [["fer", "0.9"], ["facex"]])


def test_rows_are_copied() -> None:
    row = ["fer", "0.9"]
    table = LiveTable()
    table.show(COLUMNS, [row])
    row[0] = "changed later"
    assert table.rows == [["fer", "0.9"]]
