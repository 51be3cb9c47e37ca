"""The four dense blocks of face-api.js (V. Mühler): `faceapi`."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own habit

from facelib.classifiers.networks.network import Network, SeparableConvolution, Weights
from facelib.models.readers.layout import convolution, dense, depthwise


class DenseBlock(nn.Module):
    """Four convolutions, each of which sees the sum of all before it; halves the size."""

    def __init__(self, channels: int, out: int, *, first: bool) -> None:
        super().__init__()
        self.conv0 = (
            nn.Conv2d(channels, out, 3, 2) if first else SeparableConvolution(channels, out, 2, padding=0)
        )
        self.conv1 = SeparableConvolution(out, out)
        self.conv2 = SeparableConvolution(out, out)
        self.conv3 = SeparableConvolution(out, out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W), H and W even, to (N, out, H/2, W/2)."""
        total = F.relu(self.conv0(F.pad(x, (0, 1, 0, 1))))  # TensorFlow's "SAME" for an even size
        total = total + self.conv1(total)
        total = total + self.conv2(F.relu(total))
        total = total + self.conv3(F.relu(total))
        return F.relu(total)


class DenseBlocks(Network):
    """RGB pictures (N, 3, 112, 112), mean subtracted, to 7 logits; feature map (N, 256, 7, 7)."""

    def __init__(self) -> None:
        super().__init__()
        channels = (3, 32, 64, 128, 256)
        self.body = nn.Sequential(*[DenseBlock(channels[i], channels[i + 1], first=i == 0) for i in range(4)])
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 7))

    @classmethod
    def from_faceapi(cls, manifest: Weights) -> DenseBlocks:
        """Build it from the manifest of face-api's expression model."""
        weights = {"head.2.weight": dense(manifest["fc/weights"]), "head.2.bias": manifest["fc/bias"]}
        kinds = {
            "filters": ("weight", convolution),
            "depthwise_filter": ("depthwise.weight", depthwise),
            "pointwise_filter": ("pointwise.weight", convolution),
        }
        for name, weight in manifest.items():
            block, _, rest = name.partition("/")
            if not block.startswith("dense"):
                continue
            layer, kind = rest.split("/")
            prefix = f"body.{block.removeprefix('dense')}.{layer}"
            if kind == "bias":
                plain = f"{block}/{layer}/filters" in manifest
                weights[f"{prefix}.bias" if plain else f"{prefix}.pointwise.bias"] = weight
            else:
                ours, turn = kinds[kind]
                weights[f"{prefix}.{ours}"] = turn(weight)
        return cls().loaded(weights)
