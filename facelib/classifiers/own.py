"""Bring your own classifier: a network from a file or from memory becomes a `Classifier`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from inspect import signature
from pathlib import Path
from typing import Any, Final, cast, get_args

import numpy as np
import torch
from torch import nn

from facelib.classifiers.builtin import RECIPES
from facelib.classifiers.card import Card
from facelib.classifiers.certainties import certainties, look_like_sigmoids
from facelib.classifiers.checking import check
from facelib.classifiers.classifier import Classifier, normalised_sigmoid, softmax
from facelib.classifiers.emotions import EMOTIONS, SYNONYMS, common, is_further, shortened
from facelib.classifiers.known_bias import BIASES
from facelib.classifiers.loaders.loaded import Declared, Loaded, Outputs, load_source
from facelib.classifiers.preparation import Preparation
from facelib.classifiers.split import Halves, split
from facelib.errors import BadModelError, BadValueError, FacelibError, FacelibWarning
from facelib.head.geometry.arrays import cache_path
from facelib.models.devices import Device, as_device
from facelib.models.readers.trial import are_probabilities
from facelib.utilities.nearest import nearest

SMALLEST = 1e-12  # probabilities below it are taken for it: their logarithm is the logit
NEAR_ONE: Final = 1 - 2.0**-24  # sigmoids above it are taken for it: single precision ends there
SMALL: Final = 100e6  # floating-point operations per picture: some ms on one core
SURE: Final = 0.001  # level at which rendered heads speak against a declaration unasked
MANY: Final = 40  # labels of which misspelt emotions are looked for; a network of more has other labels
NEAR: Final = 0.8  # how much a misspelt emotion is like one, as `difflib` measures it
TAKEN: Final = (
    "Its outputs are taken as probabilities: none is negative, and those of a picture sum to 1. Say so by "
    "outputs='probabilities'."
)


class LabelWarning(FacelibWarning):
    """A label of a classifier has no counterpart among the common emotions."""


class DeclarationWarning(FacelibWarning):
    """A classifier's declaration doesn't fit what its network does."""


def own(
    source: str | Path | nn.Module,
    *,
    kind: str | None = None,
    id: str | None = None,  # noqa: A002
    labels: Sequence[str] | None = None,
    emotions: Mapping[str, str | None] | None = None,
    preparation: Preparation | None = None,
    outputs: Outputs | Callable[..., Any] | None = None,
    trust: bool = False,
    cam_layer: str | None = None,
    device: str | Device | None = None,
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
        One of `facelib.classifiers.LOADERS` where the file's name doesn't say.
    id
        Name in the registry; None: made of the file's name or of the network's class.
    labels
        The network's own names of its K outputs, in their order; None if the file states them.
    emotions
        Own name to one of `EMOTIONS`, or None where there is no such emotion; None: by their names. A label
        that finds no counterpart is then named in a `LabelWarning`. A network of other things (cats and dogs)
        has no emotions at all: tables, charts and sentences take its own labels.
    preparation
        What the network sees of a picture; None if the file states it.
    outputs
        "logits", "probabilities" that sum to one, or "sigmoids": one for each class, of which probabilities
        are made by `normalised_sigmoid` (which may be given as well). The network may end before or after the
        sigmoid: where its outputs don't look like sigmoids, facelib applies it. None: as the file states,
        else probabilities if they look like them, and logits if not.
    trust
        Whether you know and trust the maker of the file. TorchScript is a program that can read and write
        files as you can: without ``trust=True`` it isn't loaded. An ONNX file is then not tried out first.
    cam_layer
        Layer that class activation maps read; None: the last one that serves.
    device
        Where it reads, as for `facelib.classifiers.load`. It is made and checked on the processor, and its
        answers on an accelerator are compared with those.
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
        A package that reads this kind isn't installed, or the device isn't on this machine.

    Warns
    -----
    DeclarationWarning
        What was declared doesn't fit: the outputs are probabilities or sigmoids, differ when a picture is
        read twice or with other ones, or are the same for every picture, mean and std are those of values
        0 … 1, or, tried on rendered heads where the network is small, another preparation or order of labels
        names many more of them as intended. `Classifier.check` has the numbers for any network.

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
    named = _names(labels)
    as_device(device)  # one that isn't there is refused before anything is read
    outputs = "sigmoids" if outputs is normalised_sigmoid else cast("Outputs | None", outputs)
    _check_words(preparation, emotions, outputs, id)
    declared = Declared(named, preparation.size if preparation else None, trust)
    loaded = load_source(source, kind, declared, options, known=tuple(signature(own).parameters))
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
    answers = _check(network, sample, names, loaded.source)
    probable = are_probabilities(answers)
    stated = outputs or ("probabilities" if probable else loaded.outputs)
    sigmoids = loaded.sigmoids or stated == "sigmoids"
    network = _to_logits(network, stated, sample, answers, loaded.source)
    halves = _cut(network, loaded, sample, cam_layer)
    name = id or _id(loaded.source)
    made = Classifier(
        name,
        halves.body,
        halves.head,
        labels=names,
        emotions=_table(names, emotions),
        preparation=seen,
        card=Card(
            title=title or name,
            source=loaded.source,
            sha256=loaded.sha256,
            licence=licence,
            network=loaded.architecture,
            parameters=sum(weight.numel() for weight in loaded.network.parameters()),
            input=seen.describe(),
            feature_map=_feature_map(halves, sample),
            probabilities="sigmoids divided by their sum" if sigmoids else "softmax of the logits",
            training_data=training_data,
            limits=limits,
            rights=rights,
        ),
        to_probabilities=normalised_sigmoid if sigmoids else softmax,
        layout=halves.layout,
        no_maps=halves.no_maps,
    )
    found_out = probable and outputs is None and loaded.outputs != "probabilities"
    if findings := ((TAKEN,) if found_out else ()) + _findings(made, sample):
        warnings.warn(f"{name}: {' '.join(findings)}", DeclarationWarning, stacklevel=2)
    return made.on(device)


def _names(labels: object) -> tuple[str, ...] | None:
    """Return the names of the outputs, or raise `BadValueError` if they aren't a list of words."""
    if labels is None:
        return None
    listed = isinstance(labels, Iterable) and not isinstance(labels, str | bytes | Mapping | AbstractSet)
    named: tuple[Any, ...] = tuple(cast("Iterable[Any]", labels)) if listed else ()
    if not named or not all(isinstance(label, str) and label.strip() for label in named):
        why = " A set has no order of its own." if isinstance(labels, AbstractSet) else ""
        msg = (
            f"`labels` is a list of the outputs' names in their order, as ['angry', 'happy']; got {labels!r}."
            f"{why}"
        )
        raise BadValueError(msg)
    return tuple(str(label) for label in named)


