"""Builders of the Keras layers; they fill `facelib.models.readers.keras_layers.LAYERS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from facelib.models.readers import layout
from facelib.models.readers.keras_layers import (
    WITHOUT_EFFECT,
    Function,
    Given,
    Scale,
    Sides,
    Slopes,
    activation,
    axis_last,
    chain,
    channel_axis,
    constant,
    convolution,
    layer,
    pair,
    sides,
    window,
)

_SMALLEST_DEVIATION = 1e-7  # keras.backend.epsilon(), below which Normalization doesn't divide


@layer(*WITHOUT_EFFECT)
def _nothing(_given: Given) -> nn.Module:
    return nn.Identity()


@layer("Conv2D")
def _convolution(given: Given) -> nn.Module:
    kernel, bias = _with_bias(given, 1)
    groups = given.shape[1] // max(kernel.shape[2], 1)
    return _activated(given, convolution(given, layout.convolution(kernel), bias, groups))


@layer("DepthwiseConv2D")
def _depthwise(given: Given) -> nn.Module:
    kernel, bias = _with_bias(given, 1)
    return _activated(given, convolution(given, layout.depthwise(kernel), bias, kernel.shape[2]))


@layer("SeparableConv2D")
def _separable(given: Given) -> nn.Module:
    depthwise, pointwise, bias = _with_bias(given, 2)
    first = convolution(given, layout.depthwise(depthwise), None, depthwise.shape[2])
    return _activated(given, first, convolution(given, layout.convolution(pointwise), bias, 1, first=False))


@layer("Dense")
def _dense(given: Given) -> nn.Module:
    kernel, bias = _with_bias(given, 1)
    module = nn.Linear(kernel.shape[0], kernel.shape[1], bias=bias is not None, device="meta")
    module.weight = constant(layout.dense(kernel))
    if bias is not None:
        module.bias = constant(bias)
    return _activated(given, axis_last(module, given.shape))


@layer("BatchNormalization")
def _normalisation(given: Given) -> nn.Module:
    scaled, moved = given.config.get("scale", True), given.config.get("center", True)
    weights = given.take(2 + bool(scaled) + bool(moved))
    mean, variance = weights[-2:]
    if channel_axis(given.config.get("axis", -1), given.shape) != 1 or mean.shape != given.shape[1:2]:
        msg = f"it normalises another axis than the channels of {given.shape}"
        raise ValueError(msg)
    kind = nn.BatchNorm2d if len(given.shape) == 4 else nn.BatchNorm1d
    module = kind(len(mean), float(given.config.get("epsilon", 1e-3)), device="meta")
    module.weight = constant(weights[0] if scaled else torch.ones_like(mean))
    module.bias = constant(weights[-3] if moved else torch.zeros_like(mean))
    module.running_mean, module.running_var = mean, variance
    module.num_batches_tracked = torch.tensor(0)
    return module


@layer("Activation")
def _activation(given: Given) -> nn.Module:
    return activation(given.config["activation"])


@layer("ReLU")
def _relu(given: Given) -> nn.Module:
    highest = given.config.get("max_value")
    slope, threshold = (_number(given, name, 0.0) for name in ("negative_slope", "threshold"))
    if threshold or (slope and highest is not None):
        raise ValueError("it has a threshold, or both a slope and a highest value")
    if highest is not None:
        return nn.ReLU6() if float(highest) == 6 else nn.Hardtanh(0.0, float(highest))
    return nn.LeakyReLU(slope) if slope else nn.ReLU()


@layer("LeakyReLU")
def _leaky(given: Given) -> nn.Module:
    return nn.LeakyReLU(_number(given, "negative_slope", _number(given, "alpha", 0.3)))


@layer("PReLU")
def _slopes(given: Given) -> nn.Module:
    (slope,) = given.take(1)
    return Slopes(slope.permute(2, 0, 1) if slope.ndim == 3 else slope)


@layer("ELU")
def _elu(given: Given) -> nn.Module:
    return nn.ELU(_number(given, "alpha", 1.0))


@layer("Softmax")
def _softmax(given: Given) -> nn.Module:
    return nn.Softmax(channel_axis(given.config.get("axis", -1), given.shape))


@layer("MaxPooling2D")
def _max_pooling(given: Given) -> nn.Module:
    size, stride = _pool(given)
    left, right, top, bottom = window(given, size, stride)
    if left == right <= size[1] // 2 and top == bottom <= size[0] // 2:
        return nn.MaxPool2d(size, stride, (top, left))
    return nn.Sequential(nn.ConstantPad2d((left, right, top, bottom), -torch.inf), nn.MaxPool2d(size, stride))


@layer("AveragePooling2D")
def _average_pooling(given: Given) -> nn.Module:
    size, stride = _pool(given)
    added = window(given, size, stride)
    if not any(added):
        return nn.AvgPool2d(size, stride)
    pool = nn.Sequential(nn.ZeroPad2d(added), nn.AvgPool2d(size, stride))
    inside = pool(torch.ones(1, 1, *given.shape[2:]))  # TensorFlow counts only what is inside
    return nn.Sequential(*pool, Scale(1 / inside, torch.zeros(1)))


@layer("GlobalAveragePooling2D")
def _global_average(given: Given) -> nn.Module:
    return Function(torch.mean, dim=(2, 3), keepdim=bool(given.config.get("keepdims", False)))


@layer("GlobalMaxPooling2D")
def _global_max(given: Given) -> nn.Module:
    return Function(torch.amax, dim=(2, 3), keepdim=bool(given.config.get("keepdims", False)))


@layer("ZeroPadding2D")
def _padding(given: Given) -> nn.Module:
    return nn.ZeroPad2d(_not_negative(sides(given.config["padding"])))


@layer("Cropping2D")
def _cropping(given: Given) -> nn.Module:
    left, right, top, bottom = _not_negative(sides(given.config["cropping"]))
    return nn.ZeroPad2d((-left, -right, -top, -bottom))


@layer("Flatten")
def _flatten(given: Given) -> nn.Module:
    if len(given.shape) == 4 and given.shape[2:] != (1, 1):
        return nn.Sequential(Function(torch.permute, dims=(0, 2, 3, 1)), nn.Flatten())
    return nn.Flatten()


@layer("Reshape")
def _reshape(given: Given) -> nn.Module:
    target = [int(side) for side in given.config["target_shape"]]
    before = Function(torch.permute, dims=(0, 2, 3, 1)) if len(given.shape) == 4 else None
    after = Function(torch.permute, dims=(0, 3, 1, 2)) if len(target) == 3 else None
    return chain(before, nn.Flatten(), nn.Unflatten(1, target), after)


@layer("Rescaling")
def _rescaling(given: Given) -> nn.Module:
    scale, offset = (_per_channel(given.config.get(name, 0.0), given) for name in ("scale", "offset"))
    return Scale(scale, offset)


@layer("Normalization")
def _standardisation(given: Given) -> nn.Module:
    stated = [given.config.get(name) for name in ("mean", "variance")]
    mean, variance = stated if stated[0] is not None else given.weights[:2]
    if given.config.get("invert"):
        raise ValueError("it undoes a normalisation")
    deviation = _per_channel(variance, given).sqrt().clamp_min(_SMALLEST_DEVIATION)
    return Scale(1 / deviation, -_per_channel(mean, given) / deviation)


@layer("Concatenate")
def _concatenation(given: Given) -> nn.Module:
    return Function(_concatenate, dim=channel_axis(given.config.get("axis", -1), given.shapes[0]))


def _merging(kind: str, run: Callable[..., torch.Tensor]) -> None:
    @layer(kind)
    def _merge(given: Given) -> nn.Module:
        if len({len(shape) for shape in given.shapes}) > 1:
            msg = f"it merges {' and '.join(map(str, given.shapes))}, whose axes don't stand for the same"
            raise ValueError(msg)
        return Function(run)


def _concatenate(*values: torch.Tensor, dim: int) -> torch.Tensor:
    return torch.cat(values, dim)


def _add(first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
    for other in others:
        first = first + other
    return first


def _multiply(first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
    for other in others:
        first = first * other
    return first


def _average(*values: torch.Tensor) -> torch.Tensor:
    return _add(*values) / len(values)


def _maximum(first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
    for other in others:
        first = torch.maximum(first, other)
    return first


def _subtract(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    return first - second


def _divide(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    return first / second


_MERGES: dict[str, Callable[..., torch.Tensor]] = {
    "Add": _add,
    "Average": _average,
    "Maximum": _maximum,
    "Multiply": _multiply,
    "Subtract": _subtract,
    "TrueDivide": _divide,
}
for _kind, _run in _MERGES.items():
    _merging(_kind, _run)


def _activated(given: Given, *parts: nn.Module) -> nn.Module:
    return chain(*parts, activation(given.config.get("activation")))


def _with_bias(given: Given, kernels: int) -> list[Any]:
    """Return the kernels, then the bias or None."""
    biased = bool(given.config.get("use_bias", True))
    weights: list[Any] = [*given.take(kernels + biased)]
    return weights if biased else [*weights, None]


def _pool(given: Given) -> tuple[tuple[int, int], tuple[int, int]]:
    size = pair(given.config["pool_size"])
    return size, pair(given.config.get("strides") or size)


def _number(given: Given, name: str, default: float) -> float:
    value = given.config.get(name)
    return default if value is None else float(value)


def _not_negative(values: Sides) -> Sides:
    if min(values) < 0:
        msg = f"it adds or cuts {values}"
        raise ValueError(msg)
    return values


def _per_channel(value: Any, given: Given) -> torch.Tensor:
    """Return one number, or one per channel, shaped to broadcast against (N, C, h, w) or (N, D)."""
    tensor = torch.as_tensor(value, dtype=torch.float32).flatten()
    if len(tensor) not in {1, given.shape[1]}:
        msg = f"it has {len(tensor)} numbers for {given.shape[1]} channels"
        raise ValueError(msg)
    return tensor.view(-1, *[1] * (len(given.shape) - 2))
