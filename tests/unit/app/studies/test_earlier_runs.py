"""Earlier runs: they come back whole, in their own mode, one step of undo away, and few are kept."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from facelib import studies
from facelib.app.history import History
from facelib.app.studies import earlier_runs
from facelib.app.studies.earlier_runs import MOST, MOST_ROWS, EarlierRuns, Run, remembered
from facelib.app.studies.exports import run_zip
from facelib.app.studies.population_state import Population
from facelib.app.studies.state import SEEN
from facelib.errors import BadValueError
from facelib.studies.engine import execution
from facelib.studies.interventional import InterventionalStudy

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]


@pytest.fixture
def two() -> Iterator[Population]:
    """A study that was run twice, on two people and on three."""
    state = Population(
        models=("known_unbiased",), size=64, steps=2, control="", background=False, chosen=["age"]
    )
    for people in (2, 3):
        state.whom.people = people
        state.run()
        assert state.stage == "done", state.problem
    yield state
    state.close()


@pytest.mark.thorough
def test_a_press_shows_an_earlier_run_and_its_settings_and_undo_leads_back(
    two: Population, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, history = EarlierRuns(two), History(two)
    last, first = two.listed
    assert two.found is last.found
    assert panel.buttons[0].description.startswith("✓ ")
    assert panel.buttons[0].description.endswith("(shown now)")
    assert "finished: 2 rendered people showing happy; age; known_unbiased. Matters for " in (
        panel.buttons[1].description
    )
    monkeypatch.setattr(InterventionalStudy, "run", lambda *_, **__: pytest.fail("it was computed again"))
    panel.buttons[1].click()
    assert (two.whom.people, two.found, two.stage, two.fresh) == (2, first.found, "done", True)
    assert panel.buttons[1].description.startswith("✓ ")
    history.undo()
    assert (two.whom.people, two.found, two.stage, two.fresh) == (3, last.found, "done", True)
    assert not history.can_undo
    history.redo()
    assert (two.whom.people, two.found, two.fresh) == (2, first.found, True)


@pytest.mark.thorough
def test_what_several_settings_bring_is_one_step_of_undo(two: Population) -> None:
    two.chosen, two.delta = ["palsy"], 0.2
    two.whom.seed, two.whom.people = 7, 4
    history = History(two)
    two.recall(two.listed[1])
    assert (two.chosen, two.whom.seed, two.whom.people) == (["age"], 1, 2)
    history.undo()
    assert (two.chosen, two.delta, two.whom.seed, two.whom.people) == (["palsy"], 0.2, 7, 4)
    assert not history.can_undo


@pytest.mark.thorough
def test_nothing_that_was_explored_comes_back_in_confirm(two: Population) -> None:
    explored = two.listed[1]
    two.mode = "confirm"
    assert two.listed == ()
    two.recall(explored)
    assert two.found is None
    assert two.whom.people == 3
    assert two.warning == SEEN  # people that were explored
    two.whom.seed = 2
    two.set_hypothesis("It changes.")
    two.run()
    (confirmed,) = two.listed
    two.begin_anew()
    assert two.listed == ()  # another hypothesis
    two.recall(confirmed)
    assert two.found is None
    two.mode = "explore"
    assert len(two.listed) == 2
    two.recall(explored)
    two.mode = "confirm"
    assert two.warning == SEEN


@pytest.mark.thorough
def test_a_run_that_is_stopped_says_so_and_gives_its_place_to_its_end(
    two: Population, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "MOST", 1)  # face by face, however quick the machine is
    two.whom.people = 4
    two.observe(lambda change: change["new"] and change["new"].done and two.stop(), "progress")
    two.run()
    assert two.stage == "stopped"
    assert two.listed[0].title.split(", ")[1].startswith("stopped: 4 rendered people")
    two.unobserve_all("progress")
    two.run()
    assert [run.stage for run in two.listed] == ["done", "done", "done"]
    assert two.listed[0].found is two.found


@pytest.mark.thorough
def test_the_whole_run_is_never_that_of_another_one(two: Population) -> None:
    last, first = two.listed
    assert run_zip(last.found).data
    with pytest.raises(BadValueError, match="Another run has been made since"):
        run_zip(first.found)
    two.recall(first)
    two.run()
    assert studies.open_study(two.store).settings == first.found.result.settings
    assert run_zip(two.found).data


def made(rows: int, people: int) -> Run:
    found = SimpleNamespace(result=SimpleNamespace(table=pd.DataFrame(index=range(rows))))
    nothing: dict[str, Any] = {"progress": None, "hypothesis": None, "words": "", "headline": ""}
    return Run(found, stage="done", kept={"people": people}, source="rendered", mode="explore", **nothing)


def test_few_runs_are_kept_and_no_more_rows_than_one_study_may_have() -> None:
    runs: tuple[Run, ...] = ()
    for people in range(20):
        runs = remembered(runs, made(10, people))
    assert [run.kept["people"] for run in runs] == [*range(19, 19 - MOST, -1)]
    runs = remembered(runs, made(10, 15))
    assert [run.kept["people"] for run in runs][:2] == [15, 19]
    assert len(runs) == MOST
    runs = remembered(runs, made(MOST_ROWS - 15, 99))
    assert [run.kept["people"] for run in runs] == [99, 15]


@pytest.mark.thorough
def test_it_says_that_it_survives_nothing_and_hides_while_it_is_of_no_use(two: Population) -> None:
    panel = EarlierRuns(two)
    assert "closing the page forgets them" in panel.children[-2].value
    assert panel.layout.display == ""
    two.runs = two.runs[:1]
    assert panel.layout.display == "none"
    assert [one.layout.display for one in panel.buttons[:2]] == ["", "none"]
    assert str(earlier_runs.MOST) in earlier_runs.FORGOTTEN
