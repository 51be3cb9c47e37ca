"""Read Keras files (.h5, .hdf5, .keras): the weights of their layers, and how the layers are connected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from facelib.models.readers import layout
from facelib.models.readers.hdf5 import Hdf5, opened
from facelib.utilities.content import Archive, parse_json, read_content

Path_ = tuple[str, ...]
Weights = dict[Path_, list[torch.Tensor]]
"""A layer's name, after those of the models that it is within, to its weights in Keras' order."""


def read_keras(path: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Return the weights of every layer that has some, of an old-format file (.h5, .hdf5).

    Parameters
    ----------
    path
        A file written by Keras' ``Model.save`` or ``save_weights`` in HDF5.

    Returns
    -------
    dict
        Layer name to weight name ("kernel", "bias", "gamma", "moving_mean" …) to float32 tensor,
        kernels in torch's order of axes.

    Raises
    ------
    BadModelError
        The file isn't one, or damaged.
    """
    layers: dict[str, dict[str, torch.Tensor]] = {}
    with opened(read_content(path), path.name) as file:
        for layer, group in _groups(file):
            names = file.texts(group, "weight_names")
            if names:
                layers[layer] = dict(_weight(name, file.array(group, name)) for name in names)
    return layers


@dataclass(frozen=True)
class KerasFile:
    """The content of a Keras file.

    Attributes
    ----------
    config
        How the network is made up, as Keras wrote it; None for a file of weights alone.
    weights
        Under the layers' names, or their kinds.
    by_kind
        Whether it is kinds, numbered as they come: "conv2d", "conv2d_1" …, as Keras 3's own format has it.
    """

    config: Any
    weights: Weights
    by_kind: bool


def read_model(path: Path) -> KerasFile:
    """Return what a Keras file holds.

    Raises
    ------
    BadModelError
        The file isn't one of Keras', or damaged.
    """
    content = read_content(path)
    if content[:4] == b"PK\x03\x04":
        archive = Archive(content, path.name)
        config = parse_json(archive.read("config.json"), f"config.json of {path.name}")
        with opened(archive.read("model.weights.h5"), f"model.weights.h5 of {path.name}") as file:
            return KerasFile(config, _numbered(file, file.group(file.root, "layers"), (), {}), by_kind=True)
    with opened(content, path.name) as file:
        stated = file.texts(file.root, "model_config")
        config = parse_json(stated[0], f"model_config of {path.name}") if stated else None
        if "layers" in file.root and "layer_names" not in file.root.attrs:
            return KerasFile(config, _numbered(file, file.group(file.root, "layers"), (), {}), by_kind=True)
        return KerasFile(config, _named(file), by_kind=False)


def _groups(file: Hdf5) -> Iterable[tuple[str, h5py.Group]]:
    """Return the groups of layers of an old-format file in the model's order."""
    root = file.group(file.root, "model_weights") if "model_weights" in file.root else file.root
    names = file.texts(root, "layer_names") or [name for name in root if isinstance(root[name], h5py.Group)]
    return [(name, file.group(root, name)) for name in names]


def _named(file: Hdf5) -> Weights:
    """Read "layer/kernel:0" of a layer, and "model/layer/kernel:0" or "layer/kernel:0" of a model within."""
    weights: Weights = {}
    for layer, group in _groups(file):
        for name in file.texts(group, "weight_names"):
            parts = tuple(name.split("/")[:-1])
            inner = parts[1:] if parts[:1] == (layer,) else parts
            weights.setdefault((layer, *inner), []).append(torch.from_numpy(file.array(group, name)))
    return weights


def _numbered(file: Hdf5, group: h5py.Group, above: Path_, weights: Weights) -> Weights:
    """Read layers/<kind>/vars/0, 1 … and the layers of models within."""
    for kind in group:
        layer, path = file.group(group, kind), (*above, kind)
        if "vars" in layer:
            variables = file.group(layer, "vars")
            order = sorted(variables, key=int)
            weights[path] = [torch.from_numpy(file.array(variables, number)) for number in order]
        if "layers" in layer:
            _numbered(file, file.group(layer, "layers"), path, weights)
    return weights


def find(weights: Mapping[Path_, list[torch.Tensor]], path: Path_) -> list[torch.Tensor]:
    """Return a layer's weights; none if there are none."""
    if path in weights:
        return weights[path]
    within = [key for key in weights if key[0] == path[0]]
    for name in ("/".join(path[1:]), path[-1] if len(path) > 1 else ""):  # old files leave out models within
        same = [key for key in within if "/".join(("", *key[1:])).endswith(f"/{name}" if name else "")]
        if same:
            return [tensor for key in same for tensor in weights[key]]
    return []


def _weight(name: str, array: np.ndarray) -> tuple[str, torch.Tensor]:
    short = name.rsplit("/", 1)[-1].split(":", maxsplit=1)[0]
    tensor = torch.from_numpy(array)
    if tensor.ndim == 4:
        turn = layout.depthwise if short.startswith("depthwise") else layout.convolution
        return short, turn(tensor)
    return short, layout.dense(tensor) if tensor.ndim == 2 else tensor
