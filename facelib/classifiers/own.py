"""Bring your own classifier: a network from a file or from memory becomes a `Classifier`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from facelib.classifiers.card import Card
from facelib.classifiers.classifier import Classifier, normalised_sigmoid, softmax
from facelib.classifiers.emotions import EMOTIONS, common
from facelib.classifiers.loaders import Declared, Loaded, Outputs, load_source
from facelib.classifiers.preparation import Preparation
from facelib.classifiers.split import Halves, split
from facelib.errors import BadModelError, BadValueError

SMALLEST = 1e-12  # probabilities below it are taken for it: their logarithm is the logit


class LabelWarning(UserWarning):
    """A label of a classifier has no counterpart among the common emotions."""


def own(
    source: str | Path | nn.Module,
    *,
    kind: str | None = None,
    id: str = "own",  # noqa: A002
    labels: Sequence[str] | None = None,
    emotions: Mapping[str, str | None] | None = None,
    preparation: Preparation | None = None,
    outputs: Outputs | None = None,
    trust: bool = False,
    cam_layer: str | None = None,
    title: str | None = None,
    licence: str = "not stated",
    training_data: str = "not stated",
    limits: str = "not stated",
    rights: str = "not stated",
    **options: Any,
) -> Classifier:
    """Make a classifier of a network of yours.

    Parameters
    ----------
    source
        A torch module (a copy is taken), or a file: ONNX, Keras (.h5, .keras), TensorFlow Lite, TorchScript,
        weights (.safetensors, .pt …; they need `factory` or `architecture`), or the folder of a transformers
        image classifier. Files are read on this machine, and no code of theirs is run unless `trust` is True.
        ONNX files are checked and tried out in a process with limits before onnxruntime runs them here.
    kind
        One of `facelib.classifiers.LOADERS` where the file's name doesn't tell.
    id
        Name in the registry.
    labels
        The network's own names of its K outputs, in their order; None if the file states them.
    emotions
        Own name to one of `EMOTIONS`, or None where there is no such emotion; None: by their names. A label
        that finds no counterpart is then named in a `LabelWarning`.
    preparation
        What the network sees of a picture; None if the file states it.
    outputs
        "logits" or "probabilities"; None: as the file states, else logits.
    trust
        Whether you know and trust the maker of the file. TorchScript is a program that can read and write
        files as you can: without ``trust=True`` it isn't loaded. An ONNX file is then not tried out first.
    cam_layer
        Layer that class activation maps read; None: the last one that serves.
    title, licence, training_data, limits, rights
        For the card.
    **options
        What the kind needs, such as ``factory=`` or ``architecture="timm:resnet18"``.

    Raises
    ------
    BadValueError
        Something isn't declared, or doesn't fit the network.
    BadModelError
        The file isn't what it should be, needs too much time or memory, or is a program and `trust` isn't
        True; nothing of it is kept.
    UnavailableError
        A package that reads this kind isn't installed.

    Examples
    --------
    >>> from torch import nn
    >>> from facelib.classifiers import Preparation
    >>> pool = nn.AdaptiveAvgPool2d(1)
    >>> net = nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), pool, nn.Flatten(), nn.Linear(4, 2))
    >>> clf = own(net, labels=["happy", "sad"], preparation=Preparation(32, "gray", 0.0, 255.0))
    >>> clf.card.feature_map
    'layer 1, 4 × 28 × 28'
    """
    named = None if labels is None else tuple(labels)
    declared = Declared(named, preparation.size if preparation else None, trust)
    loaded = load_source(source, kind, declared, options)
    names = named or loaded.labels
    seen = preparation or loaded.preparation
    if names is None or seen is None:
        missing = " and ".join(
            word for word, value in (("labels", names), ("preparation", seen)) if value is None
        )
        msg = (
            f"{loaded.source} doesn't state its {missing}; declare them, for example "
            "labels=['angry', 'happy'], preparation=Preparation(224, 'rgb', 127.5, 127.5)."
        )
        raise BadValueError(msg)
    sample = _sample(seen)
    network = loaded.network.eval().requires_grad_(requires_grad=False)
    _check(network, sample, names, loaded.source)
    if (outputs or loaded.outputs) == "probabilities":
        network = _check_probabilities(nn.Sequential(network, _Logarithm()), network, sample, loaded.source)
    halves = _cut(network, loaded, sample, cam_layer)
    return Classifier(
        id,
        halves.body,
        halves.head,
        labels=names,
        emotions=_table(names, emotions),
        preparation=seen,
        card=Card(
            title=title or id,
            source=loaded.source,
            sha256=loaded.sha256,
            licence=licence,
            network=loaded.architecture,
            parameters=sum(weight.numel() for weight in loaded.network.parameters()),
            input=seen.describe(),
            feature_map=_feature_map(halves, sample),
            probabilities="sigmoids divided by their sum" if loaded.sigmoids else "softmax of the logits",
            training_data=training_data,
            limits=limits,
            rights=rights,
        ),
        to_probabilities=normalised_sigmoid if loaded.sigmoids else softmax,
        layout=halves.layout,
        no_maps=halves.no_maps,
    )


class _Logarithm(nn.Module):
    """Logits of probabilities, up to a constant."""

    def forward(self, p: torch.Tensor) -> torch.Tensor:
        """Map p to log p."""
        return p.clamp_min(SMALLEST).log()


def _sample(preparation: Preparation) -> torch.Tensor:
    """Return two prepared pictures of noise."""
    side = max(preparation.size, 2)
    noise = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    return preparation(noise)


@torch.no_grad()
def _check(network: nn.Module, sample: torch.Tensor, labels: tuple[str, ...], source: str) -> None:
    """Raise unless the network takes the pictures and has one finite output a label."""
    shape = " × ".join(map(str, sample.shape[1:]))
    try:
        found = network(sample)
    except Exception as error:
        msg = (
            f"{source} can't be run on pictures of {shape}, as `preparation` makes them: "
            f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
        )
        raise BadValueError(msg) from error
    if not isinstance(found, torch.Tensor) or found.shape != (len(sample), len(labels)):
        got = f"shape {tuple(found.shape)}" if isinstance(found, torch.Tensor) else type(found).__name__
        msg = (
            f"{source} has {len(labels)} labels ({', '.join(labels)}), so it should return a tensor of shape "
            f"({len(sample)}, {len(labels)}) for {len(sample)} pictures; got {got}."
        )
        raise BadValueError(msg)
    if not torch.isfinite(found).all():
        msg = (
            f"{source} returns numbers that aren't finite: its weights are damaged, or its input is another."
        )
        raise BadModelError(msg)


@torch.no_grad()
def _check_probabilities(
    logarithms: nn.Module, network: nn.Module, sample: torch.Tensor, source: str
) -> nn.Module:
    found = network(sample)
    if found.min() < 0 or not torch.allclose(found.sum(1), torch.ones(len(found)), atol=1e-3):
        msg = (
            f"{source} doesn't return probabilities that sum to one (they sum to {found.sum(1).tolist()}); "
            "declare outputs='logits'."
        )
        raise BadValueError(msg)
    return logarithms


def _cut(network: nn.Module, loaded: Loaded, sample: torch.Tensor, cam_layer: str | None) -> Halves:
    if loaded.no_gradient:
        if cam_layer is not None:
            msg = f"{loaded.source} has no maps, so no `cam_layer`: {loaded.no_gradient}."
            raise BadValueError(msg)
        return Halves(network, nn.Identity(), "", no_maps=loaded.no_gradient)
    return split(loaded.adapt(network, sample), sample, cam_layer)


def _table(labels: tuple[str, ...], given: Mapping[str, str | None] | None) -> dict[str, str | None]:
    """Return the common emotion of every label, and warn of labels that have none."""
    if len(set(labels)) < len(labels):
        msg = f"Every output has a label of its own; got {', '.join(labels)}."
        raise BadValueError(msg)
    table = common(labels) if given is None else dict(given)
    known = [emotion for emotion in table.values() if emotion is not None]
    wrong = sorted({str(emotion) for emotion in known} - set(EMOTIONS))
    if set(table) != set(labels) or wrong or len(set(known)) < len(known):
        msg = (
            f"`emotions` gives each of the labels {', '.join(labels)} one of {', '.join(EMOTIONS)}, each at "
            f"most once, or None; got {table}."
        )
        raise BadValueError(msg)
    if not known:
        msg = f"None of the labels {', '.join(labels)} is a common emotion; say by `emotions` what they mean."
        raise BadValueError(msg)
    without = [label for label in labels if table[label] is None]
    if without and given is None:
        msg = (
            f"No common emotion corresponds to {', '.join(without)}: it takes part in the probabilities, but "
            "no table or chart compares it. Say so by `emotions` to be told no more."
        )
        warnings.warn(msg, LabelWarning, stacklevel=3)
    return table


@torch.no_grad()
def _feature_map(halves: Halves, sample: torch.Tensor) -> str:
    """Say which layer maps read, with its size, or why there are none."""
    if halves.no_maps:
        return f"none: {halves.no_maps}"
    maps = halves.layout.maps(halves.body(sample))
    return f"layer {halves.layer}, {' × '.join(map(str, maps.shape[1:]))}"
