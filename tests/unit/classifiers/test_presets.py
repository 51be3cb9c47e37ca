"""Well-known classifiers from files of the same make, filled with random weights."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import h5py
import keras
import numpy as np
import pytest
import timm
import torch
from skimage.transform import SimilarityTransform
from torch import nn

from facelib import attribution, classifiers
from facelib.classifiers import EMOTIONS, Classifier, five_points, preset
from facelib.classifiers.loaders.loaded import LOADERS
from facelib.classifiers.preparation import Images
from facelib.classifiers.presets import PRESETS, UNREAD, UNVERIFIED
from facelib.errors import BadModelError, BadValueError, UnavailableError, UnknownNameError
from facelib.faces import Face, Head

pytestmark = [
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # of Keras
]
L = keras.layers
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


@pytest.fixture
def images(rng: np.random.Generator) -> Images:
    noise = rng.integers(0, 256, (2, 20, 20, 3), dtype=np.uint8)
    return np.stack([cv2.resize(one, (300, 300), interpolation=cv2.INTER_CUBIC) for one in noise])


def same(clf: Classifier, images: Images, expected: Any) -> None:
    """The same probabilities as the makers' own pipeline gives."""
    np.testing.assert_allclose(clf.probabilities(images), expected, rtol=2e-3, atol=1e-4)


def resized(images: Images, side: int) -> Images:
    small = [cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA) for image in images]
    return np.stack(small)


def as_hsemotion_does(network: nn.Module, images: Images, side: int) -> torch.Tensor:
    """Its preparation, as its files describe it: [0, 1], then ImageNet's means and deviations, RGB."""
    x = (resized(images, side) / 255 - MEAN) / STD
    with torch.no_grad():
        logits: torch.Tensor = network(torch.from_numpy(x.transpose(0, 3, 1, 2).astype(np.float32)))
    return logits.softmax(1)


@pytest.fixture(scope="module")
def efficientnet() -> nn.Module:
    torch.manual_seed(5)
    network = timm.create_model("tf_efficientnet_b0", pretrained=False, num_classes=8).eval()
    with torch.no_grad():
        for name, value in network.named_buffers():  # fresh normalisations do nothing
            if name.endswith("running_var"):
                value.uniform_(0.3, 0.6)
    return network  # type: ignore[no-any-return]


@pytest.mark.thorough
@pytest.mark.parametrize("chained", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_hsemotion_from_its_weights(
    efficientnet: nn.Module, images: Images, tmp_path: Path, chained: bool
) -> None:
    weights = efficientnet.state_dict()
    if chained:  # its last layer may be a chain of one
        weights = {name.replace("classifier.", "classifier.0."): value for name, value in weights.items()}
    torch.save(weights, tmp_path / "hse.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error", classifiers.LabelWarning)  # that contempt has no counterpart is known
        clf = preset("hsemotion", tmp_path / "hse.pt")
    same(clf, images, as_hsemotion_does(efficientnet, images, 224))
    assert clf.id == "hsemotion"
    assert clf.labels[1] == "Contempt"
    assert clf.emotions["Contempt"] is None
    assert clf.card.licence.startswith("Apache-2.0")
    assert clf.card.limits.endswith(UNVERIFIED)
    assert attribution.grad_cam(clf, images, "happy").shape == (2, 7, 7)


@pytest.mark.thorough
def test_a_pickled_hsemotion_is_refused_with_the_way_out(efficientnet: nn.Module, tmp_path: Path) -> None:
    torch.save(efficientnet, tmp_path / "enet_b0_8_best_vgaf.pt")
    with pytest.raises(BadModelError, match=r"pickled model is a program.*state_dict"):
        preset("hsemotion", tmp_path / "enet_b0_8_best_vgaf.pt")


def small(channels: int, outputs: int) -> nn.Module:
    torch.manual_seed(outputs)
    pool = nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(
        nn.Conv2d(channels, 8, 5, 4), nn.ReLU(), pool, nn.Flatten(), nn.Linear(8, outputs)
    ).eval()


def exported(network: nn.Module, channels: int, side: int, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of torch's older, lighter exporter
        torch.onnx.export(
            network, (torch.zeros(1, channels, side, side),), str(path), dynamo=False,
            input_names=["input"], dynamic_axes={"input": {0: "batch"}},
        )  # fmt: skip
    return path


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "side", "outputs"),
    [("hsemotion_onnx", 224, 8), ("emotiefflib_8", 260, 8), ("emotiefflib_7", 260, 7)],
)
def test_hsemotion_and_emotiefflib_from_onnx(
    name: str, side: int, outputs: int, images: Images, tmp_path: Path
) -> None:
    network = small(3, outputs)
    clf = preset(name, exported(network, 3, side, tmp_path / "net.onnx"))
    same(clf, images, as_hsemotion_does(network, images, side))
    assert ("Contempt" in clf.labels) == (outputs == 8)
    assert set(clf.emotions.values()) - {None} == set(EMOTIONS)


