"""Well-known architectures that weights alone may belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import nn

ARCHITECTURES: Final = (
    "resnet18", "resnet34", "resnet50", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
    "efficientnet_b0", "efficientnet_b2", "densenet121", "shufflenet_v2_x1_0", "squeezenet1_1",
    "convnext_tiny", "vit_b_16", "swin_t",
)  # fmt: skip
"""Names of torchvision."""

_COUNTS: Final = "num_batches_tracked"  # old files lack them, and no answer depends on them


def network_of(architecture: str, outputs: int) -> nn.Module:
    """Return a network of one of `ARCHITECTURES`; its weights are still random."""
    import torchvision

    network: nn.Module = torchvision.models.get_model(architecture, weights=None, num_classes=outputs)
    return network


def outputs_of(architecture: str, weights: Mapping[str, torch.Tensor]) -> int:
    """Return how many outputs weights have if they are those of an architecture; 0 if they aren't.

    Names and shapes have to be the same, but for the first axis of what makes the outputs. The network is
    made without numbers for this.

    Examples
    --------
    >>> outputs_of("resnet18", network_of("resnet18", 7).state_dict())
    7
    """
    with torch.device("meta"):
        network = network_of(architecture, 2)
    expected, given = _shapes(network.state_dict()), _shapes(weights)
    if set(expected) != set(given):
        return 0
    others = [name for name in expected if given[name] != expected[name]]
    alike = all(expected[name][0] == 2 and given[name][1:] == expected[name][1:] for name in others)
    counts = {given[name][0] for name in others if given[name]} or {2}
    return counts.pop() if alike and len(counts) == 1 else 0


def _shapes(weights: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(one.shape) for name, one in weights.items() if not name.endswith(_COUNTS)}
