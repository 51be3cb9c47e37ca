"""Comparing two scenes without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from facelib import interventions
from facelib.app import Explorer, Live
from facelib.app.explorer.compare_panel import ASK, SAME, SCALE, WAITS, ComparePanel
from facelib.app.explorer.state import Result
from facelib.faces import sample_photograph
from facelib.utilities.wording import signed

pytestmark = [pytest.mark.packages, pytest.mark.filterwarnings("ignore:.*ipykernel.*")]


@pytest.fixture(scope="module")
def explorer() -> Iterator[Explorer]:
    made = Explorer(("known_unbiased", "known_age_happy"), background=False)
    yield made
    made.close()


@pytest.fixture
def panel(explorer: Explorer) -> ComparePanel:
    explorer.reset()
    made = ComparePanel(explorer, Live())
    computed(explorer)
    return made


def computed(explorer: Explorer) -> Result:
    """Compute what is shown, as the worker does."""
    known = explorer._results.get(explorer.scene.key)
    result = known or Result(explorer.run_sweep(explorer.scene))
    explorer._deliver(explorer.scene, result)
    return result


def test_two_changes_on_one_face(panel: ComparePanel, explorer: Explorer) -> None:
    assert ASK in panel.hint.value
    panel.buttons["pin"].click()
    assert SAME in panel.hint.value
    explorer.choose(interventions.get("age", to="older"))
    assert panel.buttons["pin"].disabled
    result = computed(explorer)
    assert panel.pinned is not None
    first = panel.pinned.result.sweep
    shown = panel.live.pinned
    assert shown is not None
    assert len(shown["frames"]) == 21
    assert shown["curves"]["happy"][0] == pytest.approx(first.series("known_unbiased", "happy"), abs=1e-4)
    expected = first.compared_with(result.sweep, "happy")
    assert [row[0] for row in panel.table.rows] == expected["classifier"].tolist()
    told = [float(str(row[3]).replace("−", "-")) for row in panel.table.rows]
    assert told == pytest.approx(expected["difference"].tolist(), abs=0.006)
    for words in (SCALE, "one side weaker, left side", "Now: person 19, 28 years, happy; age"):
        assert words in panel.hint.value
    panel.buttons["unpin"].click()
    assert (panel.pinned, panel.live.pinned) == (None, None)


@pytest.mark.thorough
def test_two_networks_are_compared_on_one_face_and_change(panel: ComparePanel, explorer: Explorer) -> None:
    panel.buttons["pin"].click()
    explorer.classifier = "known_age_happy"
    (row,) = panel.table.rows
    assert explorer.result is not None
    names = ("known_unbiased", "known_age_happy")
    series = {name: explorer.result.sweep.series(name, "happy") for name in names}
    first, second = (float(series[name][-1] - series[name][0]) for name in names)
    assert row[0] == "known_unbiased, then known_age_happy"
    assert row[1:4] == [signed(first), signed(second), signed(second - first)]
    assert "Face and change are the same; the networks differ" in panel.hint.value
    explorer.classifier = "known_unbiased"
    assert len(panel.table.rows) == len(explorer.models), "without another network it is as before"


@pytest.mark.thorough
def test_a_swap_shows_the_other_at_once_and_undo_leads_back(panel: ComparePanel, explorer: Explorer) -> None:
    panel.buttons["pin"].click()
    before = explorer.scene
    explorer.edit(age=70)
    computed(explorer)
    after = explorer.scene
    explorer._results.clear()
    panel.buttons["swap"].click()
    assert explorer.scene == before
    assert explorer.result is not None
    assert panel.pinned is not None
    assert panel.pinned.scene == after
    explorer.undo()
    assert explorer.scene == after


@pytest.mark.thorough
def test_a_photograph_and_a_head_are_compared(panel: ComparePanel, explorer: Explorer) -> None:
    explorer.choose(interventions.get("blur"))
    computed(explorer)
    panel.buttons["pin"].click()
    explorer.show(sample_photograph())
    explorer.choose(interventions.get("blur"))
    computed(explorer)
    assert "Now: photograph" in panel.hint.value
    assert len(panel.table.rows) == 2
    explorer.reset()


def test_what_is_not_computed_cannot_be_pinned(panel: ComparePanel, explorer: Explorer) -> None:
    explorer.edit(age=33)
    panel.buttons["pin"]._click_handlers(panel.buttons["pin"])
    assert WAITS in panel.messages.value
    assert panel.pinned is None