@pytest.mark.thorough
def test_a_file_with_other_outputs_is_refused(tmp_path: Path) -> None:
    path = exported(small(3, 10), 3, 224, tmp_path / "enet_b0_8_va_mtl.onnx")
    with pytest.raises(BadValueError, match="8 labels"):
        preset("hsemotion_onnx", path)


@pytest.mark.thorough
def test_rmn_from_weights_and_a_factory(images: Images, tmp_path: Path) -> None:
    network = small(3, 7)
    torch.save({"net": network.state_dict(), "best_val_acc": 74.1}, tmp_path / "Z_resmasking")
    with pytest.raises(BadValueError, match=r"also needs factory= .*resmasking_dropout1"):
        preset("rmn", tmp_path / "Z_resmasking")
    clf = preset("rmn", tmp_path / "Z_resmasking", factory=lambda: small(3, 7), id="mine")
    assert clf.id == "mine"
    gray = np.stack([cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images])[:, 15:285, 15:285]
    x = torch.from_numpy(resized(gray, 224) / np.float32(255))[:, None].repeat(1, 3, 1, 1)
    box = (27.27, 27.27, 272.73, 272.73)  # a tenth larger: 270 px
    with torch.no_grad():
        np.testing.assert_allclose(
            clf.probabilities(images, box), network(x).softmax(1), rtol=2e-3, atol=1e-4
        )


@pytest.mark.thorough
def test_rmn_and_ferplus_from_onnx(images: Images, tmp_path: Path) -> None:
    assert len(preset("rmn_onnx", exported(small(3, 7), 3, 224, tmp_path / "rmn.onnx")).labels) == 7
    network = small(1, 8)
    with torch.no_grad():
        next(network.parameters()).div_(255)
    clf = preset("ferplus", exported(network, 1, 64, tmp_path / "emotion-ferplus-8.onnx"))
    gray = np.stack([cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images])
    with torch.no_grad():
        same(clf, images, network(torch.from_numpy(resized(gray, 64)).float()[:, None]).softmax(1))
    assert clf.emotions["contempt"] is None


@pytest.fixture(scope="module")
def deepface() -> Any:
    """The layers that deepface documents, in Keras."""
    keras.utils.set_random_seed(4)
    return keras.Sequential(
        [
            keras.Input((48, 48, 1)),
            L.Conv2D(64, (5, 5), activation="relu"),
            L.MaxPooling2D((5, 5), strides=(2, 2)),
            L.Conv2D(64, (3, 3), activation="relu"),
            L.Conv2D(64, (3, 3), activation="relu"),
            L.AveragePooling2D((3, 3), strides=(2, 2)),
            L.Conv2D(128, (3, 3), activation="relu"),
            L.Conv2D(128, (3, 3), activation="relu"),
            L.AveragePooling2D((3, 3), strides=(2, 2)),
            L.Flatten(),
            L.Dense(1024, activation="relu"),
            L.Dropout(0.2),
            L.Dense(1024, activation="relu"),
            L.Dropout(0.2),
            L.Dense(7, activation="softmax"),
        ]
    )


def old_weights(model: Any, path: Path) -> Path:
    """Write weights alone as Keras 2 did, under names that are none of ours."""
    counts: dict[str, int] = {}
    names = []
    with h5py.File(path, "w") as file:
        for layer in model.layers:
            kind = type(layer).__name__.lower()
            counts[kind] = counts.get(kind, 0) + 1
            names.append(f"{kind}_{counts[kind]}")
            group = file.create_group(names[-1])
            parts = [f"{names[-1]}/{weight.name}:0" for weight in layer.weights]
            group.attrs["weight_names"] = [part.encode() for part in parts]
            for part, weight in zip(parts, layer.weights, strict=True):
                group[part] = weight.detach().cpu().numpy() if hasattr(weight, "detach") else weight.numpy()
        file.attrs["layer_names"] = [name.encode() for name in names]
    return path


@pytest.mark.thorough
def test_deepface_from_weights_alone(deepface: Any, images: Images, tmp_path: Path) -> None:
    path = old_weights(deepface, tmp_path / "facial_expression_model_weights.h5")
    clf = preset("deepface", path)
    gray = np.stack([cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images])
    x = torch.from_numpy(resized(gray, 48) / np.float32(255))[..., None]
    with torch.no_grad():
        same(clf, images, deepface(x, training=False))
    assert clf.labels == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert np.isfinite(attribution.grad_cam(clf, images, "sad")).all()


ARCFACE = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]


