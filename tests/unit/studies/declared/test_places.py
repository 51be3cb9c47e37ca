"""A key at the wrong depth of a study's file: which one, where it stands, and where it belongs."""

from __future__ import annotations

import pytest

from facelib.studies import parse_study
from facelib.studies.declared.yaml_lines import DeclarationError

PLAN = """\
study: interventional
faces:
  heads: 3
interventions:
  - symmetry
  - palsy: {side: right}
classifiers: known_unbiased
hypothesis:
  statement: It falls
  subject: palsy
"""

WRONG: dict[str, tuple[str, str, int, str]] = {
    "steps under interventions": (
        "  - symmetry\n", "  - symmetry\n  - steps: 5\n", 6,
        "steps stands under interventions, where changes are named; it belongs at the top level",
    ),
    "steps in a mapping of interventions": (
        "  - symmetry\n  - palsy: {side: right}\n", "  palsy: {side: right}\n  steps: 5\n", 6,
        "steps stands under interventions, .*; it belongs at the top level",
    ),
    "steps among options": (
        "{side: right}", "{side: right, steps: 5}", 6,
        "steps stands among the options of palsy; it belongs at the top level",
    ),
    "side beside interventions": (
        "classifiers:", "side: right\nclassifiers:", 7,
        "side stands at the top level; it belongs inside the entry of a change, as “- palsy: {side: …}”",
    ),
    "side beside palsy": (
        "  - palsy: {side: right}\n", "  - palsy:\n    side: right\n", 7,
        "side stands under interventions, .*; it belongs inside the entry of a change, as “- palsy: {side:",
    ),
    "side as an entry": (
        "  - palsy: {side: right}\n", "  - palsy\n  - side: right\n", 7,
        "side stands under interventions, .* as “- palsy: {side: …}”",
    ),
    "expressions beside faces": (
        "classifiers:", "expressions: [happy]\nclassifiers:", 7,
        "expressions stands at the top level; it belongs under faces",
    ),
    "a subject beside the hypothesis": (
        "classifiers:", "subject: palsy\nclassifiers:", 7,
        "subject stands at the top level; it belongs under hypothesis",
    ),
    "classifiers under faces": (
        "  heads: 3\n", "  heads: 3\n  classifiers: [fer]\n", 4,
        "classifiers stands under faces; it belongs at the top level or under hypothesis",
    ),
    "a control under the hypothesis": (
        "  subject: palsy\n", "  subject: palsy\n  control: symmetry\n", 11,
        "control stands under hypothesis; it belongs at the top level",
    ),
    "faces under interventions": (
        "  - symmetry\n", "  - symmetry\n  - heads: 5\n", 6,
        "heads stands under interventions, .*; it belongs under faces",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_where_it_stands_and_where_it_belongs(case: str) -> None:
    old, new, line, words = WRONG[case]
    assert old in PLAN
    with pytest.raises(DeclarationError, match=words) as caught:
        parse_study(PLAN.replace(old, new, 1))
    assert caught.value.line == line


def test_a_design_has_its_own_keys() -> None:
    with pytest.raises(
        DeclarationError, match=r"line 2: subject stands at the top level; .* under hypothesis"
    ):
        parse_study("design: facing_asymmetry\nsubject: palsy\n")


def test_what_is_known_nowhere_is_answered_as_ever() -> None:
    with pytest.raises(DeclarationError, match=r"There is no 'stepz' here. Did you mean steps\?"):
        parse_study(PLAN + "stepz: 3\n")
    with pytest.raises(DeclarationError, match="There is no intervention named 'zzz'"):
        parse_study(PLAN.replace("- symmetry", "- zzz: {a: 1}"))
