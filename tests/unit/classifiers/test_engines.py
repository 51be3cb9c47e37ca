"""Fast engines compute what torch computes, from several threads, for any number of pictures, or give way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from facelib.classifiers import engines

Function = Callable[[torch.Tensor], torch.Tensor]


class Body(nn.Module):
    """A network that is one function."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


@pytest.fixture
def x() -> torch.Tensor:
    return 3 * torch.randn(4, 6, 12, 12, generator=torch.Generator().manual_seed(1))


def normalised(channels: int) -> nn.Module:
    layer = nn.BatchNorm2d(channels)
    for tensor in (layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var):
        assert tensor is not None
        tensor.uniform_(0.5, 2.0)
    return layer


def resnet() -> nn.Module:
    return nn.Sequential(*list(torchvision.models.resnet18().children())[:-2])


@pytest.mark.thorough
@pytest.mark.parametrize(
    "make",
    [
        resnet,
        lambda: torchvision.models.mobilenet_v3_small().features,
        lambda: torchvision.models.efficientnet_b0().features,
        lambda: torchvision.models.densenet121().features[:6],
        lambda: torchvision.models.vgg11_bn().features,
    ],
    ids=["resnet", "mobilenet_v3", "efficientnet", "densenet", "vgg"],
)
def test_the_usual_networks_run_in_onnxruntime(make: Callable[[], nn.Module]) -> None:
    torch.manual_seed(3)
    body = make().eval()
    x = torch.rand(3, 3, 64, 64)
    with torch.no_grad():
        expected = body(x)
    found = engines.in_onnxruntime(body, x[:1])(x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))


class Hidden(nn.Module):
    """What torch does out of sight would become a constant, were it not tried on other pictures."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.from_numpy(np.tanh(x.numpy()))


def in_place(x: torch.Tensor) -> torch.Tensor:
    y = x + 1
    y += x
    kept = y
    y *= 2
    return torch.relu_(y) + kept


def test_changes_in_place_are_followed(x: torch.Tensor) -> None:
    body, given = Body(in_place), x.clone()
    torch.testing.assert_close(engines.in_onnxruntime(body, x)(x), body(x.clone()), rtol=1e-6, atol=0)
    assert torch.equal(x, given)


def branches(x: torch.Tensor) -> torch.Tensor:
    return x if x[0, 0, 0, 0] > 0 else -x


@pytest.mark.parametrize("body", [Body(torch.linalg.svdvals), Body(branches), Hidden()])
def test_others_run_in_torch(body: nn.Module, x: torch.Tensor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    engine = engines.fast(body, x)
    torch.testing.assert_close(engine(x), body(x))
    assert "No engine in_onnxruntime" in caplog.text


def test_what_only_looks_right_is_not_taken(x: torch.Tensor, caplog: pytest.LogCaptureFixture) -> None:
    """A function that is no function of the picture can't be copied; the plain network is used."""
    caplog.set_level(logging.INFO)
    counts = iter(range(100))
    body = Body(lambda x: x + float(next(counts)))
    engine = engines.fast(body, x)
    assert caplog.text.count("it computes something else") == 2
    torch.testing.assert_close(engine(x), x + float(next(counts) - 1), atol=2, rtol=0)


def test_onnxruntime_is_taken_where_it_can_be(x: torch.Tensor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    body = nn.Sequential(nn.Conv2d(6, 5, 3), normalised(5), nn.ReLU()).eval()
    engine = engines.fast(body, x)
    assert not caplog.text
    with torch.no_grad():
        torch.testing.assert_close(engine(x), body(x), rtol=1e-5, atol=1e-5)
        body[0].weight *= 2
        assert not torch.allclose(engine(x), body(x), atol=0.1)  # its weights are those of before


def test_an_engine_keeps_no_gradient_and_leaves_the_network_alone(x: torch.Tensor) -> None:
    body = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(6, 5, 1, 2), nn.BatchNorm2d(5)).eval()
    before = {name: weight.clone() for name, weight in body.state_dict().items()}
    given = x.clone()
    made = [engines.fast(body, x), engines.in_channels_last(body, x), engines.plain(body)]
    assert torch.equal(x, given)
    for engine in made:
        y = engine(x.clone())
        assert not y.requires_grad
        assert not y.is_inference()
        assert y.is_contiguous()
    assert torch.is_grad_enabled()
    assert all(torch.equal(weight, before[name]) for name, weight in body.state_dict().items())
    assert body[1].weight.is_contiguous()
    x.requires_grad_()
    body(x.clone()).sum().backward()  # the way back through a strided 1 × 1 convolution must not crash
    assert x.grad is not None


def test_two_threads_get_the_same(x: torch.Tensor) -> None:
    body = nn.Sequential(nn.Conv2d(6, 32, 3), nn.ReLU(), nn.Conv2d(32, 8, 3)).eval()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: engines.fast(body, x), range(8)))
        expected = made[0](x)
        for found in pool.map(lambda engine: engine(x), made * 4):
            assert torch.equal(found, expected)