@pytest.fixture(scope="module")
def tilted() -> Face:
    return Head(seed=4, expression="happy", pose=(0, 0, 22)).render(224)


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize("outputs", [7, 8])
def test_uniface_from_an_export_sees_what_its_own_code_cuts_out(
    outputs: int, tilted: Face, tmp_path: Path
) -> None:
    network = small(3, outputs)
    clf = preset(f"uniface_{outputs}", exported(network, 3, 112, tmp_path / "net.onnx"))
    points = five_points(tilted)
    matrix = SimilarityTransform.from_estimate(points, np.array(ARCFACE)).params[:2]  # face_utils.py
    cut = cv2.warpAffine(tilted.image, matrix, (112, 112), borderMode=cv2.BORDER_REPLICATE)
    with torch.no_grad():
        expected = network(torch.from_numpy((cut / 255 - MEAN) / STD).float().permute(2, 0, 1)[None]).softmax(
            1
        )
    found = clf.probabilities(tilted.image[None], tilted.box, points)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-4)
    assert ("Contempt" in clf.labels) == (outputs == 8)
    assert "aligned by five points (arcface)" in clf.card.input


@pytest.mark.thorough
@pytest.mark.packages
def test_deepface_turns_the_picture_and_cuts_the_box_about_its_middle(
    deepface: Any, tilted: Face, tmp_path: Path
) -> None:
    clf = preset("deepface", old_weights(deepface, tmp_path / "facial_expression_model_weights.h5"))
    right, left = five_points(tilted)[:2]
    box = np.array([70, 60, 150, 140])
    angle = float(np.degrees(np.arctan2(left[1] - right[1], left[0] - right[0])))
    middle = ((box[:2] + box[2:]) / 2 - 0.5).tolist()
    matrix = cv2.getRotationMatrix2D(middle, angle, 1.0)
    turned = cv2.warpAffine(tilted.image, matrix, tilted.size[::-1], borderMode=cv2.BORDER_REPLICATE)
    expected = cv2.resize(turned[60:140, 70:150], (48, 48), interpolation=cv2.INTER_AREA)
    seen = clf.preparation.seen(tilted.image[None], box, five_points(tilted))[0]
    gray = cv2.cvtColor(expected, cv2.COLOR_RGB2GRAY).astype(float)
    assert np.abs(seen[..., 0] - gray).mean() < 1
    assert abs(angle) > 15


@pytest.mark.thorough
def test_ddamfn_poster_and_a_folder_state_what_is_theirs(tmp_path: Path, images: Images) -> None:
    torch.save({"model_state_dict": small(3, 7).state_dict()}, tmp_path / "ddamfn.pth")
    clf = preset("ddamfn", tmp_path / "ddamfn.pth", factory=lambda: small(3, 7))
    assert clf.labels[:2] == ("Neutral", "Happy")
    assert "aligned by five points (ddamfn)" in clf.card.input
    assert "face_align_v2.0.py" in clf.card.limits
    poster = preset("poster", tmp_path / "ddamfn.pth", factory=lambda: small(3, 7))
    bgr = torch.from_numpy((resized(images, 224)[..., ::-1] / 255 - MEAN) / STD).float()
    with torch.no_grad():  # as its code reads pictures: blue, green, red, scaled in that order
        same(poster, images, small(3, 7)(bgr.permute(0, 3, 1, 2)).softmax(1))
    assert "unverified" in poster.card.limits
    with pytest.raises(BadValueError, match="doesn't state its labels"):
        preset("poster_v2", tmp_path / "ddamfn.pth", factory=lambda: small(3, 7))
    assert PRESETS["vit"].preparation is None


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_says_what_is_needed_and_no_more(name: str) -> None:
    one = PRESETS[name]
    assert one.id == name
    assert one.kind in LOADERS
    assert set(one.needs or {}) <= set(LOADERS[one.kind].options)
    if one.labels:  # else the file or the user states them
        assert set(one.emotions.values()) - {None} == set(EMOTIONS)
    assert set(one.labels) - {label for label, emotion in one.emotions.items() if emotion} <= {
        "Contempt",
        "contempt",
    }
    words = " ".join((one.file, one.licence, one.training_data, one.described_at, one.note))
    assert "http" not in words
    assert "/" not in one.file
    assert not one.verified  # none was compared with what its makers' own code answers
    read = re.search(r"github\.com/[\w.-]+/[\w.-]+, [\w./+-]+\.(py|ipynb)", one.alignment)
    assert read or one.alignment.startswith(UNREAD), "where its alignment was read, or that it wasn't"
    declared = one.preparation.align if one.preparation else "none"
    assert (declared == "none") == one.alignment.startswith(("none", UNREAD))


def test_what_can_go_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match=r"preset named 'hsemotions'.*hsemotion"):
        preset("hsemotions", tmp_path / "x.onnx")
    absent: list[Callable[[], Classifier]] = [
        lambda: preset("hsemotion", tmp_path / "none.pt"),
        lambda: preset("deepface", tmp_path / "none.h5"),
    ]
    for make in absent:
        with pytest.raises((BadModelError, BadValueError), match="none"):
            make()
    torch.save({"weight": torch.zeros(1)}, tmp_path / "hse.pt")
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UnavailableError, match=r"pip install 'facelib-explorer\[models\]'"):
        preset("hsemotion", tmp_path / "hse.pt")
