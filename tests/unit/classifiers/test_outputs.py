"""Outputs that are no softmax: multi-label, binary, and values on a scale."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import facelib
from facelib import attribution
from facelib.classifiers import DeclarationWarning, LabelWarning, Preparation, Scale, own, provenance
from facelib.classifiers.preparation import Images
from facelib.classifiers.scales import scale_of
from facelib.errors import BadValueError
from facelib.studies.engine.fingerprints import of_classifier

pytestmark = pytest.mark.usefixtures("single_threaded")

SMALL = Preparation(32, "rgb", 127.5, 60.0)


class Net(nn.Module):
    """A small network with K outputs, and whatever stands behind its last layer."""

    def __init__(self, count: int, ending: nn.Module | None = None) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.block = nn.Sequential(nn.Conv2d(3, 6, 5, 2), nn.ReLU())
        self.last = nn.Linear(6, count)
        self.ending = ending or nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.ending(self.last(self.block(x).mean((2, 3))))
        return out


class Scaled(nn.Module):
    """A tanh stretched to two ends."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.low, self.high = low, high

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.low + (self.high - self.low) * (torch.tanh(x) + 1) / 2


@pytest.fixture
def images(rng: np.random.Generator) -> Images:
    return rng.integers(0, 256, (3, 40, 40, 3), dtype=np.uint8)


def raw(net: nn.Module, images: Images) -> np.ndarray[Any, np.dtype[np.float32]]:
    with torch.no_grad():
        return np.asarray(net.eval()(SMALL(images)))


def test_several_labels_may_be_true_at_once(images: Images) -> None:
    net = Net(3)
    clf = own(net, labels=["dimple", "frown", "wink"], preparation=SMALL, outputs="multi-label")
    found = clf.probabilities(images)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-raw(net, images))), rtol=1e-5)
    assert not np.allclose(found.sum(1), 1)
    assert clf.multi_label
    assert clf.card.probabilities == "one sigmoid for each output: they don't sum to 1"
    ends_in_it = own(
        Net(3, nn.Sigmoid()), labels=["dimple", "frown", "wink"], preparation=SMALL, outputs="multi-label"
    )
    np.testing.assert_allclose(ends_in_it.probabilities(images), found, rtol=1e-4)


@pytest.mark.parametrize("outputs", [None, "logits", "probabilities", "sigmoids"])
def test_one_output_alone_is_no_class_among_others(outputs: Any) -> None:
    """A softmax of one number is 1 for every picture: such a network would look perfectly robust."""
    net = Net(1, nn.Softmax(1) if outputs == "probabilities" else None)
    with pytest.raises(BadValueError, match=r"pain is the only output.*outputs='binary'.*outputs=Scale"):
        own(net, labels=["pain"], preparation=SMALL, outputs=outputs)
    with pytest.raises(BadValueError, match="pain is the only output"):
        own(lambda _pictures: pytest.fail("it was called"), labels=["pain"], preparation=SMALL)


def test_a_binary_grader_gives_the_probability_of_its_label(images: Images) -> None:
    net = Net(1)
    clf = own(net, labels=["pain"], preparation=SMALL, outputs="binary")
    np.testing.assert_allclose(clf.probabilities(images), 1 / (1 + np.exp(-raw(net, images))), rtol=1e-5)
    assert 0 < clf.probabilities(images).min() < clf.probabilities(images).max() < 1  # a softmax of one is 1
    assert attribution.grad_cam(clf, images, "pain").shape[0] == 3
    with pytest.raises(BadValueError, match=r"binary output is one.*got pain, none.*multi-label"):
        own(Net(2), labels=["pain", "none"], preparation=SMALL, outputs="binary")


def test_values_stay_as_they_are_and_are_no_probabilities(images: Images) -> None:
    net = Net(2)
    scales = {"valence": Scale(), "age": Scale("years")}
    clf = own(net, labels=["valence", "age"], preparation=SMALL, outputs=scales)
    np.testing.assert_allclose(clf.values(images), raw(net, images), rtol=1e-4, atol=1e-5)
    with pytest.raises(BadValueError, match="gives values and no probabilities"):
        clf.probabilities(images)
    assert (
        clf.card.probabilities
        == "none: the outputs are values (valence: without bounds, age: years, without bounds)"
    )
    assert "years" in provenance([clf])["probabilities"].item()
    table = clf.read(facelib.Head(expression="happy"))
    assert table["probability"].isna().all()
    assert table["unit"].tolist() == ["", "years"]
    np.testing.assert_array_equal(table["value"], table["logit"])
    np.testing.assert_allclose(
        attribution.grad_cam(clf, images, "age").shape, attribution.grad_cam(clf, images, "valence").shape
    )


