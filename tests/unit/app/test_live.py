"""What the page's browser is sent of a scene, in which order, and what it may ask."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from facelib.app import Explorer
from facelib.app.explorer.state import STEPS, Result
from facelib.app.live import Follower, Live, cell
from facelib.classifiers import EMOTIONS
from facelib.studies import run_references

pytestmark = [pytest.mark.packages, pytest.mark.filterwarnings("ignore:.*ipykernel.*")]


class Page:
    """An explorer, its live picture, and what was sent to the browser."""

    def __init__(self) -> None:
        self.explorer = Explorer(("known_unbiased", "known_age_happy"), background=False)
        self.live = Follower(self.explorer, lambda callback: callback).live
        self.sent: list[dict[str, Any]] = []
        self.live.send = lambda content, _buffers=None: self.sent.append(deepcopy(content))

    def sweep(self) -> Result:
        result = Result(self.explorer.run_sweep(self.explorer.scene))
        self.explorer._deliver(self.explorer.scene, result)
        return result


@pytest.fixture
def opened() -> Iterator[Page]:
    made = Page()
    made.explorer.start()
    yield made
    made.explorer.close()


def test_a_glance_comes_first_then_the_sweep_with_the_output_that_is_watched(opened: Page) -> None:
    glance = next(one for one in reversed(opened.sent) if one.get("whole"))
    assert [bool(frame) for frame in glance["data"]["frames"]] == [True, *[False] * (STEPS - 1)]
    assert "verdict" not in glance["data"]["labels"]["happy"]["rows"][0]
    opened.sent.clear()
    opened.sweep()
    whole, rest = opened.sent
    assert all(whole["data"]["frames"])
    assert list(whole["data"]["labels"]) == ["happy"]
    assert whole["live"] > glance["live"]
    assert (rest["whole"], rest["live"]) == (False, whole["live"])
    assert {*rest["data"]["labels"], "happy"} == set(EMOTIONS)


def test_placebos_send_what_is_watched_and_all_of_it_at_the_end(opened: Page) -> None:
    result = opened.sweep()
    explorer, scene = opened.explorer, opened.explorer.scene
    opened.sent.clear()
    *_, some = run_references(result.sweep, 3)
    explorer._deliver(scene, Result(result.sweep, some))
    assert list(opened.sent[-1]["data"]["labels"]) == ["happy"]
    explorer._deliver(scene, Result(result.sweep, some, finished=True))
    assert set(opened.sent[-1]["data"]["labels"]) == set(EMOTIONS)
    assert "so far" not in str(opened.sent[-1])


def test_a_map_is_sent_once_it_is_asked_for(opened: Page) -> None:
    opened.sweep()
    opened.live.look = "known_age_happy"
    assert opened.explorer.classifier == "known_age_happy"
    assert set(opened.sent[-1]["data"]["maps"]["happy"]) == {"known_unbiased", "known_age_happy"}
    opened.explorer.label = "sad"
    assert "sad" in opened.sent[-1]["data"]["maps"]
    opened.explorer.edit(age=60)
    opened.sweep()
    assert any("sad" in one["data"]["maps"] for one in opened.sent[-2:] if "maps" in one["data"])


def test_whoever_says_hello_gets_all_and_what_strangers_say_does_nothing(opened: Page) -> None:
    opened.sweep()
    held = deepcopy(opened.live.data)
    opened.sent.clear()
    for content in ({}, [], None, {"hello": False}, {"live": 99, "data": {}}, {"restore": "x"}):
        opened.live._handle_custom_msg(content, [])
    assert opened.sent == []
    opened.live._handle_custom_msg({"hello": True}, [])
    whole, pin = opened.sent
    assert whole["data"] == held
    assert set(whole["data"]["labels"]) == set(EMOTIONS), "parts that came meanwhile are in it"
    assert pin == {"pin": None}


def test_a_sweep_that_ends_a_cell_is_shown_live_and_in_short_without_a_kernel(opened: Page) -> None:
    bundle, _ = cell(opened.sweep().sweep)
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert "<strong>Sweep</strong>" in bundle["text/html"]


def test_steps_and_choices_of_strangers_stay_within_bounds(opened: Page) -> None:
    opened.live.set_state({"step": 10**9})
    assert opened.explorer.step == STEPS - 1
    opened.live.set_state({"look": "<script>"})
    assert opened.explorer.classifier == "known_unbiased"


def test_no_picture_is_a_trait(opened: Page) -> None:
    """Notebooks keep the traits of widgets."""
    opened.sweep()
    state = Live(step=3).get_state()
    assert {name for name in state if not name.startswith("_")} <= {
        "step", "label", "look", "layout", "tabbable", "tooltip",
    }  # fmt: skip
    assert all(len(str(value)) < 100 for name, value in opened.live.get_state().items() if name[0] != "_")
