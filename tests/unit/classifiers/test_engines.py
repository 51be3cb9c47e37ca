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
from torch.nn import functional as F  # noqa: N812

from facelib.classifiers import engines
from facelib.classifiers.onnx_format import GraphWriter
from facelib.classifiers.recording import to_onnx
from facelib.classifiers.translations import TRANSLATIONS, Untranslatable
from facelib.models.onnx import OnnxGraph

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


WEIGHT = torch.randn(1, 6, 1, 1, generator=torch.Generator().manual_seed(2))
FUNCTIONS: dict[str, Function] = {
    "convolution": nn.Conv2d(6, 9, 3),
    "strided": nn.Conv2d(6, 9, (3, 5), (2, 1), (1, 2), (2, 1), bias=False),
    "depthwise": nn.Conv2d(6, 12, 3, 2, 1, groups=6),
    "pads itself": nn.Conv2d(6, 3, 3, padding=1, padding_mode="reflect"),
    "normalisation": normalised(6),
    "zeros outside": lambda x: F.pad(x, (0, 1, 2, 3)),
    "a number outside": lambda x: F.pad(x, (0, 1, 2, 3), value=2.5),
    "reflected outside": lambda x: F.pad(x, (1, 2, 3, 0), mode="reflect"),
    "repeated outside": lambda x: F.pad(x, (1, 2, 3, 0), mode="replicate"),
    "largest": nn.MaxPool2d(2),
    "largest of an odd size": nn.MaxPool2d(3, 2, padding=1, ceil_mode=True),
    "largest of an even size": nn.MaxPool2d(3, 2, ceil_mode=True),
    "mean": nn.AvgPool2d(3, 2, 1),
    "mean without what is outside": nn.AvgPool2d(3, 2, 1, count_include_pad=False),
    "mean of all": nn.AdaptiveAvgPool2d(1),
    "mean over axes": lambda x: x.mean((2, 3), keepdim=True),
    "relu": nn.ReLU(),
    "relu in place": nn.ReLU(inplace=True),
    "relu of a tensor": lambda x: x.relu(),
    "relu6": F.relu6,
    "relu6 as a layer": nn.ReLU6(),
    "between": lambda x: x.clamp(-1, 2),
    "at least": lambda x: torch.clamp(x, min=-1),
    "leaky": nn.LeakyReLU(0.2),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "silu": nn.SiLU(),
    "hard sigmoid": nn.Hardsigmoid(),
    "hard swish": nn.Hardswish(),
    "dropout": nn.Dropout().eval(),
    "dropout of channels": nn.Dropout2d().eval(),
    "sum": lambda x: x + x,
    "sum with a number": lambda x: 2 + x,
    "sum with weights": lambda x: x + WEIGHT,
    "product": lambda x: x * x.sigmoid(),
    "product with weights": lambda x: (2 * WEIGHT) * x,
    "product with a number": lambda x: 0.5 * x,
    "side by side": lambda x: torch.cat([x, WEIGHT.expand(1, 6, 12, 12) * x, x.relu()], 1),
    "asks for the shape": lambda x: F.max_pool2d(x, 2 + x.shape[-1] % 2, padding=x.size(2) % 2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_translation_is_what_torch_does(name: str, x: torch.Tensor) -> None:
    body = Body(FUNCTIONS[name]).eval()
    with torch.no_grad():
        expected = body(x.clone())
    found = OnnxGraph(to_onnx(body, x[:2]))(x.numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_every_translation_is_tried(x: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    translations, used = dict(TRANSLATIONS), set()
    for function, translation in translations.items():

        def noted(*args: object, _own: Callable[..., str] = translation, **kwargs: object) -> str:
            used.add(_own)
            return _own(*args, **kwargs)

        monkeypatch.setitem(TRANSLATIONS, function, noted)
    for function in FUNCTIONS.values():
        to_onnx(Body(function).eval(), x)
    assert {translation.__name__ for translation in {*translations.values()} - used} == set()


def in_place(x: torch.Tensor) -> torch.Tensor:
    y = x + 1
    y += x
    kept = y
    y *= 2
    return torch.relu_(y) + kept


def test_changes_in_place_are_followed(x: torch.Tensor) -> None:
    body, given = Body(in_place), x.clone()
    found = OnnxGraph(to_onnx(body, x))(x.numpy())
    np.testing.assert_allclose(found, body(x.clone()), rtol=1e-6)
    assert torch.equal(x, given)


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (torch.exp, "torch.exp"),
        (lambda x: x.transpose(1, 2), "torch.Tensor.transpose"),
        (lambda x: x * x.max().item(), "torch.Tensor.max"),
        (lambda x: x if x.sigmoid() is None or bool(x[0, 0, 0, 0] > 0) else -x, "torch.Tensor.__getitem__"),
        (lambda x: torch.add(x, x, alpha=2), "a sum with alpha 2"),
        (nn.Conv2d(6, 6, 3, padding="same"), "a convolution with padding 'same'"),
        (nn.MaxPool2d(2, return_indices=True), "torch.nn.functional.max_pool2d_with_indices"),
        (nn.AdaptiveAvgPool2d(2), "adaptive pooling to 2"),
        (nn.AvgPool2d(3, ceil_mode=True), "a mean with its own divisor"),
        (nn.BatchNorm2d(6, affine=False).eval(), "batch normalisation without weights"),
        (lambda x: F.dropout(x, 0.1, training=True), "dropout in training"),
        (lambda x: F.pad(x, (1, 1, 1, 1), mode="circular"), "padding"),
        (lambda _: WEIGHT, "what makes the output, a Tensor, from the input"),
    ],
)
def test_what_is_not_known_is_said(function: Function, what: str, x: torch.Tensor) -> None:
    with pytest.raises(Untranslatable, match=f"no translation into ONNX of {what}"):
        to_onnx(Body(function), x)


def resnet() -> nn.Module:
    return nn.Sequential(*list(torchvision.models.resnet18().children())[:-2])


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


@pytest.mark.parametrize("body", [Body(torch.exp), Body(lambda x: x.flip(1)), Hidden()])
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


def test_the_format_writes_what_protocol_buffers_ask_for() -> None:
    """Numbers of 7 bits a byte, least significant first; lengths before contents: by hand."""
    graph = GraphWriter((1, 2, 3, 300))
    name = graph.node("Relu", "x", axis=-1)
    model = graph.model(name)
    assert model.startswith(b"\x08\x08\x3a")  # IR version 8, then the graph
    assert b"\x0a\x01x\x12\x06value0\x22\x04Relu" in model
    assert b"\x0a\x04axis\x18" + b"\xff" * 9 + b"\x01\xa0\x01\x02" in model
    assert b"\x0a\x03\x12\x01N" in model
    assert b"\x0a\x03\x08\xac\x02" in model  # 300 = 0xac 0x02
    assert model.endswith(b"\x42\x04\x0a\x00\x10\x11")  # operators of version 17


def test_inputs_left_out_at_the_end_are_not_written() -> None:
    """An empty name for the bias makes onnxruntime take its plain convolution: twice as slow."""
    graph = GraphWriter((1, 2, 3, 4))
    model = graph.model(graph.node("Clip", "x", None, "most"))
    assert b"\x0a\x01x\x0a\x00\x0a\x04most\x12\x06value0" in model
    model = graph.model(graph.node("Conv", "x", "weight", None, None))
    assert b"\x0a\x01x\x0a\x06weight\x12\x06value1" in model