@pytest.mark.thorough
def test_one_scale_serves_all_labels_and_ends_that_do_not_bind_are_named() -> None:
    units = ["AU6", "AU12"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = own(Net(2, Scaled(0, 5)), labels=units, preparation=SMALL, outputs=Scale("points", 0, 5))
    assert clf.scales["AU6"] == clf.scales["AU12"] == Scale("points", 0, 5)
    with pytest.warns(DeclarationWarning, match=r"'AU6' is declared as points, 3 … 4.*these ends don't bind"):
        own(Net(2), labels=units, preparation=SMALL, outputs=Scale("points", 3, 4))


def test_names_of_values_without_a_scale_are_asked_about() -> None:
    """Valence was taken for a class, with a softmax over it and arousal, and nothing said so."""
    with pytest.warns(DeclarationWarning, match=r"valence, arousal: by the name a value.*'valence': Scale"):
        own(Net(2), labels=["valence", "arousal"], preparation=SMALL)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeclarationWarning)
        own(Net(2), labels=["valence", "arousal"], preparation=SMALL, outputs=Scale("", -9, 9))
        own(Net(2), labels=["cat", "dog"], preparation=SMALL)


@pytest.mark.thorough
def test_a_class_is_found_by_the_networks_own_word() -> None:
    net = own(
        Net(3), labels=["smile", "sadness", "anger"], preparation=SMALL, outputs="multi-label", id="words"
    )
    head = facelib.Head(expression="happy")
    found = facelib.sweep(head, "brightness", [net], steps=2, label="smile", size=64, replicates=5)
    assert found.label == "happy"
    assert found.effects("smile")["label"].tolist() == ["happy"]
    study = facelib.InterventionalStudy([head], "brightness", classifiers=[net], label="smile")
    assert study.label == "happy"
    with pytest.raises(BadValueError, match="'grin'"):
        facelib.sweep(head, "brightness", [net], steps=2, label="grin", size=64, replicates=5)


def test_cats_and_dogs_need_no_emotions() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", LabelWarning)
        for outputs in (None, "multi-label"):
            clf = own(Net(2), labels=["cat", "dog"], preparation=SMALL, outputs=outputs)
            assert clf.classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("outputs", "labels", "why"),
    [
        ({"age": Scale("years")}, ["age", "valence"], "every label its scale.*isn't so for valence"),
        ({"age": "years"}, ["age"], "every label its scale"),
        ({}, ["age"], "every label its scale"),
        (Scale(), ["happy"], "name of a class.*'happy intensity'"),
        ("regression", ["age"], r"is one of 'logits'.*a Scale such as Scale\('years'\)"),
    ],
)
def test_scales_that_cannot_be(outputs: Any, labels: list[str], why: str) -> None:
    with pytest.raises(BadValueError, match=why):
        own(Net(len(labels)), labels=labels, preparation=SMALL, outputs=outputs)


@pytest.mark.thorough
@given(
    unit=st.one_of(st.text(), st.integers(), st.none()),
    ends=st.tuples(*[st.one_of(st.floats(), st.integers(-9, 9), st.none(), st.booleans(), st.text())] * 2),
)
@settings(max_examples=150, deadline=None)
def test_a_scale_is_either_sound_or_refused(unit: Any, ends: tuple[Any, Any]) -> None:
    try:
        scale = Scale(unit, *ends)
    except BadValueError:
        return
    assert scale.low < scale.high
    assert scale.bounded == np.isfinite(scale.span) == (scale.bounds is not None)
    assert scale.unit in str(scale)


def test_a_label_on_two_scales_is_refused() -> None:
    years = own(Net(1), labels=["tilt"], preparation=SMALL, outputs=Scale("years"), id="a")
    months = own(Net(1), labels=["tilt"], preparation=SMALL, outputs=Scale("months"), id="b")
    binary = own(Net(1), labels=["tilt"], preparation=SMALL, outputs="binary", id="c")
    assert scale_of([years], "tilt") == Scale("years")
    assert scale_of([years], "mood") is None
    for other in (months, binary):
        with pytest.raises(BadValueError, match=r"'tilt' isn't on one scale.*a: years, without bounds; "):
            scale_of([years, other], "tilt")


@pytest.mark.thorough
def test_it_travels_and_its_kind_of_output_is_in_its_fingerprint(images: Images) -> None:
    made = {
        str(outputs): own(Net(1), labels=["tilt"], preparation=SMALL, outputs=outputs, id="one")
        for outputs in ("binary", Scale("years"), Scale("months"), Scale("years", -90, 90))
    }
    assert len({of_classifier(clf) for clf in made.values()}) == 4
    for clf in made.values():
        sent = pickle.loads(pickle.dumps(clf))
        np.testing.assert_allclose(sent.values(images), clf.values(images), rtol=1e-5)
        assert sent.scales == clf.scales
