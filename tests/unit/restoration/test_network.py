"""The network: any size of picture, folded as trained, and weights that are those of the log."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from facelib.errors import BadModelError
from facelib.restoration import weights
from facelib.restoration.network import WIDTHS, RestorationNetwork


def test_pictures_of_any_multiple_of_sixteen_keep_their_size() -> None:
    network = RestorationNetwork().eval()
    with torch.no_grad():
        for height, width in ((16, 16), (48, 96), (224, 224)):
            mask, fill = network(torch.rand(1, 3, height, width))
            assert mask.shape == (1, 1, height, width)
            assert fill.shape == (1, 3, height, width)


def test_folding_changes_nothing() -> None:
    torch.manual_seed(1)
    network = RestorationNetwork(normalised=True).train()
    for _ in range(3):  # running means that aren't 0 and 1
        network(torch.rand(4, 3, 32, 32))
    network.eval()
    x = torch.rand(2, 3, 64, 48)
    with torch.no_grad():
        for one, other in zip(network(x), network.folded()(x), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
    assert not any("running" in name for name in network.folded().state_dict())


def test_the_weights_are_small_and_those_of_the_log() -> None:
    content = weights.WEIGHTS.read_bytes()
    log = weights.training_log()
    assert len(content) == log["bytes"] < 4_000_000
    assert hashlib.sha256(content).hexdigest() == log["sha256"]
    kept = load_file(weights.WEIGHTS)
    assert sum(tensor.numel() for tensor in kept.values()) == log["parameters"]
    assert all(tensor.isfinite().all() for tensor in kept.values())
    assert tuple(log["widths"]) == WIDTHS
    assert log["losses"][-1] < 0.5 * log["losses"][0]


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = json.loads(weights.LOG.read_text())
    content = bytearray(weights.WEIGHTS.read_bytes())
    content[-1] ^= 1
    (tmp_path / "w.safetensors").write_bytes(bytes(content))
    monkeypatch.setattr(weights, "WEIGHTS", tmp_path / "w.safetensors")
    monkeypatch.setattr(weights, "training_log", lambda: log)
    with pytest.raises(BadModelError, match=r"w\.safetensors"):
        weights.trained_network.__wrapped__()
