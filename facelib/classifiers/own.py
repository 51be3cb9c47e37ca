"""Bring your own classifier: a network from a file or from memory becomes a `Classifier`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast, get_args

import numpy as np
import torch
from torch import nn

from facelib.classifiers.builtin import RECIPES
from facelib.classifiers.card import Card
from facelib.classifiers.certainties import certainties, look_like_sigmoids
from facelib.classifiers.checking import check, check_labels
from facelib.classifiers.classifier import Classifier, as_values, normalised_sigmoid, sigmoid, softmax
from facelib.classifiers.emotions import EMOTIONS, SYNONYMS, common, is_further, shortened
from facelib.classifiers.functions.function import NOWHERE, Function, name_of
from facelib.classifiers.functions.making import is_function, of_function
from facelib.classifiers.known_bias import BIASES
from facelib.classifiers.loaders.loaded import Declared, Loaded, Outputs, Source, load_source
from facelib.classifiers.preparation import Preparation
from facelib.classifiers.scales import Scale
from facelib.classifiers.split import Halves, split
from facelib.errors import BadModelError, BadValueError, FacelibError, FacelibWarning
from facelib.head.geometry.arrays import cache_path
from facelib.models.devices import Device, as_device, refuse_accelerator
from facelib.models.readers.trial import are_probabilities
from facelib.utilities.nearest import nearest

SMALLEST = 1e-12  # probabilities below it are taken for it: their logarithm is the logit
NEAR_ONE: Final = 1 - 2.0**-24  # sigmoids above it are taken for it: single precision ends there
SMALL: Final = 100e6  # floating-point operations per picture: some ms on one core, and all is compared
MEDIUM: Final = 1e9  # up to here labels alone are compared, which takes about a second
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
    source: str | Path | nn.Module | Function,
    *,
    kind: str | None = None,
    id: str | None = None,  # noqa: A002
    labels: Sequence[str] | None = None,
    emotions: Mapping[str, str | None] | None = None,
    preparation: Preparation | None = None,
    outputs: Outputs | Scale | Mapping[str, Scale] | Callable[..., Any] | None = None,
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
        Or a function of pictures to probabilities (N, K): a compiled library, another machine. With a
        `preparation` it is given crops (N, size, size, C), channels in the order of its colour, uint8 where
        mean is 0 and std 1, else float32 scaled as declared; without one whole pictures, uint8 (N, H, W, 3),
        RGB, and boxes, float64 (N, 4). It has no gradients: maps are those of
        `facelib.attribution.occlusion` and `rise`.
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
        sigmoid: where its outputs don't look like sigmoids, facelib applies it. "multi-label": as sigmoids,
        but each is a probability of its own, and they aren't divided by their sum; "binary": the same of one
        output, such as pain or none. A `Scale`, or one for each label: values and no probabilities, such as
        valence, age or intensities. None: as the file states, else probabilities if they look like them, and
        logits if not.
    trust
        Whether you know and trust the maker of the file. TorchScript is a program that can read and write
        files as you can: without ``trust=True`` it isn't loaded. An ONNX file is then not tried out first.
    cam_layer
        Layer that class activation maps read; None: the last one that serves.
    device
        Where it reads, as for `facelib.classifiers.load`. It is made and checked on the processor, and its
        answers on an accelerator are compared with those. A function takes none: its code says where it is.
    title, licence, training_data, limits, rights
        For the card.
    **options
        What the kind needs, such as ``factory=`` or ``architecture="timm:resnet18"``; of a function the
        fields of `facelib.classifiers.functions.terms.Terms`: ``batch=``, ``seconds=``, ``retries=``,
        ``per_minute=``, ``price=``, ``budget=``, ``draws=``, ``cache=``, and for one that sends pictures to
        another machine ``sends_pictures=True, host=…, version=…``; it is given rendered heads only unless
        ``photographs=True``.

    Raises
    ------
    BadValueError
        Something isn't declared, or doesn't fit the network.
    BadModelError
        The file isn't what it should be, needs too much time or memory, or is a program and `trust` isn't
        True; nothing of it is kept.
    UnavailableError
        A package that reads this kind isn't installed, or the device isn't on this machine.
    FunctionError, BadAnswerError
        A function on this machine, tried out on two rendered heads, raises, hangs, or doesn't answer with
        probabilities.

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
    declared_scales = outputs if isinstance(outputs, Scale | Mapping) else None
    given = None if declared_scales is not None else outputs
    stated_outputs = cast("Outputs | None", "sigmoids" if given is normalised_sigmoid else given)
    _check_words(preparation, emotions, stated_outputs, id)
    if kind == "function" or (kind is None and is_function(source)):
        asked = _asked(source, named, outputs, cam_layer, device=device)
        function, findings = of_function(
            asked,
            id or _id(name_of(asked)),
            labels=named or (),
            emotions=_table(named or (), emotions),
            preparation=preparation,
            options=options,
            about={
                "title": title, "licence": licence, "training_data": training_data, "limits": limits,
                "rights": rights,
            },
        )  # fmt: skip
        if findings:
            warnings.warn(f"{function.id}: {' '.join(findings)}", DeclarationWarning, stacklevel=2)
        return function
    as_device(device)  # one that isn't there is refused before anything is read
    declared = Declared(named, preparation.size if preparation else None, trust)
    loaded = load_source(
        cast("Source", source), kind, declared, options, known=tuple(signature(own).parameters)
    )
    names, seen = _stated(loaded, named or loaded.labels, preparation or loaded.preparation)
    sample = _sample(seen)
    network = loaded.network.eval().requires_grad_(requires_grad=False)
    answers = _check(network, sample, names, loaded.source)
    scales = _scales(declared_scales, names, emotions)
    probable = not scales and are_probabilities(answers)
    stated = stated_outputs or ("probabilities" if probable else "logits" if scales else loaded.outputs)
    if stated == "probabilities" and loaded.softmax_off:  # true of the file, and its network gives logits
        stated = "logits"
    to_probabilities = _link(stated, names, scales, sigmoids=loaded.sigmoids)
    network = _to_logits(network, stated, sample, answers, loaded.source)
    if scales and loaded.sigmoids:  # readers of files take the last sigmoid off
        network = nn.Sequential(network, nn.Sigmoid())
    halves = _cut(network, loaded, sample, cam_layer)
    name = id or _id(loaded.source)
    made = Classifier(
        name,
        halves.body,
        halves.head,
        labels=names,
        emotions=_table(names, emotions if not scales else dict.fromkeys(names)),
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
            probabilities=_LINKS[to_probabilities].format(_spoken(scales)),
            training_data=training_data,
            limits=limits,
            rights=rights,
        ),
        to_probabilities=to_probabilities,
        layout=halves.layout,
        no_maps=halves.no_maps,
        scales=scales,
    )
    found_out = probable and stated_outputs is None and loaded.outputs != "probabilities"
    shared = to_probabilities is softmax and stated_outputs is None and loaded.outputs != "probabilities"
    valued = [label for label in names if VALUE.fullmatch(label.strip())] if shared else []
    told = (AS_VALUES.format(names=shortened(valued), first=valued[0]),) if valued else ()
    if findings := ((TAKEN,) if found_out else ()) + told + _findings(made, sample):
        warnings.warn(f"{name}: {' '.join(findings)}", DeclarationWarning, stacklevel=2)
    return made.on(device)


VALUE: Final = re.compile(r"valence|arousal|dominance|age|years|au ?\d+(_r)?|.*(intensity|score|grade)", re.I)
"""Names of outputs that are values nearly always."""
AS_VALUES: Final = (
    "{names}: by the name a value and no class; without `outputs` they are classes that share one certainty. "
    "outputs={{{first!r}: Scale('', -1, 1)}} makes them values."
)
_LINKS: Final[Mapping[Callable[..., Any], str]] = MappingProxyType(
    {
        softmax: "softmax of the logits",
        normalised_sigmoid: "sigmoids divided by their sum",
        sigmoid: "one sigmoid for each output: they don't sum to 1",
        as_values: "none: the outputs are values ({})",
    }
)
"""What a card says of each way from logits to probabilities."""


ALONE: Final = (
    "{label} is the only output, and probabilities that share out 1 are 1 for every picture then. A sigmoid "
    "for yes or no: outputs='binary'. A value with a unit: outputs=Scale('years')."
)


def _link(
    stated: Outputs, labels: tuple[str, ...], scales: Mapping[str, Scale], *, sigmoids: bool
) -> Callable[..., Any]:
    """Return how logits become what tables hold."""
    if scales:
        return as_values
    if stated == "binary" and len(labels) > 1:
        msg = (
            f"A binary output is one, such as labels=['pain']; got {shortened(labels)}. Several that may be "
            "true at once: outputs='multi-label'; one of several: outputs='logits'."
        )
        raise BadValueError(msg)
    if stated in ("multi-label", "binary"):
        return sigmoid
    _share_out(labels)
    return normalised_sigmoid if sigmoids or stated == "sigmoids" else softmax


def _share_out(labels: Sequence[str]) -> None:
    """Raise `BadValueError` for a single output that is to share out 1: it would be 1 for every picture."""
    if len(labels) == 1:
        raise BadValueError(ALONE.format(label=labels[0]))


def _scales(
    declared: Scale | Mapping[Any, Any] | None, labels: tuple[str, ...], emotions: object
) -> dict[str, Scale]:
    """Return the scale of every label; empty for probabilities."""
    if declared is None:
        return {}
    table = dict.fromkeys(labels, declared) if isinstance(declared, Scale) else dict(declared)
    wrong = [key for key in table if key not in labels] + [
        label for label in labels if not isinstance(table.get(label), Scale)
    ]
    if wrong:
        msg = (
            f"`outputs` gives every label its scale, as {{{labels[0]!r}: Scale('points', 0, 5)}}; this isn't "
            f"so for {shortened([str(one) for one in wrong])}. Where some outputs are probabilities and "
            "others values, make a classifier of each group."
        )
        raise BadValueError(msg)
    if emotions:
        msg = "`emotions` are of classes; outputs on a scale have none: leave it out."
        raise BadValueError(msg)
    if named := [label for label in labels if label.strip() in EMOTIONS]:
        msg = (
            f"{shortened(named)}: the name of a class, whose outputs are probabilities. Name a value for "
            f"what it is, as {named[0].strip() + ' intensity'!r}."
        )
        raise BadValueError(msg)
    return {label: table[label] for label in labels}


def _spoken(scales: Mapping[str, Scale]) -> str:
    return shortened([f"{label}: {scale}" for label, scale in scales.items()])


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
        words = ", ".join(map(repr, get_args(Outputs)))
        msg = f"`outputs` is one of {words}, a Scale such as Scale('years'), or None; got {outputs!r}."
        raise BadValueError(msg)
    if id is not None and not (isinstance(id, str) and id.strip()):
        msg = f"`id` is a name for the registry; got {id!r}."
        raise BadValueError(msg)


DECLARED: Final = {
    "labels": "labels=['angry', 'happy']",
    "preparation": "preparation=Preparation(224, 'rgb', 127.5, 127.5), the side of its pictures, their "
    "colours, and what they are scaled by (in a folder of transformers, preprocessor_config.json says it)",
}
"""What is to be declared where a file doesn't state it, with an example."""


