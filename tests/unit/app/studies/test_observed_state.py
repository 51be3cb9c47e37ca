"""The Observed data tab without widgets: known truth, sizes first and tests after, labels of photographs."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import facelib
from facelib.app.studies import state as states
from facelib.app.studies import throttle as looks
from facelib.app.studies.face_source import drawn
from facelib.app.studies.observed_panel import UNHELD, AskedPanel, notes_of
from facelib.app.studies.observed_state import EVERY, Compared, Found, Observed
from facelib.classifiers import EMOTIONS
from facelib.studies.engine import execution

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

MODELS = ("known_unbiased", "known_age_happy")
SMALL: dict[str, Any] = {"models": MODELS, "size": 64}
Begin = Callable[..., Observed]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """States on few people, which end with the test."""
    monkeypatch.setattr(states, "SETTLE", 0.0)
    made: list[Observed] = []

    def make(people: int = 35, **settings: Any) -> Observed:
        made.append(Observed(**(SMALL | settings)))
        made[-1].whom.people = people
        made[-1].start()
        return settled(made[-1])

    yield make
    for state in made:
        state.close()


def settled(state: Observed) -> Observed:
    assert state.worker is not None
    assert state.worker.wait(60)
    return state


def ran(state: Observed) -> Observed:
    state.run()
    return settled(state)


@pytest.mark.thorough
def test_the_biased_network_is_flagged_for_age_and_the_unbiased_one_is_not(begin: Begin) -> None:
    state = ran(begin(140, chosen=["age"]))
    found: Found = state.found
    assert (state.stage, state.problem, found.tested, found.left_out) == ("done", "", True, 0)
    happy = found.effects[found.effects["label"] == "happy"].set_index("classifier")
    assert happy["rejects"].to_dict() == {"known_unbiased": False, "known_age_happy": True}
    assert happy.loc["known_age_happy", "p_holm"] < state.alpha
    assert set(found.grid["method"]) == {"chsic"}
    heads = drawn(140, list(EMOTIONS), [], seed=1, recipes="facs")
    ages = [head.age for head in heads]
    np.testing.assert_array_equal(found.result.measured["age"], ages)
    shares = found.share.iloc[0]
    assert (shares["tests"], shares["null_share"]) == (2 * len(EMOTIONS), 0.0)


@pytest.mark.thorough
def test_sizes_come_while_faces_are_read_and_tests_when_all_are(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "LEAST", 0.0)
    monkeypatch.setattr(looks, "SHARE", 1e9)
    monkeypatch.setattr(execution, "MOST", 1)  # a file for every face
    state = begin(70, chosen=["age", "symmetry"])  # labels with few faces have no size
    seen: list[Found] = []
    steps: list[str] = []
    state.observe(lambda change: seen.append(change["new"]) if change["new"] else None, "found")
    state.observe(lambda change: steps.append(change["new"]), "step")
    ran(state)
    assert [found.tested for found in seen] == [False] * (len(seen) - 1) + [True]
    done = [found.result.done for found in seen]
    assert done == sorted(done)
    assert len(done) >= 3
    assert seen[-2].effects["explained"].notna().all()
    assert [found.unread for found in seen] == [70 - number for number in done]
    assert {found.left_out for found in seen} == {0}  # what isn't read yet isn't left out
    assert seen[0].unread > 0
    assert f"{seen[0].unread} faces not read yet." in notes_of(seen[0])
    assert not any("left out" in note for found in seen for note in notes_of(found))
    assert any(step.startswith("Testing: ") for step in steps)


@pytest.mark.thorough
def test_stopping_the_tests_keeps_what_was_read_and_going_on_finishes_them(begin: Begin) -> None:
    state = begin(chosen=["age"])
    state.observe(lambda change: state.stop() if change["new"].startswith("Testing") else None, "step")
    ran(state)
    assert state.stage == "stopped"
    state.unobserve_all("step")
    ran(state)
    assert (state.stage, state.found.tested) == ("done", True)
    study = facelib.ObservationalStudy(
        drawn(35, list(EMOTIONS), [], seed=1, recipes="facs"), ["age"], MODELS, size=64, seed=1
    )
    alone = study.run(state.store.parent / "alone", n_jobs=1)
    pd.testing.assert_frame_equal(state.found.grid, alone.grid)


@pytest.mark.thorough
def test_only_what_can_vary_is_offered_and_what_is_worn_comes_along(begin: Begin) -> None:
    state = begin()
    known = {item["id"] for group in state.offered() for item in group["items"]}
    assert {"age", "gender", "symmetry"} <= known
    assert not {"glasses", "electrodes"} & known
    state.whom.worn = ["glasses"]
    assert "glasses" in {item["id"] for item in state.offered()[0]["items"]}


def zipped(table: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(28):
            head = facelib.Head(seed=number + 1, age=20 + 2 * number, expression=EMOTIONS[number % 7])
            picture = io.BytesIO()
            Image.fromarray(head.render(96).image).save(picture, "PNG")
            archive.writestr(f"{number}.png", picture.getvalue())
        archive.writestr("faces.csv", table)
    return buffer.getvalue()


@pytest.mark.thorough
def test_a_zip_with_its_table_is_tested_by_its_own_columns(begin: Begin) -> None:
    lines = [
        f"{number}.png,p{number % 14},{EMOTIONS[number % 7]},{20 + 2 * number},{number % 2}"
        for number in range(28)
    ]
    state = begin(chosen=["symmetry"])
    state.whom.cropped = True
    state.whom.take("mine.zip", zipped("\n".join(["file,person,label,years,treated", *lines])))
    assert (state.labels, state.person, state.label_source) == ("label", "person", "not declared")
    assert state.chosen == ["symmetry"]
    offered = {item["id"] for item in state.offered()[0]["items"]}
    assert offered == {"years", "treated"}
    state.label_source = "rated"
    state.chosen = ["years", "treated"]
    settled(state)
    assert state.plan.identities == 14
    ran(state)
    assert state.problem == ""
    assert state.found.result.settings["label_source"] == "rated"
    assert set(state.found.effects["property"]) == {"years", "treated"}
    grid = state.found.grid
    assert grid.loc[~grid["null_property"], "n"].max() <= 28
    state.labels = ""
    settled(state)
    assert state.lacks == ""
    assert any(note.startswith("Nothing is held fixed") for note in state.plan.notes)
    questions = len(state.found.effects)
    cost = f"{questions} questions, each with {round(questions / state.alpha):,} permutations"
    assert any(cost in note for note in state.plan.notes)
    ran(state)
    assert (state.stage, state.problem) == ("done", "")
    assert state.found.result.settings["labels"] == []
    assert UNHELD in notes_of(state.found)


@pytest.mark.thorough
def test_photographs_without_any_label_are_asked_all_the_same(begin: Begin) -> None:
    lines = [f"{number}.png,p{number},{20 + 2 * number}" for number in range(28)]
    state = begin(chosen=["symmetry"])
    state.whom.cropped = True
    state.whom.take("mine.zip", zipped("\n".join(["file,person,years", *lines])))
    settled(state)
    assert (state.labels, state.lacks) == ("", "")
    asked = AskedPanel(state)
    assert (asked.labels.value, dict(asked.labels.options)["nothing"]) == ("", "")
    assert UNHELD.partition(".")[0] in asked.hint.value
    assert asked.label_source.layout.display == "none", "there is no label to come from anywhere"
    state.labels = "years"
    asked.follow()
    assert "Nothing is held fixed" not in asked.hint.value
    assert asked.label_source.layout.display == ""


@pytest.mark.thorough
def test_the_hypothesis_is_about_a_property_and_its_answer_counts_outputs(begin: Begin) -> None:
    state = begin(chosen=["age"])
    state.mode = "confirm"
    settled(state)
    state.label = "happy"
    settled(state)
    state.set_hypothesis("Outputs for happy go with age")
    assert (state.hypothesis.subject, state.hypothesis.label) == ("age", "happy")
    settled(ran(state))
    few, said, _ = state.answer(state.found).partition("Answer over 35 people: ")
    assert few.startswith("Too few people: 35. ")
    assert said
    assert f"of {len(MODELS)} outputs" in state.answer(state.found)
    state.label = EVERY
    settled(state)


SESSIONS = ("before", "after")


@functools.cache
def png(head: facelib.Head) -> bytes:
    picture = io.BytesIO()
    Image.fromarray(head.render(64).image).save(picture, "PNG")
    return picture.getvalue()


def twice(people: int = 9, columns: str = "file,person,label,session", **words: str) -> bytes:
    """A zip of people without and with electrodes; one has no second picture. `words` stand for others."""
    buffer, lines = io.BytesIO(), [columns]
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(people):
            head = facelib.Head(seed=number + 1, age=20 + 4 * number, expression=EMOTIONS[number % 2])
            for session, worn in zip(SESSIONS, (None, "fridlund"), strict=True):
                if session == "after" and number == people - 1:
                    continue
                archive.writestr(f"{number}_{session}.png", png(head.replace(electrodes=worn)))
                said = words.get(session, session)
                lines.append(f"{number}_{session}.png,p{number},{head.expression},{said}")
        archive.writestr("faces.csv", "\n".join(lines))
    return buffer.getvalue()


def given_twice(begin: Begin, content: bytes | None = None, **settings: Any) -> Observed:
    """A state that has such a zip."""
    state = begin(**settings)
    state.whom.cropped = True
    state.whom.take("mine.zip", content or twice())
    return settled(state)


@pytest.mark.thorough
def test_two_conditions_are_planned_in_words_compared_and_turned(begin: Begin) -> None:
    state = given_twice(begin)
    assert state.conditions == {"session": SESSIONS}
    assert (state.question, state.condition, state.order) == ("properties", "session", SESSIONS)
    assert (state.shared, state.shareable) == (["label"], ["label"])
    state.question = "conditions"
    settled(state)
    said = " ".join(state.plan.notes)
    assert "8 pairs of 8 people (16 faces), with the same person and label: session 'after' minus" in said
    assert "1 half is missing, and its partner is left out: p8, neutral has no 'after'." in said
    assert "“does not differ” at δ = .10 needs at least 29" in said
    assert "guessed" not in said, "the page shows the order"
    ran(state)
    assert (state.stage, state.problem, state.answered) == ("done", "", "conditions")
    found: Compared = state.found
    study = facelib.PairedStudy(
        state.whom.photographs, "session", order=SESSIONS, labels="label", classifiers=MODELS, size=64, seed=1
    )
    alone = study.run(state.store.parent / "alone", n_jobs=1)
    for name in ("effects", "accuracy_change"):
        pd.testing.assert_frame_equal(getattr(found.result, name), getattr(alone, name))
    assert found.effects is found.result.effects
    assert set(found.accuracy["n"]) == {8, 4}  # all, and those who show either
    state.turned = True
    settled(state)
    assert not state.fresh
    settled(ran(state))
    assert state.found.result.settings["order"] == [*SESSIONS[::-1]]
    np.testing.assert_allclose(state.found.effects["mean"], -found.effects["mean"])
    np.testing.assert_allclose(state.found.accuracy["first"], found.accuracy["second"])


@pytest.mark.thorough
def test_a_comparison_is_stopped_and_gone_on_with_whatever_is_there(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "LEAST", 0.0)
    monkeypatch.setattr(looks, "SHARE", 1e9)
    monkeypatch.setattr(execution, "MOST", 1)  # a file for every face
    state = given_twice(begin)
    state.question = "conditions"
    settled(state)
    seen: list[Compared] = []
    state.observe(lambda change: seen.append(change["new"]) if change["new"] else None, "found")
    state.observe(lambda change: state.stop() if getattr(change["new"], "done", 0) else None, "progress")
    ran(state)
    assert (state.stage, state.problem) == ("stopped", "")
    assert len(seen[-1].effects) == 0, "nobody was read under both conditions"
    state.unobserve_all("progress")
    ran(state)
    assert (state.stage, state.problem) == ("done", "")
    assert len(seen[-1].effects) == len(MODELS) * len(EMOTIONS)
    early = [found for found in seen if len(found.effects) and not found.result.complete]
    assert early
    assert all(found.effects["p"].isna().all() for found in early), "p comes at the end"


@pytest.mark.thorough
def test_what_has_no_partners_is_not_compared(begin: Begin) -> None:
    state = given_twice(begin)
    state.question = "conditions"
    state.shared = []
    settled(state)
    assert state.lacks == ""  # every person shows one thing
    state.person = ""
    settled(state)
    assert (state.conditions, state.condition, state.question) == ({}, "", "properties")
    state.person = "person"
    assert state.condition == "session"
    state.question = "conditions"
    state.models = []
    settled(state)
    assert "Nobody reads the faces" in state.lacks
    state.whom.source = "rendered"
    assert (state.conditions, state.question) == ({}, "properties")
    other = given_twice(begin, twice(after="before"))  # one value
    assert other.conditions == {}
    other.take_up({"question": "conditions", "condition": "label", "shared": ["file", "session"]})
    assert (other.question, other.condition, other.shared) == ("properties", "", ["session"])


@pytest.mark.thorough
def test_people_who_show_other_things_are_no_partners_and_it_is_said(begin: Begin) -> None:
    content = twice(columns="file,person,session,label")  # so the label is what the session was
    state = given_twice(begin, content)
    assert state.conditions == {}, "what faces show is no condition"
    content = twice(columns="file,person,expression,session")
    state = given_twice(begin, content)
    state.question = "conditions"
    assert state.shared == ["expression"]
    settled(state)
    assert "with the same person and label" in " ".join(state.plan.notes)


@pytest.mark.thorough
def test_a_hypothesis_on_a_condition_is_answered_in_its_words(begin: Begin) -> None:
    state = given_twice(begin)
    state.question = "conditions"
    state.mode = "confirm"
    settled(state)
    state.set_hypothesis("Outputs differ once electrodes are there")
    assert (state.hypothesis.subject, state.hypothesis.label, state.hypothesis.delta) == (
        "session", "intended", 0.1,
    )  # fmt: skip
    settled(state)
    assert state.changes == []
    settled(ran(state))
    assert state.answer(state.found).startswith("“after” against “before”: the output for what each face")


@pytest.mark.thorough
def test_a_consent_is_no_condition_and_no_property(begin: Begin) -> None:
    with zipfile.ZipFile(io.BytesIO(twice())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    table = pd.read_csv(io.BytesIO(files["faces.csv"]))
    table["Einwilligung"] = ["ja", "nein"] * (len(table) // 2) + ["ja"] * (len(table) % 2)
    files["faces.csv"] = table.to_csv(index=False).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    state = given_twice(begin, buffer.getvalue())
    assert "Einwilligung" not in state.conditions
    assert "Einwilligung" not in {one["id"] for group in state.offered() for one in group["items"]}
    assert "without a recorded consent" in " ".join(state.plan.notes)
