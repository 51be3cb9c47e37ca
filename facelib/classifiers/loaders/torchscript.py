"""Loader of TorchScript files whose makers the user trusts."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from facelib.classifiers.loaders.loaded import LOADERS, Declared, Loaded, Loader, Source
from facelib.models.catalogue import file_hash
from facelib.models.readers.torchscript import is_torchscript, read_torchscript


class Scripted(nn.Module):
    """A part of a TorchScript network that hooks can be put on."""

    def __init__(self, part: nn.Module, *, flatten: bool = False) -> None:
        super().__init__()
        self.part = part
        self.flatten = flatten

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run the part."""
        out: torch.Tensor = self.part(x.flatten(1) if self.flatten else x)
        return out


def read(source: Source, declared: Declared) -> Loaded:
    """Read a TorchScript archive, which is a program: without `declared.trust` it isn't loaded.

    Where the network is a chain of its parts, it comes back as one, so that it can be cut for class
    activation maps.
    """
    path = Path(str(source))
    network = read_torchscript(path, trust=declared.trust)
    words = f"TorchScript {network.original_name}"
    return Loaded(Scripted(network), words, path.name, file_hash(path), adapt=as_chain)


def _accepts(source: Source) -> bool:
    return isinstance(source, Path) and source.is_file() and is_torchscript(source)


def as_chain(network: nn.Module, sample: torch.Tensor) -> nn.Module:
    """Return a network as the chain of its parts if that computes the same, else as it is.

    TorchScript has no place for a hook within a network; between the parts of a chain there is one. Parts
    that take rows (linear layers) are given flattened pictures.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    with torch.no_grad():
        expected = network(sample)
        try:
            x = sample
            for name, part in network.get_submodule("part").named_children():
                flatten = x.ndim > 2 and getattr(part, "original_name", "") == "Linear"
                parts[name] = Scripted(part, flatten=flatten)
                x = parts[name](x)
            same = x.shape == expected.shape and torch.allclose(x, expected, rtol=1e-5, atol=1e-5)
        except Exception:  # parts that don't fit together: no chain
            same = False
    return nn.Sequential(parts) if same else network


LOADERS.register("torchscript", Loader(_accepts, read, {}))
