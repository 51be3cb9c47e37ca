"""The manipulation matrix says in words what moves and what leaks."""

from __future__ import annotations

import pytest

from facelib import charts, data
from facelib.charts.studies.manipulation import cell_rows


def test_what_cannot_be_told_is_a_question_mark() -> None:
    table = data.table("manipulation").iloc[:2].assign(moved=[float("nan"), -0.26], heads=[0, 40])
    first, second = cell_rows(table)
    assert (first["words"], first["says"]) == ("?", "can't be measured on these heads")
    assert second["words"] == "−0.3"
    assert "on the mean of 40 heads" in second["says"]


@pytest.mark.thorough
def test_many_properties_stay_readable() -> None:
    table = data.table("manipulation")
    few = table[table["property"].isin(["age", "symmetry"])]
    assert table["property"].nunique() > 20
    many = table
    assert charts.matrix(few).to_dict()["spec"]["width"] == {"step": 78}
    narrow = charts.matrix(many).to_dict()["spec"]
    assert narrow["width"]["step"] * many["property"].nunique() <= 900
    assert narrow["layer"][0]["encoding"]["x"]["axis"]["labelAngle"] < 0
    assert charts.matrix(many, width=60).to_dict()["spec"]["width"] == {"step": 60}