def _check_words(preparation: object, emotions: object, outputs: object, id: object) -> None:  # noqa: A002
    """Raise `BadValueError` for what is of another kind than `own` takes."""
    if preparation is not None and not isinstance(preparation, Preparation):
        msg = (
            "`preparation` says what the network sees, as Preparation(224, 'rgb', 127.5, 127.5) or "
            f"Preparation.imagenet(224); got {preparation!r}."
        )
        raise BadValueError(msg)
    if emotions is not None and not isinstance(emotions, Mapping):
        msg = f"`emotions` is a table, as {{'joyful': 'happy', 'contempt': None}}; got {emotions!r}."
        raise BadValueError(msg)
    if outputs not in (None, *get_args(Outputs)):
        msg = f"`outputs` is one of {', '.join(map(repr, get_args(Outputs)))}, or None; got {outputs!r}."
        raise BadValueError(msg)
    if id is not None and not (isinstance(id, str) and id.strip()):
        msg = f"`id` is a name for the registry; got {id!r}."
        raise BadValueError(msg)


def _id(source: str) -> str:
    """Return a name of a file or class as an id; one that comes with facelib keeps its own.

    >>> _id("My net.v2.onnx"), _id("torch module ConvNet"), _id("fer.onnx")
    ('my_net_v2', 'conv_net', 'own_fer')
    """
    name = source.removeprefix("torch module ")
    stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", Path(name).stem)
    found = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_") or "own"
    return f"own_{found}" if found in {one.id for one in (*RECIPES, *BIASES)} else found


