"""Hypotheses are set before the run: the first one stays, and every later change is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facelib.errors import BadValueError
from facelib.studies.declared.hypothesis import Hypothesis, utc_now
from facelib.studies.declared.registration import (
    FILE,
    describe_hypothesis,
    later_changes,
    register,
    registrations,
)
from facelib.studies.engine.store import StoreError

FIRST = Hypothesis(
    "If one side weakens, the output for the intended class falls",
    "asymmetric_expression",
    direction="falls",
    classifiers=("fer", "facex"),
    faces=60,
    created="2026-11-26T17:00:00+00:00",
)
AS_REGISTERED = {
    "delta": 0.10,
    "alpha": 0.05,
    "label": None,
    "alternative": "less",
    "classifiers": ["facex", "fer"],
    "interventions": [
        {"name": "palsy", "id": "palsy", "title": "one-sided palsy"},
        {"name": "asymmetric_expression(side=right)", "id": "asymmetric_expression"},
    ],
    "n_faces": 60,
}


def at(minute: int) -> Callable[[], str]:
    return lambda: f"2026-11-26T17:{minute:02}:00+00:00"


def begin(folder: Path) -> None:
    (folder / "outputs").mkdir(parents=True)
    (folder / "outputs" / "one.parquet").write_bytes(b"rows")


def test_what_was_set_before_the_run_and_kept_has_no_changes(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "one"
    entry = register(folder, FIRST, now=at(3))
    assert (entry.hypothesis, entry.registered, entry.begun) == (FIRST, "2026-11-26T17:03:00+00:00", False)
    begin(folder)
    assert registrations(folder) == [entry]
    assert later_changes(folder, AS_REGISTERED) == []
    assert not list(folder.glob("*.part"))


def test_the_same_hypothesis_again_changes_nothing(tmp_path: Path) -> None:
    first = register(tmp_path, FIRST, now=at(3))
    before = (tmp_path / FILE).read_bytes()
    begin(tmp_path)
    assert register(tmp_path, replace(FIRST, created=utc_now()), now=at(30)) == first
    assert (tmp_path / FILE).read_bytes() == before


def test_a_different_one_is_added_and_told_with_its_time(tmp_path: Path) -> None:
    register(tmp_path, FIRST, now=at(3))
    register(tmp_path, replace(FIRST, faces=40), now=at(5))
    begin(tmp_path)
    last = replace(FIRST, faces=40, delta=0.05, direction="two-sided", classifiers=None)
    assert register(tmp_path, last, now=at(59)).begun
    assert [one.hypothesis for one in registrations(tmp_path)] == [FIRST, replace(FIRST, faces=40), last]
    assert later_changes(tmp_path, AS_REGISTERED) == [
        "The number of faces was changed from 60 to 40 (2026-11-26 17:05 UTC, before the run had begun).",
        "The set of classifiers was changed from fer, facex to all classifiers (2026-11-26 17:59 UTC, after "
        "the run had begun).",
        "The direction was changed from “falls” to “two-sided” (2026-11-26 17:59 UTC, after the run had "
        "begun).",
        "δ was changed from .10 to .05 (2026-11-26 17:59 UTC, after the run had begun).",
    ]


def test_going_back_to_the_first_is_a_change_too(tmp_path: Path) -> None:
    for minute, hypothesis in enumerate([FIRST, replace(FIRST, label="happy"), FIRST]):
        register(tmp_path, hypothesis, now=at(minute))
    told = later_changes(tmp_path, AS_REGISTERED)
    assert [text.split(" (")[0] for text in told] == [
        "The class was changed from the emotion meant to happy",
        "The class was changed from happy to the emotion meant",
    ]


def test_set_after_the_run_had_begun(tmp_path: Path) -> None:
    begin(tmp_path)
    assert register(tmp_path, FIRST, now=at(3)).begun
    assert later_changes(tmp_path, AS_REGISTERED) == [
        "The hypothesis was set after the run had begun (2026-11-26 17:03 UTC): that confirms nothing."
    ]


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("delta", 0.2, "δ was registered as .10; the study ran with .20."),
        ("alpha", 0.01, "α was registered as .05; the study ran with .01."),
        ("label", "happy", "The class was registered as the emotion meant; the study ran with happy."),
        (
            "alternative",
            "two-sided",
            "The direction was registered as “falls”; the study ran with “two-sided”.",
        ),
        ("n_faces", 59, "The number of faces was registered as 60; the study ran with 59."),
        (
            "classifiers",
            ["fer"],
            "The set of classifiers was registered as fer, facex; the study ran with fer.",
        ),
        (
            "interventions",
            [{"name": "palsy", "id": "palsy"}, {"name": "age"}],
            "The subject was registered as “asymmetric_expression”; the study ran with palsy, age.",
        ),
    ],
)
def test_every_difference_to_the_run_is_told(tmp_path: Path, setting: str, value: Any, sentence: str) -> None:
    register(tmp_path, FIRST, now=at(3))
    assert later_changes(tmp_path, {**AS_REGISTERED, setting: value}) == [sentence]


def test_a_property_is_compared_with_the_properties(tmp_path: Path) -> None:
    register(tmp_path, Hypothesis("Age is used", "age"), now=at(3))
    assert later_changes(tmp_path, {"properties": ["age", "gender"], "classifiers": ["fer"]}) == []
    assert later_changes(tmp_path, {"properties": ["gender"]}) == [
        "The subject was registered as “age”; the study ran with gender."
    ]


def test_symmetry_is_what_it_stands_for(tmp_path: Path) -> None:
    register(tmp_path, replace(FIRST, subject="symmetry"), now=at(3))
    assert later_changes(tmp_path, AS_REGISTERED) == []


def test_what_was_left_open_is_what_the_study_had(tmp_path: Path) -> None:
    """Leaving out a classifier once its output is known would otherwise go unseen."""
    loose = replace(FIRST, classifiers=None, faces=None)
    entry = register(tmp_path, loose, AS_REGISTERED, now=at(3))
    assert (entry.hypothesis.classifiers, entry.hypothesis.faces) == (("facex", "fer"), 60)
    begin(tmp_path)
    assert register(tmp_path, loose, AS_REGISTERED, now=at(4)) == entry
    fewer = {**AS_REGISTERED, "classifiers": ["fer"], "n_faces": 12}
    register(tmp_path, loose, fewer, now=at(5))
    assert later_changes(tmp_path, fewer) == [
        "The set of classifiers was changed from facex, fer to fer (2026-11-26 17:05 UTC, after the run had "
        "begun).",
        "The number of faces was changed from 60 to 12 (2026-11-26 17:05 UTC, after the run had begun).",
    ]  # each once


def test_without_a_hypothesis_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert registrations(tmp_path) == later_changes(tmp_path, AS_REGISTERED) == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"history": [{"registered": "today"}]}', b'{"history": 3}']
)
def test_a_file_that_cannot_be_read_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    for use in (lambda: register(tmp_path, FIRST), lambda: later_changes(tmp_path, {})):
        with pytest.raises(StoreError, match=FILE):
            use()
    assert (tmp_path / FILE).read_bytes() == content


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    register(tmp_path, FIRST, now=at(3))
    content = json.loads((tmp_path / FILE).read_text())
    assert content["history"][0]["registered"] == "2026-11-26T17:03:00+00:00"
    assert content["history"][0]["hypothesis"]["delta"] == 0.10


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"statement": " "}, "statement"),
        ({"subject": ""}, "The subject"),
        ({"label": None}, "class of interest"),
        ({"direction": "less"}, "falls, rises, two-sided"),
        ({"classifiers": ()}, "each once"),
        ({"classifiers": ("fer", "fer")}, "each once"),
        ({"classifiers": 3}, "each once"),
        ({"delta": -0.1}, "above 0"),
        ({"alpha": 0.6}, "below .5"),
        ({"faces": 0}, "number of faces"),
        ({"faces": 2.5}, "number of faces"),
        ({"created": "yesterday"}, "time zone"),
        ({"created": "2026-11-26T17:00:00"}, "time zone"),
    ],
)
def test_hypotheses_are_checked(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        replace(FIRST, **fields)


def test_times_are_kept_as_utc_and_lists_as_tuples() -> None:
    one = replace(FIRST, created="2026-11-26T18:00:00+01:00", classifiers=["fer"])
    assert one.created == "2026-11-26T17:00:00+00:00"
    assert one.classifiers == ("fer",)
    assert replace(FIRST, classifiers="fer").classifiers == ("fer",)
    hash(one)


def test_a_hypothesis_in_words() -> None:
    assert str(FIRST) == (
        "If one side weakens, the output for the intended class falls. (asymmetric_expression: the emotion "
        "meant, which falls; δ = .10, α = .05; 60 faces; fer, facex)"
    )


def test_only_hypotheses_are_registered(tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match="got dict"):
        register(tmp_path, {"statement": "It falls"})  # type: ignore[arg-type]


def test_what_was_set_late_says_so(tmp_path: Path) -> None:
    begin(tmp_path)
    said = describe_hypothesis(register(tmp_path, replace(FIRST, label="happy", faces=1), now=at(3)))
    assert "2026-11-26 17:03 UTC, after the run had begun" in said
    assert "asymmetric_expression: happy, which falls" in said
    assert "; 1 face; fer, facex." in said


def test_other_people_in_the_same_number_are_told_and_another_design_is(tmp_path: Path) -> None:
    one = Hypothesis("It falls", "blur", direction="falls")
    settings = {"n_faces": 4, "faces_key": "abc", "steps": 11, "size": 224, "control": None, "seed": 0}
    register(tmp_path, one, settings)
    assert later_changes(tmp_path, settings) == []
    changed = later_changes(tmp_path, settings | {"faces_key": "abd", "steps": 5, "control": "noise"})
    assert changed == [
        "The faces are others than those for which it was registered.",
        "The number of strengths was registered as 11; the study ran with 5.",
        "The control was registered as none; the study ran with noise.",
    ]
    register(tmp_path, one, settings | {"steps": 5})
    assert later_changes(tmp_path, settings | {"steps": 5})[0].startswith("The number of strengths was"), (
        "the first one stays"
    )
