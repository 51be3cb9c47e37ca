"""MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) with a dense layer on its unpooled map: `facex`."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own habit

from facelib.classifiers.networks.network import Network
from facelib.models.readers.tflite import TfliteGraph

_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Of each stage: expansion, channels, number of blocks, stride of the first."""


class InvertedResidual(nn.Module):
    """Widen, filter each channel, narrow; add the input where shapes allow.

    The strided filter is 3×3 and padded at the end only. It is kept as 4×4 with an empty first row and
    column and padded on all sides: the same sums without a copy of the map, three times as fast.
    """

    def __init__(self, channels: int, out: int, expansion: int, stride: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.residual = stride == 1 and channels == out
        self.expand = nn.Conv2d(channels, wide, 1) if expansion > 1 else None
        self.depthwise = nn.Conv2d(wide, wide, 2 + stride, stride, padding=1, groups=wide)
        self.project = nn.Conv2d(wide, out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to (N, out, H/stride, W/stride)."""
        y: torch.Tensor = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        y = self.project(F.relu6(self.depthwise(y), inplace=True))
        return x + y if self.residual else y


class Stem(nn.Module):
    """The first, strided convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 32, 3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, H, W) to (N, 32, H/2, W/2)."""
        # Keras pads before a strided convolution: one row below, one column on the right
        return F.relu6(self.convolution(F.pad(x, (0, 1, 0, 1))), inplace=True)


class MobileNetV2(Network):
    """Pictures (N, 3, 200, 200) in [0, 1] to 7 logits; the feature map (N, 320, 6, 6) is linear."""

    def __init__(self) -> None:
        super().__init__()
        blocks: list[nn.Module] = [Stem()]
        channels = 32
        for expansion, out, count, stride in _STAGES:
            for i in range(count):
                blocks.append(InvertedResidual(channels, out, expansion, stride if i == 0 else 1))
                channels = out
        self.body = nn.Sequential(*blocks)
        self.head = nn.Sequential(
            nn.Conv2d(channels, 1280, 1), nn.ReLU6(), nn.Flatten(), nn.Linear(1280 * 6 * 6, 7)
        )

    @classmethod
    def from_tflite(cls, graph: TfliteGraph) -> MobileNetV2:
        """Build it from the file of `facex`, whose operators come in the network's own order."""
        network = cls()
        plain = iter(graph.weights("CONV_2D"))
        depthwise = iter(graph.weights("DEPTHWISE_CONV_2D"))
        weights: dict[str, torch.Tensor] = {}
        for name, module in network.named_modules():
            if isinstance(module, nn.Conv2d):
                kernel, bias = next(plain if module.groups == 1 else depthwise)
                if module.kernel_size == (4, 4):
                    kernel = F.pad(kernel, (1, 0, 1, 0))
                weights |= {f"{name}.weight": kernel, f"{name}.bias": bias}
        ((kernel, bias),) = graph.weights("FULLY_CONNECTED")
        rows = kernel.view(7, 6, 6, 1280).permute(0, 3, 1, 2).reshape(7, -1)  # TensorFlow flattens (h, w, C)
        return network.loaded({**weights, "head.3.weight": rows, "head.3.bias": bias})