def _findings(made: Classifier, sample: torch.Tensor) -> tuple[str, ...]:
    """Return what speaks against the declaration; heads are read where that is quick."""
    certain = certainties(made)
    if certain or not cache_path().is_file() or not _is_small(made, sample):
        return certain
    try:
        return check(made, level=SURE, unasked=True).findings
    except FacelibError:  # the heads aren't on this machine
        return ()


@torch.no_grad()
def _is_small(made: Classifier, sample: torch.Tensor) -> bool:
    """Return whether a picture costs so little that all comparisons take about a second."""
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    try:
        with counter:
            made.head(made.body(sample[:1]))
    except Exception:  # it can't be counted
        return False
    return 0 < counter.get_total_flops() <= SMALL


class _Logarithm(nn.Module):
    """Logits of probabilities, up to a constant."""

    def forward(self, p: torch.Tensor) -> torch.Tensor:
        """Map p to log p."""
        return p.clamp_min(SMALLEST).log()


class _Logit(nn.Module):
    """The logit of a sigmoid."""

    def forward(self, p: torch.Tensor) -> torch.Tensor:
        """Map p to log p / (1 − p)."""
        return p.clamp(SMALLEST, NEAR_ONE).logit()


def _sample(preparation: Preparation) -> torch.Tensor:
    """Return two prepared pictures of noise."""
    side = max(preparation.size, 2)
    noise = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    return preparation(noise)


@torch.no_grad()
def _check(network: nn.Module, sample: torch.Tensor, labels: tuple[str, ...], source: str) -> torch.Tensor:
    """Return the outputs; raise unless the network takes the pictures and has one finite output per label."""
    shape = " × ".join(map(str, sample.shape[1:]))
    try:
        answers = network(sample)
    except Exception as error:
        msg = (
            f"{source} can't be run on pictures of {shape}, as `preparation` makes them: "
            f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
        )
        raise BadValueError(msg) from error
    if not isinstance(answers, torch.Tensor) or answers.shape != (len(sample), len(labels)):
        got = f"shape {tuple(answers.shape)}" if isinstance(answers, torch.Tensor) else type(answers).__name__
        msg = (
            f"{source} has {len(labels)} labels ({shortened(labels)}), so it should return a tensor of shape "
            f"({len(sample)}, {len(labels)}) for {len(sample)} pictures; got {got}."
        )
        raise BadValueError(msg)
    if not torch.isfinite(answers).all():
        msg = (
            f"{source} returns numbers that aren't finite: its weights are damaged, or its input is another."
        )
        raise BadModelError(msg)
    return answers


def _to_logits(
    network: nn.Module, stated: Outputs, sample: torch.Tensor, found: torch.Tensor, source: str
) -> nn.Module:
    """Return a network that gives logits; raise `BadValueError` if its outputs aren't what is stated."""
    if stated == "logits":
        return network
    if stated == "sigmoids":  # or what comes before them, as networks are trained
        return nn.Sequential(network, _Logit()) if look_like_sigmoids(network, sample) else network
    if found.min() < 0 or not torch.allclose(found.sum(1), torch.ones(len(found)), atol=1e-3):
        likely = "sigmoids" if look_like_sigmoids(network, sample) else "logits"
        msg = (
            f"{source} doesn't return probabilities that sum to one (they sum to {found.sum(1).tolist()}); "
            f"declare outputs={likely!r}."
        )
        raise BadValueError(msg)
    return nn.Sequential(network, _Logarithm())


def _cut(network: nn.Module, loaded: Loaded, sample: torch.Tensor, cam_layer: str | None) -> Halves:
    if loaded.no_gradient:
        if cam_layer is not None:
            msg = f"{loaded.source} has no maps, so no `cam_layer`: {loaded.no_gradient}."
            raise BadValueError(msg)
        return Halves(network, nn.Identity(), "", no_maps=loaded.no_gradient)
    return split(loaded.adapt(network, sample), sample, cam_layer)


