"""The panel of a network of one's own, on traits; and the tabs that follow who reads in Explore."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import pytest

from facelib import classifiers
from facelib.app import DetailsPanel, Explorer, MusclesPanel
from facelib.app.explorer.own_panel import OwnPanel, as_seen, table_of
from facelib.app.explorer.own_state import OwnNetwork
from facelib.app.page_state import PageState, from_text, to_text
from facelib.app.studies.observed_panel import ObservedPanel
from facelib.app.studies.population_panel import PopulationPanel
from facelib.classifiers import Preparation
from facelib.classifiers.guesses import shown
from facelib.errors import BadValueError

pytestmark = [
    pytest.mark.packages,
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    made = Explorer(("known_unbiased",), background=False)
    yield made
    made.close()
    if "twin" in classifiers.CLASSIFIERS:
        classifiers.unregister("twin")


def twin() -> classifiers.Classifier:
    """A classifier of one's own, registered."""
    made = copy.copy(classifiers.load("known_unbiased"))
    made.id = "twin"
    classifiers.register("twin", made)
    return made


def test_nothing_is_made_before_it_is_opened(explorer: Explorer) -> None:
    panel = OwnPanel(explorer, OwnNetwork(explorer, background=False))
    assert panel.fold.children[1].children == ()
    panel.fold.button.value = True
    assert panel.zone.suffixes == [".onnx", ".tflite", ".safetensors"]
    assert panel.zone.closed == ""


def test_where_others_can_come_it_says_why(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACELIB_VISITORS", "address")
    panel = OwnPanel(explorer, OwnNetwork(explorer, background=False))
    panel.fold.button.value = True
    assert "an address that others can reach" in panel.zone.closed
    panel.zone.set_state({"closed": ""})  # whoever plays the page
    message = {"name": "net.onnx", "place": 0, "parts": 1}
    panel.zone._on_msg(panel.zone, message, [b"\x08"])
    assert "an address that others can reach" in panel.messages.value
    assert panel.state.stage == "empty"


@pytest.mark.thorough
def test_panels_and_tabs_follow_who_reads(explorer: Explorer) -> None:
    details = DetailsPanel(explorer)
    population, observed = PopulationPanel(explorer), ObservedPanel(explorer)
    muscles = MusclesPanel(explorer, background=False)
    explorer.use(twin())
    assert explorer.guest == "twin"
    assert [card["id"] for card in details.cards.cards] == ["known_unbiased", "twin"]
    for tab in (population, observed):
        assert tab.state.models == ["known_unbiased", "twin"]
        assert "twin" in tab.asked.models.ids
    assert muscles.state.models == ["known_unbiased", "twin"]
    population.state.stage = "running"
    assert "runs with twin" in explorer.why_kept("twin")
    assert explorer.why_kept("known_unbiased") != ""
    population.state.stage = "ready"
    assert explorer.why_kept("twin") == ""
    explorer.classifier = "twin"
    classifiers.unregister("twin")
    explorer.leave("twin")
    assert (explorer.classifier, explorer.guest) == ("known_unbiased", "")
    for tab in (population, observed):
        assert tab.state.models == ["known_unbiased"]
        assert "twin" not in tab.asked.models.ids
        tab.state.close()
    assert muscles.state.models == ["known_unbiased"]
    assert "twin" not in muscles.shown.models.ids
    muscles.state.close()


def test_what_comes_with_facelib_cannot_be_taken_out() -> None:
    with pytest.raises(BadValueError, match="comes with facelib"):
        classifiers.unregister("known_unbiased")


@pytest.mark.thorough
def test_wrong_guesses_look_wrong() -> None:
    right = Preparation(64, "rgb", 127.5, 127.5)
    seen = as_seen(right, right).astype(int)
    blue = as_seen(Preparation(64, "bgr", 127.5, 127.5), right).astype(int)
    np.testing.assert_array_equal(blue, seen[..., ::-1])
    pale = as_seen(Preparation(64, "rgb", 0.0, 255.0), right).astype(int)
    assert pale.min() >= 127
    white = as_seen(Preparation(64, "rgb", 0.0, 1.0), right)
    assert (white == 255).mean() > 0.9
    gray = as_seen(Preparation(64, "gray three times", 127.5, 127.5), right).astype(int)
    assert (gray.max(-1) == gray.min(-1)).all()
    assert seen.max(-1).astype(int).mean() > seen.min(-1).mean() + 5


@pytest.mark.thorough
def test_the_table_marks_what_is_read_as_shown_and_escapes_names() -> None:
    labels = ["happy", "sad", "<b>"]
    chances = np.tile([0.2, 0.7, 0.1], (12, 1))
    table = table_of(labels, chances)
    assert table.count("<strong>0.70</strong>") == 12
    assert table.count("✓ sad") == shown().count("sad")
    assert table.count("✗ sad") == 12 - shown().count("sad")
    assert "<b>" not in table


def test_a_reload_hears_that_a_network_was_there() -> None:
    assert from_text(to_text(PageState(network=True))).network
    assert not PageState().network
