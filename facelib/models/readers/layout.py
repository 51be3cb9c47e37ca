"""TensorFlow's order of axes turned into torch's."""

from __future__ import annotations

import torch


def convolution(kernel: torch.Tensor) -> torch.Tensor:
    """Turn a kernel (h, w, in, out) into (out, in, h, w)."""
    return kernel.permute(3, 2, 0, 1).contiguous()


def depthwise(kernel: torch.Tensor) -> torch.Tensor:
    """Turn a depthwise kernel (h, w, in, multiplier) into (in·multiplier, 1, h, w)."""
    height, width, channels, multiplier = kernel.shape
    return kernel.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width).contiguous()


def dense(kernel: torch.Tensor) -> torch.Tensor:
    """Turn a dense kernel (in, out) into (out, in)."""
    return kernel.t().contiguous()
