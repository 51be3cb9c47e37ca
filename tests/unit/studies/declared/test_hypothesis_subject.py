"""A hypothesis about a change or property that the study hasn't is refused before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from facelib import interventions
from facelib.errors import BadValueError
from facelib.faces import Head, sample_heads
from facelib.studies import Hypothesis, InterventionalStudy, ObservationalStudy, parse_study
from facelib.studies.declared.yaml_lines import DeclarationError

HEADS = sample_heads(3, seed=1, expressions=["happy"])
KNOWN = ["known_unbiased"]
CHANGES = """\
study: interventional
faces: {heads: 3, expressions: [happy]}
interventions: [symmetry, blur]
classifiers: known_unbiased
hypothesis:
  statement: It falls
  subject: SUBJECT
"""
PROPERTIES = """\
study: observational
faces: {heads: 3}
properties: [age, measured_symmetry]
classifiers: known_unbiased
hypothesis:
  statement: It falls
  subject: SUBJECT
"""
DESIGN = """\
design: facing_asymmetry
hypothesis:
  statement: It falls
  subject: SUBJECT
"""


def changing(subject: str) -> Any:
    changes = ["symmetry", interventions.get("palsy", side="right")]
    return InterventionalStudy(HEADS, changes, KNOWN, hypothesis=Hypothesis("It falls", subject))


def observing(subject: str) -> Any:
    names = ["age", "measured_symmetry"]
    return ObservationalStudy(HEADS, names, KNOWN, hypothesis=Hypothesis("It falls", subject))


@pytest.mark.parametrize(
    ("make", "subject", "words"),
    [
        (
            changing,
            "blur",
            r"about 'blur', which is no intervention of this study; it has .*palsy\(side=right\)",
        ),
        (changing, "symmetri", "no intervention of this study"),
        (changing, "palsi(side=right)", r"Did you mean palsy\(side=right\)\?"),
        (observing, "blur", "no property of this study; it has age and measured_symmetry"),
        (observing, "agee", r"Did you mean age\?"),
    ],
)
def test_python_refuses_it(make: Callable[[str], Any], subject: str, words: str) -> None:
    with pytest.raises(BadValueError, match=words):
        make(subject)


@pytest.mark.parametrize(
    ("make", "subject"),
    [
        *((changing, name) for name in ("symmetry", "asymmetric_expression", "palsy", "palsy(side=right)")),
        *((observing, name) for name in ("age", "symmetry", "measured_symmetry")),
    ],
)
def test_what_the_study_has_is_taken_by_each_of_its_names(make: Callable[[str], Any], subject: str) -> None:
    assert make(subject).hypothesis.subject == subject


@pytest.mark.parametrize(
    ("plan", "line", "noun"),
    [(CHANGES, 7, "intervention"), (PROPERTIES, 7, "property"), (DESIGN, 4, "intervention")],
)
def test_a_file_that_declares_it_is_refused_with_its_line(
    plan: str, line: int, noun: str, tmp_path: Path
) -> None:
    from facelib.cli.main import app

    text = plan.replace("SUBJECT", "smile_width")
    with pytest.raises(DeclarationError, match=f"line {line}: .*'smile_width', which is no {noun}") as caught:
        parse_study(text).study()
    assert caught.value.line == line
    (tmp_path / "plan.yml").write_text(text)
    answer = CliRunner().invoke(app, ["study", "plan", str(tmp_path / "plan.yml")])
    assert answer.exit_code != 0
    assert "smile_width" in answer.output + str(answer.exception)


def test_a_photograph_knows_symmetry_by_its_other_name() -> None:
    """On photographs `symmetry` is another change: its own name and the alias mean the same."""
    face = Head(expression="happy").render(96)
    for subject in ("symmetry", "symmetrise"):
        asked = Hypothesis("It falls", subject)
        InterventionalStudy([face], ["symmetry"], KNOWN, label="happy", hypothesis=asked)
