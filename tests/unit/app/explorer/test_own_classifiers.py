"""Classifiers of one's own in the explorer: they appear, and what they lack is said instead of raised."""

from __future__ import annotations

import base64
import importlib.metadata
import io
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from facelib import studies
from facelib.app import Explorer, OutputsPanel, PicturesPanel
from facelib.app.explorer import state as states
from facelib.app.explorer.outputs_panel import NO_CLASS
from facelib.classifiers import CLASSIFIERS, Classifier, Preparation, catalogue, own
from facelib.errors import BadModelError, UnknownNameError

pytestmark = [
    pytest.mark.packages,
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]

SEEN = Preparation(24, "bgr", 127.5, 127.5, margin=0.1)


def flat() -> Classifier:
    """No layer with places in it, so no maps; three classes."""
    torch.manual_seed(1)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 24, 3))
    return own(network, id="flat", labels=["Joy", "Sadness", "Neutral"], preparation=SEEN)


def deep() -> Classifier:
    torch.manual_seed(2)
    pool = nn.AdaptiveAvgPool2d(1)
    network = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), pool, nn.Flatten(), nn.Linear(6, 3))
    return own(network, id="deep", labels=["Joy", "Sadness", "Neutral"], preparation=SEEN)


def damaged() -> Classifier:
    msg = "weights.pt is damaged."
    raise BadModelError(msg)


def gone() -> Classifier:
    raise FileNotFoundError("weights.pt")


MAKE = {"flat": flat, "deep": deep, "damaged": damaged, "gone": gone}


class Offered(importlib.metadata.EntryPoint):
    """Test modules can't be imported by name here, so what one stands for is handed out."""

    def load(self) -> Callable[[], Classifier]:
        return MAKE[self.name]


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another package offers four classifiers by entry points, two of which can't be made."""
    group, others = catalogue.ENTRY_POINTS, importlib.metadata.entry_points
    points = [Offered(name, "their:make", group) for name in MAKE]
    monkeypatch.setattr(
        importlib.metadata,
        "entry_points",
        lambda **given: points if given == {"group": group} else others(**given),
    )
    monkeypatch.setattr(CLASSIFIERS, "_items", dict(CLASSIFIERS._items))
    catalogue._discover.cache_clear()
    yield
    catalogue._discover.cache_clear()


@pytest.fixture
def explorer() -> Iterator[Explorer]:
    made = Explorer(("fer", "flat", "deep"), background=False)
    made.start()
    yield made
    made.close()


@pytest.mark.thorough
def test_those_of_entry_points_are_there_and_the_known_biased_are_not() -> None:
    CLASSIFIERS.register("biased", catalogue.Entry(flat, kind="known bias"))
    made = Explorer(background=False)
    ids = [model.id for model in made.models]
    assert {"fer", "flat", "deep"} <= set(ids)
    assert not [name for name in (*ids, *made.missing) if CLASSIFIERS[name].kind == "known bias"]
    assert made.missing["damaged"] == "weights.pt is damaged."
    assert "FileNotFoundError" in made.missing["gone"]
    assert "damaged is not here" in OutputsPanel(made).absent.value
    made.close()
    with pytest.raises(UnknownNameError):
        Explorer(("fre",), background=False)


@pytest.mark.thorough
@pytest.mark.parametrize("swept", [False, True])
def test_one_without_maps_says_why(explorer: Explorer, swept: bool) -> None:
    look = PicturesPanel(explorer)
    look.menus["classifier"].value = "flat"
    if swept:
        explorer._deliver(explorer.scene, states.Result(explorer.run_sweep(explorer.scene)))
    else:
        explorer.step = 9
    assert look.messages.value == ""
    assert look.hint.value.startswith("<p>There is no map of flat: ")
    assert look.hint.layout.display == ""
    assert (look.stage.maps, look.stage.map_title) == (b"", "")
    look.menus["classifier"].value = "deep"
    assert bool(look.stage.maps) is swept, "maps share one scale: there is none before all strengths are read"
    assert look.hint.layout.display == "none"
    look.stage.overlay = "map"
    look.show_maps()
    assert ("The map follows once all strengths are read" in look.hint.value) is not swept


@pytest.mark.thorough
def test_a_class_that_it_lacks_is_shown_as_such(explorer: Explorer) -> None:
    look, outputs = PicturesPanel(explorer), OutputsPanel(explorer)
    look.menus["classifier"].value = "deep"
    explorer.step = 4
    for swept in (False, True):
        if swept:
            sweep = explorer.run_sweep(explorer.scene)
            *_, placebos = studies.run_references(sweep, 3)
            explorer._deliver(explorer.scene, states.Result(sweep, placebos, finished=True))
        look.menus["label"].value = "fear"
        assert [look.messages.value, outputs.messages.value] == ["", ""]
        assert "deep has no such class. It knows Joy, Sadness, Neutral." in look.hint.value
        assert not look.stage.maps
        rows = {row[0]["text"]: row for row in outputs.table.rows}
        assert list(rows) == ["fer", "flat", "deep"]
        assert rows["deep"][-1] == {"text": NO_CLASS, "help": "It knows Joy, Sadness, Neutral"}
        assert rows["fer"][-1] != rows["deep"][-1]
        look.menus["label"].value = "happy"
        assert len(outputs.table.rows) == 3
        assert NO_CLASS not in str(outputs.table.rows)
        assert bool(look.stage.maps) is swept


def pictures(html: str) -> list[np.ndarray]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


@pytest.mark.thorough
def test_what_the_network_sees_can_be_looked_at(explorer: Explorer) -> None:
    look = PicturesPanel(explorer)
    explorer.classifier = "deep"
    explorer.step = 15
    assert look.seen.value == ""  # nobody looks
    look.seen.button.value = True
    faces = explorer.snapshot.frames
    expected = SEEN.seen(np.stack([faces.faces[0].image, faces.faces[-1].image]), faces.box)
    np.testing.assert_array_equal(pictures(look.seen.value), expected)
    assert "deep: BGR, 24 × 24 px, scaled to [−1, 1], face box with a margin of 10 %" in look.seen.value
    assert 'alt="what deep sees before, 24 × 24 pixels"' in look.seen.value
    assert "after (strength 0.75)" in look.seen.value
    explorer._deliver(explorer.scene, states.Result(explorer.run_sweep(explorer.scene)))
    np.testing.assert_array_equal(pictures(look.seen.value), expected)
    explorer.step = 0
    before, after = pictures(look.seen.value)
    np.testing.assert_array_equal(before, after)
    explorer.classifier = "fer"
    assert pictures(look.seen.value)[0].shape == (64, 64, 3)
    assert "fer: gray, 64 × 64 px" in look.seen.value
    look.seen.button.value = False
    told = look.seen.value
    explorer.step = 12
    assert look.seen.value == told


def test_the_page_without_a_classifier_shows_no_view() -> None:
    made = Explorer((), background=False)
    look = PicturesPanel(made)
    look.seen.button.value = True
    assert (look.seen.value, look.messages.value) == ("", "")
    made.close()
