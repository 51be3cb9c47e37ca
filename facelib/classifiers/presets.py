"""Presets of well-known classifiers: input and labels of each, so that a file is enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

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
UNREAD = "unverified"
"""Begin of `Preset.alignment` where no public code says how faces are aligned."""

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
        Empty: the file or the user states them.
    preparation
        Its input; None: the file states it.
    alignment
        How its makers align faces, with repository and file of the public code in which we read it; it begins
        with `UNREAD` where no public code says it.
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
    preparation: Preparation | None
    alignment: str
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
        said = f"{self.note}; alignment: {self.alignment}"
        return said if self.verified else f"{said}; {UNVERIFIED}"


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
    known = {"labels": entry.labels, "emotions": entry.emotions} if entry.labels else {}
    stated: dict[str, Any] = {
        **known,
        "kind": entry.kind,
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


_THEN = "then AffectNet (pictures found by web search, labelled by hand; its terms allow research alone)"
_AFFECTNET = f"VGGFace2 for who people are, {_THEN}"
_MS_CELEB = f"MS-Celeb-1M for who people are, {_THEN}"
_APACHE = "Apache-2.0 (code); weights: not stated"
_MTCNN = "trained on faces cut out by MTCNN, whose boxes differ a little from facelib's"

_AFFECTNET_ORDER = ("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Angry")
_RAF_DB_ORDER = ("Surprise", "Fear", "Disgust", "Happiness", "Sadness", "Anger", "Neutral")
_FIVE: Final = "five points"
_HSE = "none: the detector's box is cut out upright"
_EMOTIEFF = (
    "none: it resizes the picture that it is given (github.com/echuraev/EmotiEffLib, "
    "emotiefflib/facial_analysis.py)"
)
_RMN = (
    "none: the detector's box, made square and a tenth larger "
    "(github.com/phamquiluan/ResidualMaskingNetwork, rmn/__init__.py)"
)
_UNIFACE = (
    "five points onto ArcFace's template by a similarity transform (github.com/yakhyo/uniface, "
    "uniface/face_utils.py, called in uniface/attribute/emotion.py); it fills what lies beyond the picture "
    "with black, facelib repeats the border"
)
_UNIFACE_NOTE = (
    "its own file is TorchScript, a program with several outputs; DDAMFN's own code aligns by another "
    "template"
)
_EXPORT = "your export of its network, the first output alone"
_AS_SAID = "as its project says (code); weights: not stated"

PRESETS: Registry[Preset] = Registry("preset")
for _preset in (
    # Read: hsemotion, hsemotion/facial_emotions.py; the architecture in its training notebooks
    Preset(
        "hsemotion", "HSEmotion (EfficientNet-B0)", "state_dict",
        "weights of enet_b0_8_best_vgaf.pt or enet_b0_8_best_afew.pt",
        _EIGHT, Preparation(224, "rgb", *_IMAGENET),
        alignment=f"{_HSE} (github.com/av-savchenko/hsemotion, demo/test_hsemotion_package.ipynb; training: "
        "github.com/av-savchenko/face-emotion-recognition, src/affectnet/train_emotions-pytorch.ipynb)",
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
        alignment=f"{_HSE} (github.com/av-savchenko/hsemotion-onnx, demo/recognize_emotions_video.py)",
        described_at="hsemotion-onnx", licence=_APACHE, training_data=_AFFECTNET,
        note=f"files with _mtl in their names have other outputs, too, and don't fit; {_MTCNN}",
    ),
    # Read: EmotiEffLib, emotiefflib/facial_analysis.py: B2 takes 260 px
    Preset(
        "emotiefflib_8", "EmotiEffLib (EfficientNet-B2, 8 classes)", "onnx", "enet_b2_8.onnx",
        _EIGHT, Preparation(260, "rgb", *_IMAGENET), _EMOTIEFF,
        described_at="EmotiEffLib", licence=_APACHE, training_data=_AFFECTNET, note=_MTCNN,
    ),
    Preset(
        "emotiefflib_7", "EmotiEffLib (EfficientNet-B2, 7 classes)", "onnx", "enet_b2_7.onnx",
        _SEVEN, Preparation(260, "rgb", *_IMAGENET), _EMOTIEFF,
        described_at="EmotiEffLib", licence=_APACHE, training_data=_AFFECTNET, note=_MTCNN,
    ),
    # Read: ResidualMaskingNetwork, rmn/__init__.py: frames are made gray, boxes a tenth larger
    Preset(
        "rmn", "Residual Masking Network", "state_dict", "Z_resmasking_dropout1_rot30_2019Nov30_13.32",
        _FER2013, Preparation(224, "gray three times", 0.0, 255.0, margin=0.05), _RMN,
        described_at="ResidualMaskingNetwork", licence="MIT", training_data="FER2013",
        note="the network's code is its project's: lambda: resmasking_dropout1(in_channels=3, num_classes=7)",
        needs={"factory": "a function of no arguments that makes the network"},
    ),
    Preset(
        "rmn_onnx", "Residual Masking Network (ONNX)", "onnx", "your export of it by torch.onnx.export",
        _FER2013, Preparation(224, "gray three times", 0.0, 255.0, margin=0.05), _RMN,
        described_at="ResidualMaskingNetwork", licence="MIT", training_data="FER2013",
        note="export the network in evaluation mode, before the softmax",
    ),
    # Read: py-feat, feat/FastDetector.py: colours stay, the box is squeezed to a square
    Preset(
        "pyfeat_resmasknet", "py-feat (Residual Masking Network)", "state_dict",
        "ResMaskNet_Z_resmasking_dropout1_rot30.pth",
        _FER2013, Preparation(224, "rgb", 0.0, 255.0, margin=0.05, fit="stretch"),
        alignment="none: the detector's box, a tenth larger (github.com/cosanlab/py-feat, "
        "feat/FastDetector.py, extract_face_from_bbox_torch)",
        described_at="py-feat", licence="MIT (code); weights: not stated", training_data="FER2013",
        note="the network's code is its project's: lambda: resmasking_dropout1(in_channels=3, "
        "num_classes=7); versions before FastDetector made pictures gray and mirrored them",
        needs={"factory": "a function of no arguments that makes the network"},
    ),
    # Read: deepface, deepface/models/demography/Emotion.py and deepface/modules/{detection,demography}.py
    Preset(
        "deepface", "deepface (5 convolutions)", "keras", "facial_expression_model_weights.h5",
        _FER2013, Preparation(48, "gray", 0.0, 255.0, align="eyes"),
        alignment="the picture is turned until the eyes stand level, and the box cut out about its own "
        "middle (github.com/serengil/deepface, deepface/detectors/DetectorWrapper.py; align_face in "
        "deepface/modules/detection.py)",
        described_at="deepface", licence="MIT (code); weights: not stated",
        training_data="not stated by its makers; input and classes are those of FER2013",
        note="deepface fills what is not square, or beyond the picture, with black; facelib doesn't",
        options=_deepface,
    ),
    # Read: DDAMFN, DDAMFN++/affectnet7_test.py and networks/DDAM.py
    Preset(
        "ddamfn", "DDAMFN++ (AffectNet, 7 classes)", "state_dict", "affecnet7_epoch19_acc0.671.pth",
        _AFFECTNET_ORDER, Preparation(112, "rgb", *_IMAGENET, align=_FIVE, template="ddamfn"),
        alignment="five points onto the nearest of five templates by a similarity transform "
        "(github.com/SainingZhang/DDAMFN, DDAMFN++/Retinaface_alignment_ver2.0/face_align_v2.0.py); it fills "
        "what lies beyond the picture with black, facelib repeats the border",
        described_at="DDAMFN", licence="not stated", training_data=_MS_CELEB,
        note="its network gives three outputs: the factory makes one that returns the first alone, "
        "DDAMNet(num_class=7, num_head=2, pretrained=False) in a module of yours",
        needs={"factory": "a function of no arguments that makes the network, logits its only output"},
    ),
    # Read: uniface, uniface/attribute/emotion.py
    Preset(
        "uniface_7", "uniface (DDAMFN, 7 classes)", "onnx", _EXPORT,
        _AFFECTNET_ORDER, Preparation(112, "rgb", *_IMAGENET, align=_FIVE, template="arcface"), _UNIFACE,
        described_at="uniface", licence=_AS_SAID, training_data=_MS_CELEB,
        note=_UNIFACE_NOTE,
    ),
    Preset(
        "uniface_8", "uniface (DDAMFN, 8 classes)", "onnx", _EXPORT,
        (*_AFFECTNET_ORDER, "Contempt"),
        Preparation(112, "rgb", *_IMAGENET, align=_FIVE, template="arcface"), _UNIFACE,
        described_at="uniface", licence=_AS_SAID, training_data=_MS_CELEB,
        note=_UNIFACE_NOTE,
    ),
    # Read: POSTER, test.py and data_preprocessing/dataset_raf.py: OpenCV's blue, green, red are scaled by
    # ImageNet's numbers for red, green, blue
    Preset(
        "poster", "POSTER (RAF-DB)", "state_dict", "its weights for RAF-DB",
        _RAF_DB_ORDER, Preparation(224, "bgr", _IMAGENET[0][::-1], _IMAGENET[1][::-1]),
        alignment=f"{UNREAD}: it reads RAF-DB's own aligned pictures (github.com/zczcwh/POSTER, "
        "data_preprocessing/dataset_raf.py); how these were aligned its code doesn't say",
        described_at="POSTER", licence="not stated", training_data="RAF-DB",
        note="its network gives two outputs: the factory makes one that returns the first alone, "
        "pyramid_trans_expr(img_size=224, num_classes=7, type='large') in a module of yours",
        needs={"factory": "a function of no arguments that makes the network, logits its only output"},
    ),
    # Read: POSTER_V2, main.py
    Preset(
        "poster_v2", "POSTER V2", "state_dict", "its weights",
        (), Preparation(224, "rgb", *_IMAGENET),
        alignment=f"{UNREAD}: it reads pictures that are aligned already (github.com/Talented-Q/POSTER_V2, "
        "main.py, README.md); how these were aligned its code doesn't say",
        described_at="POSTER_V2", licence="MIT (code); weights: not stated",
        training_data="RAF-DB, AffectNet or CAER-S, as the file's name says",
        note="give labels=: their order is that of the folders of its data, which its code doesn't name; the "
        "network's code is its project's: lambda: pyramid_trans_expr2(img_size=224, num_classes=7)",
        needs={"factory": "a function of no arguments that makes the network"},
    ),
    Preset(
        "vit", "Vision transformer (folder of transformers)", "transformers",
        "a folder with config.json, model.safetensors and preprocessor_config.json",
        (), None,
        alignment=f"{UNREAD}: such folders state size and scaling, not how faces were cut out or aligned",
        described_at="transformers", licence="as its card says", training_data="as its card says",
        note="labels and preparation are those that the folder states",
    ),
    # Read: FER+ Emotion Recognition, its page in a gallery of models
    Preset(
        "ferplus", "FER+ (ONNX)", "onnx", "emotion-ferplus-8.onnx",
        ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"),
        Preparation(64, "gray", 0.0, 1.0),
        alignment=f"{UNREAD}: its page states size and values alone",
        described_at="FER+ Emotion Recognition, ONNX Model Zoo", licence="MIT",
        training_data="FER2013 relabelled, ten raters per picture (Barsoum et al. 2016, arXiv 1608.01041)",
        note="sees values 0 … 255 as they are",
    ),
):  # fmt: skip
    PRESETS.register(_preset.id, _preset)
