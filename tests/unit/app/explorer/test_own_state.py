"""A network of the visitor's: the gate, the guesses, the questions, its use and its removal."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from facelib import classifiers
from facelib.app import Explorer, visitors
from facelib.app.explorer.own_state import OwnNetwork, checked_name, probabilities
from facelib.app.studies.state import known_classifiers
from facelib.errors import BadValueError
from facelib.models import sandbox
from facelib.studies.engine.fingerprints import of_classifier

pytestmark = [
    pytest.mark.packages,
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:.*ipykernel.*"),
]


def exported(network: nn.Module, channels: int, size: int) -> bytes:
    """Return an ONNX file."""
    file = io.BytesIO()
    axes = {"x": {0: "n"}, "y": {0: "n"}}
    pictures = torch.rand(1, channels, size, size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that needs no further package is called legacy
        torch.onnx.export(
            network.eval(), (pictures,), file, dynamo=False, input_names=["x"], output_names=["y"],
            dynamic_axes=axes,
        )  # fmt: skip
    return file.getvalue()


@pytest.fixture(scope="module")
def known() -> bytes:
    model = classifiers.load("known_unbiased")
    return exported(nn.Sequential(model.body, model.head), 3, model.input_size)


@pytest.fixture(scope="module")
def asked(known: bytes) -> Iterator[OwnNetwork]:
    """The questions about a network whose answers are known; tests leave them as they were."""
    explorer = Explorer(("known_unbiased",), background=False)
    state = OwnNetwork(explorer, background=False)
    state.take("C:\\nets\\my <b>net.onnx", known)
    yield state
    state.close()
    explorer.close()


@pytest.mark.thorough
def test_the_guesses_are_right_for_a_network_that_is_known(asked: OwnNetwork) -> None:
    assert asked.problem == ""
    assert asked.stage == "asked"
    assert (asked.colour, asked.scale) == ("rgb", "−1 … 1")
    assert tuple(asked.labels) == classifiers.load("known_unbiased").labels
    assert asked.outputs == "logits"
    assert asked.judged is not None
    assert asked.judged.right >= 9
    assert asked.title == "my_b_net"
    flipped = next(one for one in asked.ranking if one.preparation.colour == "bgr")
    assert flipped.right < asked.judged.right


@pytest.mark.thorough
def test_rows_are_those_of_the_network_itself(asked: OwnNetwork) -> None:
    from facelib.classifiers.guesses import pictures_of, twelve

    model = classifiers.load("known_unbiased")
    images, boxes = pictures_of(twelve())
    with torch.no_grad():
        expected = model.head(model.body(asked.preparation(images, boxes))).numpy()
    np.testing.assert_allclose(asked.rows, expected, atol=1e-3)
    np.testing.assert_allclose(np.asarray(asked.probabilities).sum(1), 1, atol=1e-6)


@pytest.mark.thorough
def test_names_of_outputs_are_understood_and_hostile_ones_refused(asked: OwnNetwork) -> None:
    before, names = list(asked.labels), list(asked.own_labels)
    asked.name_outputs("Neutral, Freude, Sadness, surprised, fearful, disgust, anger")
    assert asked.labels == before
    assert asked.own_labels[1] == "Freude"
    for bad in (
        "happy, sad",
        "a, a, b, c, d, e, f",
        "\x1b[2J, b, c, d, e, f, g",
        f"{'x' * 99}, b, c, d, e, f, g",
    ):
        with pytest.raises(BadValueError):
            asked.name_outputs(bad)
    asked.labels, asked.own_labels = before, names


@pytest.mark.thorough
def test_a_network_is_used_in_every_tab_and_can_be_removed(known: bytes, asked: OwnNetwork) -> None:
    asked.title = "known_unbiased"
    with pytest.raises(BadValueError, match="already"):
        asked.accept()
    asked.title = "mine"
    asked.accept()
    assert (asked.stage, asked.problem) == ("used", "")
    explorer = asked.explorer
    made = classifiers.load("mine")
    assert explorer.roster == ("known_unbiased", "mine")
    assert made.card.sha256 == hashlib.sha256(known).hexdigest()
    assert "12 rendered heads" in made.card.limits
    assert "mine" in known_classifiers()
    both = explorer.snapshot
    assert both is not None
    ours, theirs = (both.readings[name].logits for name in ("mine", "known_unbiased"))
    assert ours.shape == theirs.shape
    with pytest.raises(BadValueError, match="in use"):
        asked.take("other.onnx", known)
    other = copy.copy(made)
    other.card = dataclasses.replace(made.card, sha256="0" * 64)
    assert of_classifier(made) != of_classifier(other)  # a study's keys follow the file, not the name
    asked.remove()
    assert asked.stage == "empty"
    assert explorer.roster == ("known_unbiased",)
    assert "mine" not in known_classifiers()
    asked.take("my net.onnx", known)
    assert asked.stage == "asked"


@pytest.mark.parametrize("reason", sorted(visitors.REASONS))
def test_nothing_is_taken_where_others_can_come(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(visitors.VARIABLE, reason)
    state = OwnNetwork(Explorer(("known_unbiased",), background=False), background=False)
    monkeypatch.setattr(sandbox, "_start", lambda *_asked: pytest.fail("a child was started"))
    with pytest.raises(BadValueError, match=visitors.REASONS[reason][:20]):
        state.take("net.onnx", b"\x08")
    assert state.stage == "empty"


@pytest.mark.parametrize(
    "name", ["net.pt", "net.pth", "net.pkl", "net.h5", "net.keras", "net", "net.onnx.zip", "net.ONNX.exe"]
)
def test_other_kinds_are_refused_before_any_child(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_start", lambda *_asked: pytest.fail("a child was started"))
    with pytest.raises(BadValueError, match="TorchScript, pickled"):
        sandbox.Sandbox(name, b"\x08\x07")


@pytest.mark.parametrize("begin", [b"PK\x03\x04", b"\x80\x02", b"\x80\x04"])
@pytest.mark.parametrize("name", ["net.onnx", "net.tflite", "net.safetensors"])
def test_programs_under_another_name_are_refused(
    begin: bytes, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_start", lambda *_asked: pytest.fail("a child was started"))
    with pytest.raises(BadValueError, match="TorchScript, pickled"):
        sandbox.Sandbox(name, begin + bytes(100))


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "LARGEST", 50)
    with pytest.raises(BadValueError, match="MB"):
        sandbox.Sandbox("net.onnx", bytes(51))


@pytest.mark.parametrize(
    "text", ["", " ", "1net", "=cmd", "<b>", "a b", "x" * 25, "näme", "a\n", "../x", "fer"]
)
def test_names_are_hostile_text_until_checked(text: str) -> None:
    with pytest.raises(BadValueError):
        checked_name(text.replace("\n", "\x00"), ["FER"])


def test_probabilities_of_every_kind_of_outputs_follow_their_slow_twins() -> None:
    rows = np.array([[0.2, 0.5, 0.3]])
    chances = {name: probabilities(rows, name)[0] for name in ("logits", "log", "probabilities", "sigmoids")}
    slow = [np.exp(z) / sum(np.exp(rows[0])) for z in rows[0]]
    np.testing.assert_allclose(chances["logits"], slow)
    np.testing.assert_allclose(probabilities(np.log(rows), "log")[0], rows[0])
    np.testing.assert_allclose(chances["probabilities"], rows[0])
    np.testing.assert_allclose(chances["sigmoids"], rows[0])
    free = np.array([[-2.0, 3.0]])
    sigmoids = [1 / (1 + np.exp(-z)) for z in free[0]]
    np.testing.assert_allclose(
        probabilities(free, "sigmoids")[0], np.array(sigmoids) / sum(sigmoids), rtol=1e-6
    )


def test_nothing_of_a_file_stays_on_disk(asked: OwnNetwork, tmp_path: Path) -> None:
    import tempfile

    left = [
        path
        for path in Path(tempfile.gettempdir()).glob(f"facelib-network-{os.getpid()}-*")
        if any(path.glob("*.onnx"))
    ]
    assert not left
