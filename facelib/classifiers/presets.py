"""Presets of well-known classifiers: input and labels of each, so that a file is enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from facelib.classifiers.classifier import Classifier
from facelib.classifiers.emotions import common
from facelib.classifiers.loaders.loaded import Source
from facelib.classifiers.loaders.state_dict import COLLECTIONS
from facelib.classifiers.own import own
from facelib.classifiers.preparation import Preparation
from facelib.errors import BadValueError
from facelib.models.readers.weights import read_weights
from facelib.models.report import aligned
from facelib.utilities.registry import Registry

_EIGHT = ("Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise")
_SEVEN = tuple(label for label in _EIGHT if label != "Contempt")
_FER2013 = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
_IMAGENET = ((255 * 0.485, 255 * 0.456, 255 * 0.406), (255 * 0.229, 255 * 0.224, 255 * 0.225))

UNVERIFIED = "not verified by us"

Options = Callable[[Source], Mapping[str, Any]]


@dataclass(frozen=True)
class Preset:
    """The declaration of a well-known classifier that doesn't come with facelib.

    Parameters
    ----------
    id, title
        Name in the registry and in menus.
    kind
        One of `facelib.classifiers.LOADERS`.
    file
        The file that the user supplies.
    labels
        The network's own names of its outputs, in their order.
    preparation
        Its input.
    described_at
        Name of the project that describes it.
    licence
        As its makers state it.
    training_data
        As far as its makers state it.
    note
        What to know before using it.
    options
        Source to its loader's options.
    needs
        Options that the user gives, each with its meaning.
    verified
        Whether we compared it with what its makers' own code answers.
    """

    id: str
    title: str
    kind: str
    file: str
    labels: tuple[str, ...]
    preparation: Preparation
    described_at: str
    licence: str
    training_data: str
    note: str
    options: Options = lambda _source: {}
    needs: Mapping[str, str] | None = None
    verified: bool = False

    @property
    def emotions(self) -> dict[str, str | None]:
        """Own name to the common emotion; contempt has none."""
        return common(self.labels)

    @property
    def limits(self) -> str:
        """The limits, for the card."""
        return self.note if self.verified else f"{self.note}; {UNVERIFIED}"


def preset(name: str, source: Source, *, id: str | None = None, **more: Any) -> Classifier:  # noqa: A002
    """Make a classifier of a well-known network that you have as a file.

    Parameters
    ----------
    name
        One of `PRESETS`; ``facelib models list`` says what to download for each, and under which licence.
    source
        The file.
    id
        Name in the registry; None: the preset's.
    **more
        What `own` takes besides, or instead of what the preset says.

    Raises
    ------
    UnknownNameError, BadValueError, BadModelError, UnavailableError
        No preset has this name, it needs an option, or see `own`.

    Examples
    --------
    >>> from facelib.classifiers import preset, register
    >>> clf = preset("hsemotion_onnx", "enet_b0_8_best_vgaf.onnx")  # doctest: +SKIP
    >>> register("hsemotion_onnx", clf)  # doctest: +SKIP
    """
    entry = PRESETS[name]
    missing = {option: what for option, what in (entry.needs or {}).items() if option not in more}
    if missing:
        wanted = "; ".join(f"{option}= ({what})" for option, what in missing.items())
        msg = f"The preset {name!r} also needs {wanted}. {entry.note[:1].upper()}{entry.note[1:]}."
        raise BadValueError(msg)
    stated: dict[str, Any] = {
        "kind": entry.kind,
        "labels": entry.labels,
        "emotions": entry.emotions,
        "preparation": entry.preparation,
        "title": entry.title,
        "licence": entry.licence,
        "training_data": entry.training_data,
        "limits": entry.limits,
    }
    return own(source, id=id or name, **(stated | dict(entry.options(source)) | more))


def preset_table() -> str:
    """Return one line per preset: name, file to bring, who describes it, licence, whether we verified it."""
    rows = [("preset", "what to download", "described by", "licence", "state")]
    for one in map(PRESETS.__getitem__, PRESETS):
        state = "verified" if one.verified else UNVERIFIED
        rows.append((one.id, one.file, one.described_at, one.licence, state))
    return aligned(rows)


def _efficientnet(source: Source) -> Mapping[str, Any]:
    """Return how timm makes HSEmotion's network; its last layer may be a chain of one."""
    weights = read_weights(Path(str(source)))
    chained = any(name.startswith("classifier.0.") for name in weights)

    def factory() -> nn.Module:
        network, _ = COLLECTIONS["timm"]("tf_efficientnet_b0", len(_EIGHT))
        if chained:
            network.classifier = nn.Sequential(network.get_submodule("classifier"))
        return network

    return {"factory": factory}


