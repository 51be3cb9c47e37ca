"""Read the weights of TensorFlow.js models: a ``model.json`` or a manifest, with binary shards beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from facelib.errors import UnavailableError


def read_tfjs(path: Path) -> dict[str, torch.Tensor]:
    """Return every weight by its name, in TensorFlow's order of axes (see `facelib.models.readers.layout`).

    Parameters
    ----------
    path
        The ``model.json`` of a graph model, or a bare manifest as face-api's ``…-weights_manifest.json``.
        Its shards are read from the same folder.

    Raises
    ------
    UnavailableError
        The shards are longer or shorter than the manifest says.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    groups: Sequence[Mapping[str, Any]] = content["weightsManifest"] if isinstance(content, dict) else content
    weights: dict[str, torch.Tensor] = {}
    for group in groups:
        shards = b"".join((path.parent / Path(name).name).read_bytes() for name in group["paths"])
        start = 0
        for entry in group["weights"]:
            array, start = _decode(entry, shards, start)
            weights[entry["name"]] = torch.from_numpy(array)
        if start != len(shards):
            msg = f"{path.name} describes {start} bytes of weights, but its shards have {len(shards)}."
            raise UnavailableError(msg)
    return weights


def _decode(entry: Mapping[str, Any], shards: bytes, start: int) -> tuple[np.ndarray, int]:
    """Return one weight, dequantised, and where the next one begins."""
    quantisation = entry.get("quantization")
    stored = np.dtype((quantisation or entry)["dtype"])
    count = int(np.prod(entry["shape"]))
    array = np.frombuffer(shards, stored, count, start).reshape(entry["shape"])
    if quantisation and "scale" in quantisation:
        array = array.astype(np.float32) * np.float32(quantisation["scale"]) + np.float32(quantisation["min"])
    return array.astype(entry["dtype"]), start + count * stored.itemsize
