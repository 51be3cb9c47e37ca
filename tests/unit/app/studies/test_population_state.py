"""The Population tab without widgets: the engine's own numbers, filling in, stopped, confirmed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import facelib
from facelib import interventions, studies
from facelib.app.studies import state as states
from facelib.app.studies import throttle as looks
from facelib.app.studies.effects_panel import verdict_rows
from facelib.app.studies.face_source import crossed
from facelib.app.studies.population_state import Found, Population, offered
from facelib.app.studies.state import SEEN, UNSET
from facelib.errors import BadValueError
from facelib.studies.declared.registration import later_changes
from facelib.studies.engine import execution
from facelib.studies.interventional import intervention_name

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]

MODELS = ("known_unbiased", "known_age_happy")
SMALL: dict[str, Any] = {"models": MODELS, "size": 64, "steps": 3}
PEOPLE = 5
Begin = Callable[..., Population]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """States on few people, which end with the test."""
    monkeypatch.setattr(states, "SETTLE", 0.0)
    made: list[Population] = []

    def make(people: int = PEOPLE, **settings: Any) -> Population:
        made.append(Population(**(SMALL | settings)))
        made[-1].whom.people = people
        made[-1].start()
        return settled(made[-1])

    yield make
    for state in made:
        state.close()


def settled(state: Population) -> Population:
    if state.worker is not None:
        assert state.worker.wait(60)
    return state


def ran(state: Population) -> Population:
    state.run()
    return settled(state)


def watched(state: Population, name: str) -> list[Any]:
    seen: list[Any] = []
    state.observe(lambda change: seen.append(change["new"]), name)
    return seen


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> studies.InterventionalResult:
    """What the engine finds by itself."""
    heads = crossed(PEOPLE, ["happy"], seed=1, recipes="facs")
    changes = ["symmetry", "weaker_expression"]
    study = facelib.InterventionalStudy(
        heads, changes, MODELS, steps=3, size=64, control="weaker_expression", seed=1
    )
    return study.run(tmp_path_factory.mktemp("alone"), n_jobs=1)


@pytest.mark.thorough
def test_a_run_finds_what_the_engine_finds(begin: Begin, alone: studies.InterventionalResult) -> None:
    state = begin()
    assert state.plan.pictures == PEOPLE * 2 * 3
    assert state.plan.done == 0
    ran(state)
    found: Found = state.found
    assert (state.stage, state.problem, state.progress.done) == ("done", "", 2 * PEOPLE)
    assert found.contrasts is not None
    pd.testing.assert_frame_equal(found.effects, alone.effects)
    pd.testing.assert_frame_equal(found.by_label, alone.effects_by_label)
    pd.testing.assert_frame_equal(found.contrasts, alone.contrasts)
    rows = verdict_rows(found, str(found.contrasts["intervention"].iloc[0]))
    for row in found.contrasts.to_dict("records"):  # each has its verdict
        (cell,) = (line[6] for line in rows if line[0]["text"] == row["classifier"])
        assert cell["text"].endswith(str(row["verdict"]).removesuffix(" at δ"))
        assert "corrected" in cell["help"]
    assert found.result.lowering == alone.lowering
    assert state.plan.done == state.plan.units


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at what is known as often as there is anything new."""
    monkeypatch.setattr(looks, "LEAST", 0.0)
    monkeypatch.setattr(looks, "SHARE", 1e9)
    monkeypatch.setattr(execution, "MOST", 1)  # a file for every face and change


@pytest.mark.thorough
@pytest.mark.usefixtures("often")
def test_what_is_known_grows_with_the_faces(begin: Begin) -> None:
    state = begin()
    seen = [found for found in watched(state, "found") if found is not None]
    counts: list[int] = []
    state.observe(
        lambda change: counts.append(int(change["new"].by_label["n"].min())) if change["new"] else None,
        "found",
    )
    ran(state)
    assert not seen
    assert counts == sorted(counts)
    assert counts[-1] == PEOPLE
    assert len(set(counts)) >= 3  # it filled in, and did not come at once
    assert state.found.result.complete


