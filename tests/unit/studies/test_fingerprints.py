"""Keys: another one for whatever changes a row, the same one in every process for what doesn't."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest
from torch import nn

from facelib import interventions
from facelib.classifiers import Preparation, own
from facelib.studies.fingerprints import fingerprint, of_classifier, of_intervention

KINDS = """
from facelib.studies.fingerprints import fingerprint
def known(name):
    return name in {"happy", "sad", "angry", "afraid", "neutral"}
print(fingerprint(known))
"""

MINE = """
from dataclasses import dataclass
from facelib.interventions import Intervention
SHADE = {shade}
def paint(image):
    image[:8] = SHADE
@dataclass(frozen=True)
class Mine(Intervention):
    id, title, group, cost, description, sentence = "mine", "", "", "pixels", "", ""
    def apply(self, face, strength):
        {line}
        return face
"""


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what runs a cell of a notebook, and gives the class that it defines."""

    def run(shade: int = 3, line: str = "paint(face.image)") -> Any:
        module = ModuleType("notebook_of_mine")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(MINE.format(shade=shade, line=line), module.__dict__)
        return module.Mine()

    return run


def test_an_edited_intervention_of_ones_own_is_another_one(notebook: Any) -> None:
    key = of_intervention(notebook())
    assert of_intervention(notebook()) == key, "the same cell again"
    assert of_intervention(notebook(line="paint(face.image.T)")) != key, "its code"
    assert of_intervention(notebook(shade=4)) != key, "a number that a function of it reads"


def test_a_function_is_told_apart_by_what_it_reads_and_calls() -> None:
    def made(source: str) -> str:
        module = ModuleType("notebook_of_mine")
        exec(source, module.__dict__)
        return fingerprint(module.change)

    first = "def half(x): return x / {0}\ndef change(x): return [half(y) for y in x]\n"
    assert made(first.format(2)) == made(first.format(2))
    assert made(first.format(2)) != made(first.format(3))


def test_the_order_of_a_set_is_no_difference() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", KINDS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


class Squared(nn.Module):
    """A layer without weights."""

    def forward(self, x: Any) -> Any:
        return x * x


class Doubled(nn.Module):
    """Another one."""

    def forward(self, x: Any) -> Any:
        return x + x


@pytest.mark.parametrize("layers", [(nn.ReLU(), nn.Tanh()), (Squared(), Doubled())])
def test_a_network_with_the_same_weights_that_does_something_else_is_another_one(
    layers: tuple[nn.Module, nn.Module],
) -> None:
    import torch

    def key(layer: nn.Module) -> str:
        torch.manual_seed(0)
        parts = [nn.Conv2d(3, 4, 5), layer, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)]
        net = nn.Sequential(*parts)
        return of_classifier(
            own(net, labels=["happy", "sad"], preparation=Preparation(32, "rgb", 0.0, 255.0))
        )

    first, second = layers
    assert key(first) == key(first)
    assert key(first) != key(second)


def test_options_tell_interventions_apart() -> None:
    keys = {of_intervention(interventions.get("palsy", side=side)) for side in ("left", "right")}
    assert len(keys) == 2
    assert of_intervention(interventions.get("palsy", side="left")) in keys