def _stated(
    loaded: Loaded, names: tuple[str, ...] | None, seen: Preparation | None
) -> tuple[tuple[str, ...], Preparation]:
    """Return labels and preparation, or raise `BadValueError` for what nobody declares."""
    if names is None or seen is None:
        missing = " and ".join(
            word for word, value in (("labels", names), ("preparation", seen)) if value is None
        )
        msg = (
            f"{loaded.source} doesn't state its {missing}: declare "
            + " and ".join(one for word, one in DECLARED.items() if word in missing)
            + ", for example."
        )
        raise BadValueError(msg)
    return names, seen


def _asked(
    source: object, labels: object, outputs: object, cam_layer: object, *, device: str | Device | None
) -> Function:
    """Return a source that is a function, or raise `BadValueError` for what doesn't go with one."""
    if not callable(source):
        msg = f"A function of pictures to probabilities is needed; got {type(source).__name__}."
        raise BadValueError(msg)
    if labels is None:
        msg = (
            "A function doesn't state its labels; declare them in the order of its columns, for example "
            "labels=['angry', 'happy']."
        )
        raise BadValueError(msg)
    if outputs not in (None, "probabilities"):
        msg = (
            f"A function answers with probabilities that sum to 1: make them of its logits; got {outputs!r}."
        )
        raise BadValueError(msg)
    _share_out(cast("Sequence[str]", labels))
    if cam_layer is not None:
        msg = f"A function has no layers, so no `cam_layer`; got {cam_layer!r}."
        raise BadValueError(msg)
    refuse_accelerator(device, f"The function {name_of(source)}", NOWHERE)
    return source


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
    work = _work(made, sample)
    if certain or made.scales or not cache_path().is_file() or not 0 < work <= MEDIUM:
        return certain
    try:
        return (check if work <= SMALL else check_labels)(made, level=SURE, unasked=True).findings
    except FacelibError:  # the heads aren't on this machine
        return ()


@torch.no_grad()
def _work(made: Classifier, sample: torch.Tensor) -> int:
    """Return the floating-point operations that one picture needs; 0 where they can't be counted."""
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    try:
        with counter:
            made.head(made.body(sample[:1]))
    except Exception:  # it can't be counted
        return 0
    return counter.get_total_flops()


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
    if stated in ("sigmoids", "multi-label", "binary"):  # or what comes before them, as networks are trained
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
