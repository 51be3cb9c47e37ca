"""Weights of the trained network: the file, its provenance, and its reader."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from facelib.restoration.network import RestorationNetwork

WEIGHTS: Final = Path(__file__).with_name("trained") / "restoration.safetensors"
LOG: Final = WEIGHTS.with_name("training.json")


@functools.cache
def trained_network() -> RestorationNetwork:
    """Read the weights that come with facelib, float16 in the file; once.

    Raises
    ------
    BadModelError
        The file isn't what was trained.
    """
    from facelib.models.readers.weights import load_into, read_weights
    from facelib.restoration.network import RestorationNetwork

    network = RestorationNetwork()
    load_into(network, read_weights(WEIGHTS, sha256=training_log()["sha256"]))
    return network.eval().requires_grad_(requires_grad=False)


@functools.cache
def training_log() -> Mapping[str, Any]:
    """Return how the network was trained: seeds, sizes, losses, seconds, versions, hash."""
    read: Mapping[str, Any] = json.loads(LOG.read_text(encoding="utf-8"))
    return read
