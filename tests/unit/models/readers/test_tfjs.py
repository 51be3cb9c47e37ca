"""Weights of TensorFlow.js models, plain and quantised, over several shards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facelib.errors import UnavailableError
from facelib.models.readers.tfjs import read_tfjs

ENTRIES = [
    {"name": "plain", "shape": [2, 2], "dtype": "float32"},
    {
        "name": "bytes",
        "shape": [3],
        "dtype": "float32",
        "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1.0},
    },
    {"name": "scalar", "shape": [], "dtype": "int32"},
]
SHARDS = np.float32([1, 2, 3, 4]).tobytes() + np.uint8([0, 2, 255]).tobytes() + np.int32(7).tobytes()


def write(folder: Path, content: bytes, *, bare: bool) -> Path:
    (folder / "one.bin").write_bytes(content[:10])
    (folder / "two.bin").write_bytes(content[10:])
    groups = [{"paths": ["one.bin", "two.bin"], "weights": ENTRIES}]
    path = folder / "model.json"
    path.write_text(json.dumps(groups if bare else {"weightsManifest": groups}))
    return path


@pytest.mark.parametrize("bare", [True, False])
def test_weights(tmp_path: Path, bare: bool) -> None:
    found = read_tfjs(write(tmp_path, SHARDS, bare=bare))
    assert found["plain"].tolist() == [[1, 2], [3, 4]]
    assert found["bytes"].tolist() == [-1.0, 0.0, 126.5]
    assert found["scalar"].item() == 7


def test_a_shard_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="describes 23 bytes of weights, but its shards have 24"):
        read_tfjs(write(tmp_path, SHARDS + b"x", bare=True))


def test_shards_are_read_from_the_same_folder_only(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    path = write(tmp_path / "inside", SHARDS, bare=True)
    path.write_text(path.read_text().replace("one.bin", "../one.bin"))
    (tmp_path / "one.bin").write_bytes(b"outside123")
    assert read_tfjs(path)["plain"].tolist() == [[1, 2], [3, 4]]