@pytest.mark.thorough
@pytest.mark.usefixtures("often")
def test_a_stopped_run_keeps_what_is_done_and_goes_on_to_the_same_numbers(
    begin: Begin, alone: studies.InterventionalResult
) -> None:
    state = begin()
    state.observe(
        lambda change: state.stop() if change["new"] and change["new"].done >= 3 else None, "progress"
    )
    ran(state)
    assert state.stage == "stopped"
    assert 3 <= state.found.result.done < 2 * PEOPLE
    assert not state.found.result.complete
    state.unobserve_all("progress")
    before = state.found.result.done
    progress = watched(state, "progress")
    ran(state)
    assert state.stage == "done"
    assert min(at.done for at in progress if at) >= before
    pd.testing.assert_frame_equal(state.found.effects, alone.effects)


@pytest.mark.thorough
@pytest.mark.usefixtures("often")
def test_what_failed_to_be_shown_does_not_end_the_run(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    state = begin()
    gather = Population.gather

    def broken(self: Population, result: Any, task: Any = None) -> Found:
        if not result.complete:
            raise ZeroDivisionError
        return gather(self, result, task)

    monkeypatch.setattr(Population, "gather", broken)
    ran(state)
    assert (state.stage, state.problem) == ("done", "")
    assert state.found.result.complete


@pytest.mark.thorough
def test_a_face_that_fails_is_listed_and_the_others_count(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facelib.studies.engine import worker as work

    frames, calls = work.make_frames, iter(range(1000))

    def broken(*given: Any, **options: Any) -> Any:
        if next(calls) == 7:
            raise RuntimeError("a lamp fell over")
        return frames(*given, **options)

    state = begin()
    monkeypatch.setattr(work, "make_frames", broken)
    ran(state)
    assert state.stage == "done"
    assert state.progress.failed == 1
    assert state.found.failures["error"].str.contains("a lamp fell over").all()
    assert state.found.effects["n"].min() == PEOPLE - 1


@pytest.mark.thorough
def test_a_store_that_cant_be_written_is_said_in_words(begin: Begin, tmp_path: Path) -> None:
    blocked = tmp_path / "taken"
    blocked.write_text("a file, no folder")
    state = ran(begin(store=blocked))
    assert state.stage == "stopped"
    assert "taken" in state.problem
    assert "Traceback" not in state.problem


@pytest.mark.thorough
def test_other_settings_make_old_results_stale_until_they_are_back(begin: Begin) -> None:
    state = ran(begin(2))
    state.delta = 0.2
    assert (state.fresh, state.stage) == (False, "ready")
    assert state.found is not None
    state.delta = 0.1
    assert state.fresh
    settled(state)
    assert state.plan.done == state.plan.units  # what was read serves again


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"models": []}, "choose a classifier"),
        ({"chosen": []}, "choose a change"),
        ({"chosen": ["weaker_expression"]}, "besides the control"),
    ],
)
def test_what_is_lacking_is_said_before_the_start(begin: Begin, settings: dict[str, Any], words: str) -> None:
    state = begin(**settings)
    assert state.plan is None
    assert words in state.lacks
    with pytest.raises(BadValueError, match=words):
        state.run()
    assert state.stage == "ready"


@pytest.mark.thorough
def test_a_change_of_the_explorer_comes_with_its_options() -> None:
    state = Population(
        change=interventions.get("palsy", side="right", parts="resting"), background=False, **SMALL
    )
    change, control = state.interventions
    assert change == interventions.get("palsy", side="right", parts="resting")
    assert control.id == "weaker_expression", "the same as for whoever chooses palsy here"
    state.side = "left"
    assert state.interventions[0] == interventions.get("palsy", side="left", parts="resting")
    state.close()


def test_photographs_are_offered_what_works_on_pictures() -> None:
    heads, pictures = ({change.id for change in offered(source)} for source in ("rendered", "mine"))
    assert "age" in heads - pictures
    assert {"asymmetric_expression", "symmetrise", "blur"} <= pictures & heads


