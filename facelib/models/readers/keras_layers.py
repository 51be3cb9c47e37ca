"""Keras' layers in torch: pictures are (N, C, h, w) here and (N, h, w, C) there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own habit

from facelib.utilities.registry import Registry

Config = Mapping[str, Any]
Shape = tuple[int, ...]
Pair = tuple[int, int]
Sides = tuple[int, int, int, int]


@dataclass(frozen=True)
class Given:
    """The configuration and weights that a layer is built from.

    Attributes
    ----------
    config
        As Keras wrote it.
    weights
        In Keras' order and with Keras' order of axes.
    shapes
        Of the tensors that it takes: (N, C, h, w), (N, D) …
    """

    config: Config
    weights: Sequence[torch.Tensor]
    shapes: Sequence[Shape]

    @property
    def shape(self) -> Shape:
        """Of the one tensor that it takes."""
        (shape,) = self.shapes
        return shape

    def take(self, count: int) -> list[torch.Tensor]:
        """Return the weights; `ValueError` unless there are `count`."""
        if len(self.weights) != count:
            msg = f"it has {count} tables of weights, but the file has {len(self.weights)} for it"
            raise ValueError(msg)
        return list(self.weights)


LAYERS: Registry[Callable[[Given], nn.Module]] = Registry("Keras layer")
WITHOUT_EFFECT = (
    "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout", "Identity",
    "ActivityRegularization", "RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation",
    "RandomContrast", "RandomBrightness",
)  # fmt: skip
"""Layers that do something in training only."""
WITH_WEIGHTS = (
    "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Dense", "BatchNormalization", "PReLU", "Normalization",
)  # fmt: skip


class Function(nn.Module):
    """A function of tensors as a module.

    Parameters
    ----------
    run
        A function of a module, so that the network can be copied and sent to other processes.
    **fixed
        Its keywords.
    """

    def __init__(self, run: Callable[..., torch.Tensor], **fixed: Any) -> None:
        super().__init__()
        self.run, self.fixed = run, fixed

    def forward(self, *values: torch.Tensor | float) -> torch.Tensor:
        """Run it."""
        return self.run(*values, **self.fixed)

    def extra_repr(self) -> str:
        """Name the function when the network is printed."""
        return self.run.__name__


class Scale(nn.Module):
    """Multiply tensors by a factor, then add an offset."""

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, scale: torch.Tensor, shift: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return scale · x + shift."""
        return x * self.scale + self.shift


class Slopes(nn.Module):
    """A parametric ReLU with a slope of its own for every number of a picture."""

    def __init__(self, slope: torch.Tensor) -> None:
        super().__init__()
        self.slope = constant(slope)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Multiply what is negative by its slope."""
        return F.relu(x) - self.slope * F.relu(-x)


def layer(*kinds: str) -> Callable[[Callable[[Given], nn.Module]], Callable[[Given], nn.Module]]:
    """Register how layers of these kinds are built."""

    def register(build: Callable[[Given], nn.Module]) -> Callable[[Given], nn.Module]:
        for kind in kinds:
            LAYERS.register(kind, build)
        return build

    return register


def constant(tensor: torch.Tensor) -> nn.Parameter:
    """Return a weight that isn't trained."""
    return nn.Parameter(tensor.contiguous(), requires_grad=False)


def chain(*parts: nn.Module | None) -> nn.Module:
    """Return a sequence of the parts that aren't None."""
    present = [part for part in parts if part is not None and not isinstance(part, nn.Identity)]
    return present[0] if len(present) == 1 else nn.Sequential(*present) if present else nn.Identity()


def activation(stated: Any) -> nn.Module:
    """Return an activation by its Keras name, or by the table that newer files hold instead of one."""
    name = stated.get("config") if isinstance(stated, Mapping) else stated
    if name is None:
        return nn.Identity()
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        msg = f"it has the activation {name!r}; known are {', '.join(_ACTIVATIONS)}"
        raise ValueError(msg)
    return _ACTIVATIONS[name]()


def channel_axis(axis: Any, shape: Shape) -> int:
    """Return torch's number of Keras' axis."""
    (axis,) = axis if isinstance(axis, Sequence) else (axis,)
    axis = int(axis) % len(shape)
    return {0: 0, 1: 2, 2: 3, 3: 1}[axis] if len(shape) == 4 else axis


def pair(value: Any) -> Pair:
    """Return a number, or two, as two."""
    first, second = value if isinstance(value, Sequence) else (value, value)
    return int(first), int(second)


def sides(value: Any) -> Sides:
    """Return how much is added or cut as (left, right, top, bottom): from one number, two, or two pairs."""
    rows, columns = (pair(side) for side in (value if isinstance(value, Sequence) else (value, value)))
    return *columns, *rows


def same_sides(shape: Shape, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Sides:
    """Return (left, right, top, bottom) of TensorFlow's "same": an odd one goes to the right and bottom."""
    added: list[int] = []
    for axis in (1, 0):
        reach = (kernel[axis] - 1) * dilation[axis] + 1
        size = shape[2 + axis]
        missing = max((math.ceil(size / stride[axis]) - 1) * stride[axis] + reach - size, 0)
        added += [missing // 2, missing - missing // 2]
    left, right, top, bottom = added
    return left, right, top, bottom


def window(given: Given, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Sides:
    """Return (left, right, top, bottom) that a sliding window needs of padding."""
    padding = given.config.get("padding", "valid")
    if padding not in {"valid", "same"} or min(*kernel, *stride, *dilation) < 1:
        msg = f"it has padding {padding!r}, window {kernel}, strides {stride}, dilation {dilation}"
        raise ValueError(msg)
    return same_sides(given.shape, kernel, stride, dilation) if padding == "same" else (0, 0, 0, 0)


def convolution(
    given: Given, kernel: torch.Tensor, bias: torch.Tensor | None, groups: int, *, first: bool = True
) -> nn.Module:
    """Return a convolution by a kernel (out, in / groups, h, w); one that isn't the first has no stride."""
    stride = pair(given.config.get("strides", 1)) if first else (1, 1)
    dilation = pair(given.config.get("dilation_rate", 1)) if first else (1, 1)
    size = (kernel.shape[2], kernel.shape[3])
    left, right, top, bottom = window(given, size, stride, dilation) if first else (0, 0, 0, 0)
    even = left == right and top == bottom
    module = nn.Conv2d(
        kernel.shape[1] * groups, kernel.shape[0], size, stride, (top, left) if even else 0, dilation, groups,
        bias=bias is not None, device="meta",
    )  # fmt: skip
    module.weight = constant(kernel)
    module.bias = None if bias is None else constant(bias)
    return chain(None if even else nn.ZeroPad2d((left, right, top, bottom)), module)


def axis_last(run: nn.Module, shape: Shape) -> nn.Module:
    """Let a module that works along the last axis work along the channels of pictures."""
    if len(shape) != 4:
        return run
    return nn.Sequential(
        Function(torch.permute, dims=(0, 2, 3, 1)), run, Function(torch.permute, dims=(0, 3, 1, 2))
    )


_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity,
    "hard_silu": nn.Hardswish,
    "hard_swish": nn.Hardswish,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "sigmoid": nn.Sigmoid,
    "softmax": lambda: nn.Softmax(1),
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "swish": nn.SiLU,
    "mish": nn.Mish,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
}
