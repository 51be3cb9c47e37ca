"""What holds for every classifier that is registered, found automatically."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch

from facelib import attribution
from facelib.classifiers import CLASSIFIERS, EMOTIONS, Classifier
from facelib.errors import BadValueError
from facelib.faces import Head

pytestmark = [pytest.mark.packages, pytest.mark.usefixtures("single_threaded")]


@pytest.fixture(params=list(CLASSIFIERS))
def clf(request: pytest.FixtureRequest, load_network: Callable[[str], Classifier]) -> Classifier:
    return load_network(request.param)


@pytest.fixture(scope="module")
def faces() -> tuple[np.ndarray, np.ndarray]:
    """Seven people, each with another expression: pictures and boxes."""
    heads = [
        Head(seed=seed, age=25 + 9 * seed, gender=float(seed % 2), skin_tone=seed / 6, expression=emotion)
        for seed, emotion in enumerate(EMOTIONS)
    ]
    rendered = [head.render(160) for head in heads]
    return np.stack([face.image for face in rendered]), np.stack([face.box for face in rendered])


@pytest.mark.thorough
def test_one_finite_logit_a_label(clf: Classifier, faces: tuple[np.ndarray, np.ndarray]) -> None:
    logits = clf.logits(*faces)
    assert logits.shape == (7, len(clf.labels))
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert np.ptp(logits, axis=0).min() > 0  # every output looks at the picture


@pytest.mark.one_case
def test_a_batch_is_its_pictures(clf: Classifier, faces: tuple[np.ndarray, np.ndarray]) -> None:
    images, boxes = faces
    alone = [clf.logits(image[None], box) for image, box in zip(images, boxes, strict=True)]
    np.testing.assert_allclose(clf.logits(images, boxes), np.concatenate(alone), rtol=1e-5, atol=1e-5)


@pytest.mark.thorough
def test_probabilities_sum_to_one(clf: Classifier, faces: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities = clf.probabilities(*faces)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-6)


@pytest.mark.thorough
def test_gray_pictures_are_read_and_other_shapes_are_refused(
    clf: Classifier, faces: tuple[np.ndarray, np.ndarray]
) -> None:
    images, boxes = faces
    gray = np.broadcast_to(images.mean(3, keepdims=True).astype(np.uint8), images.shape)
    assert np.isfinite(clf.logits(np.ascontiguousarray(gray), boxes)).all()
    for wrong in (images[..., 0], images[0], images.astype(np.float32), images[..., :1]):
        with pytest.raises(BadValueError, match=r"uint8 array \(N, H, W, 3\), RGB; got"):
            clf.logits(wrong, boxes[0])


@pytest.mark.one_case
def test_nothing_learns_and_nothing_listens(clf: Classifier, faces: tuple[np.ndarray, np.ndarray]) -> None:
    before = {name: value.clone() for name, value in clf.body.state_dict().items()}
    features = clf.features(*faces)
    label = next(emotion for emotion in EMOTIONS if clf.index_of(emotion) is not None)
    for method in attribution.METHODS if not clf.no_maps else ():
        attribution.grad_cam_from(clf, features, label, method)
    assert not features.requires_grad
    for part in (clf.body, clf.head):
        assert not part.training
        assert all(not module.training for module in part.modules())
        assert all(not weight.requires_grad and weight.grad is None for weight in part.parameters())
        hooks = [len(module._forward_hooks) + len(module._backward_hooks) for module in part.modules()]
        assert sum(hooks) == 0
    assert all(torch.equal(value, before[name]) for name, value in clf.body.state_dict().items())


@pytest.mark.one_case
def test_maps_are_finite_and_move_with_the_class(
    clf: Classifier, faces: tuple[np.ndarray, np.ndarray]
) -> None:
    features = clf.features(*faces)
    known = [emotion for emotion in EMOTIONS if clf.index_of(emotion) is not None]
    maps = {emotion: attribution.grad_cam_from(clf, features, emotion) for emotion in known}
    stacked = np.stack(list(maps.values()))
    assert np.isfinite(stacked).all()
    assert not np.allclose(stacked[0], stacked[1])
    shown = (stacked > 0).any(axis=(1, 2, 3))
    assert shown.sum() > len(known) / 2  # a class may have no positive evidence on any of these faces …
    for emotion in known:  # … but every class depends on the places of the features
        given = features.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(clf.logits_from(given)[:, clf.index_of(emotion)].sum(), given)
        assert bool((clf.layout.maps(gradient) != 0).any())


def test_the_card_is_complete(clf: Classifier) -> None:
    card = dataclasses.asdict(clf.card)
    assert {name for name, value in card.items() if value in ("", 0)} == set()
    assert len(clf.card.sha256) == 64
    assert f"{clf.input_size} × {clf.input_size} px" in clf.card.input


def test_emotions_are_common_ones_each_once(clf: Classifier) -> None:
    meant = [emotion for emotion in clf.emotions.values() if emotion is not None]
    assert len(set(meant)) == len(meant)
    assert set(meant) <= set(EMOTIONS)
    assert tuple(clf.emotions) == clf.labels


def test_what_is_seen_is_square_and_of_its_size(
    clf: Classifier, faces: tuple[np.ndarray, np.ndarray]
) -> None:
    seen = clf.preparation.seen(*faces)
    assert seen.shape == (7, clf.input_size, clf.input_size, 3)
    assert seen.std() > 10
