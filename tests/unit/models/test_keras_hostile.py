"""Keras files that lie or are damaged bring about one kind of error, soon, and nothing outside is touched."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from facelib.errors import BadModelError
from facelib.models.readers.keras_graph import read_keras_network

Bounded = Callable[[], AbstractContextManager[None]]


def config(*layers: dict[str, Any], side: int = 8) -> dict[str, Any]:
    first = {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [None, side, side, 1]}}
    last = [
        {"class_name": "Flatten", "config": {"name": "flat"}},
        {"class_name": "Dense", "config": {"name": "dense", "activation": "softmax"}},
    ]
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [first, *layers, *last]}}


def written(path: Path, stated: Any, change: Callable[[h5py.Group], None] | None = None) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = stated if isinstance(stated, str) else json.dumps(stated)
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = ["dense"]
        group = root.create_group("dense")
        group.attrs["weight_names"] = ["dense/kernel:0", "dense/bias:0"]
        group["dense/kernel:0"] = np.ones((64, 3), np.float32)
        group["dense/bias:0"] = np.ones(3, np.float32)
        if change:
            del group["dense/kernel:0"]
            change(group)
    return path


def huge(group: h5py.Group) -> None:
    group.create_dataset("dense/kernel:0", (50_000, 50_000), np.float32)  # 10 GB, none of which is written


def huge_piece(group: h5py.Group) -> None:
    group.create_dataset("dense/kernel:0", (64, 3), np.float32, chunks=(64, 3), maxshape=(None, None))
    del group["dense/kernel:0"]
    group.create_dataset(
        "dense/kernel:0", (20_000, 20_000), np.float32, chunks=(20_000, 20_000), compression="gzip"
    )


def elsewhere(group: h5py.Group) -> None:
    group["dense"]["kernel:0"] = h5py.ExternalLink("/etc/passwd", "/x")


def outside(group: h5py.Group) -> None:
    group.create_dataset("dense/kernel:0", (64, 3), np.float32, external=[("/etc/passwd", 0, 768)])


def texts(group: h5py.Group) -> None:
    group["dense/kernel:0"] = "text"


def padding(amount: int) -> dict[str, Any]:
    return {"class_name": "ZeroPadding2D", "config": {"name": "pad", "padding": amount}}


def nested(depth: int) -> dict[str, Any]:
    made = config()
    for _ in range(depth):
        made = {"class_name": "Sequential", "config": {"name": "s", "layers": [made]}}
    return made


HOSTILE: dict[str, tuple[Any, Callable[[h5py.Group], None] | None]] = {
    "10 GB of weights": (config(), huge),
    "a huge piece": (config(), huge_piece),
    "a link to another file": (config(), elsewhere),
    "weights in another file": (config(), outside),
    "texts": (config(), texts),
    "wrong shape": (config(side=9), None),
    "10 GB of pixels": (config(padding(50_000)), None),
    "a picture of 10 GB": (config(side=50_000), None),
    "negative padding": (config(padding(-3)), None),
    "models within models": (nested(12), None),
    "brackets": ("[" * 100_000, None),
    "tables": ('{"a":' * 10_000, None),
    "a number without end": ('{"a":' + "9" * 40_000, None),
    "no layers": ({"class_name": "Sequential", "config": {"layers": []}}, None),
    "a list": ([], None),
    "a word": ('"word"', None),
    "another class": ({"class_name": "os.system", "config": "true"}, None),
    "a layer without a name": (config({"class_name": "Conv2D", "config": {}}), None),
    "a layer's name that is no text": (config({"class_name": ["a"], "config": {"name": 3}}), None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name: str, tmp_path: Path, bounded: Bounded) -> None:
    read_keras_network(written(tmp_path / "right.h5", config()))
    path = written(tmp_path / "wrong.h5", *HOSTILE[name])
    with bounded(), pytest.raises(BadModelError, match=r"wrong\.h5"):
        read_keras_network(path)


def circle() -> dict[str, Any]:
    made = config()
    layers = made["config"]["layers"]
    for layer, given in zip(layers, (None, "dense", "flat"), strict=True):
        layer["inbound_nodes"] = [] if given is None else [[[given, 0, 0, {}]]]
    made["config"] |= {"input_layers": [["in", 0, 0]], "output_layers": [["dense", 0, 0]]}
    return made | {"class_name": "Functional"}


def test_layers_in_a_circle(tmp_path: Path, bounded: Bounded) -> None:
    path = written(tmp_path / "wrong.h5", circle())
    with bounded(), pytest.raises(BadModelError, match="isn't made by any layer"):
        read_keras_network(path)


def zipped(path: Path, members: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_zip_writes_nothing_anywhere(tmp_path: Path, bounded: Bounded) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    members = {
        "../../out.txt": b"x",
        "/out_of_keras.txt": b"x",
        "config.json": b"{}",
        "model.weights.h5": b"x",
    }
    before = sorted(tmp_path.rglob("*"))
    path = zipped(inner / "wrong.keras", members)
    with bounded(), pytest.raises(BadModelError):
        read_keras_network(path)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_zip_bomb(name: str, tmp_path: Path, bounded: Bounded) -> None:
    members = {"config.json": b"{}", "model.weights.h5": b"x"} | {name: b" " * 2**27}
    path = zipped(tmp_path / "wrong.keras", members, zipfile.ZIP_DEFLATED)
    with bounded(), pytest.raises(BadModelError, match="unpacked"):
        read_keras_network(path)


@pytest.mark.one_case
@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_truncated_anywhere(suffix: str, tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.h5", config())
    if suffix == ".keras":
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file["layers/dense/vars/0"], file["layers/dense/vars/1"] = np.ones((64, 3)), np.ones(3)
        members = {"config.json": json.dumps(config()).encode(), "model.weights.h5": buffer.getvalue()}
        whole = zipped(tmp_path / "whole.keras", members)
    read_keras_network(whole)
    content = whole.read_bytes()
    path = tmp_path / f"cut{suffix}"
    for end in range(0, len(content), 64):
        path.write_bytes(content[:end])
        with pytest.raises(BadModelError):
            read_keras_network(path)
