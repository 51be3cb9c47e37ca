"""Parts of the networks against slow, obvious twins."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from facelib.classifiers.networks.convolutional import FiveConvolutions
from facelib.classifiers.networks.mobilenet import InvertedResidual
from facelib.classifiers.networks.network import folded, normalisation
from facelib.classifiers.networks.xception import XceptionBlock
from facelib.models.readers.tflite import pad_same


def tensor(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    return torch.from_numpy(rng.normal(size=shape)).float()


def norm_weights(rng: np.random.Generator, channels: int) -> dict[str, torch.Tensor]:
    return {
        "gamma": tensor(rng, channels).abs() + 0.1,
        "beta": tensor(rng, channels),
        "moving_mean": tensor(rng, channels),
        "moving_variance": tensor(rng, channels).abs() + 0.1,
    }


def normalise(x: torch.Tensor, weights: dict[str, torch.Tensor]) -> torch.Tensor:
    mean, variance = weights["moving_mean"], weights["moving_variance"]
    return F.batch_norm(x, mean, variance, weights["gamma"], weights["beta"], eps=1e-3)


def test_folding_after_a_convolution(rng: np.random.Generator) -> None:
    kernel, bias, weights = tensor(rng, 4, 3, 3, 3), tensor(rng, 4), norm_weights(rng, 4)
    x = tensor(rng, 2, 3, 8, 8)
    one = folded(kernel, bias, *normalisation(weights, 1e-3))
    torch.testing.assert_close(
        F.conv2d(x, one["weight"], one["bias"]),
        normalise(F.conv2d(x, kernel, bias), weights),
        rtol=1e-4,
        atol=1e-4,
    )


@pytest.mark.parametrize("size", [8, 9])
def test_the_pool_of_xception_pads_as_tensorflow_does(rng: np.random.Generator, size: int) -> None:
    block = XceptionBlock(3, 4, relu_first=False)
    x = tensor(rng, 2, 3, size, size)
    with torch.no_grad():
        y = block.second(F.relu(block.first(x)))
        expected = F.max_pool2d(pad_same(y, (3, 3), (2, 2), -torch.inf), 3, 2) + block.shortcut(x)
        torch.testing.assert_close(block(x), expected)


def test_the_padded_filter_of_mobilenet(rng: np.random.Generator) -> None:
    """A 4×4 filter with an empty first row and column is a 3×3 one on a picture padded at its end."""
    block = InvertedResidual(4, 6, 2, 2)
    kernel = tensor(rng, 8, 1, 3, 3)
    block.depthwise.weight.data = F.pad(kernel, (1, 0, 1, 0))
    for size in (10, 13):
        x = tensor(rng, 2, 8, size, size)
        with torch.no_grad():
            expected = F.conv2d(F.pad(x, (0, 1, 0, 1)), kernel, block.depthwise.bias, 2, groups=8)
            torch.testing.assert_close(block.depthwise(x), expected)


def test_folding_before_a_convolution(rng: np.random.Generator) -> None:
    """The network of facemood with its normalisations folded equals the one that Keras describes."""
    channels = (3, 32, 60, 80, 100, 120)
    layers: dict[str, dict[str, torch.Tensor]] = {}
    for i in range(5):
        suffix = f"_{i}" if i else ""
        kernel = tensor(rng, channels[i + 1], channels[i], 3, 3) / np.sqrt(9 * channels[i])
        layers[f"conv2d{suffix}"] = {"kernel": kernel, "bias": tensor(rng, channels[i + 1])}
        layers[f"batch_normalization{suffix}"] = norm_weights(rng, channels[i + 1])
    layers["dense"] = {"kernel": tensor(rng, 128, 1080) / 33, "bias": tensor(rng, 128)}
    layers["batch_normalization_5"] = norm_weights(rng, 128)
    layers["dense_1"] = {"kernel": tensor(rng, 7, 128) / 11, "bias": tensor(rng, 7)}
    x = tensor(rng, 1, 3, 170, 170)
    y = x
    for i in range(5):
        suffix = f"_{i}" if i else ""
        layer = layers[f"conv2d{suffix}"]
        y = F.relu(F.conv2d(y, layer["kernel"], layer["bias"]))
        y = F.max_pool2d(normalise(y, layers[f"batch_normalization{suffix}"]), 2)
    flat = y.permute(0, 2, 3, 1).reshape(1, -1)
    dense = F.linear(flat, layers["dense"]["kernel"], layers["dense"]["bias"])
    dense = normalise(dense, layers["batch_normalization_5"])
    expected = F.linear(dense, layers["dense_1"]["kernel"], layers["dense_1"]["bias"])
    with torch.no_grad():
        found = FiveConvolutions.from_facemood(layers)(x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    layers["batch_normalization"]["gamma"] *= -1
    with pytest.raises(ValueError, match="isn't positive"):
        FiveConvolutions.from_facemood(layers)


def test_weights_must_fit() -> None:
    from facelib.classifiers.networks.densenet import DenseBlocks

    with pytest.raises(RuntimeError, match="Missing key"):
        DenseBlocks().loaded({})
    assert isinstance(DenseBlocks().body, nn.Module)
