"""Face-api's network for age and gender (V. Mühler), a small Xception (Chollet 2017, arXiv 1610.02357)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own habit

from facelib.models.readers.layout import convolution, dense, depthwise


class Separable(nn.Module):
    """A 3×3 convolution of each channel, then a 1×1 convolution across channels."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, out, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, h, w) to (N, out, h, w)."""
        result: torch.Tensor = self.pointwise(self.depthwise(x))
        return result


class Reduction(nn.Module):
    """Two separable convolutions and a pooling, beside a convolution of stride 2."""

    def __init__(self, channels: int, out: int, *, activate: bool = True) -> None:
        super().__init__()
        self.activate = activate
        self.separable_conv0 = Separable(channels, out)
        self.separable_conv1 = Separable(out, out)
        self.expansion_conv = nn.Conv2d(channels, out, 1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, h, w), h and w even, to (N, out, h/2, w/2)."""
        inner = self.separable_conv0(F.relu(x) if self.activate else x)
        inner = self.separable_conv1(F.relu(inner))
        padded = F.pad(inner, (0, 1, 0, 1), value=-torch.inf)  # TensorFlow's "SAME" for an even size
        result: torch.Tensor = F.max_pool2d(padded, 3, 2) + self.expansion_conv(x)
        return result


class Middle(nn.Module):
    """Three separable convolutions beside the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.separable_conv0 = Separable(channels, channels)
        self.separable_conv1 = Separable(channels, channels)
        self.separable_conv2 = Separable(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Keep the shape."""
        inner = x
        for layer in (self.separable_conv0, self.separable_conv1, self.separable_conv2):
            inner = layer(F.relu(inner))
        return x + inner


class TinyXception(nn.Module):
    """RGB pictures (N, 3, 112, 112), mean colour subtracted, divided by 255, to age and gender."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(3, 32, 3, 2)
        self.reduction_block_0 = Reduction(32, 64, activate=False)
        self.reduction_block_1 = Reduction(64, 128)
        self.main_block_0, self.main_block_1 = Middle(128), Middle(128)
        self.reduction_block = Reduction(128, 256)
        self.separable_conv = Separable(256, 512)
        self.age, self.gender = nn.Linear(512, 1), nn.Linear(512, 2)

    @classmethod
    def from_faceapi(cls, manifest: Mapping[str, torch.Tensor]) -> TinyXception:
        """Build it from the manifest of face-api's age and gender model."""
        kinds = {
            "filters": ("weight", convolution),
            "depthwise_filter": ("depthwise.weight", depthwise),
            "pointwise_filter": ("pointwise.weight", convolution),
            "weights": ("weight", dense),
        }
        weights = {}
        for name, weight in manifest.items():
            _flow, *layers, kind = name.split("/")
            if kind == "bias":
                separable = "/".join([*name.split("/")[:-1], "pointwise_filter"]) in manifest
                ours, turned = ("pointwise.bias" if separable else "bias"), weight
            else:
                ours, turn = kinds[kind]
                turned = turn(weight)
            weights[".".join([*layers, ours])] = turned
        network = cls()
        network.load_state_dict(weights)
        for module in network.modules():
            if isinstance(module, nn.Conv2d):  # four times as fast on processors
                module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
        return network.eval()

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ages (N,), years, and logits (N, 2) of male and female."""
        x = x.contiguous(memory_format=torch.channels_last)
        out = F.relu(self.conv_in(F.pad(x, (0, 1, 0, 1))))
        out = self.reduction_block_1(self.reduction_block_0(out))
        out = self.reduction_block(self.main_block_1(self.main_block_0(out)))
        pooled = F.relu(self.separable_conv(out)).mean((2, 3))
        return self.age(pooled)[:, 0], self.gender(pooled)