@pytest.mark.thorough
def test_the_folder_is_gone_when_it_is_closed_and_so_is_the_thread(begin: Begin) -> None:
    state = ran(begin(2))
    folder = state.store
    assert (folder / "study.json").exists()
    state.close()
    assert not folder.exists()
    assert not any(thread.name == Population.NAME for thread in threading.enumerate() if thread.is_alive())


@pytest.mark.thorough
def test_a_folder_that_was_named_stays(tmp_path: Path, begin: Begin) -> None:
    state = ran(begin(2, store=tmp_path / "mine"))
    state.close()
    assert studies.open_study(tmp_path / "mine").complete


@pytest.mark.thorough
def test_closing_ends_a_run_on_its_way(begin: Begin) -> None:
    state = begin(people=60)
    state.run()
    state.close()
    assert state.worker is not None
    assert not state.worker.busy


@pytest.mark.thorough
def test_confirming_asks_for_the_hypothesis_first(begin: Begin) -> None:
    state = begin()
    state.mode = "confirm"
    settled(state)
    assert state.lacks == UNSET
    with pytest.raises(BadValueError, match="Set the hypothesis first"):
        state.run()
    with pytest.raises(BadValueError, match="statement"):
        state.set_hypothesis("  ")
    state.alternative = "less"
    settled(state)
    state.set_hypothesis("One side weaker lowers it")
    settled(state)
    assert state.lacks == ""
    asked = state.hypothesis
    assert (asked.subject, asked.direction, asked.delta, asked.faces) == (
        "asymmetric_expression", "falls", 0.1, PEOPLE,
    )  # fmt: skip
    ran(state)
    assert state.found.result.settings["hypothesis"].startswith("One side weaker lowers it.")
    assert state.answer(state.found).startswith(f"Answer over {PEOPLE} people: ")
    assert later_changes(state.store, state.found.result.settings) == []


@pytest.mark.thorough
def test_every_later_change_is_told(begin: Begin) -> None:
    state = begin()
    state.mode = "confirm"
    settled(state)
    state.set_hypothesis("One side weaker lowers it")
    settled(state)
    assert state.changes == []
    state.delta = 0.2
    state.whom.people = 7
    settled(state)
    assert [change.split(" was ")[0] for change in state.changes] == ["δ", "The number of faces"]
    state.set_hypothesis("One side weaker lowers it")
    settled(state)
    assert any("changed from" in change for change in state.changes)


@pytest.mark.thorough
def test_what_explore_has_seen_cannot_be_confirmed_on(begin: Begin) -> None:
    state = ran(begin(2))
    explored = state.found
    state.mode = "confirm"
    settled(state)
    assert state.found is None
    assert state.explored is explored
    assert state.warning == SEEN
    state.whom.seed = 99
    assert state.warning == ""
    settled(state)
    state.set_hypothesis("It falls")
    first = state.store
    state.begin_anew()
    settled(state)
    assert state.hypothesis is None
    assert state.store != first
    state.mode = "explore"
    settled(state)
    assert state.found is explored


def names(state: Population) -> list[str]:
    return [intervention_name(one) for one in state.interventions]


@pytest.mark.thorough
def test_over_people_a_change_with_two_ends_leads_to_one_of_them() -> None:
    """A mean over people who grow older and people who grow younger says nothing."""
    state = Population(models=["known_unbiased"], background=False, chosen=["age", "glasses", "palsy"])
    try:
        assert names(state)[:2] == ["age(to=older)", "glasses(to=on)"]
        assert state.interventions[0].clause == "the person grows older"
        state.toward = {"age": "younger", "glasses": "upside down"}
        assert names(state)[:2] == ["age(to=younger)", "glasses(to=on)"]
        kept = state.kept
        state.toward = {}
        state.take_up(kept)
        assert state.toward == {"age": "younger", "glasses": "upside down"}
        state.options["age"] = interventions.get("age", to=70)
        assert intervention_name(state.interventions[0]) == "age(to=70.0)", "an end that is set stays"
    finally:
        state.close()