def _astray(table: Mapping[str, str | None], labels: tuple[str, ...], wrong: Sequence[str]) -> str:
    """Say which keys are no labels, which labels have no key, and which values are no emotions."""
    strange, absent = [key for key in table if key not in labels], [one for one in labels if one not in table]
    parts = [("No label: ", strange, labels), ("Not there: ", absent, ()), ("No emotion: ", wrong, EMOTIONS)]
    sentences = []
    for what, words, known in parts:
        near = {word: nearest(word, known) for word in words}
        said = [f"{word!r}" + (f" (did you mean {near[word][0]!r}?)" if near[word] else "") for word in words]
        sentences += [f" {what}{shortened(said)}."] if said else []
    return "".join(sentences)


def _table(labels: tuple[str, ...], given: Mapping[str, str | None] | None) -> dict[str, str | None]:
    """Return the common emotion of every label, and warn of labels that have none."""
    if len({label.strip() for label in labels}) < len(labels):
        msg = f"Every output has a label of its own; got {shortened(labels)}."
        raise BadValueError(msg)
    table = _by_name(labels) if given is None else dict(given)
    emotions = [emotion for emotion in table.values() if emotion is not None]
    wrong = sorted({str(emotion) for emotion in emotions} - set(EMOTIONS))
    if set(table) != set(labels) or wrong or len(set(emotions)) < len(emotions):
        msg = (
            f"`emotions` gives each of the labels {shortened(labels)} one of {', '.join(EMOTIONS)}, each at "
            f"most once, or None; got {given}.{_astray(table, labels, wrong)}"
        )
        raise BadValueError(msg)
    if not emotions and (named := [label for label in labels if label.strip() in EMOTIONS]):
        msg = f"{shortened(named)} can't be no emotion: rename the label, or leave `emotions` out."
        raise BadValueError(msg)
    if given is None:
        strange = [label for label in labels if table[label] is None and not is_further(label)]
        _warn_of_labels(strange, some=bool(emotions))
    return table


def _by_name(labels: tuple[str, ...]) -> dict[str, str | None]:
    """Return the common emotion of every label; of several words for one, the emotion's own or the first."""
    table = common(labels)
    for emotion in EMOTIONS:
        same = [label for label in labels if table[label] == emotion]
        kept = next((label for label in same if label.strip().lower() == emotion), same[0] if same else None)
        table |= {label: None for label in same if label != kept}
    return table


def _warn_of_labels(without: Sequence[str], *, some: bool) -> None:
    """Warn of labels that have no common emotion while others do, or that look like misspelt ones."""
    looked_at = without[:MANY]
    near = [label for label in looked_at if get_close_matches(label.strip().lower(), SYNONYMS, 1, NEAR)]
    if some and without:
        meant = f" Misspelt, perhaps: {shortened(near)}." if near else ""
        stand, its = ("it stands", "its") if len(without) == 1 else ("they stand", "their")
        msg = (
            f"No common emotion corresponds to {shortened(without)}: {stand} in tables and charts by {its} "
            f"own name, and other classifiers may have nothing to compare.{meant} "
            "Say so by `emotions` to hear no more of it."
        )
    elif near:
        msg = (
            f"{shortened(near)}: no common emotion, but nearly one. As it stands, tables and charts take the "
            "network's own labels; correct them, or say by `emotions` what they mean."
        )
    else:
        return
    warnings.warn(msg, LabelWarning, stacklevel=4)


@torch.no_grad()
def _feature_map(halves: Halves, sample: torch.Tensor) -> str:
    """Return which layer maps read, with its size, or why there are none."""
    if halves.no_maps:
        return f"none: {halves.no_maps}"
    maps = halves.layout.maps(halves.body(sample))
    return f"layer {halves.layer}, {' × '.join(map(str, maps.shape[1:]))}"
