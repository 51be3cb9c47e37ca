"""The model card: what one must know of a classifier before believing it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """Where a classifier comes from and what it can't do.

    Parameters
    ----------
    title
        Name in menus.
    source
        Package, version and file.
    sha256
        Hash of the file with the weights, hexadecimal; empty for a network that isn't read from a file.
    licence
        Licence of the weights.
    network
        Architecture and its source.
    parameters
        Number of weights, batch normalisation folded into the layer beside it.
    input
        What the network sees: colour, size in px, scaling.
    feature_map
        The layer that Grad-CAM reads, with its size.
    probabilities
        How probabilities come from logits.
    training_data
        What it was trained on, as far as known.
    limits
        What to keep in mind.
    """

    title: str
    source: str
    sha256: str
    licence: str
    network: str
    parameters: int
    input: str
    feature_map: str
    probabilities: str
    training_data: str
    limits: str
