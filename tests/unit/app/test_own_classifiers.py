"""`facelib app --classifier`: a file or a function, tried at start, in every session beside the others."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from facelib import classifiers
from facelib.app import own_classifiers
from facelib.app.explorer.state import Explorer
from facelib.app.studies.state import known_classifiers
from facelib.classifiers import EMOTIONS
from facelib.cli.main import app
from facelib.errors import BadValueError

LABELS = ",".join(EMOTIONS)
MODULE = f"""
from torch.nn import Sequential
from facelib.classifiers import load, own
LABELS = {list(EMOTIONS)}

def make():
    inner = load("known_unbiased")
    network = Sequential(inner.body, inner.head)
    return own(network, id="made", labels=inner.labels, preparation=inner.preparation)

def ask(pictures, boxes):
    return [[1 / 7] * 7 for _ in pictures]

def sends():
    options = dict(sends_pictures=True, host="example.com", version="1")
    return own(ask, id="away", labels=LABELS, **options)

def nothing():
    return 7

def broken():
    raise KeyError("weights")
"""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[object]]:
    """What the command would serve; the classifiers that a test registers leave with it."""
    seen: list[object] = []
    (tmp_path / "my_nets.py").write_text(MODULE)
    monkeypatch.delitem(sys.modules, "my_nets", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv(own_classifiers.VARIABLE, "")
    monkeypatch.setattr(classifiers.CLASSIFIERS, "_items", dict(classifiers.CLASSIFIERS._items))
    monkeypatch.setattr("facelib.app.server.launch.serve", lambda *given, **_: seen.append(given))
    own_classifiers.registered.cache_clear()
    yield seen
    own_classifiers.registered.cache_clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A network of one's own in ONNX."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 5, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 7)
    )
    path = tmp_path / "my_net.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network.eval(), (torch.rand(1, 1, 48, 48),), path, dynamo=False)
    return path


def asked(*options: str) -> None:
    """Run the command as a terminal does."""
    CliRunner().invoke(app, ["app", "--no-browser", *options], catch_exceptions=False)


def offered() -> dict[str, str]:
    """Who reads in a session's Explore, and why others don't."""
    explorer = Explorer(background=False)
    explorer.close()
    return {model.id: "" for model in explorer.models} | explorer.missing


@pytest.mark.usefixtures("single_threaded")
def test_a_file_stands_in_every_tab(served: list[object], file: Path) -> None:
    asked("--classifier", file.name, "--labels", LABELS, "--preparation", "48,gray,0,255")
    assert len(served) == 1
    assert "my_net" not in classifiers.available(), "it is the sessions' to register"
    assert offered()["my_net"] == ""
    assert "my_net" in known_classifiers()
    model = classifiers.load("my_net")
    assert (model.labels, model.preparation.colour) == (tuple(EMOTIONS), "gray")


@pytest.mark.usefixtures("single_threaded")
def test_a_function_makes_one_or_is_asked(served: list[object]) -> None:
    asked("--classifier", "my_nets:make", "--classifier", "my_nets:ask", "--labels", "", "--labels", LABELS)
    assert len(served) == 1
    found = offered()
    assert found["made"] == found["ask"] == ""
    faces = np.zeros((2, 64, 64, 3), np.uint8)
    boxes = np.array([[0, 0, 64, 64]] * 2, float)
    np.testing.assert_allclose(classifiers.load("ask").probabilities(faces, boxes), 1 / 7)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["nowhere.onnx"], r"a file, a folder or module:function; there is no nowhere\.onnx"),
        (["my_net.onnx"], r"doesn't state its labels and preparation.*--labels and --preparation"),
        (["my_net.onnx", "--labels", "happy,sad", "--preparation", "48,gray,0,255"], "7"),
        (["my_net.onnx", "--labels", LABELS, "--preparation", "48,gray"], "side, colour, mean and std"),
        (["my_net.onnx", "--labels", LABELS, "--labels", LABELS, "--labels", LABELS], "once for all"),
        (["my_nets.py"], "can’t be used"),
        (["my_nets:gone"], "AttributeError"),
        (["no_module:make"], "ModuleNotFoundError"),
        (["my_nets:nothing"], "has to return a classifier of facelib; got int"),
        (["my_nets:broken"], "KeyError"),
        (["my_nets:sends"], "sends pictures to another machine"),
        (["my_nets:make", "--classifier", "my_nets:make"], "rename one"),
    ],
)
@pytest.mark.usefixtures("single_threaded", "file")
def test_what_cant_be_used_is_said_before_anything_is_served(
    served: list[object], options: list[str], words: str
) -> None:
    with pytest.raises(BadValueError, match=words):
        asked("--classifier", *options)
    assert not served
    assert not os.environ[own_classifiers.VARIABLE]


def test_labels_alone_are_nobodys(served: list[object]) -> None:
    with pytest.raises(BadValueError, match="name it by --classifier"):
        asked("--labels", LABELS)
    assert not served


@pytest.mark.usefixtures("single_threaded")
def test_a_file_that_goes_while_the_page_is_served_is_told_in_the_page(
    served: list[object], file: Path
) -> None:
    asked("--classifier", str(file), "--labels", LABELS, "--preparation", "48,gray,0,255")
    file.unlink()
    assert "can’t be used" in offered()[str(file)]
    assert served
