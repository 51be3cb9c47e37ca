"""The classifiers whose weights come in packages: complete, repeatable, safe to share between threads."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from facelib import classifiers
from facelib.classifiers import EMOTIONS, Classifier
from facelib.classifiers.builtin import RECIPES
from facelib.classifiers.preparation import Images
from facelib.errors import UnavailableError
from facelib.faces import Head

FEATURES = {
    "fer": (128, 4, 4),
    "facex": (320, 6, 6),
    "pyemotion": (256, 6, 6),
    "facemood": (120, 6, 6),
    "faceapi": (256, 7, 7),
    "human": (256, 8, 8),
}
BOX = (15.0, 20.0, 85.0, 95.0)


@pytest.fixture(params=FEATURES)
def clf(request: pytest.FixtureRequest, load_network: Callable[[str], Classifier]) -> Classifier:
    return load_network(request.param)


@pytest.fixture
def images(rng: np.random.Generator) -> Images:
    return rng.integers(0, 256, (5, 110, 100, 3), dtype=np.uint8)


@pytest.mark.packages
def test_feature_map(clf: Classifier, images: Images) -> None:
    features = clf.features(images, BOX)
    assert features.shape == (5, *FEATURES[clf.id])
    assert features.is_contiguous()  # the way back through a channels_last head can crash
    assert not features.requires_grad
    assert not features.is_inference()


@pytest.mark.one_case
@pytest.mark.packages
def test_a_batch_is_its_pictures(clf: Classifier, images: Images) -> None:
    together = clf.logits(images, BOX)
    alone = np.concatenate([clf.logits(image[None], BOX) for image in images])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)


@pytest.mark.thorough
@pytest.mark.packages
def test_the_engine_computes_what_plain_torch_does(clf: Classifier, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "facelib.classifiers.engines")
    faces = [Head(seed=seed, expression=emotion).render(224) for seed, emotion in enumerate(EMOTIONS)]
    images, boxes = np.stack([face.image for face in faces]), np.stack([face.box for face in faces])
    body, head = (copy.deepcopy(part).double() for part in (clf.body, clf.head))
    with torch.no_grad():
        plain = clf.body(clf.prepare(images, boxes))
        exact = body(clf.prepare(images, boxes).double())
        logits = clf.logits_from(plain)
        exact_logits = head(exact)
    features = clf.features(images, boxes)
    # features of faceapi reach 280: plain torch itself is 1.2e-4 away from what is exact
    tolerance = max(1e-4, 1e-6 * float(exact.abs().max()))
    torch.testing.assert_close(features, plain, rtol=0, atol=tolerance)
    torch.testing.assert_close(features.double(), exact, rtol=0, atol=tolerance)
    np.testing.assert_allclose(clf.logits(images, boxes), logits, rtol=0, atol=1e-4)
    np.testing.assert_allclose(clf.logits(images, boxes), exact_logits, rtol=0, atol=1e-4)
    assert not caplog.text  # or no engine was found


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("chunk", [1, 2, 3, 5])
def test_chunks_change_nothing(
    clf: Classifier, images: Images, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = clf.logits(images, BOX)
    monkeypatch.setattr(clf, "chunk", chunk)
    np.testing.assert_allclose(clf.logits(images, BOX), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.one_case
@pytest.mark.packages
def test_probabilities(clf: Classifier, images: Images) -> None:
    probabilities = clf.probabilities(images, BOX)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-6)
    assert (probabilities >= 0).all()
    np.testing.assert_array_equal(probabilities.argmax(1), clf.logits(images, BOX).argmax(1))


@pytest.mark.packages
def test_every_common_emotion_has_one_output(clf: Classifier) -> None:
    assert sorted(clf.emotions.values(), key=str) == sorted(EMOTIONS)
    for emotion in EMOTIONS:
        index = clf.index_of(emotion)
        assert index is not None
        assert clf.emotions[clf.labels[index]] == emotion


@pytest.mark.packages
def test_the_logits_are_differentiable_in_the_features(clf: Classifier, images: Images) -> None:
    features = clf.features(images, BOX).requires_grad_()
    clf.logits_from(features)[:, 0].sum().backward()  # type: ignore[no-untyped-call]
    assert features.grad is not None
    assert bool((features.grad != 0).any())
    assert all(weight.grad is None for weight in (*clf.body.parameters(), *clf.head.parameters()))


@pytest.mark.one_case
@pytest.mark.packages
def test_two_threads_get_the_same(clf: Classifier, images: Images) -> None:
    expected = clf.logits(images, BOX)
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(lambda _: clf.logits(images, BOX), range(8)):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.packages
def test_the_card_counts_the_weights(clf: Classifier) -> None:
    count = 0
    for module in (*clf.body.modules(), *clf.head.modules()):
        for name, weight in module.named_parameters(recurse=False):
            padded = isinstance(module, nn.Conv2d) and module.kernel_size == (4, 4) and name == "weight"
            count += weight[..., 1:, 1:].numel() if padded else weight.numel()
    assert clf.card.parameters == count


@pytest.mark.one_case
@pytest.mark.packages
def test_happy_is_read_from_a_happy_face(clf: Classifier) -> None:
    from facelib.faces.photographs import sample_photograph

    face = sample_photograph()
    (probabilities,) = clf.probabilities(face.image[None], face.box)
    happy = clf.index_of("happy")
    assert happy is not None
    assert probabilities[happy] > 0.9


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.id)
def test_every_card_is_complete(recipe: object) -> None:
    card = recipe.card  # type: ignore[attr-defined]
    for field in dataclasses.fields(card):
        assert getattr(card, field.name), field.name
    assert len(card.sha256) == 64
    assert "not for diagnosis" in card.limits


def test_ids_and_recipes_agree() -> None:
    assert [recipe.id for recipe in RECIPES] == list(FEATURES)


def test_without_packages_each_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FACELIB_HOME", str(tmp_path))
    assert not set(classifiers.available()) & set(FEATURES)
    for recipe in RECIPES:
        assert recipe.package in (classifiers.why_unavailable(recipe.id) or "")
        with pytest.raises(UnavailableError, match="facelib models fetch"):
            recipe.make()


@pytest.mark.packages
def test_no_network_leaves_torch_changed() -> None:
    before = torch.get_num_threads(), torch.is_grad_enabled()
    for name in classifiers.available():
        classifiers.load(name).logits(np.zeros((1, 50, 50, 3), np.uint8))
    assert (torch.get_num_threads(), torch.is_grad_enabled()) == before
