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

from facelib.app import DetailsPanel, Explorer
from facelib.app.explorer import state as states
from facelib.app.explorer.network_view import SeenView
from facelib.app.live import Follower
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
    assert "damaged is not here" in DetailsPanel(made).absent.value
    made.close()
    with pytest.raises(UnknownNameError):
        Explorer(("fre",), background=False)


@pytest.mark.thorough
def test_a_class_that_it_lacks_and_maps_that_it_lacks_are_shown_as_such(explorer: Explorer) -> None:
    live = Follower(explorer, lambda callback: callback).live
    assert live.data["labels"]["fear"]["rows"][2] is None
    explorer._deliver(explorer.scene, states.Result(explorer.run_sweep(explorer.scene)))
    live.look = "deep"
    assert [one["id"] for one in live.data["classifiers"]] == ["fer", "flat", "deep"]
    assert live.data["labels"]["fear"]["rows"][2] is None
    assert live.data["labels"]["happy"]["rows"][2]["verdict"]
    assert set(live.data["maps"]["happy"]) == {"fer", "deep"}, "flat has none"


def pictures(html: str) -> list[np.ndarray]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


@pytest.mark.thorough
def test_what_the_network_sees_can_be_looked_at(explorer: Explorer) -> None:
    view = SeenView(explorer, lambda callback: callback)
    explorer.classifier = "deep"
    explorer.step = 15
    assert view.value == ""  # nobody looks
    view.button.value = True
    faces = explorer.snapshot.frames
    expected = SEEN.seen(np.stack([faces.faces[0].image, faces.faces[-1].image]), faces.box)
    np.testing.assert_array_equal(pictures(view.value), expected)
    assert "deep: BGR, 24 × 24 px, scaled to [−1, 1], face box with a margin of 10 %" in view.value
    assert 'alt="what deep sees before, 24 × 24 pixels"' in view.value
    assert "after (strength 0.75)" in view.value
    explorer._deliver(explorer.scene, states.Result(explorer.run_sweep(explorer.scene)))
    np.testing.assert_array_equal(pictures(view.value), expected)
    explorer.step = 0
    before, after = pictures(view.value)
    np.testing.assert_array_equal(before, after)
    explorer.classifier = "fer"
    assert pictures(view.value)[0].shape == (64, 64, 3)
    assert "fer: gray, 64 × 64 px" in view.value
    view.button.value = False
    told = view.value
    explorer.step = 12
    assert view.value == told


def test_the_page_without_a_classifier_shows_no_view() -> None:
    made = Explorer((), background=False)
    view = SeenView(made, lambda callback: callback)
    view.button.value = True
    assert view.value == ""
    made.close()
