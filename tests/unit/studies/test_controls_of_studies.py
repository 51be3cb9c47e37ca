"""A control is subtracted from the changes that it is made for, and from no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from facelib import sample_heads, studies
from facelib.interventions import INTERVENTIONS
from facelib.interventions.intervention import held_fixed


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> studies.InterventionalResult:
    heads = sample_heads(6, seed=4, expressions=["happy"])
    changes = ["asymmetric_expression", "glasses", "weaker_expression"]
    study = studies.InterventionalStudy(
        heads, changes, ["known_unbiased", "known_age_happy"], steps=2, size=64, control="weaker_expression"
    )
    said = str(study.plan())
    assert (
        "Both sides weaker (control) isn't made as a control of glasses, and isn't subtracted there" in said
    )
    return study.run(tmp_path_factory.mktemp("run"), n_jobs=1)


@pytest.mark.thorough
def test_glasses_are_not_compared_with_both_sides_weaker(
    found: studies.InterventionalResult, tmp_path: Path
) -> None:
    assert found.contrasts is not None
    assert set(found.contrasts["intervention"]) == {"asymmetric_expression"}
    assert found.lowering["glasses"].control is None
    assert found.lowering["glasses"].k_because is None
    assert found.lowering["asymmetric_expression"].control == "weaker_expression"
    report = found.report(tmp_path / "one.html").read_text()
    assert "One side weaker, beyond the control" in report
    assert "Glasses, beyond the control" not in report


@pytest.mark.thorough
def test_a_control_of_ones_own_may_be_compared_with_anything(tmp_path: Path) -> None:
    heads = sample_heads(3, seed=4, expressions=["happy"])
    study = studies.InterventionalStudy(
        heads, ["glasses", "blur"], ["known_unbiased"], steps=2, size=64, control="blur"
    )
    result = study.run(tmp_path / "run", n_jobs=1)
    assert result.contrasts is not None
    assert set(result.contrasts["intervention"]) == {"glasses"}


def test_what_controls_are_made_for_is_there_and_told_in_words() -> None:
    made_for = {name: INTERVENTIONS[name].holds_fixed for name in INTERVENTIONS}
    controls = {name: known for name, known in made_for.items() if known}
    assert set(controls) == {"weaker_expression", "weaker_by_displacement"}
    for known in controls.values():
        assert set(known) <= set(INTERVENTIONS)
    assert held_fixed("weaker_by_displacement(side=right)", "asymmetric_expression(side=right)") == (
        "the same visible displacement on both sides"
    )
    assert held_fixed("a stranger's", "age") == ""
