"""The base of all networks: body and head, weights that are set once, folded batch normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import torch
from torch import nn

Weights = Mapping[str, torch.Tensor]


class Network(nn.Module):
    """A network split at the feature map that Grad-CAM reads.

    Attributes
    ----------
    body
        float32 (N, C, h, w) prepared pictures to (N, D, h', w') feature map.
    head
        Feature map to logits (N, K), before softmax or sigmoid.
    """

    body: nn.Module
    head: nn.Module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        logits: torch.Tensor = self.head(self.body(x))
        return logits

    def loaded(self, weights: Weights) -> Self:
        """Set every weight by its name; one too many or too few raises `RuntimeError`."""
        self.load_state_dict(dict(weights))
        return self


class SeparableConvolution(nn.Sequential):
    """A 3×3 convolution of each channel, then a 1×1 convolution across channels."""

    def __init__(self, channels: int, out: int, stride: int = 1, padding: int = 1) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, stride, padding, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, out, 1)


def normalisation(weights: Weights, epsilon: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return batch normalisation as scale and shift of each channel: y = scale·x + shift."""
    scale = weights["gamma"] / torch.sqrt(weights["moving_variance"] + epsilon)
    return scale, weights["beta"] - scale * weights["moving_mean"]


def folded(
    kernel: torch.Tensor, bias: torch.Tensor | float, scale: torch.Tensor, shift: torch.Tensor
) -> Weights:
    """Return the weights of a convolution or dense layer with the normalisation that follows it."""
    return {"weight": kernel * scale.view(-1, *[1] * (kernel.ndim - 1)), "bias": bias * scale + shift}


def named(prefix: str, weights: Weights) -> Weights:
    """Put a prefix before every name."""
    return {f"{prefix}.{name}": weight for name, weight in weights.items()}