def _deepface(_source: Source) -> Mapping[str, Any]:
    """Return the layers of deepface's network, whose file has weights alone, as Keras would write them."""
    relu = {"activation": "relu"}
    layers: list[tuple[str, dict[str, Any]]] = [
        ("InputLayer", {"batch_shape": [None, 48, 48, 1]}),
        ("Conv2D", {"filters": 64, "kernel_size": [5, 5], **relu}),
        ("MaxPooling2D", {"pool_size": [5, 5], "strides": [2, 2]}),
        *[("Conv2D", {"filters": 64, "kernel_size": [3, 3], **relu})] * 2,
        ("AveragePooling2D", {"pool_size": [3, 3], "strides": [2, 2]}),
        *[("Conv2D", {"filters": 128, "kernel_size": [3, 3], **relu})] * 2,
        ("AveragePooling2D", {"pool_size": [3, 3], "strides": [2, 2]}),
        ("Flatten", {}),
        *[("Dense", {"units": 1024, **relu})] * 2,  # dropout between them does nothing any more
        ("Dense", {"units": 7, "activation": "softmax"}),
    ]
    named = [
        {"class_name": kind, "config": {"name": f"layer {number}", **config}}
        for number, (kind, config) in enumerate(layers)
    ]
    return {"config": {"class_name": "Sequential", "config": {"name": "emotion", "layers": named}}}


_AFFECTNET = (
    "VGGFace2 for who people are, then AffectNet (pictures found by web search, labelled by hand; its terms "
    "allow research alone)"
)
_APACHE = "Apache-2.0 (code); weights: not stated"
_MTCNN = "trained on faces cut out by MTCNN, whose boxes differ a little from facelib's"

PRESETS: Registry[Preset] = Registry("preset")
for _preset in (
    # Read: hsemotion, hsemotion/facial_emotions.py; the architecture in its training notebooks
    Preset(
        "hsemotion", "HSEmotion (EfficientNet-B0)", "state_dict",
        "weights of enet_b0_8_best_vgaf.pt or enet_b0_8_best_afew.pt",
        _EIGHT, Preparation(224, "rgb", *_IMAGENET),
        described_at="hsemotion", licence=_APACHE, training_data=_AFFECTNET,
        note="its .pt is a pickled program, which facelib doesn't run: where you trust it, load it by "
        f"hsemotion and save model.state_dict(), or take the ONNX file instead; {_MTCNN}",
        options=_efficientnet,
    ),
    # Read: hsemotion-onnx, hsemotion_onnx/facial_emotions.py
    Preset(
        "hsemotion_onnx", "HSEmotion (EfficientNet-B0, ONNX)", "onnx",
        "enet_b0_8_best_vgaf.onnx or enet_b0_8_best_afew.onnx",
        _EIGHT, Preparation(224, "rgb", *_IMAGENET),
        described_at="hsemotion-onnx", licence=_APACHE, training_data=_AFFECTNET,
        note=f"files with _mtl in their names have other outputs, too, and don't fit; {_MTCNN}",
    ),
    # Read: EmotiEffLib, emotiefflib/facial_analysis.py: B2 takes 260 px
    Preset(
        "emotiefflib_8", "EmotiEffLib (EfficientNet-B2, 8 classes)", "onnx", "enet_b2_8.onnx",
        _EIGHT, Preparation(260, "rgb", *_IMAGENET),
        described_at="EmotiEffLib", licence=_APACHE, training_data=_AFFECTNET, note=_MTCNN,
    ),
    Preset(
        "emotiefflib_7", "EmotiEffLib (EfficientNet-B2, 7 classes)", "onnx", "enet_b2_7.onnx",
        _SEVEN, Preparation(260, "rgb", *_IMAGENET),
        described_at="EmotiEffLib", licence=_APACHE, training_data=_AFFECTNET, note=_MTCNN,
    ),
    # Read: ResidualMaskingNetwork, rmn/__init__.py: frames are made gray, boxes a tenth larger
    Preset(
        "rmn", "Residual Masking Network", "state_dict", "Z_resmasking_dropout1_rot30_2019Nov30_13.32",
        _FER2013, Preparation(224, "gray three times", 0.0, 255.0, margin=0.05),
        described_at="ResidualMaskingNetwork", licence="MIT", training_data="FER2013",
        note="the network's code is its project's: lambda: resmasking_dropout1(in_channels=3, num_classes=7)",
        needs={"factory": "a function of no arguments that makes the network"},
    ),
    Preset(
        "rmn_onnx", "Residual Masking Network (ONNX)", "onnx", "your export of it by torch.onnx.export",
        _FER2013, Preparation(224, "gray three times", 0.0, 255.0, margin=0.05),
        described_at="ResidualMaskingNetwork", licence="MIT", training_data="FER2013",
        note="export the network in evaluation mode, before the softmax",
    ),
    # Read: deepface, deepface/models/demography/Emotion.py and deepface/modules/{detection,demography}.py
    Preset(
        "deepface", "deepface (5 convolutions)", "keras", "facial_expression_model_weights.h5",
        _FER2013, Preparation(48, "gray", 0.0, 255.0),
        described_at="deepface", licence="MIT (code); weights: not stated",
        training_data="not stated by its makers; input and classes are those of FER2013",
        note="deepface turns faces upright and fills what is not square with black; facelib does neither",
        options=_deepface,
    ),
    # Read: FER+ Emotion Recognition, its page in a gallery of models
    Preset(
        "ferplus", "FER+ (ONNX)", "onnx", "emotion-ferplus-8.onnx",
        ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"),
        Preparation(64, "gray", 0.0, 1.0),
        described_at="FER+ Emotion Recognition, ONNX Model Zoo", licence="MIT",
        training_data="FER2013 relabelled, ten raters per picture (Barsoum et al. 2016, arXiv 1608.01041)",
        note="sees values 0 … 255 as they are",
    ),
):  # fmt: skip
    PRESETS.register(_preset.id, _preset)
