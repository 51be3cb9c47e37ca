"""The classifier around a network: shapes, probabilities, gradients, chunks."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from facelib.classifiers import Card, Classifier, Preparation, common, softmax
from facelib.classifiers.classifier import normalised_sigmoid, single_threaded
from facelib.classifiers.preparation import Images
from facelib.errors import BadValueError

CARD = Card("toy", "here", "", "CC0", "toy", 0, "gray", "4 × 4", "softmax", "none", "all")


def toy(chunk: int = 8) -> Classifier:
    torch.manual_seed(3)
    body = nn.Sequential(nn.Conv2d(1, 5, 3, 2, 1), nn.BatchNorm2d(5), nn.ReLU(), nn.Dropout(0.9))
    head = nn.Sequential(nn.Flatten(), nn.Linear(5 * 4 * 4, 3))
    labels = ("Happy", "Contempt", "sadness")
    return Classifier(
        "toy",
        body,
        head,
        labels=labels,
        emotions=common(labels),
        preparation=Preparation(8, "gray", 127.5, 127.5),
        card=CARD,
        chunk=chunk,
    )


@pytest.fixture
def images(rng: np.random.Generator) -> Images:
    return rng.integers(0, 256, (7, 20, 24, 3), dtype=np.uint8)


def test_shapes_and_types(images: Images) -> None:
    clf = toy()
    assert clf.input_size == 8
    assert clf.prepare(images).shape == (7, 1, 8, 8)
    assert clf.features(images).shape == (7, 5, 4, 4)
    for values in (clf.logits(images), clf.probabilities(images)):
        assert values.shape == (7, 3)
        assert values.dtype == np.float32


def test_own_labels_and_common_ones() -> None:
    clf = toy()
    assert clf.labels == ("Happy", "Contempt", "sadness")
    assert dict(clf.emotions) == {"Happy": "happy", "Contempt": None, "sadness": "sad"}
    assert [clf.index_of(emotion) for emotion in ("happy", "sad", "fear")] == [0, 2, None]


def test_logits_are_the_head_of_the_features(images: Images) -> None:
    clf = toy()
    np.testing.assert_allclose(clf.logits_from(clf.features(images)), clf.logits(images), atol=1e-6)
    np.testing.assert_allclose(clf.probabilities(images), clf.probabilities_from(clf.logits(images)))


def test_chunks_change_nothing(images: Images) -> None:
    for chunk in (1, 3, 7):
        np.testing.assert_allclose(toy(chunk).logits(images), toy().logits(images), atol=1e-6)


def test_as_many_threads_as_torch_has_and_no_picture_at_all(images: Images) -> None:
    clf, before = toy(2), torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = clf.features(images)
        torch.set_num_threads(3)
        torch.testing.assert_close(clf.features(images), alone, rtol=0, atol=0)
    finally:
        torch.set_num_threads(before)
    assert clf.features(images[:0]).shape == (0, 5, 4, 4)
    assert clf.logits(images[:0]).shape == (0, 3)


def test_the_engine_computes_what_the_body_does(images: Images) -> None:
    clf = toy()
    with torch.no_grad():
        expected = clf.body(clf.prepare(images))
    torch.testing.assert_close(clf.features(images), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(clf.engine(clf.prepare(images)), expected, rtol=1e-5, atol=1e-5)
    assert clf.engine is clf.engine


def test_the_way_back_goes_through_the_body(images: Images) -> None:
    clf = toy()
    x = clf.prepare(images).requires_grad_()
    clf.logits_from(clf.body(x))[:, 1].sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    assert bool((x.grad != 0).any())


def test_it_is_in_evaluation_mode_and_keeps_no_gradient(images: Images) -> None:
    clf = toy()
    assert not any(module.training for module in (*clf.body.modules(), *clf.head.modules()))
    np.testing.assert_array_equal(clf.logits(images), clf.logits(images))  # dropout is off
    assert not clf.features(images).requires_grad
    assert torch.is_grad_enabled()
    features = clf.features(images).requires_grad_()
    clf.logits_from(features)[:, 0].sum().backward()  # type: ignore[no-untyped-call]
    assert features.grad is not None
    assert all(weight.grad is None for weight in (*clf.body.parameters(), *clf.head.parameters()))


@pytest.mark.parametrize("read_before", [False, True])
def test_an_export_of_its_parts_changes_no_reading(images: Images, *, read_before: bool) -> None:
    """Torch's exporter puts a network back into training, all parts of it, if its outermost layer was."""
    clf, expected = toy(), toy().logits(images)
    clf.head.append(nn.Dropout(0.9))
    if read_before:
        clf.logits(images)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            nn.Sequential(clf.body, clf.head), (clf.prepare(images),), io.BytesIO(), dynamo=False
        )
    np.testing.assert_allclose(clf.logits(images), expected, atol=1e-5)
    np.testing.assert_allclose(clf.logits_from(clf.features(images)), expected, atol=1e-5)


def test_softmax_follows_the_definition(rng: np.random.Generator) -> None:
    z = rng.normal(0, 3, (4, 5)).astype(np.float32)
    expected = [[np.exp(value) / sum(np.exp(row)) for value in row] for row in z.astype(float)]
    np.testing.assert_allclose(softmax(z), expected, rtol=1e-5)
    assert softmax(np.float32([[1000, 999]])).tolist()[0] == pytest.approx([0.7310586, 0.2689414])


def test_normalised_sigmoids_follow_the_definition(rng: np.random.Generator) -> None:
    z = rng.normal(0, 3, (4, 5)).astype(np.float32)
    sigmoids = 1 / (1 + np.exp(-z.astype(float)))
    np.testing.assert_allclose(normalised_sigmoid(z), sigmoids / sigmoids.sum(1, keepdims=True), rtol=1e-5)
    assert normalised_sigmoid(np.float32([[-200, -200, -300]])).tolist()[0] == pytest.approx([0.5, 0.5, 0])
    assert normalised_sigmoid(np.float32([[200, 300]])).tolist()[0] == pytest.approx([0.5, 0.5])


def test_crop_boxes_has_one_row_a_box() -> None:
    clf = toy()
    assert clf.crop_boxes(None, (20, 24)).tolist() == [[0, -2, 24, 22]]
    assert clf.crop_boxes((2, 2, 12, 8), (20, 24)).tolist() == [[2, 0, 12, 10]]
    assert clf.crop_boxes([(2, 2, 12, 8)] * 3, (20, 24)).shape == (3, 4)


def test_labels_and_emotions_must_agree() -> None:
    clf = toy()
    with pytest.raises(BadValueError, match="has every label of 'x': a, b; got a"):
        Classifier(
            "x",
            clf.body,
            clf.head,
            labels=("a", "b"),
            emotions={"a": "happy"},
            preparation=clf.preparation,
            card=CARD,
        )


def test_single_threaded_holds_in_new_threads() -> None:
    import threading

    import cv2

    before = torch.get_num_threads(), cv2.getNumThreads()
    seen: list[int] = []
    try:
        single_threaded()
        thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
        thread.start()
        thread.join()
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
    assert seen == [1]
