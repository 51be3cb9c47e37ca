"""Two plain convolutional networks: `pyemotion` (four convolutions) and `facemood` (five)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from facelib.classifiers.networks.network import Network, Weights, folded, named, normalisation

_KERAS_EPSILON = 1e-3
_TORCH_EPSILON = 1e-5


class FourConvolutions(Network):
    """Gray pictures (N, 1, 48, 48) in [−1, 1] to 7 values before the sigmoid; feature map (N, 256, 6, 6)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels, out, stride in ((1, 32, 1), (32, 64, 2), (64, 128, 2), (128, 256, 2)):
            layers += [
                nn.Conv2d(channels, out, 3, stride, padding=1, padding_mode="reflect"),
                nn.ReLU(inplace=True),
            ]
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(256 * 6 * 6, 256), nn.ReLU(), nn.Linear(256, 7))

    @classmethod
    def from_pyemotion(cls, state: Weights) -> FourConvolutions:
        """Build it from the state dictionary of `pyemotion`."""
        weights = {
            f"head.{ours}.{kind}": state[f"linear.{theirs}.{kind}"]
            for ours, theirs in ((1, 0), (3, 2))
            for kind in ("weight", "bias")
        }
        for i in range(4):
            prefix = f"conv_{i + 1}"
            norm = {
                "gamma": state[f"{prefix}.2.weight"],
                "beta": state[f"{prefix}.2.bias"],
                "moving_mean": state[f"{prefix}.2.running_mean"],
                "moving_variance": state[f"{prefix}.2.running_var"],
            }
            scale, shift = normalisation(norm, _TORCH_EPSILON)
            kernel, bias = state[f"{prefix}.1.weight"], state[f"{prefix}.1.bias"]
            weights |= named(f"body.{2 * i}", folded(kernel, bias, scale, shift))
        return cls().loaded(weights)


class FiveConvolutions(Network):
    """RGB pictures (N, 3, 170, 170) in [0, 1] to 7 logits; feature map (N, 120, 6, 6) after its ReLU.

    The original normalises after each ReLU. All its scales are positive, so they pass through the
    max-pooling and are folded into the layer that follows.
    """

    def __init__(self) -> None:
        super().__init__()
        channels = (3, 32, 60, 80, 100, 120)
        layers: list[nn.Module] = []
        for i in range(5):
            layers += [nn.Conv2d(channels[i], channels[i + 1], 3), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
        self.body = nn.Sequential(*layers[:-1])
        self.head = nn.Sequential(
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(120 * 3 * 3, 128), nn.Linear(128, 7)
        )

    @classmethod
    def from_facemood(cls, layers: Mapping[str, Weights]) -> FiveConvolutions:
        """Build it from the Keras layers of `facemood`."""
        scale, shift = torch.ones(3), torch.zeros(3)
        weights: dict[str, torch.Tensor] = {}
        for i in range(5):
            suffix = f"_{i}" if i else ""
            layer = layers[f"conv2d{suffix}"]
            weights |= named(f"body.{3 * i}", _folded_before(layer["kernel"], layer["bias"], scale, shift))
            scale, shift = normalisation(layers[f"batch_normalization{suffix}"], _KERAS_EPSILON)
            if bool((scale <= 0).any()):
                msg = "A scale of facemood's batch normalisation isn't positive; it can't be folded."
                raise ValueError(msg)
        dense = layers["dense"]
        kernel = dense["kernel"].view(128, 3, 3, 120).permute(0, 3, 1, 2)  # TensorFlow flattens (h, w, C)
        inner = _folded_before(kernel, dense["bias"], scale, shift)
        norm = normalisation(layers["batch_normalization_5"], _KERAS_EPSILON)
        weights |= named("head.2", folded(inner["weight"].reshape(128, -1), inner["bias"], *norm))
        weights |= {"head.3.weight": layers["dense_1"]["kernel"], "head.3.bias": layers["dense_1"]["bias"]}
        return cls().loaded(weights)


def _folded_before(
    kernel: torch.Tensor, bias: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor
) -> Weights:
    """Return the weights of a convolution (no padding) that sees scale·x + shift of its input."""
    return {
        "weight": kernel * scale.view(1, -1, 1, 1),
        "bias": bias + torch.einsum("oihw,i->o", kernel, shift),
    }
