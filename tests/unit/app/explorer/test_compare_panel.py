"""Comparing two scenes without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from facelib import interventions
from facelib.app import Explorer
from facelib.app.explorer.compare_panel import SAME, SCALE, UNITS, WAITS, ComparePanel
from facelib.app.explorer.state import Result
from facelib.app.widgets.stage import Stage
from facelib.faces import sample_photograph
from facelib.utilities.wording import signed

pytestmark = [pytest.mark.packages, pytest.mark.filterwarnings("ignore:.*ipykernel.*")]


@pytest.fixture(scope="module")
def explorer() -> Iterator[Explorer]:
    made = Explorer(("fer", "pyemotion"), background=False)
    yield made
    made.close()


@pytest.fixture
def panel(explorer: Explorer) -> ComparePanel:
    explorer.reset()
    made = ComparePanel(explorer, Stage())
    computed(explorer)
    return made


def computed(explorer: Explorer) -> Result:
    """Compute what is shown, as the worker does."""
    known = explorer._results.get(explorer.scene.key)
    result = known or Result(explorer.run_sweep(explorer.scene))
    explorer._deliver(explorer.scene, result)
    return result


def displayed(widget: Any) -> bool:
    return widget.layout.display != "none"


@pytest.mark.thorough
def test_nothing_is_compared_before_something_is_pinned(panel: ComparePanel) -> None:
    assert displayed(panel.hint)
    assert not displayed(panel.inside)
    assert not panel.pin.disabled
    assert [stage.frames for stage in panel.stages] == [[], []]


@pytest.mark.thorough
def test_two_changes_on_one_face(panel: ComparePanel, explorer: Explorer) -> None:
    panel.pin.click()
    assert SAME in panel.notes.value
    explorer.choose(interventions.get("age", to="older"))
    assert panel.pin.disabled
    assert panel.stages[1].frames == []
    result = computed(explorer)
    first, second = panel.stages
    assert len(first.frames) == len(second.frames) == 21
    assert first.frames[0] == second.frames[0]
    assert first.frames[-1] != second.frames[-1]
    assert "one side weaker, left side" in panel.titles[0].value
    assert "age" in panel.titles[1].value
    assert panel.pinned is not None
    expected = panel.pinned.result.sweep.compared_with(result.sweep, "happy")
    assert [row[0] for row in panel.table.rows] == expected["classifier"].tolist()
    told = [float(row[3].replace("−", "-")) for row in panel.table.rows]
    assert told == pytest.approx(expected["difference"].tolist(), abs=0.006)
    assert SCALE in panel.notes.value
    scenes = {row["scene"] for row in panel.chart.data["outputs"]}
    assert scenes == {"pinned", "now"}
    assert {row["label"] for row in panel.chart.data["outputs"]} == {"happy"}


@pytest.mark.thorough
def test_maps_of_one_classifier_share_a_scale_and_those_of_two_do_not(
    panel: ComparePanel, explorer: Explorer
) -> None:
    panel.pin.click()
    explorer.edit(age=70)
    computed(explorer)
    first, second = panel.stages
    assert first.map_scale == second.map_scale > 0
    assert UNITS not in panel.notes.value
    explorer.classifier = "pyemotion"
    assert (first.map_title, second.map_title) == (
        "fer: evidence for happy", "pyemotion: evidence for happy",
    )  # fmt: skip
    assert first.map_scale != second.map_scale
    assert UNITS in panel.notes.value


@pytest.mark.thorough
def test_two_networks_are_compared_on_one_face_and_change(panel: ComparePanel, explorer: Explorer) -> None:
    """The table said "do not differ" of each network with itself, and nothing of the two."""
    computed(explorer)
    panel.pin.click()
    explorer.classifier = "pyemotion"
    (row,) = panel.table.rows
    series = {name: explorer.result.sweep.series(name, "happy") for name in ("fer", "pyemotion")}
    changes = {name: float(one[-1] - one[0]) for name, one in series.items()}
    assert row[0] == "fer, then pyemotion"
    assert row[1:4] == [
        signed(changes["fer"]), signed(changes["pyemotion"]), signed(changes["pyemotion"] - changes["fer"]),
    ]  # fmt: skip
    assert "for both networks" in panel.table.caption
    assert "Face and change are the same; the networks differ" in panel.notes.value
    assert [title.value.partition("; one side weaker")[2] for title in panel.titles] == [
        ", left side; fer</p>", ", left side; pyemotion</p>",
    ]  # fmt: skip
    explorer.classifier = "fer"
    assert len(panel.table.rows) == len(explorer.models), "without another network it is as before"


@pytest.mark.thorough
def test_a_swap_shows_the_other_at_once_and_undo_leads_back(panel: ComparePanel, explorer: Explorer) -> None:
    panel.pin.click()
    before = explorer.scene
    explorer.edit(age=70)
    computed(explorer)
    after = explorer.scene
    explorer._results.clear()
    panel.swap.click()
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
    panel.pin.click()
    explorer.show(sample_photograph())
    explorer.choose(interventions.get("blur"))
    computed(explorer)
    assert "photograph" in panel.titles[1].value
    assert len(panel.table.rows) == 2
    explorer.reset()


def test_unpinned_it_forgets_the_pictures(panel: ComparePanel) -> None:
    panel.pin.click()
    panel.unpin.click()
    assert panel.pinned is None
    assert not displayed(panel.inside)
    assert [stage.frames for stage in panel.stages] == [[], []]


def test_what_is_not_computed_cannot_be_pinned(panel: ComparePanel, explorer: Explorer) -> None:
    explorer.edit(age=33)
    panel.pin._click_handlers(panel.pin)
    assert WAITS in panel.messages.value
    assert panel.pinned is None
