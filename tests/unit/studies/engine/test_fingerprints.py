"""Keys: another one for whatever changes a row, the same one in every process for what doesn't."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from torch import nn

from facelib import classifiers as zoo
from facelib import interventions
from facelib.classifiers import Preparation, Scale, own
from facelib.studies.engine.fingerprints import STORING, WORKER, fingerprint, of_classifier, of_intervention
from facelib.utilities import code_digests as sources

KINDS = """
from facelib.studies.engine.fingerprints import fingerprint
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


@pytest.mark.thorough
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


@pytest.mark.thorough
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


BUILT_IN = """
from facelib.classifiers import load
from facelib.studies.engine.fingerprints import of_classifier
print(*(of_classifier(load(name)) for name in ("fer", "pyemotion", "human")))
"""
INSTRUCTIONS = (
    {"MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    {
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
    },
)
"""Two processors, as far as one machine can play them (AMD's takes no notice of the first)."""


@pytest.mark.packages
@pytest.mark.parametrize("name", ["fer", "pyemotion"])
def test_last_digits_of_a_network_from_a_file_are_no_difference(name: str) -> None:
    """Its normalisations are folded here, and their last digits are the processor's."""
    network = zoo.load(name)
    key = of_classifier(network)
    weight = next(network.body.parameters())
    kept = weight.detach().clone()
    try:
        weight.data = weight.data * (1 + 1e-6)
        assert of_classifier(network) == key
    finally:
        weight.data = kept


@pytest.mark.packages
@pytest.mark.thorough
def test_built_in_networks_have_the_same_keys_on_every_processor() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", BUILT_IN],
            env={**os.environ, **instructions},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for instructions in INSTRUCTIONS
    }
    assert len(printed) == 1, printed
    assert len(set(printed.pop().split())) == 3


def test_the_same_weights_in_another_network_are_another_classifier(tmp_path: Path) -> None:
    """A file of weights says nothing of the layers that they are read into."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)

    def network(layer: nn.Module) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(3, 4, 5), layer, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
        )

    file = tmp_path / "weights.safetensors"
    save_file(network(nn.ReLU()).state_dict(), file)
    keys = {
        of_classifier(
            own(
                file,
                factory=lambda layer=layer: network(layer),
                labels=["happy", "sad"],
                preparation=Preparation(32, "rgb", 0.0, 255.0),
            )
        )
        for layer in (nn.ReLU(), nn.Tanh())
    }
    assert len(keys) == 2


@pytest.mark.thorough
def test_one_network_with_other_probabilities_has_another_key() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 5), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    declared: Any = {
        "labels": ["cat", "dog"],
        "preparation": Preparation(32, "gray", 0.0, 255.0),
        "id": "mine",
    }
    keys = [
        of_classifier(own(network, outputs=outputs, **declared))
        for outputs in ("logits", "sigmoids", "multi-label", Scale("", -9, 9))
    ]
    assert len(set(keys)) == 4
    assert keys[0] == of_classifier(own(network, outputs="logits", **declared))


def test_moving_an_intervention_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules move; what they do doesn't."""
    import facelib.restoration.network as elsewhere  # any module that a worker imports

    palsy = interventions.get("palsy", side="left")
    before = of_intervention(palsy)
    monkeypatch.setattr(type(palsy), "__module__", elsewhere.__name__)
    assert of_intervention(palsy) == before


def test_what_facelib_has_beside_what_workers_import_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    palsy = interventions.get("palsy")
    keys = set()
    for module in ("facelib.interventions.palsy", "facelib.charts.palette", "facelib.charts.sweeps.curves"):
        monkeypatch.setattr(type(palsy), "__module__", module)
        keys.add(of_intervention(palsy))
    assert len(keys) == 3


JOBS = """
import json, sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from facelib.utilities import code_digests as sources

def bare(name):
    # a package that gives names without importing what a worker doesn't ask for
    path = sources._path(sources.FOLDER, name)
    module = ModuleType(name)
    module.__path__ = [str(path.parent)]
    module.__file__ = str(path)
    given = {one: item.module for item in sources._imports(path, name) for one in item.names}
    def named(word):
        if word.startswith("__"):
            raise AttributeError(word)
        if sources._path(sources.FOLDER, f"{name}.{word}"):
            return import_module(f"{name}.{word}")
        return getattr(import_module(given[word]), word)
    module.__getattr__ = named
    return module

kept = {name: module for name, module in sys.modules.items() if name.startswith("facelib")}
for name in kept:
    del sys.modules[name]
for name in sources.NAMES_ONLY:
    sys.modules[name] = bare(name)

import numpy as np
from facelib.face import Face
from facelib.head.head import Head
from facelib import classifiers as zoo
from facelib import interventions
from facelib.properties.property import PROPERTIES
from facelib.studies.engine.parquet_part import Job
from facelib.studies.engine.observers import MEASURES,  Reader, reader_of
from facelib.studies.engine.subjects import subjects
from facelib.studies.engine.worker import run_job
from facelib import classifiers as zoo

noise = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
picture = Face(noise, np.array([0.0, 0.0, 96.0, 96.0]), np.full((2, 2), np.nan), attributes={"id": "a"})
faces = [picture] + ([Head(seed=1, electrodes="fridlund")] if "heads" in sys.argv else [])
readers = {one: reader_of(zoo.load(one), travels=True) for one in ("known_unbiased",)}
readers[MEASURES] = Reader(MEASURES, "x", tuple(name for name in PROPERTIES))
ran = []
for face in faces:
    (subject,) = subjects([face])
    run_job(Job(subject, "", None, (0.0,), 64, {one: one for one in readers}), readers)  # all properties
    for name in interventions.INTERVENTIONS:
        change = interventions.get(name)
        if change.accepts(face):
            run_job(Job(subject, name, change, (0.0, 1.0), 64, {"known_unbiased": name}), readers)
            ran.append(name)
print(json.dumps([sorted(n for n in sys.modules if n.partition(".")[0] == "facelib"), sorted(set(ran))]))
"""


@pytest.mark.thorough
@pytest.mark.packages
def test_all_that_a_worker_really_imports_is_hashed() -> None:
    """Every change, classifier kind and property in a fresh process; nothing that it imported is missing."""
    import json

    ran = subprocess.run(
        [sys.executable, "-c", JOBS, "heads"], capture_output=True, text=True, check=False, timeout=600
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    imported, changes = json.loads(ran.stdout.splitlines()[-1])
    assert len(changes) > 20
    hashed = set(sources.closure(WORKER, without=STORING))
    stored = {name for name in imported if name in STORING}
    assert set(imported) - hashed - stored == set(sources.NAMES_ONLY)
    assert {"facelib.restoration.network", "facelib.classifiers.known_bias"} <= hashed
    folders = {path.parent.name for path in sources.files(hashed) if path.suffix == ".safetensors"}
    assert {"trained", "known_bias_weights"} <= folders
