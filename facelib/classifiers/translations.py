"""What torch's functions are called in ONNX: one short translation each, with torch's own arguments.

Tensors come as the names that they have in the graph, and the name of the result is returned. Arguments
`WITHOUT_EFFECT` don't come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own habit

from facelib.classifiers.onnx_format import GraphWriter
from facelib.errors import FacelibError

Translation = Callable[..., str]
Size = int | Sequence[int]

TRANSLATIONS: dict[Any, Translation] = {}

WITHOUT_EFFECT = frozenset({"inplace", "momentum", "p"})
"""Keywords that change no result: results have names of their own, and nothing is translated in training."""


class Untranslatable(FacelibError):  # noqa: N818 - an answer rather than an error
    """A network computes something that has no translation here."""

    def __init__(self, what: object) -> None:
        super().__init__(f"There is no translation into ONNX of {what}.")


def translates(*functions: Any) -> Callable[[Translation], Translation]:
    """Register the translation of functions that take the same arguments."""

    def register(translation: Translation) -> Translation:
        TRANSLATIONS.update(dict.fromkeys(functions, translation))
        return translation

    return register


def _pair(value: Size) -> list[int]:
    sides = [value] if isinstance(value, int) else [*value]
    return sides * 2 if len(sides) == 1 else sides


def _unless(wrong: bool, what: str) -> None:
    if wrong:
        raise Untranslatable(what)


@translates(torch.conv2d)
def _convolution(  # noqa: PLR0917 - torch's order
    graph: GraphWriter,
    x: str,
    weight: str,
    bias: str | None = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> str:
    if isinstance(padding, str):
        what = f"a convolution with padding {padding!r}"
        raise Untranslatable(what)
    pads = _pair(padding) * 2
    sizes = {"strides": _pair(stride), "pads": pads, "dilations": _pair(dilation)}
    return graph.node("Conv", x, weight, bias, group=groups, **sizes)


@translates(F.batch_norm)
def _normalisation(
    graph: GraphWriter,
    x: str,
    mean: str,
    variance: str,
    *,
    weight: str | None = None,
    bias: str | None = None,
    training: bool = False,
    eps: float = 1e-5,
) -> str:
    _unless(training or weight is None or bias is None, "batch normalisation without weights or in training")
    return graph.node("BatchNormalization", x, weight, bias, mean, variance, epsilon=eps)


@translates(F.pad)
def _padding(
    graph: GraphWriter, x: str, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> str:
    _unless(len(pad) != 4 or mode == "circular", f"padding {pad!r} of mode {mode!r}")
    left, right, top, bottom = pad
    sides = graph.constant([0, 0, top, left, 0, 0, bottom, right])
    edges = {"replicate": "edge"}.get(mode, mode)
    return graph.node("Pad", x, sides, graph.constant(float(value or 0)), mode=edges)


@translates(F.max_pool2d, torch.max_pool2d)
def _largest(
    graph: GraphWriter,
    x: str,
    kernel_size: Size,
    *,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> str:
    _unless(return_indices, "pooling with indices")
    return graph.node(
        "MaxPool",
        x,
        kernel_shape=_pair(kernel_size),
        strides=_pair(stride or kernel_size),
        pads=_pair(padding) * 2,
        dilations=_pair(dilation),
        ceil_mode=int(ceil_mode),
    )


@translates(F.avg_pool2d)
def _mean(  # noqa: PLR0917 - torch's order
    graph: GraphWriter,
    x: str,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> str:
    _unless(ceil_mode or divisor_override is not None, "a mean with its own divisor")
    return graph.node(
        "AveragePool",
        x,
        kernel_shape=_pair(kernel_size),
        strides=_pair(stride or kernel_size),
        pads=_pair(padding) * 2,
        count_include_pad=int(count_include_pad),
    )


@translates(F.adaptive_avg_pool2d)
def _mean_of_all(graph: GraphWriter, x: str, output_size: Size) -> str:
    _unless(_pair(output_size) != [1, 1], f"adaptive pooling to {output_size!r}")
    return graph.node("GlobalAveragePool", x)


@translates(Tensor.mean, torch.mean)
def _mean_over(graph: GraphWriter, x: str, dim: Size, keepdim: bool = False) -> str:
    axes = [dim] if isinstance(dim, int) else [*dim]
    return graph.node("ReduceMean", x, axes=axes, keepdims=int(keepdim))


@translates(F.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_)
def _relu(graph: GraphWriter, x: str) -> str:
    return graph.node("Relu", x)


@translates(F.relu6)
def _relu6(graph: GraphWriter, x: str) -> str:
    return _between(graph, x, 0.0, 6.0)


@translates(F.hardtanh)
def _hardtanh(graph: GraphWriter, x: str, min_val: float = -1.0, max_val: float = 1.0) -> str:
    return _between(graph, x, min_val, max_val)


@translates(Tensor.clamp, torch.clamp)
def _between(graph: GraphWriter, x: str, min: float | None = None, max: float | None = None) -> str:  # noqa: A002
    limits = [None if limit is None else graph.constant(float(limit)) for limit in (min, max)]
    return graph.node("Clip", x, *limits)


@translates(F.leaky_relu)
def _leaky(graph: GraphWriter, x: str, negative_slope: float = 0.01) -> str:
    return graph.node("LeakyRelu", x, alpha=float(negative_slope))


@translates(torch.sigmoid, Tensor.sigmoid)
def _sigmoid(graph: GraphWriter, x: str) -> str:
    return graph.node("Sigmoid", x)


@translates(torch.tanh, Tensor.tanh)
def _tanh(graph: GraphWriter, x: str) -> str:
    return graph.node("Tanh", x)


@translates(F.silu)
def _silu(graph: GraphWriter, x: str) -> str:
    return graph.node("Mul", x, _sigmoid(graph, x))


@translates(F.hardsigmoid)
def _hardsigmoid(graph: GraphWriter, x: str) -> str:
    return graph.node("HardSigmoid", x, alpha=1 / 6, beta=0.5)


@translates(F.hardswish)
def _hardswish(graph: GraphWriter, x: str) -> str:
    return graph.node("HardSwish", x)


@translates(F.dropout, F.dropout2d)
def _dropout(graph: GraphWriter, x: str, training: bool = True) -> str:
    _unless(training, "dropout in training")
    return graph.node("Identity", x)


@translates(Tensor.add, Tensor.add_, torch.add)
def _sum(graph: GraphWriter, a: str | float, b: str | float, *, alpha: float = 1) -> str:
    _unless(alpha != 1, f"a sum with alpha {alpha!r}")
    return graph.node("Add", _operand(graph, a), _operand(graph, b))


@translates(Tensor.mul, Tensor.mul_, torch.mul)
def _product(graph: GraphWriter, a: str | float, b: str | float) -> str:
    return graph.node("Mul", _operand(graph, a), _operand(graph, b))


def _operand(graph: GraphWriter, value: str | float) -> str:
    return value if isinstance(value, str) else graph.constant(float(value))


@translates(torch.cat)
def _side_by_side(graph: GraphWriter, tensors: Sequence[str], dim: int = 0) -> str:
    return graph.node("Concat", *tensors, axis=dim)
