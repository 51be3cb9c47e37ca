"""TensorFlow's order of axes becomes torch's: the same sums come out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from facelib.models.readers import layout
from facelib.models.readers.tflite import pad_same


def test_convolution_follows_the_definition(rng: np.random.Generator) -> None:
    image = rng.normal(size=(5, 6, 3))  # h, w, C as TensorFlow has it
    kernel = rng.normal(size=(3, 2, 3, 4))
    expected = np.zeros((3, 5, 4))
    for y in range(3):
        for x in range(5):
            window = image[y : y + 3, x : x + 2]
            expected[y, x] = [(window * kernel[..., k]).sum() for k in range(4)]
    found = F.conv2d(
        torch.from_numpy(image).permute(2, 0, 1)[None], layout.convolution(torch.from_numpy(kernel))
    )
    np.testing.assert_allclose(found[0].permute(1, 2, 0), expected, atol=1e-12)


def test_depthwise_keeps_the_multiplier_fastest(rng: np.random.Generator) -> None:
    image = rng.normal(size=(4, 4, 3))
    kernel = rng.normal(size=(3, 3, 3, 2))
    expected = np.zeros((2, 2, 6))
    for y in range(2):
        for x in range(2):
            window = image[y : y + 3, x : x + 3]
            for channel in range(3):
                for i in range(2):
                    value = (window[..., channel] * kernel[..., channel, i]).sum()
                    expected[y, x, 2 * channel + i] = value
    turned = layout.depthwise(torch.from_numpy(kernel))
    found = F.conv2d(torch.from_numpy(image).permute(2, 0, 1)[None], turned, groups=3)
    np.testing.assert_allclose(found[0].permute(1, 2, 0), expected, atol=1e-12)


def test_dense_is_transposed() -> None:
    assert layout.dense(torch.zeros(3, 5)).shape == (5, 3)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "before", "after"),
    [
        (6, 3, 1, 1, 1),
        (6, 3, 2, 0, 1),  # what is odd goes to the end
        (5, 3, 2, 1, 1),
        (4, 1, 2, 0, 0),
        (7, 5, 3, 2, 2),
    ],
)
def test_same_padding(size: int, kernel: int, stride: int, before: int, after: int) -> None:
    row = torch.arange(1.0, size + 1).view(1, 1, 1, size)
    found = pad_same(row, (1, kernel), (1, stride)).flatten().tolist()
    assert found == [0.0] * before + row.flatten().tolist() + [0.0] * after
