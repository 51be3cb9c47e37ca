"""What data/README.md tells works as it stands there."""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from facelib.classifiers import CLASSIFIERS, catalogue
from facelib.classifiers.loaders.loaded import LOADERS
from facelib.classifiers.presets import PRESETS

TEXT = (Path(__file__).parents[3] / "data" / "README.md").read_text()
SAMPLES = {"module": "network", "onnx": ".onnx", "keras": ".keras", "state_dict": ".safetensors"}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(CLASSIFIERS, "_items", dict(CLASSIFIERS._items))
    catalogue._discover.cache_clear()
    yield
    catalogue._discover.cache_clear()


def exported(outputs: int, path: Path) -> None:
    torch.manual_seed(outputs)
    pool = nn.AdaptiveAvgPool2d(1)
    network = nn.Sequential(nn.Conv2d(3, 4, 5, 4), nn.ReLU(), pool, nn.Flatten(), nn.Linear(4, outputs))
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of torch's older, lighter exporter
        torch.onnx.export(network.eval(), (torch.zeros(1, 3, 224, 224),), str(path), dynamo=False)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.usefixtures("single_threaded")
def test_its_examples_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    exported(3, tmp_path / "my_net.onnx")
    exported(8, tmp_path / "data" / "hsemotion" / "enet_b0_8_best_vgaf.onnx")
    examples = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(examples) == 10
    space: dict[str, Any] = {}
    for example in examples:
        exec(example, space)
    assert {"mine", "hsemotion_onnx"} <= set(CLASSIFIERS)
    assert space["found"].table["n"].iloc[0] == 24  # eight people, the three expressions that it knows
    exec(examples[0], space)  # a cell is run again


def test_every_kind_has_its_line_and_every_preset_that_is_named_is_there() -> None:
    table = "\n".join(line.lower() for line in TEXT.splitlines() if line.startswith("|"))
    for kind in LOADERS:
        assert SAMPLES.get(kind, kind) in table, kind
    for name in re.findall(r'preset\("(\w+)"', TEXT):
        assert name in PRESETS
    (group,) = tomllib.loads(re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)[0])["project"]["entry-points"]
    assert group == catalogue.ENTRY_POINTS
