"""What a report says where the control leaves it open why outputs fall."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from facelib.studies import InterventionalResult
from tests.unit.reports.report_reader import parsed


@pytest.mark.thorough
@pytest.mark.usefixtures("undrawn")
def test_no_zero_stands_alone_where_the_control_decides_nothing(
    changed: InterventionalResult, tmp_path: Path
) -> None:
    """A bare "0 of 6" stood above a table of differences that said "can't tell" of all six."""
    table = changed.table.set_index(["classifier", "face", "label", "step"])
    alike = (table["intervention"] == "asymmetric_expression").to_numpy()
    same = table[table["intervention"] == "weaker_expression"]
    numbers = ["logit", "probability"]
    table.loc[alike, numbers] = same.loc[table.index[alike], numbers].to_numpy()
    again = replace(changed, table=table.reset_index())
    assert set(again.contrasts.query("intervention == 'asymmetric_expression'")["verdict"]) == {"cannot tell"}
    answer = parsed(again.report(tmp_path / "one.html").read_text()).after("answer")
    assert (
        "; whether any of the 2 fall further than with the same total activation on both sides (both sides "
        "weaker) can't be said."
    ) in answer.replace("\xa0", " ")
    assert (
        "Beyond the control (both sides weaker, which keeps the same total activation on both sides), "
        "whether what is left of the change matters at δ = .10 can't be said for both classifiers"
    ) in answer.replace("\xa0", " "), "what matters without the control isn't said alone"
